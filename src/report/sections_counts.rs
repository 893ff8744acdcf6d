//! Sections of counts: the sum, and its parts.

use super::chart;
use super::colours::{Colours, class_colour, name_of};
use super::figures::{Figure, Part, Report, Variant};
use super::language::Language;
use super::number::{alone, bytes_of, grouped, packets, share};
use super::page::{Block, Chart, Row, Table, Value};

pub(super) fn sum(report: &Report, language: Language) -> Vec<Block> {
    let t = |en, ja| language.of(en, ja);
    let sum = &report.sum;
    let colours = Colours::of(report);
    let mut parts: Vec<(String, u64)> = Vec::new();
    for part in &sum.by_class {
        parts.push((class_colour(part.id), part.figure.packets));
    }
    for part in colours.in_order(report) {
        parts.push((colours.reason(part.id), part.figure.packets));
    }
    let share_of = |figure: &Figure| super::figures::ppm(figure.packets, sum.seen.packets);
    let mut out = vec![
        Block::Text(match language {
            Language::English => format!(
                "Of {} packets seen, {} were kept ({}) and {} excluded ({}). Every packet is in exactly one row.",
                packets(&sum.seen),
                packets(&sum.kept),
                share(share_of(&sum.kept)),
                packets(&sum.excluded),
                share(share_of(&sum.excluded)),
            ),
            Language::Japanese => format!(
                "観測した{}パケットのうち、{}パケット（{}）を保存し、{}パケット（{}）を除外した。\
                 どのパケットも、下の行のちょうど一つに数えられている。",
                packets(&sum.seen),
                packets(&sum.kept),
                share(share_of(&sum.kept)),
                packets(&sum.excluded),
                share(share_of(&sum.excluded)),
            ),
        }),
        Block::Chart(Chart {
            title: t(
                "Packets: kept by class, then excluded by reason",
                "パケット数：保存（区分別）と除外（理由別）",
            )
            .to_owned(),
            svg: chart::bar(
                &parts,
                t("kept and excluded packets", "保存と除外のパケット数"),
            ),
            legend: colours.legend(report, language, true, true),
        }),
    ];
    if let Some(note) = small_note(report, language) {
        out.push(note);
    }
    let head = vec![
        Value::text(t("class or reason", "区分・理由")),
        Value::number(t("packets", "パケット")),
        Value::number(t("of seen", "観測比")),
        Value::number(t("bytes on the wire", "バイト数")),
    ];
    let mut rows = Vec::new();
    for part in &sum.by_class {
        let name = name_of(part.id, language);
        rows.push(row(
            name,
            part.id,
            &class_colour(part.id),
            &part.figure,
            part.share_ppm,
        ));
    }
    rows.push(strong(
        t("kept", "保存の計"),
        &sum.kept,
        share_of(&sum.kept),
    ));
    let (some, none): (Vec<&Part>, Vec<&Part>) = sum
        .by_reason
        .iter()
        .partition(|part| part.figure != Figure::default());
    for part in some {
        let name = name_of(part.id, language);
        rows.push(row(
            name,
            part.id,
            &colours.reason(part.id),
            &part.figure,
            part.share_ppm,
        ));
    }
    rows.push(strong(
        t("excluded", "除外の計"),
        &sum.excluded,
        share_of(&sum.excluded),
    ));
    rows.push(strong(
        t("seen", "観測の計"),
        &sum.seen,
        share_of(&sum.seen),
    ));
    out.push(Block::Table(Table { head, rows }));
    if !none.is_empty() {
        let names: Vec<&str> = none.iter().map(|part| name_of(part.id, language)).collect();
        out.push(Block::Text(match language {
            Language::English => format!("No packet was excluded as: {}.", names.join("; ")),
            Language::Japanese => format!("該当のなかった理由：{}。", names.join("、")),
        }));
    }
    if let (Some(packets), Some(bytes), false) =
        (sum.unaccounted_packets, sum.unaccounted_bytes, sum.closes)
    {
        out.push(Block::Warning(match language {
            Language::English => format!(
                "The sum does not close, by {} packets and {} bytes.",
                grouped(packets),
                grouped(bytes)
            ),
            Language::Japanese => format!(
                "合計が{}パケット、{}バイト合わない。",
                grouped(packets),
                grouped(bytes)
            ),
        }));
    }
    out.push(Block::Text(
        t(
            "What the kernel dropped before the gate, and what was lost after it, is not in this sum: it has sections of \
             its own below. What is excluded was meant to be; what is lost was not.",
            "選別の前にカーネルが落としたもの、選別の後に失われたものは、この合計に含まれない（後の節を参照）。\
             除外は意図したものであり、損失は意図しないものである。両者を一つの数にまとめることはない。",
        )
        .to_owned(),
    ));
    out
}

fn small_note(report: &Report, language: Language) -> Option<Block> {
    (report.variant == Variant::Published).then(|| {
        let cells = report.sum.seen.small;
        let (cells, most) = (grouped(cells), grouped(cells.saturating_mul(report.small_cell - 1)));
        let k = report.small_cell;
        Block::Text(match language {
            Language::English => format!(
                "Counts of 1 to {} packets in one hour, class or reason, IP version and protocol are left out, of every sum too: \
                 {cells} such cells, at most {most} packets together. \"≥\" marks sums that lack some, \"<\" what has nothing else.",
                k - 1
            ),
            Language::Japanese => format!(
                "1時間・区分または理由・IP版・プロトコルごとの値が1～{}パケットのものは、合計も含めて除いてある。\
                 該当は{cells}件、合わせて多くとも{most}パケット。「≥」は一部を除いた合計、「<」はすべて除かれたものを示す。",
                k - 1
            ),
        })
    })
}

fn row(name: &str, id: &str, colour: &str, figure: &Figure, share_ppm: u64) -> Row {
    Row {
        strong: false,
        cells: vec![
            Value::text(name).below(id).swatch(colour),
            packets_value(figure),
            share_value(figure, share_ppm),
            bytes_value(figure),
        ],
    }
}

fn strong(name: &str, figure: &Figure, share_ppm: u64) -> Row {
    Row {
        strong: true,
        cells: vec![
            Value::text(name),
            packets_value(figure),
            share_value(figure, share_ppm),
            bytes_value(figure),
        ],
    }
}

/// What is left out has no share that could be told.
fn share_value(figure: &Figure, ppm: u64) -> Value {
    Value::number(if figure.is_small() {
        "–".to_owned()
    } else {
        share(ppm)
    })
}

pub(super) fn packets_value(figure: &Figure) -> Value {
    let value = Value::number(packets(figure));
    if figure.is_small() {
        value
    } else {
        value.exact(figure.packets)
    }
}

fn bytes_value(figure: &Figure) -> Value {
    let value = Value::number(bytes_of(figure));
    if figure.is_small() {
        value
    } else {
        value.exact(figure.bytes)
    }
}

pub(super) fn undetermined(report: &Report, language: Language) -> Vec<Block> {
    let t = |en, ja| language.of(en, ja);
    let found = &report.undetermined;
    let mut out = vec![Block::Text(
        t(
            "An end whose place is not known could be at home. With the other end abroad the packet cannot be \
             domestic–domestic and may be kept; with any other it could be, and is excluded. The ledger does not say \
             why a place of what was kept was not known.",
            "所在が判定不能の一端は、国内であるかもしれない。他端が国外であれば内内ではあり得ないため保存し得るが、\
             そうでなければ内内であり得るため除外する。保存したものについて、判定不能となった原因は台帳に記録されない。",
        )
        .to_owned(),
    )];
    let mut rows = Vec::new();
    for part in &found.kept_by_class {
        rows.push(row(
            name_of(part.id, language),
            part.id,
            &class_colour(part.id),
            &part.figure,
            part.share_ppm,
        ));
    }
    rows.push(strong(
        t(
            "kept although one end is not known",
            "一端が判定不能のまま保存",
        ),
        &found.kept,
        found.kept_ppm,
    ));
    let colours = Colours::of(report);
    for part in &found.excluded_by_reason {
        rows.push(row(
            name_of(part.id, language),
            part.id,
            &colours.reason(part.id),
            &part.figure,
            part.share_ppm,
        ));
    }
    rows.push(strong(
        t("excluded because of it", "判定不能のため除外"),
        &found.excluded,
        found.excluded_ppm,
    ));
    out.push(Block::Table(Table {
        head: vec![
            Value::text(t("class or cause", "区分・原因")),
            Value::number(t("packets", "パケット")),
            Value::number(t("of seen", "観測比")),
            Value::number(t("bytes on the wire", "バイト数")),
        ],
        rows,
    }));
    out
}

pub(super) fn networks(report: &Report, language: Language) -> Vec<Block> {
    let t = |en, ja| language.of(en, ja);
    let rows = report.networks.iter().map(|network| Row {
        strong: false,
        cells: vec![
            Value::text(match (network.ip, network.protocol) {
                ("none", _) => t("no IP", "IPなし").to_owned(),
                (ip, protocol) => format!(
                    "{} {}",
                    if ip == "ipv4" { "IPv4" } else { "IPv6" },
                    match protocol {
                        "tcp" => "TCP",
                        "udp" => "UDP",
                        "icmp" => "ICMP",
                        _ => t("other", "その他"),
                    }
                ),
            }),
            packets_value(&network.kept),
            packets_value(&network.excluded),
        ],
    });
    let openings = report.openings.iter().map(|of| Row {
        strong: false,
        cells: vec![
            if of.id == "excluded" {
                Value::text(t("excluded, for all reasons", "除外（全理由）"))
            } else {
                Value::text(name_of(of.id, language)).swatch(class_colour(of.id))
            },
            {
                let value = Value::number(if of.openings.count == 0 && of.openings.small > 0 {
                    "–".to_owned()
                } else {
                    alone(of.openings)
                });
                if of.openings.small > 0 {
                    value
                } else {
                    value.exact(of.openings.count)
                }
            },
        ],
    });
    vec![
        Block::Table(Table {
            head: vec![
                Value::text(t("IP and protocol", "IP版・プロトコル")),
                Value::number(t("kept, packets", "保存パケット")),
                Value::number(t("excluded, packets", "除外パケット")),
            ],
            rows: rows.collect(),
        }),
        Block::Heading(t("TCP openings", "TCP接続要求").to_owned()),
        Block::Text(
            t(
                "Segments with SYN and without ACK: about as many connections were asked for, retries included.",
                "SYNがありACKのないセグメントの数。再送を含め、おおよそ接続要求の数に当たる。",
            )
            .to_owned(),
        ),
        Block::Table(Table {
            head: vec![
                Value::text(t("class", "区分")),
                Value::number(t("openings", "接続要求")),
            ],
            rows: openings.collect(),
        }),
    ]
}
