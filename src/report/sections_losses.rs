//! Sections of what nobody meant: what could not be seen, and what was lost after the gate. Never in one
//! number with what was excluded.

use super::figures::Report;
use super::language::Language;
use super::number::{alone, duration, grouped, share};
use super::page::{Block, Row, Table, Value, visible};
use super::sections::more;

pub(super) fn unseen(report: &Report, language: Language) -> Vec<Block> {
    let t = |en, ja| language.of(en, ja);
    let blind = &report.blind;
    let mut out = vec![Block::Facts(vec![
        (
            t(
                "dropped by the kernel or an interface",
                "カーネル等による取りこぼし",
            )
            .to_owned(),
            vec![
                Value::text(match language {
                    Language::English => format!("{} frames", alone(blind.kernel_dropped)),
                    Language::Japanese => format!("{}フレーム", alone(blind.kernel_dropped)),
                })
                .below(t(
                    "never judged: nobody knows what they were",
                    "判定されていないため、内容は不明",
                )),
            ],
        ),
        (
            t("nothing could be seen for", "観測できなかった時間").to_owned(),
            vec![
                Value::text(duration(blind.seconds, language)).below(match language {
                    Language::English => format!("{} of the period", share(blind.share_ppm)),
                    Language::Japanese => format!("期間の{}", share(blind.share_ppm)),
                }),
            ],
        ),
    ])];
    if !blind.gaps.is_empty() {
        let rows = blind.gaps.iter().map(|gap| Row {
            strong: false,
            cells: vec![
                Value::text(match gap.cause {
                    "link_down" => t("link down", "リンク断"),
                    "stopped" => t("sensor ended", "センサー停止"),
                    _ => t("sensor crashed", "センサー異常終了"),
                }),
                gap.interface.as_ref().map_or_else(
                    || Value::text(t("everywhere", "全体")),
                    |name| Value::code(visible(name)),
                ),
                Value::number(grouped(gap.gaps)).exact(gap.gaps),
                Value::number(duration(gap.seconds, language)).exact(gap.seconds),
                Value::number(share(gap.share_ppm)),
            ],
        });
        out.push(Block::Table(Table {
            head: vec![
                Value::text(t("cause", "原因")),
                Value::text(t("where", "対象")),
                Value::number(t("gaps", "回数")),
                Value::number(t("time", "時間")),
                Value::number(t("of period", "期間比")),
            ],
            rows: rows.collect(),
        }));
        out.extend(more(blind.left_out, language));
    }
    out
}

pub(super) fn losses(report: &Report, language: Language) -> Vec<Block> {
    let t = |en, ja| language.of(en, ja);
    let losses = &report.losses;
    vec![
        Block::Text(
            t(
                "Kept by the gate, and then in no file, because the writer could not keep up. This is loss: nobody meant it.",
                "選別では保存と判定されたが、書き込みが追いつかず、どのファイルにも残らなかったもの。意図しない損失である。",
            )
            .to_owned(),
        ),
        Block::Facts(vec![(
            t("lost at the output", "出力時の損失").to_owned(),
            vec![Value::text(match language {
                Language::English => format!(
                    "{} packets in {} records",
                    alone(losses.output_packets),
                    alone(losses.output_records)
                ),
                Language::Japanese => format!(
                    "{}パケット（{}記録）",
                    alone(losses.output_packets),
                    alone(losses.output_records)
                ),
            })],
        )]),
    ]
}
