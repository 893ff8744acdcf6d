//! Packs data records into messages, numbers these, and tells templates, types and totals beside them.

use super::carrier::{Carrier, Sent};
use super::elements::{Element, Field, Owner};
use super::message::{Message, OPTIONS_TEMPLATES, TEMPLATES};
use super::piece::Pieces;
use super::record::text;
use super::template::{ANONYMISED, EXCLUDED, Options, Shape, TOTALS, TYPES};
use crate::export::{Collector, Digested, Error, Figures, Rendered, Totals, Written};
use crate::flow::Timestamp;
use crate::time::NANOS_PER_SEC;
use std::collections::VecDeque;

/// Property match filtering, RFC 5475 §6.2.1: what may pass is decided by what a packet says.
const PROPERTY_MATCH: u16 = 5;

/// The same address has the same pseudonym beyond this session, RFC 6235 §5.2.1.
const STABLE: u16 = 3;

/// The observation domain of messages about the export itself: none in particular (RFC 7011 §3.1). They have
/// sequence numbers of their own, so that nfcapd 1.7.1, which counts no options records, misses none.
const ABOUT: u32 = 0;

/// What is the same for all messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Profile {
    pub(super) is_uniflow: bool,
    /// The observation domain.
    pub(super) domain: u32,
    /// Under which our own elements are.
    pub(super) enterprise: u32,
}

/// An exporting process with one stream of messages.
pub(super) struct Exporter {
    profile: Profile,
    carrier: Box<dyn Carrier>,
    message: Message,
    /// Data records sent so far, of flows and their like, and in messages about the export itself.
    sequence: u32,
    told: u32,
    messages: u64,
    flow_records: u64,
    /// How pseudonyms were announced.
    technique: u8,
    /// The latest packet time, in nanoseconds: in a replay, messages are of that time.
    seen: u64,
    /// In a capture, wall time.
    at: Timestamp,
}

impl Exporter {
    pub(super) fn new(profile: Profile, carrier: Box<dyn Carrier>) -> Self {
        Self {
            profile,
            carrier,
            message: Message::new(profile.domain),
            sequence: 0,
            told: 0,
            messages: 0,
            flow_records: 0,
            technique: 0,
            seen: 0,
            at: Timestamp::ZERO,
        }
    }

    /// Adds a record, and sends what has no room beside it.
    fn put(&mut self, set: u16, record: &[u8]) -> Result<(), Error> {
        let mut result = Ok(());
        if !self
            .message
            .has_room(set, record.len(), self.carrier.limit())
        {
            result = self.flush();
        }
        self.message.put(set, record);
        result
    }

    /// Sends the message that is being filled.
    fn flush(&mut self) -> Result<(), Error> {
        if self.message.is_empty() {
            return Ok(());
        }
        let next = Message::new(self.profile.domain);
        let message = std::mem::replace(&mut self.message, next);
        self.send(vec![message])
    }

    /// Sends messages, with what has to be known before them where that is asked for.
    fn send(&mut self, messages: Vec<Message>) -> Result<(), Error> {
        let mut messages = VecDeque::from(messages);
        let mut before = VecDeque::new();
        loop {
            let is_before = !before.is_empty();
            let queue = if is_before {
                &mut before
            } else {
                &mut messages
            };
            let Some(next) = queue.front_mut() else {
                return Ok(());
            };
            let nanos = match self.at {
                Timestamp::ZERO => self.seen,
                at => at.nanos(),
            };
            let sequence = match next.domain {
                ABOUT => &mut self.told,
                _ => &mut self.sequence,
            };
            let (records, flows, holds) = (next.records, next.flows, next.holds);
            let seconds = (nanos / NANOS_PER_SEC) as u32;
            let bytes = next.seal(seconds, *sequence, self.messages);
            match self.carrier.send(bytes, &holds, self.at) {
                Ok(Sent::Done) => {
                    *sequence = sequence.wrapping_add(records);
                    self.messages += 1;
                    self.flow_records += flows;
                    queue.pop_front();
                }
                Ok(again) => {
                    if again == Sent::First {
                        (self.sequence, self.told) = (0, 0);
                    }
                    before = self.beginning().into();
                }
                Err(error) => {
                    // This one the carrier has counted. Numbers go on all the same: a collector sees the gap.
                    *sequence = sequence.wrapping_add(records);
                    queue.pop_front();
                    for message in &messages {
                        let sequence = match message.domain {
                            ABOUT => &mut self.told,
                            _ => &mut self.sequence,
                        };
                        *sequence = sequence.wrapping_add(message.records);
                        self.carrier.lose(&message.holds);
                    }
                    return Err(error);
                }
            }
        }
    }

    /// What a collector has to know first: templates, and what our elements are.
    fn beginning(&self) -> Vec<Message> {
        let Profile {
            is_uniflow,
            domain,
            enterprise,
        } = self.profile;
        let templates = Shape::all(is_uniflow).map(|shape| (TEMPLATES, shape.template(enterprise)));
        let mut records: Vec<_> = templates.collect();
        records.extend(self.anonymisation());
        let mut messages = self.pack(domain, records);
        let options = Options::ALWAYS.map(|options| (OPTIONS_TEMPLATES, options.template()));
        let types = own_elements(is_uniflow).into_iter();
        let types = types.map(|element| (TYPES.id, type_record(&element, enterprise)));
        messages.extend(self.pack(ABOUT, options.into_iter().chain(types).collect()));
        messages
    }

    /// Records in as few messages as they fit into.
    fn pack(&self, domain: u32, records: Vec<(u16, Vec<u8>)>) -> Vec<Message> {
        let limit = self.carrier.limit();
        let mut messages = vec![Message::new(domain)];
        for (set, record) in records {
            if !messages
                .last()
                .is_some_and(|last| last.has_room(set, record.len(), limit))
            {
                messages.push(Message::new(domain));
            }
            if let Some(last) = messages.last_mut() {
                last.put(set, &record);
            }
        }
        messages
    }

    /// Which addresses may be pseudonyms, and of what kind (RFC 6235); nothing where none are.
    fn anonymisation(&self) -> Vec<(u16, Vec<u8>)> {
        if self.technique == 0 {
            return Vec::new();
        }
        let mut records = vec![(OPTIONS_TEMPLATES, ANONYMISED.template())];
        for shape in Shape::all(self.profile.is_uniflow) {
            for field in shape.addresses() {
                let technique = u16::from(self.technique);
                let values = [shape.id(), field.element().number, STABLE, technique];
                records.push((ANONYMISED.id, values.map(u16::to_be_bytes).concat()));
            }
        }
        records
    }

    /// Announces how addresses are pseudonymised before the first record that is.
    fn announce(&mut self, technique: u8) -> Result<(), Error> {
        self.technique = technique;
        let mut result = Ok(());
        for (set, record) in self.anonymisation() {
            result = result.and(self.put(set, &record));
        }
        result
    }

    fn tell(&mut self, totals: &Totals) -> Result<(), Error> {
        self.flush()?;
        if !self.carrier.wants_totals() {
            return Ok(());
        }
        let Totals {
            frames: (frames, _),
            admitted: (admitted, _),
            excluded,
            kernel_dropped,
            end: _,
        } = totals;
        let domain = self.profile.domain.to_be_bytes();
        let mut sums = (0, 0);
        let mut records = Vec::new();
        for (reason, packets, octets) in excluded {
            sums = (sums.0 + packets, sums.1 + octets);
            let mut record = domain.to_vec();
            text(reason, &mut record);
            record.extend_from_slice(&packets.to_be_bytes());
            record.extend_from_slice(&octets.to_be_bytes());
            records.push((EXCLUDED.id, record));
        }
        let Written {
            records: lost,
            packets,
            bytes,
            ..
        } = self.carrier.figures().lost;
        let mut record = domain.to_vec();
        record.extend_from_slice(&PROPERTY_MATCH.to_be_bytes());
        // Templates may be due before it: how many messages those make is known when it is sent.
        let after = [0, self.flow_records, lost, packets, bytes];
        for number in [*frames, *admitted, sums.0, sums.1, *kernel_dropped]
            .iter()
            .chain(&after)
        {
            record.extend_from_slice(&number.to_be_bytes());
        }
        records.push((TOTALS.id, record));
        let mut messages = self.pack(ABOUT, records);
        if let Some(last) = messages.last_mut() {
            last.tells_messages(size_of_val(&after));
        }
        self.send(messages)
    }
}

/// Elements of ours in the records of a format.
fn own_elements(is_uniflow: bool) -> Vec<Element> {
    let shape = Shape::all(is_uniflow).next();
    let fields = shape.into_iter().flat_map(Shape::fields);
    let elements = fields.map(Field::element);
    elements
        .filter(|element| element.owner == Owner::Own)
        .collect()
}

/// What an element is (RFC 5610 §3.9).
fn type_record(element: &Element, enterprise: u32) -> Vec<u8> {
    let mut record = enterprise.to_be_bytes().to_vec();
    record.extend_from_slice(&element.number.to_be_bytes());
    record.push(element.kind as u8);
    record.push(element.semantics as u8);
    record.extend_from_slice(&(element.unit as u16).to_be_bytes());
    text(element.name, &mut record);
    record
}

impl Collector for Exporter {
    fn take(&mut self, rendered: &Rendered, _: &Written, at: Timestamp) -> Result<(), Error> {
        self.at = at;
        let is_live = at != Timestamp::ZERO;
        let mut result = Ok(());
        for piece in Pieces(&rendered.bytes) {
            if piece.technique != self.technique {
                result = result.and(self.announce(piece.technique));
            }
            result = result.and(self.put(piece.template, piece.record));
            self.message.holds += piece.holds;
            self.message.flows += 1;
            self.seen = self.seen.max(piece.end);
            if result.is_err() && !is_live {
                return result;
            }
        }
        result
    }

    fn note(&mut self, totals: &Totals, at: Timestamp) -> Result<(), Error> {
        self.at = at;
        self.seen = self.seen.max(totals.end);
        self.tell(totals)
    }

    fn tick(&mut self, at: Timestamp) -> Result<(), Error> {
        self.at = at;
        self.flush().and(self.carrier.tick(at))
    }

    fn rotate(&mut self) -> Result<(), Error> {
        self.flush().and(self.carrier.rotate())
    }

    fn figures(&self) -> Figures {
        self.carrier.figures()
    }

    fn take_completed(&mut self) -> Vec<Digested> {
        self.carrier.take_completed()
    }

    fn finish(mut self: Box<Self>) -> (Figures, Vec<Digested>, Option<Error>) {
        let last = self.flush().err();
        let (figures, digested, error) = self.carrier.finish();
        (figures, digested, error.or(last))
    }
}
