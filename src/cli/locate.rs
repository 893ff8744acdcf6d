//! `sekisho locate`: where addresses are.

use std::io::{self, BufRead, Read as _};
use std::net::IpAddr;

use serde::Serialize;

use super::args::{GateFlags, LocateArgs};
use super::exit::Exit;
use super::talk::{Problem, Talk, escaped};
use super::view::AddressView;
use super::{atlas, flags};
use crate::geo::{CountryCode, Table};
use crate::spelling::reason;

/// The longest line of standard input, in bytes. *Guessed*: an address, and a comment.
const LONGEST_LINE: u64 = 4_096;

pub(super) fn run(args: LocateArgs, talk: &mut Talk) -> Result<Exit, Problem> {
    flags::listen(&args.talk);
    let config = flags::config_to_look_at(args.place, GateFlags::default())?;
    let table = atlas::open(&config)?;
    let mut answer = Answer {
        table: &table,
        json: args.json,
        bad: false,
    };
    for text in &args.addresses {
        if text == "-" {
            let mut stdin = io::stdin().lock();
            loop {
                let line = next_line(&mut stdin).map_err(|e| {
                    Problem::new(
                        Exit::Output,
                        &format!("cannot read ({})", reason(&e)),
                        "standard input",
                        "check where it comes from",
                    )
                })?;
                let Some(line) = line else { break };
                let line = line.trim_start_matches('\u{feff}').trim();
                if !line.is_empty() && !line.starts_with('#') {
                    answer.one(line, talk)?;
                }
            }
        } else {
            answer.one(text, talk)?;
        }
    }
    Ok(if answer.bad {
        Exit::NotACapture
    } else {
        Exit::Done
    })
}

/// The next line, if there is one. Of one that is too long, the begin with a mark behind it, which is no address.
fn next_line(from: &mut impl BufRead) -> io::Result<Option<String>> {
    // Bytes, not text: a line that is no text is a bad line, not the end.
    let mut line = Vec::new();
    from.take(LONGEST_LINE).read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Ok(None);
    }
    let is_cut = !line.ends_with(b"\n") && line.len() as u64 == LONGEST_LINE;
    let mut text = String::from_utf8_lossy(&line).into_owned();
    if is_cut {
        from.skip_until(b'\n')?;
        text.push('…');
    }
    Ok(Some(text))
}

struct Answer<'a> {
    table: &'a Table,
    json: bool,
    bad: bool,
}

impl Answer<'_> {
    /// Answers for one text, at once, so that a pipe sees it at once.
    fn one(&mut self, text: &str, talk: &mut Talk) -> Result<(), Problem> {
        match text.parse::<IpAddr>() {
            Ok(ip) => {
                let view = atlas::address(self.table, ip);
                talk.result(&if self.json { json(&view) } else { line(&view) })
            }
            Err(_) => {
                self.bad = true;
                talk.problem(&not_an_address(text));
                Ok(())
            }
        }
    }
}

/// The problem of a text that is no address.
pub(super) fn not_an_address(text: &str) -> Problem {
    let mut shown: String = text.chars().take(60).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    Problem::new(
        Exit::NotACapture,
        "not an address",
        &shown,
        "give IPv4 or IPv6 without port, prefix length or zone",
    )
}

#[derive(Serialize)]
struct Line<'a> {
    ip: IpAddr,
    place: &'a str,
    country: Option<&'a str>,
    reason: &'a str,
    rule: &'a str,
    sources: Vec<Says<'a>>,
}

#[derive(Serialize)]
struct Says<'a> {
    source: &'a str,
    country: Option<&'a str>,
}

fn json(view: &AddressView) -> String {
    let code = |country: &'_ Option<CountryCode>| country.map(|country| country.to_string());
    let says = view
        .sources
        .iter()
        .map(|(source, country)| (source, code(country)));
    let says: Vec<_> = says.collect();
    let country = code(&view.country);
    let line = Line {
        ip: view.ip,
        place: view.place(),
        country: country.as_deref(),
        reason: view.finding.id(),
        rule: &view.rule,
        sources: says
            .iter()
            .map(|(source, country)| Says {
                source,
                country: country.as_deref(),
            })
            .collect(),
    };
    // Plain texts always become JSON.
    serde_json::to_string(&line).unwrap_or_default() + "\n"
}

/// `address  place  country  why (section)`, aligned for addresses of usual length.
fn line(view: &AddressView) -> String {
    let country = view
        .country
        .map_or_else(|| "--".to_owned(), |country| country.to_string());
    format!(
        "{:<15}  {:<12}  {country}  {}: {} (rules {})\n",
        view.ip.to_string(),
        view.place(),
        view.finding.id(),
        escaped(&view.rule),
        view.section(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::Finding;

    fn view() -> AddressView {
        AddressView {
            ip: "203.0.113.9".parse().unwrap(),
            finding: Finding::Abroad,
            country: CountryCode::new("US"),
            rule: "a\u{1b}b.mmdb says abroad".to_owned(),
            range: (
                "203.0.113.0".parse().unwrap(),
                "203.0.113.255".parse().unwrap(),
            ),
            sources: vec![
                ("a\u{1b}b.mmdb".to_owned(), CountryCode::new("US")),
                ("embedded".to_owned(), None),
            ],
            inside: Vec::new(),
        }
    }

    #[test]
    fn a_line_says_what_decided() {
        assert_eq!(
            line(&view()),
            "203.0.113.9      foreign       US  abroad: a\\u{1b}b.mmdb says abroad (rules §3.1)\n"
        );
    }

    #[test]
    fn json_has_the_keys_of_the_contract() {
        assert_eq!(
            json(&view()),
            "{\"ip\":\"203.0.113.9\",\"place\":\"foreign\",\"country\":\"US\",\"reason\":\"abroad\",\
             \"rule\":\"a\\u001bb.mmdb says abroad\",\"sources\":[{\"source\":\"a\\u001bb.mmdb\",\"country\":\"US\"},\
             {\"source\":\"embedded\",\"country\":null}]}\n"
        );
        let martian = AddressView {
            finding: Finding::Martian,
            country: None,
            ..view()
        };
        assert!(
            json(&martian)
                .contains("\"place\":\"excluded\",\"country\":null,\"reason\":\"martian\"")
        );
    }

    #[test]
    fn a_line_that_is_cut_is_no_address() {
        let long = LONGEST_LINE as usize;
        for (blanks, is_cut) in [(long - 9, false), (long - 8, true), (3 * long, true)] {
            let text = format!("{}9.9.9.99\n8.8.8.8", " ".repeat(blanks));
            let mut from = text.as_bytes();
            let first = next_line(&mut from).unwrap().unwrap();
            assert_eq!(first.trim().parse::<IpAddr>().is_err(), is_cut, "{blanks}");
            let second = next_line(&mut from).unwrap();
            assert_eq!(second.as_deref(), Some("8.8.8.8"), "{blanks}");
            assert_eq!(next_line(&mut from).unwrap(), None);
        }
    }
}
