//! What became of the attacks: leaks, of which there must be none, and what was excluded for nothing.

use crate::made::Made;
use sekisho::fate::Fate;
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::ops::AddAssign;

/// Counts over many packets.
#[derive(Default)]
pub(crate) struct Outcome {
    packets: u64,
    admitted: u64,
    /// Excluded, and rightly: something in it forbids it.
    forbidden: u64,
    /// Excluded, since what is in it cannot be known, by why.
    veiled: BTreeMap<&'static str, u64>,
    /// Excluded, though nothing forbids it, by reason and construction.
    for_nothing: BTreeMap<(&'static str, String), u64>,
    /// Admitted with something that forbids it, by construction: how often, and the packets of the attack up
    /// to the first of them.
    leaks: BTreeMap<String, (u64, String)>,
}

impl Outcome {
    /// Counts the last of these packets of an attack.
    pub(crate) fn count(&mut self, made: &Made, sent: &[Sent], seed: u64) {
        let Some(Sent { fate, .. }) = sent.last() else {
            return;
        };
        self.packets += 1;
        match *fate {
            Fate::Admitted(_) if made.may_pass() => self.admitted += 1,
            Fate::Admitted(_) => {
                let certain = made.seen.iter().any(|seen| seen.pair.could_be_domestic());
                let what = if certain {
                    "domestic"
                } else {
                    "nobody's address"
                };
                let trail = format!("{what}: {} ({:?})", made.trail.join(" < "), made.veil);
                let first = || (0, format!("seed {seed}\n{}", story(sent)));
                self.leaks.entry(trail).or_insert_with(first).0 += 1;
            }
            Fate::Excluded(_) if !made.may_pass() => self.forbidden += 1,
            Fate::Excluded(reason) => match made.veil {
                Some(why) => *self.veiled.entry(why).or_default() += 1,
                None => {
                    let mut parts = made.trail.clone();
                    parts.sort_unstable();
                    parts.dedup();
                    let key = (reason.id(), parts.join(", "));
                    *self.for_nothing.entry(key).or_default() += 1;
                }
            },
        }
    }

    pub(crate) fn check(&self) {
        let leaks: u64 = self.leaks.values().map(|(count, _)| count).sum();
        assert_eq!(leaks, 0, "passed, though something in it forbids it");
        // The attacks reach what they aim at.
        assert!(
            self.admitted > self.packets / 5,
            "{} admitted",
            self.admitted
        );
        assert!(
            self.forbidden > self.packets / 5,
            "{} forbidden",
            self.forbidden
        );
    }
}

impl AddAssign for Outcome {
    fn add_assign(&mut self, other: Self) {
        let Self {
            packets,
            admitted,
            forbidden,
            veiled,
            for_nothing,
            leaks,
        } = other;
        self.packets += packets;
        self.admitted += admitted;
        self.forbidden += forbidden;
        for (key, count) in veiled {
            *self.veiled.entry(key).or_default() += count;
        }
        for (key, count) in for_nothing {
            *self.for_nothing.entry(key).or_default() += count;
        }
        for (key, (count, story)) in leaks {
            self.leaks.entry(key).or_insert((0, story)).0 += count;
        }
    }
}

/// A packet of an attack, as the lane got it, and what became of it.
pub(crate) struct Sent {
    pub(crate) link: u32,
    pub(crate) captured: Vec<u8>,
    pub(crate) wire_len: usize,
    pub(crate) fate: Fate,
}

/// The packets of an attack, to be made again by hand.
fn story(sent: &[Sent]) -> String {
    let mut story = String::new();
    for packet in sent {
        let Sent {
            link,
            captured,
            wire_len,
            fate,
        } = packet;
        let _ = write!(story, "    link {link}, {wire_len} bytes, {fate:?}: ");
        for byte in captured {
            let _ = write!(story, "{byte:02x}");
        }
        story.push('\n');
    }
    story
}

const OTHER: &str = "another construction";

/// What in a construction makes that it is excluded although nothing in it forbids it.
fn cause(parts: &str) -> &'static str {
    let has = |part: &str| parts.split(", ").any(|one| one == part);
    let causes = [
        (
            "fragment",
            "a later fragment whose first was cut by the capture",
        ),
        ("wccp 1", "a WCCP redirect that reads in two ways"),
        ("wccp 2", "a WCCP redirect that reads in two ways"),
        ("pseudowire", "a pseudowire that reads in two ways"),
        (
            "pseudowire with a word",
            "a pseudowire that reads in two ways",
        ),
        ("erspan 1 by key", "ERSPAN that reads in two ways"),
        ("erspan 2 by key", "ERSPAN that reads in two ways"),
        ("lisp control", "a request of LISP with a fragment in it"),
        ("esp", "sealed ESP that reads as open"),
        ("open esp", "sealed ESP that reads as open"),
    ];
    let cause = causes.into_iter().find(|(part, _)| has(part));
    cause.map_or(OTHER, |(_, cause)| cause)
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} packets: {} admitted, {} excluded rightly",
            self.packets, self.admitted, self.forbidden
        )?;
        for (why, count) in &self.veiled {
            writeln!(f, "  not knowable   {count:>9}  {why}")?;
        }
        let for_nothing: u64 = self.for_nothing.values().sum();
        writeln!(f, "excluded for nothing: {for_nothing}")?;
        let mut by_cause: BTreeMap<(&str, &str), u64> = BTreeMap::new();
        for ((reason, parts), count) in &self.for_nothing {
            *by_cause.entry((reason, cause(parts))).or_default() += count;
        }
        for ((reason, cause), count) in &by_cause {
            writeln!(f, "  for nothing    {count:>9}  {reason}: {cause}")?;
        }
        let mut others: Vec<_> = self
            .for_nothing
            .iter()
            .filter(|((_, parts), _)| cause(parts) == OTHER)
            .collect();
        others.sort_by_key(|((_, parts), _)| parts.len());
        for ((reason, parts), count) in others.iter().take(25) {
            writeln!(f, "  other          {count:>9}  {reason}: {parts}")?;
        }
        let mut leaks: Vec<_> = self.leaks.iter().collect();
        leaks.sort_by_key(|(trail, _)| trail.len());
        let total: u64 = leaks.iter().map(|(_, (count, _))| count).sum();
        writeln!(f, "leaks: {total}")?;
        for (trail, (count, story)) in leaks.iter().take(40) {
            writeln!(f, "  LEAK           {count:>9}  {trail}, {story}")?;
        }
        Ok(())
    }
}
