//! Complete Parquet files of records, read back: what their bytes are, and what their footers say of their
//! records. Pages are not decoded: the crate that does so ends the program where they are damaged.

use crate::export::Written;
use crate::export::digest::Digest;
use crate::export::inspect::{InspectError, Inspected};
use crate::flow::Timestamp;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};
use parquet::file::statistics::Statistics;
use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

/// The first bytes of a file, and its last.
const MAGIC: [u8; 4] = *b"PAR1";

/// Bytes that are read at a time.
const CHUNK: usize = 128 << 10;

/// Reads a file of records to its end, and what it says of records, packets, bytes and expiry.
///
/// # Errors
/// [`InspectError`].
pub(in crate::export) fn inspect_open(file: &File, path: &Path) -> Result<Inspected, InspectError> {
    let unreadable = |source| InspectError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let mut digest = digest_of(file).map_err(unreadable)?;
    let (holds, expires) = read(file).map_err(|error| InspectError::Damaged {
        path: path.to_owned(),
        what: format!("no whole Parquet file of records: {error}"),
    })?;
    digest.count(&holds);
    Ok(Inspected {
        digested: digest.complete("parquet"),
        expires,
    })
}

fn digest_of(mut file: &File) -> io::Result<Digest> {
    let mut digest = Digest::default();
    let mut chunk = vec![0; CHUNK];
    file.rewind()?;
    loop {
        match file.read(&mut chunk) {
            Ok(0) => return Ok(digest),
            Ok(read) => digest.add(chunk.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// What its records count for, and when the last of them expires, if all do.
fn read(file: &File) -> Result<(Written, Option<Timestamp>), String> {
    let metadata = ParquetMetaDataReader::new().parse_and_finish(file);
    let metadata = metadata.map_err(|error| error.to_string())?;
    if !is_whole(file, &metadata).map_err(|error| error.to_string())? {
        return Err("it is shorter or longer than its footer says".to_owned());
    }
    let facts = metadata.file_metadata().key_value_metadata();
    let fact = |key: &str| -> Result<u64, String> {
        let pair = facts.into_iter().flatten().find(|pair| pair.key == key);
        let value = pair.and_then(|pair| pair.value.as_deref()?.parse().ok());
        value.ok_or_else(|| format!("its footer has no `{key}`"))
    };
    let holds = Written {
        records: fact("sekisho.records")?,
        packets: fact("sekisho.packets")?,
        wire_bytes: fact("sekisho.wire_bytes")?,
        ..Written::default()
    };
    let (mut records, mut last, mut all_expire) = (0_u64, None, true);
    for group in metadata.row_groups() {
        let rows = u64::try_from(group.num_rows()).unwrap_or(0);
        records = records.saturating_add(rows);
        let expires = expires(group);
        all_expire &= expires.is_some();
        last = last.max(expires);
    }
    if records != holds.records {
        return Err(format!(
            "{records} records where its footer says {}",
            holds.records
        ));
    }
    Ok((holds, last.filter(|_| all_expire)))
}

/// Whether pages and their indices fill the file, from its first bytes to its footer.
fn is_whole(file: &File, metadata: &ParquetMetaData) -> io::Result<bool> {
    let (mut head, mut tail) = ([0; 4], [0; 8]);
    let len = file.metadata()?.len();
    file.read_exact_at(&mut head, 0)?;
    file.read_exact_at(&mut tail, len.saturating_sub(8))?;
    let [a, b, c, d, magic @ ..] = tail;
    let footer = u64::from(u32::from_le_bytes([a, b, c, d]));
    let columns = metadata
        .row_groups()
        .iter()
        .flat_map(RowGroupMetaData::columns);
    let ends = columns.flat_map(|column| {
        let begin = column
            .dictionary_page_offset()
            .unwrap_or(column.data_page_offset());
        let index = |offset: Option<i64>, length: Option<i32>| {
            offset
                .zip(length)
                .map_or(0, |(offset, length)| offset.saturating_add(length.into()))
        };
        [
            begin.saturating_add(column.compressed_size()),
            index(column.column_index_offset(), column.column_index_length()),
            index(column.offset_index_offset(), column.offset_index_length()),
        ]
    });
    let end = ends.max().unwrap_or(MAGIC.len() as i64);
    let filled = u64::try_from(end)
        .ok()
        .and_then(|end| end.checked_add(footer + 8));
    Ok([head, magic] == [MAGIC; 2] && filled == Some(len))
}

/// When the last record of a row group expires, if all do.
fn expires(group: &RowGroupMetaData) -> Option<Timestamp> {
    let mut columns = group.columns().iter();
    let column = columns.find(|column| column.column_path().string() == "expires_at")?;
    match column.statistics()? {
        Statistics::Int64(known) if known.null_count_opt() == Some(0) => {
            let last = u64::try_from(*known.max_opt()?).ok()?;
            Some(Timestamp::from_nanos(last))
        }
        _ => None,
    }
}
