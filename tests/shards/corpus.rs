//! The captures of `../shared/corpus`: unrelated, out of order in time, some damaged.

use crate::made::{Set, assert_same};
use std::path::Path;

#[test]
fn shards_of_the_corpus_merge_to_what_one_run_gives() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/captures");
    if !folder.is_dir() {
        println!("SKIPPED: no corpus at ../shared/corpus");
        return;
    }
    let mut set = Set::of(&[]);
    let sets = ["real", "derived", "fuzz", "relocated"];
    set.inputs = sets
        .map(|set| folder.join(set).display().to_string())
        .to_vec();
    for (flags, shares) in [
        (&["--lanes", "1"][..], &[3, 16][..]),
        (
            &[
                "--lanes",
                "3",
                "--idle",
                "1000000000",
                "--active",
                "1000000000",
            ],
            &[5],
        ),
    ] {
        let one = set.one(flags, 1);
        for of in shares {
            let shards = set.shards(*of, flags);
            let (merged, said) = set.merge(&shards, &[], 1);
            assert_same(&one, &merged, &format!("{of} shards"));
            let note = said.lines().find(|line| line.contains("read again"));
            println!("{of} shards: {}", note.unwrap_or("joined"));
        }
    }
}
