//! A writer that is killed at any moment leaves a ledger that holds, with all that it had committed, and
//! the next one goes on from there.

use crate::made::{Numbers, findings, folder, key, open};
use sekisho::ledger::{Error, Event, VerifyOptions, verify};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Where the writer that is to be killed appends; only set in its process.
const FOLDER: &str = "SEKISHO_TEST_LEDGER";
const SEED: &str = "SEKISHO_TEST_SEED";

const KILLS: u64 = 500;
/// Kills that one ledger lives through.
const LIVES: u64 = 10;

/// Not a test by itself: the process that is killed.
#[test]
fn writer_that_is_killed() {
    let Ok(folder) = std::env::var(FOLDER) else {
        return;
    };
    let mut numbers = Numbers::new(std::env::var(SEED).unwrap().parse().unwrap());
    let (mut ledger, opened) = open(Path::new(&folder), &key(1));
    let mut next = opened.entries;
    let mut out = std::io::stdout();
    loop {
        let batch = match numbers.below(4) {
            0 => numbers.below(700),
            _ => numbers.below(9),
        };
        for _ in 0..=batch {
            ledger
                .append(None, Event::ClockStep { nanos: next })
                .unwrap();
            next += 1;
        }
        ledger.commit().unwrap();
        // In one piece, so that it is seen as a whole or not at all.
        out.write_all(format!("committed {next}\n").as_bytes())
            .unwrap();
    }
}

#[test]
fn row_29_what_was_committed_outlasts_a_kill_and_nothing_is_doubled() {
    let mut numbers = Numbers::new(29);
    let mut work = folder();
    let mut committed = 0;
    let mut behind = 0;
    for kill in 0..KILLS {
        if kill % LIVES == 0 {
            work = folder();
            committed = 0;
        }
        let mut writer = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "kill::writer_that_is_killed", "--nocapture"])
            .env(FOLDER, work.path())
            .env(SEED, kill.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(writer.stdout.take().unwrap()).lines();
        let mut listen = |line: Option<std::io::Result<String>>| {
            let line = line?.unwrap();
            let number = line.split("committed ").nth(1).map(|n| n.parse().unwrap());
            committed = number.unwrap_or(committed);
            Some(())
        };
        // Its own head comes first.
        for _ in 0..2 + numbers.below(6) {
            listen(said.next());
        }
        std::thread::sleep(Duration::from_micros(numbers.below(1500)));
        writer.kill().unwrap();
        writer.wait().unwrap();
        while listen(said.next()).is_some() {}

        let found = verify(work.path(), &VerifyOptions::default());
        if matches!(found, Err(Error::NotALedger { .. })) && committed == 0 {
            continue;
        }
        let (entries, found) = found.unwrap();
        assert_eq!(found.findings, [], "kill {kill}");
        assert!(
            entries.len() as u64 >= committed,
            "kill {kill}: {} of {committed}",
            entries.len()
        );
        behind += u64::from(found.entries > committed);
        for (index, entry) in (0..).zip(&entries) {
            assert_eq!(
                entry.event,
                Event::ClockStep { nanos: index },
                "kill {kill}"
            );
        }
        let (mut ledger, opened) = open(work.path(), &key(1));
        assert_eq!(opened.entries, entries.len() as u64, "kill {kill}");
        ledger.commit().unwrap();
        drop(ledger);
        assert_eq!(
            findings(work.path(), &VerifyOptions::default()),
            Vec::<String>::new()
        );
    }
    println!("killed {behind} times of {KILLS} behind a commit that it had not reported");
    // It was killed in the middle of a commit, too, or this showed little.
    assert!(behind > 10, "{behind}");
}
