//! The page in both languages: well formed, whole, and with nothing in it that could act or tell too much.

use super::html::{Piece, exact, pieces, section, words};
use super::{PUBLISH, json, ledger, report};
use sekisho::fate::Reason;
use sekisho::ledger::Event;
use sekisho::report::{Language, Options, Report};

fn pages() -> Vec<(Language, String)> {
    let entries = ledger::week(7);
    let broken = Report::of(&entries, &ledger::broken(&entries), &Options::default());
    let mut out = Vec::new();
    for report in [
        report(&entries, &Options::default()),
        report(&entries, &PUBLISH),
        broken,
    ] {
        for language in Language::ALL {
            out.push((language, report.to_html(language).unwrap()));
        }
    }
    out
}

#[test]
fn a_page_is_well_formed_and_refers_to_nothing_outside() {
    for (language, page) in pages() {
        assert!(page.contains(&format!("<html lang=\"{}\">", language.tag())));
        assert!(page.contains("content=\"default-src 'none'; style-src 'unsafe-inline'\""));
        let mut ids: Vec<String> = Vec::new();
        let mut links: Vec<String> = Vec::new();
        for piece in pieces(&page) {
            let Piece::Open(name, attributes) = piece else {
                continue;
            };
            assert!(
                ![
                    "script", "img", "link", "iframe", "object", "embed", "base", "form"
                ]
                .contains(&name),
                "{name}"
            );
            for part in attributes
                .split('"')
                .step_by(2)
                .map(|name| name.trim().trim_end_matches('='))
            {
                assert!(
                    !part.starts_with("on") && !["src", "style", "xlink:href"].contains(&part),
                    "{part}"
                );
            }
            let value = |of: &str| {
                Some(
                    attributes
                        .split_once(&format!("{of}=\""))?
                        .1
                        .split('"')
                        .next()?
                        .to_owned(),
                )
            };
            ids.extend(value("id").filter(|id| id != "hatch"));
            links.extend(value("href"));
        }
        assert!(!page.contains("http:") && !page.contains("https:") && !page.contains("@import"));
        assert_eq!(page.matches("url(").count(), 1, "the hatching's own");
        assert!(links.len() > 10);
        for link in links {
            assert!(ids.iter().any(|id| link == format!("#{id}")), "{link}");
        }
        ids.sort();
        let count = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }
}

#[test]
fn whether_it_holds_comes_first() {
    for (language, page) in pages() {
        let verdict = page.find("class=\"headline\"").unwrap();
        assert!(verdict < page.find("<table").unwrap());
        assert!(verdict < page.find("<nav").unwrap());
        let is_broken = page.contains("class=\"verdict bad\"");
        let headline = match (language, is_broken) {
            (Language::English, false) => "The ledger holds: nothing wrong was found",
            (Language::English, true) => "The ledger does NOT hold",
            (Language::Japanese, false) => "台帳は整合している（異常なし）",
            (Language::Japanese, true) => "台帳は整合していない",
        };
        assert!(page.contains(&format!("<p class=\"headline\">{headline}</p>")));
        if is_broken {
            assert!(page.contains("the hash of the entry is not the one in the tree"));
        }
    }
}

#[test]
fn both_languages_have_the_same_figures_and_each_is_whole() {
    let all = pages();
    for pair in all.chunks(2) {
        assert_eq!(exact(&pair[0].1), exact(&pair[1].1));
        assert!(exact(&pair[0].1).len() > 300);
    }
    let is_japanese = |c: char| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}');
    // Names of this program, of units, of protocols, and what operators wrote.
    let known = [
        "sekisho",
        "UTC",
        "SHA",
        "IPv",
        "TCP",
        "UDP",
        "ICMP",
        "SYN",
        "ACK",
        "JSON",
        "KiB",
        "MiB",
        "GiB",
        "TiB",
        "ppm",
        "jsonl",
        "zst",
        "tokyo",
        "enp",
        "embedded",
        "delegated",
        "apnic",
        "extended",
        "latest",
        "tor",
        "geoip",
        "statutory",
        "standard",
        "Example",
        "authority",
        "Trial",
        "operation",
        "exchange",
        "mirror",
        "port",
        "the",
        "checkpoint",
        "last",
        "entries",
        "fewer",
        "there",
        "are",
        "than",
        "hash",
        "entry",
        "not",
        "one",
        "tree",
    ];
    for (language, page) in &all {
        let text = words(page);
        match language {
            Language::English => {
                let strange: String = text.chars().filter(|c| is_japanese(*c)).collect();
                assert_eq!(strange, "関所");
            }
            Language::Japanese => {
                assert!(text.chars().filter(|c| is_japanese(*c)).count() > 2_000);
                for word in text
                    .split(|c: char| !c.is_ascii_alphabetic())
                    // Digests are shortened somewhere.
                    .filter(|word| word.len() > 2 && !word.bytes().all(|c| c.is_ascii_hexdigit()))
                {
                    assert!(known.contains(&word), "{word}");
                }
            }
        }
    }
    // Every reason is explained.
    for (language, page) in &all {
        for reason in Reason::ALL {
            assert!(section(page, "glossary").contains(reason.id()));
            if *language == Language::Japanese {
                assert!(section(page, "glossary").contains(reason.japanese()));
            }
        }
    }
}

#[test]
fn the_page_shows_the_figures_of_the_json() {
    let report = report(&ledger::week(8), &Options::default());
    let (page, json) = (report.to_html(Language::English).unwrap(), json(&report));
    let whole = |id: &str| format!("<!DOCTYPE html>\n{}</section>", section(&page, id));
    let figure = |value: &serde_json::Value| {
        ["packets", "bytes"].map(|field| value[field].as_u64().unwrap())
    };
    let mut expected = Vec::new();
    for part in json["sum"]["by_class"].as_array().unwrap() {
        expected.extend(figure(part));
    }
    expected.extend(figure(&json["sum"]["kept"]));
    for part in json["sum"]["by_reason"].as_array().unwrap() {
        if part["packets"] != 0 {
            expected.extend(figure(part));
        }
    }
    expected.extend(figure(&json["sum"]["excluded"]));
    expected.extend(figure(&json["sum"]["seen"]));
    assert_eq!(exact(&whole("sum")), expected);
    let mut expected = Vec::new();
    for bucket in json["timeline"]["buckets"].as_array().unwrap() {
        for side in ["seen", "kept", "excluded"] {
            expected.push(bucket[side]["packets"].as_u64().unwrap());
        }
        let classes = bucket["by_class"].as_array().unwrap();
        for class in json["sum"]["by_class"].as_array().unwrap() {
            let found = classes.iter().find(|part| part["id"] == class["id"]);
            expected.push(found.map_or(0, |part| part["packets"].as_u64().unwrap()));
        }
    }
    assert_eq!(exact(&whole("time")), expected);
    // What is shown is what the exact numbers are, in groups.
    for piece in page.split("<data value=\"").skip(1) {
        let (value, rest) = piece.split_once("\">").unwrap();
        let shown = rest.split('<').next().unwrap();
        let digits: String = shown.chars().filter(char::is_ascii_digit).collect();
        if shown.chars().all(|c| c.is_ascii_digit() || c == '\u{202f}') {
            assert_eq!(digits, value);
        }
    }
}

#[test]
fn names_from_outside_can_do_nothing() {
    let hostile = [
        "</script><img src=x onerror=alert(1)>",
        "\u{1b}[2J\u{9b}31m",
        "=cmd|' /C calc'!A0",
        "\"><svg onload=x>&amp;{{7*7}}",
        "a\u{202e}gnp\u{200b}\u{202f}\n\r",
    ];
    for name in hostile {
        let mut entries = ledger::quiet(9, 6, 2_000);
        for entry in &mut entries {
            match &mut entry.event {
                Event::Start(start) => {
                    start.sensor = name.to_owned();
                    start.version = name.to_owned();
                    start.interfaces = vec![name.to_owned()];
                }
                Event::Configured(configured) => configured.sha256 = name.to_owned(),
                Event::Policy(policy) => policy.classes = vec![name.to_owned()],
                Event::Authority(authority) => {
                    authority.standing = sekisho::ledger::Standing::InForce;
                    authority.id = name.to_owned();
                    authority.authority = Some(name.to_owned());
                    authority.purpose = Some(name.to_owned());
                    authority.classes = vec![name.to_owned()];
                    authority.interfaces = vec![name.to_owned()];
                    authority.sha256 = Some(name.to_owned());
                    authority.keys = vec![name.to_owned()];
                }
                Event::Geo(geo) => {
                    geo.sha256 = name.to_owned();
                    geo.home = vec![name.to_owned()];
                    geo.lists[0].list = name.to_owned();
                    geo.lists[0].sha256 = name.to_owned();
                    let source = &mut geo.sources[0];
                    source.name = name.to_owned();
                    source.source = name.to_owned();
                    source.date = Some(name.to_owned());
                    source.sha256 = name.to_owned();
                }
                Event::Gap(gap) => gap.interface = Some(name.to_owned()),
                Event::Export(export) => export.format = name.to_owned(),
                _ => {}
            }
        }
        let mut verification = ledger::broken(&entries);
        verification.origin = name.to_owned();
        verification.key = name.to_owned();
        verification.root = name.to_owned();
        verification.findings[0].what = name.to_owned();
        let report = Report::of(&entries, &verification, &Options::default());
        for language in Language::ALL {
            let page = report.to_html(language).unwrap();
            for piece in pieces(&page) {
                if let Piece::Open(tag, attributes) = piece {
                    assert!(!["script", "img"].contains(&tag));
                    assert!(!attributes.contains("onerror") && !attributes.contains("onload"));
                }
            }
            assert!(!page.contains(|c: char| c.is_control() && c != '\n'));
            assert!(!page.contains(['\u{202e}', '\u{200b}']));
            assert_eq!(page.contains("\\u{1b}[2J"), name.contains('\u{1b}'));
        }
        // The JSON is one that a reader takes, and holds the names as they are.
        assert_eq!(json(&report)["sensor"]["names"]["shown"][0], name);
    }
}

#[test]
fn there_is_no_address_and_no_port() {
    let is_ipv4 = |token: &str| {
        let parts: Vec<&str> = token.trim_matches('.').split('.').collect();
        parts.len() == 4 && parts.iter().all(|part| part.parse::<u8>().is_ok())
    };
    // A time of day has two colons at most.
    let is_ipv6 = |token: &str| token.matches(':').count() > 2 || token.contains("::");
    let entries = ledger::week(10);
    for options in [Options::default(), PUBLISH] {
        let report = report(&entries, &options);
        let mut texts = vec![report.to_json().unwrap()];
        texts.extend(Language::ALL.map(|language| report.to_html(language).unwrap()));
        for text in texts {
            // Style sheets have colons; nothing in them is data.
            let data = text.split("</style>").last().unwrap();
            for token in data.split(|c: char| !(c.is_ascii_digit() || c == '.')) {
                assert!(!is_ipv4(token), "{token}");
            }
            for token in data.split(|c: char| !(c.is_ascii_hexdigit() || c == ':')) {
                assert!(!is_ipv6(token), "{token}");
            }
            for word in ["\"ip_", "src_", "dst_", "_port", "prefix\""] {
                assert!(!data.contains(word), "{word}");
            }
        }
    }
}

#[test]
fn the_same_ledger_gives_the_same_bytes() {
    let of = |seed| {
        let report = report(&ledger::week(seed), &Options::default());
        (
            report.to_json().unwrap(),
            report.to_html(Language::Japanese).unwrap(),
        )
    };
    assert_eq!(of(11), of(11));
    assert_ne!(of(11).0, of(12).0);
}
