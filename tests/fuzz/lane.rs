//! Arbitrary bytes as a capture, down the whole road: open, decode, locate, judge, add to flows. Every
//! frame must end in exactly one fate, and the records must hold exactly what was admitted; in one
//! lane, and in two that are joined.
use std::io::{Cursor, Write as _};
use std::ops::ControlFlow;
use std::sync::{Arc, LazyLock};

use sekisho::flow::{self, Ended};
use sekisho::gate::{Authorisation, Policy};
use sekisho::geo::{self, SourceSpec, Table};
use sekisho::lane::{Lane, Settings};
use sekisho::source::{End, Frame, Input, LinkType, Reader};
use sekisho::tally::{Count, Tally};
use sekisho::time::{NANOS_PER_SEC, Timestamp};

/// Bounds one run: a few bytes may unpack to gigabytes.
const MOST_FRAMES: u64 = 20_000;

/// A few blocks at home and abroad.
const STATISTICS: &str = "\
2|apnic|20260922|6|19830613|20260921|+1000
apnic|*|ipv4|*|4|summary
apnic|*|ipv6|*|2|summary
apnic|JP|ipv4|133.0.0.0|16777216|19970301|allocated|A
apnic|JP|ipv4|1.0.16.0|4096|20110412|allocated|A
apnic|US|ipv4|8.0.0.0|16777216|19921201|allocated|B
apnic|DE|ipv4|80.0.0.0|16777216|19950101|allocated|C
apnic|JP|ipv6|2001:200::|32|19990813|allocated|A
apnic|US|ipv6|2600::|12|20061003|allocated|B
";

static SETTINGS: LazyLock<Settings> = LazyLock::new(|| {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(STATISTICS.as_bytes()).expect("room for it");
    let table = Table::build(&geo::Settings {
        sources: vec![SourceSpec::File(file.path().to_owned())],
        ..geo::Settings::default()
    });
    Settings {
        table: Arc::new(table.unwrap_or_else(|error| panic!("{error}"))),
        policy: Policy::new(Authorisation::ALL),
        flow: flow::Settings {
            idle: 60 * NANOS_PER_SEC,
            active: 300 * NANOS_PER_SEC,
            // Few, so that a short input fills the table.
            max_flows: 16,
            seed: 1,
        },
    }
});

/// A frame that outlives its lending.
struct Kept {
    seen: Timestamp,
    wire_len: u32,
    link: LinkType,
    bytes: Vec<u8>,
}

impl Kept {
    fn frame(&self) -> Frame<'_> {
        Frame {
            seen: self.seen,
            wire_len: self.wire_len,
            link: self.link,
            bytes: &self.bytes,
        }
    }
}

/// Ends a lane: what it counted, after a check that its records hold exactly that.
fn finish(lane: Lane, frames: Count) -> Tally {
    let (flows, tally) = lane.finish();
    let mut ended: Vec<Ended> = Vec::new();
    let (_, _, live) = flows.end(&mut ended);
    ended.extend(live.iter());
    let (admitted, excluded) = (tally.admitted(), tally.excluded());
    assert_eq!(admitted.packets + excluded.packets, frames.packets);
    assert_eq!(admitted.bytes + excluded.bytes, frames.bytes);
    assert_eq!(
        ended.iter().map(Ended::packets).sum::<u64>(),
        admitted.packets
    );
    assert_eq!(
        ended.iter().map(Ended::wire_bytes).sum::<u64>(),
        admitted.bytes
    );
    assert!(ended.iter().all(|record| record.start() <= record.end()));
    tally
}

/// What must hold for any input.
pub(crate) fn check(data: &[u8]) {
    let Ok(mut reader) = Reader::new(&Input::Stdin, Cursor::new(data.to_vec())) else {
        return;
    };
    let mut frames = Count::default();
    let mut kept: Vec<Kept> = Vec::new();
    let end = reader.read(|frame| {
        frames.packets += 1;
        frames.bytes += u64::from(frame.wire_len);
        kept.push(Kept {
            seen: frame.seen,
            wire_len: frame.wire_len,
            link: frame.link,
            bytes: frame.bytes.to_vec(),
        });
        if frames.packets < MOST_FRAMES {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    });
    assert!(
        !matches!(end, End::Failed(_)),
        "memory cannot fail to be read"
    );

    let mut alone = Lane::new(&SETTINGS);
    for frame in &kept {
        let _ = alone.pass(&frame.frame());
    }
    let mut first = Lane::new(&SETTINGS);
    let mut second = first.for_range(1);
    let (before, after) = kept.split_at(kept.len() / 2);
    for frame in before {
        let _ = first.pass(&frame.frame());
    }
    for frame in after {
        let _ = second.pass(&frame.frame());
    }
    let one = finish(alone, frames);
    if first.accepts(&mut second) {
        first.absorb(second);
        let joined = finish(first, frames);
        assert!(one.admitted() == joined.admitted() && one.excluded() == joined.excluded());
    }
}
