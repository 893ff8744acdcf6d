//! The section of how sure the country tables are.

use super::evaluated::{ConfusionMeasured, Evaluated, SpaceMeasured, TrafficMeasured, sum};
use super::figures::{Figure, Variant};
use super::language::Language;
use super::measured::EXCLUDED;
use super::number::{at_least, bytes_of, grouped, packets, share};
use super::page::{Block, Chart, Row, Table, Value, visible};
use super::whisker::whiskers;
use crate::evaluation::Rate;

pub(super) fn evaluation(found: &Evaluated, variant: Variant, language: Language) -> Vec<Block> {
    let t = |en, ja| language.of(en, ja);
    let mut out = vec![
        Block::Text(t(
            "How far country tables agree with each other, and with the operator's own list of addresses whose place is known, \
             where one was given. The figures are of these tables alone; no vendor's figure is quoted.",
            "位置情報の表を互いに比べ、また、所在の分かっているアドレスの一覧（事業者が作成し、与えた場合のみ）と比べた結果である。\
             数値はこれらの表だけについてのもので、提供元の公表値は引用していない。",
        ).to_owned()),
        Block::Warning(t(
            "This was measured apart from the ledger: the ledger's signature does not cover it.",
            "これは台帳とは別に測定したものであり、台帳の署名の対象ではない。",
        ).to_owned()),
    ];
    out.extend(warnings(found, language));
    out.push(Block::Facts(facts(found, language)));
    if found.by_space.is_empty() {
        out.push(Block::Text(
            t(
                "One table: there was nothing to compare it with.",
                "表が一つのため、表どうしの比較はない。",
            )
            .to_owned(),
        ));
    }
    for space in &found.by_space {
        out.extend(by_space(space, language));
    }
    if let Some(traffic) = &found.by_traffic {
        out.extend(by_traffic(traffic, language));
    }
    if let Some(truth) = &found.truth {
        out.push(Block::Heading(
            t("Against the operator's list", "事業者の一覧との比較").to_owned(),
        ));
        let lines = grouped(truth.prefixes);
        out.push(Block::Text(match language {
            Language::English => format!("The list has {lines} prefixes."),
            Language::Japanese => format!("一覧のアドレス範囲は{lines}件。"),
        }));
        out.push(Block::Facts(vec![(
            t("list, SHA-256", "一覧のSHA-256").to_owned(),
            vec![Value::code(visible(&truth.sha256))],
        )]));
        out.extend(confusion(&truth.tables, language));
        out.extend(rates(&truth.tables, variant, language));
    }
    out
}

fn warnings(found: &Evaluated, language: Language) -> Vec<Block> {
    let t = |en, ja| language.of(en, ja);
    let mut out = Vec::new();
    let others: Vec<String> = (0..)
        .zip(&found.tables)
        .filter(|(_, table)| !table.in_force)
        .map(|(number, _)| table(Some(number), language))
        .collect();
    if !others.is_empty() {
        let names = others.join(t(", ", "、"));
        out.push(Block::Warning(match language {
            Language::English => format!(
                "Not among the country tables in force above, by SHA-256: {names}. Of these the figures say nothing about this period."
            ),
            Language::Japanese => format!(
                "SHA-256が上記の「使用した位置情報」のいずれとも一致しない表：{names}。これらの数値は、この期間の判定については何も示さない。"
            ),
        }));
    }
    if found.unmeasured_in_force > 0 {
        let number = grouped(found.unmeasured_in_force);
        out.push(Block::Warning(match language {
            Language::English => {
                format!("Sources in force in this period that were not measured: {number}.")
            }
            Language::Japanese => {
                format!("この期間に使用した情報源のうち{number}件は、測定の対象でない。")
            }
        }));
    }
    if !found.home_in_force {
        out.push(Block::Warning(
            t(
                "Home was another one than in this period.",
                "国内とする国が、この期間のものと異なる。",
            )
            .to_owned(),
        ));
    }
    out
}

/// What a table is called here: its number, as in the JSON.
fn table(number: Option<usize>, language: Language) -> String {
    match (number, language) {
        (Some(number), Language::English) => format!("table {number}"),
        (Some(number), Language::Japanese) => format!("表{number}"),
        (None, Language::English) => "all together".to_owned(),
        (None, Language::Japanese) => "すべて併用".to_owned(),
    }
}

fn facts(found: &Evaluated, language: Language) -> Vec<(String, Vec<Value>)> {
    let t = |en, ja| language.of(en, ja);
    let mut facts = vec![
        (
            t("home", "国内とする国").to_owned(),
            vec![Value::text(visible(&found.home.join(" ")))],
        ),
        (
            t("measured by", "測定したプログラム").to_owned(),
            vec![Value::text("sekisho"), Value::code(visible(&found.version))],
        ),
    ];
    for (number, of) in found.tables.iter().enumerate() {
        let date = match (of.date.as_deref().map(visible), language) {
            (Some(date), Language::English) => format!("of {date}"),
            (Some(date), Language::Japanese) => format!("{date}付"),
            (None, _) => t("without a date", "日付なし").to_owned(),
        };
        let mut values = vec![Value::code(visible(&of.name)).below(date)];
        values.extend(of.sha256.iter().map(|sha256| Value::code(visible(sha256))));
        facts.push((table(Some(number), language), values));
    }
    facts
}

/// Networks of IPv6 are more than anybody reads by digits: three or four of them, rounded down.
fn count(number: u64) -> Value {
    let mut units = ["G", "T", "P", "E"].into_iter();
    let mut millions = number / 1_000_000;
    let mut text = grouped(number);
    if number >= 10_000_000_000 {
        while millions >= 1_000
            && let Some(unit) = units.next()
        {
            let tenth = millions / 100 % 10;
            millions /= 1_000;
            text = format!("{millions}.{tenth}\u{a0}{unit}");
        }
    }
    Value::number(text).exact(number)
}

fn places(language: Language) -> [&'static str; 3] {
    [
        language.of("domestic", "国内"),
        language.of("foreign", "国外"),
        language.of("undetermined", "判定不能"),
    ]
}

/// The unit in which a space is counted.
fn unit(ip: &str, language: Language) -> &'static str {
    match ip {
        "ipv6" => language.of("IPv6, /64 networks", "IPv6（/64ネットワーク数）"),
        _ => language.of("IPv4, addresses", "IPv4（アドレス数）"),
    }
}

fn matrix(corner: String, names: &[String], cells: &[[u64; 3]], language: Language) -> Block {
    let mut head = vec![Value::text(corner)];
    head.extend(places(language).map(Value::number));
    let rows = names.iter().zip(cells).map(|(name, cells)| Row {
        strong: false,
        cells: std::iter::once(Value::text(name))
            .chain(cells.iter().map(|cell| count(*cell)))
            .collect(),
    });
    Block::Table(Table {
        head,
        rows: rows.collect(),
    })
}

fn by_space(found: &SpaceMeasured, language: Language) -> Vec<Block> {
    let space = &found.space;
    let (one, other) = (
        table(Some(space.one), language),
        table(Some(space.other), language),
    );
    let unit = unit(&space.ip, language);
    let (alike, home) = (share(found.agreed_ppm), count(found.disputed_home).text);
    let (title, corner, text) = match language {
        Language::English => (
            format!("{unit}: {one} and {other}"),
            format!("{one} down, {other} across"),
            format!(
                "Of what at least one of them places, both place {alike} alike; {home} are at home by one only."
            ),
        ),
        Language::Japanese => (
            format!("{unit}：{one}と{other}"),
            format!("縦：{one}、横：{other}"),
            format!(
                "少なくとも一方が所在を示すもののうち、{alike}で両者が一致する。一方だけが国内とするものは{home}。"
            ),
        ),
    };
    let names = places(language).map(str::to_owned);
    vec![
        Block::Heading(title),
        matrix(corner, &names, &space.places, language),
        Block::Text(text),
    ]
}

fn by_traffic(traffic: &TrafficMeasured, language: Language) -> Vec<Block> {
    let t = |en, ja| language.of(en, ja);
    let mut out = vec![
        Block::Heading(t("By observed traffic", "観測した通信による比較").to_owned()),
        Block::Text(t(
            "Captures were judged by each table alone, with all classes authorised. Openings are TCP segments that ask for a connection.",
            "取得データを、すべての区分が承認されているものとして、各表だけで判定した。接続要求は、TCPの接続を求めるセグメントの数である。",
        ).to_owned()),
    ];
    if traffic.withheld {
        out.push(Block::Text(t(
            "Pairs are left out here: with three or more tables they would tell of small cells.",
            "表が三つ以上あり、比較から少数の値が分かるおそれがあるため、組ごとの数値は省略した。",
        ).to_owned()));
    }
    let mut rows = Vec::new();
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for pair in &traffic.pairs {
        if !pairs.contains(&(pair.one, pair.other)) {
            pairs.push((pair.one, pair.other));
        }
    }
    for (one, other) in pairs {
        let of = |keeps: [bool; 2]| {
            let cells = traffic.pairs.iter().filter(|pair| {
                (pair.one, pair.other) == (one, other)
                    && [pair.one_class != EXCLUDED, pair.other_class != EXCLUDED] == keeps
            });
            sum(cells.map(|pair| &pair.figure))
        };
        let (a, b) = (table(Some(one), language), table(Some(other), language));
        let names = match language {
            Language::English => [
                format!("{a} and {b} both keep"),
                format!("{a} keeps, {b} excludes"),
                format!("{a} excludes, {b} keeps"),
                format!("{a} and {b} both exclude"),
            ],
            Language::Japanese => [
                format!("{a}・{b}とも保存"),
                format!("{a}は保存、{b}は除外"),
                format!("{a}は除外、{b}は保存"),
                format!("{a}・{b}とも除外"),
            ],
        };
        let kinds = [[true, true], [true, false], [false, true], [false, false]];
        for (name, keeps) in names.into_iter().zip(kinds) {
            rows.push(row(name, &of(keeps), false));
        }
    }
    rows.push(row(t("all", "全体").to_owned(), &traffic.frames, true));
    out.push(Block::Table(Table {
        head: vec![
            Value::text(t("judged", "判定")),
            Value::number(t("packets", "パケット")),
            Value::number(t("bytes", "バイト数")),
            Value::number(t("openings", "接続要求")),
        ],
        rows,
    }));
    out
}

fn row(name: String, figure: &Figure, strong: bool) -> Row {
    let number = |text: String, exact: u64, small: u64| {
        let value = Value::number(text);
        if small > 0 { value } else { value.exact(exact) }
    };
    Row {
        strong,
        cells: vec![
            Value::text(name),
            number(packets(figure), figure.packets, figure.small),
            number(bytes_of(figure), figure.bytes, figure.small),
            number(
                at_least(figure.openings, figure.small_openings),
                figure.openings,
                figure.small_openings,
            ),
        ],
    }
}

fn confusion(rows: &[ConfusionMeasured], language: Language) -> Vec<Block> {
    let t = |en, ja| language.of(en, ja);
    let mut out = Vec::new();
    for (ip, of) in [
        (
            "ipv4",
            (|row| row.ipv4) as fn(&ConfusionMeasured) -> [[u64; 3]; 2],
        ),
        ("ipv6", |row| row.ipv6),
    ] {
        let (mut names, mut cells) = (Vec::new(), Vec::new());
        for row in rows {
            let by = table(row.table, language);
            let truly = [
                t("truly domestic", "実際は国内"),
                t("truly foreign", "実際は国外"),
            ];
            for (truly, counts) in truly.iter().zip(of(row)) {
                names.push(match language {
                    Language::English => format!("{by}, {truly}"),
                    Language::Japanese => format!("{by}・{truly}"),
                });
                cells.push(counts);
            }
        }
        if cells.iter().flatten().any(|cell| *cell > 0) {
            out.push(matrix(
                unit(ip, language).to_owned(),
                &names,
                &cells,
                language,
            ));
        }
    }
    out
}

fn rates(rows: &[ConfusionMeasured], variant: Variant, language: Language) -> Vec<Block> {
    let t = |en, ja| language.of(en, ja);
    let mut out = Vec::new();
    let mut facts = Vec::new();
    let kinds = [
        (
            t(
                "Kept, of flows that are truly domestic to domestic (must not be)",
                "実際は内内のフローのうち、保存と判定した割合（あってはならない誤り）",
            ),
            t("kept wrongly", "誤って保存"),
            (|row| row.false_keep) as fn(&ConfusionMeasured) -> Option<Rate>,
        ),
        (
            t(
                "Excluded, of flows that are truly not domestic to domestic",
                "実際は内内でないフローのうち、所在により除外と判定した割合",
            ),
            t("excluded wrongly", "誤って除外"),
            |row| row.false_exclude,
        ),
    ];
    for (title, short, of) in kinds {
        let found: Vec<(String, Rate)> = rows
            .iter()
            .filter_map(|row| Some((table(row.table, language), of(row)?)))
            .collect();
        for (name, rate) in &found {
            let name = match language {
                Language::English => format!("{short}, {name}"),
                Language::Japanese => format!("{short}・{name}"),
            };
            facts.push((name, vec![interval(*rate, language)]));
        }
        let drawn: Vec<(String, Rate)> =
            found.into_iter().filter(|(_, rate)| rate.of > 0).collect();
        if !drawn.is_empty() {
            out.push(Block::Chart(Chart {
                title: title.to_owned(),
                legend: Vec::new(),
                svg: whiskers(&drawn, title),
            }));
        }
    }
    if !facts.is_empty() {
        out.insert(0, Block::Text(t(
            "Errors by flow. A flow is a TCP opening whose ends are all in the list; the whisker is Wilson's interval, in which the true \
             rate lies in 95 of 100 such samples, if flows are independent.",
            "フロー単位の誤り。フローは、両端とも一覧にあるTCP接続要求で数える。ひげはウィルソンの区間で、フローが互いに独立なら、\
             同様の標本100のうち95で真の割合を含む。",
        ).to_owned()));
        out.push(Block::Facts(facts));
    }
    if variant == Variant::Published {
        out.push(Block::Text(
            t(
                "Rates are left out where fewer than 20 flows, but not none, would be told of: of all, of those judged wrongly, of \
                 those judged rightly; and all rates of a kind where two of them differ by so few.",
                "20フロー未満（0を除く）の数が分かる割合は省略した（全体、誤判定、正判定のいずれか）。二つの割合の差が20フロー未満と\
                 なる場合は、その種類の割合をすべて省略した。",
            )
            .to_owned(),
        ));
    }
    out
}

/// As given, to the millionth.
fn interval(rate: Rate, language: Language) -> Value {
    let percent = |ppm: u64| format!("{}.{:04}\u{a0}%", ppm / 10_000, ppm % 10_000);
    let t = |en, ja| language.of(en, ja);
    if rate.of == 0 {
        return Value::text(t("no such flow was seen", "該当するフローなし"));
    }
    let (events, of) = (grouped(rate.events), grouped(rate.of));
    let (low, high) = (percent(rate.low_ppm), percent(rate.high_ppm));
    let rate = percent(rate.ppm);
    match language {
        Language::English => Value::text(format!("{rate}: {events} of {of}"))
            .below(format!("95\u{a0}% interval: {low} to {high}")),
        Language::Japanese => Value::text(format!("{rate}（{of}件中{events}件）"))
            .below(format!("95\u{a0}%区間：{low}～{high}")),
    }
}
