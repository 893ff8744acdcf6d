//! Sections of counts: the sum, its course, its parts, and apart from them what was lost.

use super::chart::{self, Series};
use super::figures::{Bucket, Figure, Part, Report, Variant};
use super::language::Language;
use super::number::{alone, bytes_of, duration, grouped, packets, share};
use super::page::{Block, Chart, Row, Table, Value, visible};
use super::sections::{minute, more};
use crate::fate::{Class, Reason};

/// Reasons that have a colour of their own in a picture.
const COLOURED: usize = 5;

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
        let class = Class::ALL.into_iter().find(|class| class.id() == part.id);
        let name = class.map_or("", |class| language.class(class));
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
        let reason = Reason::ALL
            .into_iter()
            .find(|reason| reason.id() == part.id);
        let name = reason.map_or("", |reason| language.reason(reason));
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
            Value::number(share(share_ppm)),
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
            Value::number(share(share_ppm)),
            bytes_value(figure),
        ],
    }
}

fn packets_value(figure: &Figure) -> Value {
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

pub(super) fn over_time(report: &Report, language: Language) -> Vec<Block> {
    let t = |en, ja| language.of(en, ja);
    let timeline = &report.timeline;
    if timeline.buckets.is_empty() {
        return vec![Block::Text(
            t("Nothing was counted.", "計数なし。").to_owned(),
        )];
    }
    let colours = Colours::of(report);
    let of = |bucket: &Bucket, id: &str| {
        let parts = bucket.by_class.iter().chain(&bucket.by_reason);
        let found = parts.into_iter().find(|part| part.id == id);
        found.map_or(0, |part| part.figure.packets)
    };
    let classes = Class::ALL.map(|class| Series {
        colour: class_colour(class.id()),
        values: timeline
            .buckets
            .iter()
            .map(|bucket| of(bucket, class.id()))
            .collect(),
    });
    let mut reasons: Vec<Series> = colours
        .named
        .iter()
        .map(|id| Series {
            colour: colours.reason(id),
            values: timeline
                .buckets
                .iter()
                .map(|bucket| of(bucket, id))
                .collect(),
        })
        .collect();
    reasons.push(Series {
        colour: "r5".to_owned(),
        values: timeline
            .buckets
            .iter()
            .map(|bucket| {
                let others = bucket
                    .by_reason
                    .iter()
                    .filter(|part| !colours.named.contains(&part.id));
                others
                    .map(|part| part.figure.packets)
                    .fold(0, u64::saturating_add)
            })
            .collect(),
    });
    let width = duration(timeline.bucket_seconds, language);
    let blind = report.blind.seconds > 0;
    let title = |en: &str, ja: &str| match language {
        Language::English => format!("{en}, packets per {width}"),
        Language::Japanese => format!("{ja}（{width}ごとのパケット数）"),
    };
    let mut out = vec![
        Block::Chart(Chart {
            title: title("Kept, by class", "保存（区分別）"),
            svg: chart::stacked(
                timeline,
                &classes,
                t("kept by class over time", "保存の推移"),
                blind,
            ),
            legend: with_gap(
                colours.legend(report, language, true, false),
                blind,
                language,
            ),
        }),
        Block::Chart(Chart {
            title: title("Excluded, by reason", "除外（理由別）"),
            svg: chart::stacked(
                timeline,
                &reasons,
                t("excluded by reason over time", "除外の推移"),
                blind,
            ),
            legend: with_gap(
                colours.legend(report, language, false, true),
                blind,
                language,
            ),
        }),
    ];
    let dropped = Series {
        colour: "loss".to_owned(),
        values: timeline
            .buckets
            .iter()
            .map(|bucket| bucket.kernel_dropped.count)
            .collect(),
    };
    if dropped.values.iter().any(|dropped| *dropped > 0) {
        out.push(Block::Chart(Chart {
            title: title(
                "Dropped by the kernel, unseen",
                "カーネルによる取りこぼし（未観測）",
            ),
            svg: chart::stacked(
                timeline,
                &[dropped],
                t("kernel drops over time", "取りこぼしの推移"),
                false,
            ),
            legend: Vec::new(),
        }));
    }
    out.push(Block::Fold(
        t("The figures behind the pictures", "図の数値").to_owned(),
        bucket_table(report, language),
    ));
    out
}

fn bucket_table(report: &Report, language: Language) -> Table {
    let t = |en, ja| language.of(en, ja);
    let mut head = vec![
        Value::text(t("from (UTC)", "開始（UTC）")),
        Value::number(t("seen", "観測")),
        Value::number(t("kept", "保存")),
        Value::number(t("excluded", "除外")),
    ];
    for class in Class::ALL {
        head.push(Value::number(language.class(class)));
    }
    head.push(Value::number(t("kernel drops", "取りこぼし")));
    head.push(Value::number(t("blind", "観測不能")));
    let rows = report.timeline.buckets.iter().map(|bucket| {
        let mut cells = vec![
            Value::text(minute(bucket.from)),
            packets_value(&bucket.seen),
            packets_value(&bucket.kept),
            packets_value(&bucket.excluded),
        ];
        for class in Class::ALL {
            let part = bucket.by_class.iter().find(|part| part.id == class.id());
            cells.push(packets_value(
                &part.map(|part| part.figure).unwrap_or_default(),
            ));
        }
        cells.push(Value::number(alone(bucket.kernel_dropped)));
        cells.push(Value::number(duration(bucket.blind_seconds, language)));
        Row {
            strong: false,
            cells,
        }
    });
    Table {
        head,
        rows: rows.collect(),
    }
}

fn with_gap(
    mut legend: Vec<(String, String)>,
    blind: bool,
    language: Language,
) -> Vec<(String, String)> {
    if blind {
        let text = language.of("nothing could be seen", "観測不能");
        legend.push(("gap".to_owned(), text.to_owned()));
    }
    legend
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

/// The name of a class or a reason, by its id.
fn name_of(id: &str, language: Language) -> &'static str {
    let class = Class::ALL.into_iter().find(|class| class.id() == id);
    let reason = Reason::ALL.into_iter().find(|reason| reason.id() == id);
    class
        .map(|class| language.class(class))
        .or_else(|| reason.map(|reason| language.reason(reason)))
        .unwrap_or_default()
}

fn class_colour(id: &str) -> String {
    let at = Class::ALL.iter().position(|class| class.id() == id);
    format!("c{}", at.unwrap_or_default())
}

/// Which reasons have a colour of their own: those with most packets.
struct Colours {
    named: Vec<&'static str>,
}

impl Colours {
    fn of(report: &Report) -> Self {
        let mut parts: Vec<&Part> = report.sum.by_reason.iter().collect();
        // In the order of the list where two have as many.
        parts.sort_by_key(|part| std::cmp::Reverse(part.figure.packets));
        let largest = parts
            .into_iter()
            .take(COLOURED)
            .filter(|part| part.figure.packets > 0);
        Self {
            named: largest.map(|part| part.id).collect(),
        }
    }

    fn reason(&self, id: &str) -> String {
        let at = self.named.iter().position(|named| *named == id);
        format!("r{}", at.unwrap_or(COLOURED))
    }

    /// Reasons with a colour first, the most frequent at the left.
    fn in_order<'a>(&self, report: &'a Report) -> Vec<&'a Part> {
        let mut parts: Vec<&Part> = report.sum.by_reason.iter().collect();
        parts.sort_by_key(|part| {
            self.named
                .iter()
                .position(|named| *named == part.id)
                .unwrap_or(COLOURED)
        });
        parts
    }

    fn legend(
        &self,
        report: &Report,
        language: Language,
        classes: bool,
        reasons: bool,
    ) -> Vec<(String, String)> {
        let mut out = Vec::new();
        if classes {
            for part in report
                .sum
                .by_class
                .iter()
                .filter(|part| part.figure.packets > 0)
            {
                out.push((class_colour(part.id), name_of(part.id, language).to_owned()));
            }
        }
        if reasons {
            for id in &self.named {
                out.push((self.reason(id), name_of(id, language).to_owned()));
            }
            let other = |part: &&Part| part.figure.packets > 0 && !self.named.contains(&part.id);
            if report.sum.by_reason.iter().any(|part| other(&part)) {
                let text = language.of("excluded, other reasons", "その他の除外理由");
                out.push(("r5".to_owned(), text.to_owned()));
            }
        }
        out
    }
}
