//! A live run, in its sandbox: it makes folders, completes files when told, and what it leaves where it is
//! killed the next one removes. Needs root; where that is not given, the test says so and passes.

use crate::files;
use crate::harness::{Net, command, number, until};
use crate::traffic::mixed;
use rustix::process::Signal;
use sekisho::export::inspect;
use std::fs;
use std::io::Write as _;
use std::path::Path;

const PARQUET: [&str; 6] = ["--format", "parquet", "-o", "out/", "--sandbox", "strict"];

fn records(folder: &Path) -> (u64, u64) {
    let whole = files(folder).0;
    let read = whole.iter().map(|path| inspect(path).unwrap().digested);
    read.fold((0, 0), |(records, packets), file| {
        (records + file.records, packets + file.packets)
    })
}

#[test]
fn a_capture_in_its_sandbox_makes_folders_and_completes_files_when_told() {
    let Some(net) = Net::new() else { return };
    let frames = mixed(8, 5_000);
    fs::create_dir(net.path("out")).unwrap();
    let out = net.path("out");
    // A small table ends records while the run goes on.
    let capture = net.capture(&[&PARQUET[..], &["--max-flows", "50"]].concat());
    net.send(&frames);
    until("a file is complete", || {
        capture.signal(Signal::USR1);
        !files(&out).0.is_empty()
    });
    let first = files(&out).0;
    capture.done();
    let summary = net.summary();
    assert!(files(&out).1.is_empty());
    assert!(files(&out).0.len() > first.len());
    let (found, packets) = records(&out);
    assert_eq!(number(&summary, "/flows/exported"), found);
    assert_eq!(number(&summary, "/admitted/packets"), packets);
    assert_eq!(summary["balanced"], true);

    // Killed, it leaves whole files and none that is not under a name.
    let capture = net.capture(&[&PARQUET[..], &["--max-flows", "50"]].concat());
    net.send(&frames);
    capture.signal(Signal::KILL);
    capture.end();
    assert_eq!(records(&out).0, found);
}

/// Unmounted after the test.
struct Unmount(String);

impl Drop for Unmount {
    fn drop(&mut self) {
        let _ = command("umount", &[&self.0]);
    }
}

#[test]
fn a_full_disk_loses_records_that_are_counted_and_space_that_comes_back_in_time_none() {
    let Some(net) = Net::new() else { return };
    let (out, filler) = (net.path("out"), net.path("out/filler"));
    fs::create_dir(&out).unwrap();
    let disk = out.display().to_string();
    if let Err(reason) = command("mount", &["-t", "tmpfs", "-o", "size=2m", "none", &disk]) {
        println!("NOT TESTED: no file system of a given size here: {reason}");
        return;
    }
    let _unmount = Unmount(disk);
    let frames = mixed(9, 20_000);
    for comes_back in [false, true] {
        let before = records(&out);
        let used: u64 = files(&out)
            .0
            .iter()
            .map(|path| path.metadata().unwrap().len())
            .sum();
        fs::write(&filler, vec![0; (2 << 20) - (64 << 10) - 2 * used as usize]).unwrap();
        while fs::OpenOptions::new()
            .append(true)
            .open(&filler)
            .unwrap()
            .write(&[0; 4096])
            .is_ok()
        {}
        let capture = net.capture(&[&PARQUET[..], &["--max-flows", "50"]].concat());
        net.send(&frames);
        until("a file cannot be completed", || {
            capture.signal(Signal::USR1);
            files(&out)
                .1
                .iter()
                .any(|path| path.extension().is_some_and(|e| e == "tmp"))
        });
        if comes_back {
            fs::remove_file(&filler).unwrap();
        }
        let (code, said) = capture.finish();
        let summary = net.summary();
        let lost = number(&summary, "/lost/records");
        if comes_back {
            assert_eq!((code, lost), (Some(0), 0), "{said}");
        } else {
            assert!(said.contains("no space left on device"), "{said}");
            assert!(code == Some(3) && lost > 0, "{said}");
            fs::remove_file(&filler).unwrap();
        }
        assert!(files(&out).1.is_empty());
        let (found, packets) = records(&out);
        assert_eq!(number(&summary, "/flows/exported"), found - before.0);
        let all = packets - before.1 + number(&summary, "/lost/packets");
        assert_eq!(number(&summary, "/admitted/packets"), all);
    }
}

#[test]
fn a_capture_into_one_file_is_refused_before_it_begins() {
    let Some(net) = Net::new() else { return };
    let args = ["-i", "vb", "--format", "parquet", "-o", "f.parquet"];
    let (code, said) = net.refused(&[], &args);
    assert_eq!(code, Some(78), "{said}");
    assert!(said.contains("name a folder as `output`"), "{said}");
}
