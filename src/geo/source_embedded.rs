//! The table inside the binary: IPFire's location database as packed by `tor-geoip-db`.

use super::{Error, source::Source};

#[cfg(not(feature = "embedded-geo"))]
pub(super) fn read() -> Result<Source, Error> {
    Err(Error::NoEmbedded)
}

#[cfg(feature = "embedded-geo")]
pub(super) fn read() -> Result<Source, Error> {
    use super::segments::Segments;
    use super::source::{Origin, SourceKind};
    use std::borrow::Cow;

    let (v4_starts, v4_codes) = (tor_geoip_db::ipv4s(), tor_geoip_db::ipv4c());
    let (v6_starts, v6_codes) = (tor_geoip_db::ipv6s(), tor_geoip_db::ipv6c());
    let origin = Origin {
        path: None,
        kind: SourceKind::Embedded,
        title: TITLE.to_owned(),
        built: Some(BUILT),
        sha256: digest(v4_starts, v4_codes, v6_starts, v6_codes),
    };
    Ok(Source {
        origins: vec![origin],
        v4: Segments::from_sorted(Cow::Borrowed(v4_starts), labels(v4_codes))
            .ok_or(Error::EmbeddedDamaged)?,
        v6: Segments::from_sorted(Cow::Borrowed(v6_starts), labels(v6_codes))
            .ok_or(Error::EmbeddedDamaged)?,
    })
}

#[cfg(feature = "embedded-geo")]
const TITLE: &str = "IPFire location database (tor-geoip-db 0.1.1)";

/// When the data was generated, by `doc/export-info-v4.txt` of tor-geoip-db 0.1.1:
/// Wed, 23 Sep 2026 04:35:31 GMT.
#[cfg(feature = "embedded-geo")]
const BUILT: u64 = 1_790_138_131;

#[cfg(feature = "embedded-geo")]
type Code = Option<std::num::NonZeroU16>;

/// The crate packs a country as evidence does, first letter low, but keeps the pseudo-codes.
#[cfg(feature = "embedded-geo")]
fn labels(codes: &[Code]) -> Vec<u16> {
    use super::{CountryCode, Evidence};
    codes
        .iter()
        .map(|code| {
            code.and_then(|code| CountryCode::from_bytes(code.get().to_le_bytes()))
                .map_or(Evidence::NONE, Evidence::country)
                .packed()
        })
        .collect()
}

/// SHA-256 of the crate's four data files, one after the other.
#[cfg(feature = "embedded-geo")]
fn digest(v4_starts: &[u32], v4_codes: &[Code], v6_starts: &[u128], v6_codes: &[Code]) -> [u8; 32] {
    let mut hasher = super::identity::Hasher::new();
    hasher.update_each(v4_starts, |start| start.to_le_bytes());
    hasher.update_each(v4_codes, code_bytes);
    hasher.update_each(v6_starts, |start| start.to_le_bytes());
    hasher.update_each(v6_codes, code_bytes);
    hasher.finish()
}

#[cfg(feature = "embedded-geo")]
fn code_bytes(code: &Code) -> [u8; 2] {
    code.map_or(0, std::num::NonZeroU16::get).to_le_bytes()
}
