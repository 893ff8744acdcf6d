//! Renders ended records, sorts them and writes them.
//!
//! It must never know more of a packet than its record says, and never report a record as written
//! that was not. In: [`Ended`](crate::flow::Ended) records. Out: records in a [`Format`], in files,
//! on standard output, to an IPFIX collector or a Kafka topic; [`Written`] counts for the books, and the digest of every complete file for who asks.
//! Beside that it reads its own files back, and removes those that have expired.

mod collector;
mod community_id;
mod csv;
mod digest;
mod error;
mod file;
mod format;
mod hive;
mod inspect;
mod ipfix;
mod jsonl;
#[cfg(feature = "kafka")]
mod kafka;
mod lines;
#[cfg(feature = "parquet")]
mod parquet;
mod part;
mod profiles;
mod pseudonym;
mod purge;
mod read;
mod record;
mod rendered;
mod rotated;
mod schema;
mod sort;
mod target;
mod terms;
mod text;
mod view;

#[cfg(test)]
mod tests;

use collector::Collector;
pub use collector::Totals;
pub use digest::Digested;
pub use error::Error;
pub use file::{Finished, Output, Written};
pub use format::Format;
pub use inspect::{InspectError, Inspected, inspect};
pub use ipfix::IPFIX_ENTERPRISE;
use profiles::Profile;
pub use pseudonym::{KeyError, PseudonymKey, PseudonymMode, Pseudonyms};
pub use purge::{LeftFile, Purged, PurgedFile, purge};
pub use read::{Next, Recorded, RecordedEnd, Records};
pub use record::{ClassName, EndReasonName, FlowRecord, InitiatorName, Mark, PlaceName, ScopeName};
pub use rendered::Rendered;
pub use rotated::{Compress, Figures, Rotated, Rotation};
pub use schema::schema;
pub use sort::{Order, Sorted, Sorter, heal};
pub use target::{IpEncoding, LedgerPlace, Opening, SpoolPlace, Target, Topic};
pub use terms::{SELF_AUTHORISED, Terms};
pub use view::{Run, RunContext};

/// Renders records, numbered from `first_seq`, at the end of `out`. Pure: parts may be rendered by
/// several threads and put together in order.
pub fn render(
    format: Format,
    records: &[crate::flow::Ended],
    first_seq: u64,
    run: &RunContext<'_>,
    out: &mut Rendered,
) {
    #[cfg(feature = "kafka")]
    if format.is_json() {
        out.each.extend(records.iter().map(Written::of));
    }
    match format {
        Format::Jsonl => jsonl::render(records, first_seq, run, &mut out.bytes),
        Format::Csv => csv::render(records, first_seq, run, &mut out.bytes),
        Format::Ipfix => ipfix::render(false, records, first_seq, run, &mut out.bytes),
        Format::IpfixUniflow => ipfix::render(true, records, first_seq, run, &mut out.bytes),
        #[cfg(feature = "parquet")]
        Format::Parquet => parquet::render(records, first_seq, run, out),
        #[cfg(not(feature = "parquet"))]
        Format::Parquet => {}
        Format::ZeekConn => {
            profiles::render(Profile::Zeek, records, first_seq, run, &mut out.bytes);
        }
        Format::ZeekConnJson => {
            profiles::render(Profile::ZeekJson, records, first_seq, run, &mut out.bytes);
        }
        Format::Ecs => profiles::render(Profile::Ecs, records, first_seq, run, &mut out.bytes),
        Format::Ocsf => profiles::render(Profile::Ocsf, records, first_seq, run, &mut out.bytes),
        Format::Eve => profiles::render(Profile::Eve, records, first_seq, run, &mut out.bytes),
        Format::Null => {}
    }
}

/// Opens what is no file of text.
fn open_collector(opening: &Opening) -> Result<Box<dyn Collector>, Error> {
    #[cfg(feature = "parquet")]
    if let (Format::Parquet, Target::Path(path)) = (opening.format, &opening.target) {
        return Ok(Box::new(parquet::open(path, opening)?));
    }
    #[cfg(feature = "kafka")]
    if let Target::Kafka(topic) = &opening.target {
        return kafka::Kafka::open(topic, opening).map(|kafka| Box::new(kafka) as _);
    }
    match opening.format {
        Format::Ipfix | Format::IpfixUniflow => ipfix::open(opening),
        _ => Err(Error::NoCollector {
            target: opening.target.to_string(),
        }),
    }
}
