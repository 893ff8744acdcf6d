//! From figures to the page: its head, the verdict, and the order of the sections.

use askama::Template as _;
use std::fmt;

use super::figures::{Bounded, Clock, Report, Variant};
use super::language::Language;
use super::number::{duration, grouped};
use super::page::{Block, Page, Row, Section, Table, Value, Verdict, visible};
use super::{
    sections_authority, sections_context as context, sections_counts as counts,
    sections_evaluation, sections_events as happened, sections_losses as lost, sections_time,
    sections_words as words,
};
use crate::ledger::Moment;

impl Report {
    /// The page: one file without a script and without a reference to anything outside it.
    ///
    /// # Errors
    /// None that a report can cause: only what writing into memory could.
    pub fn to_html(&self, language: Language) -> Result<String, fmt::Error> {
        let page = Page {
            lang: language.tag(),
            title: title(self, language),
            subtitle: subtitle(self, language),
            verdict: verdict(self, language),
            contents: language.of("Contents", "目次"),
            sections: sections(self, language),
            footer: footer(self, language),
        };
        let page = page.render().map_err(|_| fmt::Error)?;
        Ok(match language {
            Language::English => page,
            // As numbers are written there; text from outside has none of these spaces (`visible`).
            Language::Japanese => page.replace('\u{202f}', ",").replace("\u{a0}%", "%"),
        })
    }
}

fn title(report: &Report, language: Language) -> String {
    let names = joined(&report.sensor.names, language);
    match language {
        Language::English => format!("What sensor {names} kept and excluded"),
        Language::Japanese => format!("センサー「{names}」の選別報告"),
    }
}

fn subtitle(report: &Report, language: Language) -> String {
    let (from, to) = (minute(report.period.from), minute(report.period.to));
    let variant = match report.variant {
        Variant::Full => language.of("full report", "全体版"),
        Variant::Published => language.of(
            "published report, without small cells",
            "公表版（少数の値を除く）",
        ),
    };
    match language {
        Language::English => format!("{from} to {to} UTC · {variant} · sekisho\u{a0}関所"),
        Language::Japanese => format!("{from} ～ {to}（UTC）・{variant}・sekisho\u{a0}関所"),
    }
}

const fn footer(report: &Report, language: Language) -> &'static str {
    if report.evaluation.is_some() {
        return language.of(
            "Made by sekisho from the entries of one ledger and one evaluation of country tables, and nothing else. The same two give \
             the same page byte for byte. The JSON of this report has the same figures.",
            "sekishoが一つの台帳の記録と、位置情報の一つの測定結果だけから作成。同じ二つからは一字一句同じ報告が得られる。JSON版の数値も同じ。",
        );
    }
    language.of(
        "Made by sekisho from the entries of one ledger and nothing else. The same ledger gives the same page byte for byte. \
         The JSON of this report has the same figures.",
        "sekishoが一つの台帳の記録だけから作成。同じ台帳からは一字一句同じ報告が得られる。JSON版の数値も同じ。",
    )
}

fn verdict(report: &Report, language: Language) -> Verdict {
    let verified = &report.verification;
    let t = |en, ja| language.of(en, ja);
    let mut blocks = vec![Block::Text(match language {
        Language::English => format!(
            "{} entries were read, and {} of them are under a signature that holds; {} are not signed, and not counted. Checked were the form \
             and order of the entries, the tree of hashes over all of them, the signatures of its checkpoints, and that \
             the counts of every interval and run add up.",
            grouped(verified.entries),
            grouped(verified.signed),
            grouped(verified.unsigned)
        ),
        Language::Japanese => format!(
            "記録{}件を読み、うち{}件は有効な署名の下にあり、{}件には署名がなく、数えていない。\
             確認したのは、記録の形式と順序、全記録にわたるハッシュの木、チェックポイントの署名、各区間と各稼働の計数が合うことである。",
            grouped(verified.entries),
            grouped(verified.signed),
            grouped(verified.unsigned)
        ),
    })];
    if !verified.holds {
        blocks.push(Block::Warning(
            t(
                "Until each finding is explained, do not rely on the figures below.",
                "以下の指摘がすべて説明されるまで、この報告の数値に依拠してはならない。",
            )
            .to_owned(),
        ));
        let rows = verified.findings.shown.iter().map(|finding| Row {
            strong: false,
            cells: vec![
                finding.index.map_or_else(
                    || Value::number("–"),
                    |index| Value::number(grouped(index)).exact(index),
                ),
                Value::text(visible(&finding.what)),
            ],
        });
        blocks.push(Block::Table(Table {
            head: vec![
                Value::number(t("entry", "記録番号")),
                Value::text(t("finding (in English)", "指摘（検査結果の原文・英語）")),
            ],
            rows: rows.collect(),
        }));
        blocks.extend(more(verified.findings.left_out, language));
    }
    if report.sensor.intervals == 0 {
        blocks.push(Block::Warning(
            t(
                "There is no interval with counts in this period.",
                "この期間には計数の区間がない。",
            )
            .to_owned(),
        ));
    }
    if !report.sum.closes {
        blocks.push(Block::Warning(
            t(
                "The sum does not close: frames delivered are not kept plus excluded.",
                "合計が合わない。受信したフレーム数が、保存と除外の和に一致しない。",
            )
            .to_owned(),
        ));
    }
    blocks.push(Block::Text(if verified.key_given {
        t("The check was made with a key from elsewhere that whoever made this page had given.", "検査には、この報告の作成者が別の経路で入手したとする鍵を用いた。")
    } else {
        t(
            "The check was made with the ledger's own key: so far it shows only that the ledger agrees with itself.",
            "検査には台帳自身の鍵を用いた。これだけで分かるのは、台帳が自らと整合することまでである。",
        )
    }.to_owned()));
    blocks.push(Block::Warning(
        t(
            "Compare the key below with one that you have from elsewhere, not from this page and not from the ledger's folder. \
             Without that, whoever wrote the ledger could have written another one.",
            "下の鍵を、この報告や台帳のフォルダーとは別の経路で入手した鍵と必ず照合すること。\
             照合しなければ、台帳を書いた者が別の台帳に差し替えていないとは言えない。",
        )
        .to_owned(),
    ));
    let code = |text: &str| {
        let none = t("none", "なし");
        vec![if text.is_empty() {
            Value::text(none)
        } else {
            Value::code(visible(text))
        }]
    };
    blocks.push(Block::Facts(vec![
        (t("ledger", "台帳").to_owned(), code(&verified.origin)),
        (t("key", "鍵").to_owned(), code(&verified.key)),
        (t("root", "根の値").to_owned(), code(&verified.root)),
    ]));
    Verdict {
        holds: verified.holds,
        headline: if verified.holds {
            t(
                "The ledger holds: nothing wrong was found",
                "台帳は整合している（異常なし）",
            )
        } else {
            t("The ledger does NOT hold", "台帳は整合していない")
        },
        blocks,
    }
}

fn sections(report: &Report, language: Language) -> Vec<Section> {
    let t = |en, ja| language.of(en, ja);
    let section = |id, title, blocks| Section { id, title, blocks };
    let mut out = vec![
        section(
            "sensor",
            t("Sensor, period, rules", "センサー・期間・規則"),
            context::sensor(report, language),
        ),
        section(
            "sum",
            t("Seen = kept + excluded", "観測＝保存＋除外"),
            counts::sum(report, language),
        ),
        section(
            "time",
            t("Over time", "時間推移"),
            sections_time::over_time(report, language),
        ),
        section(
            "undetermined",
            t("Where a place was not known", "所在が判定不能のもの"),
            counts::undetermined(report, language),
        ),
        section(
            "networks",
            t(
                "IP versions, protocols, TCP openings",
                "IP版・プロトコル・TCP接続要求",
            ),
            counts::networks(report, language),
        ),
        section(
            "unseen",
            t("What could not be seen", "観測できなかったもの"),
            lost::unseen(report, language),
        ),
        section(
            "losses",
            t("Losses after the gate", "選別後の損失"),
            lost::losses(report, language),
        ),
        section(
            "geo",
            t("Country tables in force", "使用した位置情報"),
            context::geo(report, language),
        ),
        section(
            "authority",
            t("Authorisations", "承認"),
            sections_authority::authority(report, language),
        ),
        section(
            "events",
            t("Events", "出来事"),
            happened::events(report, language),
        ),
        section(
            "exports",
            t("Files handed over, recalled, removed", "出力・回収・消去"),
            happened::exports(report, language),
        ),
        section(
            "meaning",
            t("What these figures mean", "数値の意味と限界"),
            words::meaning(report, language),
        ),
        section("glossary", t("Glossary", "用語"), words::glossary(language)),
    ];
    if let Some(found) = &report.evaluation {
        let after = out.iter().position(|section| section.id == "geo");
        let blocks = sections_evaluation::evaluation(found, report.variant, language);
        let title = t("How sure the country tables are", "位置情報の確かさ");
        let at = after.map_or(out.len(), |at| at + 1);
        out.insert(at, section("evaluation", title, blocks));
    }
    out
}

/// Names, escaped and joined.
pub(super) fn joined(names: &Bounded<String>, language: Language) -> String {
    let shown: Vec<String> = names.shown.iter().map(|name| visible(name)).collect();
    let mut out = shown.join(language.of(", ", "、"));
    if names.left_out > 0 {
        let more = grouped(names.left_out);
        out.push_str(&match language {
            Language::English => format!(" and {more} more"),
            Language::Japanese => format!("ほか{more}件"),
        });
    }
    if out.is_empty() {
        out.push_str(language.of("(no name)", "（名称なし）"));
    }
    out
}

/// That more rows there are.
pub(super) fn more(left_out: u64, language: Language) -> Option<Block> {
    (left_out > 0).then(|| {
        let left_out = grouped(left_out);
        Block::Text(match language {
            Language::English => format!("{left_out} more are not shown here."),
            Language::Japanese => format!("このほか{left_out}件は省略。"),
        })
    })
}

/// `2026-11-16 09:00`.
pub(super) fn minute(moment: Moment) -> String {
    let text = moment.0.to_string();
    format!("{} {}", &text[..10], &text[11..16])
}

/// `2026-11-16 09:00:05`.
pub(super) fn second(moment: Moment) -> String {
    let text = moment.0.to_string();
    format!("{} {}", &text[..10], &text[11..19])
}

/// The period's length, and what its times are.
pub(super) fn period(report: &Report, language: Language) -> Vec<Value> {
    let clock = match report.period.clock {
        Clock::Wall => language.of(
            "all times in UTC, by the sensor's clock",
            "時刻はすべてUTC（日本時間より9時間遅い）、センサーの時計による",
        ),
        Clock::Packet => language.of(
            "all times in UTC, as the captures tell them (a replay has no clock)",
            "時刻はすべてUTC（日本時間より9時間遅い）、取得データ中の時刻による",
        ),
    };
    let (from, to) = (second(report.period.from), second(report.period.to));
    let length = duration(report.period.seconds, language);
    vec![
        Value::text(match language {
            Language::English => format!("{from} to {to} ({length})"),
            Language::Japanese => format!("{from} ～ {to}（{length}）"),
        })
        .below(clock),
    ]
}
