//! `sekisho explain`: the verdict on a packet between two addresses.

use std::fmt::Write as _;

use super::args::ExplainArgs;
use super::exit::Exit;
use super::locate::not_an_address;
use super::talk::{Problem, Talk, escaped};
use super::view::AddressView;
use super::{atlas, flags, summary_table};
use crate::config::Profile;
use crate::fate::Class;
use crate::gate::{Authorisation, PairVerdict, Policy};
use crate::geo::CountryCode;

pub(super) fn run(args: ExplainArgs, talk: &mut Talk) -> Result<Exit, Problem> {
    flags::listen(&args.talk);
    let src = args.src.parse().map_err(|_| not_an_address(&args.src))?;
    let dst = args.dst.parse().map_err(|_| not_an_address(&args.dst))?;
    let config = flags::config_to_look_at(args.place, args.gate)?;
    let table = atlas::open(&config)?;
    let (src, dst) = (atlas::address(&table, src), atlas::address(&table, dst));
    let mut text = render(&src, &dst, config.authorisation);
    if config.profile == Profile::Statutory || !config.authorisations.files.is_empty() {
        text.push_str(
            "           And only while a signed authorisation of these classes is in force\n           \
             (docs/authorisation.md); `sekisho check` names them.\n",
        );
    }
    talk.result(&text)?;
    Ok(Exit::Done)
}

fn render(src: &AddressView, dst: &AddressView, authorisation: Authorisation) -> String {
    let judge = |src: &AddressView, dst: &AddressView| {
        Policy::judge_pair(src.finding, dst.finding, authorisation)
    };
    let mut out = String::new();
    write_end(&mut out, "sender", src);
    write_end(&mut out, "receiver", dst);
    // Writing into a String cannot fail.
    let _ = writeln!(out, "{:<10} {}", "verdict", verdict(judge(src, dst)));
    let _ = writeln!(out, "{:<10} {}", "other way", verdict(judge(dst, src)));
    out.push_str(
        "           This is the rule on one pair of ends; a packet passes only if every IP layer\n           \
         that it carries does (rules §4).\n",
    );
    out
}

/// One end: where it is, why, what each source says, and likewise for what it holds.
fn write_end(out: &mut String, name: &str, end: &AddressView) {
    let country = |country: &Option<CountryCode>| {
        country.map_or_else(|| "no country".to_owned(), |country| country.to_string())
    };
    let said = match &end.country {
        Some(country) => format!(", {country}"),
        None => String::new(),
    };
    // Writing into a String cannot fail.
    let _ = writeln!(out, "{name:<10} {}: {}{said}", end.ip, end.place());
    let _ = writeln!(
        out,
        "{:<10} {}: {} (rules {})",
        "",
        end.finding.id(),
        escaped(&end.rule),
        end.section()
    );
    for (source, says) in &end.sources {
        let _ = writeln!(out, "{:<10} {}: {}", "", escaped(source), country(says));
    }
    if end.range.0 != end.range.1 {
        let (first, last) = end.range;
        let _ = writeln!(out, "{:<10} the same from {first} to {last}", "");
    }
    for inside in &end.inside {
        write_end(out, "  holds", inside);
    }
}

fn verdict(verdict: PairVerdict) -> String {
    match verdict {
        PairVerdict::Admit(class) => format!(
            "admitted as {} ({}), rules §2",
            class.id(),
            class_note(class)
        ),
        PairVerdict::Exclude(reason) => format!(
            "excluded as {} ({}), rules {}",
            reason.id(),
            reason.meaning(),
            reason.section()
        ),
    }
}

fn class_note(class: Class) -> &'static str {
    summary_table::class_note(class, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::Finding;

    fn end(ip: &str, finding: Finding, country: &str) -> AddressView {
        AddressView {
            ip: ip.parse().unwrap(),
            finding,
            country: CountryCode::new(country),
            rule: "as the table says".to_owned(),
            range: (ip.parse().unwrap(), "203.0.113.255".parse().unwrap()),
            sources: vec![("embedded".to_owned(), CountryCode::new(country))],
            inside: Vec::new(),
        }
    }

    #[test]
    fn the_answer_names_both_ends_and_both_ways() {
        let text = render(
            &end("203.0.113.9", Finding::Abroad, "US"),
            &end("198.51.100.7", Finding::Home, "JP"),
            Authorisation {
                foreign_domestic: true,
                ..Authorisation::NONE
            },
        );
        assert_eq!(
            text,
            "sender     203.0.113.9: foreign, US
           abroad: as the table says (rules §3.1)
           embedded: US
           the same from 203.0.113.9 to 203.0.113.255
receiver   198.51.100.7: domestic, JP
           home: as the table says (rules §3.1)
           embedded: JP
           the same from 198.51.100.7 to 203.0.113.255
verdict    admitted as foreign_domestic (外内 abroad to home), rules §2
other way  excluded as class_not_authorised (a class it could belong to is not authorised), rules §2.2
           This is the rule on one pair of ends; a packet passes only if every IP layer
           that it carries does (rules §4).
"
        );
    }

    #[test]
    fn home_to_home_is_excluded_whatever_is_authorised() {
        let home = end("198.51.100.7", Finding::Home, "JP");
        let text = render(&home, &home, Authorisation::ALL);
        assert_eq!(text.matches("excluded as domestic_pair").count(), 2);
    }
}
