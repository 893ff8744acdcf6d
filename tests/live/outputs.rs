//! Where records go: whole files in a folder, a disk that fills up, a pipe that nobody reads.

use crate::harness::{
    LONG, Net, command, frames_add_up, now, number, packets, records_add_up, until, within,
};
use crate::traffic::mixed;
use rustix::process::Signal;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

/// Complete files of a folder, oldest first.
fn complete(net: &Net, folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(net.path(folder)).unwrap();
    let mut names: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    names.retain(|name| name.extension().is_some_and(|ending| ending == "jsonl"));
    names.sort();
    names
}

#[test]
fn files_of_a_folder_are_whole_and_hold_every_record_once() {
    let Some(net) = Net::new() else { return };
    let frames = mixed(8, 5_000);
    fs::create_dir(net.path("out")).unwrap();
    // A small table ends records while the run goes on.
    let capture = net.capture(&["-o", "out/", "--max-flows", "50"]);
    net.send(&frames);
    until("a file is complete", || {
        capture.signal(Signal::USR1);
        !complete(&net, "out").is_empty()
    });
    capture.done();
    let summary = net.summary();
    assert_eq!(frames_add_up(&summary), (frames.len() as u64, 0));
    let mut records = Vec::new();
    for name in complete(&net, "out") {
        records.extend(net.records(name.to_str().unwrap()));
    }
    assert!(complete(&net, "out").len() > 1);
    let all = fs::read_dir(net.path("out")).unwrap().count();
    assert_eq!(all, complete(&net, "out").len());
    records_add_up(&summary, &records);
    let numbers = records.iter().map(|record| number(record, "/seq"));
    assert!(numbers.eq(0..records.len() as u64));
}

#[test]
fn a_full_disk_loses_records_that_are_counted_and_space_that_comes_back_is_used() {
    let Some(net) = Net::new() else { return };
    let frames = mixed(9, 20_000);
    fs::create_dir(net.path("disk")).unwrap();
    let disk = net.path("disk").display().to_string();
    if let Err(reason) = command("mount", &["-t", "tmpfs", "-o", "size=8m", "none", &disk]) {
        println!("NOT TESTED: no file system of a given size here: {reason}");
        return;
    }
    let _unmount = Unmount(disk);
    let filler = net.path("disk/filler");
    // All but a little.
    fs::write(&filler, vec![0; (8 << 20) - (64 << 10)]).unwrap();
    let mut capture = net.capture(&["-o", "disk/", "--max-flows", "50"]);
    net.send(&frames);
    capture.wait_for("records are lost: cannot write");
    fs::remove_file(&filler).unwrap();
    net.send(&frames);
    let (code, said) = capture.finish();
    assert_eq!(code, Some(3), "{said}");
    let summary = net.summary();
    assert_eq!(frames_add_up(&summary), (2 * frames.len() as u64, 0));
    assert!(number(&summary, "/lost/records") > 0);
    let mut lines = 0;
    for entry in fs::read_dir(net.path("disk")).unwrap() {
        lines += net.records(entry.unwrap().path().to_str().unwrap()).len();
    }
    assert_eq!(summary["flows"]["exported"], lines);
    assert!(lines > 1_000, "{lines} records");
}

#[test]
fn row_36_an_output_that_stalls_for_good_holds_up_neither_the_capture_nor_the_end() {
    let Some(net) = Net::new() else { return };
    let frames = mixed(13, 20_000);
    command("mkfifo", &[&net.path("pipe").display().to_string()]).unwrap();
    // Open at both ends, and never read from.
    let _reader = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(net.path("pipe"))
        .unwrap();
    within(Duration::from_secs(10), || {
        let capture = net.capture(&["-o", "pipe"]);
        let sent = net.sender("va").repeat(&frames, 10);
        let begun = now();
        let (code, said) = capture.finish();
        let took = begun.elapsed();
        assert_eq!(code, Some(3), "{said}");
        let summary = net.summary();
        assert_eq!(frames_add_up(&summary), (sent, 0));
        assert!(number(&summary, "/lost/records") > 0);
        took
    });
}

#[test]
fn row_36_an_output_that_stalls_for_a_while_costs_neither_frames_nor_records() {
    let Some(net) = Net::new() else { return };
    let frames = mixed(15, 20_000);
    command("mkfifo", &[&net.path("pipe").display().to_string()]).unwrap();
    let mut reader = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(net.path("pipe"))
        .unwrap();
    // A small table ends records while nobody reads.
    let capture = net.capture(&["-o", "pipe", "--max-flows", "50"]);
    let sent = net.sender("va").repeat(&frames, 3);
    std::thread::sleep(Duration::from_secs(1));
    capture.signal(Signal::TERM);
    // Now someone does, until the last record: this end is open for writing too, and sees no end.
    let mut text = Vec::new();
    let reading = std::thread::spawn(move || {
        use std::io::Read as _;
        let mut part = vec![0; 1 << 16];
        let mut lines: Vec<Value> = Vec::new();
        loop {
            let read = reader.read(&mut part).unwrap();
            text.extend_from_slice(&part[..read]);
            while let Some(end) = text.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = text.drain(..=end).collect();
                if line == b"end\n" {
                    return lines;
                }
                lines.push(serde_json::from_slice(&line).unwrap());
            }
        }
    });
    let (code, said) = capture.end();
    fs::OpenOptions::new()
        .write(true)
        .open(net.path("pipe"))
        .and_then(|mut pipe| std::io::Write::write_all(&mut pipe, b"end\n"))
        .unwrap();
    let records = reading.join().unwrap();
    assert_eq!(code, Some(0), "{said}");
    let summary = net.summary();
    assert_eq!(frames_add_up(&summary), (sent, 0));
    records_add_up(&summary, &records);
    assert_eq!(number(&summary, "/lost/records"), 0);
    assert!(records.iter().map(packets).sum::<u64>() > 1_000);
}

#[test]
fn flows_end_on_a_quiet_wire() {
    let Some(net) = Net::new() else { return };
    let frames = mixed(14, 2_000);
    fs::create_dir(net.path("out")).unwrap();
    let args = ["-o", "out/", "--idle", "1", "--rotate-secs", "1"];
    let capture = net.capture(&args);
    net.send(&frames);
    let begun = now();
    // A second, ten of slack, one behind the wall clock, and the ticks.
    until("a record without a packet", || {
        !complete(&net, "out").is_empty()
    });
    assert!(begun.elapsed() < LONG);
    capture.done();
    assert_eq!(frames_add_up(&net.summary()), (frames.len() as u64, 0));
}

struct Unmount(String);

impl Drop for Unmount {
    fn drop(&mut self) {
        let _ = command("umount", &[&self.0]);
    }
}
