//! The section of how the counts went over time.

use super::chart::{self, Series};
use super::colours::{Colours, class_colour};
use super::figures::{Bucket, Report};
use super::language::Language;
use super::number::{alone, duration};
use super::page::{Block, Chart, Row, Table, Value};
use super::sections::minute;
use super::sections_counts::packets_value;
use crate::fate::Class;

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
