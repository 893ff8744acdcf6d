//! What a run is authorised by: the signed files, as a policy for the lanes, as lines for people and as
//! entries for the ledger.
//!
//! Files are read when a run begins and at a reload, all or none. Whether one is in force is a question of
//! time: of a packet's own at the gate, of the wall clock for who is told.

use super::summary::Authorisation as Shown;
use super::{Failure, FailureKind};
use crate::authorisation::{self, Profile, Refused, Signed};
use crate::config::Config;
use crate::export::SELF_AUTHORISED;
use crate::gate::{Authorisation, Grant, Meter, Policy, Schedule};
use crate::geo::Table;
use crate::ledger::{self, Moment, Standing};
use crate::spelling::hex;
use crate::time::Timestamp;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

/// What a replay is called in the list of interfaces of an authorisation.
pub(super) const REPLAY: &str = "replay";
/// What made-up traffic is called there.
pub(super) const DEMO: &str = "demo";

/// What a run is authorised by.
#[derive(Debug, Clone)]
pub struct Authorities {
    profile: Profile,
    /// What the operator lets pass at most.
    limit: Authorisation,
    files: Vec<Counted>,
    /// The interfaces of the run.
    interfaces: Vec<String>,
    /// Meters of ids that were there before and are no more: they may come back.
    #[cfg(feature = "live")]
    gone: Vec<(String, Arc<Meter>)>,
}

/// An authorisation, and how much was admitted under it.
#[derive(Debug, Clone)]
struct Counted {
    signed: Signed,
    /// If that is limited.
    meter: Option<Arc<Meter>>,
}

impl Authorities {
    /// Reads the files of a run on these interfaces. Without any interface it is only found out whether the
    /// files are good.
    ///
    /// # Errors
    /// What is wrong with a file, one line for each; two with one id; or an interface that none names.
    pub fn load(config: &Config, interfaces: &[String]) -> Result<Self, Failure> {
        let settings = &config.authorisations;
        let (mut files, mut refused): (Vec<Counted>, Vec<Refused>) = (Vec::new(), Vec::new());
        for path in &settings.files {
            match authorisation::read(path, &settings.keys, settings.threshold, config.profile) {
                Ok(signed) => files.push(Counted {
                    meter: meter(&signed),
                    signed,
                }),
                Err(error) => refused.push(error),
            }
        }
        if let Some((first, others)) = refused.split_first() {
            let kind = if first.is_permission() {
                FailureKind::Permission
            } else {
                FailureKind::Configuration
            };
            let failure = Failure::line(kind, first.to_string());
            return Err(failure.and(others.iter().map(ToString::to_string)));
        }
        let authorities = Self {
            profile: config.profile,
            limit: config.authorisation,
            files,
            interfaces: interfaces.to_vec(),
            #[cfg(feature = "live")]
            gone: Vec::new(),
        };
        authorities.check()?;
        Ok(authorities)
    }

    fn check(&self) -> Result<(), Failure> {
        let ids = || self.files.iter().map(|file| &file.signed.document.id);
        if let Some((_, id)) = ids()
            .enumerate()
            .find(|(at, id)| ids().take(*at).any(|before| before == *id))
        {
            return Err(Failure::new(
                FailureKind::Configuration,
                "two authorisations with one id",
                id,
                "each must have its own",
            ));
        }
        // What cannot be entered would end the run when it is, with its records complete.
        let is_too_long = |file: &&Counted| {
            // The longest of what it can stand as.
            let standing = Standing::Exhausted;
            let entry = file.entry(Timestamp::default());
            !ledger::Event::Authority(ledger::Authority { standing, ..entry }).fits()
        };
        if let Some(file) = self.files.iter().find(is_too_long) {
            return Err(Failure::new(
                FailureKind::Configuration,
                "authorisation longer than an entry of the ledger, 65535 bytes",
                &file.signed.document.id,
                "have it name fewer interfaces, or split it",
            ));
        }
        let named = |name: &String| {
            let mut files = self.files.iter();
            files.any(|file| file.signed.document.interfaces.contains(name))
        };
        let mut names = self.interfaces.iter();
        match names.find(|name| !self.files.is_empty() && !named(name)) {
            Some(name) => Err(Failure::new(
                FailureKind::Configuration,
                "no authorisation names this interface",
                name,
                "capture from others, or have it authorised",
            )),
            None => Ok(()),
        }
    }

    /// Goes on counting where an earlier reading of the files counts, for each id that was there before.
    #[cfg(feature = "live")]
    pub(super) fn go_on_counting(&mut self, before: &Self) {
        let met = before.files.iter().filter_map(|file| {
            let meter = file.meter.clone()?;
            Some((file.signed.document.id.clone(), meter))
        });
        self.gone = met.chain(before.gone.iter().cloned()).collect();
        for file in &mut self.files {
            let document = &file.signed.document;
            let old = self.gone.iter().position(|(id, _)| *id == document.id);
            if let (Some(at), Some(volume)) = (old, document.volume) {
                let (_, old) = self.gone.swap_remove(at);
                file.meter = Some(Arc::new(old.with_limits(volume.packets, volume.bytes)));
            }
        }
    }

    /// Whether what passes is the same as by another reading of the files.
    #[cfg(feature = "live")]
    pub(super) fn are_as(&self, other: &Self) -> bool {
        let files = |it: &Self| -> Vec<Signed> {
            it.files.iter().map(|file| file.signed.clone()).collect()
        };
        (self.profile, self.limit, &self.interfaces)
            == (other.profile, other.limit, &other.interfaces)
            && files(self) == files(other)
    }

    /// What may pass when, by this table.
    #[must_use]
    pub fn policy(&self, table: &Table) -> Policy {
        if self.are_self_given() {
            return Policy::new(self.limit);
        }
        let on = |name: &String| -> Vec<Grant> {
            let files = self.files.iter();
            let files = files.filter(|file| file.signed.document.interfaces.contains(name));
            files.map(Counted::grant).collect()
        };
        let interfaces = self.interfaces.iter().map(on).collect();
        let fresh_until = match self.profile {
            Profile::Standard => None,
            Profile::Statutory => table.fresh_until().map(Timestamp::from_nanos),
        };
        let schedule = Schedule::new(self.limit, interfaces, fresh_until);
        Policy::scheduled(Arc::new(schedule))
    }

    /// Whether the operator authorises itself.
    const fn are_self_given(&self) -> bool {
        self.files.is_empty() && matches!(self.profile, Profile::Standard)
    }

    /// Whether how much is admitted is limited: then one lane must see every frame in its order.
    #[must_use]
    pub fn are_metered(&self) -> bool {
        self.files.iter().any(|file| file.meter.is_some())
    }

    /// One line for people on each authorisation: what it lets pass, where, when, and who signed it.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let line = |file: &Counted| {
            let Signed { document, keys, .. } = &file.signed;
            let classes: Vec<&str> = document.classes.ids().collect();
            format!(
                "authorised: {} by {}: {} on {} from {} until {}, signed by {}",
                document.id,
                document.authority,
                classes.join(", "),
                document.interfaces.join(", "),
                document.not_before,
                document.not_after,
                keys.join(" and ")
            )
        };
        self.files.iter().map(line).collect()
    }

    /// For the summary.
    #[must_use]
    pub fn shown(&self) -> Shown {
        let ids = self
            .files
            .iter()
            .map(|file| file.signed.document.id.clone());
        let ids = if self.are_self_given() {
            vec![SELF_AUTHORISED.to_owned()]
        } else {
            ids.collect()
        };
        Shown {
            profile: self.profile.id(),
            ids,
        }
    }

    /// As records name them: [`SELF_AUTHORISED`], or their ids, joined by `,`.
    #[must_use]
    pub(super) fn joined_ids(&self) -> String {
        self.shown().ids.join(",")
    }

    /// SHA-256 over everything that decides what passes, in hex: for comparison only.
    #[must_use]
    pub(super) fn digest(&self) -> String {
        let Self {
            profile,
            limit,
            files,
            interfaces,
            #[cfg(feature = "live")]
                gone: _,
        } = self;
        let mut digest = Sha256::new();
        let mut add = |text: &str| {
            digest.update((text.len() as u64).to_le_bytes());
            digest.update(text);
        };
        add(profile.id());
        limit.ids().for_each(&mut add);
        for Counted { signed, meter: _ } in files {
            add(&signed.sha256);
            signed.keys.iter().for_each(|key| add(key));
        }
        interfaces.iter().for_each(|name| add(name));
        hex(&digest.finalize())
    }

    /// What may pass at a moment, for the ledger.
    #[must_use]
    pub fn policy_entry(&self, table: &Table, at: Timestamp) -> ledger::Policy {
        let classes = self.policy(table).authorisation_at(at);
        ledger::Policy {
            profile: match self.profile {
                Profile::Standard => ledger::Profile::Standard,
                Profile::Statutory => ledger::Profile::Statutory,
            },
            classes: classes.ids().map(str::to_owned).collect(),
        }
    }

    /// Every authorisation as it stands at a moment, for the ledger; where there is none, that.
    #[must_use]
    pub fn entries(&self, at: Timestamp) -> Vec<ledger::Authority> {
        if !self.files.is_empty() {
            return self.files.iter().map(|file| file.entry(at)).collect();
        }
        let (standing, id) = match self.profile {
            Profile::Standard => (Standing::SelfAuthorised, SELF_AUTHORISED),
            Profile::Statutory => (Standing::Missing, "none"),
        };
        vec![ledger::Authority {
            standing,
            id: id.to_owned(),
            authority: None,
            purpose: None,
            classes: self.limit.ids().map(str::to_owned).collect(),
            interfaces: Vec::new(),
            not_before: None,
            not_after: None,
            volume: None,
            sha256: None,
            keys: Vec::new(),
        }]
    }
}

impl Counted {
    fn grant(&self) -> Grant {
        let document = &self.signed.document;
        Grant {
            classes: document.classes,
            not_before: document.not_before.at,
            not_after: document.not_after.at,
            meter: self.meter.clone(),
        }
    }

    fn standing(&self, at: Timestamp) -> Standing {
        let document = &self.signed.document;
        if at < document.not_before.at {
            Standing::NotYet
        } else if at >= document.not_after.at {
            Standing::Expired
        } else if self.meter.as_ref().is_some_and(|meter| meter.is_used_up()) {
            Standing::Exhausted
        } else {
            Standing::InForce
        }
    }

    fn entry(&self, at: Timestamp) -> ledger::Authority {
        let Signed {
            document,
            sha256,
            keys,
        } = &self.signed;
        ledger::Authority {
            standing: self.standing(at),
            id: document.id.clone(),
            authority: Some(document.authority.clone()),
            purpose: Some(document.purpose.clone()),
            classes: document.classes.ids().map(str::to_owned).collect(),
            interfaces: document.interfaces.clone(),
            not_before: Some(Moment(document.not_before.at)),
            not_after: Some(Moment(document.not_after.at)),
            volume: document.volume.map(|volume| ledger::Volume {
                packets: volume.packets,
                bytes: volume.bytes,
            }),
            sha256: Some(sha256.clone()),
            keys: keys.clone(),
        }
    }
}

fn meter(signed: &Signed) -> Option<Arc<Meter>> {
    let volume = signed.document.volume?;
    Some(Arc::new(Meter::new(volume.packets, volume.bytes)))
}

/// Notices when authorisations begin, end or are used up.
#[derive(Debug, Default)]
pub struct Standings {
    /// Id, digest of the file, and how it stood.
    seen: Vec<(String, Option<String>, Standing)>,
}

impl Standings {
    /// The authorisations that are others, or stand otherwise, than when this was asked before: at first, all
    /// of them. One that is gone is not told of.
    pub fn changes(&mut self, authorities: &Authorities, at: Timestamp) -> Vec<ledger::Authority> {
        let entries = authorities.entries(at);
        let standing =
            |entry: &ledger::Authority| (entry.id.clone(), entry.sha256.clone(), entry.standing);
        let now = entries.iter().map(standing).collect();
        let before = std::mem::replace(&mut self.seen, now);
        let is_new = |entry: &ledger::Authority| !before.contains(&standing(entry));
        entries.into_iter().filter(is_new).collect()
    }
}

/// How an authorisation stands, in one line for people.
#[must_use]
pub fn line(entry: &ledger::Authority) -> String {
    let id = &entry.id;
    let classes = entry.classes.join(", ");
    let moment = |moment: Option<Moment>| moment.map_or_else(String::new, |m| m.0.to_string());
    match entry.standing {
        Standing::InForce => {
            let until = moment(entry.not_after);
            format!("authorisation in force: {id}: {classes} until {until}")
        }
        Standing::NotYet => {
            let from = moment(entry.not_before);
            format!("authorisation not yet in force: {id}: {classes} from {from} on")
        }
        Standing::Expired => {
            let since = moment(entry.not_after);
            format!("authorisation expired: {id}: nothing is admitted under it since {since}")
        }
        Standing::Exhausted => {
            format!(
                "authorisation used up: {id}: its volume is reached, nothing more is admitted under it"
            )
        }
        Standing::SelfAuthorised => format!("{id}: {classes}"),
        Standing::Missing => {
            "no authorisation: profile statutory: everything is excluded and only counted"
                .to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// The authorisation that the tests hold, from 2026-04-01 until 2026-10-01 in Japan.
    fn example() -> Config {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/authorisation/signed");
        let keys = std::fs::read_to_string(folder.join("keys.txt")).unwrap();
        let mut config = Config::default();
        config.authorisations.files = vec![folder.join("example.toml")];
        config.authorisations.keys = keys.lines().map(|key| key.parse().unwrap()).collect();
        config.authorisations.threshold = 2;
        config
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn what_begins_and_ends_is_told_once() {
        let authorities = Authorities::load(&example(), &[REPLAY.to_owned()]).unwrap();
        let mut standings = Standings::default();
        let mut told = |text: &str| -> Vec<String> {
            let changes = standings.changes(&authorities, at(text));
            changes.iter().map(line).collect()
        };
        let id = "example-2026-1: foreign_foreign";
        for (moment, want) in [
            (
                "2026-03-31T14:59:59.999999999Z",
                format!(
                    "authorisation not yet in force: {id} from 2026-03-31T15:00:00.000000000Z on"
                ),
            ),
            (
                "2026-03-31T15:00:00.000000000Z",
                format!("authorisation in force: {id} until 2026-09-30T15:00:00.000000000Z"),
            ),
            (
                "2026-09-30T15:00:00.000000000Z",
                "authorisation expired: example-2026-1: nothing is admitted under it since \
                 2026-09-30T15:00:00.000000000Z"
                    .to_owned(),
            ),
        ] {
            assert_eq!(told(moment), [want]);
            assert!(told(moment).is_empty());
        }
    }

    #[test]
    #[cfg(feature = "live")]
    fn what_is_used_of_a_volume_is_used_whatever_is_read_between() {
        let load = || Authorities::load(&example(), &[]).unwrap();
        let used_up = |authorities: &Authorities| {
            let entries = authorities.entries(at("2026-05-01T00:00:00.000000000Z"));
            entries
                .iter()
                .all(|entry| entry.standing == Standing::Exhausted)
        };
        let first = load();
        assert!(!used_up(&first));
        let before = first.files[0].meter.clone().unwrap();
        let mut none = load();
        none.files.clear();
        none.go_on_counting(&first);
        let mut again = load();
        again.go_on_counting(&none);
        let after = again.files[0].meter.clone().unwrap();
        assert!(after.counts_as(&before) && !after.is_used_up());
        assert!(!load().files[0].meter.clone().unwrap().counts_as(&before));
    }

    #[test]
    fn the_ledger_is_told_what_there_is_or_that_there_is_nothing() {
        let now = at("2026-05-01T00:00:00.000000000Z");
        let entry = |config: &Config| {
            let authorities = Authorities::load(config, &[]).unwrap();
            authorities.entries(now).remove(0)
        };
        let signed = entry(&example());
        assert_eq!((signed.standing, signed.keys.len()), (Standing::InForce, 2));
        assert_eq!(
            signed.volume.and_then(|volume| volume.packets),
            Some(1_000_000)
        );
        let mut config = Config::default();
        assert_eq!(entry(&config).id, SELF_AUTHORISED);
        config.profile = Profile::Statutory;
        assert_eq!(entry(&config).standing, Standing::Missing);
    }
}
