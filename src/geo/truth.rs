//! A list of what is known to be true of prefixes, to measure tables by. Nothing is judged by it.

use super::segments::Segments;
use super::{CountryCode, Error, Prefix, file, identity};
use crate::spelling::hex;
use std::net::IpAddr;
use std::path::Path;

/// Labels of the segments.
const DOMESTIC: u16 = 1;
const FOREIGN: u16 = 2;

/// What an operator knows of prefixes.
pub struct Truth {
    pub(super) v4: Segments<u32>,
    pub(super) v6: Segments<u128>,
    sha256: [u8; 32],
    prefixes: u64,
}

impl Truth {
    /// Reads a list: `PREFIX,PLACE` a line, where the place is `domestic`, `foreign` or a country; `#`
    /// begins a comment, and a first line `prefix,place` may name the columns. Where prefixes overlap,
    /// domestic decides.
    ///
    /// # Errors
    /// If it cannot be read, or the first line that is not understood.
    pub fn read(path: &Path, home: &[CountryCode]) -> Result<Self, Error> {
        let bytes = file::read(path)?;
        let text = String::from_utf8_lossy(&bytes);
        let (mut v4, mut v6, mut prefixes) = (Vec::new(), Vec::new(), 0);
        for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() || number == 0 && line.eq_ignore_ascii_case("prefix,place") {
                continue;
            }
            let refuse = |reason| Error::Truth {
                path: path.to_owned(),
                line: number + 1,
                reason,
            };
            let (prefix, place) = line
                .split_once(',')
                .ok_or_else(|| refuse("write PREFIX,PLACE".to_owned()))?;
            let prefix: Prefix = prefix
                .trim()
                .parse()
                .map_err(|error: super::PrefixError| refuse(error.to_string()))?;
            let label = match place.trim() {
                "domestic" => DOMESTIC,
                "foreign" => FOREIGN,
                country => match CountryCode::new(country) {
                    Some(country) if home.contains(&country) => DOMESTIC,
                    Some(_) => FOREIGN,
                    None => {
                        let what = "a place is domestic, foreign or a country of two letters";
                        return Err(refuse(what.to_owned()));
                    }
                },
            };
            v4.extend(prefix.range_v4().map(|(first, last)| (first, last, label)));
            v6.extend(prefix.range_v6().map(|(first, last)| (first, last, label)));
            prefixes += 1;
        }
        let rank = |label: u16| u8::from(label == DOMESTIC);
        Ok(Self {
            v4: Segments::from_ranges(&v4, rank),
            v6: Segments::from_ranges(&v6, rank),
            sha256: identity::sha256(&bytes),
            prefixes,
        })
    }

    /// Whether an address is truly at home; nothing if it is not in the list.
    #[must_use]
    pub fn is_domestic(&self, address: IpAddr) -> Option<bool> {
        let label = match address {
            IpAddr::V4(address) => self.v4.find(address.into()).label,
            IpAddr::V6(address) => self.v6.find(address.into()).label,
        };
        Self::of_label(label)
    }

    pub(super) const fn of_label(label: u16) -> Option<bool> {
        match label {
            DOMESTIC => Some(true),
            FOREIGN => Some(false),
            _ => None,
        }
    }

    /// Its lines.
    #[must_use]
    pub const fn prefixes(&self) -> u64 {
        self.prefixes
    }

    /// SHA-256 of its bytes, in hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> String {
        hex(&self.sha256)
    }
}
