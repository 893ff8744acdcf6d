//! A name for a record that other schemas want: the same in every run over the same input, and nothing of the
//! record's ends in it.

use crate::export::view::{RunContext, View};
use sha2::{Digest as _, Sha256};

/// Digits of Zeek's names.
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Of a record, by the sensor's name, its start and its number.
pub(super) struct Uid(u128);

impl Uid {
    pub(super) fn of(view: &View<'_>, run: &RunContext<'_>) -> Self {
        let mut hash = Sha256::new();
        hash.update(run.run.sensor);
        hash.update([0]);
        hash.update(view.start.nanos().to_be_bytes());
        hash.update(view.seq.to_be_bytes());
        let half = hash.finalize();
        let half = half.first_chunk().copied().unwrap_or_default();
        Self(u128::from_be_bytes(half))
    }

    /// `C` and 17 digits of base 62, as Zeek names connections.
    pub(super) fn text(&self) -> [u8; 18] {
        let mut text = [b'C'; 18];
        let mut rest = self.0;
        for digit in text.iter_mut().skip(1) {
            *digit = BASE62[(rest % 62) as usize];
            rest /= 62;
        }
        text
    }

    /// 51 bits, as Suricata numbers flows: every reader of JSON keeps them.
    pub(super) const fn number(&self) -> u64 {
        self.0 as u64 & ((1 << 51) - 1)
    }
}
