//! The operator's lists: one prefix or address a line, `#` begins a comment.

use std::path::PathBuf;

use super::segments::Segments;
use super::{Error, Prefix, file, identity};

/// Lists of one kind as a layer for each IP version; label 1 is "listed".
pub(super) struct List {
    pub(super) files: Vec<ListFile>,
    pub(super) v4: Segments<u32>,
    pub(super) v6: Segments<u128>,
}

/// One file of a list.
pub(super) struct ListFile {
    pub(super) path: PathBuf,
    pub(super) prefixes: usize,
    pub(super) sha256: [u8; 32],
}

impl List {
    /// Reads lists. A line that cannot be read refuses the whole: half a list of domestic prefixes
    /// would be a leak without a sound.
    pub(super) fn read(paths: &[PathBuf]) -> Result<Self, Error> {
        let (mut files, mut v4, mut v6) = (Vec::new(), Vec::new(), Vec::new());
        for path in paths {
            let bytes = file::read(path)?;
            let prefixes = parse(&bytes).map_err(|(line, reason)| Error::List {
                path: path.clone(),
                line,
                reason,
            })?;
            let listed = |(first, last)| (first, last, 1);
            v4.extend(prefixes.iter().filter_map(Prefix::range_v4).map(listed));
            let listed = |(first, last)| (first, last, 1);
            v6.extend(prefixes.iter().filter_map(Prefix::range_v6).map(listed));
            files.push(ListFile {
                path: path.clone(),
                prefixes: prefixes.len(),
                sha256: identity::sha256(&bytes),
            });
        }
        Ok(Self {
            files,
            v4: Segments::from_ranges(&v4, |_| 0),
            v6: Segments::from_ranges(&v6, |_| 0),
        })
    }
}

fn parse(bytes: &[u8]) -> Result<Vec<Prefix>, (usize, super::PrefixError)> {
    let text = String::from_utf8_lossy(bytes);
    let mut prefixes = Vec::new();
    // A byte-order mark is what some editors put in front, not what the operator wrote.
    for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let entry = line.split('#').next().unwrap_or_default().trim();
        if !entry.is_empty() {
            prefixes.push(entry.parse().map_err(|reason| (number + 1, reason))?);
        }
    }
    Ok(prefixes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_comments_blanks_and_addresses() {
        let text = b"\xef\xbb\xbf# head\r\n\r\n198.18.0.0/15 # test net\n 2001:db8::1\n";
        let prefixes = parse(text).unwrap();
        assert_eq!(format!("{prefixes:?}"), "[198.18.0.0/15, 2001:db8::1/128]");
    }

    #[test]
    fn names_the_line_that_is_wrong() {
        let error = parse(b"10.0.0.0/8\n\n10.1.2.3/8\n").unwrap_err();
        assert_eq!(error.0, 3);
        assert!(error.1.to_string().contains("write 10.0.0.0/8"));
    }
}
