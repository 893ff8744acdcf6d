//! Records of any values under any terms, written as IPFIX into a file or as datagrams, and read back by a
//! reader that knows RFC 7011 only: every length, template and sequence number holds, every value is the
//! record's, every total is what was given.
//!
//! The input: which form, retention, enterprise number, the run's end and counts, the sensor's name, the
//! authorisations, then records as they are spilled, brought into the bounds of what is sound.

use std::fs;
use std::net::UdpSocket;
use std::sync::Arc;

use sekisho::export::{
    Digested, Format, Opening, Output, PseudonymKey, PseudonymMode, Pseudonyms, Run, RunContext,
    Target, Terms, Totals, Written, inspect,
};
use sekisho::fate::Reason;
use sekisho::flow::{
    Atlas, CountryCode, ENDED_LEN, Ended, IpVersion, Path, Paths, Settings, Timestamp, Tunnel,
};
use sekisho::time::NANOS_PER_SEC;

use crate::folder::folder;
use crate::ipfix_told::Told;
use crate::messages::split;

/// What lies in the buffer of a socket at once, and more than one message of a file.
const MOST_RECORDS: usize = 48;

/// What must hold for any input.
pub(crate) fn check(data: &[u8]) {
    let mut rest = data;
    let Some(head) = Head::read(&mut rest) else {
        return;
    };
    let mut paths = Paths::new();
    let (records, counts) = records(rest, &mut paths);
    let paths = paths.list();
    let context = RunContext::new(Run {
        sensor: &head.sensor,
        end: head.end,
        settings: Settings {
            idle: 60 * NANOS_PER_SEC,
            active: 300 * NANOS_PER_SEC,
            max_flows: 16,
            seed: 1,
        },
        paths: &paths,
        atlas: &Countries,
        terms: &head.terms,
    });
    let written = match head.is_datagrams {
        false => file(&head, &records, &counts, &context),
        true => datagrams(&head, &records, &context),
    };
    let told = Told {
        head: &head,
        records: &records,
        context: &context,
        paths: &paths,
    };
    told.is_in(&written);
}

/// All but the records.
pub(crate) struct Head {
    pub(crate) is_uniflow: bool,
    pub(crate) is_datagrams: bool,
    pub(crate) enterprise: u32,
    end: Timestamp,
    pub(crate) sensor: String,
    pub(crate) terms: Terms,
    pub(crate) totals: Totals,
}

impl Head {
    fn read(rest: &mut &[u8]) -> Option<Self> {
        let [form, days, e0, e1, e2, e3] = *take(rest)?;
        let end = Timestamp::from_nanos(u64::from_le_bytes(*take(rest)?));
        let latest = u64::from_le_bytes(*take(rest)?);
        // Packets of a run, 64 bits wide, add up to no more than that.
        let [packets, octets] = [*take::<4>(rest)?, *take::<4>(rest)?].map(u32::from_le_bytes);
        let reasons = (0..).zip(Reason::ALL);
        let excluded: Vec<_> = reasons
            .map(|(number, reason)| {
                let some = |sum: u32| u64::from(sum.rotate_left(number));
                (reason.id(), some(packets), some(octets))
            })
            .collect();
        let frames = (u64::from(packets) << 8, u64::from(octets) << 8);
        let sensor = text(rest)?;
        let authorisation = text(rest)?;
        let mode = match form >> 2 & 3 {
            2 => PseudonymMode::Deterministic,
            3 => PseudonymMode::Prefix,
            _ => PseudonymMode::None,
        };
        let key = PseudonymKey::new([7; 32]);
        Some(Self {
            is_uniflow: form & 1 != 0,
            is_datagrams: form & 2 != 0,
            enterprise: u32::from_be_bytes([e0, e1, e2, e3]),
            end,
            sensor,
            totals: Totals {
                frames,
                admitted: (frames.0 / 3, frames.1 / 3),
                excluded,
                kernel_dropped: u64::from(octets) << 31,
                end: latest,
            },
            terms: Terms {
                retention_days: days.into(),
                pseudonyms: Pseudonyms::new(&key, &authorisation, mode).map(Arc::new),
                authorisation,
                ..Terms::default()
            },
        })
    }

    fn opening(&self, target: impl Into<Target>) -> Opening {
        let format = match self.is_uniflow {
            true => Format::IpfixUniflow,
            false => Format::Ipfix,
        };
        Opening {
            digest: true,
            sensor: self.sensor.clone(),
            enterprise: self.enterprise,
            ..Opening::new(target, format)
        }
    }
}

fn take<'a, const N: usize>(rest: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (taken, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(taken)
}

/// A text after its length, which counts for two: some are longer than one octet of length can say.
fn text(rest: &mut &[u8]) -> Option<String> {
    let [length] = *take(rest)?;
    let (text, after) = rest.split_at_checked(2 * usize::from(length))?;
    *rest = after;
    Some(String::from_utf8_lossy(text).into_owned())
}

/// The records in these bytes, as far as a replay can have given them, and what they add up to.
fn records(bytes: &[u8], paths: &mut Paths) -> (Vec<Ended>, Written) {
    let (chunks, _) = bytes.as_chunks::<ENDED_LEN>();
    let (mut records, mut sums, mut counts) = (Vec::new(), [0_u64; 3], Written::default());
    for chunk in chunks.iter().take(MOST_RECORDS) {
        let Some(ended) = Ended::from_bytes(&bounded(*chunk)) else {
            continue;
        };
        let more = ended.checked_sums().filter(|_| ended.is_sound());
        let Some(more) = more.and_then(|more| add(sums, more)) else {
            continue;
        };
        sums = more;
        let path = path(ended.path().to_bits());
        records.push(ended.placed(ended.order(), paths.number(&path)));
    }
    counts.count(&records);
    (records, counts)
}

fn add(sums: [u64; 3], more: [u64; 3]) -> Option<[u64; 3]> {
    let mut added = [0; 3];
    for ((added, sum), more) in added.iter_mut().zip(sums).zip(more) {
        *added = sum.checked_add(more)?;
    }
    Some(added)
}

/// Brings a spilled record nearer to what is sound; what is not yet is passed over.
fn bounded(mut bytes: [u8; ENDED_LEN]) -> [u8; ENDED_LEN] {
    // Version, class, how it ended.
    bytes[13] = if bytes[13] & 1 == 0 { 4 } else { 6 };
    bytes[15] = bytes[15] & !7 | (bytes[15] & 7) % 5;
    bytes[136] &= 3;
    if bytes[13] == 4 {
        bytes[104..128].fill(0);
    }
    // Last and first packet lie between start and end.
    let at = [40, 16, 48, 24];
    let mut times = at.map(|at: usize| *bytes[at..].first_chunk::<8>().expect("a field"));
    times.sort_unstable_by_key(|time| u64::from_le_bytes(*time));
    for (at, time) in at.into_iter().zip(times) {
        bytes[at..at + 8].copy_from_slice(&time);
    }
    bytes
}

/// Tags and tunnels, by some bits each.
fn path(bits: u32) -> Path {
    let mut path = Path::DIRECT;
    for vlan in 0..bits & 3 {
        path.push_vlan((bits >> 4) as u16 & 0xfff ^ vlan as u16);
    }
    for tunnel in 0..bits >> 16 & 15 {
        let number = (bits >> 20) as usize + tunnel as usize;
        path.push_tunnel(Tunnel::ALL[number % Tunnel::ALL.len()]);
    }
    path
}

/// A country for most addresses, and a table that is too old at odd nanoseconds.
pub(crate) struct Countries;

impl Atlas for Countries {
    fn country(&self, _: IpVersion, address: u128) -> Option<CountryCode> {
        CountryCode::new(["JP", "us", "DE", "ZZ", "FR"][(address % 5) as usize])
    }

    fn digest(&self) -> [u8; 32] {
        [0xa5; 32]
    }

    fn is_stale_at(&self, seen: Timestamp) -> bool {
        seen.nanos() % 2 == 1
    }
}

/// Writes a file, which must be what it is said to be.
fn file(head: &Head, records: &[Ended], counts: &Written, run: &RunContext<'_>) -> Vec<Vec<u8>> {
    let folder = folder();
    let path = folder.path().join("flows.ipfix");
    let mut output = Output::open_as(&head.opening(path.as_path())).expect("a file");
    output.write(records, run).expect("room for it");
    output.note(&head.totals).expect("room for it");
    let finished = output.finish().expect("room for it");
    assert_eq!(finished.written, *counts);
    assert_eq!(finished.lost, Written::default());
    let bytes = fs::read(&path).expect("a file");
    let [digested] = finished.digested.as_slice() else {
        panic!("one file has one digest");
    };
    let inspected = inspect(&path).expect("a file of ours");
    // One name for both kinds: the file tells.
    assert_eq!(inspected.digested.sha256, digested.sha256);
    let of = |digested: &Digested| {
        (
            digested.length,
            digested.records,
            digested.packets,
            digested.wire_bytes,
        )
    };
    assert_eq!(of(&inspected.digested), of(digested));
    let holds = (counts.records, counts.packets, counts.wire_bytes);
    assert_eq!(
        of(digested),
        (bytes.len() as u64, holds.0, holds.1, holds.2)
    );
    let expiries = records.iter().map(|ended| head.terms.expiry(ended.end()));
    assert_eq!(inspected.expires, expiries.max().flatten());
    split(&bytes).into_iter().map(<[u8]>::to_vec).collect()
}

/// Sends datagrams to ourselves, where none is lost.
fn datagrams(head: &Head, records: &[Ended], run: &RunContext<'_>) -> Vec<Vec<u8>> {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    socket.set_nonblocking(true).expect("a socket");
    let place = socket.local_addr().expect("a port");
    let target = Target::parse(&format!("udp://{place}")).expect("a target");
    let mut output = Output::open_as(&head.opening(target)).expect("a socket");
    output.write(records, run).expect("room for it");
    output.note(&head.totals).expect("room for it");
    // Its end would only wait for an answer that nobody listens.
    drop(output);
    let mut buffer = vec![0; 0x1_0000];
    let received = std::iter::from_fn(|| socket.recv(&mut buffer).ok().map(|n| buffer[..n].into()));
    received.collect()
}
