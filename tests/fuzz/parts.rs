//! Arbitrary bytes as a classic pcap that lanes walk in parts: wherever the parts begin by guess, what they
//! deliver, mended as the pipeline mends it, is what one reader delivers.

use std::io::{Cursor, Write as _};

use sekisho::source::{End, Input, PcapFile, Reader};

use crate::frames::{Frames, told};

/// What must hold for any input.
pub(crate) fn check(data: &[u8]) {
    let mut file = tempfile::tempfile_in("/dev/shm")
        .or_else(|_| tempfile::tempfile())
        .expect("a temporary file");
    file.write_all(data).expect("room for it");
    let Some(file) = PcapFile::from_file(file).expect("a file of ours") else {
        return;
    };
    let mut whole = Frames::default();
    let mut reader =
        Reader::new(&Input::Stdin, Cursor::new(data.to_vec())).expect("a header that was believed");
    let end = told(&reader.read(|frame| whole.take(frame)));
    for parts in [1, 2, 3, 8] {
        let ranges = file.split(parts).expect("a file of ours");
        assert!(!ranges.is_empty() && ranges.len() as u64 <= parts);
        let mut joined = Frames::default();
        let mut told_last = told(&End::Complete);
        let mut offset = ranges.first().map_or(0, |range| range.start);
        for range in ranges {
            // Behind a wrong guess it begins where the one before truly ended.
            if offset >= range.limit {
                continue;
            }
            let walked = file
                .range(offset, range.limit)
                .read(|frame| joined.take(frame));
            assert!(walked.offset >= offset);
            offset = walked.offset;
            told_last = told(&walked.end);
            if !matches!(walked.end, End::Complete) {
                break;
            }
        }
        assert!(
            joined == whole && told_last == end,
            "{parts}: {told_last}, not {end}"
        );
    }
}
