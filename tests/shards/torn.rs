//! Shards that are torn, altered or made up.

use crate::common::Run;
use crate::made::{BEGIN, SECOND, Set, abroad, frame};
use sekisho::demo::packet::{ip, udp};
use sekisho::demo::rng::Rng;
use sha2::{Digest as _, Sha256};
use std::fs;

const PIECE: usize = 137;

/// Two small shards: their files, and what is in the second.
fn small() -> (Set, Vec<String>, Vec<u8>) {
    let mut rng = Rng::new(8);
    let frames: Vec<_> = (0..6)
        .map(|nth| {
            let ends = abroad(&mut rng);
            let packet = ip(ends, udp(ends, 1, 2, b"x"));
            frame(BEGIN + nth * SECOND, packet)
        })
        .collect();
    let set = Set::cut(&frames, &[3]);
    let shards = set.shards(2, &[]);
    let bytes = set.sandbox.read(&shards[1]);
    (set, shards, bytes)
}

fn merge(set: &Set, shards: &[String], altered: &[u8]) -> Run {
    fs::write(set.sandbox.work().join(&shards[1]), altered).unwrap();
    set.run(&["merge", "out", &shards[0], &shards[1]])
}

#[track_caller]
fn refused(set: &Set, shards: &[String], altered: &[u8], what: &str) {
    let run = merge(set, shards, altered);
    let said = String::from_utf8_lossy(&run.stderr);
    assert_eq!(run.code, Some(65), "{what}: {said}");
    assert_eq!(said.lines().count(), 1, "{what}: {said}");
    assert!(!set.sandbox.work().join("out").exists(), "{what}");
}

/// The same file with a digest that holds.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let covered = bytes.len() - 32;
    let digest = Sha256::digest(&bytes[..covered]);
    bytes[covered..].copy_from_slice(&digest);
    bytes
}

/// The text of the head, and where it lies.
fn head(bytes: &[u8]) -> (std::ops::Range<usize>, String) {
    let end = bytes.len() - 40;
    let length = u64::from_le_bytes(bytes[end..end + 8].try_into().unwrap());
    let range = end - length as usize..end;
    (
        range.clone(),
        String::from_utf8(bytes[range].to_vec()).unwrap(),
    )
}

fn with_head(bytes: &[u8], text: &str) -> Vec<u8> {
    let (range, _) = head(bytes);
    let mut all = bytes[..range.start].to_vec();
    all.extend(text.as_bytes());
    all.extend((text.len() as u64).to_le_bytes());
    all.extend([0; 32]);
    sealed(all)
}

#[test]
fn a_torn_or_altered_shard_is_refused_whatever_is_wrong_with_it() {
    let (set, shards, bytes) = small();
    merge(&set, &shards, &bytes).expect_code(0);
    fs::remove_file(set.sandbox.work().join("out")).unwrap();
    let mut rng = Rng::new(1);
    let step = bytes.len() / 150;
    for at in (0..bytes.len()).step_by(step.max(1)) {
        let mut altered = bytes.clone();
        altered[at] ^= 1 << rng.below(8);
        refused(&set, &shards, &altered, &format!("bit flipped at {at}"));
    }
    for length in [0, 1, 15, 16, 17, 40, 55, 56, 57, 200, bytes.len() - 1] {
        refused(&set, &shards, &bytes[..length], &format!("cut at {length}"));
    }
    let longer = [&bytes[..], &[0]].concat();
    refused(&set, &shards, &longer, "a byte more");
}

#[test]
fn a_shard_that_was_made_up_is_read_to_a_refusal() {
    let (set, shards, bytes) = small();
    let (range, text) = head(&bytes);
    assert_eq!(with_head(&bytes, &text), bytes);
    let end = bytes.len() - 40;
    for length in [
        0,
        1,
        u64::MAX,
        u64::MAX - 100,
        1 << 40,
        range.len() as u64 + PIECE as u64,
    ] {
        let mut altered = bytes.clone();
        altered[end..end + 8].copy_from_slice(&length.to_le_bytes());
        refused(
            &set,
            &shards,
            &sealed(altered),
            &format!("head of {length}"),
        );
    }
    let mut wrong = Vec::new();
    let mut replaced = |old: &str, new: &str| {
        assert!(text.contains(old), "{old} in {text}");
        wrong.push(text.replacen(old, new, 1));
    };
    replaced("\"records\":3", "\"records\":4");
    replaced("\"records\":3", "\"records\":18446744073709551615");
    replaced("\"first\":1", "\"first\":0");
    replaced("\"first\":1", "\"first\":18446744073709551615");
    replaced("\"shard\":[2,2]", "\"shard\":[0,0]");
    replaced("\"shard\":[2,2]", "\"shard\":[3,2]");
    replaced("\"peak\":3", "\"peak\":2");
    replaced("\"evicted\":0", "\"evicted\":18446744073709551615");
    replaced("\"width\":60000000000", "\"width\":0");
    replaced("\"width\":60000000000", "\"width\":90000000000");
    replaced("\"width\":60000000000", "\"width\":18446744073709551615");
    replaced("\"packets\":3", "\"packets\":18446744073709551615");
    replaced("\"vlans\":[]", "\"vlans\":[65535]");
    replaced("\"tunnels\":[]", "\"tunnels\":[\"none\"]");
    replaced("\"vlans\":[]", "\"vlans\":[1,1,1,1,1,1,1,1,1]");
    replaced("{\"shard\"", "{\"more\":0,\"shard\"");
    replaced("\"from\":0", "\"from\":2");
    wrong.extend(["".to_owned(), "{}".to_owned(), "[".repeat(100_000)]);
    for text in &wrong {
        refused(&set, &shards, &with_head(&bytes, text), text);
    }
}

#[test]
fn pieces_that_no_run_gives_are_refused() {
    let (set, shards, bytes) = small();
    let piece = |nth: usize, at: usize| 16 + nth * PIECE + at;
    let altered = |changes: &[(usize, u8)]| {
        let mut altered = bytes.clone();
        for (at, byte) in changes {
            altered[*at] = *byte;
        }
        sealed(altered)
    };
    // Version; class; how it ended; the first address above the second; the time of the last packet.
    let all = |at: usize, byte: u8, count: usize| -> Vec<(usize, u8)> {
        (at..at + count).map(|at| (at, byte)).collect()
    };
    let cases = [
        vec![(piece(0, 13), 5)],
        vec![(piece(1, 15), 7)],
        vec![(piece(2, 136), 8)],
        all(piece(0, 0), 255, 4),
        all(piece(0, 16), 255, 8),
        all(piece(2, 16), 0, 8),
        all(piece(0, 24), 255, 8),
        all(piece(1, 36), 1, 4),
        all(piece(0, 104), 1, 4),
    ];
    for changes in cases {
        refused(&set, &shards, &altered(&changes), &format!("{changes:?}"));
    }
    let mut turned = bytes.clone();
    let (one, two) = (piece(0, 0)..piece(1, 0), piece(1, 0)..piece(2, 0));
    turned[one.clone()].copy_from_slice(&bytes[two.clone()]);
    turned[two].copy_from_slice(&bytes[one]);
    refused(&set, &shards, &sealed(turned), "another order");
    // Any byte, in whatever way: an outcome or a refusal, never a fault of the program.
    let mut rng = Rng::new(2);
    for _ in 0..60 {
        let at = piece(0, 0) + rng.below(bytes.len() as u64 - 48) as usize;
        let run = merge(&set, &shards, &altered(&[(at, rng.next() as u8)]));
        let said = String::from_utf8_lossy(&run.stderr);
        assert!(
            matches!(run.code, Some(0 | 1 | 3 | 65 | 66 | 78)),
            "{at}: {:?} {said}",
            run.code
        );
    }
}

#[test]
fn a_shard_names_no_place_to_write_to() {
    let (set, shards, bytes) = small();
    let (_, text) = head(&bytes);
    let places = [
        ("summary = \\\"\\\"", "summary = \\\"planted\\\""),
        (
            "[ledger]\\nfolder = \\\"\\\"",
            "[ledger]\\nfolder = \\\"planted\\\"",
        ),
        ("state = \\\"\\\"", "state = \\\"planted\\\""),
        ("spool = \\\"\\\"", "spool = \\\"planted\\\""),
    ];
    for (old, new) in places {
        assert!(text.contains(old), "{old} in {text}");
        // In both, or they would be of different runs.
        let first = set.sandbox.read(&shards[0]);
        let planted = |bytes: &[u8]| with_head(bytes, &head(bytes).1.replacen(old, new, 1));
        fs::write(set.sandbox.work().join(&shards[0]), planted(&first)).unwrap();
        refused(&set, &shards, &planted(&bytes), new);
        assert!(!set.sandbox.work().join("planted").exists(), "{new}");
        fs::write(set.sandbox.work().join(&shards[0]), first).unwrap();
    }
}

#[test]
fn a_piece_that_the_table_does_not_admit_is_refused() {
    let (set, shards, bytes) = small();
    let ends = 16..24;
    // Both at home, as a record that claims to be 外外.
    let mut forged = bytes.clone();
    for (at, byte) in ends.zip([1, 16, 0, 1, 2, 16, 0, 1]) {
        forged[at] = byte;
    }
    forged[16 + 15] &= !7;
    refused(&set, &shards, &sealed(forged), "both ends at home");
    // Another class than that of its ends.
    let mut forged = bytes.clone();
    forged[16 + 15] = forged[16 + 15] & !7 | (forged[16 + 15] & 7) ^ 1;
    refused(&set, &shards, &sealed(forged), "another class");
}

#[test]
fn with_a_configuration_only_shards_that_were_made_with_it_are_merged() {
    let (set, shards, bytes) = small();
    let file = set.sandbox.put("site.toml", b"[flow]\nidle = 5\n");
    let file = file.to_str().unwrap();
    let arguments = ["merge", "out", &shards[0], &shards[1], "-c", file];
    let said = set.run(&arguments).expect_code(78).stderr;
    let said = String::from_utf8(said).unwrap();
    assert!(
        said.contains("shards were made with other settings"),
        "{said}"
    );
    merge(&set, &shards, &bytes).expect_code(0);
    let shards = set.shards(2, &["-c", file]);
    let arguments = ["merge", "out", &shards[0], &shards[1], "-c", file];
    set.run(&arguments).expect_code(0);
}
