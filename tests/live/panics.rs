//! Row 39: a fault of the program itself, in what a sensor does beside its lanes. A child, which is this test,
//! panics in what it hands to the library; and the system refuses threads to the program.

use crate::accounts::entries;
use crate::harness::{Capture, Net, PROGRAM};
use rustix::process::Signal;
use sekisho::config::Config;
use sekisho::pipeline::{self, Limits, Reread};
use std::ffi::OsString;
use std::io::Write as _;
use std::process::Command;

/// The exit code of a fault of the program.
const FAULT: i32 = 70;

/// What a message could hold of a packet, and must not.
const SECRET: &str = "203.0.113.77";

/// Not a test: the child.
#[test]
#[ignore = "run by the others"]
fn panics() {
    let Ok(job) = std::env::var("SEKISHO_JOB") else {
        return;
    };
    // As the program begins.
    let _ = sekisho::cli::run(["sekisho", "--version"].map(OsString::from));
    let mut config = Config::default();
    config.capture.interfaces = vec!["vb".to_owned()];
    config.export.output = std::path::Path::new("flows.jsonl").into();
    config.ledger.folder = Some("books".into());
    let reread = Reread {
        file: None,
        load: &|| panic!("{SECRET}"),
    };
    let say = &mut |line: &str| {
        assert!(job != "says" || !line.contains("capturing"), "{SECRET}");
        let _ = writeln!(std::io::stderr(), "{line}");
    };
    let _ = pipeline::capture(&config, Limits::default(), &reread, say);
    // Whoever comes here was not ended.
    std::process::exit(0);
}

/// The ledger tells, at the next start, that the run before broke off.
#[track_caller]
fn the_next_start_tells(net: &Net) {
    let capture = net.capture(&["-o", "flows.jsonl", "--ledger", "books"]);
    capture.done();
    let entries = entries(net);
    let told = entries
        .iter()
        .any(|entry| entry["kind"] == "crash_recovered");
    assert!(told, "{entries:#?}");
}

#[test]
fn row_39_a_panic_at_a_reload_or_beside_the_lanes_ends_the_sensor() {
    let Some(net) = Net::new() else { return };
    for job in ["reload", "says"] {
        let mut command = net.command(std::env::current_exe().unwrap());
        command
            .args(["--exact", "panics::panics", "--ignored", "--nocapture"])
            .env("SEKISHO_JOB", job);
        let mut capture = Capture::start(command);
        if job == "reload" {
            capture.wait_for("capturing: ");
            capture.signal(Signal::HUP);
        }
        let (code, said) = capture.end();
        assert_eq!(code, Some(FAULT), "{job}: {said}");
        assert!(!said.contains(SECRET), "{job}: {said}");
        assert!(
            said.contains("sekisho: internal fault: tests/live/panics.rs:"),
            "{said}"
        );
        the_next_start_tells(&net);
    }
}

#[test]
fn row_39_a_thread_that_the_system_does_not_give_ends_the_sensor_by_the_same_way() {
    let Some(net) = Net::new() else { return };
    let mut ended = 0;
    for number in 1..20 {
        let fault = format!("inject=clone3:error=EAGAIN:when={number}");
        let mut command = net.command("strace");
        command
            .args(["-f", "-qq", "-o", "/dev/null", "-e", &fault, PROGRAM])
            .args(["capture", "-i", "vb", "--lanes", "2", "--duration", "1"])
            .args([
                "-o",
                "flows.jsonl",
                "--ledger",
                "books",
                "--metrics",
                "127.0.0.1:0",
            ]);
        let Ok(done) = command.output() else { break };
        let said = String::from_utf8(done.stderr).unwrap();
        if done.status.code() == Some(0) {
            break;
        }
        if said.contains("ptrace") || said.contains("strace:") {
            println!("NOT TESTED: no strace here, or it may not trace");
            return;
        }
        ended += 1;
        // The endpoint asks for its threads and says that it has none.
        let is_told = matches!(done.status.code(), Some(FAULT | 74));
        assert!(is_told, "{fault}: {:?} {said}", done.status);
        assert!(
            said.lines().last().unwrap().starts_with("sekisho: "),
            "{said}"
        );
    }
    println!("{ended} threads were refused");
    if ended > 0 {
        assert!(ended >= 5);
        let mut verify = Command::new(PROGRAM);
        let verify = verify.args(["verify", "books"]).current_dir(net.folder());
        assert!(verify.output().unwrap().status.success());
        the_next_start_tells(&net);
    }
}
