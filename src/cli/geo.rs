//! `sekisho geo`: what the loaded country table is.

use std::fmt::Write as _;

use super::args::{GateFlags, GeoArgs};
use super::exit::Exit;
use super::number::{grouped, share};
use super::talk::{Problem, Talk, escaped};
use super::view::TableView;
use super::{atlas, flags};
use crate::geo::CountryCode;

pub(super) fn run(args: GeoArgs, talk: &mut Talk) -> Result<Exit, Problem> {
    flags::listen(&args.talk);
    let config = flags::config_to_look_at(args.place, GateFlags::default())?;
    let table = atlas::table(&atlas::open(&config)?);
    talk.result(&render(&table))?;
    Ok(Exit::Done)
}

fn render(table: &TableView) -> String {
    let TableView {
        digest,
        sources,
        lists,
        home,
        site,
        ranges_v4,
        ranges_v6,
        addresses_v4,
        disputed_v4,
        probes,
        warnings,
    } = table;
    let home: Vec<&str> = home.iter().map(CountryCode::as_str).collect();
    let mut out = String::new();
    let mut fact = |name: &str, text: String| {
        // Writing into a String cannot fail.
        let _ = writeln!(out, "{}", format!("{name:<10} {text}").trim_end());
    };
    fact("table", digest.clone());
    for (position, source) in sources.iter().enumerate() {
        let date = source.date.as_deref().unwrap_or("no date");
        fact(
            if position == 0 { "made of" } else { "and" },
            format!(
                "{}: {}, {}",
                escaped(&source.name),
                escaped(&source.title),
                escaped(date)
            ),
        );
        fact(
            "",
            format!(
                "{} ranges, {} countries",
                grouped(source.ranges),
                grouped(source.countries)
            ),
        );
        fact("", format!("sha256 {}", source.sha256));
    }
    for list in lists {
        fact(
            "list",
            format!(
                "{}: {}, {} prefixes",
                escaped(&list.name),
                list.kind,
                grouped(list.prefixes)
            ),
        );
        fact("", format!("sha256 {}", list.sha256));
    }
    fact("home", home.join(" "));
    fact("private", site.clone());
    fact(
        "ranges",
        format!("{} IPv4, {} IPv6", grouped(*ranges_v4), grouped(*ranges_v6)),
    );
    fact(
        "probes",
        format!("{} known answers asked, all right", grouped(*probes)),
    );
    let whole: u64 = addresses_v4.iter().map(|(_, addresses)| addresses).sum();
    for (position, (finding, addresses)) in addresses_v4.iter().enumerate() {
        fact(
            if position == 0 { "IPv4" } else { "" },
            format!(
                "{finding:<20} {:>13} {:>6}",
                grouped(*addresses),
                share(*addresses, whole)
            ),
        );
    }
    if sources.len() > 1 {
        fact(
            "disputed",
            format!(
                "{} IPv4 addresses are home in one source and not in another",
                grouped(*disputed_v4)
            ),
        );
    }
    for warning in warnings {
        fact("note", escaped(warning));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::view::{ListView, SourceView};

    #[test]
    fn a_table_tells_what_it_is_made_of() {
        let hash = "ab".repeat(32);
        let source = SourceView {
            name: "embedded".to_owned(),
            title: "a country table".to_owned(),
            date: Some("2026-09-23".to_owned()),
            sha256: hash.clone(),
            ranges: 300_000,
            countries: 249,
        };
        let text = render(&TableView {
            digest: "cd".repeat(32),
            sources: vec![
                source.clone(),
                SourceView {
                    name: "b\u{1b}.mmdb".to_owned(),
                    date: None,
                    ..source
                },
            ],
            lists: vec![ListView {
                kind: "domestic".to_owned(),
                name: "ours.txt".to_owned(),
                prefixes: 12,
                sha256: hash.clone(),
            }],
            home: CountryCode::new("JP").into_iter().collect(),
            site: "undetermined".to_owned(),
            ranges_v4: 123_456,
            ranges_v6: 7_890,
            addresses_v4: vec![("home".to_owned(), 1_000), ("abroad".to_owned(), 3_000)],
            disputed_v4: 17,
            probes: 60,
            warnings: vec!["no list of anycast prefixes is given".to_owned()],
        });
        assert_eq!(
            text,
            format!(
                "table      {}
made of    embedded: a country table, 2026-09-23
           300,000 ranges, 249 countries
           sha256 {hash}
and        b\\u{{1b}}.mmdb: a country table, no date
           300,000 ranges, 249 countries
           sha256 {hash}
list       ours.txt: domestic, 12 prefixes
           sha256 {hash}
home       JP
private    undetermined
ranges     123,456 IPv4, 7,890 IPv6
probes     60 known answers asked, all right
IPv4       home                         1,000  25.0%
           abroad                       3,000  75.0%
disputed   17 IPv4 addresses are home in one source and not in another
note       no list of anycast prefixes is given
",
                "cd".repeat(32)
            )
        );
    }
}
