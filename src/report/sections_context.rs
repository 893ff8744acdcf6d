//! Sections of what the counts were made with and under: sensor, tables, authorisations, events, files.

use super::figures::{AuthoritySpan, Change, GeoSpan, Happening, Report, SourceUsed, Variant};
use super::language::Language;
use super::number::{alone, bytes, duration, grouped, share};
use super::page::{Block, Row, Table, Value, visible};
use super::sections::{joined, minute, more, period, second};
use crate::fate::Class;

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

fn mode_name(mode: &str, language: Language) -> &'static str {
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

pub(super) fn authority(report: &Report, language: Language) -> Vec<Block> {
    let t = |en, ja| language.of(en, ja);
    let authority = &report.authority;
    let mut out = Vec::new();
    if authority.without_seconds > 0 {
        let (time, part) = (
            duration(authority.without_seconds, language),
            share(authority.without_ppm),
        );
        out.push(Block::Warning(match language {
            Language::English => format!(
                "For {time} ({part} of the period) the sensor ran without an authorisation in force. Nothing may be kept then."
            ),
            Language::Japanese => format!(
                "{time}（期間の{part}）、有効な承認がないまま稼働した。その間は何も保存してはならない。"
            ),
        }));
        let rows = authority.without.shown.iter().map(|span| Row {
            strong: false,
            cells: vec![
                Value::text(second(span.from)),
                Value::text(second(span.to)),
                Value::number(duration(span.seconds, language)).exact(span.seconds),
            ],
        });
        out.push(Block::Table(Table {
            head: vec![
                Value::text(t("without, from", "承認なしの開始")),
                Value::text(t("to", "終了")),
                Value::number(t("time", "時間")),
            ],
            rows: rows.collect(),
        }));
        out.extend(more(authority.without.left_out, language));
    } else {
        out.push(Block::Text(
            t(
                "At every moment of the period at which the sensor ran, something below was in force.",
                "期間中、センサーが稼働していた間は常に、下のいずれかの承認が有効であった。",
            )
            .to_owned(),
        ));
    }
    if authority.self_authorised_seconds > 0 {
        let time = duration(authority.self_authorised_seconds, language);
        out.push(Block::Text(match language {
            Language::English => format!(
                "For {time} the operator authorised itself: nobody else approved what was kept, and this page does not say that anybody did."
            ),
            Language::Japanese => format!(
                "延べ{time}は自己承認（運用者自身による）であり、第三者の承認を受けたものではない。"
            ),
        }));
    }
    for span in &authority.spans.shown {
        let name = if span.standing == "self_authorised" {
            t("self-authorised", "自己承認").to_owned()
        } else {
            visible(&span.id)
        };
        out.push(Block::Heading(format!(
            "{name} – {}",
            standing_name(span.standing, language)
        )));
        out.push(Block::Facts(terms(span, language)));
    }
    out.extend(more(authority.spans.left_out, language));
    let rows = report.policies.shown.iter().map(|span| Row {
        strong: false,
        cells: vec![
            Value::text(minute(span.from)),
            Value::text(minute(span.to)),
            Value::text(class_names(&span.classes, language)),
        ],
    });
    out.push(Block::Heading(
        t("Classes that might pass", "保存し得た区分").to_owned(),
    ));
    out.push(Block::Table(Table {
        head: vec![
            Value::text(t("from", "開始")),
            Value::text(t("to", "終了")),
            Value::text(t("classes", "区分")),
        ],
        rows: rows.collect(),
    }));
    out.extend(more(report.policies.left_out, language));
    out
}

fn terms(span: &AuthoritySpan, language: Language) -> Vec<(String, Vec<Value>)> {
    let t = |en, ja| language.of(en, ja);
    let mut facts = Vec::new();
    let mut fact = |name: &str, values: Vec<Value>| facts.push((name.to_owned(), values));
    let span_text = |from: String, to: String| match language {
        Language::English => format!("{from} to {to}"),
        Language::Japanese => format!("{from} ～ {to}"),
    };
    fact(
        t("so in this period", "期間中の状態の継続"),
        vec![Value::text(span_text(second(span.from), second(span.to)))],
    );
    if let Some(authority) = &span.authority {
        fact(
            t("given by", "承認者"),
            vec![Value::text(visible(authority))],
        );
    }
    if let Some(purpose) = &span.purpose {
        fact(t("purpose", "目的"), vec![Value::text(visible(purpose))]);
    }
    if !span.classes.is_empty() {
        fact(
            t("classes", "区分"),
            vec![Value::text(class_names(&span.classes, language))],
        );
    }
    if !span.interfaces.is_empty() {
        let names: Vec<String> = span.interfaces.iter().map(|name| visible(name)).collect();
        fact(
            t("interfaces", "インターフェース"),
            vec![Value::text(names.join(t(", ", "、")))],
        );
    }
    if span.not_before.is_some() || span.not_after.is_some() {
        let side = |moment: Option<_>| moment.map_or_else(|| "–".to_owned(), second);
        fact(
            t("term", "有効期間"),
            vec![Value::text(span_text(
                side(span.not_before),
                side(span.not_after),
            ))],
        );
    }
    let mut caps = Vec::new();
    if let Some(packets) = span.cap_packets {
        caps.push(Value::text(match language {
            Language::English => format!("{} packets", grouped(packets)),
            Language::Japanese => format!("{}パケット", grouped(packets)),
        }));
    }
    if let Some(cap) = span.cap_bytes {
        caps.push(Value::text(bytes(cap)));
    }
    if !caps.is_empty() {
        fact(t("at most", "量的上限"), caps);
    }
    if !span.keys.is_empty() {
        fact(
            t("signed with", "署名鍵"),
            span.keys
                .iter()
                .map(|key| Value::code(visible(key)))
                .collect(),
        );
    }
    if let Some(sha256) = &span.sha256 {
        fact(
            t("file, SHA-256", "ファイルのSHA-256"),
            vec![Value::code(visible(sha256))],
        );
    }
    facts
}

fn class_names(ids: &[String], language: Language) -> String {
    if ids.is_empty() {
        return language.of("none", "なし").to_owned();
    }
    let name = |id: &String| {
        let class = Class::ALL.into_iter().find(|class| class.id() == id);
        class.map_or_else(|| visible(id), |class| language.class(class).to_owned())
    };
    ids.iter()
        .map(name)
        .collect::<Vec<_>>()
        .join(language.of(", ", "、"))
}

fn standing_name(standing: &str, language: Language) -> &'static str {
    match standing {
        "in_force" => language.of("in force", "有効"),
        "not_yet" => language.of("not yet in force", "開始前"),
        "expired" => language.of("expired", "期間満了"),
        "exhausted" => language.of("volume used up", "量的上限に到達"),
        "self_authorised" => language.of("by the operator alone", "運用者のみによる"),
        _ => language.of("missing", "承認なし"),
    }
}

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
        .map(|of| format!("{} ×{}", visible(&of.format), grouped(of.files)))
        .collect();
    let number = |count: Option<u64>| {
        count.map_or_else(
            || Value::text(published),
            |count| Value::text(grouped(count)).exact(count),
        )
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
                vec![Value::text(bytes(exports.length)).exact(exports.length)],
            ),
            (t("records in them", "記録（フロー）").to_owned(), vec![Value::text(alone(exports.records))]),
            (t("packets in these", "同パケット").to_owned(), vec![number(exports.packets)]),
            (
                t("their bytes on the wire", "同、回線上のバイト数").to_owned(),
                vec![exports.bytes.map_or_else(
                    || Value::text(published),
                    |sum| Value::text(bytes(sum)).exact(sum),
                )],
            ),
            (
                t("recalled before export", "出力前に回収").to_owned(),
                vec![
                    Value::text(match language {
                        Language::English => format!("{} records", alone(exports.recalled_records)),
                        Language::Japanese => format!("{}記録", alone(exports.recalled_records)),
                    })
                    .below(t(
                        "intent, not loss: a newer table or rule does not let them out",
                        "意図したもの：新しい位置情報または規則により出力しない",
                    )),
                ],
            ),
            (
                t("removed at the end of their time", "保存期間の満了により消去").to_owned(),
                vec![Value::text(match language {
                    Language::English => {
                        format!("{} files, {}", grouped(exports.purged_files), bytes(exports.purged_length))
                    }
                    Language::Japanese => {
                        format!("{}ファイル、{}", grouped(exports.purged_files), bytes(exports.purged_length))
                    }
                })],
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
