//! Which inputs are whose part: by their sizes only, so that every machine finds the same.

use super::ShardNumber;
use crate::pipeline::job::Read;
use crate::pipeline::{Failure, FailureKind};
use crate::source::Input;
use crate::spelling::hex;
use sha2::{Digest as _, Sha256};
use std::ops::Range;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// Size of each input in bytes; nothing where it is not there.
///
/// # Errors
/// An input that is there and is no file: what it holds cannot be told from its size.
pub(super) fn sizes(reads: &[Read]) -> Result<Vec<Option<u64>>, Failure> {
    let size = |read: &Read| match &read.input {
        Input::File(path) if read.to_read().is_none() || path.metadata().is_err() => Ok(None),
        Input::File(path) => match path.metadata() {
            Ok(there) if there.is_file() => Ok(Some(there.len())),
            Ok(_) | Err(_) => Err(refused(path.display().to_string())),
        },
        Input::Stdin => Err(refused("standard input".to_owned())),
    };
    reads.iter().map(size).collect()
}

fn refused(place: String) -> Failure {
    let hint = "give files, or folders of them, with --shard";
    Failure::new(FailureKind::NotACapture, "input is not a file", place, hint)
}

/// The part of a list of inputs that is a shard's. Each input is in the part in which its middle lies.
pub(super) fn part(sizes: &[Option<u64>], shard: ShardNumber) -> Range<usize> {
    let size = |size: &Option<u64>| u128::from(size.unwrap_or(0));
    let all: u128 = sizes.iter().map(size).sum();
    let mut before = 0;
    let part_of = |sized: &Option<u64>| {
        let middle = 2 * before + size(sized);
        before += size(sized);
        // Where the last one is empty, its middle is the end of all.
        let part = middle * u128::from(shard.of()) / (2 * all).max(1);
        part.min(u128::from(shard.of()) - 1)
    };
    let parts: Vec<u128> = sizes.iter().map(part_of).collect();
    let nth = u128::from(shard.nth() - 1);
    let first = parts.partition_point(|part| *part < nth);
    first..parts.partition_point(|part| *part <= nth)
}

/// Digest over a list of inputs: their paths, as given, and their sizes.
#[derive(Default)]
pub(super) struct ListDigest(Sha256);

impl ListDigest {
    /// One input more.
    pub(super) fn add(&mut self, path: &Path, size: Option<u64>) {
        let path = path.as_os_str().as_bytes();
        self.0.update((path.len() as u64).to_le_bytes());
        self.0.update(path);
        self.0.update([u8::from(size.is_some())]);
        self.0.update(size.unwrap_or(0).to_le_bytes());
    }

    /// In hex.
    pub(super) fn hex(self) -> String {
        hex(&self.0.finalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(sizes: &[u64], of: u32) -> Vec<Range<usize>> {
        let sizes: Vec<Option<u64>> = sizes.iter().map(|size| Some(*size)).collect();
        let number = |nth| ShardNumber::new(nth, of).unwrap();
        (1..=of).map(|nth| part(&sizes, number(nth))).collect()
    }

    #[test]
    fn parts_follow_each_other_and_leave_nothing_out() {
        let lists: [&[u64]; 7] = [
            &[],
            &[0],
            &[0, 0, 0],
            &[5],
            &[1, 1, 1, 1, 1, 1, 1],
            &[0, 1_000_000, 0, 3, 0],
            &[u64::MAX, u64::MAX, u64::MAX],
        ];
        for sizes in lists {
            for of in [1, 2, 3, 5, 8, 64] {
                let mut at = 0;
                for part in parts(sizes, of) {
                    assert_eq!(part.start, at, "{sizes:?} by {of}");
                    at = part.end;
                }
                assert_eq!(at, sizes.len(), "{sizes:?} by {of}");
            }
        }
    }

    #[test]
    fn parts_are_about_as_large() {
        assert_eq!(parts(&[10, 10, 10, 10], 2), [0..2, 2..4]);
        assert_eq!(parts(&[30, 10, 10, 10], 2), [0..1, 1..4]);
        assert_eq!(parts(&[10, 10, 10, 90], 4), [0..3, 3..3, 3..4, 4..4]);
    }
}
