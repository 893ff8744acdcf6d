//! Complete Parquet files of records, read back: what their bytes are, and what matters of their records.

use crate::export::Written;
use crate::export::digest::Digest;
use crate::export::inspect::{InspectError, Inspected};
use crate::flow::Timestamp;
use parquet::column::reader::get_typed_column_reader;
use parquet::data_type::Int64Type;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader as _, RowGroupReader, SerializedFileReader};
use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::path::Path;

/// Values that are read at a time.
const BATCH: usize = 1 << 16;

/// Bytes that are read at a time.
const CHUNK: usize = 128 << 10;

/// Reads a file of records to its end, and what it says of packets, bytes and expiry.
///
/// # Errors
/// [`InspectError`].
pub(in crate::export) fn inspect_open(file: &File, path: &Path) -> Result<Inspected, InspectError> {
    let unreadable = |source| InspectError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let mut digest = digest_of(file).map_err(unreadable)?;
    let copy = file.try_clone().map_err(unreadable)?;
    let (holds, expires) = read(copy).map_err(|error| InspectError::Damaged {
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
fn read(file: File) -> Result<(Written, Option<Timestamp>), ParquetError> {
    let file = SerializedFileReader::new(file)?;
    let mut holds = Written::default();
    let (mut last, mut all_expire) = (None, true);
    for at in 0..file.num_row_groups() {
        let group = file.get_row_group(at)?;
        let rows = u64::try_from(group.metadata().num_rows()).unwrap_or(0);
        holds.records += rows;
        for name in ["src_packets", "dst_packets"] {
            holds.packets = holds.packets.wrapping_add(sum(&*group, name)?);
        }
        for name in ["src_wire_bytes", "dst_wire_bytes"] {
            holds.wire_bytes = holds.wire_bytes.wrapping_add(sum(&*group, name)?);
        }
        let expires = column(&*group, "expires_at")?;
        all_expire &= expires.len() as u64 == rows;
        last = last.max(expires.into_iter().max());
    }
    let expires = last.filter(|_| all_expire);
    Ok((
        holds,
        expires.map(|nanos| Timestamp::from_nanos(nanos.cast_unsigned())),
    ))
}

fn sum(group: &dyn RowGroupReader, name: &str) -> Result<u64, ParquetError> {
    let values = column(group, name)?;
    let values = values.into_iter().map(i64::cast_unsigned);
    Ok(values.fold(0, u64::wrapping_add))
}

/// The values of a column that are there.
fn column(group: &dyn RowGroupReader, name: &str) -> Result<Vec<i64>, ParquetError> {
    let columns = group.metadata().columns();
    let found = columns
        .iter()
        .position(|column| column.column_path().string() == name);
    let missing = || ParquetError::General(format!("no column `{name}`"));
    let reader = group.get_column_reader(found.ok_or_else(missing)?)?;
    let mut reader = get_typed_column_reader::<Int64Type>(reader);
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    loop {
        levels.clear();
        let (rows, _, _) = reader.read_records(BATCH, Some(&mut levels), None, &mut values)?;
        if rows == 0 {
            return Ok(values);
        }
    }
}
