//! The ledger of a sensor that runs: whole after whatever ends it.

use crate::harness::{Capture, Net, PROGRAM, frames_add_up, number, until};
use crate::traffic::{conversations, mixed};
use rustix::process::Signal;
use serde_json::Value;
use std::fs;
use std::process::Command;
use std::thread;
use std::time::Duration;

/// Intervals of a second, and files that are complete as often.
const SETTINGS: &str = "[ledger]\nfolder = \"books\"\ninterval = 1\n\
    [export]\noutput = \"flows/\"\nrotate_secs = 1\n\
    [flow]\nidle = 1\nactive = 1\n\
    [retention]\ndays = 1\n";

/// How often a sensor is killed; the ledger alone is killed more often in its own tests.
const KILLS: u64 = 12;

fn settings(net: &Net) {
    fs::write(net.path("c.toml"), SETTINGS).unwrap();
    fs::create_dir_all(net.path("flows")).unwrap();
}

fn start(net: &Net) -> Capture {
    net.capture(&["-c", "c.toml"])
}

/// What `sekisho verify` finds: nothing.
#[track_caller]
fn verified(net: &Net, more: &[&str]) -> Value {
    let mut command = Command::new(PROGRAM);
    command.args(["verify", "books", "--json"]).args(more);
    let done = command.current_dir(net.folder()).output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{said}");
    serde_json::from_slice(&done.stdout).unwrap()
}

/// The entries of a ledger that has few, in order.
pub(crate) fn entries(net: &Net) -> Vec<Value> {
    let found = fs::read_dir(net.path("books/tile/entries/000.p")).unwrap();
    // One that is being written has another name.
    let widths = found.flatten().filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        Some((name.parse::<u64>().ok()?, entry.path()))
    });
    let widest = widths.max().unwrap();
    let Ok(bytes) = fs::read(widest.1) else {
        // Gone just now: there is a wider one.
        return entries(net);
    };
    let mut rest = &bytes[..];
    let mut entries = Vec::new();
    while let Some((length, behind)) = rest.split_first_chunk::<2>() {
        let (entry, behind) = behind.split_at(u16::from_be_bytes(*length).into());
        entries.push(serde_json::from_slice(entry).unwrap());
        rest = behind;
    }
    entries
}

fn kinds(entries: &[Value], kind: &str) -> usize {
    entries.iter().filter(|entry| entry["kind"] == kind).count()
}

#[test]
fn every_frame_and_every_file_is_in_the_ledger() {
    let Some(net) = Net::new() else { return };
    settings(&net);
    let mut capture = net.capture(&["-c", "c.toml", "--lanes", "2"]);
    let sender = net.sender("va");
    let frames = mixed(21, 5_000);
    let mut sent = sender.repeat(&frames, 2);
    until("an interval is over", || {
        kinds(&entries(&net), "interval") > 1
    });
    capture.signal(Signal::HUP);
    capture.next_line_with("reload");
    sent += sender.repeat(&frames, 2);
    until("a file is complete", || kinds(&entries(&net), "export") > 0);
    capture.done();
    let summary = net.summary();
    let (delivered, dropped) = frames_add_up(&summary);
    assert_eq!(delivered + dropped, sent);
    let found = verified(&net, &["--records", "flows"]);
    assert_eq!(
        found["findings"].as_array().map_or(0, Vec::len),
        0,
        "{found}"
    );
    let entries = entries(&net);
    let last = entries.last().unwrap();
    assert_eq!(last["kind"], "stop");
    assert_eq!(number(last, "/totals/frames/packets"), delivered);
    assert_eq!(
        number(last, "/totals/records"),
        number(&summary, "/flows/exported")
    );
    let in_intervals: u64 = entries
        .iter()
        .filter_map(|entry| entry.pointer("/frames/packets"))
        .filter_map(Value::as_u64)
        .sum();
    assert_eq!(in_intervals, delivered);
    assert_eq!(kinds(&entries, "reload"), 1);
}

#[test]
fn row_29_after_kill_9_the_ledger_goes_on_and_says_what_it_does_not_know() {
    let Some(net) = Net::new() else { return };
    settings(&net);
    let frames = mixed(22, 5_000);
    for nth in 0..KILLS {
        let capture = start(&net);
        net.sender("va").repeat(&frames, 2);
        // Over two intervals, and never at the same moment of one.
        thread::sleep(Duration::from_millis(nth * 1_777 % 2_000));
        capture.signal(Signal::KILL);
        assert_eq!(capture.end().0, None);
        verified(&net, &[]);
    }
    let capture = start(&net);
    net.sender("va").repeat(&frames, 1);
    capture.done();
    verified(&net, &["--records", "flows"]);
    let entries = entries(&net);
    assert_eq!(kinds(&entries, "start") as u64, KILLS + 1);
    assert_eq!(kinds(&entries, "crash_recovered") as u64, KILLS);
    let crashed = |entry: &&Value| entry["kind"] == "gap" && entry["cause"] == "crashed";
    assert_eq!(entries.iter().filter(crashed).count() as u64, KILLS);
    assert_eq!(kinds(&entries, "stop"), 1);
}

#[test]
fn what_is_purged_while_a_sensor_runs_is_in_its_ledger() {
    let Some(net) = Net::new() else { return };
    settings(&net);
    let capture = start(&net);
    net.send(&conversations(100));
    until("a file is complete", || kinds(&entries(&net), "export") > 0);
    let mut purge = Command::new(PROGRAM);
    purge.args(["purge", "-c", "c.toml", "flows", "--before", "2200-01-01"]);
    let done = purge.current_dir(net.folder()).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(
        done.status.success() && said.contains("the sensor that runs"),
        "{said}"
    );
    until("it is entered", || kinds(&entries(&net), "purge") > 0);
    capture.done();
    verified(&net, &["--records", "flows"]);
    // And where none runs.
    let done = purge.current_dir(net.folder()).output().unwrap();
    assert!(done.status.success());
    verified(&net, &["--records", "flows"]);
    let left = fs::read_dir(net.path("books/inbox")).unwrap().count();
    assert_eq!(left, 0);
}

#[test]
fn a_sensor_whose_ledger_cannot_be_written_ends() {
    let Some(net) = Net::new() else { return };
    settings(&net);
    let capture = start(&net);
    // What is no folder any more takes no file.
    fs::rename(net.path("books"), net.path("elsewhere")).unwrap();
    fs::write(net.path("books"), "").unwrap();
    net.send(&conversations(100));
    let (code, said) = capture.end();
    assert_eq!(code, Some(74), "{said}");
    assert_eq!(net.summary()["balanced"], true);
}
