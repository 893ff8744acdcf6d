//! Proofs that one entry is in a signed ledger (C2SP tlog-proof): a text that anybody can check without the
//! ledger, with the key alone.

use super::canonical;
use super::checkpoint::{Checkpoint, base64};
use super::entry::Entry;
use super::error::Error;
use super::files::{self, failed};
use super::note::{self, Verifier};
use super::tree::{self, Hash};
use base64ct::{Base64, Encoding as _};
use ct_merkle::{InclusionProof, RootHash, indices_for_inclusion_proof};
use sha2::Sha256;
use std::io::Write as _;
use std::path::Path;

/// The first line.
const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// The longest proof that is read, in bytes.
pub const LONGEST_PROOF: usize = 256 * 1024;

/// An entry, its place, and the hashes beside its way up to the root of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The entry's bytes: what is said to be in the ledger. In the proof's `extra` line.
    entry: Vec<u8>,
    index: u64,
    hashes: Vec<Hash>,
    /// The signed checkpoint.
    note: Vec<u8>,
}

impl Proof {
    /// Of an entry under the root of those leaves, of which there is at least that one.
    pub(super) fn new(entry: &Entry, index: u64, leaves: &[Hash], note: Vec<u8>) -> Self {
        let size = leaves.len() as u64;
        let hashes = indices_for_inclusion_proof(size, index)
            .into_iter()
            .map(|node| {
                // ct-merkle numbers nodes from left to right, leaves being the even ones (RFC 9420,
                // appendix C): a node's height is how many ones it ends with.
                let height = node.trailing_ones();
                let first = (node >> (height + 1)) << height;
                let end = (first + (1 << height)).min(size);
                tree::root(&leaves[first as usize..end as usize])
            })
            .collect();
        Self {
            // What was read from its canonical form fits into it.
            entry: canonical::encode(entry).unwrap_or_default(),
            index,
            hashes,
            note,
        }
    }

    /// The text of a `.tlog-proof` file.
    #[must_use]
    pub fn text(&self) -> Vec<u8> {
        let extra = Base64::encode_string(&self.entry);
        let mut text = format!("{HEADER}\nextra {extra}\nindex {}\n", self.index);
        for hash in &self.hashes {
            text.push_str(&base64(hash));
            text.push('\n');
        }
        text.push('\n');
        [text.as_bytes(), &self.note].concat()
    }

    /// Reads such a text. It proves nothing before [`Proof::verify`].
    ///
    /// # Errors
    /// [`Error::Text`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        parse(bytes).ok_or(Error::Text {
            what: "a proof",
            hint: "give a file that `sekisho verify --proof` wrote",
        })
    }

    /// The entry's index.
    #[must_use]
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// Checks that the owner of the key signed a ledger that has this entry at this place; the entry.
    /// Nothing, where that is not so.
    #[must_use]
    pub fn verify(&self, key: &Verifier) -> Option<Entry> {
        let (checkpoint, is_signed) = Checkpoint::open(&self.note, Some(key))?;
        let root = RootHash::<Sha256>::new(checkpoint.root.into(), checkpoint.size);
        let proof = InclusionProof::try_from_bytes(self.hashes.concat()).ok()?;
        let is_in = root.verify_inclusion(&self.entry, self.index, &proof);
        (is_signed && is_in.is_ok())
            .then(|| canonical::decode(&self.entry).ok())
            .flatten()
    }
}

/// Writes a text under a name: as a whole, or not at all. A device or pipe is written to as it is.
///
/// # Errors
/// [`Error::File`] as the system says.
pub fn write_proof(path: &Path, text: &[u8]) -> Result<(), Error> {
    let is_stream = |there: &std::fs::Metadata| !there.is_file() && !there.is_dir();
    if path.metadata().is_ok_and(|there| is_stream(&there)) {
        let open = std::fs::OpenOptions::new().write(true).open(path);
        let written = open.and_then(|mut stream| stream.write_all(text));
        return written.map_err(failed("write", path));
    }
    let Some(name) = path.file_name() else {
        let source = std::io::ErrorKind::InvalidInput.into();
        return Err(failed("write", path)(source));
    };
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    files::write(folder, &[(name.into(), text.to_vec())])
}

fn parse(bytes: &[u8]) -> Option<Proof> {
    if bytes.len() > LONGEST_PROOF {
        return None;
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let (head, note) = text.split_once("\n\n")?;
    let mut lines = head.split('\n');
    if lines.next() != Some(HEADER) {
        return None;
    }
    let extra = lines.next()?.strip_prefix("extra ")?;
    let digits = lines.next()?.strip_prefix("index ")?;
    let index: u64 = digits.parse().ok()?;
    let hashes: Option<Vec<Hash>> = lines
        .map(|line| Base64::decode_vec(line).ok()?.try_into().ok())
        .collect();
    let is_plain = index.to_string() == digits && note.len() <= note::LONGEST;
    is_plain.then_some(Proof {
        entry: Base64::decode_vec(extra).ok()?,
        index,
        hashes: hashes?,
        note: note.as_bytes().to_vec(),
    })
}
