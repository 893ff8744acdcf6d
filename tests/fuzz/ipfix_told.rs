//! What IPFIX must tell of records, terms and totals: every field of every record, put together a second
//! time from what the records themselves say, the elements by their numbers (RFC 7012, docs/ipfix.md).

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use sekisho::export::{EndReasonName, FlowRecord, RunContext, Totals};
use sekisho::flow::{Admitted, Atlas as _, Ended, Initiator, IpVersion, PathList, Side, Timestamp};
use sekisho::time::NANOS_PER_SEC;
use sha2::{Digest as _, Sha256};

use crate::ipfix::{Countries, Head};
use crate::messages::{Key, Message, Session};

/// Octets of a message at most, in a file and in a datagram.
const LIMITS: [usize; 2] = [16_384, 1_400];

/// Reverse elements (RFC 5103 §6.1).
const REVERSE: u32 = 29_305;

/// What must have been told.
pub(crate) struct Told<'a> {
    pub(crate) head: &'a Head,
    pub(crate) records: &'a [Ended],
    pub(crate) context: &'a RunContext<'a>,
    pub(crate) paths: &'a PathList,
}

type Fields = BTreeMap<Key, Vec<u8>>;

impl Told<'_> {
    /// All of it in these messages, and nothing else.
    pub(crate) fn is_in(&self, written: &[Vec<u8>]) {
        let Head {
            is_uniflow,
            is_datagrams,
            totals,
            ..
        } = self.head;
        let hash = Sha256::digest(self.head.sensor.as_bytes());
        let domain = u32::from_be_bytes(*hash.first_chunk().expect("32 octets")).max(1);
        let mut session = Session::default();
        let (mut flows, mut options) = (Vec::new(), Vec::new());
        for (number, bytes) in written.iter().enumerate() {
            assert!(bytes.len() <= LIMITS[usize::from(*is_datagrams)]);
            let message = session.follow(bytes);
            assert!(message.domain == 0 || message.domain == domain);
            let Message { records, .. } = message;
            for record in records {
                let count = record.fields.len();
                let fields: Fields = record.fields.into_iter().collect();
                assert_eq!(fields.len(), count, "an element that is there twice");
                if record.is_options {
                    options.push((number, flows.len(), fields));
                } else {
                    let first = if *is_uniflow { 262 } else { 256 };
                    assert!((first..first + 6).contains(&record.template));
                    assert_eq!(message.domain, domain);
                    flows.push(fields);
                }
            }
        }
        assert_eq!(flows, self.flows());
        let latest = self.records.iter().map(|ended| ended.end().nanos()).max();
        let latest = latest.unwrap_or(0).max(totals.end) / NANOS_PER_SEC;
        let last = written.last().expect("totals");
        assert_eq!(last[4..8], (latest as u32).to_be_bytes());
        self.options(&options, &flows, domain);
    }

    /// Options records, each after so many messages and data records of flows.
    fn options(&self, options: &[(usize, usize, Fields)], flows: &[Fields], domain: u32) {
        let has = |number: u16| {
            let found = options.iter();
            found.filter(move |(_, _, fields)| fields.contains_key(&(None, number)))
        };
        let number = |value: u64| value.to_be_bytes().to_vec();
        let Totals {
            frames,
            admitted,
            excluded,
            kernel_dropped,
            ..
        } = &self.head.totals;
        let reasons: Vec<Fields> = has(335).map(|(_, _, fields)| fields.clone()).collect();
        let expected = excluded.iter().map(|(reason, packets, octets)| {
            let values = [
                (149, domain.to_be_bytes().to_vec()),
                (335, reason.as_bytes().to_vec()),
                (164, number(*packets)),
                (165, number(*octets)),
            ];
            values.map(|(key, value)| ((None, key), value)).into()
        });
        assert_eq!(reasons, expected.collect::<Vec<Fields>>());

        let totals: Vec<_> = has(318).collect();
        let [(at, before, totals)] = totals.as_slice() else {
            panic!("totals are told once");
        };
        let sum = |of: fn(&(&str, u64, u64)) -> u64| excluded.iter().map(of).sum::<u64>();
        let values = [
            (149, domain.to_be_bytes().to_vec()),
            (304, 5_u16.to_be_bytes().to_vec()),
            (318, number(frames.0)),
            (319, number(admitted.0)),
            (164, number(sum(|(_, packets, _)| *packets))),
            (165, number(sum(|(_, _, octets)| *octets))),
            (135, number(*kernel_dropped)),
            (41, number(*at as u64)),
            (42, number(*before as u64)),
            (166, number(0)),
            (167, number(0)),
            (168, number(0)),
        ];
        let values: Fields = values.map(|(key, value)| ((None, key), value)).into();
        assert_eq!(*totals, values);
        assert_eq!(*before, flows.len());

        // RFC 5610: what each element of ours is.
        let enterprise = self.head.enterprise;
        let own = flows.iter().flat_map(BTreeMap::keys);
        let own: BTreeSet<u16> = own
            .filter(|key| key.1 > 100 && key.0.is_some())
            .map(|key| key.1)
            .collect();
        let typed: BTreeSet<u16> = has(339)
            .map(|(_, _, fields)| {
                assert_eq!(fields[&(None, 346)], enterprise.to_be_bytes());
                u16::from_be_bytes(*fields[&(None, 303)].first_chunk().expect("two octets"))
            })
            .collect();
        assert!(own.is_subset(&typed));
        // RFC 6235: said if and only if there may be pseudonyms.
        let may_be = self.head.terms.pseudonyms.is_some() && !flows.is_empty();
        assert_eq!(has(285).count() > 0, may_be);
    }

    /// The data records in their order.
    fn flows(&self) -> Vec<Fields> {
        let ways = (0..).zip(self.records).flat_map(|(seq, ended)| {
            let (src, dst) = (ended.src().packets, ended.dst().packets);
            let ways = match self.head.is_uniflow {
                false => [true, false],
                true => [src > 0 || dst == 0, dst > 0],
            };
            let ways = [false, true].into_iter().zip(ways);
            ways.filter(|(_, is_told)| *is_told)
                .map(move |(is_reply, _)| (seq, ended, is_reply))
        });
        ways.map(|(seq, ended, is_reply)| self.flow(ended, seq, is_reply))
            .collect()
    }

    /// A data record by its values, the elements by their numbers.
    fn flow(&self, ended: &Ended, seq: u64, is_reply: bool) -> Fields {
        let Head {
            is_uniflow, terms, ..
        } = self.head;
        let run = Countries;
        let (mut src, mut dst) = (ended.src(), ended.dst());
        let mut class = ended.class();
        let [mut src_ip, mut dst_ip] = self.addresses(ended, seq);
        if is_reply {
            (src, dst, class) = (dst, src, class.mirror());
            (src_ip, dst_ip) = (dst_ip, src_ip);
        }
        let mut out = Out {
            enterprise: self.head.enterprise,
            fields: Fields::new(),
        };
        let start = ended.start().nanos();
        out.iana(152, (start / 1_000_000).to_be_bytes());
        out.iana(153, (ended.end().nanos() / 1_000_000).to_be_bytes());
        match (src_ip, dst_ip) {
            (IpAddr::V4(src), IpAddr::V4(dst)) => {
                out.iana(8, src.octets());
                out.iana(12, dst.octets());
            }
            (src, dst) => {
                out.iana(27, wide(src));
                out.iana(28, wide(dst));
            }
        }
        match ended.icmp() {
            None => {
                out.iana(7, src.port.to_be_bytes());
                out.iana(11, dst.port.to_be_bytes());
            }
            Some((kind, code)) => {
                let numbers = match ended.protocol() {
                    58 => [178, 179, 139],
                    _ => [176, 177, 32],
                };
                out.iana(numbers[0], [kind]);
                out.iana(numbers[1], [code]);
                out.iana(numbers[2], [kind, code]);
            }
        }
        self.counts(ended, &src, &dst, is_reply, &mut out);
        out.iana(148, seq.to_be_bytes());
        let vlans = self.paths.path(ended.path()).vlans();
        let vlan = |at: usize| vlans.get(at).copied().unwrap_or(0).to_be_bytes();
        out.iana(58, vlan(0));
        out.iana(243, vlan(0));
        out.iana(245, vlan(1));
        out.own(114, start.to_be_bytes());
        out.own(115, ended.end().nanos().to_be_bytes());
        let expiry = terms.expiry(ended.end()).map_or(0, Timestamp::nanos);
        out.own(116, expiry.to_be_bytes());
        let country = |side: &Side| run.country(ended.version(), side.address);
        let country = |side| country(side).map_or(String::new(), |code| code.to_string());
        out.text(101, &country(&src));
        out.text(102, &country(&dst));
        out.text(103, class.id());
        out.text(
            104,
            match class.id() {
                "foreign_foreign" => "foreign_only",
                id if id.contains("undetermined") => "undetermined",
                _ => "domestic_touching",
            },
        );
        let tunnels = self.paths.path(ended.path()).tunnels();
        out.text(
            105,
            &joined(tunnels.iter().map(|tunnel| tunnel.name().to_owned())),
        );
        out.text(106, &joined(vlans.iter().map(u16::to_string)));
        let is_hidden = terms.pseudonyms.is_some();
        let hides = |end: &str| is_hidden && end != "foreign";
        let ends = class.id().split_once('_').expect("two ends");
        let flags = [
            (ended.marks() & Admitted::TRUNCATED != 0, "truncated"),
            (ended.marks() & Admitted::FRAGMENT != 0, "fragments"),
            (run.is_stale_at(ended.start()), "geo_stale"),
            (ended.marks() & Admitted::OPAQUE != 0, "opaque"),
            (hides(ends.0), "pseudonym_src"),
            (hides(ends.1), "pseudonym_dst"),
        ];
        // A reply lists them in the order of its record.
        let mut flags: Vec<&str> = flags
            .iter()
            .filter(|(is, _)| *is)
            .map(|(_, name)| *name)
            .collect();
        if is_reply
            && let [.., one, other] = flags.as_mut_slice()
            && one.starts_with("pseudonym")
        {
            std::mem::swap(one, other);
        }
        out.text(107, &joined(flags.into_iter().map(str::to_owned)));
        out.text(109, "a5a5a5a5a5a5a5a5");
        out.text(110, &self.head.sensor);
        out.text(111, &terms.authorisation);
        assert!(*is_uniflow || !is_reply);
        out.fields
    }

    fn counts(&self, ended: &Ended, src: &Side, dst: &Side, is_reply: bool, out: &mut Out) {
        out.iana(4, [ended.protocol()]);
        out.iana(1, src.bytes.to_be_bytes());
        out.iana(2, src.packets.to_be_bytes());
        out.iana(6, [src.tcp_flags]);
        out.own(112, src.wire_bytes.to_be_bytes());
        if self.head.is_uniflow {
            out.own(117, [u8::from(is_reply)]);
        } else {
            out.put((Some(REVERSE), 1), &dst.bytes.to_be_bytes());
            out.put((Some(REVERSE), 2), &dst.packets.to_be_bytes());
            out.put((Some(REVERSE), 6), &[dst.tcp_flags]);
            out.iana(239, [u8::from(ended.initiator() == Initiator::Syn)]);
            out.own(113, dst.wire_bytes.to_be_bytes());
        }
        let reason = FlowRecord::new(ended, 0, self.context).end_reason;
        let (number, id) = match reason {
            EndReasonName::Idle => (1, "idle"),
            EndReasonName::Active => (2, "active"),
            EndReasonName::TcpEnd => (3, "tcp_end"),
            EndReasonName::EndOfInput => (4, "end_of_input"),
            EndReasonName::Epoch => (4, "epoch"),
            EndReasonName::Evicted => (5, "evicted"),
        };
        out.iana(136, [number]);
        out.text(108, id);
    }

    /// What stands for the ends: what JSON says, and that is the address itself where nothing is hidden.
    fn addresses(&self, ended: &Ended, seq: u64) -> [IpAddr; 2] {
        let record = FlowRecord::new(ended, seq, self.context);
        let said = [&record.src_ip, &record.dst_ip].map(|text| text.parse().expect("an address"));
        if self.head.terms.pseudonyms.is_none() {
            let plain = [ended.src(), ended.dst()].map(|side| match ended.version() {
                IpVersion::V4 => IpAddr::from((side.address as u32).to_be_bytes()),
                IpVersion::V6 => IpAddr::from(side.address.to_be_bytes()),
            });
            assert_eq!(said, plain);
        }
        said
    }
}

/// An address in 16 octets, one of IPv4 as mapped.
fn wide(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    }
}

/// A record that is put together.
struct Out {
    enterprise: u32,
    fields: Fields,
}

impl Out {
    fn put(&mut self, key: Key, value: &[u8]) {
        assert!(self.fields.insert(key, value.to_vec()).is_none());
    }

    fn iana<const N: usize>(&mut self, number: u16, value: [u8; N]) {
        self.put((None, number), &value);
    }

    fn own<const N: usize>(&mut self, number: u16, value: [u8; N]) {
        self.put((Some(self.enterprise), number), &value);
    }

    /// A text of ours, cut so that its length is one octet.
    fn text(&mut self, number: u16, text: &str) {
        let mut text = text.to_owned();
        if text.len() > 254 {
            while text.len() > 251 {
                text.pop();
            }
            text.push('…');
        }
        self.put((Some(self.enterprise), number), text.as_bytes());
    }
}

fn joined(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join(",")
}
