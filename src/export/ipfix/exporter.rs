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

/// Property match filtering, RFC 5475 §6.2.1: what may pass is decided by what a packet says.
const PROPERTY_MATCH: u16 = 5;

/// The same address has the same pseudonym beyond this session, RFC 6235 §5.2.1.
const STABLE: u16 = 3;

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
    /// Data records sent so far.
    sequence: u32,
    messages: u64,
    flow_records: u64,
    /// Data records of flows in the message that is being filled.
    filled: u64,
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
            message: Message::new(),
            sequence: 0,
            messages: 0,
            flow_records: 0,
            filled: 0,
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
        let mut message = std::mem::replace(&mut self.message, Message::new());
        let flow_records = std::mem::take(&mut self.filled);
        let mut before: Vec<Message> = Vec::new();
        let mut sent = 0;
        let result = loop {
            let next = before.get_mut(sent);
            let is_last = next.is_none();
            let next = next.unwrap_or(&mut message);
            let seconds = if self.at == Timestamp::ZERO {
                self.seen / NANOS_PER_SEC
            } else {
                self.at.nanos() / NANOS_PER_SEC
            };
            let (records, holds) = (next.records, next.holds);
            let bytes = next.seal(seconds as u32, self.sequence, self.profile.domain);
            match self.carrier.send(bytes, &holds, self.at) {
                Ok(Sent::Done) => {
                    self.sequence = self.sequence.wrapping_add(records);
                    self.messages += 1;
                    sent += 1;
                    if is_last {
                        self.flow_records += flow_records;
                        break Ok(());
                    }
                }
                Ok(again) => {
                    if again == Sent::First {
                        self.sequence = 0;
                    }
                    before = self.beginning();
                    sent = 0;
                }
                Err(error) => {
                    if !is_last {
                        self.carrier.lose(&message.holds);
                    }
                    break Err(error);
                }
            }
        };
        message.clear();
        if self.message.is_empty() {
            self.message = message;
        }
        result
    }

    /// What a collector has to know first: templates, and what our elements are.
    fn beginning(&self) -> Vec<Message> {
        let Profile {
            is_uniflow,
            enterprise,
            ..
        } = self.profile;
        let mut records = Vec::new();
        for shape in Shape::all(is_uniflow) {
            records.push((TEMPLATES, shape.template(enterprise)));
        }
        for options in Options::ALWAYS {
            records.push((OPTIONS_TEMPLATES, options.template()));
        }
        for element in own_elements(is_uniflow) {
            records.push((TYPES.id, type_record(&element, enterprise)));
        }
        records.extend(self.anonymisation());
        let mut messages = vec![Message::new()];
        for (set, record) in records {
            if let Some(last) = messages.last()
                && !last.has_room(set, record.len(), self.carrier.limit())
            {
                messages.push(Message::new());
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
        let mut result = Ok(());
        for (reason, packets, octets) in excluded {
            sums = (sums.0 + packets, sums.1 + octets);
            let mut record = domain.to_vec();
            text(reason, &mut record);
            record.extend_from_slice(&packets.to_be_bytes());
            record.extend_from_slice(&octets.to_be_bytes());
            result = result.and(self.put(EXCLUDED.id, &record));
        }
        let Written {
            records: lost,
            packets,
            bytes,
            ..
        } = self.carrier.figures().lost;
        let mut record = domain.to_vec();
        record.extend_from_slice(&PROPERTY_MATCH.to_be_bytes());
        for number in [
            *frames,
            *admitted,
            sums.0,
            sums.1,
            *kernel_dropped,
            self.messages,
            self.flow_records,
            lost,
            packets,
            bytes,
        ] {
            record.extend_from_slice(&number.to_be_bytes());
        }
        result.and(self.put(TOTALS.id, &record)).and(self.flush())
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
            self.filled += 1;
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
