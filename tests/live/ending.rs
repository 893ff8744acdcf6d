//! How runs end, and clocks that jump.

use crate::harness::{
    Capture, ENDLESS, Net, command, frames_add_up, now, number, packets, records_add_up, within,
};
use crate::traffic::{SERVER, caller, conversations, datagram, mixed, segment};
use rustix::process::Signal;
use std::collections::BTreeSet;
use std::fs;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

#[test]
fn row_38_a_second_signal_ends_at_once() {
    let Some(net) = Net::new() else { return };
    let pipe = net.path("pipe");
    command("mkfifo", &[&pipe.display().to_string()]).unwrap();
    // Open at both ends and never read from: the first signal alone would leave records to wait for.
    let mut both_ends = fs::OpenOptions::new();
    let _reader = both_ends.read(true).write(true).open(pipe).unwrap();
    let mut capture = net.capture(&["-v", "-o", "pipe", "--max-flows", "50"]);
    net.sender("va").repeat(&mixed(13, 20_000), 3);
    capture.signal(Signal::TERM);
    // Two threads that take a signal each at the same moment are one request.
    capture.wait_for("asked to end");
    capture.signal(Signal::INT);
    let (code, said) = capture.end();
    assert_eq!(code, Some(130), "{said}");
}

#[test]
fn row_38_a_million_open_flows_are_accounted_for_within_ten_seconds() {
    const FLOWS: u32 = 1_000_000;
    let Some(net) = Net::new() else { return };
    let mut args = vec!["-o", "flows.jsonl", "--ring-mib", "256"];
    args.extend(ENDLESS);
    within(Duration::from_secs(10), || {
        let capture = net.capture(&args);
        let sender = net.sender("va");
        let first = Ipv4Addr::new(12, 0, 0, 0).to_bits();
        let mut sent = 0;
        for part in 0..FLOWS / 10_000 {
            let numbers = part * 10_000..(part + 1) * 10_000;
            let frames: Vec<_> = numbers
                .map(|n| Ipv4Addr::from_bits(first + n).octets())
                .map(|host| datagram(host, SERVER, [40_000, 53], 60))
                .collect();
            sent += sender.send(&frames);
        }
        let begun = now();
        let (code, said) = capture.finish();
        let took = begun.elapsed();
        let summary = net.summary();
        let (delivered, dropped) = frames_add_up(&summary);
        assert_eq!(delivered + dropped, sent);
        assert!(delivered > u64::from(FLOWS) / 10 * 9, "{dropped} dropped");
        let text = fs::read(net.path("flows.jsonl")).unwrap();
        let lines = text.iter().filter(|byte| **byte == b'\n').count() as u64;
        let lost = number(&summary, "/lost/packets");
        println!("{lines} records after {took:?}, {dropped} frames dropped, {lost} lost");
        // One packet in each record.
        assert_eq!(number(&summary, "/flows/exported"), lines);
        assert_eq!(lines + lost, delivered);
        // A build without optimisation may not write that many; it says so, and is no later for it.
        assert_eq!(code, Some(if lost == 0 { 0 } else { 3 }), "{said}");
        took
    });
}

/// Where libfaketime is, if it is here.
fn faketime() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").ok()?.flatten();
    let mut found = folders
        .map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"))
        .filter(|path| path.is_file());
    found.next()
}

/// The program's own clock is set back; that of the kernel, which gives frames their times, cannot be
/// without setting this machine's.
#[test]
fn row_40_the_wall_clock_steps_and_nothing_comes_of_it() {
    let Some(net) = Net::new() else { return };
    let Some(library) = faketime() else {
        println!("NOT TESTED: no libfaketime here");
        return;
    };
    let frames = conversations(200);
    let clock = net.path("clock");
    let set = |offset: &str| {
        // In one step: the program reads it at any time.
        fs::write(net.path("clock.new"), offset).unwrap();
        fs::rename(net.path("clock.new"), &clock).unwrap();
    };
    fs::create_dir(net.path("out")).unwrap();
    set("+0");
    // A flow is idle after a minute: three days would end it.
    let args = [
        "-o",
        "out/",
        "--rotate-secs",
        "1",
        "--active",
        "10000000000",
    ];
    let mut command = net.program(&["vb"], &args);
    command
        .env("LD_PRELOAD", library)
        .env("FAKETIME_TIMESTAMP_FILE", &clock)
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    let mut capture = Capture::start(command);
    capture.wait_for("capturing: ");
    let offsets = ["-3d", "+0", "+3d", "-3d"];
    for (n, offset) in (0..).zip(offsets) {
        net.send(&frames);
        // One that is over at once, so that there is something to write.
        let (there, back) = ([50_000, 443], [443, 50_000]);
        net.send(&[
            segment(caller(1_000 + n), SERVER, there, 0x12),
            segment(SERVER, caller(1_000 + n), back, 0x11),
            segment(caller(1_000 + n), SERVER, there, 0x14),
        ]);
        set(offset);
        // Ticks of everything that looks at clocks.
        std::thread::sleep(Duration::from_millis(1_500));
        capture.signal(Signal::USR1);
    }
    let begun = now();
    let said = capture.done();
    assert!(begun.elapsed() < Duration::from_secs(10));
    let summary = net.summary();
    assert_eq!(frames_add_up(&summary), (1_612, 0));
    assert!(!said.contains("clock"), "{said}");
    let mut records = Vec::new();
    let mut days = BTreeSet::new();
    for entry in fs::read_dir(net.path("out")).unwrap() {
        let entry = entry.unwrap();
        // Names of files are by the wall clock.
        days.insert(entry.file_name().to_str().unwrap()[..14].to_owned());
        records.extend(net.records(entry.path().to_str().unwrap()));
    }
    records_add_up(&summary, &records);
    let start = records[0]["start"].as_str().unwrap();
    let today = format!("flows-{}", start[..10].replace('-', ""));
    assert!(
        days.iter().any(|day| *day != today),
        "the clock did not step: {days:?}"
    );
    records.retain(|record| record["protocol"] == 17);
    // No flow was cut, and no time is but the kernel's.
    assert_eq!(records.len(), 200);
    assert!(records.iter().all(|record| packets(record) == 8));
    let first = records
        .iter()
        .map(|record| record["start"].as_str().unwrap())
        .min()
        .unwrap();
    let last = records
        .iter()
        .map(|record| record["end"].as_str().unwrap())
        .max()
        .unwrap();
    let seconds = |time: &str| {
        let clock: Vec<f64> = time[11..19]
            .split(':')
            .map(|part| part.parse().unwrap())
            .collect();
        clock[0] * 3_600.0 + clock[1] * 60.0 + clock[2]
    };
    let spanned = (seconds(last) - seconds(first)).rem_euclid(86_400.0);
    assert!(spanned < 600.0, "{first} to {last}");
}
