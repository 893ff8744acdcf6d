//! Records read back from JSON Lines and CSV, packed or not, for whoever asks what is in them.
//!
//! It must never take half a line for a record, and never stop at a damaged one. In: a path, or `-`. Out: a
//! record at a time, and the numbers of the lines that are none.

use super::lines::{Columns, LINE, ZSTD, cells};
use super::{ClassName, EndReasonName, Mark, PlaceName};
use crate::flow::{CountryCode, Timestamp};
use flate2::bufread::MultiGzDecoder;
use serde::Deserialize;
use serde::de::IntoDeserializer as _;
use serde::de::value::Error as ValueError;
use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::net::IpAddr;
use std::path::Path;
use std::rc::Rc;

/// The first bytes of a gzip member.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// One end of a record that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedEnd {
    /// Its address, or its pseudonym.
    pub ip: IpAddr,
    /// Its port; 0 where there is none.
    pub port: u16,
    /// Where it is.
    pub place: PlaceName,
    /// Its country, if that is known.
    pub country: Option<CountryCode>,
    /// Packets from it.
    pub packets: u64,
    /// IP bytes of these.
    pub bytes: u64,
    /// Wire bytes of these.
    pub wire_bytes: u64,
}

/// A record that was read, as far as sums need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Time of the earliest packet.
    pub start: Timestamp,
    /// Time of the latest packet.
    pub end: Timestamp,
    /// The initiator.
    pub src: RecordedEnd,
    /// The other end.
    pub dst: RecordedEnd,
    /// IANA protocol number.
    pub protocol: u8,
    /// ICMP type and code of the first packet.
    pub icmp: Option<(u8, u8)>,
    /// Class of the direction from source to destination.
    pub class: ClassName,
    /// Why it ended.
    pub end_reason: EndReasonName,
    /// What else must be known.
    pub flags: Vec<Mark>,
}

/// What a file has next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// A record.
    Record(Box<Recorded>),
    /// A line that is none: its number, from 1.
    Damaged(u64),
    /// Nothing more.
    End,
}

/// A file of records that is being read.
pub struct Records {
    text: Box<dyn BufRead>,
    /// Bytes taken from the file, as they are on the disk.
    taken: Rc<Cell<u64>>,
    line: u64,
    buffer: Vec<u8>,
    /// Of CSV: where its columns are.
    columns: Option<Columns<{ WANTED.len() }>>,
}

impl Records {
    /// Opens a file, or standard input (`-`). What it is, its first bytes tell.
    ///
    /// # Errors
    /// As the system tells.
    pub fn open(path: &Path) -> io::Result<Self> {
        let taken = Rc::new(Cell::new(0));
        let raw: Box<dyn Read> = if path.as_os_str() == "-" {
            Box::new(io::stdin())
        } else {
            Box::new(File::open(path)?)
        };
        let counted = Counted(raw, Rc::clone(&taken));
        let mut raw = BufReader::with_capacity(128 << 10, counted);
        let start = raw.fill_buf()?;
        let text: Box<dyn BufRead> = if start.starts_with(&ZSTD) {
            Box::new(BufReader::new(zstd::stream::read::Decoder::with_buffer(
                raw,
            )?))
        } else if start.starts_with(&GZIP) {
            Box::new(BufReader::new(MultiGzDecoder::new(raw)))
        } else {
            Box::new(raw)
        };
        Ok(Self {
            text,
            taken,
            line: 0,
            buffer: Vec::new(),
            columns: None,
        })
    }

    /// Bytes read so far, as they are on the disk.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.taken.get()
    }

    /// The number of the line that was read last.
    #[must_use]
    pub const fn line(&self) -> u64 {
        self.line
    }

    /// The next record, damaged line, or end. A header is passed over.
    ///
    /// # Errors
    /// Reading or unpacking failed: nothing more can be had of this file.
    pub fn read_next(&mut self) -> io::Result<Next> {
        loop {
            self.buffer.clear();
            let text = &mut self.text;
            text.take(LINE).read_until(b'\n', &mut self.buffer)?;
            if self.buffer.is_empty() {
                return Ok(Next::End);
            }
            self.line += 1;
            if self.buffer.len() as u64 == LINE && !self.buffer.ends_with(b"\n") {
                skip_line(text)?;
                return Ok(Next::Damaged(self.line));
            }
            let line = std::str::from_utf8(&self.buffer).ok();
            let Some(line) = line.and_then(|line| line.strip_suffix('\n')) else {
                return Ok(Next::Damaged(self.line));
            };
            if self.columns.is_none() && !line.starts_with('{') {
                // The header of CSV stands in the first line, or there is none.
                let names = cells(line.trim_end_matches('\r')).unwrap_or_default();
                self.columns = Columns::of(&names, WANTED).filter(|_| self.line == 1);
                if self.columns.is_some() {
                    continue;
                }
            }
            let record = match &self.columns {
                Some(columns) => of_row(columns, line),
                None => serde_json::from_str::<Line<'_>>(line)
                    .ok()
                    .and_then(Line::record),
            };
            return Ok(record.map_or(Next::Damaged(self.line), |record| {
                Next::Record(Box::new(record))
            }));
        }
    }
}

/// Reads on to the end of a line that is too long.
fn skip_line(text: &mut impl BufRead) -> io::Result<()> {
    loop {
        let ahead = text.fill_buf()?;
        if ahead.is_empty() {
            return Ok(());
        }
        let end = ahead.iter().position(|byte| *byte == b'\n');
        let length = ahead.len();
        text.consume(end.map_or(length, |end| end + 1));
        if end.is_some() {
            return Ok(());
        }
    }
}

/// A line of either format.
#[derive(Deserialize)]
struct Line<'a> {
    start: &'a str,
    end: &'a str,
    src_ip: &'a str,
    src_port: u16,
    dst_ip: &'a str,
    dst_port: u16,
    protocol: u8,
    icmp_type: Option<u8>,
    icmp_code: Option<u8>,
    src_place: PlaceName,
    dst_place: PlaceName,
    src_country: Option<&'a str>,
    dst_country: Option<&'a str>,
    class: ClassName,
    src_packets: u64,
    src_bytes: u64,
    dst_packets: u64,
    dst_bytes: u64,
    src_wire_bytes: u64,
    dst_wire_bytes: u64,
    end_reason: EndReasonName,
    flags: Vec<Mark>,
}

impl Line<'_> {
    fn record(self) -> Option<Recorded> {
        let country = |code: Option<&str>| match code {
            None => Some(None),
            Some(code) => CountryCode::new(code).map(Some),
        };
        Some(Recorded {
            start: Timestamp::parse_rfc3339(self.start)?,
            end: Timestamp::parse_rfc3339(self.end)?,
            src: RecordedEnd {
                ip: self.src_ip.parse().ok()?,
                port: self.src_port,
                place: self.src_place,
                country: country(self.src_country)?,
                packets: self.src_packets,
                bytes: self.src_bytes,
                wire_bytes: self.src_wire_bytes,
            },
            dst: RecordedEnd {
                ip: self.dst_ip.parse().ok()?,
                port: self.dst_port,
                place: self.dst_place,
                country: country(self.dst_country)?,
                packets: self.dst_packets,
                bytes: self.dst_bytes,
                wire_bytes: self.dst_wire_bytes,
            },
            protocol: self.protocol,
            icmp: self.icmp_type.zip(self.icmp_code),
            class: self.class,
            end_reason: self.end_reason,
            flags: self.flags,
        })
    }
}

/// Names of the columns of CSV that are asked for.
const WANTED: [&str; 22] = [
    "start",
    "end",
    "src_ip",
    "src_port",
    "dst_ip",
    "dst_port",
    "protocol",
    "icmp_type",
    "icmp_code",
    "src_place",
    "dst_place",
    "src_country",
    "dst_country",
    "class",
    "src_packets",
    "src_bytes",
    "dst_packets",
    "dst_bytes",
    "src_wire_bytes",
    "dst_wire_bytes",
    "end_reason",
    "flags",
];

/// The record of a row of a CSV file.
fn of_row(columns: &Columns<{ WANTED.len() }>, line: &str) -> Option<Recorded> {
    let row = cells(line.strip_suffix('\r').unwrap_or(line))?;
    let mut wanted = columns.pick(&row)?.into_iter();
    let mut text = || wanted.next();
    // In the order of WANTED.
    let line = Line {
        start: text()?,
        end: text()?,
        src_ip: text()?,
        src_port: text()?.parse().ok()?,
        dst_ip: text()?,
        dst_port: text()?.parse().ok()?,
        protocol: text()?.parse().ok()?,
        icmp_type: maybe(text()?)?,
        icmp_code: maybe(text()?)?,
        src_place: named(text()?)?,
        dst_place: named(text()?)?,
        src_country: Some(text()?).filter(|code| !code.is_empty()),
        dst_country: Some(text()?).filter(|code| !code.is_empty()),
        class: named(text()?)?,
        src_packets: text()?.parse().ok()?,
        src_bytes: text()?.parse().ok()?,
        dst_packets: text()?.parse().ok()?,
        dst_bytes: text()?.parse().ok()?,
        src_wire_bytes: text()?.parse().ok()?,
        dst_wire_bytes: text()?.parse().ok()?,
        end_reason: named(text()?)?,
        flags: {
            let flags = text()?.split(';').filter(|flag| !flag.is_empty());
            flags.map(named).collect::<Option<_>>()?
        },
    };
    line.record()
}

/// A number, or nothing where the cell is empty.
fn maybe(text: &str) -> Option<Option<u8>> {
    match text {
        "" => Some(None),
        text => text.parse().ok().map(Some),
    }
}

/// A value of ours by its name.
fn named<'a, T: Deserialize<'a>>(text: &'a str) -> Option<T> {
    let text: serde::de::value::BorrowedStrDeserializer<'a, ValueError> =
        serde::de::value::BorrowedStrDeserializer::new(text);
    T::deserialize(text.into_deserializer()).ok()
}

/// Counts what is read.
struct Counted(Box<dyn Read>, Rc<Cell<u64>>);

impl Read for Counted {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(to)?;
        self.1.set(self.1.get() + read as u64);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::tests::{any_packet, any_terms, context_under, records_of};
    use crate::export::{FlowRecord, Format, Rendered, render};
    use proptest::prelude::*;

    fn read(bytes: &[u8]) -> Vec<Next> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let mut records = Records::open(file.path()).unwrap();
        let mut found = Vec::new();
        loop {
            match records.read_next().unwrap() {
                Next::End => return found,
                next => found.push(next),
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn both_formats_are_read_as_they_were_written(packets in prop::collection::vec(any_packet(), 1..20), terms in any_terms()) {
            let (ended, paths) = records_of(&packets);
            let context = context_under(&paths, &terms);
            let mut all = Vec::new();
            for format in [Format::Jsonl, Format::Csv] {
                let mut out = Rendered::from(format.header());
                render(format, &ended, 0, &context, &mut out);
                let packed = zstd::encode_all(out.as_bytes(), 1).unwrap();
                let found = read(out.as_bytes());
                prop_assert_eq!(&read(&packed), &found);
                all.push(found);
            }
            prop_assert_eq!(&all[0], &all[1]);
            prop_assert_eq!(all[0].len(), ended.len());
            for (next, ended) in all[0].iter().zip(&ended) {
                let Next::Record(read) = next else { panic!("a damaged line") };
                let record = FlowRecord::new(ended, 0, &context);
                prop_assert_eq!(read.src.ip.to_string(), record.src_ip);
                prop_assert_eq!(read.start.to_string(), record.start);
                prop_assert_eq!(read.dst.wire_bytes, record.dst_wire_bytes);
                prop_assert_eq!(read.dst.country.map(|code| code.to_string()), record.dst_country);
                prop_assert_eq!(&read.flags, &record.flags);
            }
        }
    }

    #[test]
    fn damaged_lines_are_told_and_passed_over() {
        let record = r#"{"start":"2026-10-05T09:00:05.237488000Z","end":"2026-10-05T09:00:05.964331000Z","src_ip":"151.218.155.129","src_port":47894,"dst_ip":"90.195.12.130","dst_port":443,"protocol":6,"icmp_type":null,"icmp_code":null,"src_place":"undetermined","dst_place":"foreign","src_country":null,"dst_country":"GB","class":"undetermined_foreign","scope":"undetermined","initiator":"syn","src_packets":6,"src_bytes":465,"dst_packets":6,"dst_bytes":4391,"src_wire_bytes":573,"dst_wire_bytes":4481,"src_tcp_flags":27,"dst_tcp_flags":19,"vlans":[],"tunnels":[],"end_reason":"tcp_end","geo":"be986cd9f1203726","sensor":"sekisho","seq":0,"flags":[],"authorisation":"self-authorised"}"#;
        let long = "x".repeat(LINE as usize + 5);
        let backwards: String = record.chars().rev().collect();
        let text = format!("{record}\n{backwards}\n{long}\n{record}\n\n\u{0}\n{record}\n{record}");
        let kinds: Vec<u64> = read(text.as_bytes())
            .into_iter()
            .map(|next| match next {
                Next::Damaged(line) => line,
                Next::Record(_) | Next::End => 0,
            })
            .collect();
        assert_eq!(kinds, [0, 2, 3, 0, 5, 6, 0, 8]);
    }
}
