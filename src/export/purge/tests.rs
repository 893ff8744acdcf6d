//! What goes, what stays, and what is told of it.

use super::*;
use crate::export::{Compress, Format, Rotated, Rotation, Written, csv, inspect};
use sha2::{Digest as _, Sha256};
use std::os::unix::fs::symlink;

const SECOND: u64 = 1_000_000_000;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_nanos(seconds * SECOND)
}

/// A record as far as it matters: two packets, of 120 bytes on the wire.
fn json(expires: Option<u64>) -> String {
    let expires = expires.map(|seconds| format!(",\"expires_at\":\"{}\"", at(seconds)));
    format!(
        "{{\"src_packets\":1,\"dst_packets\":1,\"src_wire_bytes\":60,\"dst_wire_bytes\":60{}}}\n",
        expires.unwrap_or_default()
    )
}

/// Likewise as CSV, with a sensor's name that needs quotation marks.
fn row(expires: Option<u64>) -> String {
    let cells = csv::HEADER.trim_end().split(',').map(|name| match name {
        "src_packets" | "dst_packets" => "1".to_owned(),
        "src_wire_bytes" | "dst_wire_bytes" => "60".to_owned(),
        "sensor" => "\"a \"\"b\"\", c\"".to_owned(),
        "expires_at" => expires
            .map(|seconds| at(seconds).to_string())
            .unwrap_or_default(),
        _ => String::new(),
    });
    let cells: Vec<String> = cells.collect();
    format!("{}\r\n", cells.join(","))
}

fn packed(text: &str) -> Vec<u8> {
    // Frame after frame, as they are written.
    let frames = text.split_inclusive('\n');
    frames
        .flat_map(|line| zstd::encode_all(line.as_bytes(), 3).unwrap())
        .collect()
}

fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = names
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn sha256(bytes: &[u8]) -> String {
    crate::spelling::hex(&Sha256::digest(bytes))
}

#[test]
fn files_go_when_the_last_of_their_records_has_expired() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    let two = json(Some(5)) + &json(Some(3));
    put("a.jsonl", two.as_bytes());
    put("b.jsonl.zst", &packed(&two));
    let rows = [csv::HEADER, &row(Some(5)), &row(Some(4))].concat();
    put("c.csv", rows.as_bytes());
    put("d.csv.zst", &packed(&rows));
    put("e.jsonl.7", two.as_bytes());
    put("late.jsonl", (json(Some(5)) + &json(Some(6))).as_bytes());
    let stay = ["late.jsonl"];
    let go = ["a.jsonl", "b.jsonl.zst", "c.csv", "d.csv.zst", "e.jsonl.7"];
    let digests = go.map(|name| sha256(&fs::read(folder.path().join(name)).unwrap()));
    let paths = [folder.path().to_owned()];

    let none = purge(&paths, at(4), false);
    assert!(none.files.is_empty() && none.left.is_empty());
    assert_eq!(none.not_due, 6);
    let dry = purge(&paths, at(5), true);
    assert_eq!(names(folder.path()).len(), 6);
    let done = purge(&paths, at(5), false);
    assert_eq!(dry.files, done.files);
    assert_eq!(
        (done.not_due, done.left.len(), done.unsynced.len()),
        (1, 0, 0)
    );
    assert_eq!(names(folder.path()), stay);
    for (file, digest) in done.files.iter().zip(&digests) {
        assert_eq!(file.digested.sha256, *digest);
        assert_eq!((file.digested.records, file.digested.packets), (2, 4));
        assert_eq!(file.digested.wire_bytes, 240);
        assert_eq!(file.expired, at(5));
    }
    let formats: Vec<_> = done
        .files
        .iter()
        .map(|file| file.digested.format.as_str())
        .collect();
    assert_eq!(formats, ["jsonl", "jsonl.zst", "csv", "csv.zst", "jsonl"]);
}

#[test]
fn whatever_is_not_all_expired_records_stays_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let put = |name: &str, bytes: &[u8]| fs::write(path(name), bytes).unwrap();
    let expired = json(Some(1));
    put("never.jsonl", (expired.clone() + &json(None)).as_bytes());
    put("never-first.jsonl", (json(None) + &expired).as_bytes());
    put(
        "older.csv",
        b"src_packets,dst_packets,src_wire_bytes,dst_wire_bytes\r\n1,1,60,60\r\n",
    );
    put("empty.jsonl", b"");
    put("header.csv", csv::HEADER.as_bytes());
    // Not complete, not ours, not told by these names.
    for other in [
        "f.jsonl.tmp",
        "f.jsonl.torn",
        "notes.txt",
        "jsonl",
        ".csv",
        "f.zst",
    ] {
        put(other, expired.as_bytes());
    }
    // Damaged.
    put("torn.jsonl", &expired.as_bytes()[..40]);
    put(
        "torn-late.jsonl",
        &(expired.repeat(2)).into_bytes()[..expired.len() + 40],
    );
    put("other.jsonl", b"{\"a\":1}\n");
    put("time.jsonl", expired.replace("1970", "197O").as_bytes());
    put("torn.jsonl.zst", &packed(&expired.repeat(2))[..70]);
    put("rot.jsonl.zst", &{
        let mut bytes = packed(&expired);
        bytes[20] ^= 1;
        bytes
    });
    put("short.csv", [csv::HEADER, "1,2,3\r\n"].concat().as_bytes());
    put(
        "quote.csv",
        [csv::HEADER, &row(Some(1)).replace("c\",", "c,")]
            .concat()
            .as_bytes(),
    );
    // Links are not followed.
    put("target.data", expired.as_bytes());
    symlink(path("target.data"), path("link.jsonl")).unwrap();
    fs::create_dir(path("inside.jsonl")).unwrap();
    fs::write(path("inside.jsonl/a.jsonl"), &expired).unwrap();
    symlink(path("inside.jsonl"), path("folder-link")).unwrap();
    let before = names(folder.path());

    let named = [
        "",
        "notes.txt",
        "link.jsonl",
        "folder-link",
        "none.jsonl",
        "f.jsonl.tmp",
    ];
    let purged = purge(
        &named.map(|name| {
            if name.is_empty() {
                folder.path().to_owned()
            } else {
                path(name)
            }
        }),
        at(9),
        false,
    );
    assert_eq!(names(folder.path()), before);
    assert_eq!(names(&path("inside.jsonl")), ["a.jsonl"]);
    assert!(purged.files.is_empty() && purged.not_due == 0);
    let count = |is: fn(&LeftFile) -> bool| purged.left.iter().filter(|left| is(left)).count();
    assert_eq!(count(|left| matches!(left, LeftFile::NoExpiry(_))), 5);
    assert_eq!(count(|left| matches!(left, LeftFile::Link(_))), 2);
    assert_eq!(count(|left| matches!(left, LeftFile::Missing(_))), 1);
    let damaged = |left: &LeftFile| matches!(left, LeftFile::Unclear(InspectError::Damaged { .. }));
    assert_eq!(count(damaged), 8, "{:?}", purged.left);
    let other = |left: &LeftFile| matches!(left, LeftFile::Unclear(InspectError::Other(_)));
    assert_eq!(count(other), 2);
    assert_eq!(purged.left.len(), 18);
    assert!(
        purged
            .left
            .iter()
            .all(|left| !left.to_string().contains('\n'))
    );
}

#[test]
fn a_file_that_two_paths_name_is_removed_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jsonl");
    fs::write(&path, json(Some(1))).unwrap();
    let purged = purge(
        &[path.clone(), folder.path().to_owned(), path],
        at(1),
        false,
    );
    assert_eq!(purged.files.len(), 1);
    // When its second turn comes, nothing is there any more.
    assert!(matches!(purged.left.as_slice(), [LeftFile::Missing(_)]));
}

#[test]
fn digests_of_an_output_are_those_of_its_files() {
    let rotation = Rotation {
        bytes: u64::MAX,
        nanos: u64::MAX,
    };
    let counts = Written {
        records: 1,
        packets: 2,
        wire_bytes: 120,
        ..Written::default()
    };
    for (format, compress) in [
        (Format::Jsonl, Compress::None),
        (Format::Csv, Compress::None),
        (Format::Jsonl, Compress::Zstd),
        (Format::Csv, Compress::Zstd),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let open =
            || Rotated::open(folder.path(), format, rotation, compress, true, at(0)).unwrap();
        let line = |second| match format {
            Format::Csv => row(Some(second)),
            _ => json(Some(second)),
        };
        // Killed: what it left is recovered by the next one.
        let mut killed = open();
        killed
            .write(&line(0).as_str().into(), &counts, at(0))
            .unwrap();
        killed.tick(at(1)).unwrap();
        drop(killed);
        let mut rotated = open();
        let mut told = rotated.take_completed();
        assert_eq!(told.len(), 1);
        for second in 2..7 {
            rotated
                .write(&line(second).as_str().into(), &counts, at(second))
                .unwrap();
            rotated.tick(at(second)).unwrap();
            if second % 2 == 0 {
                rotated.rotate().unwrap();
                told.extend(rotated.take_completed());
            }
        }
        rotated
            .write(&line(8).as_str().into(), &counts, at(8))
            .unwrap();
        let (figures, last, error) = rotated.finish();
        assert!(error.is_none());
        assert_eq!((figures.files, last.len()), (4, 1));
        told.extend(last);
        let paths = names(folder.path());
        assert_eq!(paths.len(), 5);
        for (name, told) in paths.iter().zip(&told) {
            let path = folder.path().join(name);
            let bytes = fs::read(&path).unwrap();
            assert_eq!(
                (told.sha256.as_str(), told.length),
                (sha256(&bytes).as_str(), bytes.len() as u64)
            );
            assert!(
                name.ends_with(&format!(".{}", told.format)),
                "{name}: {}",
                told.format
            );
            assert_eq!(inspect(&path).unwrap().digested, *told);
        }
        assert_eq!(told.iter().map(|told| told.records).sum::<u64>(), 7);
        // Nobody asked: nothing is told.
        let asked_nothing = Rotated::open(folder.path(), format, rotation, compress, false, at(9));
        let mut rotated = asked_nothing.unwrap();
        rotated
            .write(&line(9).as_str().into(), &counts, at(9))
            .unwrap();
        assert!(rotated.finish().1.is_empty());
    }
}
