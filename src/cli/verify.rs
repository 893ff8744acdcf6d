//! `sekisho verify`: whether a ledger holds, from its files alone.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Serialize;

use super::args::VerifyArgs;
use super::exit::Exit;
use super::flags;
use super::number::{bytes, grouped, share};
use super::talk::{Problem, Talk, escaped};
use crate::ledger::{self, Fault, Finding, Overview, Verification, Verifier, VerifyOptions};
use crate::tally::Count;

/// The longest checkpoint or key that is read, in bytes.
const LONGEST_NOTE: u64 = 64 * 1024;

pub(super) fn run(args: VerifyArgs, talk: &mut Talk) -> Result<Exit, Problem> {
    flags::listen(&args.talk);
    let options = VerifyOptions {
        key: args.key.as_deref().map(key).transpose()?,
        since: args.since.as_deref().map(read).transpose()?,
        records: args.records,
    };
    let (entries, verification, proof) = match args.proof {
        None => {
            let (entries, verification) = ledger::verify(&args.ledger, &options)?;
            (entries, verification, None)
        }
        Some(index) => {
            let (proof, entries, verification) = ledger::prove(&args.ledger, &options, index)?;
            (entries, verification, Some(proof))
        }
    };
    let seen = Seen {
        schema: "sekisho.verify.v1",
        holds: verification.holds(),
        key_given: options.key.is_some(),
        overview: Overview::of(&entries),
        verification,
    };
    let text = if args.json {
        // Serializing counts and texts cannot fail.
        let mut text = serde_json::to_string_pretty(&seen).unwrap_or_default();
        text.push('\n');
        text
    } else {
        render(&seen)
    };
    match (proof, args.output.as_deref()) {
        (None, _) => talk.result(&text)?,
        (Some(proof), None) => to_stdout(&proof.text(), &text, talk)?,
        (Some(proof), Some(path)) if path == Path::new("-") => {
            to_stdout(&proof.text(), &text, talk)?;
        }
        (Some(proof), Some(path)) => {
            write(path, &proof.text())?;
            talk.result(&text)?;
        }
    }
    Ok(if seen.holds { Exit::Done } else { Exit::Books })
}

/// The proof is the result; the table goes where talk goes.
fn to_stdout(proof: &[u8], table: &str, talk: &mut Talk) -> Result<(), Problem> {
    // The proof's parts are texts.
    talk.result(&String::from_utf8_lossy(proof))?;
    talk.block(table);
    Ok(())
}

/// A verifier key, or a file that holds one.
pub(super) fn key(text: &str) -> Result<Verifier, Problem> {
    let parsed = text.parse::<Verifier>();
    if parsed.is_ok() || !Path::new(text).exists() {
        return Ok(parsed?);
    }
    let bytes = read(Path::new(text))?;
    let line = String::from_utf8_lossy(&bytes);
    Ok(line.trim_end().parse::<Verifier>()?)
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, Problem> {
    let failed = |what: String, hint: &str, exit: Exit| {
        Problem::new(exit, &what, &path.display().to_string(), hint)
    };
    let length = fs::metadata(path).and_then(|found| {
        let is_short = found.is_file() && found.len() <= LONGEST_NOTE;
        if is_short {
            fs::read(path)
        } else {
            Err(std::io::ErrorKind::InvalidInput.into())
        }
    });
    length.map_err(|error| match error.kind() {
        std::io::ErrorKind::InvalidInput => failed(
            "neither a checkpoint nor a key".to_owned(),
            "give a plain file of at most 64 KiB",
            Exit::Usage,
        ),
        std::io::ErrorKind::PermissionDenied => failed(
            "cannot read".to_owned(),
            "let this user read it",
            Exit::Permission,
        ),
        kind => failed(
            format!("cannot read ({kind})"),
            "give a file that is there",
            Exit::NoInput,
        ),
    })
}

/// Writes a proof, or a report, under its name as a whole, or not at all.
pub(super) fn write(path: &Path, proof: &[u8]) -> Result<(), Problem> {
    ledger::write_proof(path, proof).map_err(|error| match error.fault() {
        Fault::Permission => error.into(),
        _ => Problem::line(Exit::Output, error.to_string()),
    })
}

/// All that is shown.
#[derive(Serialize)]
struct Seen {
    schema: &'static str,
    holds: bool,
    /// Whether the key came from elsewhere.
    key_given: bool,
    #[serde(flatten)]
    verification: Verification,
    #[serde(flatten)]
    overview: Overview,
}

fn render(seen: &Seen) -> String {
    let Seen {
        schema: _,
        holds,
        key_given,
        verification,
        overview,
    } = seen;
    let mut out = String::new();
    let mut fact = |name: &str, text: String| {
        // Writing into a String cannot fail.
        let _ = writeln!(out, "{}", format!("{name:<10} {text}").trim_end());
    };
    fact("ledger", escaped(&verification.origin));
    fact("key", escaped(&verification.key));
    if !key_given {
        let text = "the ledger's own: this shows only that it agrees with itself (see --key)";
        fact("", text.to_owned());
    }
    fact("root", verification.root.clone());
    let unsigned = verification.entries - verification.signed;
    fact(
        "entries",
        format!(
            "{}, of which {} signed and {} not",
            grouped(verification.entries),
            grouped(verification.signed),
            grouped(unsigned)
        ),
    );
    if !verification.unsigned.is_empty() {
        let kinds = verification.unsigned.iter();
        let kinds = kinds.map(|(kind, count)| format!("{} {kind}", grouped(*count)));
        let kinds = kinds.collect::<Vec<_>>().join(", ");
        fact(
            "",
            format!("not signed are nobody's word, and counted nowhere: {kinds}"),
        );
    }
    let open = overview.runs.saturating_sub(overview.ended);
    let open = match open {
        0 => String::new(),
        open => format!(", of which {} without an end", grouped(open)),
    };
    fact("runs", format!("{}{open}", grouped(overview.runs)));
    let span = match (overview.from, overview.to) {
        (Some(from), Some(to)) => format!(", {} to {}", from.0, to.0),
        _ => String::new(),
    };
    fact(
        "intervals",
        format!("{}{span}", grouped(overview.intervals)),
    );
    let all = overview.frames.packets;
    fact("frames", count(overview.frames, all));
    fact("  admitted", count(overview.admitted, all));
    fact("  excluded", count(overview.excluded, all));
    if overview.kernel_dropped > 0 {
        let text = format!(
            "{} before they were counted",
            grouped(overview.kernel_dropped)
        );
        fact("dropped", text);
    }
    let purged = match overview.purged {
        0 => String::new(),
        purged => format!(", of which {} purged", grouped(purged)),
    };
    fact(
        "records",
        format!(
            "{} in {} files{purged}",
            grouped(overview.records),
            grouped(overview.files)
        ),
    );
    if *holds {
        fact("holds", "yes".to_owned());
    } else {
        let found = grouped(verification.findings.len() as u64);
        fact("holds", format!("NO: {found} findings"));
    }
    for Finding { index, what } in &verification.findings {
        let place = match index {
            Some(index) => format!("entry {index}: "),
            None => String::new(),
        };
        fact("finding", format!("{place}{}", escaped(what)));
    }
    out
}

fn count(count: Count, of: u64) -> String {
    let Count {
        packets,
        bytes: wire,
    } = count;
    format!(
        "{:>15} {:>9} {:>6}",
        grouped(packets),
        bytes(wire),
        share(packets, of)
    )
}
