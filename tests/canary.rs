//! No output of a run contains anything of an excluded packet, in any form; nor payload, MACs or
//! quoted addresses of an admitted one.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop where it is"
)]

mod common;

use common::Sandbox;
use common::search::{Needles, base64};
use sekisho::demo::OwnedFrame;
use sekisho::demo::capture::pcapng_image;
use sekisho::demo::encap::Wrap;
use sekisho::demo::extensions::{fragments, home_address, options_header, routing, source_route};
use sekisho::demo::link::{Link, MACS};
use sekisho::demo::packet::{Ends, Ip, Pdu, Tcp, flags, icmp_error, ip, tcp, udp};
use sekisho::demo::places::{Place, v4, v6};
use sekisho::demo::rng::Rng;
use sekisho::time::Timestamp;
use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use Place::{Abroad, Home, Private, Unlocated};

/// Builds the capture and remembers what must not come out of it, and what must.
struct Planter {
    rng: Rng,
    frames: Vec<OwnedFrame>,
    secrets: Needles,
    witnesses: Vec<IpAddr>,
    used: HashSet<[u8; 3]>,
    next_port: u16,
    admitted: bool,
}

impl Planter {
    fn new(seed: u64) -> Self {
        Self {
            rng: Rng::new(seed),
            frames: Vec::new(),
            secrets: Needles::default(),
            witnesses: Vec::new(),
            used: HashSet::new(),
            next_port: 20_011,
            admitted: false,
        }
    }

    /// An address that nothing else here has, nor its /24; its first byte is never a letter.
    fn fresh_v4(&mut self, place: Place) -> Ipv4Addr {
        loop {
            let address = v4(place, &mut self.rng);
            let [a, b, c, d] = address.octets();
            let tellable = place == Private || a > 127 && d > 9;
            if tellable && self.used.insert([a, b, c]) {
                return address;
            }
        }
    }

    fn fresh(&mut self, place: Place, is_v6: bool) -> IpAddr {
        if is_v6 {
            IpAddr::V6(v6(place, &mut self.rng))
        } else {
            IpAddr::V4(self.fresh_v4(place))
        }
    }

    fn ends(&mut self, is_v6: bool, src: Place, dst: Place) -> Ends {
        Ends::new(self.fresh(src, is_v6), self.fresh(dst, is_v6))
    }

    fn hide(&mut self, what: &str, ends: Ends) {
        self.secrets.address(what, ends.src);
        self.secrets.address(what, ends.dst);
    }

    /// A five-digit port of its own. Steps of an odd prime keep them from looking like sums.
    fn port(&mut self) -> u16 {
        self.next_port += 23;
        self.next_port
    }

    /// A marked segment or datagram of this pair; ports of excluded packets are secrets, payload is
    /// always one.
    fn body(&mut self, what: &str, ends: Ends) -> Pdu {
        let (src_port, dst_port) = (self.port(), self.port());
        let mark = format!("KANARI-{:016x}-{:016x}", self.rng.next(), self.rng.next());
        self.secrets.payload(what, mark.as_bytes());
        if !self.admitted {
            self.secrets.port(what, src_port);
            self.secrets.port(what, dst_port);
        }
        if self.rng.percent(50) {
            udp(ends, src_port, dst_port, mark.as_bytes())
        } else {
            let fields = Tcp {
                src_port,
                dst_port,
                seq: 1,
                ack: 0,
                flags: flags::SYN,
            };
            tcp(ends, fields, mark.as_bytes())
        }
    }

    fn macs(&mut self, what: &str) -> [u8; 12] {
        let mut macs = [0; 12];
        self.rng.fill(&mut macs);
        for first in [0, 6] {
            // Locally administered, of one station; no byte that could be a letter's.
            macs[first] = 0x02;
            macs[first + 1] |= 0x80;
            macs[first + 3] |= 0x80;
            let [a, b, c, d, e, f] = [0, 1, 2, 3, 4, 5].map(|index| macs[first + index]);
            self.secrets.mac(what, [a, b, c, d, e, f]);
        }
        macs
    }

    fn send(&mut self, link: Link, what: &str, packet: Pdu) {
        let macs = self.macs(what);
        let (link, bytes) = link.frame(macs, packet);
        let nanos = 1_793_523_600_000_000_000 + self.frames.len() as u64 * 7_000_000;
        self.frames
            .push(OwnedFrame::whole(Timestamp::from_nanos(nanos), link, bytes));
    }

    /// A packet within home on this link, and one that may pass.
    fn on_link(&mut self, link: Link, is_v6: bool) {
        let what = &format!("{link:?} v6={is_v6}");
        for (src, dst) in [(Home, Home), (Home, Unlocated), (Private, Home)] {
            let ends = self.ends(is_v6, src, dst);
            self.hide(what, ends);
            let body = self.body(what, ends);
            self.send(link, what, ip(ends, body));
        }
        self.witness(what, is_v6, |_, packet| packet, link);
    }

    /// An admitted packet whose innermost addresses must be found.
    fn witness(
        &mut self,
        what: &str,
        is_v6: bool,
        wrap: impl Fn(&mut Self, Pdu) -> Pdu,
        link: Link,
    ) {
        self.admitted = true;
        let ends = self.ends(is_v6, Abroad, Home);
        self.witnesses.extend([ends.src, ends.dst]);
        let body = self.body(what, ends);
        let packet = wrap(self, ip(ends, body));
        self.send(link, what, packet);
        self.admitted = false;
    }

    /// The pair within home inside, outside, and both; and a tunnel that may pass.
    fn in_tunnel(&mut self, wrap: Wrap, outer_v6: bool, inner_v6: bool) {
        let inner_v6 = inner_v6 || matches!(wrap, Wrap::Teredo | Wrap::TeredoIndicated);
        let what = &format!("{wrap:?} {outer_v6} {inner_v6}");
        for (outer, inner) in [
            ([Abroad, Abroad], [Home, Home]),
            ([Home, Abroad], [Home, Private]),
            ([Home, Home], [Home, Abroad]),
            ([Home, Home], [Home, Home]),
        ] {
            if !wrap.is_transparent() && outer != [Home, Home] {
                continue;
            }
            let outer = self.ends(outer_v6, outer[0], outer[1]);
            let inner = self.ends(inner_v6, inner[0], inner[1]);
            self.hide(what, outer);
            self.hide(what, inner);
            let body = self.body(what, inner);
            let macs = self.macs(what);
            let packet = wrap.wrap(outer, macs, ip(inner, body), &mut self.rng);
            self.send(Link::Ethernet, what, packet);
        }
        if wrap.is_transparent() {
            let around = |planter: &mut Self, packet| {
                let outer = planter.ends(outer_v6, Abroad, Abroad);
                wrap.wrap(outer, MACS, packet, &mut planter.rng)
            };
            self.witness(what, inner_v6, around, Link::Ethernet);
        }
    }

    /// Errors that quote a pair within home, and admitted errors, whose quote is still a secret.
    fn quoted(&mut self, is_v6: bool) {
        let what = &format!("quote v6={is_v6}");
        for other in [Home, Private] {
            let quoted = self.ends(is_v6, Home, other);
            let reporter = self.fresh(Abroad, is_v6);
            let back = Ends::new(reporter, quoted.src);
            self.hide(what, quoted);
            self.secrets.address(what, reporter);
            let body = self.body(what, quoted);
            let kind = if is_v6 { 3 } else { 11 };
            self.send(
                Link::Ethernet,
                what,
                ip(back, icmp_error(back, kind, 0, &ip(quoted, body))),
            );
        }
        let quoted = self.ends(is_v6, Home, Abroad);
        let back = Ends::new(self.fresh(Abroad, is_v6), quoted.src);
        self.witnesses.extend([back.src, back.dst]);
        self.secrets
            .address("quoted by an admitted error", quoted.dst);
        let body = self.body(what, quoted);
        let kind = if is_v6 { 1 } else { 3 };
        self.send(
            Link::Ethernet,
            what,
            ip(back, icmp_error(back, kind, 3, &ip(quoted, body))),
        );
    }

    /// Fragments within home: with the first, and later ones alone.
    fn in_parts(&mut self, is_v6: bool) {
        let what = &format!("fragments v6={is_v6}");
        for skipped in [0, 1] {
            let ends = self.ends(is_v6, Home, Home);
            self.hide(what, ends);
            let body = self.body(what, ends);
            let id = self.rng.next() as u32;
            for part in fragments(ends, id, &body, 24).into_iter().skip(skipped) {
                self.send(Link::Ethernet, what, part);
            }
        }
        self.admitted = true;
        let ends = self.ends(is_v6, Home, Abroad);
        self.witnesses.extend([ends.src, ends.dst]);
        let body = self.body(what, ends);
        for part in fragments(ends, 5, &body, 24) {
            self.send(Link::Ethernet, what, part);
        }
        self.admitted = false;
    }

    /// IPv4 addresses of home inside IPv6 ones; either spelling is a secret.
    fn embedded(&mut self) {
        for form in 0..5 {
            let what = &format!("embedded {form}");
            let inside = self.fresh_v4(Home);
            let number = u128::from(u32::from(inside));
            let server = u128::from(u32::from(self.fresh_v4(Home)));
            let address = Ipv6Addr::from(match form {
                0 => 0x2002_u128 << 112 | number << 80 | 0xbeef,
                1 => 0x64_ff9b_u128 << 96 | number,
                2 => 0xffff_u128 << 32 | number,
                3 => 0x2001_u128 << 112 | server << 64 | (!number & 0xffff_ffff),
                _ => number,
            });
            let ends = Ends::new(address, self.fresh(Home, true));
            self.secrets.address(what, IpAddr::V4(inside));
            self.hide(what, ends);
            let body = self.body(what, ends);
            self.send(Link::Ethernet, what, ip(ends, body));
        }
    }

    /// Ways of home beside the header's own pair: routing headers, home addresses, source routes.
    fn routed(&mut self) {
        for form in 0..4 {
            let what = &format!("routed {form}");
            let ends = if form == 3 {
                self.ends(true, Abroad, Home)
            } else {
                self.ends(true, Home, Abroad)
            };
            let goal = v6(Home, &mut self.rng);
            self.hide(what, ends);
            self.secrets.address(what, IpAddr::V6(goal));
            let body = self.body(what, ends);
            let packet = match form {
                0 => routing(0, 1, &[goal], body),
                1 => routing(2, 1, &[goal], body),
                2 => routing(4, 1, &[goal], body),
                _ => home_address(goal, body),
            };
            self.send(
                Link::Ethernet,
                what,
                ip(ends, options_header(60, &[], packet)),
            );
        }
        let what = "source route";
        let (ends, goal) = (self.ends(false, Home, Abroad), self.fresh_v4(Home));
        self.hide(what, ends);
        self.secrets.address(what, IpAddr::V4(goal));
        let body = self.body(what, ends);
        let packet = Ip::new(ends)
            .options(&source_route(131, &[goal], 0))
            .carry(body);
        self.send(Link::Ethernet, what, packet);
    }

    /// Frames that end anywhere, and frames that lie about themselves.
    fn damaged(&mut self) {
        for is_v6 in [false, true] {
            let what = &format!("damaged v6={is_v6}");
            for kept in (12..70).step_by(3) {
                let ends = self.ends(is_v6, Home, Home);
                self.hide(what, ends);
                let body = self.body(what, ends);
                self.send(Link::Ethernet, what, ip(ends, body));
                if let Some(last) = self.frames.pop() {
                    self.frames.push(last.cut(kept));
                }
            }
            // Not in the addresses: a changed one would be nobody's secret.
            for at in [14, 16, 17, 18, 20, 21] {
                let ends = self.ends(is_v6, Home, Home);
                self.hide(what, ends);
                let body = self.body(what, ends);
                self.send(Link::Ethernet, what, ip(ends, body));
                if let Some(last) = self.frames.last_mut() {
                    last.bytes[at] ^= 0x5f;
                }
            }
        }
    }
}

fn plant(seed: u64) -> Planter {
    let mut planter = Planter::new(seed);
    for is_v6 in [false, true] {
        for link in Link::ALL {
            planter.on_link(link, is_v6);
        }
        for wrap in Wrap::ALL {
            for inner_v6 in [false, true] {
                planter.in_tunnel(wrap, is_v6, inner_v6);
            }
        }
        planter.quoted(is_v6);
        planter.in_parts(is_v6);
    }
    planter.embedded();
    planter.routed();
    planter.damaged();
    planter
}

/// Looks through everything that a run left.
fn leaks(planter: &Planter, sandbox: &Sandbox, streams: &[(&str, &[u8])]) -> Vec<String> {
    let mut found = Vec::new();
    let mut look = |place: &str, bytes: &[u8]| {
        found.extend(
            planter
                .secrets
                .find(bytes)
                .iter()
                .map(|what| format!("{place}: {what}")),
        );
    };
    for (name, bytes) in streams {
        look(name, bytes);
    }
    for (path, bytes) in sandbox.leavings() {
        let name = path.file_name().unwrap().to_string_lossy();
        look(&name, name.as_bytes());
        look(&name, &bytes);
    }
    found
}

#[test]
fn nothing_of_an_excluded_packet_is_in_any_output() {
    let planter = plant(45);
    let sandbox = Sandbox::new();
    let capture = sandbox.put("canary.pcapng", &pcapng_image(&planter.frames));
    let capture = capture.to_str().unwrap();
    let profiles = [
        "zeek-conn",
        "zeek-conn-json",
        "ecs",
        "ocsf-4001",
        "eve-flow",
    ];
    for format in ["jsonl", "csv", "ipfix", "ipfix-uniflow"]
        .into_iter()
        .chain(profiles)
    {
        for output in ["-", "records"] {
            for lanes in ["1", "3"] {
                // One way of writing text is enough for these.
                if profiles.contains(&format) && (output, lanes) != ("records", "3") {
                    continue;
                }
                sandbox.clear();
                let arguments = [
                    "replay",
                    capture,
                    "-o",
                    output,
                    "--format",
                    format,
                    "--summary",
                    "summary.json",
                    "--progress",
                    "never",
                    "--lanes",
                    lanes,
                    "--community-id",
                    "-vvvv",
                ];
                let is_binary = format.starts_with("ipfix");
                let run = sandbox.run(&arguments, None).expect_code(0);
                let streams = [("stdout", &run.stdout[..]), ("stderr", &run.stderr[..])];
                let leaks = leaks(&planter, &sandbox, &streams);
                assert!(leaks.is_empty(), "{arguments:?} let out: {leaks:#?}");
                let records = if output == "-" {
                    run.stdout
                } else {
                    sandbox.read(output)
                };
                for address in &planter.witnesses {
                    let written = match address {
                        IpAddr::V4(address) if is_binary => address.octets().to_vec(),
                        IpAddr::V6(address) if is_binary => address.octets().to_vec(),
                        address => address.to_string().into_bytes(),
                    };
                    assert!(holds(&records, &written), "{arguments:?}: no {address}");
                }
            }
        }
    }
}

/// Beside the records of one run: its parts, what joins them, its ledger, and what people are shown of that.
#[test]
fn row_45_nothing_of_an_excluded_packet_is_in_shards_ledgers_or_reports() {
    let planter = plant(45);
    let sandbox = Sandbox::new();
    let capture = sandbox.put("canary.pcapng", &pcapng_image(&planter.frames));
    let capture = capture.to_str().unwrap();
    let first = ["replay", capture, "--shard", "1/2", "-o", "1.shard"];
    let second = ["replay", capture, "--shard", "2/2", "-o", "2.shard"];
    let books = ["replay", capture, "-o", "r.jsonl", "--ledger", "books"];
    let merge = [
        "merge", "m.jsonl", "1.shard", "2.shard", "--ledger", "merged",
    ];
    let verify = ["verify", "books", "--records", "r.jsonl", "--json"];
    let html = ["report", "books", "-o", "r.html", "--lang", "ja"];
    let json = ["report", "books", "--json", "r.json"];
    let runs: [&[&str]; 7] = [&first, &second, &books, &merge, &verify, &html, &json];
    for arguments in runs {
        let mut arguments = arguments.to_vec();
        if matches!(arguments[0], "replay" | "merge") {
            arguments.push("-vvvv");
        }
        let run = sandbox.run(&arguments, None).expect_code(0);
        let streams = [("stdout", &run.stdout[..]), ("stderr", &run.stderr[..])];
        let leaks = leaks(&planter, &sandbox, &streams);
        assert!(leaks.is_empty(), "{arguments:?} let out: {leaks:#?}");
    }
    assert_eq!(sandbox.read("m.jsonl"), sandbox.read("r.jsonl"));
    // The search sees into a shard: what may be there is.
    let shards = [sandbox.read("1.shard"), sandbox.read("2.shard")].concat();
    let is_there = |address: &&IpAddr| {
        // Of IPv6 the upper half: a shard has the last 32 bits of an address elsewhere.
        let bytes = match address {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets()[..8].to_vec(),
        };
        let reversed: Vec<u8> = bytes.iter().rev().copied().collect();
        holds(&shards, &bytes) || holds(&shards, &reversed)
    };
    let missing: Vec<_> = planter.witnesses.iter().filter(|w| !is_there(w)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Parquet packs what it holds: the search is of its rows and of what it says of itself.
#[test]
#[cfg(feature = "parquet")]
fn row_45_nothing_of_an_excluded_packet_is_in_parquet() {
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    let planter = plant(45);
    let sandbox = Sandbox::new();
    let capture = sandbox.put("canary.pcapng", &pcapng_image(&planter.frames));
    let arguments = [
        "replay",
        capture.to_str().unwrap(),
        "--format",
        "parquet",
        "-o",
        "tree/",
    ];
    let run = sandbox.run(&arguments, None).expect_code(0);
    let mut text = String::new();
    let mut files = 0;
    for (path, _) in sandbox.leavings() {
        if path.extension().is_some_and(|ending| ending == "parquet") {
            let file = std::fs::File::open(path).unwrap();
            let reader = SerializedFileReader::new(file).unwrap();
            text.push_str(&format!("{:?}", reader.metadata()));
            for row in reader.get_row_iter(None).unwrap() {
                text.push_str(&format!("{}\n", row.unwrap()));
            }
            files += 1;
        }
    }
    assert!(files > 0);
    let streams = [("stderr", &run.stderr[..]), ("rows", text.as_bytes())];
    let leaks = leaks(&planter, &sandbox, &streams);
    assert!(leaks.is_empty(), "let out: {leaks:#?}");
    for address in &planter.witnesses {
        assert!(text.contains(&address.to_string()), "no {address}");
    }
}

fn holds(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}

#[test]
fn every_secret_has_been_planted_in_the_capture() {
    let planter = plant(45);
    let image = pcapng_image(&planter.frames);
    assert!(planter.frames.len() > 500 && planter.secrets.len() > 10_000);
    let found = planter.secrets.find(&image);
    // Addresses and payload are there as they go over the wire.
    assert!(
        found.iter().filter(|what| what.ends_with(" raw")).count() > 1_500,
        "{}",
        found.len()
    );
    assert!(planter.witnesses.len() > 250);
}

#[test]
fn the_search_sees_each_form_of_a_leak() {
    let mut secrets = Needles::default();
    let v6: Ipv6Addr = "2400:2000:1:9:ab:cd12:0:7".parse().unwrap();
    secrets.address("v4", IpAddr::V4(Ipv4Addr::new(133, 201, 7, 19)));
    secrets.address("v6", IpAddr::V6(v6));
    secrets.port("p", 23_456);
    secrets.mac("m", [0x02, 0x81, 3, 0x84, 5, 6]);
    secrets.payload("s", b"KANARI-1234");
    let number = u32::from(Ipv4Addr::new(133, 201, 7, 19));
    let mut leaky: Vec<Vec<u8>> = [
        "DEBUG src=133.201.7.19:80",
        "net 133.201.7.0/24",
        "19.7.201.133.in-addr.arpa",
        "85c90713",
        "85:C9:07:13",
        "0x1307c985",
        "[133, 201, 7, 19]",
        "::ffff:85c9:713",
        "2400:2000:1:9:ab:cd12:0:7",
        "2400:2000:0001:0009:00AB:CD12:0000:0007",
        "prefix 2400:2000:1:9::/64",
        "24002000000100090 0abcd1200000007 24002000000100 0900abcd1200000007",
        "\"dst_port\":23456,",
        "02:81:03:84:05:06",
        "0281.0384.0506",
        "02-81-03-84-05-06",
        "...kanari-1234...",
        "4b414e4152492d31323334",
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .collect();
    leaky[11] = b"2400200000010009 00abcd12 240020000001000900abcd1200000007".to_vec();
    leaky.push(number.to_string().into_bytes());
    leaky.push(number.swap_bytes().to_string().into_bytes());
    leaky.push(u128::from(v6).to_string().into_bytes());
    leaky.push([&b"xyz"[..], &number.to_be_bytes(), b"z"].concat());
    leaky.push([&b"xyz"[..], &number.to_le_bytes(), b"z"].concat());
    for offset in [0, 2] {
        leaky.push(base64(
            &[&vec![9; offset][..], &number.to_be_bytes(), b"zz"].concat(),
        ));
    }
    for offset in 0..3 {
        leaky.push(base64(
            &[&vec![9; offset][..], &v6.octets(), b"zz"].concat(),
        ));
        leaky.push(base64(
            &[&vec![9; offset][..], b"KANARI-1234", b"zz"].concat(),
        ));
    }
    for text in &leaky {
        assert!(
            !secrets.find(text).is_empty(),
            "not seen: {}",
            String::from_utf8_lossy(text)
        );
        let inside = [&b"{\"some\":\"other text "[..], text, b" and more\"}"].concat();
        assert!(!secrets.find(&inside).is_empty());
    }
    for innocent in [
        "DEBUG src=133.201.8.19:80",
        "1133.201.7.190",
        "\"bytes\":123456,",
        "\"bytes\":234567",
        "2400:2000:1:a::",
        "kanari",
        "02:81:03:84:05:07",
    ] {
        assert!(
            secrets.find(innocent.as_bytes()).is_empty(),
            "seen in {innocent}"
        );
    }
}
