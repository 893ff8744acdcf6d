//! Records as rows that own what they say: rendered by many threads, written by one.

use crate::export::community_id::LEN;
use crate::export::pseudonym::Written as Address;
use crate::export::view::{RunContext, View};
use crate::export::{Rendered, Written};
use crate::flow::{Class, CountryCode, EndReason, Ended, Initiator, Path, Side, Timestamp};
use crate::spelling::hex;
use std::sync::Arc;

/// One record.
#[derive(Clone)]
pub(super) struct Row {
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
    pub(super) src: Side,
    pub(super) dst: Side,
    pub(super) src_ip: Address,
    pub(super) dst_ip: Address,
    pub(super) protocol: u8,
    pub(super) icmp: Option<(u8, u8)>,
    pub(super) src_country: Option<CountryCode>,
    pub(super) dst_country: Option<CountryCode>,
    pub(super) class: Class,
    pub(super) initiator: Initiator,
    pub(super) path: Path,
    pub(super) end_reason: EndReason,
    pub(super) seq: u64,
    pub(super) flags: Vec<&'static str>,
    pub(super) expiry: Option<Timestamp>,
    community_id: Option<[u8; LEN]>,
    answered: bool,
    one_way: bool,
}

/// What many records have in common.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shared {
    /// First 16 hex digits of the country table's digest, and all of them.
    pub(super) geo: String,
    pub(super) table: String,
    pub(super) sensor: String,
    pub(super) authorisation: String,
}

/// Neighbouring records.
#[derive(Default)]
pub(in crate::export) struct Rows {
    rows: Vec<Row>,
    /// What those up to a number share, by that number.
    shared: Vec<(usize, Arc<Shared>)>,
}

pub(in crate::export) fn render(
    records: &[Ended],
    first_seq: u64,
    run: &RunContext<'_>,
    out: &mut Rendered,
) {
    let shared = Arc::new(Shared {
        geo: run.geo.clone(),
        table: hex(&run.run.atlas.digest()),
        sensor: run.run.sensor.to_owned(),
        authorisation: run.run.terms.authorisation.clone(),
    });
    out.rows.rows.reserve(records.len());
    for (seq, ended) in (first_seq..).zip(records) {
        let row = Row::new(ended, &View::new(ended, seq, run));
        out.rows.push(row, &shared);
    }
}

impl Row {
    fn new(ended: &Ended, view: &View<'_>) -> Self {
        let answered = ended.acknowledges();
        Self {
            start: view.start,
            end: view.end,
            src: view.src,
            dst: view.dst,
            src_ip: view.src_ip,
            dst_ip: view.dst_ip,
            protocol: view.protocol,
            icmp: view.icmp,
            src_country: view.src_country,
            dst_country: view.dst_country,
            class: view.class,
            initiator: view.initiator,
            path: *view.path,
            end_reason: view.end_reason,
            seq: view.seq,
            flags: view.flags().collect(),
            expiry: view.expiry,
            community_id: view.community_id,
            answered,
            one_way: answered && ended.is_one_way(),
        }
    }

    /// Its Community ID as text.
    pub(super) fn community_id(&self) -> Option<&str> {
        std::str::from_utf8(self.community_id.as_ref()?).ok()
    }

    /// What it counts for, as [`Written::count`] does.
    pub(super) fn counts(&self) -> Written {
        let Self { src, dst, .. } = self;
        Written {
            records: 1,
            packets: src.packets + dst.packets,
            bytes: src.bytes + dst.bytes,
            wire_bytes: src.wire_bytes + dst.wire_bytes,
            answered: u64::from(self.answered),
            one_way: u64::from(self.one_way),
            closed: false,
        }
    }
}

impl Rows {
    pub(super) fn push(&mut self, row: Row, shared: &Arc<Shared>) {
        self.rows.push(row);
        let end = self.rows.len();
        match self.shared.last_mut() {
            Some((last, same)) if Arc::ptr_eq(same, shared) => *last = end,
            Some(last) if last.1 == *shared => *last = (end, Arc::clone(shared)),
            _ => self.shared.push((end, Arc::clone(shared))),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// What some of them share, each once for neighbours.
    pub(super) fn shared(&self) -> impl Iterator<Item = &Arc<Shared>> {
        self.shared.iter().map(|(_, shared)| shared)
    }

    /// Each with what it shares with others.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Row, &Arc<Shared>)> {
        let begins = std::iter::once(0).chain(self.shared.iter().map(|(end, _)| *end));
        let parts = begins.zip(&self.shared);
        parts.flat_map(|(begin, (end, shared))| {
            let rows = self.rows.get(begin..*end).unwrap_or_default();
            rows.iter().map(move |row| (row, shared))
        })
    }

    pub(in crate::export) fn clear(&mut self) {
        self.rows.clear();
        self.shared.clear();
    }
}
