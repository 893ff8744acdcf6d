//! Rotated outputs, with time as an argument. What needs a process of its own is in `tests/sinks.rs`.

use super::*;
use crate::export::csv;
use crate::time::NANOS_PER_SEC;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::path::PathBuf;

const SECOND: u64 = NANOS_PER_SEC;

const NEVER: Rotation = Rotation {
    bytes: u64::MAX,
    nanos: u64::MAX,
};

/// 2025-11-22T05:49:00Z and so many seconds.
fn at(seconds: u64) -> Timestamp {
    Timestamp::from_nanos(1_763_790_540 * SECOND + seconds * SECOND)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn open(folder: &Path, bytes: u64, seconds: u64) -> Rotated {
    let rotation = Rotation {
        bytes,
        nanos: seconds * SECOND,
    };
    open_as(folder, rotation, Compress::None)
}

fn open_as(target: &Path, rotation: Rotation, compress: Compress) -> Rotated {
    Rotated::open(target, Format::Jsonl, rotation, compress, false, at(0)).unwrap()
}

fn one() -> Written {
    Written {
        records: 1,
        packets: 2,
        bytes: 3,
        wire_bytes: 4,
        answered: 5,
        one_way: 6,
        closed: false,
    }
}

fn of(records: u64) -> Written {
    let mut sum = Written::default();
    (0..records).for_each(|_| sum += one());
    sum
}

fn text(path: &Path) -> String {
    let read = fs::read(path).unwrap();
    let read = match read.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        true => zstd::decode_all(read.as_slice()).unwrap(),
        false => read,
    };
    String::from_utf8(read).unwrap()
}

fn texts(folder: &Path) -> Vec<String> {
    let names = names(folder);
    names.iter().map(|name| text(&folder.join(name))).collect()
}

#[test]
fn files_are_completed_by_size_and_by_time_and_sort_by_time() {
    let folder = tempfile::tempdir().unwrap();
    let mut rotated = open(folder.path(), 4, 60);
    assert!(names(folder.path()).is_empty());
    rotated.write(&"a\n".into(), &one(), at(0)).unwrap();
    rotated.tick(at(59)).unwrap();
    assert_eq!(
        names(folder.path()),
        ["flows-20251122T054900Z-0000.jsonl.tmp"]
    );
    rotated.write(&"b\n".into(), &one(), at(59)).unwrap();
    rotated.tick(at(59)).unwrap();
    rotated.write(&"c\n".into(), &one(), at(59)).unwrap();
    rotated.tick(at(118)).unwrap();
    rotated.tick(at(119)).unwrap();
    rotated.write(&"d\n".into(), &one(), at(119)).unwrap();
    rotated.rotate().unwrap();
    rotated.rotate().unwrap();
    rotated.write(&"e\n".into(), &one(), at(119)).unwrap();
    assert_eq!(rotated.next_seq(), 5);
    let (figures, _, error) = rotated.finish();
    assert!(figures.lost == Written::default() && error.is_none());
    assert_eq!(
        (figures.written, figures.bytes, figures.files),
        (of(5), 10, 4)
    );
    assert_eq!(texts(folder.path()), ["a\nb\n", "c\n", "d\n", "e\n"]);
    assert_eq!(names(folder.path())[3], "flows-20251122T055059Z-0001.jsonl");
}

#[test]
fn a_clock_that_steps_back_does_not_keep_a_file_open() {
    let folder = tempfile::tempdir().unwrap();
    let mut rotated = open(folder.path(), 100, 60);
    let late = Timestamp::from_nanos(at(0).nanos() + 3_600 * SECOND);
    rotated.write(&"a\n".into(), &one(), late).unwrap();
    rotated.tick(at(0)).unwrap();
    assert_eq!(names(folder.path()), ["flows-20251122T064900Z-0000.jsonl"]);
}

#[test]
fn compressed_files_are_whole_at_every_second_and_rotate_by_what_is_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let rotation = Rotation {
        bytes: 150,
        nanos: 60 * SECOND,
    };
    let mut rotated = open_as(folder.path(), rotation, Compress::Zstd);
    let line = "abcdefgh".repeat(100) + "\n";
    let mut expected = String::new();
    let mut second = 0;
    while rotated.figures().files == 0 {
        rotated
            .write(&line.as_str().into(), &one(), at(second))
            .unwrap();
        expected += &line;
        second += 1;
        rotated.tick(at(second)).unwrap();
        assert_eq!(rotated.figures().written, of(second));
        assert_eq!(texts(folder.path()), [expected.as_str()]);
    }
    assert_eq!(
        names(folder.path()),
        ["flows-20251122T054901Z-0000.jsonl.zst"]
    );
    let path = folder.path().join(&names(folder.path())[0]);
    let len = path.metadata().unwrap().len();
    assert!((150..300).contains(&len) && len == rotated.figures().bytes);
    rotated
        .write(&line.as_str().into(), &one(), at(second))
        .unwrap();
    let (figures, _, error) = rotated.finish();
    assert!(error.is_none() && figures.lost == Written::default());
    assert_eq!(figures.written, of(second + 1));
    assert_eq!(texts(folder.path()), [expected.as_str(), line.as_str()]);
}

#[test]
fn much_that_waits_to_be_compressed_does_not_wait_for_the_second() {
    let folder = tempfile::tempdir().unwrap();
    let mut rotated = open_as(folder.path(), NEVER, Compress::Zstd);
    let line = "abcdefg\n".repeat(100_000);
    for _ in 0..10 {
        rotated.write(&line.as_str().into(), &one(), at(0)).unwrap();
    }
    assert_eq!(rotated.figures().written, of(6));
}

#[test]
fn every_file_of_csv_has_its_header() {
    for compress in [Compress::None, Compress::Zstd] {
        let folder = tempfile::tempdir().unwrap();
        let mut rotated =
            Rotated::open(folder.path(), Format::Csv, NEVER, compress, false, at(0)).unwrap();
        for _ in 0..2 {
            rotated.write(&"1\r\n".into(), &one(), at(0)).unwrap();
            rotated.rotate().unwrap();
        }
        let whole = format!("{}1\r\n", csv::HEADER);
        assert_eq!(texts(folder.path()), [whole.as_str(), whole.as_str()]);
    }
}

#[test]
fn a_file_that_is_there_is_never_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let name = folder.path().join("flows-20251122T054900Z-0000.jsonl");
    fs::write(&name, "old").unwrap();
    let mut rotated = open(folder.path(), 100, 60);
    rotated.write(&"new\n".into(), &one(), at(0)).unwrap();
    // Somebody is quicker.
    let begun = folder.path().join("flows-20251122T054900Z-0001.jsonl");
    fs::write(&begun, "other").unwrap();
    let (_, _, error) = rotated.finish();
    assert!(error.is_none());
    assert_eq!(texts(folder.path()), ["old", "other", "new\n"]);
}

#[test]
fn what_cannot_be_written_now_may_be_written_later() {
    for compress in [Compress::None, Compress::Zstd] {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("records/");
        let mut rotated = open_as(&folder, NEVER, compress);
        let early = rotated.write(&"a\n".into(), &of(3), at(0));
        assert!(early.and(rotated.tick(at(1))).is_err());
        assert!(rotated.figures().failing);
        assert_eq!((rotated.figures().lost, rotated.next_seq()), (of(3), 0));
        fs::create_dir(&folder).unwrap();
        rotated.write(&"b\n".into(), &one(), at(2)).unwrap();
        rotated.tick(at(2)).unwrap();
        assert!(!rotated.figures().failing);
        let (figures, _, error) = rotated.finish();
        assert!(error.is_none());
        assert_eq!((figures.written, figures.lost), (one(), of(3)));
        assert_eq!(texts(&folder), ["b\n"]);
    }
}

#[test]
fn a_file_alone_is_completed_when_that_is_asked_for_and_those_before_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("flows.jsonl");
    fs::write(&target, "of a run before\n").unwrap();
    let mut rotated = open_as(&target, Rotation { bytes: 1, nanos: 1 }, Compress::None);
    assert!(rotated.rotates());
    // There is nothing to complete.
    rotated.rotate().unwrap();
    rotated.write(&"a\n".into(), &one(), at(0)).unwrap();
    rotated.tick(at(5)).unwrap();
    assert_eq!(names(folder.path()), ["flows.jsonl", "flows.jsonl.tmp"]);
    rotated.rotate().unwrap();
    assert_eq!(names(folder.path()), ["flows.jsonl", "flows.jsonl.1"]);
    rotated.write(&"b\n".into(), &one(), at(9)).unwrap();
    // As an operator does it.
    fs::rename(&target, folder.path().join("taken")).unwrap();
    rotated.rotate().unwrap();
    rotated.write(&"c\n".into(), &one(), at(9)).unwrap();
    let (figures, _, error) = rotated.finish();
    assert!(error.is_none());
    assert_eq!((figures.written, figures.files), (of(3), 3));
    assert_eq!(
        names(folder.path()),
        ["flows.jsonl", "flows.jsonl.1", "flows.jsonl.2", "taken"]
    );
    assert_eq!(
        texts(folder.path()),
        ["c\n", "of a run before\n", "b\n", "a\n"]
    );
}

#[test]
fn a_run_without_records_leaves_an_empty_file_or_none_in_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("f.jsonl");
    let (_, _, error) = open_as(&target, NEVER, Compress::None).finish();
    assert!(error.is_none());
    let (_, _, error) = open(folder.path(), 1, 1).finish();
    assert!(error.is_none());
    assert_eq!(names(folder.path()), ["f.jsonl"]);
    // A run that did not begin leaves nothing.
    drop(open_as(&target, NEVER, Compress::None));
    assert_eq!(names(folder.path()), ["f.jsonl"]);
}

#[test]
fn row_34_a_file_that_is_removed_is_noticed_within_a_second_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("f.jsonl");
    let temporary = folder.path().join("f.jsonl.tmp");
    for compress in [Compress::None, Compress::Zstd] {
        let mut rotated = open_as(&target, NEVER, compress);
        rotated.write(&"a\n".into(), &of(2), at(0)).unwrap();
        rotated.tick(at(1)).unwrap();
        fs::remove_file(&temporary).unwrap();
        rotated.write(&"b\n".into(), &one(), at(1)).unwrap();
        let error = rotated.tick(at(2)).unwrap_err().to_string();
        assert!(error.starts_with("output removed by someone else: "));
        rotated.write(&"c\n".into(), &of(4), at(3)).unwrap();
        let (figures, _, error) = rotated.finish();
        assert!(error.is_none());
        // What waited to be compressed was not in it.
        let (lost, left) = match compress {
            Compress::None => (3, "c\n"),
            Compress::Zstd => (2, "b\nc\n"),
        };
        assert_eq!((figures.lost, figures.written), (of(lost), of(7 - lost)));
        assert_eq!(text(&target), left);
    }
}

#[test]
fn row_34_a_file_that_is_moved_keeps_what_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let mut rotated = open(folder.path(), u64::MAX, u64::MAX / SECOND);
    rotated.write(&"a\n".into(), &one(), at(0)).unwrap();
    let temporary = folder.path().join(&names(folder.path())[0]);
    fs::rename(&temporary, folder.path().join("moved")).unwrap();
    // Another file that is not ours has its name now.
    fs::write(&temporary, "other").unwrap();
    rotated.write(&"b\n".into(), &one(), at(0)).unwrap();
    rotated.tick(at(1)).unwrap();
    rotated.write(&"c\n".into(), &one(), at(1)).unwrap();
    let (figures, _, error) = rotated.finish();
    assert!(error.is_none() && figures.lost == Written::default());
    assert_eq!(figures.written, of(3));
    assert_eq!(texts(folder.path()), ["other", "c\n", "a\nb\n"]);
}

#[test]
fn row_34_a_file_that_is_emptied_by_others_is_begun_anew() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("f.jsonl");
    let mut rotated = open_as(&target, NEVER, Compress::None);
    rotated.write(&"a\n".into(), &one(), at(0)).unwrap();
    let temporary = folder.path().join("f.jsonl.tmp");
    fs::write(&temporary, "").unwrap();
    let error = rotated.tick(at(1)).unwrap_err().to_string();
    assert!(error.starts_with("output changed by someone else: "));
    rotated.write(&"b\n".into(), &one(), at(1)).unwrap();
    let (figures, _, error) = rotated.finish();
    assert!(error.is_none());
    assert_eq!((figures.lost, figures.written), (one(), one()));
    assert_eq!(text(&target), "b\n");
}

/// What a killed run leaves, with so many bytes cut off.
fn killed(folder: &Path, compress: Compress, cut: u64) -> PathBuf {
    let mut rotated = open_as(folder, NEVER, compress);
    for second in 0..3 {
        rotated
            .write(&"{}\n{}\n".into(), &of(2), at(second))
            .unwrap();
        rotated.tick(at(second + 1)).unwrap();
    }
    drop(rotated);
    let mut names = names(folder);
    names.retain(|name| name.ends_with(".tmp"));
    let left = folder.join(&names[0]);
    let file = fs::OpenOptions::new().write(true).open(&left).unwrap();
    let len = file.metadata().unwrap().len();
    file.set_len(len.saturating_sub(cut)).unwrap();
    left
}

#[test]
fn row_29_what_a_killed_run_left_is_recovered_and_the_torn_end_put_aside() {
    for (compress, cut, whole, torn) in [
        (Compress::None, 0, 6, 0),
        (Compress::None, 1, 5, 2),
        (Compress::None, 4, 4, 2),
        (Compress::None, 17, 0, 1),
        (Compress::Zstd, 0, 6, 0),
        (Compress::Zstd, 1, 4, 18),
        (Compress::Zstd, 20, 2, 18),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let left = killed(folder.path(), compress, cut);
        let name = left.with_extension("");
        drop(open_as(folder.path(), NEVER, compress));
        assert!(!left.exists());
        assert_eq!(name.exists(), whole > 0);
        if whole > 0 {
            assert_eq!(text(&name), "{}\n".repeat(whole), "{compress:?} {cut}");
        }
        let aside = PathBuf::from(format!("{}.torn", name.display()));
        assert_eq!(aside.exists(), torn > 0);
        if torn > 0 {
            let there = aside.metadata().unwrap();
            assert_eq!(there.permissions().mode() & 0o777, 0o600);
            assert_eq!(there.size(), torn, "{compress:?} {cut}");
        }
    }
}

#[test]
fn row_29_a_file_alone_that_was_left_is_kept_beside_those_before_and_after() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("f.jsonl");
    fs::write(&target, "first\n").unwrap();
    fs::write(folder.path().join("f.jsonl.tmp"), "second\nhal").unwrap();
    let mut rotated = open_as(&target, NEVER, Compress::None);
    rotated.write(&"third\n".into(), &one(), at(0)).unwrap();
    let (_, _, error) = rotated.finish();
    assert!(error.is_none());
    assert_eq!(
        names(folder.path()),
        ["f.jsonl", "f.jsonl.1", "f.jsonl.2", "f.jsonl.torn"]
    );
    assert_eq!(
        texts(folder.path()),
        ["third\n", "first\n", "second\n", "hal"]
    );
}

#[test]
fn row_29_nothing_is_recovered_that_is_in_use_or_not_ours() {
    let folder = tempfile::tempdir().unwrap();
    let mut other = open_as(folder.path(), NEVER, Compress::None);
    other.write(&"{}\n".into(), &one(), at(0)).unwrap();
    fs::write(folder.path().join("notes.jsonl.tmp"), "half").unwrap();
    let elsewhere = folder.path().join("elsewhere");
    fs::write(&elsewhere, "kept").unwrap();
    let link = folder.path().join("flows-20251122T054900Z-0007.jsonl.tmp");
    std::os::unix::fs::symlink(&elsewhere, link).unwrap();
    let mut rotated = open_as(folder.path(), NEVER, Compress::None);
    rotated.write(&"{}\n".into(), &one(), at(0)).unwrap();
    assert!(rotated.finish().2.is_none());
    assert!(other.finish().2.is_none());
    assert_eq!(
        names(folder.path()),
        [
            "elsewhere",
            "flows-20251122T054900Z-0000.jsonl",
            "flows-20251122T054900Z-0001.jsonl",
            "notes.jsonl.tmp"
        ]
    );
    assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "kept");
    let target = folder.path().join("f.jsonl");
    let first = open_as(&target, NEVER, Compress::None);
    let second = Rotated::open(&target, Format::Jsonl, NEVER, Compress::None, false, at(0));
    let error = second.err().unwrap().to_string();
    assert!(error.starts_with("cannot write to (in use): "), "{error}");
    drop(first);
}

#[test]
fn row_29_what_a_disk_made_up_is_no_record_and_a_header_alone_neither() {
    let folder = tempfile::tempdir().unwrap();
    let name = |number: u32, ending: &str| {
        let name = format!("flows-20251122T054900Z-{number:04}.{ending}");
        folder.path().join(name)
    };
    fs::write(name(0, "jsonl.tmp"), "{}\n{\"a\0\0\n\0{}\n").unwrap();
    fs::write(name(1, "csv.tmp"), csv::HEADER).unwrap();
    let header = zstd::encode_all(csv::HEADER.as_bytes(), 3).unwrap();
    fs::write(name(2, "csv.zst.tmp"), header).unwrap();
    let mut packed = zstd::encode_all("{}\n".as_bytes(), 3).unwrap();
    packed.extend([0; 4096]);
    fs::write(name(3, "jsonl.zst.tmp"), packed).unwrap();
    drop(open_as(folder.path(), NEVER, Compress::None));
    assert_eq!(
        names(folder.path()),
        [
            "flows-20251122T054900Z-0000.jsonl",
            "flows-20251122T054900Z-0000.jsonl.torn",
            "flows-20251122T054900Z-0003.jsonl.zst",
            "flows-20251122T054900Z-0003.jsonl.zst.torn",
        ]
    );
    assert_eq!(text(&name(0, "jsonl")), "{}\n");
    assert_eq!(text(&name(3, "jsonl.zst")), "{}\n");
}
