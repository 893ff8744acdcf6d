//! Checkpoints (C2SP tlog-checkpoint): how large the tree is and what its root is, as the text of a note.

use super::note::{Note, Verifier};
use super::tree::Hash;
use base64ct::{Base64, Encoding as _};

/// Larger trees are not read: more leaves than could be written, and what proofs can count.
const LARGEST: u64 = 1 << 56;

/// What a checkpoint says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Checkpoint {
    /// The ledger's name.
    pub(super) origin: String,
    /// Entries.
    pub(super) size: u64,
    /// The root over them.
    pub(super) root: Hash,
}

impl Checkpoint {
    /// The text that is signed.
    pub(super) fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, base64(&self.root))
    }

    /// Reads such a text; further lines, which others may add, are passed over.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let origin = lines.next().filter(|origin| !origin.is_empty())?;
        let digits = lines.next()?;
        let size: u64 = digits.parse().ok()?;
        let root = lines.next()?;
        let hash = Base64::decode_vec(root).ok()?.try_into().ok()?;
        let is_plain = size.to_string() == digits && lines.all(|line| !line.is_empty());
        (is_plain && size <= LARGEST).then(|| Self {
            origin: origin.to_owned(),
            size,
            root: hash,
        })
    }

    /// Reads a signed one, and says whether that key signed it.
    pub(super) fn open(bytes: &[u8], key: Option<&Verifier>) -> Option<(Self, bool)> {
        let note = Note::parse(bytes)?;
        let found = Self::parse(note.text)?;
        let is_signed = key.is_some_and(|key| key.name() == found.origin && note.is_signed_by(key));
        Some((found, is_signed))
    }
}

/// A hash as it stands in checkpoints.
pub(super) fn base64(hash: &Hash) -> String {
    Base64::encode_string(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_texts_are_checkpoints() {
        let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
        let good = format!("example.org/log\n15\n{root}\n");
        let found = Checkpoint::parse(&good).unwrap();
        assert_eq!((found.size, found.text()), (15, good.clone()));
        assert!(Checkpoint::parse(&format!("{good}more\n")).is_some());
        for bad in [
            String::new(),
            good.trim_end().to_owned(),
            good.replace("15", "015"),
            good.replace("15", "-1"),
            good.replace("15", "99999999999999999999"),
            good.replace("15", "72057594037927937"),
            good.replace("CsU", "Cs"),
            format!("\n{good}"),
            format!("{good}\n"),
        ] {
            assert_eq!(Checkpoint::parse(&bad), None, "{bad}");
        }
    }
}
