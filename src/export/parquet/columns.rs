//! The columns: those of the record, by name and in order, each with its type and where its cells come from.

use super::row::{Row, Rows, Shared};
use crate::export::IpEncoding;
use crate::export::pseudonym::Written as Address;
use crate::export::text::address;
use crate::export::view::{initiator, places, scope};
use crate::flow::{CountryCode, IpVersion, Timestamp};
use parquet::basic::{
    Compression, Encoding, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel,
};
use parquet::data_type::{
    ByteArray, ByteArrayType, DataType, FixedLenByteArray, FixedLenByteArrayType, Int32Type,
    Int64Type,
};
use parquet::errors::Result;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedRowGroupWriter};
use parquet::schema::types::{ColumnPath, Type, TypePtr};
use std::io::Write;
use std::net::Ipv4Addr;
use std::sync::Arc;

/// *Measured* on records of `sekisho demo`; see docs/parquet.md.
const LEVEL: i32 = 3;

/// Where the cells of a column come from, and what they are.
enum Cells {
    /// Unsigned, of so many bits.
    Number(i8, fn(&Row) -> u64),
    MaybeNumber(i8, fn(&Row) -> Option<u64>),
    Time(fn(&Row) -> Timestamp),
    MaybeTime(fn(&Row) -> Option<Timestamp>),
    Text(for<'a> fn(&'a Row, &'a Shared) -> &'a str),
    MaybeText(fn(&Row) -> Option<&str>),
    Address(fn(&Row) -> Address),
    /// Of 16 bits each.
    Numbers(fn(&Row) -> &[u16]),
    Texts(fn(&Row) -> Vec<&'static str>),
}

/// All of them, in the order of the record.
const COLUMNS: [(&str, Cells); 35] = [
    ("start", Cells::Time(|row| row.start)),
    ("end", Cells::Time(|row| row.end)),
    ("src_ip", Cells::Address(|row| row.src_ip)),
    ("src_port", Cells::Number(16, |row| row.src.port.into())),
    ("dst_ip", Cells::Address(|row| row.dst_ip)),
    ("dst_port", Cells::Number(16, |row| row.dst.port.into())),
    ("protocol", Cells::Number(8, |row| row.protocol.into())),
    (
        "icmp_type",
        Cells::MaybeNumber(8, |row| row.icmp.map(|(kind, _)| kind.into())),
    ),
    (
        "icmp_code",
        Cells::MaybeNumber(8, |row| row.icmp.map(|(_, code)| code.into())),
    ),
    ("src_place", Cells::Text(|row, _| places(row.class).0.id())),
    ("dst_place", Cells::Text(|row, _| places(row.class).1.id())),
    (
        "src_country",
        Cells::MaybeText(|row| row.src_country.as_ref().map(CountryCode::as_str)),
    ),
    (
        "dst_country",
        Cells::MaybeText(|row| row.dst_country.as_ref().map(CountryCode::as_str)),
    ),
    ("class", Cells::Text(|row, _| row.class.id())),
    ("scope", Cells::Text(|row, _| scope(row.class))),
    ("initiator", Cells::Text(|row, _| initiator(row.initiator))),
    ("src_packets", Cells::Number(64, |row| row.src.packets)),
    ("src_bytes", Cells::Number(64, |row| row.src.bytes)),
    ("dst_packets", Cells::Number(64, |row| row.dst.packets)),
    ("dst_bytes", Cells::Number(64, |row| row.dst.bytes)),
    (
        "src_wire_bytes",
        Cells::Number(64, |row| row.src.wire_bytes),
    ),
    (
        "dst_wire_bytes",
        Cells::Number(64, |row| row.dst.wire_bytes),
    ),
    (
        "src_tcp_flags",
        Cells::Number(8, |row| row.src.tcp_flags.into()),
    ),
    (
        "dst_tcp_flags",
        Cells::Number(8, |row| row.dst.tcp_flags.into()),
    ),
    ("vlans", Cells::Numbers(|row| row.path.vlans())),
    (
        "tunnels",
        Cells::Texts(|row| {
            row.path
                .tunnels()
                .iter()
                .map(|tunnel| tunnel.name())
                .collect()
        }),
    ),
    ("end_reason", Cells::Text(|row, _| row.end_reason.id())),
    ("geo", Cells::Text(|_, shared| &shared.geo)),
    ("sensor", Cells::Text(|_, shared| &shared.sensor)),
    ("seq", Cells::Number(64, |row| row.seq)),
    ("flags", Cells::Texts(|row| row.flags.clone())),
    (
        "authorisation",
        Cells::Text(|_, shared| &shared.authorisation),
    ),
    (
        "collected_at",
        Cells::MaybeTime(|row| row.expiry.map(|_| row.end)),
    ),
    ("expires_at", Cells::MaybeTime(|row| row.expiry)),
    ("community_id", Cells::MaybeText(Row::community_id)),
];

/// Those that grow from record to record: the differences are smaller than anything else.
const GROWING: [&str; 5] = ["start", "end", "seq", "collected_at", "expires_at"];

/// The schema of a file.
///
/// # Errors
/// None that is known: it is always the same but for addresses.
pub(super) fn schema(ip: IpEncoding) -> Result<TypePtr> {
    let fields = COLUMNS
        .iter()
        .map(|(name, cells)| cells.column(name, ip).map(Arc::new));
    let fields = fields.collect::<Result<Vec<_>>>()?;
    let schema = Type::group_type_builder("sekisho.flow.v1").with_fields(fields);
    schema.build().map(Arc::new)
}

/// How columns are encoded. No time and nothing of this machine is in a file.
///
/// # Errors
/// None that is known: the level is one that there is.
pub(super) fn properties() -> Result<WriterProperties> {
    let mut properties = WriterProperties::builder()
        .set_created_by(concat!("sekisho version ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(LEVEL)?));
    for name in GROWING {
        let path = ColumnPath::from(name);
        properties = properties
            .set_column_dictionary_enabled(path.clone(), false)
            .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
    }
    Ok(properties.build())
}

/// Writes all columns of a row group.
pub(super) fn write<W: Write + Send>(
    rows: &Rows,
    ip: IpEncoding,
    group: &mut SerializedRowGroupWriter<'_, W>,
) -> Result<()> {
    for (_, cells) in &COLUMNS {
        let Some(mut column) = group.next_column()? else {
            break;
        };
        cells.write(rows, ip, &mut column)?;
        column.close()?;
    }
    Ok(())
}

impl Cells {
    fn column(&self, name: &str, ip: IpEncoding) -> Result<Type> {
        let (optional, required) = (Repetition::OPTIONAL, Repetition::REQUIRED);
        match self {
            Self::Number(bits, _) => number(name, *bits, required),
            Self::MaybeNumber(bits, _) => number(name, *bits, optional),
            Self::Time(_) => time(name, required),
            Self::MaybeTime(_) => time(name, optional),
            Self::Text(_) => text(name, required),
            Self::MaybeText(_) => text(name, optional),
            Self::Address(_) if ip == IpEncoding::Text => text(name, required),
            Self::Address(_) => Type::primitive_type_builder(name, Physical::FIXED_LEN_BYTE_ARRAY)
                .with_length(16)
                .with_repetition(required)
                .build(),
            Self::Numbers(_) => list(name, number("element", 16, required)?),
            Self::Texts(_) => list(name, text("element", required)?),
        }
    }

    fn write(
        &self,
        rows: &Rows,
        ip: IpEncoding,
        to: &mut SerializedColumnWriter<'_>,
    ) -> Result<()> {
        let each = rows.rows().iter();
        match self {
            Self::Number(64, cell) => put::<Int64Type>(
                to,
                &each.map(|row| cell(row).cast_signed()).collect::<Vec<_>>(),
                None,
            ),
            Self::Number(_, cell) => put::<Int32Type>(
                to,
                &each.map(|row| cell(row) as i32).collect::<Vec<_>>(),
                None,
            ),
            Self::MaybeNumber(_, cell) => {
                let (cells, levels) = present(each.map(cell));
                let cells: Vec<i32> = cells.into_iter().map(|cell| cell as i32).collect();
                put::<Int32Type>(to, &cells, Some((&levels, None)))
            }
            Self::Time(cell) => put::<Int64Type>(
                to,
                &each.map(|row| nanos(cell(row))).collect::<Vec<_>>(),
                None,
            ),
            Self::MaybeTime(cell) => {
                let (cells, levels) = present(each.map(|row| cell(row).map(nanos)));
                put::<Int64Type>(to, &cells, Some((&levels, None)))
            }
            Self::Text(cell) => {
                let cells = texts(rows.iter().map(|(row, shared)| cell(row, shared)));
                put::<ByteArrayType>(to, &cells, None)
            }
            Self::MaybeText(cell) => {
                let (cells, levels) = present(each.map(cell));
                put::<ByteArrayType>(to, &texts(cells.into_iter()), Some((&levels, None)))
            }
            Self::Address(cell) => match ip {
                IpEncoding::Text => {
                    let cells = sliced(each, |row, out| address(cell(row), out));
                    put::<ByteArrayType>(to, &cells, None)
                }
                IpEncoding::Binary16 => {
                    let cells = sliced(each, |row, out| out.extend(sixteen(cell(row))));
                    let cells: Vec<_> = cells.into_iter().map(FixedLenByteArray::from).collect();
                    put::<FixedLenByteArrayType>(to, &cells, None)
                }
            },
            Self::Numbers(cell) => {
                let (cells, levels, repeats) = flat(each.map(|row| cell(row).iter()));
                let cells: Vec<i32> = cells.into_iter().map(|cell| i32::from(*cell)).collect();
                put::<Int32Type>(to, &cells, Some((&levels, Some(&repeats))))
            }
            Self::Texts(cell) => {
                let (cells, levels, repeats) = flat(each.map(cell));
                put::<ByteArrayType>(
                    to,
                    &texts(cells.into_iter()),
                    Some((&levels, Some(&repeats))),
                )
            }
        }
    }
}

fn number(name: &str, bits: i8, repetition: Repetition) -> Result<Type> {
    let physical = if bits == 64 {
        Physical::INT64
    } else {
        Physical::INT32
    };
    Type::primitive_type_builder(name, physical)
        .with_logical_type(Some(LogicalType::integer(bits, false)))
        .with_repetition(repetition)
        .build()
}

fn time(name: &str, repetition: Repetition) -> Result<Type> {
    Type::primitive_type_builder(name, Physical::INT64)
        .with_logical_type(Some(LogicalType::timestamp(true, TimeUnit::NANOS)))
        .with_repetition(repetition)
        .build()
}

fn text(name: &str, repetition: Repetition) -> Result<Type> {
    Type::primitive_type_builder(name, Physical::BYTE_ARRAY)
        .with_logical_type(Some(LogicalType::String))
        .with_repetition(repetition)
        .build()
}

/// A list of three levels, as the format's page on logical types has it.
fn list(name: &str, element: Type) -> Result<Type> {
    let repeated = Type::group_type_builder("list")
        .with_repetition(Repetition::REPEATED)
        .with_fields(vec![Arc::new(element)])
        .build()?;
    Type::group_type_builder(name)
        .with_logical_type(Some(LogicalType::List))
        .with_repetition(Repetition::REQUIRED)
        .with_fields(vec![Arc::new(repeated)])
        .build()
}

/// Hands cells over, with definition and repetition levels where there are some.
fn put<T: DataType>(
    to: &mut SerializedColumnWriter<'_>,
    cells: &[T::T],
    levels: Option<(&[i16], Option<&[i16]>)>,
) -> Result<()> {
    let (levels, repeats) = levels.unzip();
    to.typed::<T>()
        .write_batch(cells, levels, repeats.flatten())?;
    Ok(())
}

/// Those that are there, and for each whether it is.
fn present<T>(cells: impl Iterator<Item = Option<T>>) -> (Vec<T>, Vec<i16>) {
    let mut levels = Vec::new();
    let cells = cells.inspect(|cell| levels.push(cell.is_some().into()));
    (cells.flatten().collect(), levels)
}

/// Lists as one: their elements, for each whether there is one, and whether it is not the first of its list.
fn flat<T>(lists: impl Iterator<Item: IntoIterator<Item = T>>) -> (Vec<T>, Vec<i16>, Vec<i16>) {
    let (mut cells, mut levels, mut repeats) = (Vec::new(), Vec::new(), Vec::new());
    for list in lists {
        let before = cells.len();
        cells.extend(list);
        let count = cells.len() - before;
        levels.extend(std::iter::repeat_n(i16::from(count > 0), count.max(1)));
        repeats.push(0);
        repeats.extend(std::iter::repeat_n(1, count.saturating_sub(1)));
    }
    (cells, levels, repeats)
}

fn texts<'a>(cells: impl Iterator<Item = &'a str>) -> Vec<ByteArray> {
    sliced(cells, |cell, out| out.extend_from_slice(cell.as_bytes()))
}

/// Cells of bytes, all in one piece of memory.
fn sliced<T>(cells: impl Iterator<Item = T>, write: impl Fn(T, &mut Vec<u8>)) -> Vec<ByteArray> {
    let mut bytes = Vec::new();
    let mut ends = Vec::new();
    for cell in cells {
        write(cell, &mut bytes);
        ends.push(bytes.len());
    }
    let bytes = ByteArray::from(bytes);
    let mut begin = 0;
    let slice = |end| {
        let cell = bytes.slice(begin, end - begin);
        begin = end;
        cell
    };
    ends.into_iter().map(slice).collect()
}

/// Times after the year 2262 are not in the range of the type: the last of it.
fn nanos(time: Timestamp) -> i64 {
    i64::try_from(time.nanos()).unwrap_or(i64::MAX)
}

fn sixteen(address: Address) -> [u8; 16] {
    match address.version {
        IpVersion::V4 => Ipv4Addr::from(address.address as u32)
            .to_ipv6_mapped()
            .octets(),
        IpVersion::V6 => address.address.to_be_bytes(),
    }
}
