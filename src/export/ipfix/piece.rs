//! Data records on their way from whoever renders them to whoever sends them: each with what must be known
//! about it without reading it.

use crate::export::Written;

/// Octets before each record.
const HEAD: usize = 40;

/// A data record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    /// The number of its template.
    pub(super) template: u16,
    /// How addresses are pseudonymised (RFC 6235 §5.2.2); 0 if they are not.
    pub(super) technique: u8,
    /// The latest packet time in it, in nanoseconds.
    pub(super) end: u64,
    /// What it counts for: of two records of one flow, the second counts for no record.
    pub(super) holds: Written,
    /// As it is sent.
    pub(super) record: &'a [u8],
}

/// Makes room for a head; what is behind it is the record.
pub(super) fn begin(out: &mut Vec<u8>) -> usize {
    let at = out.len();
    out.resize(at + HEAD, 0);
    at
}

/// Writes the head of the record that begins there and is whole now.
pub(super) fn end(piece: &Piece<'_>, at: usize, out: &mut [u8]) {
    let Piece {
        template,
        technique,
        end,
        holds,
        record: _,
    } = piece;
    let Some((head, record)) = out
        .get_mut(at..)
        .and_then(|rest| rest.split_first_chunk_mut::<HEAD>())
    else {
        return;
    };
    // No record is as long as a message may be: its texts have 254 octets at most.
    let length = record.len() as u16;
    let counts = [holds.records, holds.answered, holds.one_way].map(|count| count as u8);
    let numbers = [*end, holds.packets, holds.bytes, holds.wire_bytes].map(u64::to_be_bytes);
    let mut fields = [0; HEAD];
    let sizes = [*template, length].map(u16::to_be_bytes);
    let parts = [
        sizes.as_flattened(),
        &[*technique],
        &counts,
        numbers.as_flattened(),
    ];
    for (to, from) in fields.iter_mut().zip(parts.into_iter().flatten()) {
        *to = *from;
    }
    *head = fields;
}

/// The records in what was rendered.
pub(super) struct Pieces<'a>(pub(super) &'a [u8]);

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let (head, rest) = self.0.split_first_chunk::<HEAD>()?;
        let (small, numbers) = head.split_first_chunk::<8>()?;
        let [t0, t1, l0, l1, technique, records, answered, one_way] = *small;
        let (numbers, _) = numbers.as_chunks::<8>();
        let mut numbers = numbers.iter().map(|number| u64::from_be_bytes(*number));
        let [end, packets, bytes, wire_bytes] =
            std::array::from_fn(|_| numbers.next().unwrap_or(0));
        let (record, rest) = rest.split_at_checked(u16::from_be_bytes([l0, l1]).into())?;
        self.0 = rest;
        Some(Piece {
            template: u16::from_be_bytes([t0, t1]),
            technique,
            end,
            holds: Written {
                records: records.into(),
                packets,
                bytes,
                wire_bytes,
                answered: answered.into(),
                one_way: one_way.into(),
                closed: false,
            },
            record,
        })
    }
}
