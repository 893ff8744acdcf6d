//! Under what records are collected, how long they are kept and what stands for their ends: the same for all
//! of them, until the authorisations in force change.

use super::Pseudonyms;
use crate::flow::Timestamp;
use crate::time::NANOS_PER_SEC;
use std::sync::Arc;

/// What stands in records where no authorisation was given: the operator authorises itself.
pub const SELF_AUTHORISED: &str = "self-authorised";

/// Nanoseconds of a day.
const DAY: u64 = 86_400 * NANOS_PER_SEC;

/// Under what records are collected, and how long they are kept.
#[derive(Debug, Clone)]
pub struct Terms {
    /// [`SELF_AUTHORISED`], or the ids of the authorisations in force, joined by `,`.
    pub authorisation: String,
    /// Days after their end at which records expire; 0 if nothing says so.
    pub retention_days: u32,
    /// What stands for addresses at home; nothing where they are written as they are. Made for
    /// `authorisation`.
    pub pseudonyms: Option<Arc<Pseudonyms>>,
    /// The seed of the Community ID in records; nothing where they have none. With pseudonyms there is none,
    /// whatever stands here.
    pub community_id: Option<u16>,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            authorisation: SELF_AUTHORISED.to_owned(),
            retention_days: 0,
            pseudonyms: None,
            community_id: None,
        }
    }
}

impl Terms {
    /// When a record that was collected then expires, if it does. No later than time itself can say
    /// (the year 2554).
    #[must_use]
    pub fn expiry(&self, collected: Timestamp) -> Option<Timestamp> {
        let kept = DAY.saturating_mul(u64::from(self.retention_days));
        let at = collected.nanos().saturating_add(kept);
        (self.retention_days > 0).then(|| Timestamp::from_nanos(at))
    }
}
