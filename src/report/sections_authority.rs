//! The section of authorisations: terms, standing, keys, and times without any.

use super::figures::{AuthoritySpan, Report};
use super::language::Language;
use super::number::{bytes, duration, grouped, share};
use super::page::{Block, Row, Table, Value, visible};
use super::sections::{minute, more, second};
use crate::fate::Class;

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

pub(super) fn standing_name(standing: &str, language: Language) -> &'static str {
    match standing {
        "in_force" => language.of("in force", "有効"),
        "not_yet" => language.of("not yet in force", "開始前"),
        "expired" => language.of("expired", "期間満了"),
        "exhausted" => language.of("volume used up", "量的上限に到達"),
        "self_authorised" => language.of("by the operator alone", "運用者のみによる"),
        _ => language.of("missing", "承認なし"),
    }
}
