//! `sekisho summary`: what is in files of records, as tables.

mod json;
mod table;
mod tally;

use std::io;
use std::path::{Path, PathBuf};

use super::args::SummaryArgs;
use super::exit::Exit;
use super::flags;
use super::progress::Bar;
use super::talk::{Problem, Talk};
use super::terminal::Style;
use crate::export::{Next, Records};
use crate::pipeline::Progress as _;
use crate::spelling::reason;
use clap::ValueEnum;
use std::io::IsTerminal as _;
use tally::{KEPT, Tally};

/// Damaged lines of a file that are told one by one.
const TOLD: u64 = 3;

/// A file whose first lines, so many, are no records is none of records.
const PATIENCE: u64 = 16;

/// Records between two steps of the bar.
const STEP: u64 = 4_096;

/// What the tables are ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum By {
    /// Bytes on the wire.
    #[default]
    Bytes,
    /// Packets.
    Packets,
    /// Records.
    Flows,
}

impl By {
    /// The text in flags and output.
    pub(super) const fn id(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Packets => "packets",
            Self::Flows => "flows",
        }
    }
}

/// What was read.
struct Read {
    tally: Tally,
    /// Files that were read, to their end or not.
    files: u64,
    /// By file, the lines that are no records; one more where it could not be read on.
    damaged: Vec<(PathBuf, u64)>,
    /// The worst that was met.
    exit: Exit,
}

pub(super) fn run(args: &SummaryArgs, talk: &mut Talk) -> Result<Exit, Problem> {
    flags::listen(&args.talk);
    let files = files(&args.records)?;
    let bar = Bar::of("records", args.wants_bar() && io::stderr().is_terminal());
    bar.begin(size(&files));
    let mut read = Read {
        tally: Tally::new(args.by, KEPT),
        files: 0,
        damaged: Vec::new(),
        exit: Exit::Done,
    };
    let mut said = Vec::new();
    for file in &files {
        read.file(file, &bar, &mut said);
    }
    bar.end();
    for line in said {
        talk.say(&line);
    }
    let text = if args.json {
        json::render(&read, args)
    } else {
        table::render(&read, args, Style::of(io::stdout().is_terminal()))
    };
    // Where nothing could be read there is nothing to show.
    if read.files > 0 {
        talk.result(&text)?;
    }
    Ok(read.exit)
}

impl Read {
    /// Adds a file, as far as it can be read.
    fn file(&mut self, path: &Path, bar: &Bar, said: &mut Vec<String>) {
        let name = match path.as_os_str() == "-" {
            true => "standard input".to_owned(),
            false => path.display().to_string(),
        };
        let before = said.len();
        let mut records = match Records::open(path) {
            Ok(records) => records,
            Err(error) => {
                let exit = match error.kind() {
                    io::ErrorKind::NotFound => Exit::NoInput,
                    io::ErrorKind::PermissionDenied => Exit::Permission,
                    _ => Exit::Damaged,
                };
                self.worst(exit);
                said.push(format!(
                    "cannot read ({}): {name}: check who may read it",
                    reason(&error)
                ));
                return;
            }
        };
        let (mut good, mut bad, mut shown) = (0_u64, 0_u64, (0, 0));
        loop {
            if (good + bad).is_multiple_of(STEP) {
                bar.advance(records.taken() - shown.0, good - shown.1);
                shown = (records.taken(), good);
            }
            match records.read_next() {
                Ok(Next::Record(record)) => {
                    self.tally.add(&record);
                    good += 1;
                }
                Ok(Next::Damaged(_)) if good == 0 && bad + 1 >= PATIENCE => {
                    bad += 1;
                    break;
                }
                Ok(Next::Damaged(line)) => {
                    bad += 1;
                    if bad <= TOLD {
                        said.push(format!(
                            "line {line} is no record, or half of one: {name}: passed over"
                        ));
                    }
                }
                Ok(Next::End) => break,
                Err(error) => {
                    bad += 1;
                    said.push(format!(
                        "cannot read on behind line {} ({}): {name}: what is before it counts",
                        records.line(),
                        reason(&error)
                    ));
                    break;
                }
            }
        }
        bar.advance(records.taken() - shown.0, good - shown.1);
        if good == 0 && bad > 0 {
            said.truncate(before);
            said.push(format!(
                "not records: {name}: give JSON Lines or CSV as `sekisho replay` and `capture` write them"
            ));
            self.worst(Exit::NotACapture);
            return;
        }
        self.files += 1;
        if bad > 0 {
            if bad > TOLD {
                said.push(format!("{bad} lines are no records: {name}: passed over"));
            }
            self.damaged.push((path.to_owned(), bad));
            self.worst(Exit::Damaged);
        }
    }

    fn worst(&mut self, exit: Exit) {
        if exit as u8 > self.exit as u8 {
            self.exit = exit;
        }
    }
}

/// The files that are named: of a folder those whose names are those of records, in the order of names.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Problem> {
    let unreadable = |path: &Path, error: &io::Error| {
        let exit = match error.kind() {
            io::ErrorKind::PermissionDenied => Exit::Permission,
            _ => Exit::NoInput,
        };
        let what = format!("cannot read records ({})", reason(error));
        Problem::new(exit, &what, &path.display().to_string(), "check the path")
    };
    let mut files = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            files.push(path.clone());
            continue;
        }
        let there = path.metadata().map_err(|error| unreadable(path, &error))?;
        if !there.is_dir() {
            files.push(path.clone());
            continue;
        }
        let mut inside = Vec::new();
        for entry in path.read_dir().map_err(|error| unreadable(path, &error))? {
            let file = entry.map_err(|error| unreadable(path, &error))?.path();
            if file.is_file() && is_named_as_records(&file) {
                inside.push(file);
            }
        }
        if inside.is_empty() {
            return Err(Problem::new(
                Exit::NoInput,
                "no files of records in this folder",
                &path.display().to_string(),
                "name a folder with .jsonl or .csv files",
            ));
        }
        inside.sort();
        files.append(&mut inside);
    }
    Ok(files)
}

/// `*.jsonl` or `*.csv`, packed or not, and those that were moved aside (`*.jsonl.7`).
fn is_named_as_records(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy());
    let name = name.unwrap_or_default();
    let name = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let name = name.strip_suffix('.').unwrap_or(name);
    let name = [".zst", ".gz"]
        .into_iter()
        .find_map(|ending| name.strip_suffix(ending))
        .unwrap_or(name);
    [".jsonl", ".csv"]
        .iter()
        .any(|ending| name.ends_with(ending))
}

/// Bytes of all files, where that is known.
fn size(files: &[PathBuf]) -> Option<u64> {
    let mut sizes = files.iter().map(|file| {
        let there = file.metadata().ok()?;
        there.is_file().then_some(there.len())
    });
    sizes.try_fold(0, |sum, size| Some(sum + size?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_a_folder_are_known_by_their_names() {
        for (name, is_ours) in [
            ("flows.jsonl", true),
            ("flows.csv.zst", true),
            ("flows.jsonl.gz", true),
            ("flows.jsonl.7", true),
            ("flows-20261122T054900Z-0000.jsonl.zst", true),
            ("flows.jsonl.tmp", false),
            ("summary.json", false),
            ("flows.parquet", false),
        ] {
            assert_eq!(is_named_as_records(Path::new(name)), is_ours, "{name}");
        }
    }
}
