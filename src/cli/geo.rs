//! `sekisho geo`: what the loaded country table is.

use std::fmt::Write as _;

use super::args::{GateFlags, GeoArgs, RunFlags};
use super::exit::Exit;
use super::number::{grouped, share};
use super::talk::{Problem, Talk, escaped};
use super::view::TableView;
use super::{atlas, flags};
use crate::geo::Finding;

pub(super) fn run(args: GeoArgs, talk: &mut Talk) -> Result<Exit, Problem> {
    flags::listen(&args.talk);
    let config = flags::config(args.place, GateFlags::default(), RunFlags::default())?;
    let table = atlas::open(&config)?.table();
    talk.result(&render(&table))?;
    Ok(Exit::Done)
}

fn render(table: &TableView) -> String {
    let TableView {
        digest,
        sources,
        home,
        site,
        ranges_v4,
        ranges_v6,
        addresses_v4,
        countries,
        probes,
    } = table;
    let home: Vec<&str> = home.iter().map(crate::geo::CountryCode::as_str).collect();
    let mut out = String::new();
    // Writing into a String cannot fail.
    let _ = writeln!(out, "table      {digest}");
    for (position, source) in sources.iter().enumerate() {
        let name = if position == 0 { "made of" } else { "and" };
        let date = source.date.as_deref().unwrap_or("no date");
        let _ = writeln!(
            out,
            "{name:<10} {} ({}, {})",
            escaped(&source.name),
            escaped(&source.kind),
            escaped(date)
        );
        let _ = writeln!(out, "{:<10} sha256 {}", "", source.sha256);
    }
    let _ = writeln!(out, "home       {}", home.join(" "));
    let _ = writeln!(out, "private    {site}");
    let _ = writeln!(
        out,
        "ranges     {} IPv4, {} IPv6",
        grouped(*ranges_v4),
        grouped(*ranges_v6)
    );
    let _ = writeln!(out, "countries  {}", grouped(*countries));
    let _ = writeln!(out, "probes     {} asked, all as known", grouped(*probes));
    let whole: u64 = addresses_v4.iter().sum();
    let mut title = "IPv4 space";
    for (finding, &addresses) in Finding::ALL.iter().zip(addresses_v4) {
        if addresses > 0 {
            let _ = writeln!(
                out,
                "{title:<10} {:<20} {:>13} {:>6}",
                finding.id(),
                grouped(addresses),
                share(addresses, whole)
            );
            title = "";
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::view::SourceView;
    use crate::geo::CountryCode;

    #[test]
    fn a_table_tells_what_it_is_made_of() {
        let mut addresses_v4 = [0; Finding::ALL.len()];
        addresses_v4[Finding::Home as usize] = 1_000;
        addresses_v4[Finding::Abroad as usize] = 3_000;
        let source = SourceView {
            name: "embedded".to_owned(),
            kind: "embedded".to_owned(),
            date: Some("2026-09-23".to_owned()),
            sha256: "ab".repeat(32),
        };
        let text = render(&TableView {
            digest: "cd".repeat(32),
            sources: vec![source.clone(), SourceView { date: None, ..source }],
            home: CountryCode::new("JP").into_iter().collect(),
            site: "undetermined".to_owned(),
            ranges_v4: 123_456,
            ranges_v6: 7_890,
            addresses_v4,
            countries: 249,
            probes: 60,
        });
        let hash = "ab".repeat(32);
        assert_eq!(
            text,
            format!(
                "table      {}
made of    embedded (embedded, 2026-09-23)
           sha256 {hash}
and        embedded (embedded, no date)
           sha256 {hash}
home       JP
private    undetermined
ranges     123,456 IPv4, 7,890 IPv6
countries  249
probes     60 asked, all as known
IPv4 space home                         1,000  25.0%
           abroad                       3,000  75.0%
",
                "cd".repeat(32)
            )
        );
    }
}
