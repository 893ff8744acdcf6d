//! Arbitrary bytes as a file of records: it is refused with a reason, or its counts are those of its lines,
//! and it reads the same a second time. The first byte chooses the name, by which the format is known.

use std::fs;

use sekisho::export::inspect;

use crate::folder::{folder, says_why};

/// The last is none that is read.
const NAMES: [&str; 5] = ["a.jsonl", "a.csv", "a.jsonl.zst", "a.csv.zst.7", "a.txt"];

/// What must hold for any input.
pub(crate) fn check(data: &[u8]) {
    let Some((which, bytes)) = data.split_first() else {
        return;
    };
    let folder = folder();
    let path = folder.path().join(NAMES[usize::from(*which) % NAMES.len()]);
    fs::write(&path, bytes).expect("room for it");
    match inspect(&path) {
        Err(error) => says_why(&error.to_string()),
        Ok(found) => assert_eq!(inspect(&path).ok(), Some(found)),
    }
}
