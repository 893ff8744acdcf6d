//! Signed authorisations: who allowed what to pass, when, where, and how much of it.
//!
//! An authorisation is a small text file with signatures beside it. It must never count unless every
//! signature beside it is whole, of a listed key and over exactly these bytes, and enough keys have signed.
//! In: paths, keys, a profile. Out: [`Signed`], or one line on why not. No clock is read and nothing of
//! traffic is known here: whether an authorisation is in force is decided by packet time, at the gate.

mod base64;
mod document;
mod error;
mod key;
mod minisign;
mod sshsig;
mod term;

pub use document::{Document, Moment, Volume};
pub use error::Refused;
pub use key::{BadKey, Key};
pub use sshsig::NAMESPACE;

use crate::spelling::hex;
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// Under which rules a sensor is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Without an authorisation the operator authorises itself.
    Standard,
    /// Without an authorisation nothing is admitted, and none is in force for longer than the law's terms.
    Statutory,
}

impl Profile {
    /// The text in files and output.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Statutory => "statutory",
        }
    }
}

/// The longest authorisation that is read, in bytes.
const LONGEST: u64 = 1 << 16;

/// Numbered signatures beside a file: `FILE.1.minisig` and so on.
pub const MOST_SIGNATURES: u32 = 16;

/// An authorisation whose signatures hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// What it says.
    pub document: Document,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
    /// Ids of the keys that signed, each once, in the order of the list of keys.
    pub keys: Vec<String>,
}

/// Reads an authorisation and every signature beside it.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn read(
    path: &Path,
    keys: &[Key],
    threshold: usize,
    profile: Profile,
) -> Result<Signed, Refused> {
    let bytes = bounded(path)?.ok_or_else(|| {
        Refused::new(
            "no such authorisation",
            path,
            "check `files` in [authorisation]",
        )
    })?;
    let mut signed = vec![false; keys.len()];
    let mut is_signed = false;
    for (name, kind) in signature_names(path) {
        let Some(signature) = bounded(&name)? else {
            continue;
        };
        is_signed = true;
        let verified = match kind {
            Kind::Minisign => minisign::verify(&bytes, &signature, keys),
            Kind::Ssh => sshsig::verify(&bytes, &signature, keys),
        };
        let at = verified.map_err(|flaw| flaw.at(&name))?;
        if let Some(slot) = signed.get_mut(at) {
            *slot = true;
        }
    }
    if !is_signed {
        return Err(Refused::new(
            "authorisation without a signature",
            path,
            "put its .minisig or .sshsig beside it",
        ));
    }
    let by: Vec<&Key> = distinct(keys.iter().zip(&signed));
    if by.len() < threshold {
        return Err(Refused::new(
            "authorisation signed by too few keys",
            path,
            &format!("{} of {threshold} that are needed have signed", by.len()),
        ));
    }
    // Only what is signed is looked into.
    let document = Document::parse(&bytes).map_err(|flaw| flaw.at(path))?;
    if profile == Profile::Statutory {
        term::check(&document).map_err(|flaw| flaw.at(path))?;
    }
    Ok(Signed {
        document,
        sha256: hex(&Sha256::digest(&bytes)),
        keys: by.into_iter().map(Key::id).collect(),
    })
}

/// The files that a run reads for an authorisation, as far as they are there now: itself and its signatures.
#[must_use]
pub fn files(path: &Path) -> Vec<PathBuf> {
    let signatures = signature_names(path).map(|(name, _)| name);
    let there = signatures.filter(|name| name.exists());
    [path.to_owned()].into_iter().chain(there).collect()
}

#[derive(Clone, Copy)]
enum Kind {
    Minisign,
    Ssh,
}

/// Where signatures of a file may lie.
fn signature_names(path: &Path) -> impl Iterator<Item = (PathBuf, Kind)> {
    let numbers = [String::new()]
        .into_iter()
        .chain((1..=MOST_SIGNATURES).map(|number| format!(".{number}")));
    numbers.flat_map(move |number| {
        [(Kind::Minisign, "minisig"), (Kind::Ssh, "sshsig")].map(|(kind, ending)| {
            let mut name = path.as_os_str().to_owned();
            name.push(format!("{number}.{ending}"));
            (PathBuf::from(name), kind)
        })
    })
}

/// The keys that signed: one that is listed twice, even in two spellings, is one.
fn distinct<'k>(keys: impl Iterator<Item = (&'k Key, &'k bool)>) -> Vec<&'k Key> {
    let mut found: Vec<&Key> = Vec::new();
    for (key, signed) in keys {
        if *signed && !found.iter().any(|other| other.is_same_as(key)) {
            found.push(key);
        }
    }
    found
}

/// A file's bytes; nothing if there is no such file.
fn bounded(path: &Path) -> Result<Option<Vec<u8>>, Refused> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes));
    match read {
        Ok(_) if bytes.len() as u64 > LONGEST => Err(Refused::new(
            "authorisation is too long",
            path,
            &format!("{LONGEST} bytes are the most"),
        )),
        Ok(_) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Refused::unreadable(path, &error)),
    }
}
