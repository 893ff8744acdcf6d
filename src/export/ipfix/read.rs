//! Our own files of messages, read back: what they hold, and up to where they are whole.
//!
//! It takes nothing else for a file of ours: what has no template of ours before it is damaged.

use super::elements::{Field, Owner, VARIABLE};
use super::message::{HEAD, OPTIONS_TEMPLATES, SET_HEAD, TEMPLATES, VERSION};
use super::template::Shape;
use crate::export::lines::Sums;
use crate::flow::Timestamp;
use std::io::{self, Read};

/// What a file holds.
#[derive(Default)]
struct Held {
    sums: Sums,
    /// The record before, by its number: of two directions, the second is no record of its own.
    before: Option<u64>,
}

/// Reads to the end, or to the first message that is none of ours: its number.
pub(in crate::export) fn read(from: &mut impl Read) -> io::Result<Result<Sums, u64>> {
    let mut held = Held::default();
    let mut message = Vec::new();
    for number in 1.. {
        match next(from, &mut message)? {
            Next::End => break,
            Next::Torn => return Ok(Err(number)),
            Next::Message => {}
        }
        if held.add(&message).is_none() {
            return Ok(Err(number));
        }
    }
    Ok(Ok(held.sums))
}

/// How many bytes of a file are whole messages, and whether there is a record in them.
pub(in crate::export) fn measure(from: &mut impl Read) -> io::Result<(u64, bool)> {
    let mut held = Held::default();
    let mut message = Vec::new();
    let mut whole = 0;
    while let Next::Message = next(from, &mut message)? {
        if held.add(&message).is_none() {
            break;
        }
        whole += message.len() as u64;
    }
    Ok((whole, held.sums.holds.packets > 0))
}

enum Next {
    Message,
    End,
    /// Half a message, or none.
    Torn,
}

/// Reads the next message as a whole.
fn next(from: &mut impl Read, message: &mut Vec<u8>) -> io::Result<Next> {
    message.clear();
    from.by_ref().take(HEAD as u64).read_to_end(message)?;
    if message.is_empty() {
        return Ok(Next::End);
    }
    let mut head = Cut(message);
    let (version, length) = (head.number(2), head.number(2));
    let (Some(version), Some(length)) = (version, length) else {
        return Ok(Next::Torn);
    };
    if version != u64::from(VERSION) || length < HEAD as u64 {
        return Ok(Next::Torn);
    }
    from.by_ref()
        .take(length - HEAD as u64)
        .read_to_end(message)?;
    let is_whole = message.len() as u64 == length;
    Ok(if is_whole { Next::Message } else { Next::Torn })
}

impl Held {
    fn add(&mut self, message: &[u8]) -> Option<()> {
        let mut rest = Cut(message.get(HEAD..)?);
        while !rest.0.is_empty() {
            let (id, length) = (rest.number(2)? as u16, rest.number(2)? as usize);
            let mut set = Cut(rest.take(length.checked_sub(SET_HEAD)?)?);
            match (id, Shape::of(id)) {
                (TEMPLATES, _) => {
                    let known = [false, true].into_iter().flat_map(Shape::all);
                    let known: Vec<Shape> = known.collect();
                    while !set.0.is_empty() {
                        is_known(&known, &mut set)?;
                    }
                }
                (_, Some(shape)) => {
                    while !set.0.is_empty() {
                        self.add_record(shape, &mut set)?;
                    }
                }
                // Options say nothing about records.
                (OPTIONS_TEMPLATES | OPTIONS.., None) => {}
                (_, None) => return None,
            }
        }
        Some(())
    }

    fn add_record(&mut self, shape: Shape, set: &mut Cut<'_>) -> Option<()> {
        let (mut packets, mut wire_bytes, mut expiry, mut number) = (0_u64, 0_u64, 0, 0);
        let mut is_reply = false;
        for field in shape.fields() {
            let octets = field.element().octets;
            if octets == VARIABLE {
                let length = set.number(1)? as usize;
                set.take(length)?;
                continue;
            }
            let value = match octets {
                1..=8 => set.number(octets.into())?,
                _ => {
                    set.take(octets.into())?;
                    continue;
                }
            };
            match field {
                Field::Packets | Field::ReversePackets => packets = packets.checked_add(value)?,
                Field::WireOctets | Field::ReverseWireOctets => {
                    wire_bytes = wire_bytes.checked_add(value)?;
                }
                Field::Expiry => expiry = value,
                Field::FlowId => number = value,
                Field::Reply => is_reply = value != 0,
                _ => {}
            }
        }
        let expires = (expiry > 0).then(|| Timestamp::from_nanos(expiry));
        let is_second = is_reply && self.before == Some(number);
        self.before = Some(number);
        let records = u64::from(!is_second);
        self.sums.count(records, (packets, wire_bytes), expires)
    }
}

/// Options data records have numbers from here on.
const OPTIONS: u16 = 320;

/// Takes a template record, if it is one of ours, whatever the enterprise number.
fn is_known(known: &[Shape], set: &mut Cut<'_>) -> Option<()> {
    let (id, count) = (set.number(2)? as u16, set.number(2)?);
    let shape = known.iter().find(|shape| shape.id() == id)?;
    let mut fields = shape.fields();
    for _ in 0..count {
        let element = fields.next()?.element();
        let (number, octets) = (set.number(2)? as u16, set.number(2)? as u16);
        let is_own = number & 0x8000 != 0;
        if is_own {
            set.take(4)?;
        }
        let is_same = element.number == number & 0x7fff
            && element.octets == octets
            && is_own == (element.owner != Owner::Iana);
        is_same.then_some(())?;
    }
    fields.next().is_none().then_some(())
}

/// What is left of some bytes.
struct Cut<'a>(&'a [u8]);

impl<'a> Cut<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    /// A number of so many octets, at most 8.
    fn number(&mut self, octets: usize) -> Option<u64> {
        let octets = self.take(octets)?.iter();
        Some(octets.fold(0, |number, octet| number << 8 | u64::from(*octet)))
    }
}
