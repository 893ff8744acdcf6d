//! The key that pseudonyms are made with: a file of the operator's, read once.

use super::PseudonymMode;
use crate::spelling::reason;
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Bytes of the key.
const LEN: usize = 32;

/// Its digits in a file, and room for blanks around them.
const TEXT: usize = 2 * LEN + 64;

/// What working keys are derived for: another use of the same key gives others.
const PURPOSE: &[u8] = b"sekisho.pseudonym.v1\0";

/// The key of a file. Shown nowhere, and wiped when it is dropped.
#[derive(Clone)]
pub struct PseudonymKey(Zeroizing<[u8; LEN]>);

/// A file that holds no key to be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It cannot be read.
    #[error("cannot read the key of pseudonyms ({}): {}: {}", reason(source), path.display(), TEACH)]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// How it failed.
        source: io::Error,
    },
    /// Others may read or write it.
    #[error("the key of pseudonyms is not secret: {}: make a new one: {}", .0.display(), TEACH)]
    Open(PathBuf),
    /// It is no file with 64 hex digits.
    #[error("not a key of pseudonyms: {}: 64 hex digits: {}", .0.display(), TEACH)]
    NotAKey(PathBuf),
}

/// How a key is made.
const TEACH: &str = "umask 077; openssl rand -hex 32 > FILE";

impl PseudonymKey {
    /// From its bytes, which should come from the system's generator of random numbers.
    #[must_use]
    pub fn new(bytes: [u8; LEN]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Reads a file of 64 hex digits that nobody but its owner may write, and nobody but the owner and the
    /// group may read.
    ///
    /// # Errors
    /// [`KeyError`], without a byte of the file.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let unreadable = |source| KeyError::Unreadable {
            path: path.to_owned(),
            source,
        };
        let there = path.metadata().map_err(unreadable)?;
        if !there.is_file() {
            return Err(KeyError::NotAKey(path.to_owned()));
        }
        let mut file = File::open(path).map_err(unreadable)?;
        // Of what was opened, whatever the name leads to by now.
        if !is_secret(&file.metadata().map_err(unreadable)?) {
            return Err(KeyError::Open(path.to_owned()));
        }
        let mut text = Zeroizing::new([0; TEXT]);
        let mut len = 0;
        while let Some(rest) = text.get_mut(len..).filter(|rest| !rest.is_empty()) {
            match file.read(rest) {
                Ok(0) => break,
                Ok(read) => len += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(unreadable(error)),
            }
        }
        let digits = text.get(..len).unwrap_or_default().trim_ascii();
        Self::parse(digits).ok_or_else(|| KeyError::NotAKey(path.to_owned()))
    }

    fn parse(digits: &[u8]) -> Option<Self> {
        let digits: &[u8; 2 * LEN] = digits.try_into().ok()?;
        let mut bytes = Zeroizing::new([0; LEN]);
        for (byte, pair) in bytes.iter_mut().zip(digits.as_chunks::<2>().0) {
            let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
            *byte = (high? << 4 | low?) as u8;
        }
        Some(Self(bytes))
    }

    /// The key that is worked with under these authorisations, in this mode: SHA-256 over the purpose, the
    /// mode, this key and the SHA-256 of the ids. All parts have fixed lengths, so nothing can be put
    /// behind, and of one working key nobody finds another, or this one.
    pub(super) fn working(&self, authorisation: &str, mode: PseudonymMode) -> Zeroizing<[u8; LEN]> {
        let mut hash = Sha256::new();
        hash.update(PURPOSE);
        hash.update([mode as u8]);
        hash.update(*self.0);
        hash.update(Sha256::digest(authorisation));
        Zeroizing::new(hash.finalize().into())
    }
}

/// Never the key.
impl fmt::Debug for PseudonymKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PseudonymKey")
    }
}

/// Whether only the owner may write it, and only the owner and the group may read it: systemd hands
/// credentials to a service as a file of mode 0440.
#[cfg(unix)]
fn is_secret(file: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::mode(file) & 0o027 == 0
}

#[cfg(not(unix))]
fn is_secret(_: &Metadata) -> bool {
    true
}
