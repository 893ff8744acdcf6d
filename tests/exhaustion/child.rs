//! The built program on a capture that is made while it reads, and the most memory that it held.

use crate::world;
use std::fs;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What a run left.
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) summary: serde_json::Value,
    /// The most that it held, in MiB.
    pub(crate) peak: u64,
    /// How long it took, to print.
    pub(crate) seconds: f64,
}

impl Run {
    /// A number of the summary, by its JSON pointer.
    pub(crate) fn number(&self, pointer: &str) -> u64 {
        let number = self.summary.pointer(pointer);
        number
            .and_then(serde_json::Value::as_u64)
            .unwrap_or_else(|| panic!("no {pointer}"))
    }

    /// Every packet is in the books, and they balance.
    #[track_caller]
    pub(crate) fn all_accounted(&self, packets: u64) {
        assert_eq!(
            self.summary.pointer("/balanced"),
            Some(&serde_json::Value::Bool(true))
        );
        assert_eq!(self.number("/frames/packets"), packets);
        let (admitted, excluded) = (
            self.number("/admitted/packets"),
            self.number("/excluded/packets"),
        );
        assert_eq!(admitted + excluded, packets);
    }
}

/// Replays what `write` writes, or a file.
#[expect(
    clippy::disallowed_methods,
    reason = "this measures; nothing in it is part of the road"
)]
pub(crate) fn replay(
    arguments: &[&str],
    input: Option<&Path>,
    write: impl FnOnce(&mut BufWriter<ChildStdin>) + Send,
) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("delegated.txt");
    fs::write(&table, world::STATISTICS).unwrap();
    let summary = folder.path().join("summary.json");
    let began = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .arg("replay")
        .arg(input.unwrap_or(Path::new("-")))
        .args(["--format", "null", "--progress", "never", "--geo"])
        .arg(&table)
        .arg("--summary")
        .arg(&summary)
        .args(arguments)
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let stdin = child.stdin.take().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let done = AtomicBool::new(false);
    let (code, peak) = std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut peak = 0;
            while !done.load(Ordering::Relaxed) {
                peak = peak.max(high_water(&status));
                std::thread::sleep(Duration::from_millis(1));
            }
            peak
        });
        scope.spawn(move || {
            if input.is_none() {
                let mut stdin = BufWriter::with_capacity(1 << 20, stdin);
                write(&mut stdin);
                // The program may have had enough.
                let _ = stdin.flush();
            }
        });
        let code = child.wait().unwrap().code();
        done.store(true, Ordering::Relaxed);
        (code, watch.join().unwrap())
    });
    let seconds = began.elapsed().as_secs_f64();
    let summary = fs::read(&summary).map_or(serde_json::Value::Null, |json| {
        serde_json::from_slice(&json).unwrap()
    });
    Run {
        code,
        summary,
        peak: peak >> 10,
        seconds,
    }
}

/// `VmHWM` in KiB; it only grows, so the last value read is nearly the last there was.
fn high_water(status: &str) -> u64 {
    let status = fs::read_to_string(status).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// The header of a capture of raw IP.
pub(crate) fn header() -> Vec<u8> {
    let mut header = Vec::new();
    header.extend(0xa1b2_c3d4_u32.to_le_bytes());
    header.extend([2, 0, 4, 0]);
    header.extend([0; 8]);
    header.extend(262_144_u32.to_le_bytes());
    header.extend(101_u32.to_le_bytes());
    header
}

/// A record of a capture, at so many microseconds after a moment.
pub(crate) fn record(to: &mut impl Write, micros: u64, packet: &[u8]) -> std::io::Result<()> {
    let seconds = (1_760_000_000 + micros / 1_000_000) as u32;
    to.write_all(&seconds.to_le_bytes())?;
    to.write_all(&((micros % 1_000_000) as u32).to_le_bytes())?;
    let length = (packet.len() as u32).to_le_bytes();
    to.write_all(&length)?;
    to.write_all(&length)?;
    to.write_all(packet)
}
