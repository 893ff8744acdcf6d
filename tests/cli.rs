//! The built program, from outside: what it prints, and how it ends.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot start its program has failed"
)]

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

struct Run {
    code: i32,
    out: String,
    err: String,
}

/// Runs the program in a folder of its own, with no terminal, no colour and a plain locale.
fn sekisho_in(folder: &Path, args: &[&str], input: &str) -> Run {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(args)
        .current_dir(folder)
        .env_clear()
        .env("COLUMNS", "100")
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that ends without reading its input closes the pipe: that is its right.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let Output {
        status,
        stdout,
        stderr,
    } = child.wait_with_output().unwrap();
    Run {
        code: status.code().unwrap_or(-1),
        out: String::from_utf8(stdout).unwrap(),
        err: String::from_utf8(stderr).unwrap(),
    }
}

fn sekisho(args: &[&str]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    sekisho_in(folder.path(), args, "")
}

/// The run ended with this code and this one line of error.
#[track_caller]
fn refused(run: &Run, code: i32, line: &str) {
    assert_eq!(run.err, format!("sekisho: {line}\n"));
    assert_eq!((run.code, run.out.as_str()), (code, ""));
}

/// Compares with a golden file; `SEKISHO_ACCEPT=1` writes it.
#[track_caller]
fn golden(name: &str, got: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata/help")
        .join(name);
    if std::env::var_os("SEKISHO_ACCEPT").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, got).unwrap();
    }
    let want = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        got == want,
        "{name} changed; SEKISHO_ACCEPT=1 accepts it:\n{got}"
    );
}

#[test]
fn help_is_as_reviewed() {
    for (name, args) in [
        ("sekisho.txt", &["--help"][..]),
        ("replay.txt", &["replay", "--help"]),
        ("merge.txt", &["merge", "--help"]),
        #[cfg(feature = "live")]
        ("capture.txt", &["capture", "--help"]),
        ("watch.txt", &["watch", "--help"]),
        ("demo.txt", &["demo", "--help"]),
        ("locate.txt", &["locate", "--help"]),
        ("explain.txt", &["explain", "--help"]),
        ("geo.txt", &["geo", "--help"]),
        ("check.txt", &["check", "--help"]),
        ("evaluate.txt", &["evaluate", "--help"]),
        ("purge.txt", &["purge", "--help"]),
        ("summary.txt", &["summary", "--help"]),
        ("report.txt", &["report", "--help"]),
        ("verify.txt", &["verify", "--help"]),
    ] {
        let run = sekisho(args);
        assert_eq!((run.code, run.err.as_str()), (0, ""));
        assert!(run.out.contains("Examples:") || name == "sekisho.txt");
        golden(name, &run.out);
    }
}

#[test]
fn without_a_command_help_goes_to_standard_error() {
    let run = sekisho(&[]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(run.err.contains("Usage: sekisho"));
}

#[test]
fn a_version_is_one_line_on_standard_output() {
    let run = sekisho(&["--version"]);
    assert_eq!(run.code, 0);
    assert_eq!(
        run.out,
        concat!("sekisho ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn what_was_mistyped_is_named_in_one_line() {
    for (args, line) in [
        (
            &["replya", "x.pcap"][..],
            "unknown command: replya: did you mean replay?",
        ),
        (
            &["frobnicate"],
            "unknown command: frobnicate: see sekisho --help, or --help after a command",
        ),
        (
            &["merge", "flows.jsonl"],
            "missing: <SHARD>...: see sekisho --help, or --help after a command",
        ),
        (
            &["check", "a.toml", "b.toml"],
            "one argument too many: b.toml: see sekisho --help, or --help after a command",
        ),
        (
            &["replay", "x.pcap", "--iddle", "3"],
            "unknown option: --iddle: did you mean --idle?",
        ),
        (
            &["replay", "x.pcap", "--allow-domestic"],
            "unknown option: --allow-domestic: see sekisho --help, or --help after a command",
        ),
        (
            &["replay"],
            "missing: <FILE>...: see sekisho --help, or --help after a command",
        ),
        (
            &["explain", "192.0.2.1"],
            "missing: <DST>: see sekisho --help, or --help after a command",
        ),
        (
            &["replay", "x.pcap", "--idle", "soon"],
            "bad value `soon`: --idle <SECS>: give a whole number",
        ),
        (
            &["replay", "x.pcap", "--idle", "0"],
            "`idle` cannot be 0 seconds: --idle: give a whole number from 1 to 10000000000",
        ),
        (
            &["replay", "x.pcap", "--idle"],
            "missing or bad value: --idle <SECS>: see sekisho --help, or --help after a command",
        ),
        (
            &["replay", "x.pcap", "--idle", "1", "--idle", "2"],
            "given twice: --idle <SECS>: see sekisho --help, or --help after a command",
        ),
        (
            &["replay", "x.pcap", "--home", "JA"],
            "`JA` is no country code: --home: did you mean `JP`?",
        ),
        (
            &["replay", "x.pcap", "-o", "udp://a:1", "--format", "csv"],
            "format `csv` does not go to `udp://a:1`: --format: use ipfix or ipfix-uniflow",
        ),
        (
            &["replay", "x.pcap", "-o", "http://192.0.2.1/x"],
            "no output is reached by `http://`: --output: use a path, -, udp://HOST:PORT, tcp://HOST:PORT or kafka://HOST:PORT/TOPIC",
        ),
    ] {
        refused(&sekisho(args), 2, line);
    }
}

#[test]
fn domestic_traffic_cannot_be_authorised_by_any_flag() {
    refused(
        &sekisho(&["replay", "x.pcap", "--authorize", "domestic_domestic"]),
        78,
        "domestic_domestic can never be authorised: --authorize: remove it: traffic between two ends at home is excluded whatever the settings",
    );
}

#[test]
fn an_input_that_is_not_there_ends_with_66_and_its_name_escaped() {
    let run = sekisho(&["replay", "no\u{1b}[2J\n\u{202e}such.pcap"]);
    assert_eq!((run.code, run.out.as_str()), (66, ""));
    assert!(
        run.err.contains("no\\u{1b}[2J\\n\\u{202e}such.pcap"),
        "{}",
        run.err
    );
    assert_eq!(run.err.lines().count(), 1);
    assert!(!run.err.contains('\u{1b}'));
}

#[test]
fn a_bad_configuration_ends_with_78_in_every_command() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("bad.toml"), "[flow]\nidel = 60\n").unwrap();
    let line = "unknown key `idel` in [flow]: bad.toml:2:1: did you mean `idle`?";
    for args in [
        &["check", "bad.toml"][..],
        &["check", "-c", "bad.toml"],
        &["replay", "x.pcap", "-c", "bad.toml"],
        &["demo", "-c", "bad.toml"],
        &["locate", "192.0.2.1", "-c", "bad.toml"],
        &["explain", "192.0.2.1", "192.0.2.2", "-c", "bad.toml"],
        &["geo", "-c", "bad.toml"],
    ] {
        refused(&sekisho_in(folder.path(), args, ""), 78, line);
    }
}

#[test]
fn a_configuration_that_cannot_be_read_says_why() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("binary.toml"), b"\xff\xfe\x00").unwrap();
    for (name, line) in [
        (
            "none.toml",
            "no such configuration: none.toml: check the path",
        ),
        (
            "binary.toml",
            "configuration is not text: binary.toml: write the file in UTF-8",
        ),
        (
            ".",
            "cannot read the configuration (is a directory): .: name a file, not a folder",
        ),
    ] {
        refused(&sekisho_in(folder.path(), &["check", name], ""), 78, line);
    }
}

#[test]
fn check_starts_nothing_and_prints_what_is_in_force() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("good.toml"),
        "sensor = \"tokyo\"\n[flow]\nidle = 5\n",
    )
    .unwrap();
    let run = sekisho_in(
        folder.path(),
        &["check", "good.toml", "--print", "--active", "7"],
        "",
    );
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("sensor = \"tokyo\"\n"));
    assert!(run.out.contains("idle = 5\nactive = 7\n"));
    assert!(
        run.err
            .starts_with("sekisho: fine: good.toml: everything would start"),
        "{}",
        run.err
    );
    // What it prints is a configuration, and the same one.
    fs::write(folder.path().join("printed.toml"), &run.out).unwrap();
    let again = sekisho_in(folder.path(), &["check", "printed.toml", "--print"], "");
    assert_eq!(again.out, run.out);
}

#[test]
fn check_tells_what_is_allowed_but_perhaps_not_meant() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("odd.toml"),
        "[gate]\nauthorize = []\n[flow]\nidle = 600\n",
    )
    .unwrap();
    let run = sekisho_in(folder.path(), &["check", "odd.toml"], "");
    assert_eq!((run.code, run.out.as_str()), (0, ""));
    assert_eq!(
        run.err.matches("sekisho: note: odd.toml: ").count(),
        2,
        "{}",
        run.err
    );
}

#[test]
fn check_finds_outputs_that_could_not_be_written() {
    refused(
        &sekisho(&["check", "-o", "none/flows.jsonl"]),
        74,
        "no folder to write to: none/flows.jsonl: create it, or name another file",
    );
    refused(
        &sekisho(&["check", "--summary", "."]),
        74,
        "output is a folder: .: name a file",
    );
}

#[test]
fn locate_answers_what_it_can_and_names_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let run = sekisho_in(
        folder.path(),
        &["locate", "--json", "-"],
        "\u{feff}8.8.8.8\n# a note\n\nnot an address\u{1b}[2J\n2001:4860:4860::8888\r\n",
    );
    assert_eq!(run.code, 65);
    let answers: Vec<serde_json::Value> = run
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(answers.len(), 2);
    for (answer, ip) in answers.iter().zip(["8.8.8.8", "2001:4860:4860::8888"]) {
        assert_eq!(answer["ip"], ip);
        for key in ["place", "country", "reason", "rule", "sources"] {
            assert!(answer.get(key).is_some(), "{key}");
        }
    }
    assert_eq!(
        run.err,
        "sekisho: not an address: not an address\\u{1b}[2J: give IPv4 or IPv6 without port, prefix length or zone\n"
    );
}

#[test]
fn a_line_that_is_no_text_does_not_stop_the_others() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(["locate", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = b"8.8.8.8\n\xff\xfe\n9.9.9.9";
    child.stdin.take().unwrap().write_all(lines).unwrap();
    let done = child.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(65));
    assert_eq!(String::from_utf8(done.stdout).unwrap().lines().count(), 2);
    assert_eq!(String::from_utf8(done.stderr).unwrap().lines().count(), 1);
}

/// A quarter of a gigabyte more than the program may have.
#[test]
fn a_line_without_end_takes_no_memory() {
    let program = env!("CARGO_BIN_EXE_sekisho");
    let script = format!(
        "ulimit -v 1048576; (head -c 1342177280 /dev/zero; echo; echo 9.9.9.9) | {program} locate -"
    );
    let done = Command::new("sh").args(["-c", &script]).output().unwrap();
    assert_eq!(done.status.code(), Some(65), "{done:?}");
    assert!(done.stdout.starts_with(b"9.9.9.9"));
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(said.starts_with("sekisho: not an address: ") && said.lines().count() == 1);
}

#[test]
fn explain_names_both_ends_and_both_ways() {
    let run = sekisho(&["explain", "8.8.8.8", "9.9.9.9"]);
    assert_eq!(run.code, 0);
    for word in [
        "sender     8.8.8.8",
        "receiver   9.9.9.9",
        "verdict    ",
        "other way  ",
    ] {
        assert!(run.out.contains(word), "{}", run.out);
    }
    refused(
        &sekisho(&["explain", "8.8.8.8:53", "9.9.9.9"]),
        65,
        "not an address: 8.8.8.8:53: give IPv4 or IPv6 without port, prefix length or zone",
    );
}

#[test]
fn a_closed_pipe_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(["locate", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let _ = child
        .stdin
        .take()
        .unwrap()
        .write_all("8.8.8.8\n".repeat(100).as_bytes());
    let done = child.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(0));
    assert_eq!(String::from_utf8(done.stderr).unwrap(), "");
}

#[test]
fn a_full_disk_is_an_output_error() {
    let full = Path::new("/dev/full");
    if !full.exists() {
        eprintln!("skipped: no /dev/full here");
        return;
    }
    let done = Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .arg("--version")
        .stdout(fs::OpenOptions::new().write(true).open(full).unwrap())
        .output()
        .unwrap();
    assert_eq!(done.status.code(), Some(74));
    assert_eq!(
        String::from_utf8(done.stderr).unwrap(),
        "sekisho: cannot write (no space left on device): standard output: check where it leads\n"
    );
}
