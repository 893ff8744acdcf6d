//! Messages (RFC 7011 §3.1): a head, then sets of records of one template each.

use super::super::Written;

/// Of the protocol: NetFlow had those before.
pub(super) const VERSION: u16 = 10;

/// Octets of a message's head, and of a set's.
pub(super) const HEAD: usize = 16;
pub(super) const SET_HEAD: usize = 4;

/// No message is longer, in octets: its length has 16 bits.
const LONGEST: usize = 0xffff;

/// The set of template records, and that of options template records.
pub(super) const TEMPLATES: u16 = 2;
pub(super) const OPTIONS_TEMPLATES: u16 = 3;

/// A message that is being filled.
#[derive(Debug, Clone)]
pub(super) struct Message {
    bytes: Vec<u8>,
    /// The set that is open: its number, and where it begins.
    set: Option<(u16, usize)>,
    /// The observation domain that it is of.
    pub(super) domain: u32,
    /// Data records in it, those of options too.
    pub(super) records: u32,
    /// Of these, those of flows.
    pub(super) flows: u64,
    pub(super) holds: Written,
    /// Where it tells how many messages were sent before it, which is known when it is sent.
    before: Option<usize>,
}

impl Message {
    pub(super) fn new(domain: u32) -> Self {
        Self {
            bytes: vec![0; HEAD],
            set: None,
            domain,
            records: 0,
            flows: 0,
            holds: Written::default(),
            before: None,
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.bytes.len() <= HEAD
    }

    /// Whether a record of so many octets fits into a message of at most `limit`. Into one that is empty
    /// anything does: what is longer than a message may be usually is not that long.
    pub(super) fn has_room(&self, set: u16, octets: usize, limit: usize) -> bool {
        let is_open = self.set.is_some_and(|(open, _)| open == set);
        let head = if is_open { 0 } else { SET_HEAD };
        self.is_empty() || self.bytes.len() + head + octets <= limit.min(LONGEST)
    }

    /// Adds a record to a set.
    pub(super) fn put(&mut self, set: u16, record: &[u8]) {
        if self.set.is_none_or(|(open, _)| open != set) {
            self.set = Some((set, self.bytes.len()));
            self.bytes.extend_from_slice(&set.to_be_bytes());
            self.bytes.extend_from_slice(&[0, 0]);
        }
        self.bytes.extend_from_slice(record);
        self.records += u32::from(set > u16::from(u8::MAX));
        if let Some((_, at)) = self.set {
            let length = self.bytes.len() - at;
            self.write(at + 2, &(length as u16).to_be_bytes());
        }
    }

    /// So many octets before its end it tells how many messages were sent before it, in eight.
    pub(super) const fn tells_messages(&mut self, from_end: usize) {
        self.before = self.bytes.len().checked_sub(from_end);
    }

    /// Completes it, which may be done again with other numbers: data records and messages sent before.
    pub(super) fn seal(&mut self, seconds: u32, sequence: u32, messages: u64) -> &[u8] {
        if let Some(at) = self.before {
            self.write(at, &messages.to_be_bytes());
        }
        let length = self.bytes.len() as u16;
        self.write(0, &VERSION.to_be_bytes());
        self.write(2, &length.to_be_bytes());
        self.write(4, &seconds.to_be_bytes());
        self.write(8, &sequence.to_be_bytes());
        self.write(12, &self.domain.to_be_bytes());
        &self.bytes
    }

    fn write(&mut self, at: usize, value: &[u8]) {
        let to = self.bytes.iter_mut().skip(at);
        to.zip(value).for_each(|(to, from)| *to = *from);
    }
}
