//! Country tables of every kind, read into one form.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::compile::Home;
use super::segments::Segments;
use super::settings::SourceSpec;
use super::{Error, Evidence, file, identity, source_delegated, source_embedded, source_mmdb};

/// What kind of table a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// The table inside the binary.
    Embedded,
    /// A MaxMind-format database.
    Mmdb,
    /// A registry's delegated-extended statistics.
    Delegated,
}

impl SourceKind {
    /// The stable id in output.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Mmdb => "mmdb",
            Self::Delegated => "delegated",
        }
    }
}

/// One file of a source, or the table inside the binary.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    /// The file; nothing for the embedded table.
    pub(super) path: Option<PathBuf>,
    pub(super) kind: SourceKind,
    /// What the data calls itself.
    pub(super) title: String,
    /// Seconds after the epoch at which the data was made, where it says so.
    pub(super) built: Option<u64>,
    /// Of the file's bytes.
    pub(super) sha256: [u8; 32],
}

/// One witness: what it says of every address.
pub(super) struct Source {
    /// More than one where the registries' files are parts of the same statistics.
    pub(super) origins: Vec<Origin>,
    pub(super) v4: Segments<u32>,
    pub(super) v6: Segments<u128>,
}

/// Reads every source. The registries publish one statistic in five files: those together are one
/// source, since each is silent about the others' space.
pub(super) fn read_all(specs: &[SourceSpec], home: &Home) -> Result<Vec<Source>, Error> {
    let mut sources = Vec::with_capacity(specs.len());
    let mut statistics = Vec::new();
    for spec in specs {
        match spec {
            SourceSpec::Embedded => sources.push(source_embedded::read()?),
            SourceSpec::File(path) => {
                let bytes = file::read(path)?;
                match detect(&bytes) {
                    Ok(SourceKind::Delegated) => {
                        statistics.push(source_delegated::read(path, &bytes)?);
                    }
                    Ok(SourceKind::Mmdb | SourceKind::Embedded) => {
                        sources.push(source_mmdb::read(path, &bytes, home)?);
                    }
                    Err(found) => {
                        return Err(Error::NotATable {
                            path: path.clone(),
                            found,
                        });
                    }
                }
            }
        }
    }
    if !statistics.is_empty() {
        sources.push(join(statistics, home));
    }
    Ok(sources)
}

/// Joins the files of the registries. Where two of them claim an address (a transfer under way),
/// home wins, then the file named first.
fn join(files: Vec<source_delegated::Statistics>, home: &Home) -> Source {
    let mut origins = Vec::with_capacity(files.len());
    let (mut v4, mut v6) = (Vec::new(), Vec::new());
    for mut file in files {
        origins.push(file.origin);
        v4.append(&mut file.v4);
        v6.append(&mut file.v6);
    }
    let rank = |bits| u8::from(!home.is(Evidence::from_packed(bits)));
    Source {
        origins,
        v4: Segments::from_ranges(&v4, rank),
        v6: Segments::from_ranges(&v6, rank),
    }
}

/// The kind of a file by its content; names lie.
fn detect(bytes: &[u8]) -> Result<SourceKind, &'static str> {
    if source_mmdb::is_mmdb(bytes) {
        return Ok(SourceKind::Mmdb);
    }
    if source_delegated::is_delegated(bytes) {
        return Ok(SourceKind::Delegated);
    }
    Err(match bytes {
        [] => "an empty file",
        [0x1f, 0x8b, ..] => "compressed with gzip, unpack it first",
        [0x28, 0xb5, 0x2f, 0xfd, ..] => "compressed with zstd, unpack it first",
        [b'P', b'K', ..] => "a zip archive, unpack it first",
        [b'B', b'Z', b'h', ..] => "compressed with bzip2, unpack it first",
        _ if bytes.contains(&0) => "binary data without MaxMind metadata, perhaps cut off",
        _ => "a text of another kind",
    })
}

impl Source {
    /// What the source calls itself in explanations.
    pub(super) fn name(&self) -> String {
        let names: Vec<String> = self.origins.iter().map(Origin::name).collect();
        names.join(" + ")
    }
}

impl Origin {
    /// The file's name, or `embedded`.
    pub(super) fn name(&self) -> String {
        self.path
            .as_deref()
            .map_or_else(|| "embedded".to_owned(), |path| path.display().to_string())
    }

    pub(super) fn of_file(path: &Path, kind: SourceKind, bytes: &[u8]) -> Self {
        Self {
            path: Some(path.to_owned()),
            kind,
            title: String::new(),
            built: None,
            sha256: identity::sha256(bytes),
        }
    }
}
