//! Sections of what the counts were made with: the sensor, and the tables.

use super::figures::{Change, GeoSpan, Report, SourceUsed};
use super::language::Language;
use super::number::{duration, grouped};
use super::page::{Block, Value, visible};
use super::sections::{joined, minute, more, period};

pub(super) fn sensor(report: &Report, language: Language) -> Vec<Block> {
    let t = |en, ja| language.of(en, ja);
    let sensor = &report.sensor;
    let text = |text: String| vec![Value::text(text)];
    let mut facts = vec![
        (
            t("sensor", "センサー").to_owned(),
            text(joined(&sensor.names, language)),
        ),
        (t("period", "期間").to_owned(), period(report, language)),
        (
            t("authorisation", "承認").to_owned(),
            text(authorised(report, language)),
        ),
        (
            t("profile", "プロファイル").to_owned(),
            sensor
                .profiles
                .iter()
                .map(|profile| Value::text(profile_name(profile, language)))
                .collect(),
        ),
        (
            t("home", "国内とする国").to_owned(),
            text(joined(&sensor.home, language)),
        ),
        (
            t("runs", "稼働").to_owned(),
            text(match language {
                Language::English => format!(
                    "{} ({}), {} intervals",
                    grouped(sensor.runs),
                    modes(report, language),
                    grouped(sensor.intervals)
                ),
                Language::Japanese => format!(
                    "{}回（{}）、計数区間{}件",
                    grouped(sensor.runs),
                    modes(report, language),
                    grouped(sensor.intervals)
                ),
            }),
        ),
        (
            t("program", "プログラム").to_owned(),
            text(format!("sekisho {}", joined(&sensor.versions, language))),
        ),
    ];
    if !sensor.interfaces.shown.is_empty() {
        let names = text(joined(&sensor.interfaces, language));
        facts.insert(2, (t("interfaces", "インターフェース").to_owned(), names));
    }
    if sensor.inputs > 0 {
        facts.push((
            t("captures read", "読んだ取得データ").to_owned(),
            text(grouped(sensor.inputs)),
        ));
    }
    let settings = &sensor.configurations;
    if !settings.shown.is_empty() {
        let mut values: Vec<Value> = settings
            .shown
            .iter()
            .map(|sha| Value::code(visible(sha)))
            .collect();
        if settings.left_out > 0 {
            values.push(Value::text(format!("+{}", grouped(settings.left_out))));
        }
        facts.push((t("settings, SHA-256", "設定のSHA-256").to_owned(), values));
    }
    vec![Block::Facts(facts)]
}

fn modes(report: &Report, language: Language) -> String {
    let names = report
        .sensor
        .modes
        .iter()
        .map(|mode| mode_name(mode, language));
    names.collect::<Vec<_>>().join(language.of(", ", "、"))
}

pub(super) fn mode_name(mode: &str, language: Language) -> &'static str {
    match mode {
        "capture" => language.of("capture", "回線からの取得"),
        "replay" => language.of("replay of captures", "取得データの再生"),
        "demo" => language.of("demonstration with made-up traffic", "模擬通信による実演"),
        _ => language.of("purge of files", "ファイルの消去"),
    }
}

fn profile_name(profile: &str, language: Language) -> &'static str {
    match profile {
        "statutory" => language.of(
            "statutory: nothing is admitted without a signed authorisation",
            "statutory（法定）：署名された承認がなければ何も保存しない",
        ),
        _ => language.of(
            "standard: the operator authorises itself",
            "standard（標準）：運用者が自ら承認する（自己承認）",
        ),
    }
}

/// In a few words: by whom.
fn authorised(report: &Report, language: Language) -> String {
    let t = |en, ja| language.of(en, ja);
    let authority = &report.authority;
    let separator = t(", ", "、");
    let mut ids: Vec<String> = Vec::new();
    for span in &authority.spans.shown {
        let name = match span.standing {
            "in_force" => visible(&span.id),
            "self_authorised" => t(
                "self-authorised (by the operator alone)",
                "自己承認（運用者のみによる）",
            )
            .to_owned(),
            _ => continue,
        };
        if !ids.contains(&name) {
            ids.push(name);
        }
    }
    if ids.is_empty() {
        ids.push(t("none in force", "有効な承認なし").to_owned());
    }
    if authority.without_seconds > 0 {
        ids.push(match language {
            Language::English => {
                format!(
                    "{} without any",
                    duration(authority.without_seconds, language)
                )
            }
            Language::Japanese => {
                format!(
                    "承認のない時間{}",
                    duration(authority.without_seconds, language)
                )
            }
        });
    }
    ids.join(separator)
}

pub(super) fn geo(report: &Report, language: Language) -> Vec<Block> {
    let t = |en, ja| language.of(en, ja);
    let mut out = vec![Block::Text(
        t(
            "Where an address is, was decided by these. Age is counted from a source's own date.",
            "アドレスの所在は、以下の位置情報により判定した。経過日数は、各情報自身の日付から数える。",
        )
        .to_owned(),
    )];
    if report.geo.shown.is_empty() {
        out.push(Block::Text(
            t("None in this period.", "この期間にはなし。").to_owned(),
        ));
    }
    for span in &report.geo.shown {
        out.push(Block::Heading(match language {
            Language::English => format!("{} to {}", minute(span.from), minute(span.to)),
            Language::Japanese => format!("{} ～ {}", minute(span.from), minute(span.to)),
        }));
        out.push(Block::Facts(table_facts(span, language)));
        out.push(Block::Facts(sources(span, language)));
    }
    out.extend(more(report.geo.left_out, language));
    out
}

/// Of what a table was made: what it is, how old it was, and its digest.
fn sources(span: &GeoSpan, language: Language) -> Vec<(String, Vec<Value>)> {
    let one = |source: &SourceUsed| {
        let kind = visible(&source.source);
        let date = source.date.as_deref().map(visible);
        let age = match (source.age_days_first, source.age_days_last) {
            (Some(first), Some(last)) if first == last => Some(grouped(first)),
            (Some(first), Some(last)) => Some(format!("{}–{}", grouped(first), grouped(last))),
            _ => None,
        };
        let text = match (language, date, age) {
            (Language::English, Some(date), Some(age)) => {
                format!("{kind}, of {date}: {age} days old when used")
            }
            (Language::English, Some(date), None) => format!("{kind}, of {date}"),
            (Language::English, None, _) => format!("{kind}, without a date"),
            (Language::Japanese, Some(date), Some(age)) => {
                format!("{kind}、{date}付（使用時の経過日数{age}日）")
            }
            (Language::Japanese, Some(date), None) => format!("{kind}、{date}付"),
            (Language::Japanese, None, _) => format!("{kind}、日付なし"),
        };
        let name = visible(&source.name);
        (
            name,
            vec![Value::text(text), Value::code(visible(&source.sha256))],
        )
    };
    span.sources.iter().map(one).collect()
}

/// What a list says of its prefixes.
fn list_name(list: &str, language: Language) -> String {
    match list {
        "domestic" => language
            .of("domestic prefixes", "国内とするアドレス群")
            .to_owned(),
        "anycast" => language
            .of("anycast prefixes", "エニーキャストのアドレス群")
            .to_owned(),
        other => visible(other),
    }
}

fn table_facts(span: &GeoSpan, language: Language) -> Vec<(String, Vec<Value>)> {
    let t = |en, ja| language.of(en, ja);
    let mut facts = vec![(
        t("table, SHA-256", "表のSHA-256").to_owned(),
        vec![Value::code(visible(&span.sha256))],
    )];
    if !span.changes.is_empty() {
        let changes = span
            .changes
            .iter()
            .map(|change| Value::text(changed(change, language)));
        facts.push((t("changed", "変更点").to_owned(), changes.collect()));
    }
    if !span.lists.is_empty() {
        let lists = span
            .lists
            .iter()
            .map(|list| Value::code(visible(&list.sha256)).below(list_name(&list.list, language)));
        facts.push((
            t("operator's lists", "事業者のリスト").to_owned(),
            lists.collect(),
        ));
    }
    facts
}

fn changed(change: &Change, language: Language) -> String {
    let date = |date: &Option<String>| date.as_deref().map_or_else(|| "–".to_owned(), visible);
    let english = language == Language::English;
    match change {
        Change::SourceAdded { name } if english => format!("source added: {}", visible(name)),
        Change::SourceAdded { name } => format!("情報源を追加：{}", visible(name)),
        Change::SourceRemoved { name } if english => format!("source removed: {}", visible(name)),
        Change::SourceRemoved { name } => format!("情報源を除去：{}", visible(name)),
        Change::SourceRenewed {
            name,
            before,
            after,
        } => {
            let (name, before, after) = (visible(name), date(before), date(after));
            if english {
                format!("source renewed: {name}, {before} → {after}")
            } else {
                format!("情報源を更新：{name}、{before} → {after}")
            }
        }
        Change::ListAdded { list } if english => {
            format!("list added: {}", list_name(list, language))
        }
        Change::ListAdded { list } => format!("リストを追加：{}", list_name(list, language)),
        Change::ListRemoved { list } if english => {
            format!("list removed: {}", list_name(list, language))
        }
        Change::ListRemoved { list } => format!("リストを除去：{}", list_name(list, language)),
        Change::Home { before, after } => {
            let (before, after) = (visible(&before.join(" ")), visible(&after.join(" ")));
            if english {
                format!("home: {before} → {after}")
            } else {
                format!("国内とする国：{before} → {after}")
            }
        }
        Change::Settings => language
            .of(
                "how kinds of addresses are judged; sources and lists are the same",
                "アドレス種別の扱い（情報源とリストは同じ）",
            )
            .to_owned(),
    }
}
