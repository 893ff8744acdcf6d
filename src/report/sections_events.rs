//! Sections of what happened: events, and files that were handed over, recalled or removed.

use super::figures::{Happening, Report, Variant};
use super::language::Language;
use super::number::{bytes, duration, grouped};
use super::page::{Block, Row, Table, Value, visible};
use super::sections::{more, second};
use super::sections_authority::standing_name;
use super::sections_context::mode_name;

pub(super) fn events(report: &Report, language: Language) -> Vec<Block> {
    let t = |en, ja| language.of(en, ja);
    let events = &report.events;
    let mut out = Vec::new();
    let counts = events.counts.iter().map(|count| Row {
        strong: false,
        cells: vec![
            Value::text(kind_name(count.kind, language)).below(count.kind),
            Value::number(grouped(count.count)).exact(count.count),
        ],
    });
    let counts = Table {
        head: vec![
            Value::text(t("kind of entry", "記録の種類")),
            Value::number(t("how many", "件数")),
        ],
        rows: counts.collect(),
    };
    if report.variant == Variant::Published {
        out.push(Block::Text(
            t(
                "In a published report, events are counted only.",
                "公表版では、出来事は件数のみを示す。",
            )
            .to_owned(),
        ));
        out.push(Block::Table(counts));
        return out;
    }
    let rows = events.list.iter().map(|event| Row {
        strong: false,
        cells: vec![
            Value::text(second(event.at)),
            Value::text(told(event, language)),
            Value::number(grouped(event.index)).exact(event.index),
        ],
    });
    out.push(Block::Table(Table {
        head: vec![
            Value::text(t("when (UTC)", "日時（UTC）")),
            Value::text(t("what", "内容")),
            Value::number(t("entry", "記録番号")),
        ],
        rows: rows.collect(),
    }));
    out.extend(more(events.left_out, language));
    out.push(Block::Fold(
        t("Entries by kind", "種類別の記録件数").to_owned(),
        counts,
    ));
    out
}

fn kind_name(kind: &str, language: Language) -> &'static str {
    match kind {
        "start" => language.of("run begun", "稼働開始"),
        "configured" => language.of("settings", "設定"),
        "policy" => language.of("classes that may pass", "保存し得る区分"),
        "authority" => language.of("authorisation", "承認"),
        "geo" => language.of("country table", "位置情報"),
        "interval" => language.of("counts of an interval", "区間の計数"),
        "export" => language.of("file complete", "ファイル完成"),
        "reload" => language.of("reload of settings", "設定の再読込"),
        "gap" => language.of("gap", "観測不能"),
        "drop" => language.of("loss", "損失"),
        "recall" => language.of("recall", "回収"),
        "clock_step" => language.of("clock set back", "時刻の逆行"),
        "purge" => language.of("files removed", "ファイルの消去"),
        "crash_recovered" => language.of("recovered from a crash", "異常終了からの復旧"),
        "aborted" => language.of("run ended without a result", "結果なしの終了"),
        _ => language.of("run ended", "稼働終了"),
    }
}

/// One event, in a line.
fn told(event: &Happening, language: Language) -> String {
    let t = |en, ja| language.of(en, ja);
    let figure = |name| grouped(event.figures.get(name).copied().unwrap_or_default());
    let size = |name| bytes(event.figures.get(name).copied().unwrap_or_default());
    let time = || {
        duration(
            event.figures.get("seconds").copied().unwrap_or_default(),
            language,
        )
    };
    let name = event.name.as_deref().map(visible).unwrap_or_default();
    let how = event.how.unwrap_or_default();
    let english = language == Language::English;
    match event.kind {
        "start" if english => format!("run begun: {}, sekisho {name}", mode_name(how, language)),
        "start" => format!("稼働開始：{}、sekisho {name}", mode_name(how, language)),
        "stop" if how == "balanced" => {
            t("run ended, its books balance", "稼働終了（計数は一致）").to_owned()
        }
        "stop" => t(
            "run ended, its books do NOT balance",
            "稼働終了（計数が一致しない）",
        )
        .to_owned(),
        "authority" => {
            let standing = standing_name(how, language);
            match how {
                "self_authorised" => t("self-authorised", "自己承認").to_owned(),
                _ if english => format!("authorisation {name}: {standing}"),
                _ => format!("承認 {name}：{standing}"),
            }
        }
        "geo" => {
            let name: String = name.chars().take(16).collect();
            if english {
                format!("country table {name}… of {} sources", figure("sources"))
            } else {
                format!("位置情報 {name}…（情報源{}件）", figure("sources"))
            }
        }
        "reload" if how == "done" => t("settings reloaded", "設定を再読込").to_owned(),
        "reload" => t(
            "reload refused: the old settings stay",
            "再読込を拒否（以前の設定のまま）",
        )
        .to_owned(),
        "gap" => {
            let cause = match how {
                "link_down" => t("link down", "リンク断"),
                "stopped" => t("sensor had ended", "センサー停止"),
                _ => t("sensor had crashed", "センサー異常終了"),
            };
            let place = if name.is_empty() {
                String::new()
            } else {
                format!(" ({name})")
            };
            if english {
                format!("nothing seen for {}: {cause}{place}", time())
            } else {
                format!("観測不能{}：{cause}{place}", time())
            }
        }
        "drop" if how == "kernel" && english => {
            format!("{} frames dropped by the kernel", figure("packets"))
        }
        "drop" if how == "kernel" => format!("カーネルが{}フレームを取りこぼし", figure("packets")),
        "drop" if english => format!(
            "{} packets in {} records lost at the output",
            figure("packets"),
            figure("records")
        ),
        "drop" => format!(
            "出力時に{}パケット（{}記録）を損失",
            figure("packets"),
            figure("records")
        ),
        "recall" if english => format!(
            "{} open records with {} packets recalled",
            figure("records"),
            figure("packets")
        ),
        "recall" => format!(
            "未出力の{}記録（{}パケット）を回収",
            figure("records"),
            figure("packets")
        ),
        "clock_step" => {
            let millis =
                grouped(event.figures.get("nanos").copied().unwrap_or_default() / 1_000_000);
            if english {
                format!("clock set back by {millis}\u{a0}ms")
            } else {
                format!("時刻が{millis}ミリ秒逆行")
            }
        }
        "purge" if english => format!("{} files removed, {}", figure("files"), size("bytes")),
        "purge" => format!("{}ファイル（{}）を消去", figure("files"), size("bytes")),
        "crash_recovered" if english => format!(
            "recovered from a crash: {} entries were whole",
            figure("entries")
        ),
        "crash_recovered" => format!("異常終了から復旧：完全な記録{}件", figure("entries")),
        other => kind_name(other, language).to_owned(),
    }
}

pub(super) fn exports(report: &Report, language: Language) -> Vec<Block> {
    let t = |en, ja| language.of(en, ja);
    let exports = &report.exports;
    let published = t("not in a published report", "公表版では示さない");
    let formats: Vec<String> = exports
        .formats
        .shown
        .iter()
        .map(|of| {
            let effort = if of.best_effort {
                t(" (best effort)", "（到達保証なし）")
            } else {
                ""
            };
            format!("{} ×{}{effort}", visible(&of.format), grouped(of.files))
        })
        .collect();
    let number = |count: Option<u64>| {
        count.map_or_else(
            || Value::text(published),
            |count| Value::text(grouped(count)).exact(count),
        )
    };
    let size = |sum: Option<u64>| {
        sum.map_or_else(
            || Value::text(published),
            |sum| Value::text(bytes(sum)).exact(sum),
        )
    };
    let recalled = exports.recalled_records.map(|count| match language {
        Language::English => format!("{} records", grouped(count)),
        Language::Japanese => format!("{}記録", grouped(count)),
    });
    let removed = grouped(exports.purged_files);
    let removed = match (language, exports.purged_length.map(bytes)) {
        (Language::English, Some(length)) => format!("{removed} files, {length}"),
        (Language::English, None) => format!("{removed} files"),
        (Language::Japanese, Some(length)) => format!("{removed}ファイル、{length}"),
        (Language::Japanese, None) => format!("{removed}ファイル"),
    };
    let files = if formats.is_empty() {
        Value::text(grouped(exports.files))
    } else {
        Value::text(grouped(exports.files)).below(formats.join(t(", ", "、")))
    };
    vec![
        Block::Facts(vec![
            (t("files complete", "完成したファイル").to_owned(), vec![files]),
            (
                t("their length", "ファイルの大きさ").to_owned(),
                vec![size(exports.length)],
            ),
            (t("records in them", "記録（フロー）").to_owned(), vec![number(exports.records)]),
            (t("packets in these", "同パケット").to_owned(), vec![number(exports.packets)]),
            (
                t("their bytes on the wire", "同、回線上のバイト数").to_owned(),
                vec![size(exports.bytes)],
            ),
            (
                t("recalled before export", "出力前に回収").to_owned(),
                vec![
                    Value::text(recalled.unwrap_or_else(|| published.to_owned())).below(t(
                        "intent, not loss: a newer table or rule does not let them out",
                        "意図したもの：新しい位置情報または規則により出力しない",
                    )),
                ],
            ),
            (
                t("removed at the end of their time", "保存期間の満了により消去").to_owned(),
                vec![Value::text(removed)],
            ),
        ]),
        Block::Text(
            t(
                "A packet that was kept is in a record that is exported, in one that is still open, recalled, or lost at the output. \
                 Records are of flows: a flow's packets may lie before or after this period.",
                "保存と判定されたパケットは、出力された記録、未完了の記録、回収、出力時の損失のいずれかに入る。\
                 記録はフロー単位のため、そのパケットは期間の前後にもまたがり得る。",
            )
            .to_owned(),
        ),
    ]
}
