//! Keys that may sign authorisations, as they stand in the configuration.

use super::base64;
use ed25519_dalek::VerifyingKey;
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::str::FromStr;

/// How the blob of an Ed25519 key of SSH begins: its type, and the length of the key.
const SSH_HEAD: &[u8] = b"\0\0\0\x0bssh-ed25519\0\0\0\x20";

/// A public key, Ed25519 in either spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// As it was given, without comment.
    text: String,
    kind: Kind,
    bytes: [u8; 32],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// With the number that minisign knows it by.
    Minisign([u8; 8]),
    Ssh,
}

/// Why a text is no key that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadKey {
    /// It is neither spelling.
    NotAKey,
    /// A key of SSH of another type.
    NotEd25519,
    /// No point of the curve, or one with which anybody's signature holds.
    Weak,
}

impl BadKey {
    /// What to do about it.
    #[must_use]
    pub const fn hint(self) -> &'static str {
        match self {
            Self::NotAKey => {
                "give the second line of a minisign .pub, or a line `ssh-ed25519 AAAA…`"
            }
            Self::NotEd25519 => "only ssh-ed25519 is read: ssh-keygen -t ed25519",
            Self::Weak => "make another: this one proves nothing",
        }
    }
}

impl FromStr for Key {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        let mut words = text.split_ascii_whitespace();
        let first = words.next().ok_or(BadKey::NotAKey)?;
        let (text, kind, bytes) = match words.next() {
            None => {
                let blob = base64::decode(first.as_bytes()).ok_or(BadKey::NotAKey)?;
                let (algorithm, rest) = blob.split_at_checked(2).ok_or(BadKey::NotAKey)?;
                let (id, bytes) = rest.split_at_checked(8).ok_or(BadKey::NotAKey)?;
                if algorithm != b"Ed" {
                    return Err(BadKey::NotAKey);
                }
                let id = id.try_into().map_err(|_| BadKey::NotAKey)?;
                (first.to_owned(), Kind::Minisign(id), bytes.to_vec())
            }
            Some(second) if first == "ssh-ed25519" => {
                let blob = base64::decode(second.as_bytes()).ok_or(BadKey::NotAKey)?;
                let bytes = blob.strip_prefix(SSH_HEAD).ok_or(BadKey::NotAKey)?;
                (format!("{first} {second}"), Kind::Ssh, bytes.to_vec())
            }
            Some(_) if first.contains("ssh-") || first.starts_with("ecdsa-") => {
                return Err(BadKey::NotEd25519);
            }
            Some(_) => return Err(BadKey::NotAKey),
        };
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| BadKey::NotAKey)?;
        let point = VerifyingKey::from_bytes(&bytes).map_err(|_| BadKey::Weak)?;
        if point.is_weak() {
            return Err(BadKey::Weak);
        }
        Ok(Self { text, kind, bytes })
    }
}

impl Key {
    /// By what people know it: as `minisign` and `ssh-keygen -l` show it.
    #[must_use]
    pub fn id(&self) -> String {
        match self.kind {
            Kind::Minisign(id) => minisign_id(id),
            Kind::Ssh => ssh_id(&self.bytes),
        }
    }

    /// Whether it is the same key, be it in another spelling.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }

    /// Its number, if it is one of minisign's.
    pub(super) const fn minisign(&self) -> Option<[u8; 8]> {
        match self.kind {
            Kind::Minisign(id) => Some(id),
            Kind::Ssh => None,
        }
    }

    /// Its bytes, if it is one of SSH's.
    pub(super) const fn ssh(&self) -> Option<&[u8; 32]> {
        match self.kind {
            Kind::Minisign(_) => None,
            Kind::Ssh => Some(&self.bytes),
        }
    }
}

/// As minisign shows it: the number's hex digits, highest first.
pub(super) fn minisign_id(id: [u8; 8]) -> String {
    format!("minisign {:016X}", u64::from_le_bytes(id))
}

/// As `ssh-keygen -l` shows it.
pub(super) fn ssh_id(bytes: &[u8; 32]) -> String {
    let digest = Sha256::digest([SSH_HEAD, bytes].concat());
    let text = base64::encode(&digest);
    format!("ssh SHA256:{}", text.trim_end_matches('='))
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
