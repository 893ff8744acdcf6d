//! Sets of shards that are none, and runs of which there is no part.

use crate::made::{Set, example};
use std::fs;

fn said(set: &Set, arguments: &[&str], code: i32) -> String {
    let run = set.run(arguments).expect_code(code);
    assert!(run.stdout.is_empty());
    String::from_utf8(run.stderr).unwrap()
}

/// Merging these is refused, in one line that holds `what`, and leaves nothing.
#[track_caller]
fn refused(set: &Set, shards: &[&str], code: i32, what: &str) {
    let mut arguments = vec!["merge", "out", "--ledger", "books"];
    arguments.extend(shards);
    let said = said(set, &arguments, code);
    assert!(said.contains(what), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    for left in ["out", "out.tmp", "books", "books.key"] {
        assert!(!set.sandbox.work().join(left).exists(), "{left}");
    }
}

#[test]
fn only_every_shard_of_one_run_once_is_a_set() {
    let frames = example();
    let set = Set::cut(&frames, &[700, 1_400, 2_100]);
    let work = set.sandbox.work();
    let shards = set.shards(3, &[]);
    let [one, two, three] = [&shards[0], &shards[1], &shards[2]].map(String::as_str);
    refused(&set, &[one, three], 65, "1 of 3 shards are missing: 2/3");
    refused(&set, &[two], 65, "2 of 3 shards are missing: 1/3, 3/3");
    refused(
        &set,
        &[one, two, three, two],
        65,
        "shard 2/3 is given twice",
    );
    refused(
        &set,
        &[one, two, "gone", three],
        66,
        "cannot read the shard",
    );
    refused(&set, &[one, "/"], 65, "not a shard");
    let capture = set.sandbox.input("00000.pcap").display().to_string();
    refused(&set, &[one, &capture], 65, "not a shard");

    fs::rename(work.join("shards-3"), work.join("first")).unwrap();
    let [one, two, three] = [1, 2, 3].map(|nth| format!("first/shard-{nth}-of-3.sekisho"));
    let [one, two, three] = [&one, &two, &three].map(String::as_str);
    let halves = set.shards(2, &[]);
    refused(&set, &[one, &halves[1]], 65, "shards of two splits");
    for (flags, what) in [
        (["--idle", "5"], "shards with different settings"),
        (["--home", "US"], "shards with different settings"),
    ] {
        let others = set.shards(3, &flags);
        refused(&set, &[one, two, &others[2]], 78, what);
    }
    set.sandbox.put("00004.pcap", &fs::read(&capture).unwrap());
    let others = set.shards(3, &[]);
    refused(
        &set,
        &[one, two, &others[2]],
        65,
        "shards of different inputs",
    );
    let [out, summary] = ["out", "summary.json"];
    set.run(&["merge", out, one, two, three, "--summary", summary])
        .expect_code(0);
}

#[test]
fn tables_and_lists_must_be_those_of_the_shards() {
    let frames = example();
    let set = Set::cut(&frames, &[700, 1_400]);
    let list = set.sandbox.work().join("home.txt");
    fs::write(&list, "8.8.8.0/24\n").unwrap();
    let listed = ["--domestic-list", "home.txt"];
    let shards = set.shards(2, &listed);
    let shards: Vec<&str> = shards.iter().map(String::as_str).collect();
    fs::write(&list, "8.8.4.0/24\n").unwrap();
    refused(&set, &shards, 78, "other country tables");
    fs::remove_file(&list).unwrap();
    refused(&set, &shards, 78, "home.txt");
}

#[test]
fn a_shard_is_written_whole_for_its_owner_alone_and_never_over_a_capture() {
    use std::os::unix::fs::PermissionsExt as _;
    let frames = example();
    let set = Set::cut(&frames, &[700, 1_400]);
    let shards = set.shards(2, &[]);
    for shard in &shards {
        let mode = set.sandbox.work().join(shard).metadata().unwrap();
        assert_eq!(mode.permissions().mode() & 0o777, 0o600);
    }
    let input = set.inputs[0].as_str();
    let capture = set.sandbox.input("00000.pcap");
    let before = fs::read(&capture).unwrap();
    let name = capture.display().to_string();
    let over = ["replay", input, "--shard", "1/2", "-o", &name];
    assert!(said(&set, &over, 74).contains("output would overwrite a capture"));
    assert_eq!(fs::read(&capture).unwrap(), before);
    let over = ["merge", &shards[0], &shards[0], &shards[1]];
    assert!(said(&set, &over, 74).contains("output would overwrite a shard"));
    let piped = set.run(&["replay", input, "--shard", "1/2"]).expect_code(0);
    assert_eq!(piped.stdout, set.sandbox.read(&shards[0]));
    let nowhere = ["replay", input, "--shard", "1/2", "-o", "no/such"];
    assert!(said(&set, &nowhere, 74).contains("no folder to write to"));
}

#[test]
fn what_has_no_parts_is_refused() {
    let set = Set::cut(&example(), &[700]);
    let input = set.inputs[0].as_str();
    for number in ["0/2", "3/2", "1", "1/65537", "a/b"] {
        said(&set, &["replay", input, "--shard", number, "-o", "out"], 2);
    }
    let half = ["--shard", "1/2", "-o", "out"];
    let with = |more: &[&'static str]| [&["replay", input], &half[..], more].concat();
    assert!(said(&set, &with(&["--ledger", "books"]), 2).contains("`sekisho merge`"));
    said(&set, &with(&["--audit", "books"]), 2);
    let stdin = ["replay", "-", "--shard", "1/2", "-o", "out"];
    assert!(said(&set, &stdin, 2).contains("standard input"));
    let device = ["replay", "/dev/null", "--shard", "1/2", "-o", "out"];
    assert!(said(&set, &device, 65).contains("input is not a file"));
    let work = set.sandbox.work();
    let settings = |text: &str| fs::write(work.join("sekisho.toml"), text).unwrap();
    let configured = with(&["-c", "sekisho.toml"]);
    settings("[ledger]\nfolder = \"books\"\n");
    assert!(said(&set, &configured, 78).contains("give it to `sekisho merge`"));
    fs::write(work.join("key"), "0".repeat(64)).unwrap();
    settings("[pseudonym]\nmode = \"prefix\"\nkey = \"key\"\n");
    assert!(said(&set, &configured, 78).contains("[pseudonym]"));
    assert!(!work.join("out").exists());
}

#[test]
fn row_60_a_shard_of_another_version_is_refused_with_what_to_do() {
    let frames = example();
    let set = Set::cut(&frames, &[1_400]);
    let shards = set.shards(2, &[]);
    let path = set.sandbox.work().join(&shards[1]);
    let mut bytes = fs::read(&path).unwrap();
    assert!(bytes.starts_with(b"sekisho.shard.1\n"));
    bytes[14] = b'2';
    fs::write(&path, bytes).unwrap();
    let what = "give files that `sekisho replay --shard` of this version wrote";
    refused(&set, &[&shards[0], &shards[1]], 65, what);
}
