//! What the lines of a file of records say, as far as sums and expiry go: of every format that is text.
//!
//! It must never count a line that is no record, or half of one.

use super::{Format, Written};
use crate::flow::Timestamp;
use serde::Deserialize;
use std::borrow::Cow;

/// No line of ours is longer, in bytes.
pub(super) const LINE: u64 = 64 << 10;

/// The first bytes of a Zstandard frame.
pub(super) const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// What the lines so far say together.
#[derive(Default)]
pub(super) struct Sums {
    pub(super) holds: Written,
    /// Nothing before the first record; nothing in it once a record never expires.
    expires: Option<Option<Timestamp>>,
}

impl Sums {
    /// When the last record expires; nothing if one of them never does, or there is none.
    pub(super) fn expires(&self) -> Option<Timestamp> {
        self.expires.flatten()
    }

    fn add(&mut self, line: &Line<'_>) -> Option<()> {
        let expires = match line.expires_at.as_deref() {
            None | Some("") => None,
            Some(text) => Some(Timestamp::parse_rfc3339(text)?),
        };
        let packets = line.src_packets.checked_add(line.dst_packets)?;
        let wire_bytes = line.src_wire_bytes.checked_add(line.dst_wire_bytes)?;
        self.count(1, (packets, wire_bytes), expires)
    }

    /// Adds records with so many packets and wire bytes, the last of which expires then; nothing if no number
    /// holds their sum.
    pub(super) fn count(
        &mut self,
        records: u64,
        (packets, wire_bytes): (u64, u64),
        expires: Option<Timestamp>,
    ) -> Option<()> {
        // The latest so far; a record that never expires is later than any.
        self.expires = Some(match self.expires {
            None => expires,
            Some(before) => before.zip(expires).map(|(before, now)| before.max(now)),
        });
        let holds = &mut self.holds;
        holds.records += records;
        holds.packets = holds.packets.checked_add(packets)?;
        holds.wire_bytes = holds.wire_bytes.checked_add(wire_bytes)?;
        Some(())
    }
}

/// Reads the lines of one file.
pub(super) struct Reader {
    format: Format,
    header: Option<Header>,
    is_begun: bool,
}

impl Reader {
    /// Of a file of this format. Of one JSON object a line, the first line tells which.
    pub(super) const fn new(format: Format) -> Self {
        Self {
            format,
            header: None,
            is_begun: false,
        }
    }

    /// What the file turned out to be.
    pub(super) const fn format(&self) -> Format {
        self.format
    }

    /// Adds a line without its end; nothing if it is no line of this format.
    pub(super) fn add(&mut self, line: &str, sums: &mut Sums) -> Option<()> {
        if !std::mem::replace(&mut self.is_begun, true) && self.format.is_json() {
            self.format = json_format(line).unwrap_or(self.format);
        }
        match self.format {
            Format::Jsonl => sums.add(&serde_json::from_str(line).ok()?),
            Format::ZeekConnJson => sums.add(&parse::<ZeekLine<'_>>(line)?),
            Format::Ecs => sums.add(&parse::<EcsLine<'_>>(line)?),
            Format::Ocsf => sums.add(&parse::<OcsfLine<'_>>(line)?),
            Format::Eve => sums.add(&parse::<EveLine<'_>>(line)?),
            Format::Csv => {
                let cells = cells(line.strip_suffix('\r')?)?;
                match &self.header {
                    Some(header) => sums.add(&header.row(&cells, "")?),
                    None => {
                        self.header = Some(Header::of(&cells, &OURS)?);
                        Some(())
                    }
                }
            }
            Format::ZeekConn => {
                if let Some(about) = line.strip_prefix('#') {
                    if let Some(names) = about.strip_prefix("fields\t") {
                        let names: Vec<_> = names.split('\t').map(Cow::Borrowed).collect();
                        self.header = Some(Header::of(&names, &ZEEKS)?);
                    }
                    return Some(());
                }
                let cells: Vec<_> = line.split('\t').map(Cow::Borrowed).collect();
                sums.add(&self.header.as_ref()?.row(&cells, "-")?)
            }
            Format::Parquet | Format::Ipfix | Format::IpfixUniflow | Format::Null => None,
        }
    }
}

/// The format of a line of JSON, by its first member: each has its own. Whether it is one, its parser says.
fn json_format(line: &str) -> Option<Format> {
    let (_, name) = line.split_once("{\"")?;
    match name.split_once('"')?.0 {
        "start" => Some(Format::Jsonl),
        "ts" => Some(Format::ZeekConnJson),
        "@timestamp" => Some(Format::Ecs),
        "activity_id" => Some(Format::Ocsf),
        "timestamp" => Some(Format::Eve),
        _ => None,
    }
}

/// What a line says, as far as it matters here.
#[derive(Deserialize)]
struct Line<'a> {
    src_packets: u64,
    dst_packets: u64,
    src_wire_bytes: u64,
    dst_wire_bytes: u64,
    #[serde(borrow, default)]
    expires_at: Option<Cow<'a, str>>,
}

/// What our own object of another schema says.
#[derive(Deserialize)]
struct Ours<'a> {
    src_wire_bytes: u64,
    dst_wire_bytes: u64,
    #[serde(borrow, default)]
    expires_at: Option<Cow<'a, str>>,
}

impl<'a> Ours<'a> {
    fn with(self, src_packets: u64, dst_packets: u64) -> Line<'a> {
        Line {
            src_packets,
            dst_packets,
            src_wire_bytes: self.src_wire_bytes,
            dst_wire_bytes: self.dst_wire_bytes,
            expires_at: self.expires_at,
        }
    }
}

fn parse<'a, T: Deserialize<'a> + Into<Line<'a>>>(line: &'a str) -> Option<Line<'a>> {
    serde_json::from_str::<T>(line).ok().map(Into::into)
}

#[derive(Deserialize)]
struct ZeekLine<'a> {
    orig_pkts: u64,
    resp_pkts: u64,
    #[serde(rename = "sekisho.src_wire_bytes")]
    src_wire_bytes: u64,
    #[serde(rename = "sekisho.dst_wire_bytes")]
    dst_wire_bytes: u64,
    #[serde(borrow, default, rename = "sekisho.expires_at")]
    expires_at: Option<Cow<'a, str>>,
}

impl<'a> From<ZeekLine<'a>> for Line<'a> {
    fn from(line: ZeekLine<'a>) -> Self {
        Self {
            src_packets: line.orig_pkts,
            dst_packets: line.resp_pkts,
            src_wire_bytes: line.src_wire_bytes,
            dst_wire_bytes: line.dst_wire_bytes,
            expires_at: line.expires_at,
        }
    }
}

#[derive(Deserialize)]
struct Packets {
    packets: u64,
}

#[derive(Deserialize)]
struct EcsLine<'a> {
    source: Packets,
    destination: Packets,
    #[serde(borrow)]
    sekisho: Ours<'a>,
}

impl<'a> From<EcsLine<'a>> for Line<'a> {
    fn from(line: EcsLine<'a>) -> Self {
        let (source, destination) = (line.source, line.destination);
        line.sekisho.with(source.packets, destination.packets)
    }
}

#[derive(Deserialize)]
struct Traffic {
    packets_out: u64,
    packets_in: u64,
}

#[derive(Deserialize)]
struct Unmapped<'a> {
    #[serde(borrow)]
    sekisho: Ours<'a>,
}

#[derive(Deserialize)]
struct OcsfLine<'a> {
    traffic: Traffic,
    #[serde(borrow)]
    unmapped: Unmapped<'a>,
}

impl<'a> From<OcsfLine<'a>> for Line<'a> {
    fn from(line: OcsfLine<'a>) -> Self {
        let Traffic {
            packets_out,
            packets_in,
        } = line.traffic;
        line.unmapped.sekisho.with(packets_out, packets_in)
    }
}

#[derive(Deserialize)]
struct Flow {
    pkts_toserver: u64,
    pkts_toclient: u64,
}

#[derive(Deserialize)]
struct EveLine<'a> {
    flow: Flow,
    #[serde(borrow)]
    sekisho: Ours<'a>,
}

impl<'a> From<EveLine<'a>> for Line<'a> {
    fn from(line: EveLine<'a>) -> Self {
        let Flow {
            pkts_toserver,
            pkts_toclient,
        } = line.flow;
        line.sekisho.with(pkts_toserver, pkts_toclient)
    }
}

/// Names of the columns that are asked for: packets and wire bytes of both ends, and when it expires.
type Wanted = [&'static str; 5];

const OURS: Wanted = [
    "src_packets",
    "dst_packets",
    "src_wire_bytes",
    "dst_wire_bytes",
    "expires_at",
];

const ZEEKS: Wanted = [
    "orig_pkts",
    "resp_pkts",
    "sekisho.src_wire_bytes",
    "sekisho.dst_wire_bytes",
    "sekisho.expires_at",
];

/// Where in the rows of a file the columns are that are asked for.
pub(super) struct Columns<const N: usize> {
    width: usize,
    places: [usize; N],
}

impl<const N: usize> Columns<N> {
    /// By a header with these names; nothing if one is not there.
    pub(super) fn of(names: &[Cow<'_, str>], wanted: [&str; N]) -> Option<Self> {
        let mut places = [0; N];
        for (place, wanted) in places.iter_mut().zip(wanted) {
            *place = names.iter().position(|name| name == wanted)?;
        }
        Some(Self {
            width: names.len(),
            places,
        })
    }

    /// What stands there in a row, in the order in which it was asked for; nothing of a row that is longer or
    /// shorter than the header.
    pub(super) fn pick<'r>(&self, row: &'r [Cow<'_, str>]) -> Option<[&'r str; N]> {
        if row.len() != self.width {
            return None;
        }
        let mut cells = [""; N];
        for (cell, place) in cells.iter_mut().zip(self.places) {
            *cell = row.get(place)?;
        }
        Some(cells)
    }
}

/// Which cells of a row are asked for.
struct Header {
    counts: Columns<4>,
    expires_at: Option<usize>,
}

impl Header {
    fn of(names: &[Cow<'_, str>], wanted: &Wanted) -> Option<Self> {
        let [src, dst, src_wire, dst_wire, expires_at] = *wanted;
        Some(Self {
            counts: Columns::of(names, [src, dst, src_wire, dst_wire])?,
            expires_at: names.iter().position(|name| name == expires_at),
        })
    }

    /// A row, in which nothing is written so.
    fn row<'a>(&self, cells: &'a [Cow<'_, str>], unset: &str) -> Option<Line<'a>> {
        let counts = self.counts.pick(cells)?;
        let count = |text: &str| text.parse().ok();
        let [src_packets, dst_packets, src_wire_bytes, dst_wire_bytes] = counts.map(count);
        let expires_at = self.expires_at.and_then(|at| cells.get(at));
        let expires_at = expires_at.filter(|text| *text != unset);
        Some(Line {
            src_packets: src_packets?,
            dst_packets: dst_packets?,
            src_wire_bytes: src_wire_bytes?,
            dst_wire_bytes: dst_wire_bytes?,
            expires_at: expires_at.map(|text| Cow::Borrowed(text.as_ref())),
        })
    }
}

/// The cells of a line (RFC 4180); nothing if a quotation mark has no partner.
pub(super) fn cells(line: &str) -> Option<Vec<Cow<'_, str>>> {
    let mut cells = Vec::new();
    let mut rest = line;
    loop {
        let (cell, behind) = match rest.strip_prefix('"') {
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                let (cell, behind) = rest.split_at(end);
                (Cow::Borrowed(cell), behind)
            }
            Some(quoted) => {
                let mut cell = String::new();
                let mut quoted = quoted;
                loop {
                    let (part, behind) = quoted.split_once('"')?;
                    cell.push_str(part);
                    match behind.strip_prefix('"') {
                        None => break (Cow::Owned(cell), behind),
                        Some(behind) => {
                            cell.push('"');
                            quoted = behind;
                        }
                    }
                }
            }
        };
        cells.push(cell);
        match behind.strip_prefix(',') {
            Some(behind) => rest = behind,
            None => return behind.is_empty().then_some(cells),
        }
    }
}
