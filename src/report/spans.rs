//! What held from when to when: policies, authorisations, and the time without any.

use super::build::MOST_ROWS;
use super::figures::{AuthorityInPeriod, AuthoritySpan, Bounded, PolicySpan, Span, ppm};
use super::happening::standing;
use super::walk::Walk;
use super::window::{PUBLISHED_SECONDS, floor, seconds};
use crate::ledger::{Authority, Moment, Profile};
use crate::time::Timestamp;

/// A moment of a span, to the hour in a published report.
pub(super) const fn moment(at: Timestamp, publish: bool) -> Moment {
    Moment(if publish {
        floor(at, PUBLISHED_SECONDS)
    } else {
        at
    })
}

pub(super) fn policies(walk: &Walk<'_>, publish: bool) -> Bounded<PolicySpan> {
    let spans = walk.policies.iter().map(|span| PolicySpan {
        from: moment(span.from, publish),
        to: moment(span.to, publish),
        profile: profile(span.what.profile),
        classes: span.what.classes.clone(),
    });
    Bounded::of(spans.collect(), MOST_ROWS)
}

pub(super) const fn profile(profile: Profile) -> &'static str {
    match profile {
        Profile::Standard => "standard",
        Profile::Statutory => "statutory",
    }
}

pub(super) fn authority(walk: &Walk<'_>, period: u64, publish: bool) -> AuthorityInPeriod {
    let spans = walk.authorities.iter().map(|span| {
        let Authority {
            standing: stands,
            id,
            authority,
            purpose,
            classes,
            interfaces,
            not_before,
            not_after,
            volume,
            sha256,
            keys,
        } = span.what;
        AuthoritySpan {
            from: moment(span.from, publish),
            to: moment(span.to, publish),
            standing: standing(*stands),
            id: id.clone(),
            authority: authority.clone(),
            purpose: purpose.clone(),
            classes: classes.clone(),
            interfaces: interfaces.clone(),
            not_before: *not_before,
            not_after: *not_after,
            cap_packets: volume.and_then(|volume| volume.packets),
            cap_bytes: volume.and_then(|volume| volume.bytes),
            sha256: sha256.clone(),
            keys: keys.clone(),
        }
    });
    let without = walk.without.clone().merged();
    let without: Vec<Span> = without
        .into_iter()
        .map(|(from, to)| Span {
            from: moment(from, publish),
            to: moment(to, publish),
            seconds: seconds(from, to),
        })
        .filter(|span| span.seconds > 0)
        .collect();
    let without_seconds = without.iter().map(|span| span.seconds).sum();
    let by_itself = walk.self_authorised.clone().merged();
    AuthorityInPeriod {
        spans: Bounded::of(spans.collect(), MOST_ROWS),
        without: Bounded::of(without, MOST_ROWS),
        without_seconds,
        without_ppm: ppm(without_seconds, period),
        self_authorised_seconds: by_itself.iter().map(|(from, to)| seconds(*from, *to)).sum(),
    }
}
