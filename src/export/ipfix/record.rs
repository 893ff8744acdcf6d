//! Records as data records: one with both directions, or one for each direction that has packets.

use super::elements::Field;
use super::piece::{self, Piece};
use super::template::{Shape, Transport};
use crate::export::Written;
use crate::export::pseudonym::{PseudonymMode, Written as Address};
use crate::export::text::number;
use crate::export::view::{RunContext, View, scope};
use crate::flow::{Class, CountryCode, EndReason, Ended, Initiator, IpVersion, Side, Timestamp};

/// Octets of a text at most: then its length is one octet (RFC 7011 §7).
const TEXT: usize = 254;

/// What stands at the end of a text that was longer.
const CUT: &str = "…";

/// Nanoseconds of a millisecond.
const MILLI: u64 = 1_000_000;

pub(in crate::export) fn render(
    is_uniflow: bool,
    records: &[Ended],
    first_seq: u64,
    run: &RunContext<'_>,
    out: &mut Vec<u8>,
) {
    let technique = match &run.run.terms.pseudonyms {
        None => 0,
        Some(pseudonyms) => match pseudonyms.mode() {
            PseudonymMode::None => 0,
            PseudonymMode::Deterministic => 5,
            PseudonymMode::Prefix => 6,
        },
    };
    for (seq, ended) in (first_seq..).zip(records) {
        let view = View::new(ended, seq, run);
        let mut holds = Written::default();
        holds.count(std::slice::from_ref(ended));
        let flow = Flow::forward(&view, run);
        if !is_uniflow {
            flow.render(is_uniflow, technique, holds, out);
            continue;
        }
        let back = flow.backward();
        // Packets of one direction each; the first is the record in the books.
        let [one, other] = [&flow, &back].map(|flow| Written {
            packets: flow.src.packets,
            bytes: flow.src.bytes,
            wire_bytes: flow.src.wire_bytes,
            ..Written::default()
        });
        let first = Written {
            records: holds.records,
            answered: holds.answered,
            one_way: holds.one_way,
            ..Written::default()
        };
        let (mut one, mut other) = (one, other);
        if flow.src.packets == 0 && back.src.packets > 0 {
            other += first;
        } else {
            one += first;
            flow.render(is_uniflow, technique, one, out);
        }
        if back.src.packets > 0 {
            back.render(is_uniflow, technique, other, out);
        }
    }
}

/// A record as one of its ends sees it.
struct Flow<'v> {
    view: &'v View<'v>,
    run: &'v RunContext<'v>,
    src: Side,
    dst: Side,
    src_ip: Address,
    dst_ip: Address,
    src_country: Option<&'v CountryCode>,
    dst_country: Option<&'v CountryCode>,
    class: Class,
    is_reply: bool,
}

impl<'v> Flow<'v> {
    fn forward(view: &'v View<'v>, run: &'v RunContext<'v>) -> Self {
        Self {
            view,
            run,
            src: view.src,
            dst: view.dst,
            src_ip: view.src_ip,
            dst_ip: view.dst_ip,
            src_country: view.src_country.as_ref(),
            dst_country: view.dst_country.as_ref(),
            class: view.class,
            is_reply: false,
        }
    }

    fn backward(&self) -> Self {
        Self {
            src: self.dst,
            dst: self.src,
            src_ip: self.dst_ip,
            dst_ip: self.src_ip,
            src_country: self.dst_country,
            dst_country: self.src_country,
            class: self.class.mirror(),
            is_reply: !self.is_reply,
            ..*self
        }
    }

    fn shape(&self, is_uniflow: bool) -> Shape {
        let is_v4 = [self.src_ip, self.dst_ip]
            .iter()
            .all(|end| end.version == IpVersion::V4);
        Shape {
            is_uniflow,
            version: if is_v4 { IpVersion::V4 } else { IpVersion::V6 },
            transport: match (self.view.icmp, self.view.protocol) {
                (None, _) => Transport::Ports,
                (Some(_), ICMPV6) => Transport::Icmpv6,
                (Some(_), _) => Transport::Icmp,
            },
        }
    }

    fn render(&self, is_uniflow: bool, technique: u8, holds: Written, out: &mut Vec<u8>) {
        let shape = self.shape(is_uniflow);
        let at = piece::begin(out);
        for field in shape.fields() {
            self.put(field, out);
        }
        let piece = Piece {
            template: shape.id(),
            technique,
            end: self.view.end.nanos(),
            holds,
            record: &[],
        };
        piece::end(&piece, at, out);
    }

    fn put(&self, field: Field, out: &mut Vec<u8>) {
        let Self { view, .. } = self;
        let (kind, code) = view.icmp.unwrap_or_default();
        let vlan = |at: usize| u64::from(view.path.vlans().get(at).copied().unwrap_or(0));
        let mut unsigned = |value: u64| {
            // A number in as many octets as its template says.
            let skipped = 8_usize.saturating_sub(field.element().octets.into());
            out.extend(value.to_be_bytes().into_iter().skip(skipped));
        };
        match field {
            Field::Start => unsigned(view.start.nanos() / MILLI),
            Field::End => unsigned(view.end.nanos() / MILLI),
            Field::SrcV4 | Field::SrcV6 => address(field, self.src_ip, out),
            Field::DstV4 | Field::DstV6 => address(field, self.dst_ip, out),
            Field::SrcPort => unsigned(self.src.port.into()),
            Field::DstPort => unsigned(self.dst.port.into()),
            Field::IcmpTypeV4 | Field::IcmpTypeV6 => unsigned(kind.into()),
            Field::IcmpCodeV4 | Field::IcmpCodeV6 => unsigned(code.into()),
            Field::IcmpBothV4 | Field::IcmpBothV6 => {
                unsigned(u64::from(kind) << 8 | u64::from(code));
            }
            Field::Protocol => unsigned(view.protocol.into()),
            Field::Octets => unsigned(self.src.bytes),
            Field::Packets => unsigned(self.src.packets),
            Field::TcpFlags => unsigned(self.src.tcp_flags.into()),
            Field::ReverseOctets => unsigned(self.dst.bytes),
            Field::ReversePackets => unsigned(self.dst.packets),
            Field::ReverseTcpFlags => unsigned(self.dst.tcp_flags.into()),
            Field::FlowEndReason => unsigned(end_reason(view.end_reason)),
            Field::BiflowDirection => unsigned(match view.initiator {
                Initiator::Syn => 1,
                Initiator::FirstSeen => 0,
            }),
            Field::FlowId => unsigned(view.seq),
            Field::Vlan | Field::OuterVlan => unsigned(vlan(0)),
            Field::InnerVlan => unsigned(vlan(1)),
            Field::StartNanoseconds => unsigned(view.start.nanos()),
            Field::EndNanoseconds => unsigned(view.end.nanos()),
            Field::Expiry => unsigned(view.expiry.map_or(0, Timestamp::nanos)),
            Field::WireOctets => unsigned(self.src.wire_bytes),
            Field::ReverseWireOctets => unsigned(self.dst.wire_bytes),
            Field::Reply => unsigned(self.is_reply.into()),
            Field::SrcCountry => text(self.src_country.map_or("", |code| code.as_str()), out),
            Field::DstCountry => text(self.dst_country.map_or("", |code| code.as_str()), out),
            Field::Class => text(self.class.id(), out),
            Field::Scope => text(scope(self.class), out),
            Field::Tunnels => list(view.path.tunnels().iter().map(|tunnel| tunnel.name()), out),
            Field::Vlans => joined(
                view.path.vlans(),
                |vlan, out| number(u64::from(*vlan), out),
                out,
            ),
            Field::Flags => list(self.flags(), out),
            Field::EndReason => text(view.end_reason.id(), out),
            Field::Geo => text(&self.run.geo, out),
            Field::Sensor => text(self.run.run.sensor, out),
            Field::Authorisation => text(&self.run.run.terms.authorisation, out),
        }
    }

    /// The record's marks; of a direction of its own, as that one sees its ends.
    fn flags(&self) -> impl Iterator<Item = &'static str> {
        let is_reply = self.is_reply;
        self.view.flags().map(move |flag| match (is_reply, flag) {
            (true, "pseudonym_src") => "pseudonym_dst",
            (true, "pseudonym_dst") => "pseudonym_src",
            (true | false, flag) => flag,
        })
    }
}

/// Its protocol number.
const ICMPV6: u8 = 58;

/// RFC 5102 §5.11.3.
const fn end_reason(reason: EndReason) -> u64 {
    match reason {
        EndReason::Idle => 1,
        EndReason::Active => 2,
        EndReason::TcpEnd => 3,
        // Nothing in the traffic ended it.
        EndReason::EndOfInput | EndReason::Epoch => 4,
        EndReason::Evicted => 5,
    }
}

/// An address in the version of its template: one of IPv4 beside a pseudonym of 128 bits is IPv4-mapped.
fn address(field: Field, written: Address, out: &mut Vec<u8>) {
    const MAPPED: u128 = 0xffff << 32;
    let Address {
        version, address, ..
    } = written;
    match (field, version) {
        (Field::SrcV4 | Field::DstV4, _) => {
            out.extend_from_slice(&(address as u32).to_be_bytes());
        }
        (_, IpVersion::V4) => out.extend_from_slice(&(MAPPED | address).to_be_bytes()),
        (_, IpVersion::V6) => out.extend_from_slice(&address.to_be_bytes()),
    }
}

/// A text with its length before it.
pub(super) fn text(text: &str, out: &mut Vec<u8>) {
    if text.len() <= TEXT {
        out.push(text.len() as u8);
        out.extend_from_slice(text.as_bytes());
        return;
    }
    let end = text.floor_char_boundary(TEXT - CUT.len());
    out.push((end + CUT.len()) as u8);
    out.extend(text.bytes().take(end).chain(CUT.bytes()));
}

fn list(names: impl Iterator<Item = &'static str>, out: &mut Vec<u8>) {
    joined(
        names,
        |name, out| out.extend_from_slice(name.as_bytes()),
        out,
    );
}

/// Words joined by commas, with their length before them. There are few of them, of few letters; were they
/// more than fit, the last would go.
fn joined<T>(words: impl IntoIterator<Item = T>, put: impl Fn(T, &mut Vec<u8>), out: &mut Vec<u8>) {
    let at = out.len();
    out.push(0);
    for word in words {
        let before = out.len();
        if before > at + 1 {
            out.push(b',');
        }
        put(word, out);
        if out.len() - at - 1 > TEXT {
            out.truncate(before);
            break;
        }
    }
    let length = out.len() - at - 1;
    if let Some(first) = out.get_mut(at) {
        *first = length as u8;
    }
}
