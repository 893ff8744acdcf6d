//! Measures country tables against each other, by space and by traffic, and against the truth.
//!
//! Each table judges every frame in a lane of its own. Nothing is exported, and what is left of a frame
//! is in counts: which class one table gave it, and which the other.

use super::{Failure, FailureKind, Progress, geo_settings};
use crate::config::Config;
use crate::decode::{Headers, IpVersion, decode};
use crate::evaluation::{
    Confusion, Evaluation, FlowErrors, Judged, Rate, SCHEMA, Space, TableName, Traffic, Truth,
    Weight,
};
use crate::fate::{Fate, Reason};
use crate::flow;
use crate::gate::{Authorisation, Policy};
use crate::geo::{self, Agreement, Table};
use crate::lane::{Lane, Settings};
use crate::source::{self, End, Frame, Input, expand};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What the class of an excluded frame is called.
const EXCLUDED: &str = "excluded";

/// Measures the configured tables, with a list of the truth and with captures, where given. Lines of what
/// was damaged come with it.
///
/// # Errors
/// Where a table, the list or a capture cannot be read at all.
pub fn evaluate(
    config: &Config,
    truth: Option<&Path>,
    inputs: &[PathBuf],
    progress: &dyn Progress,
) -> Result<(Evaluation, Vec<String>), Failure> {
    let refused = |error: geo::Error| Failure::line(FailureKind::Configuration, error.to_string());
    let settings = geo_settings(config);
    let together = Table::build(&settings).map_err(refused)?;
    let each = together.build_each(&settings).map_err(refused)?;
    let truth = truth.map(|path| geo::Truth::read(path, &config.geo.home));
    let truth = truth.transpose().map_err(refused)?;
    let names = each.iter().map(name).collect();
    let spaces = together.agreement(truth.as_ref());
    let home = together.home().map(|country| country.to_string()).collect();
    let mut damaged = Vec::new();
    let mut tables = each;
    tables.push(together);
    let mut judges = (!inputs.is_empty()).then(|| Judges::new(tables, truth.as_ref()));
    if let Some(judges) = &mut judges {
        let found = expand(inputs).map_err(|error| Failure::from(&error))?;
        progress.begin(None);
        for input in &found.inputs {
            damaged.extend(judges.walk(input, progress)?);
        }
        progress.end();
    }
    let evaluation = Evaluation {
        schema: SCHEMA.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        home,
        tables: names,
        by_space: by_space(&spaces),
        truth: truth.as_ref().map(|truth| Truth {
            sha256: truth.sha256(),
            prefixes: truth.prefixes(),
            tables: confusions(&spaces, judges.as_ref()),
        }),
        by_traffic: judges.map(Judges::traffic),
    };
    Ok((evaluation, damaged))
}

fn name(table: &Table) -> TableName {
    let names = table.origins().map(|origin| {
        let file = Path::new(&origin.name).file_name();
        file.map_or_else(
            || origin.name.clone(),
            |file| file.to_string_lossy().into_owned(),
        )
    });
    TableName {
        name: names.collect::<Vec<_>>().join(" + "),
        date: table.origins().filter_map(|origin| origin.date).min(),
        sha256: table.origins().map(|origin| origin.sha256).collect(),
    }
}

fn by_space(spaces: &[Agreement; 2]) -> Vec<Space> {
    let mut found = Vec::new();
    for (ip, agreement) in ["ipv4", "ipv6"].into_iter().zip(spaces) {
        for &(one, other, places) in &agreement.between {
            found.push(Space {
                one,
                other,
                ip: ip.to_owned(),
                places,
            });
        }
    }
    found
}

fn confusions([v4, v6]: &[Agreement; 2], judges: Option<&Judges<'_>>) -> Vec<Confusion> {
    let together = v4.truth.len().saturating_sub(1);
    let both = v4.truth.iter().zip(&v6.truth).enumerate();
    both.map(|(number, (ipv4, ipv6))| Confusion {
        table: (number < together).then_some(number),
        ipv4: *ipv4,
        ipv6: *ipv6,
        flows: judges
            .and_then(|judges| judges.errors.get(number))
            .map(Errors::rates),
    })
    .collect()
}

/// A lane for each table, and what they said.
struct Judges<'a> {
    truth: Option<&'a geo::Truth>,
    /// The last one is of all tables together.
    lanes: Vec<Lane>,
    headers: Box<Headers>,
    frames: Weight,
    /// By the numbers of two tables and the classes that they gave.
    judged: BTreeMap<(usize, usize, &'static str, &'static str), Weight>,
    errors: Vec<Errors>,
}

/// Flows whose truth is known, by how a table judged them.
#[derive(Clone, Copy, Default)]
struct Errors {
    domestic: u64,
    kept: u64,
    others: u64,
    excluded: u64,
}

impl Errors {
    fn rates(&self) -> FlowErrors {
        FlowErrors {
            false_keep: Rate::new(self.kept, self.domestic),
            false_exclude: Rate::new(self.excluded, self.others),
        }
    }
}

impl<'a> Judges<'a> {
    fn new(tables: Vec<Table>, truth: Option<&'a geo::Truth>) -> Self {
        let lanes = tables.into_iter().map(|table| {
            Lane::new(&Settings {
                table: Arc::new(table),
                policy: Policy::new(Authorisation::ALL),
                // Nobody looks at the records.
                flow: flow::Settings {
                    idle: 1,
                    active: 1,
                    max_flows: 1,
                    seed: 0,
                },
            })
        });
        let lanes: Vec<Lane> = lanes.collect();
        Self {
            truth,
            errors: vec![Errors::default(); lanes.len()],
            lanes,
            headers: Box::new(Headers::new()),
            frames: Weight::default(),
            judged: BTreeMap::new(),
        }
    }

    /// Judges every frame of a capture; a line on what was damaged.
    fn walk(&mut self, input: &Input, progress: &dyn Progress) -> Result<Option<String>, Failure> {
        const TICK: u64 = 1 << 14;
        let mut reader = source::open(input).map_err(|error| Failure::from(&error))?;
        loop {
            let before = (reader.taken(), self.frames.packets);
            let end = reader.read(|frame| {
                self.judge(frame);
                if self.frames.packets.is_multiple_of(TICK) {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            });
            let mut records = Vec::new();
            for lane in &mut self.lanes {
                lane.flows().take_ended(&mut records);
                records.clear();
            }
            progress.advance(reader.taken() - before.0, self.frames.packets - before.1);
            let what = match end {
                End::Stopped => continue,
                End::Complete => return Ok(None),
                End::Damaged(damage) => damage.to_string(),
                End::Failed(error) => error.to_string(),
            };
            return Ok(Some(format!("{input}: {what}")));
        }
    }

    fn judge(&mut self, frame: &Frame<'_>) {
        let opening =
            decode(frame, &mut self.headers).is_ok() && self.headers.transport().opens_tcp();
        self.frames.add(frame.wire_len, opening);
        let fates: Vec<Fate> = self.lanes.iter_mut().map(|lane| lane.pass(frame)).collect();
        let alone = fates.len().saturating_sub(1);
        for (one, first) in fates.iter().take(alone).enumerate() {
            for (other, second) in fates.iter().enumerate().take(alone).skip(one + 1) {
                let key = (one, other, class(*first), class(*second));
                self.judged
                    .entry(key)
                    .or_default()
                    .add(frame.wire_len, opening);
            }
        }
        if !opening {
            return;
        }
        let Some(is_domestic) = self.truth.and_then(|truth| truly(&self.headers, truth)) else {
            return;
        };
        for (errors, fate) in self.errors.iter_mut().zip(fates) {
            if is_domestic {
                errors.domestic += 1;
                errors.kept += u64::from(matches!(fate, Fate::Admitted(_)));
            } else {
                errors.others += 1;
                errors.excluded += u64::from(is_for_its_place(fate));
            }
        }
    }

    fn traffic(self) -> Traffic {
        let pairs = self.judged.into_iter();
        let pairs = pairs.map(|((one, other, one_class, other_class), weight)| Judged {
            one,
            other,
            one_class: one_class.to_owned(),
            other_class: other_class.to_owned(),
            weight,
        });
        Traffic {
            frames: self.frames,
            pairs: pairs.collect(),
        }
    }
}

/// Whether any layer is truly domestic–domestic; nothing unless every end is in the list.
fn truly(headers: &Headers, truth: &geo::Truth) -> Option<bool> {
    let mut domestic = false;
    for layer in headers.layers() {
        let pair = layer.pair;
        let at_home = |address: u128| {
            truth.is_domestic(match pair.version {
                IpVersion::V4 => Ipv4Addr::from(address as u32).into(),
                IpVersion::V6 => Ipv6Addr::from(address).into(),
            })
        };
        domestic |= at_home(pair.src)? && at_home(pair.dst)?;
    }
    Some(domestic)
}

const fn class(fate: Fate) -> &'static str {
    match fate {
        Fate::Admitted(class) => class.id(),
        Fate::Excluded(_) => EXCLUDED,
    }
}

/// Whether a frame was excluded for where its ends are, not for what it is.
const fn is_for_its_place(fate: Fate) -> bool {
    match fate {
        Fate::Admitted(_) => false,
        Fate::Excluded(reason) => match reason {
            Reason::DomesticPair
            | Reason::Unlocated
            | Reason::SourceDisagreement
            | Reason::Anycast
            | Reason::TunnelDomestic
            | Reason::QuotedDomestic
            | Reason::OperatorDomestic => true,
            Reason::NonGlobal
            | Reason::Multicast
            | Reason::Martian
            | Reason::ClassNotAuthorised
            | Reason::NoAuthorisation
            | Reason::GeoStale
            | Reason::VolumeCap
            | Reason::NonIp
            | Reason::UnsupportedLink
            | Reason::Truncated
            | Reason::Malformed
            | Reason::TooDeep
            | Reason::Fragment => false,
        },
    }
}
