//! Signed notes (C2SP signed-note): a text, an empty line, and lines of signatures; Ed25519 only.

use super::error::Error;
use base64ct::{Base64, Encoding as _};
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::str::FromStr;

/// The longest note that is read, in bytes; and most signatures in one.
pub(super) const LONGEST: usize = 64 * 1024;
const MOST_SIGNATURES: usize = 100;
/// The byte that says that a key is of Ed25519.
pub(super) const ED25519: u8 = 1;

/// A public key by which checkpoints are checked; as text `name+id+base64`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    id: [u8; 4],
    key: VerifyingKey,
}

impl Verifier {
    pub(super) fn new(name: &str, key: VerifyingKey) -> Self {
        let mut public = [ED25519; 33];
        public[1..].copy_from_slice(key.as_bytes());
        Self {
            name: name.to_owned(),
            id: key_id(name, &public),
            key,
        }
    }

    /// The name that it signs with: the ledger's origin.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) const fn id(&self) -> [u8; 4] {
        self.id
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = u32::from_be_bytes(self.id);
        let public = [&[ED25519], self.key.as_bytes().as_slice()].concat();
        let public = Base64::encode_string(&public);
        write!(f, "{}+{id:08x}+{public}", self.name)
    }
}

impl FromStr for Verifier {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let parse = || {
            let (name, rest) = text.split_once('+')?;
            let (id, public) = rest.split_once('+')?;
            let public = Base64::decode_vec(public).ok()?;
            let (kind, key) = public.split_first()?;
            let key = VerifyingKey::from_bytes(key.try_into().ok()?).ok()?;
            let found = Self::new(name, key);
            let is_right = *kind == ED25519 && is_name(name) && !key.is_weak();
            (is_right && format!("{:08x}", u32::from_be_bytes(found.id)) == id).then_some(found)
        };
        parse().ok_or(Error::Text {
            what: "a verifier key",
            hint: "give name+id+base64, as in the file key.pub of a ledger",
        })
    }
}

/// The id of a key: which it is, not whether it is right.
pub(super) fn key_id(name: &str, public: &[u8]) -> [u8; 4] {
    let hash = Sha256::new()
        .chain_update(name)
        .chain_update(b"\n")
        .chain_update(public)
        .finalize();
    [hash[0], hash[1], hash[2], hash[3]]
}

/// Whether it can name a key and stand in a note.
pub(super) fn is_name(name: &str) -> bool {
    let fits = |c: char| !c.is_whitespace() && !c.is_control() && c != '+';
    (1..=200).contains(&name.len()) && name.chars().all(fits)
}

/// A text and signatures on it, not checked yet.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Note<'a> {
    /// What is signed, with the line end at its end.
    pub(super) text: &'a str,
    signatures: Vec<(&'a str, Vec<u8>)>,
}

impl<'a> Note<'a> {
    /// Takes a note apart; nothing, where it is none.
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let whole = std::str::from_utf8(bytes).ok()?;
        if whole.len() > LONGEST || whole.chars().any(|c| c < ' ' && c != '\n') {
            return None;
        }
        let end = whole.rfind("\n\n")? + 1;
        let (text, lines) = (&whole[..end], &whole[end + 1..]);
        let lines = lines.strip_suffix('\n')?;
        let mut signatures = Vec::new();
        for line in lines.split('\n') {
            let (name, signature) = line.strip_prefix("— ")?.split_once(' ')?;
            let signature = Base64::decode_vec(signature).ok()?;
            if !is_name(name) || signature.len() < 5 || signatures.len() == MOST_SIGNATURES {
                return None;
            }
            signatures.push((name, signature));
        }
        Some(Self { text, signatures })
    }

    /// Whether that key signed it. Signatures of other keys say nothing.
    pub(super) fn is_signed_by(&self, key: &Verifier) -> bool {
        let named = |(name, signature): &&(&str, Vec<u8>)| {
            *name == key.name && signature.starts_with(&key.id)
        };
        let Some((_, signature)) = self.signatures.iter().find(named) else {
            return false;
        };
        Signature::from_slice(&signature[4..])
            .and_then(|signature| key.key.verify_strict(self.text.as_bytes(), &signature))
            .is_ok()
    }
}

/// Puts a text and a signature on it together.
pub(super) fn seal(text: &str, name: &str, id: [u8; 4], signature: &Signature) -> String {
    let signature = [&id, signature.to_bytes().as_slice()].concat();
    format!("{text}\n— {name} {}\n", Base64::encode_string(&signature))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key and a note that Go's `note` package made.
    const VERIFIER: &str = "example.org/log+30c1bafd+Aevz68EAivIhwk8fgeMMyz0jUXEsR5JjzroYigv3+iwd";
    const NOTE: &str = "first line\n\nthird line\n\n— example.org/log \
        MMG6/R4x/ZDMU+PhUjt8XFXW8pNnjzCu/uFk2G6T5WAJ5enGAARkBvkO2+6YgealtbKrLPzF8sLJaApCyP1BktLqRww=\n";

    #[test]
    fn a_note_and_a_key_made_by_another_program_hold() {
        let key: Verifier = VERIFIER.parse().unwrap();
        assert_eq!(key.to_string(), VERIFIER);
        assert!(Note::parse(NOTE.as_bytes()).unwrap().is_signed_by(&key));
        let other = NOTE.replace("third", "Third");
        assert!(!Note::parse(other.as_bytes()).unwrap().is_signed_by(&key));
    }

    #[test]
    fn what_is_no_key_or_note_is_refused() {
        for text in [
            "",
            "example.org/log",
            &VERIFIER.replace("30c1bafd", "30c1bafe"),
            &VERIFIER.replace("30c1bafd", "30C1BAFD"),
            &VERIFIER.replace("Aevz", "Auvz"),
            &VERIFIER.replace("example.org/log", "Peter Neumann"),
            &VERIFIER[..VERIFIER.len() - 4],
        ] {
            assert!(text.parse::<Verifier>().is_err(), "{text}");
        }
        for text in [
            "",
            "\n\n",
            "a\n\n",
            "a\n\nb\n",
            &NOTE.replace("— ", "- "),
            NOTE.trim_end(),
            &NOTE.replace("third", "th\trd"),
        ] {
            assert_eq!(Note::parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(Note::parse(b"a\xff\n\n"), None);
    }
}
