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
        sha256: SHA256,
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

/// SHA-256 of the crate's four data files, one after the other. They are part of this program, so what
/// they hash to is known beforehand; a test hashes them.
#[cfg(feature = "embedded-geo")]
const SHA256: [u8; 32] = [
    0xd1, 0xf6, 0x7f, 0xcf, 0x4e, 0x37, 0x79, 0x95, 0x2a, 0x90, 0xee, 0x12, 0x6c, 0xf8, 0xe9, 0x86,
    0xc3, 0xa3, 0x80, 0xa9, 0xbb, 0x8d, 0x10, 0x72, 0x5f, 0x1f, 0x24, 0xa3, 0x0b, 0x10, 0x91, 0xe1,
];

#[cfg(all(test, feature = "embedded-geo"))]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_the_data() {
        let code = |code: &Code| code.map_or(0, std::num::NonZeroU16::get).to_le_bytes();
        let v4_starts = tor_geoip_db::ipv4s()
            .iter()
            .flat_map(|start| start.to_le_bytes());
        let v6_starts = tor_geoip_db::ipv6s()
            .iter()
            .flat_map(|start| start.to_le_bytes());
        let mut bytes: Vec<u8> = v4_starts.collect();
        bytes.extend(tor_geoip_db::ipv4c().iter().flat_map(code));
        bytes.extend(v6_starts);
        bytes.extend(tor_geoip_db::ipv6c().iter().flat_map(code));
        assert_eq!(super::super::identity::sha256(&bytes), SHA256);
    }
}
