//! Messages against a reader that knows RFC 7011 only, and against what JSON Lines say of the same records.

#[path = "../../../tests/ipfix/messages.rs"]
mod messages;

use super::carrier::{Carrier, Sent};
use super::elements::{Element, Field, Kind, Owner, VARIABLE};
use super::exporter::{Exporter, Profile};
use super::template::{ANONYMISED, EXCLUDED, Shape, TOTALS, TYPES};
use super::*;
use crate::export::tests::{Packet, any_packet, any_terms, context, context_under, records_of};
use crate::export::{
    Digested, Figures, FlowRecord, Mark, Rendered, RunContext, Totals, Written, render,
};
use crate::flow::{Ended, Timestamp};
use messages::{Key, Message, Record, Session};
use proptest::prelude::*;
use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

/// Keeps messages, and answers what it is told to.
#[derive(Clone, Default)]
struct Kept {
    messages: Arc<Mutex<Vec<Vec<u8>>>>,
    answers: Arc<Mutex<VecDeque<Sent>>>,
    figures: Arc<Mutex<Figures>>,
    /// Nothing can be sent.
    failing: Arc<Mutex<bool>>,
    limit: usize,
}

impl Carrier for Kept {
    fn limit(&self) -> usize {
        self.limit
    }

    fn send(&mut self, message: &[u8], holds: &Written, _: Timestamp) -> Result<Sent, Error> {
        if *self.failing.lock().unwrap() {
            self.lose(holds);
            let source = std::io::ErrorKind::NetworkUnreachable.into();
            return Err(Error::Stdout { source });
        }
        let answer = self.answers.lock().unwrap().pop_front();
        let answer = answer.unwrap_or(Sent::Done);
        if answer == Sent::Done {
            self.messages.lock().unwrap().push(message.to_vec());
            self.figures.lock().unwrap().written += *holds;
        }
        Ok(answer)
    }

    fn lose(&mut self, holds: &Written) {
        self.figures.lock().unwrap().lost += *holds;
    }

    fn figures(&self) -> Figures {
        *self.figures.lock().unwrap()
    }

    fn finish(self: Box<Self>) -> (Figures, Vec<Digested>, Option<Error>) {
        (self.figures(), Vec::new(), None)
    }
}

const ENTERPRISE: u32 = 4_711;

fn kept(limit: usize, answers: &[Sent]) -> Kept {
    Kept {
        answers: Arc::new(Mutex::new(answers.iter().copied().collect())),
        limit,
        ..Kept::default()
    }
}

fn exporter(is_uniflow: bool, kept: &Kept) -> Box<Exporter> {
    let profile = Profile {
        is_uniflow,
        domain: 7,
        enterprise: ENTERPRISE,
    };
    Box::new(Exporter::new(profile, Box::new(kept.clone())))
}

const fn format(is_uniflow: bool) -> Format {
    if is_uniflow {
        Format::IpfixUniflow
    } else {
        Format::Ipfix
    }
}

fn rendered(is_uniflow: bool, records: &[Ended], run: &RunContext<'_>) -> (Rendered, Written) {
    let mut rendered = Rendered::default();
    render(format(is_uniflow), records, 0, run, &mut rendered);
    let mut counts = Written::default();
    counts.count(records);
    (rendered, counts)
}

fn totals() -> Totals {
    Totals {
        frames: (9, 900),
        admitted: (4, 400),
        excluded: vec![("domestic_pair", 3, 300), ("non_ip", 2, 200)],
        kernel_dropped: 6,
        end: 5_000_000_000,
    }
}

/// The messages of a whole run.
fn messages(
    is_uniflow: bool,
    limit: usize,
    records: &[Ended],
    run: &RunContext<'_>,
) -> Vec<Vec<u8>> {
    let kept = kept(limit, &[Sent::First]);
    let mut exporter = exporter(is_uniflow, &kept);
    let (rendered, counts) = rendered(is_uniflow, records, run);
    exporter.take(&rendered, &counts, Timestamp::ZERO).unwrap();
    exporter.note(&totals(), Timestamp::ZERO).unwrap();
    let (figures, _, error) = exporter.finish();
    assert!(error.is_none());
    assert_eq!(figures.written, counts);
    let messages = kept.messages.lock().unwrap();
    messages.clone()
}

fn number_at(message: &[u8], at: usize, octets: usize) -> u64 {
    let octets = message[at..at + octets].iter();
    octets.fold(0, |number, octet| number << 8 | u64::from(*octet))
}

/// Every message, by the other reader; all of it must make sense.
fn parsed(messages: &[Vec<u8>]) -> Vec<Message> {
    let mut session = Session::default();
    let messages = messages.iter();
    messages.map(|message| session.read(message)).collect()
}

/// Data records of flows, and those of options by template.
fn data(messages: &[Message]) -> (Vec<&Record>, BTreeMap<u16, Vec<&Record>>) {
    let mut flows = Vec::new();
    let mut options: BTreeMap<u16, Vec<&Record>> = BTreeMap::new();
    for record in messages.iter().flat_map(|message| &message.records) {
        if record.is_options {
            options.entry(record.template).or_default().push(record);
        } else {
            flows.push(record);
        }
    }
    (flows, options)
}

fn key(element: &Element) -> Key {
    let enterprise = match element.owner {
        Owner::Iana => None,
        Owner::Reverse => Some(29_305),
        Owner::Own => Some(ENTERPRISE),
    };
    (enterprise, element.number)
}

/// What a field should hold, by what JSON says of the record.
fn expected(field: Field, record: &FlowRecord, is_reply: bool) -> Vec<u8> {
    let nanos = |text: &str| Timestamp::parse_rfc3339(text).unwrap().nanos();
    let (start, end) = (nanos(&record.start), nanos(&record.end));
    let address = |text: &str| -> IpAddr { text.parse().unwrap() };
    let (mut src_ip, mut dst_ip) = (address(&record.src_ip), address(&record.dst_ip));
    let mut ports = (record.src_port, record.dst_port);
    let mut countries = (record.src_country.clone(), record.dst_country.clone());
    let mut octets = (record.src_bytes, record.dst_bytes);
    let mut packets = (record.src_packets, record.dst_packets);
    let mut wire = (record.src_wire_bytes, record.dst_wire_bytes);
    let mut tcp = (record.src_tcp_flags, record.dst_tcp_flags);
    let mut class = serde_json::to_value(record.class)
        .unwrap()
        .as_str()
        .unwrap()
        .to_owned();
    let mut marks = record.flags.clone();
    if is_reply {
        std::mem::swap(&mut src_ip, &mut dst_ip);
        ports = (ports.1, ports.0);
        countries = (countries.1, countries.0);
        octets = (octets.1, octets.0);
        packets = (packets.1, packets.0);
        wire = (wire.1, wire.0);
        tcp = (tcp.1, tcp.0);
        let (one, other) = class.split_once('_').unwrap();
        class = format!("{other}_{one}");
        for mark in &mut marks {
            match *mark {
                Mark::PseudonymSrc => *mark = Mark::PseudonymDst,
                Mark::PseudonymDst => *mark = Mark::PseudonymSrc,
                _ => {}
            }
        }
    }
    let name = |value: serde_json::Value| value.as_str().unwrap().to_owned();
    let joined = |all: Vec<String>| all.join(",");
    let v6 = |address: IpAddr| match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    let v4 = |address: IpAddr| match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(_) => panic!("an IPv6 address in a record of IPv4"),
    };
    let number = |value: u64| {
        let octets = value.to_be_bytes();
        octets[8 - usize::from(field.element().octets)..].to_vec()
    };
    let (kind, code) = (
        u64::from(record.icmp_type.unwrap_or(0)),
        u64::from(record.icmp_code.unwrap_or(0)),
    );
    let vlan = |at: usize| number(record.vlans.get(at).copied().unwrap_or(0).into());
    let reason = name(serde_json::to_value(record.end_reason).unwrap());
    match field {
        Field::Start => number(start / 1_000_000),
        Field::End => number(end / 1_000_000),
        Field::SrcV4 => v4(src_ip),
        Field::DstV4 => v4(dst_ip),
        Field::SrcV6 => v6(src_ip),
        Field::DstV6 => v6(dst_ip),
        Field::SrcPort => number(ports.0.into()),
        Field::DstPort => number(ports.1.into()),
        Field::IcmpTypeV4 | Field::IcmpTypeV6 => number(kind),
        Field::IcmpCodeV4 | Field::IcmpCodeV6 => number(code),
        Field::IcmpBothV4 | Field::IcmpBothV6 => number(kind * 256 + code),
        Field::Protocol => number(record.protocol.into()),
        Field::Octets => number(octets.0),
        Field::Packets => number(packets.0),
        Field::TcpFlags => number(tcp.0.into()),
        Field::ReverseOctets => number(octets.1),
        Field::ReversePackets => number(packets.1),
        Field::ReverseTcpFlags => number(tcp.1.into()),
        Field::FlowEndReason => number(match reason.as_str() {
            "idle" => 1,
            "active" => 2,
            "tcp_end" => 3,
            "evicted" => 5,
            _ => 4,
        }),
        Field::BiflowDirection => {
            let initiator = name(serde_json::to_value(record.initiator).unwrap());
            number((initiator == "syn").into())
        }
        Field::FlowId => number(record.seq),
        Field::Vlan | Field::OuterVlan => vlan(0),
        Field::InnerVlan => vlan(1),
        Field::SrcCountry => countries.0.unwrap_or_default().into_bytes(),
        Field::DstCountry => countries.1.unwrap_or_default().into_bytes(),
        Field::Class => class.into_bytes(),
        Field::Scope => name(serde_json::to_value(record.scope).unwrap()).into_bytes(),
        Field::Tunnels => joined(record.tunnels.clone()).into_bytes(),
        Field::Vlans => joined(record.vlans.iter().map(u16::to_string).collect()).into_bytes(),
        Field::Flags => {
            let names = marks
                .iter()
                .map(|mark| name(serde_json::to_value(mark).unwrap()));
            joined(names.collect()).into_bytes()
        }
        Field::EndReason => reason.into_bytes(),
        Field::Geo => record.geo.clone().into_bytes(),
        Field::Sensor => record.sensor.clone().into_bytes(),
        Field::Authorisation => record.authorisation.clone().into_bytes(),
        Field::WireOctets => number(wire.0),
        Field::ReverseWireOctets => number(wire.1),
        Field::StartNanoseconds => number(start),
        Field::EndNanoseconds => number(end),
        Field::Expiry => number(record.expires_at.as_deref().map_or(0, nanos)),
        Field::Reply => number(is_reply.into()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn another_reader_finds_in_every_record_what_json_says(
        packets in prop::collection::vec(any_packet(), 1..40),
        terms in any_terms(),
        is_uniflow: bool,
        limit in prop::sample::select(vec![1_400, 16_384]),
    ) {
        let (records, paths) = records_of(&packets);
        let run = context_under(&paths, &terms);
        let messages = messages(is_uniflow, limit, &records, &run);
        // Lengths, and numbers: data records before, those of options too.
        let mut session = Session::default();
        let mut read_back = Vec::new();
        for message in &messages {
            prop_assert!(message.len() <= limit);
            read_back.push(session.follow(message));
        }
        let (flows, options) = data(&read_back);
        let mut flows = flows.iter();
        for (seq, ended) in (0..).zip(&records) {
            let record = FlowRecord::new(ended, seq, &run);
            let replies = [(false, record.src_packets > 0 || record.dst_packets == 0), (true, record.dst_packets > 0)];
            let ways: Vec<bool> = match is_uniflow {
                true => replies.into_iter().filter(|(_, has)| *has).map(|(is_reply, _)| is_reply).collect(),
                false => vec![false],
            };
            for is_reply in ways {
                let found: BTreeMap<Key, Vec<u8>> = flows.next().unwrap().fields.iter().cloned().collect();
                let fields: Vec<Field> = Field::ALL.iter().copied().filter(|field| found.contains_key(&key(&field.element()))).collect();
                prop_assert_eq!(fields.len(), found.len(), "an element that is none of ours");
                let has_ports = fields.contains(&Field::SrcPort);
                prop_assert_eq!(has_ports, record.icmp_type.is_none());
                for field in fields {
                    let element = field.element();
                    prop_assert_eq!(&found[&key(&element)], &expected(field, &record, is_reply), "{}", element.name);
                }
            }
        }
        prop_assert!(flows.next().is_none());
        prop_assert_eq!(options[&EXCLUDED.id].len(), 2);
        prop_assert_eq!(options[&TOTALS.id].len(), 1);
        let techniques = options.get(&ANONYMISED.id).map_or(0, Vec::len);
        prop_assert_eq!(techniques > 0, terms.pseudonyms.is_some());
        // And our own reader.
        let held = read(&mut messages.concat().as_slice()).unwrap().unwrap();
        let mut counts = Written::default();
        counts.count(&records);
        prop_assert_eq!((held.holds.records, held.holds.packets, held.holds.wire_bytes), (counts.records, counts.packets, counts.wire_bytes));
        prop_assert_eq!(held.expires(), records.iter().map(|ended| terms.expiry(ended.end())).max().unwrap());
    }

    #[test]
    fn what_is_cut_off_is_whole_up_to_there(packets in prop::collection::vec(any_packet(), 1..40), cut in 0.0..1.0_f64) {
        let (records, paths) = records_of(&packets);
        let messages = messages(false, 1_400, &records, &context(&paths));
        let file = messages.concat();
        let cut = (file.len() as f64 * cut) as usize;
        let (whole, _) = measure(&mut &file[..cut]).unwrap();
        let mut end = 0;
        for message in &messages {
            if end + message.len() > cut {
                break;
            }
            end += message.len();
        }
        prop_assert_eq!(whole, end as u64);
        let is_whole = end == cut;
        prop_assert_eq!(read(&mut &file[..cut]).unwrap().is_ok(), is_whole);
    }
}

fn some_records(count: usize) -> (Vec<Ended>, crate::flow::PathList) {
    let packets: Vec<Packet> = (0..count as u32)
        .map(|number| Packet(crate::flow::tests::a_udp_packet(number)))
        .collect();
    records_of(&packets)
}

#[test]
fn a_new_session_begins_at_0_and_templates_that_are_sent_again_count_for_nothing() {
    use Sent::{Again, Done, First};
    let (records, paths) = some_records(200);
    let run = context(&paths);
    for answer in [First, Again] {
        // Two messages at the beginning, one of records, and then this.
        let kept = kept(16_384, &[First, Done, Done, Done, answer]);
        let mut exporter = exporter(false, &kept);
        let (rendered, counts) = rendered(false, &records, &run);
        exporter.take(&rendered, &counts, Timestamp::ZERO).unwrap();
        exporter.note(&totals(), Timestamp::ZERO).unwrap();
        let messages = kept.messages.lock().unwrap().clone();
        let of = |domain: u64| {
            let all = messages
                .iter()
                .filter(move |message| number_at(message, 12, 4) == domain);
            all.map(|message| number_at(message, 8, 4))
                .collect::<Vec<u64>>()
        };
        let (flows, about) = (of(7), of(0));
        // Templates, records, templates again, more records.
        let first = parsed(&messages[..3]);
        let first = data(&first).0.len() as u64;
        match answer {
            First => {
                assert_eq!(flows[..4], [0, 0, 0, 0], "{flows:?}");
                assert_eq!(about, [0, 0, TYPES_SENT], "{about:?}");
            }
            _ => {
                assert_eq!(flows[..4], [0, 0, first, first], "{flows:?}");
                assert_eq!(about, [0, TYPES_SENT, 2 * TYPES_SENT], "{about:?}");
            }
        }
        parsed(&messages);
    }
}

#[test]
fn row_35_what_could_not_be_sent_is_missing_in_the_numbers() {
    let (records, paths) = some_records(60);
    let run = context(&paths);
    let kept = kept(1_400, &[Sent::First]);
    let mut exporter = exporter(false, &kept);
    let at = Timestamp::from_nanos(1_763_790_540_000_000_000);
    for (nth, records) in records.chunks(20).enumerate() {
        let (rendered, counts) = rendered(false, records, &run);
        // Of the second part nothing goes out.
        *kept.failing.lock().unwrap() = nth == 1;
        let result = exporter.take(&rendered, &counts, at).and(exporter.tick(at));
        assert_eq!(result.is_err(), nth == 1);
    }
    let lost = kept.figures().lost.records;
    assert_eq!(lost, 20);
    let messages = kept.messages.lock().unwrap();
    let (mut missed, mut next) = (0, 0);
    for message in parsed(&messages)
        .iter()
        .filter(|message| message.domain == 7)
    {
        missed += u64::from(message.sequence) - next;
        next = u64::from(message.sequence) + message.records.len() as u64;
    }
    assert_eq!(missed, lost);
}

/// Data records at the beginning: one for each of our elements.
const TYPES_SENT: u64 = 16;

#[test]
fn templates_are_these_bytes() {
    let shape = Shape::of(262).unwrap();
    let hex = crate::spelling::hex(&shape.template(IPFIX_ENTERPRISE));
    let expected = "0106 001f 0098 0008 0099 0008 0008 0004 000c 0004 0007 0002 000b 0002 \
         8075 0001 00007ed9 0004 0001 0001 0008 0002 0008 0006 0001 8070 0008 00007ed9 \
         0088 0001 0094 0008 003a 0002 00f3 0002 00f5 0002 \
         8072 0008 00007ed9 8073 0008 00007ed9 8074 0008 00007ed9 \
         8065 ffff 00007ed9 8066 ffff 00007ed9 8067 ffff 00007ed9 8068 ffff 00007ed9 \
         8069 ffff 00007ed9 806a ffff 00007ed9 806b ffff 00007ed9 806c ffff 00007ed9 \
         806d ffff 00007ed9 806e ffff 00007ed9 806f ffff 00007ed9";
    assert_eq!(hex, expected.replace(' ', ""));
    let hex = crate::spelling::hex(&EXCLUDED.template());
    assert_eq!(
        hex,
        "014000040002009500040 14fffff00a4000800a50008".replace(' ', "")
    );
    assert_eq!(TYPES.template().len(), 6 + 6 * 4);
}

#[test]
fn elements_have_numbers_of_their_own_and_ours_are_from_100_on() {
    let mut seen = std::collections::HashSet::new();
    for field in Field::ALL {
        let element = field.element();
        assert!(
            seen.insert((element.owner as u8, element.number)),
            "{}",
            element.name
        );
        let is_own = element.owner == Owner::Own;
        assert_eq!(is_own, element.name.starts_with("sekisho"));
        assert!(!is_own || (100..0x8000).contains(&element.number));
        // RFC 5103 has no reverse of elements that are not IANA's.
        assert!(element.kind != Kind::Text || is_own);
    }
}

#[test]
fn a_text_that_is_too_long_says_that_it_was_cut() {
    let mut out = Vec::new();
    record::text(&"関".repeat(90), &mut out);
    let (length, text) = out.split_first().unwrap();
    assert_eq!(usize::from(*length), text.len());
    let text = std::str::from_utf8(text).unwrap();
    assert!(text.len() <= 254 && text.starts_with("関関") && text.ends_with("関…"));
    out.clear();
    record::text(&"x".repeat(254), &mut out);
    assert_eq!((out[0], out.len()), (254, 255));
}

/// A row of the page for each element.
fn rows() -> (String, String) {
    let octets = |element: &Element| match element.octets {
        VARIABLE => "*n*".to_owned(),
        octets => octets.to_string(),
    };
    let elements = Field::ALL.iter().map(|field| {
        let element = field.element();
        let owner = match element.owner {
            Owner::Iana => "",
            Owner::Reverse => "29305/",
            Owner::Own => "E/",
        };
        let (number, name, says) = (element.number, element.name, element.says);
        let octets = octets(&element);
        format!("| {owner}{number} | `{name}` | {octets} | {says} |\n")
    });
    let told = [
        (EXCLUDED, "what was excluded, by reason, so far"),
        (
            TOTALS,
            "sums so far: what the gate saw and let pass, and what was sent",
        ),
        (
            ANONYMISED,
            "of each template's addresses: that ends at home are pseudonyms (only where they are)",
        ),
        (TYPES, "of each element of ours: what it is"),
    ];
    let options = told.map(|(options, says)| {
        let name = |element: &Element| {
            let Element {
                number, name, says, ..
            } = element;
            format!("{number} `{name}` ({says})")
        };
        let (scope, rest) = options.elements.split_at(options.scopes.into());
        let strip = |text: String| text.replace("(scope: ", "(");
        let scope: Vec<String> = scope.iter().map(name).map(strip).collect();
        let rest: Vec<String> = rest.iter().map(name).collect();
        let (id, scope, rest) = (options.id, scope.join(", "), rest.join(", "));
        format!("| {id} | {scope} | {says}: {rest} |\n")
    });
    let elements = elements.collect::<String>();
    (
        format!(
            "| number | name | octets | what it holds, by the names of `sekisho.flow.v1` |\n|---|---|---|---|\n{elements}"
        ),
        format!(
            "| template | scope | says |\n|---|---|---|\n{}",
            options.concat()
        ),
    )
}

#[test]
fn the_page_lists_every_element() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/ipfix.md");
    let mut page = std::fs::read_to_string(path).unwrap();
    let (elements, options) = rows();
    for (mark, rows) in [("elements", elements), ("options", options)] {
        let (begin, end) = (format!("<!-- {mark} -->\n"), format!("<!-- /{mark} -->"));
        let at = page.find(&begin).unwrap() + begin.len();
        let to = page.find(&end).unwrap();
        if std::env::var_os("SEKISHO_ACCEPT").is_some() {
            page.replace_range(at..to, &rows);
            std::fs::write(path, &page).unwrap();
        } else {
            let command = "SEKISHO_ACCEPT=1 cargo test --lib ipfix";
            assert!(
                page[at..to] == rows,
                "{path} is not the code's; if that is meant: {command}"
            );
        }
    }
}
