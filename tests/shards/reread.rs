//! Where joining cannot be shown to be exact.

use crate::made::{Left, Set, assert_same, example};
use std::fs;
use std::path::Path;

fn evictions(left: &Left) -> u64 {
    let summary: serde_json::Value =
        serde_json::from_slice(&left[Path::new("summary.json")]).unwrap();
    summary["flows"]["evicted"].as_u64().unwrap()
}

#[test]
fn a_table_that_could_have_been_full_has_the_captures_read_again() {
    let frames = example();
    let cuts: Vec<usize> = (1..6).map(|nth| nth * frames.len() / 6).collect();
    let set = Set::cut(&frames, &cuts);
    for flows in ["1", "10", "60", "100"] {
        let few = ["--max-flows", flows];
        let one = set.one(&few, 0);
        let shards = set.shards(3, &few);
        let (merged, said) = set.merge(&shards, &[], 0);
        assert_same(&one, &merged, flows);
        if evictions(&one) > 0 {
            assert!(said.contains("flow table could have been full"), "{said}");
            assert!(said.contains("the captures were read again"), "{said}");
        }
        // One part is one run, whatever its table.
        let (merged, said) = set.merge(&set.shards(1, &few), &[], 0);
        assert_same(&one, &merged, flows);
        assert!(!said.contains("read again"), "{said}");
    }
    assert!(evictions(&set.one(&["--max-flows", "10"], 0)) > 0);
}

#[test]
fn captures_that_are_gone_or_changed_cannot_be_read_again() {
    let frames = example();
    let set = Set::cut(&frames, &[1_000, 2_000]);
    let shards = set.shards(3, &["--max-flows", "10"]);
    let capture = set.sandbox.input("00001.pcap");
    let bytes = fs::read(&capture).unwrap();
    let refused = || {
        let mut arguments = vec!["merge", "out", "--ledger", "ledger"];
        arguments.extend(shards.iter().map(String::as_str));
        let run = set.run(&arguments).expect_code(66);
        let said = String::from_utf8_lossy(&run.stderr).into_owned();
        assert!(said.contains("a capture is gone") && said.contains("00001.pcap"));
        assert_eq!(said.lines().count(), 1, "{said}");
        for left in ["out", "ledger", "ledger.key"] {
            assert!(!set.sandbox.work().join(left).exists(), "{left}");
        }
    };
    fs::write(&capture, &bytes[..bytes.len() - 1]).unwrap();
    refused();
    fs::remove_file(&capture).unwrap();
    refused();
}

#[test]
fn shards_of_a_long_time_need_no_more_room_than_one_run() {
    // Each part would fill a third of the table; what is left of one is gone before the one after the next.
    let frames = example();
    let mut files = Vec::new();
    for nth in 0..8 {
        let mut part = frames[..700].to_vec();
        for frame in &mut part {
            let later = frame.seen.nanos() + nth * 3_600 * crate::made::SECOND;
            frame.seen = sekisho::time::Timestamp::from_nanos(later);
        }
        files.push(sekisho::demo::capture::pcap_image(
            &part,
            sekisho::demo::capture::Format::USUAL,
        ));
    }
    let set = Set::of(&files);
    let enough = ["--max-flows", "300"];
    let one = set.one(&enough, 0);
    assert_eq!(evictions(&one), 0);
    let (merged, said) = set.merge(&set.shards(8, &enough), &[], 0);
    assert_same(&one, &merged, "8 shards");
    assert!(!said.contains("read again"), "{said}");
}
