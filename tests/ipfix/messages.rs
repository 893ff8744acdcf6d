//! Reads messages of any exporter as RFC 7011 says, by the templates in them: it knows nothing of what ours
//! should look like, and shares no code with what writes them.
//!
//! It is of ours all the same. netflow_parser 1.0.6, which nobody here wrote, takes an empty text for an error
//! and drops its record (its pull request 313), though §6.1.6 has texts of zero octets; nfcapd, nfacctd and
//! tshark read the same messages in the tests beside it.
#![allow(dead_code, reason = "every test program uses its own part")]

use std::collections::BTreeMap;

/// An element: its enterprise's number, if it has one, and its own.
pub(crate) type Key = (Option<u32>, u16);

#[derive(Debug, Clone)]
pub(crate) struct Record {
    /// The number of its template.
    pub(crate) template: u16,
    pub(crate) is_options: bool,
    pub(crate) fields: Vec<(Key, Vec<u8>)>,
}

#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) sequence: u32,
    pub(crate) domain: u32,
    pub(crate) records: Vec<Record>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Template {
    is_options: bool,
    /// Elements, and how long they are.
    fields: Vec<(Key, u16)>,
}

/// A transport session: what it told so far, by observation domain.
#[derive(Default)]
pub(crate) struct Session {
    templates: BTreeMap<(u32, u16), Template>,
    /// Data records in whole messages before.
    before: BTreeMap<u32, u32>,
}

impl Session {
    /// Reads a message, all of which must make sense.
    #[track_caller]
    pub(crate) fn read(&mut self, message: &[u8]) -> Message {
        let mut rest = Rest(message);
        assert_eq!(rest.number(2), 10, "no IPFIX");
        assert_eq!(rest.number(2) as usize, message.len());
        let _seconds = rest.number(4);
        let (sequence, domain) = (rest.number(4), rest.number(4));
        let mut records = Vec::new();
        while !rest.0.is_empty() {
            let (id, length) = (rest.number(2) as u16, rest.number(2) as usize);
            let mut set = Rest(rest.take(length - 4));
            assert!(!set.0.is_empty(), "an empty set");
            while !set.0.is_empty() {
                match id {
                    2 | 3 => self.learn(domain, id == 3, &mut set),
                    256.. => records.push(self.record(domain, id, &mut set)),
                    _ => panic!("set {id}"),
                }
            }
        }
        Message {
            sequence,
            domain,
            records,
        }
    }

    /// Reads a message that follows those before it, none missing (§3.1: data records, those of options too).
    #[track_caller]
    pub(crate) fn follow(&mut self, message: &[u8]) -> Message {
        let message = self.read(message);
        let before = self.before.entry(message.domain).or_default();
        assert_eq!(message.sequence, *before, "domain {}", message.domain);
        *before += message.records.len() as u32;
        message
    }

    /// Takes a template record (§3.4.1, §3.4.2). Within a session it means the same for ever (§8).
    #[track_caller]
    fn learn(&mut self, domain: u32, is_options: bool, set: &mut Rest<'_>) {
        let (id, count) = (set.number(2) as u16, set.number(2));
        assert!(id >= 256 && count > 0);
        if is_options {
            assert!((1..=count).contains(&set.number(2)), "its scope");
        }
        let fields = (0..count).map(|_| {
            let (number, octets) = (set.number(2) as u16, set.number(2) as u16);
            let enterprise = (number & 0x8000 != 0).then(|| set.number(4));
            ((enterprise, number & 0x7fff), octets)
        });
        let fields = fields.collect();
        let template = Template { is_options, fields };
        let known = self.templates.entry((domain, id));
        let known = known.or_insert_with(|| template.clone());
        assert_eq!(*known, template, "template {id} changed");
    }

    #[track_caller]
    fn record(&self, domain: u32, id: u16, set: &mut Rest<'_>) -> Record {
        let Some(template) = self.templates.get(&(domain, id)) else {
            panic!("no template {id} in domain {domain}");
        };
        let fields = template.fields.iter().map(|(key, octets)| {
            // §7.
            let octets = match *octets {
                0xffff => match set.number(1) {
                    0xff => set.number(2),
                    octets => octets,
                },
                octets => octets.into(),
            };
            (*key, set.take(octets as usize).to_vec())
        });
        Record {
            template: id,
            is_options: template.is_options,
            fields: fields.collect(),
        }
    }
}

/// Data records of flows in whole messages of one session, none of which is missing.
#[track_caller]
pub(crate) fn flow_records(messages: &[impl AsRef<[u8]>]) -> usize {
    let mut session = Session::default();
    let messages = messages.iter();
    let messages = messages.map(|message| session.follow(message.as_ref()));
    let records = messages.flat_map(|message| message.records);
    records.filter(|record| !record.is_options).count()
}

/// The messages of a stream or file, which must be whole.
#[track_caller]
pub(crate) fn split(mut stream: &[u8]) -> Vec<&[u8]> {
    let mut messages = Vec::new();
    while let [_, _, one, other, ..] = *stream {
        let (message, rest) = stream.split_at(u16::from_be_bytes([one, other]).into());
        messages.push(message);
        stream = rest;
    }
    assert!(stream.is_empty());
    messages
}

/// What is left of some bytes.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    #[track_caller]
    fn take(&mut self, octets: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(octets);
        self.0 = rest;
        taken
    }

    #[track_caller]
    fn number(&mut self, octets: usize) -> u32 {
        let octets = self.take(octets).iter();
        octets.fold(0, |number, octet| number << 8 | u32::from(*octet))
    }
}
