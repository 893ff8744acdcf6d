//! Checks a ledger from its files alone, trusting neither who wrote it nor who keeps it.

use super::append::{CHECKPOINT, KEY, NEXT};
use super::books;
use super::checkpoint::{Checkpoint, base64};
use super::entry::Entry;
use super::error::Error;
use super::files;
use super::note::{self, Verifier};
use super::proof::Proof;
use super::read::Contents;
use super::records;
use super::tree::{Frontier, Hash};
use super::verdict::{Findings, Verification};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A ledger that is appended to meanwhile is read again so often.
const TRIES: usize = 5;

/// What a ledger is held against.
#[derive(Debug, Clone, Default)]
pub struct VerifyOptions {
    /// The key that signed it, known from elsewhere. Without it, the ledger's own is taken, and what is
    /// found says only that the ledger agrees with itself.
    pub key: Option<Verifier>,
    /// A checkpoint of it that was kept elsewhere, as a signed note: this ledger must go on from there.
    pub since: Option<Vec<u8>>,
    /// Files of records, or folders of them; none, if they are not to be compared.
    pub records: Vec<PathBuf>,
}

/// Checks everything, and returns the entries up to the first that cannot be read, or that is behind what the
/// checkpoint is over.
///
/// # Errors
/// [`Error::NotALedger`] where there is none; [`Error::File`] where records cannot be read. What is wrong
/// in the ledger is no error but a [`super::Finding`].
pub fn verify(folder: &Path, options: &VerifyOptions) -> Result<(Vec<Entry>, Verification), Error> {
    let checked = check(folder, options)?;
    Ok((checked.contents.entries, checked.verification))
}

/// Checks everything, and makes the proof that an entry is in the signed tree.
///
/// # Errors
/// As [`verify`], and [`Error::NotSigned`] where the entry is under no signature that holds.
pub fn prove(
    folder: &Path,
    options: &VerifyOptions,
    index: u64,
) -> Result<(Proof, Vec<Entry>, Verification), Error> {
    let checked = check(folder, options)?;
    let signed = checked.verification.signed;
    let entry = checked.contents.entries.get(index as usize);
    let (Some(entry), true) = (entry, index < signed) else {
        return Err(Error::NotSigned { index, signed });
    };
    let leaves = &checked.contents.leaves[..signed as usize];
    let proof = Proof::new(entry, index, leaves, checked.note);
    Ok((proof, checked.contents.entries, checked.verification))
}

struct Checked {
    contents: Contents,
    verification: Verification,
    /// The checkpoint that signs them, as it is in the folder.
    note: Vec<u8>,
    /// Whether there are entries behind it.
    has_tail: bool,
}

fn check(folder: &Path, options: &VerifyOptions) -> Result<Checked, Error> {
    let is_there = |name: &str| folder.join(name).symlink_metadata().is_ok();
    if ![CHECKPOINT, KEY, "tile"].into_iter().any(is_there) {
        let path = folder.to_owned();
        return Err(Error::NotALedger { path });
    }
    let mut tries = 0;
    loop {
        let before = files::read(&folder.join(CHECKPOINT), note::LONGEST).ok();
        let checked = check_once(folder, options, before.clone())?;
        tries += 1;
        // Files of earlier sizes go away while somebody appends.
        let is_still = files::read(&folder.join(CHECKPOINT), note::LONGEST).ok() == before
            && checked.contents.is_still_the_end(folder);
        let is_done = checked.verification.holds() && !checked.has_tail;
        if is_done || is_still || tries == TRIES {
            return Ok(checked);
        }
    }
}

fn check_once(
    folder: &Path,
    options: &VerifyOptions,
    note: Option<Vec<u8>>,
) -> Result<Checked, Error> {
    let mut findings = Findings::default();
    let key = expected_key(folder, options, &mut findings);
    let note = note.unwrap_or_default();
    let checkpoint = Checkpoint::open(&note, key.as_ref());
    let size = checkpoint.as_ref().map(|(checkpoint, _)| checkpoint.size);
    let before = size.unwrap_or(0);
    let most = next(folder, key.as_ref(), before).map_or(before, |(next, _)| next.size);
    let mut contents = Contents::read(folder, size.map(|_| most), &mut findings);
    let entries = contents.leaves.len() as u64;
    // As it is now: somebody may append meanwhile.
    let next = next(folder, key.as_ref(), before);
    let since = options
        .since
        .as_deref()
        .map(|note| Checkpoint::open(note, key.as_ref()));

    let at = |size: Option<u64>| size.filter(|size| *size <= entries);
    let signed_size = at(size);
    let next_size = at(next.as_ref().map(|(next, _)| next.size));
    let since_size = at(since.iter().flatten().map(|(since, _)| since.size).next());
    let roots = Roots::of(&contents.leaves, [signed_size, next_size, since_size]);

    let mut signed = match &checkpoint {
        None => {
            findings.add_whole("checkpoint is missing, or is none".into());
            0
        }
        Some((_, false)) => {
            findings.add_whole("checkpoint is not signed by the key".into());
            0
        }
        Some((checkpoint, true)) => match roots.signed {
            None => {
                let signed = checkpoint.size;
                findings.add(
                    entries,
                    format!("entry is missing, or cannot be read: {signed} were signed"),
                );
                0
            }
            Some(root) if root == checkpoint.root => checkpoint.size,
            Some(_) => {
                findings.add_whole("entries do not hash to the root that was signed".into());
                0
            }
        },
    };
    let mut note = note;
    if let (Some((next, text)), Some(root)) = (&next, roots.next) {
        if root != next.root {
            findings.add_whole("entries do not hash to the root that was signed".into());
        } else if signed == before {
            signed = next.size;
            note.clone_from(text);
        }
    }
    let is_signed = checkpoint.as_ref().is_some_and(|(_, is_signed)| *is_signed);
    let covered = if is_signed {
        before.max(signed)
    } else {
        entries
    };
    let tail = kinds(contents.entries.get(covered as usize..));
    let has_tail = entries > covered;
    // A writer signs first, and then writes.
    let is_written = next.as_ref().is_some_and(|(next, _)| next.size > entries);
    if has_tail && !is_written {
        findings.add(covered, unsigned(entries - covered, &tail));
    }
    let needed = before;
    contents.check_tiles(folder, needed, &mut findings);
    // Behind a bundle that is missing nothing was looked at.
    if needed <= entries {
        contents.check_strays(folder, &mut findings);
    }
    if let Some(since) = &since {
        let now = before.max(signed);
        check_since(since.as_ref(), now, entries, &roots, &mut findings);
    }
    let are_readable = contents.entries.len() as u64 >= covered.min(entries);
    contents.entries.truncate(covered as usize);
    if are_readable {
        books::check(&contents.entries, &mut findings);
    }
    if !options.records.is_empty() {
        records::check(folder, &options.records, &contents.entries, &mut findings)?;
    }
    let origin = checkpoint.map(|(checkpoint, _)| checkpoint.origin);
    let verification = Verification {
        origin: origin.unwrap_or_default(),
        entries,
        signed,
        unsigned: tail,
        root: base64(&roots.whole),
        key: key.map(|key| key.to_string()).unwrap_or_default(),
        findings: findings.sorted(),
    };
    Ok(Checked {
        contents,
        verification,
        note,
        has_tail,
    })
}

/// What signs the entries that are being written, or were when the process was killed: the checkpoint that
/// is to be, and its text. It is over more than `before`.
fn next(folder: &Path, key: Option<&Verifier>, before: u64) -> Option<(Checkpoint, Vec<u8>)> {
    let note = files::read(&folder.join(NEXT), note::LONGEST).ok()?;
    match Checkpoint::open(&note, key) {
        Some((next, true)) if next.size > before => Some((next, note)),
        _ => None,
    }
}

fn kinds(entries: Option<&[Entry]>) -> BTreeMap<&'static str, u64> {
    let mut kinds = BTreeMap::new();
    for entry in entries.unwrap_or_default() {
        *kinds.entry(entry.event.kind()).or_default() += 1;
    }
    kinds
}

fn unsigned(count: u64, kinds: &BTreeMap<&'static str, u64>) -> String {
    let kinds = kinds.iter().map(|(kind, count)| format!("{count} {kind}"));
    let kinds = kinds.collect::<Vec<_>>().join(", ");
    format!("entries that nothing signed, which are nobody's word: {count} ({kinds})")
}

/// The key that was given, else the ledger's own.
fn expected_key(
    folder: &Path,
    options: &VerifyOptions,
    findings: &mut Findings,
) -> Option<Verifier> {
    let own = files::read(&folder.join(KEY), 1024).ok().and_then(|bytes| {
        let line = String::from_utf8(bytes).ok()?;
        line.strip_suffix('\n')?.parse::<Verifier>().ok()
    });
    match (&options.key, &own) {
        (_, None) => findings.add_whole("key.pub is missing, or is no key".into()),
        (Some(given), Some(own)) if given != own => {
            findings.add_whole("key.pub is another key than the one given".into());
        }
        _ => {}
    }
    options.key.clone().or(own)
}

/// Roots over the entries that are there.
struct Roots {
    /// Over as many as the checkpoint says, if there are as many.
    signed: Option<Hash>,
    /// Over as many as the one that is to be says.
    next: Option<Hash>,
    /// Over as many as the older checkpoint says.
    since: Option<Hash>,
    /// Over all.
    whole: Hash,
}

impl Roots {
    /// At the sizes of the checkpoint, the one that is to be, and an older one.
    fn of(leaves: &[Hash], sizes: [Option<u64>; 3]) -> Self {
        let mut frontier = Frontier::default();
        let mut roots = [None; 3];
        for size in 0..=leaves.len() {
            for (wanted, root) in sizes.iter().zip(&mut roots) {
                if *wanted == Some(size as u64) {
                    *root = Some(frontier.root());
                }
            }
            if let Some(leaf) = leaves.get(size) {
                frontier.push(*leaf);
            }
        }
        let [signed, next, since] = roots;
        Self {
            signed,
            next,
            since,
            whole: frontier.root(),
        }
    }
}

/// Whether the ledger goes on from an older checkpoint.
fn check_since(
    since: Option<&(Checkpoint, bool)>,
    now: u64,
    entries: u64,
    roots: &Roots,
    findings: &mut Findings,
) {
    let Some((since, is_signed)) = since else {
        findings.add_whole("older checkpoint is none".into());
        return;
    };
    let size = since.size;
    if !is_signed {
        findings.add_whole("older checkpoint is not signed by the key".into());
    }
    match roots.since {
        None => findings.add(
            entries,
            format!("entry is missing: the older checkpoint is over {size}"),
        ),
        Some(root) if root != since.root => {
            let what = format!("first {size} entries are not those of the older checkpoint");
            findings.add_whole(what);
        }
        Some(_) if now < size => {
            let what = format!("checkpoint is over {now} entries, the older one over {size}");
            findings.add_whole(what);
        }
        Some(_) => {}
    }
}
