//! Sets of captures, what one run makes of them, and what is merged from shards.

use crate::common::{Run, Sandbox};
use sekisho::demo::capture::{Format, pcap_image};
use sekisho::demo::encap::{Gre, gre};
use sekisho::demo::extensions::fragments;
use sekisho::demo::link::{MACS, ethernet};
use sekisho::demo::packet::{Ends, Pdu, ip, udp};
use sekisho::demo::places::{Place, v4};
use sekisho::demo::rng::Rng;
use sekisho::demo::{OwnedFrame, Traffic};
use sekisho::source::LinkType;
use sekisho::time::Timestamp;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

pub(crate) const SECOND: u64 = 1_000_000_000;
pub(crate) const BEGIN: u64 = 1_793_523_600 * SECOND;

/// Everything that a run wrote, by name.
pub(crate) type Left = BTreeMap<PathBuf, Vec<u8>>;

/// Captures in one folder, and runs over them.
pub(crate) struct Set {
    pub(crate) sandbox: Sandbox,
    pub(crate) inputs: Vec<String>,
}

impl Set {
    /// These files, in this order of their names.
    pub(crate) fn of(files: &[Vec<u8>]) -> Self {
        let sandbox = Sandbox::new();
        for (nth, bytes) in files.iter().enumerate() {
            sandbox.put(&format!("{nth:05}.pcap"), bytes);
        }
        let folder = sandbox.input("").display().to_string();
        Self {
            sandbox,
            inputs: vec![folder],
        }
    }

    /// Frames cut into files at these places.
    pub(crate) fn cut(frames: &[OwnedFrame], cuts: &[usize]) -> Self {
        let mut files = Vec::new();
        let mut from = 0;
        for to in cuts.iter().copied().chain([frames.len()]) {
            files.push(pcap_image(&frames[from..to], Format::USUAL));
            from = to;
        }
        Self::of(&files)
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.sandbox.run(arguments, None)
    }

    /// What one run leaves.
    #[track_caller]
    pub(crate) fn one(&self, more: &[&str], code: i32) -> Left {
        let mut arguments = vec!["replay"];
        arguments.extend(self.inputs.iter().map(String::as_str));
        arguments.extend(["-o", "one/records"]);
        arguments.extend(results("one"));
        arguments.extend(more);
        self.begin("one");
        self.run(&arguments).expect_code(code);
        self.left("one")
    }

    /// Makes the shards of a split; their paths.
    #[track_caller]
    pub(crate) fn shards(&self, of: u32, more: &[&str]) -> Vec<String> {
        let folder = format!("shards-{of}/");
        self.begin(&folder);
        for nth in 1..=of {
            let number = format!("{nth}/{of}");
            let mut arguments = vec!["replay"];
            arguments.extend(self.inputs.iter().map(String::as_str));
            arguments.extend(["--shard", &number, "-o", &folder, "--progress", "never"]);
            arguments.extend(more);
            let run = self.run(&arguments);
            let said = String::from_utf8_lossy(&run.stderr).into_owned();
            assert!(matches!(run.code, Some(0 | 1)), "{number}: {said}");
        }
        let names = fs::read_dir(self.sandbox.work().join(&folder)).unwrap();
        let mut names: Vec<String> = names
            .map(|entry| format!("{folder}{}", entry.unwrap().file_name().display()))
            .collect();
        names.sort();
        assert_eq!(names.len(), of as usize, "nothing else is left");
        names
    }

    /// What is merged from these; and what was said.
    #[track_caller]
    pub(crate) fn merge(&self, shards: &[String], more: &[&str], code: i32) -> (Left, String) {
        let mut arguments = vec!["merge", "merged/records"];
        arguments.extend(shards.iter().map(String::as_str));
        arguments.extend(results("merged"));
        arguments.extend(more);
        self.begin("merged");
        let run = self.run(&arguments).expect_code(code);
        let said = String::from_utf8_lossy(&run.stderr).into_owned();
        (self.left("merged"), said)
    }

    fn begin(&self, folder: &str) {
        let folder = self.sandbox.work().join(folder);
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        fs::create_dir(folder).unwrap();
    }

    fn left(&self, folder: &str) -> Left {
        let folder = self.sandbox.work().join(folder);
        let mut left = Left::new();
        collect(&folder, &folder, &mut left);
        left
    }
}

fn results(folder: &'static str) -> [&'static str; 8] {
    let [summary, ledger] = match folder {
        "one" => ["one/summary.json", "one/ledger"],
        _ => ["merged/summary.json", "merged/ledger"],
    };
    [
        "--summary",
        summary,
        "--ledger",
        ledger,
        "--ledger-key",
        "key",
        "--progress",
        "never",
    ]
}

fn collect(root: &Path, folder: &Path, left: &mut Left) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, left);
        } else {
            let name = path.strip_prefix(root).unwrap().to_owned();
            left.insert(name, fs::read(&path).unwrap());
        }
    }
}

/// That both left the same, and something.
#[track_caller]
pub(crate) fn assert_same(one: &Left, merged: &Left, what: &str) {
    let names = |left: &Left| left.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(one), names(merged), "{what}");
    assert!(one.len() > 3, "{what}: a ledger, a summary and records");
    for (name, bytes) in one {
        let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let same = *bytes == merged[name];
        assert!(
            same,
            "{what}: {}\n--- one run\n{}\n--- merged\n{}",
            name.display(),
            shown(bytes),
            shown(&merged[name])
        );
    }
}

/// The frames of `testdata/example.pcap`.
pub(crate) fn example() -> Vec<OwnedFrame> {
    Traffic::new(1, 2_800).collect()
}

/// Ends abroad, none of them anywhere else.
pub(crate) fn abroad(rng: &mut Rng) -> Ends {
    Ends::new(v4(Place::Abroad, rng), v4(Place::Abroad, rng))
}

pub(crate) fn frame(at: u64, packet: Pdu) -> OwnedFrame {
    let bytes = ethernet(MACS, packet).bytes;
    OwnedFrame::whole(Timestamp::from_nanos(at), LinkType(1), bytes)
}

/// A datagram between ends abroad in fragments: plain, or a tunnel between hosts that could be at home.
pub(crate) fn datagram(ends: Ends, id: u32, is_domestic: bool, rng: &mut Rng) -> Vec<Pdu> {
    let payload = rng.bytes(1_000);
    if !is_domestic {
        return fragments(ends, id, &udp(ends, 4_000, 5_000, &payload), 400);
    }
    let inner = Ends::new(v4(Place::Private, rng), v4(Place::Private, rng));
    let packet = ip(inner, udp(inner, 4_000, 5_000, &payload));
    fragments(ends, id, &gre(Gre::default(), packet), 400)
}

/// Fragments that are hard to put together: few ends and identifications, some tunnels of domestic
/// traffic, out of order, late, doubled.
pub(crate) fn torn_datagrams(seed: u64, count: u64) -> Vec<OwnedFrame> {
    let mut rng = Rng::new(seed);
    let pairs: Vec<Ends> = (0..2).map(|_| abroad(&mut rng)).collect();
    let mut frames = Vec::new();
    for nth in 0..count {
        let (id, ends) = (rng.below(3) as u32, *rng.pick(&pairs));
        let is_domestic = rng.percent(25);
        for part in datagram(ends, id, is_domestic, &mut rng) {
            if !rng.percent(15) {
                let most = if rng.percent(30) { 45 } else { 3 };
                let late = rng.below(most);
                let at = BEGIN + (nth * 4 + late) * SECOND + rng.below(1_000) * 1_000;
                frames.push(frame(at, part));
            }
        }
    }
    frames.sort_by_key(|frame| frame.seen);
    frames
}
