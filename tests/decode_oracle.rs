//! Decodes every frame of the shared corpus and compares with the packet oracle: an independent
//! parser in plain Python, written from the RFCs. Without the corpus beside the checkout, or without
//! Python, there is nothing to compare and the test passes.

#![allow(
    clippy::unwrap_used,
    reason = "a line that cannot be read is a failed test"
)]

use sekisho::decode::{Fragment, Header, Headers, IpVersion, SidePair, Stop, Transport, decode};
use sekisho::source::{Frame, LinkType};
use sekisho::time::Timestamp;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

#[test]
fn every_frame_of_the_corpus_is_decoded_as_the_oracle_does() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = root.join("../shared/corpus");
    let mut captures = Vec::new();
    for set in ["derived", "fuzz", "real", "relocated"] {
        files(&corpus.join("captures").join(set), &mut captures);
    }
    captures.sort();
    if captures.is_empty() {
        return;
    }
    let Ok(mut child) = Command::new("python3")
        .arg(root.join("tests/decode_oracle.py"))
        .arg(&corpus)
        .args(&captures)
        .stdout(Stdio::piped())
        .spawn()
    else {
        return;
    };
    let mut compared = 0_u64;
    let mut differences: BTreeMap<String, (u64, String)> = BTreeMap::new();
    let mut choices: BTreeMap<String, u64> = BTreeMap::new();
    let mut headers = Headers::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let answer = Answer::parse(&line.unwrap());
        compared += 1;
        match compare(&answer, &mut headers) {
            Verdict::Same => {}
            Verdict::Choice(why) => *choices.entry(why).or_default() += 1,
            Verdict::Differs(what) => {
                let place = format!("{}:{} {}", answer.file, answer.number, answer.path);
                let entry = differences.entry(what).or_insert((0, place));
                entry.0 += 1;
            }
        }
    }
    assert!(child.wait().unwrap().success(), "the oracle failed");
    let differ: u64 = differences.values().map(|(count, _)| count).sum();
    println!("{compared} packets compared, {differ} differ");
    for (why, count) in &choices {
        println!("  {count} by choice: {why}");
    }
    for (what, (count, place)) in &differences {
        println!("  {count} differ: {what}, first {place}");
    }
    assert_eq!(differ, 0);
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// What the oracle says of a frame, and the frame.
struct Answer {
    file: String,
    number: u64,
    link: u32,
    wire_len: u32,
    bytes: Vec<u8>,
    error: bool,
    either: bool,
    path: String,
    layers: Vec<Vec<String>>,
}

impl Answer {
    fn parse(line: &str) -> Self {
        let fields: Vec<&str> = line.split('\t').collect();
        let hex = fields[4].as_bytes();
        let digit = |byte: u8| (byte as char).to_digit(16).unwrap() as u8;
        Self {
            file: fields[0].to_owned(),
            number: fields[1].parse().unwrap(),
            link: fields[2].parse().unwrap(),
            wire_len: fields[3].parse().unwrap(),
            bytes: hex
                .chunks(2)
                .map(|two| digit(two[0]) << 4 | digit(two[1]))
                .collect(),
            error: fields[5] == "1",
            either: fields[6] == "1",
            path: fields[7].to_owned(),
            layers: fields[8..]
                .iter()
                .map(|layer| layer.split(',').map(str::to_owned).collect())
                .collect(),
        }
    }
}

enum Verdict {
    Same,
    Choice(String),
    Differs(String),
}

fn compare(answer: &Answer, headers: &mut Headers) -> Verdict {
    let frame = Frame {
        seen: Timestamp::ZERO,
        wire_len: answer.wire_len,
        link: LinkType(answer.link),
        bytes: &answer.bytes,
    };
    let decoded = decode(&frame, headers);
    if decoded.is_err() && answer.layers.is_empty() {
        return Verdict::Same;
    }
    let differs = |what: &str, ours: String, theirs: String| {
        Verdict::Differs(format!("{what}: {ours}, oracle {theirs}"))
    };
    let ours = headers.layers();
    // The oracle goes on below the fourth layer; rules §4 excludes what has a fifth.
    let theirs = &answer.layers[..answer.layers.len().min(4)];
    // The header inside a PIM null register (RFC 7761 §4.9.3) has addresses like any other.
    let carries_register = theirs.last().is_some_and(|layer| layer[3] == "103");
    if carries_register && ours.len() == theirs.len() + 1 {
        return Verdict::Choice("the header in a PIM register judged".to_owned());
    }
    if ours.len() != theirs.len() {
        let stop = format!("{} {:?}", ours.len(), headers.stop());
        return differs("layers", stop, theirs.len().to_string());
    }
    for (ours, theirs) in ours.iter().zip(theirs) {
        let ours = [
            if ours.pair.version == IpVersion::V4 {
                "4"
            } else {
                "6"
            }
            .to_owned(),
            format!("{:x}", ours.pair.src),
            format!("{:x}", ours.pair.dst),
            ours.protocol.to_string(),
            ours.ip_len.to_string(),
            match ours.fragment {
                Fragment::Whole => "whole -".to_owned(),
                Fragment::First { id, .. } => format!("first {id}"),
                Fragment::Later { id, .. } => format!("later {id}"),
            },
        ];
        let theirs = [
            theirs[0].clone(),
            theirs[1].clone(),
            theirs[2].clone(),
            theirs[3].clone(),
            theirs[6].clone(),
            format!("{} {}", theirs[7], theirs[8]),
        ];
        if ours != theirs {
            return differs("layer", format!("{ours:?}"), format!("{theirs:?}"));
        }
    }
    if let (Some(theirs), true) = (answer.layers.last(), answer.layers.len() <= 4) {
        let transport = headers.transport();
        let if_has = |bit: u8, text: String| {
            if transport.has & bit == 0 {
                "-".to_owned()
            } else {
                text
            }
        };
        let ours = [
            transport.src_port.to_string(),
            transport.dst_port.to_string(),
            if_has(Transport::TCP_FLAGS, transport.tcp_flags.to_string()),
            if_has(
                Transport::ICMP,
                format!("{}.{}", transport.icmp_type, transport.icmp_code),
            ),
        ];
        let theirs = [&theirs[4], &theirs[5], &theirs[9], &theirs[10]].map(String::clone);
        if ours != theirs {
            return differs("transport", format!("{ours:?}"), format!("{theirs:?}"));
        }
    }
    let quoted = |kind: SidePair| {
        let mut pairs: Vec<String> = headers
            .side_pairs()
            .iter()
            .filter(|(_, of)| *of == kind)
            .map(|(pair, _)| format!("{:x}.{:x}", pair.src, pair.dst))
            .collect();
        pairs.sort();
        pairs
    };
    let mut theirs: Vec<String> = answer.layers.iter().map(|l| l[11].clone()).collect();
    theirs.retain(|pair| pair != "-");
    theirs.sort();
    let mut quotes = quoted(SidePair::Quoted);
    quotes.retain(|pair| !theirs.contains(pair));
    // The packet inside a LISP control message (RFC 9301 §5.8) asks for somebody: judged as a quote is.
    let asks = headers.transport().dst_port == 4342;
    if asks && !quotes.is_empty() && theirs.is_empty() {
        return Verdict::Choice("the packet in a LISP message judged".to_owned());
    }
    if quoted(SidePair::Quoted) != theirs {
        return differs(
            "quoted",
            format!("{:?}", quoted(SidePair::Quoted)),
            format!("{theirs:?}"),
        );
    }
    let routed = quoted(SidePair::Routed);
    let mut more = routed.len();
    for layer in theirs_final(answer) {
        if !routed.contains(&layer) {
            return differs("routed", format!("{routed:?}"), layer);
        }
        more -= 1;
    }
    let excludes = match headers.stop() {
        Stop::Truncated(_)
        | Stop::Malformed(_)
        | Stop::TooManyLayers
        | Stop::TooManyExtensions
        | Stop::NotDecoded(_) => true,
        Stop::Transport
        | Stop::LaterFragment
        | Stop::Opaque
        | Stop::NotIp(_)
        | Stop::UnsupportedLink => false,
    };
    let oracle_excludes = answer.error || answer.layers.len() > 4;
    match (excludes == oracle_excludes, answer.either) {
        (true, _) if more > 0 => Verdict::Choice(format!("{more} more routed addresses judged")),
        (true, _) => Verdict::Same,
        // Where verdict.py accepts either answer, rules §4 decides: what carries IP by design and is not
        // decoded (IPComp, L2TPv3 data, unknown GRE or Geneve types, compressed PPP), a ninth extension
        // header, and an extension header or AH that the capture cut off, behind which IP may lie.
        (false, true)
            if matches!(
                headers.stop(),
                Stop::NotDecoded(_) | Stop::TooManyExtensions | Stop::Truncated(_)
            ) =>
        {
            Verdict::Choice(format!("rules §4 excludes {:?}", headers.stop()))
        }
        // The oracle judges a tunnel whose own header the capture cut off by its outer pair alone;
        // rules §4 excludes what is cut before the addresses.
        (false, false)
            if matches!(
                headers.stop(),
                Stop::Truncated(
                    Header::Vxlan
                        | Header::Geneve
                        | Header::Gtpu
                        | Header::Teredo
                        | Header::L2tp
                        | Header::Other
                )
            ) =>
        {
            Verdict::Choice(format!("rules §4 excludes {:?}", headers.stop()))
        }
        (false, either) => differs(
            "excluded",
            format!("{excludes} {:?}", headers.stop()),
            format!("{oracle_excludes} (either {either})"),
        ),
    }
}

fn theirs_final(answer: &Answer) -> impl Iterator<Item = String> {
    answer
        .layers
        .iter()
        .filter(|layer| layer[12] != "-")
        .map(|layer| format!("{}.{}", layer[1], layer[12]))
}
