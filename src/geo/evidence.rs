//! What one source says of one range of addresses, in two bytes.

use super::CountryCode;

/// A country or none, and two remarks. Packed, because sources hold hundreds of thousands of them:
/// the letters of a country code leave the top bit of each byte free.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Evidence(u16);

impl Evidence {
    /// The source is silent, or names no country (rules §3: a look-up without error is no evidence).
    pub(super) const NONE: Self = Self(0);
    const ANYCAST: u16 = 0x0080;
    const CONTRADICTED: u16 = 0x8000;
    const COUNTRY: u16 = 0x7f7f;

    /// The source names this country.
    pub(super) const fn country(code: CountryCode) -> Self {
        Self(u16::from_le_bytes(code.to_bytes()))
    }

    /// The source says that the range is anycast.
    pub(super) const fn with_anycast(self) -> Self {
        Self(self.0 | Self::ANYCAST)
    }

    /// Another field of the same record says home (registered or represented country).
    pub(super) const fn with_contradiction(self) -> Self {
        Self(self.0 | Self::CONTRADICTED)
    }

    /// As packed by [`Evidence::packed`].
    pub(super) const fn from_packed(bits: u16) -> Self {
        Self(bits)
    }

    pub(super) const fn packed(self) -> u16 {
        self.0
    }

    /// The bits of the country alone; zero where none is named.
    pub(super) const fn country_bits(self) -> u16 {
        self.0 & Self::COUNTRY
    }

    /// The country named.
    pub(super) fn country_code(self) -> Option<CountryCode> {
        CountryCode::from_bytes(self.country_bits().to_le_bytes())
    }

    pub(super) const fn is_anycast(self) -> bool {
        self.0 & Self::ANYCAST != 0
    }

    pub(super) const fn is_contradicted(self) -> bool {
        self.0 & Self::CONTRADICTED != 0
    }
}
