//! What the joined layers mean: every default filled in, every value checked.

use std::path::{Path, PathBuf};

use super::error::{Error, place_of};
use super::given::{Given, Origin};
use super::keys::nearest;
use super::layer::{ExportLayer, FlowLayer, GateLayer, Layer, ReplayLayer};
use super::values::{Output, ProgressMode};
use super::{Config, Export, Flow, Replay};
use crate::authorisation::Profile;
use crate::export::{Compress, Format, IpEncoding, PseudonymMode, Target};

pub(super) type List = Option<Given<Vec<Given<String>>>>;

/// The file that values may come from: its path and its text.
#[derive(Clone, Copy)]
pub(super) struct From<'a>(Option<(&'a Path, &'a str)>);

/// Resolves joined layers.
pub(super) fn config(layer: Layer, file: Option<(&Path, &str)>) -> Result<Config, Error> {
    let from = From(file);
    let default = Config::default();
    let Layer {
        sensor,
        state,
        profile,
        geo,
        gate: GateLayer { authorize },
        authorisation,
        flow,
        export,
        ledger,
        retention,
        pseudonym,
        replay,
        capture,
        metrics,
    } = layer;
    let community_id = export.community_id.clone();
    let config = Config {
        sensor: match sensor {
            None => default.sensor,
            Some(given) => from.sensor(given)?,
        },
        state: match state {
            Some(given) if !given.value.is_empty() => Some(from.path(&given)?),
            None | Some(_) => default.state,
        },
        profile: match profile {
            None => default.profile,
            Some(given) => from.choice(
                &given,
                "profile",
                &[Profile::Standard, Profile::Statutory],
                Profile::id,
            )?,
        },
        geo: from.geo(geo, default.geo)?,
        authorisation: match authorize {
            None => default.authorisation,
            Some(given) => from.authorisation(given)?,
        },
        authorisations: from.authorisations(authorisation, &default.authorisations)?,
        flow: from.flow(flow, default.flow)?,
        export: from.export(export, default.export)?,
        ledger: from.ledger(ledger, default.ledger)?,
        retention: from.retention(retention, default.retention)?,
        pseudonym: from.pseudonym(pseudonym, &default.pseudonym)?,
        replay: from.replay(replay, default.replay)?,
        capture: from.capture(capture, default.capture)?,
        metrics: From::metrics(metrics, default.metrics),
    };
    // rules §5: no run of that profile writes an address of an end at home.
    if config.profile == Profile::Statutory {
        config.pseudonym.suits_statutory()?;
    }
    if let Some(given) = community_id
        && config.export.community_id.is_some()
        && config.pseudonym.mode != PseudonymMode::None
    {
        return Err(from.forbid(
            &given.origin,
            "a Community ID beside pseudonyms would tell the addresses to whoever tries all of them",
            "choose one of `community_id` in [export] and `mode` in [pseudonym]",
        ));
    }
    Ok(config)
}

impl From<'_> {
    /// A value that is refused.
    pub(super) fn refuse(
        self,
        origin: &Origin,
        what: impl Into<String>,
        hint: impl Into<String>,
    ) -> Error {
        Error::new(what, place_of(origin, self.0), hint).of_value(origin)
    }

    /// Settings that contradict each other, or what can never be: not one value's fault.
    pub(super) fn forbid(
        self,
        origin: &Origin,
        what: impl Into<String>,
        hint: impl Into<String>,
    ) -> Error {
        Error::new(what, place_of(origin, self.0), hint)
    }

    fn sensor(self, given: Given<String>) -> Result<String, Error> {
        let name = given.value;
        let fits = (1..=63).contains(&name.len())
            && name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        if fits {
            return Ok(name);
        }
        Err(self.refuse(
            &given.origin,
            format!("bad sensor name `{name}`"),
            "use 1 to 63 letters, digits, dots, _ and -, the first a letter or digit",
        ))
    }

    fn flow(self, layer: FlowLayer, default: Flow) -> Result<Flow, Error> {
        let FlowLayer {
            idle,
            active,
            max_flows,
        } = layer;
        // Up to 10^9 seconds (31 years) and beyond: whole captures as one record.
        let secs = 1..=10_000_000_000;
        Ok(Flow {
            idle_secs: self.number(idle, "idle", secs.clone(), " seconds", default.idle_secs)?,
            active_secs: self.number(active, "active", secs, " seconds", default.active_secs)?,
            max_flows: self.number(
                max_flows,
                "max_flows",
                1..=1_000_000_000,
                "",
                default.max_flows as u64,
            )? as usize,
        })
    }

    fn export(self, layer: ExportLayer, default: Export) -> Result<Export, Error> {
        let ExportLayer {
            format,
            output,
            summary,
            rotate_bytes,
            rotate_secs,
            compress,
            ipfix_enterprise,
            ip_encoding,
            spool,
            spool_bytes,
            community_id,
            community_id_seed,
        } = layer;
        let resolved_format = match &format {
            None => default.format,
            Some(given) => self.format(given)?,
        };
        let resolved_output = match &output {
            None => default.output,
            Some(given) => self.target(given)?,
        };
        let format = self.format_for(resolved_format, format.as_ref(), &resolved_output)?;
        let resolved_summary = match &summary {
            None => None,
            Some(given) if given.value.is_empty() => None,
            Some(given) if given.value.ends_with('/') => {
                return Err(self.refuse(
                    &given.origin,
                    format!("summary `{}` is a folder", given.value),
                    "name a file",
                ));
            }
            Some(given) => Some(self.output(given)?),
        };
        if let (Some(given), Some(target)) = (&summary, &resolved_summary)
            && format != Format::Null
            && target.to_string() == resolved_output.to_string()
        {
            return Err(self.forbid(
                &given.origin,
                "records and summary would go to the same place",
                "give `output` and `summary` different places",
            ));
        }
        Ok(Export {
            format,
            output: resolved_output,
            summary: resolved_summary,
            rotate_bytes: self.number(
                rotate_bytes,
                "rotate_bytes",
                1..=1 << 50,
                " bytes",
                default.rotate_bytes,
            )?,
            rotate_secs: self.number(
                rotate_secs,
                "rotate_secs",
                1..=10_000_000_000,
                " seconds",
                default.rotate_secs,
            )?,
            compress: match compress {
                None => default.compress,
                Some(given) => self.choice(
                    &given,
                    "compress",
                    &[Compress::None, Compress::Zstd],
                    Compress::id,
                )?,
            },
            ipfix_enterprise: self.number(
                ipfix_enterprise,
                "ipfix_enterprise",
                1..=u64::from(u32::MAX),
                "",
                default.ipfix_enterprise.into(),
            )? as u32,
            ip_encoding: match ip_encoding {
                None => default.ip_encoding,
                Some(given) => self.choice(
                    &given,
                    "ip_encoding",
                    &[IpEncoding::Text, IpEncoding::Binary16],
                    IpEncoding::id,
                )?,
            },
            spool: match spool {
                Some(given) if !given.value.is_empty() => Some(self.path(&given)?),
                None | Some(_) => default.spool,
            },
            spool_bytes: self.number(
                spool_bytes,
                "spool_bytes",
                1 << 20..=1 << 50,
                " bytes",
                default.spool_bytes,
            )?,
            community_id: {
                let seed = self.number(
                    community_id_seed,
                    "community_id_seed",
                    0..=u64::from(u16::MAX),
                    "",
                    default.community_id.unwrap_or(0).into(),
                )?;
                let wanted = community_id.map(|given| given.value);
                let wanted = wanted.unwrap_or(default.community_id.is_some());
                wanted.then_some(seed as u16)
            },
        })
    }

    fn format(self, given: &Given<String>) -> Result<Format, Error> {
        let format = self.choice(given, "format", &Format::ALL, Format::id)?;
        match format.is_built_in() {
            true => Ok(format),
            false => Err(self.refuse(
                &given.origin,
                format!("format `{}` is not built into this program", format.id()),
                "use the packaged program, or build with --all-features",
            )),
        }
    }

    /// The format that the target takes: the one that was given, or else the target's own.
    fn format_for(
        self,
        format: Format,
        given: Option<&Given<String>>,
        target: &Target,
    ) -> Result<Format, Error> {
        let is_ipfix = matches!(format, Format::Ipfix | Format::IpfixUniflow | Format::Null);
        let hint = match target {
            Target::Udp(_) | Target::Tcp(_) if is_ipfix => return Ok(format),
            Target::Udp(_) | Target::Tcp(_) if given.is_none() => return Ok(Format::Ipfix),
            Target::Udp(_) | Target::Tcp(_) => "use ipfix or ipfix-uniflow",
            Target::Kafka(_) if !format.is_json() && format != Format::Null => {
                "use jsonl, or another format of one JSON object a line"
            }
            Target::Stdout if format == Format::Parquet => "name a folder or a file as `output`",
            Target::Kafka(_) | Target::Stdout | Target::Path(_) => return Ok(format),
        };
        match given {
            Some(given) => {
                let what = format!("format `{}` does not go to `{target}`", format.id());
                Err(self.refuse(&given.origin, what, hint))
            }
            // The default goes everywhere else.
            None => Ok(format),
        }
    }

    /// Where records go.
    fn target(self, given: &Given<String>) -> Result<Target, Error> {
        match Target::parse(&given.value) {
            Ok(Target::Path(_)) => self.path(given).map(Target::Path),
            Ok(Target::Kafka(_)) if !cfg!(feature = "kafka") => Err(self.refuse(
                &given.origin,
                "kafka is not built into this program".to_owned(),
                "use the packaged program, or build with --all-features",
            )),
            Ok(target) => Ok(target),
            Err((what, hint)) => Err(self.refuse(&given.origin, what, hint)),
        }
    }

    fn output(self, given: &Given<String>) -> Result<Output, Error> {
        let text = given.value.as_str();
        if text == "-" {
            return Ok(Output::Stdout);
        }
        if let Some((scheme, _)) = text.split_once("://") {
            return Err(self.refuse(
                &given.origin,
                format!("nothing but records goes to `{scheme}://`"),
                "write to a file, or to - for standard output",
            ));
        }
        self.path(given).map(Output::File)
    }

    fn replay(self, layer: ReplayLayer, default: Replay) -> Result<Replay, Error> {
        let ReplayLayer { lanes, progress } = layer;
        Ok(Replay {
            lanes: self.number(lanes, "lanes", 0..=1024, "", default.lanes as u64)? as usize,
            progress: match progress {
                None => default.progress,
                Some(given) => self.choice(
                    &given,
                    "progress",
                    &[ProgressMode::Auto, ProgressMode::Never],
                    ProgressMode::id,
                )?,
            },
        })
    }

    pub(super) fn number(
        self,
        given: Option<Given<u64>>,
        name: &str,
        range: std::ops::RangeInclusive<u64>,
        unit: &str,
        default: u64,
    ) -> Result<u64, Error> {
        match given {
            None => Ok(default),
            Some(given) if range.contains(&given.value) => Ok(given.value),
            Some(given) => Err(self.refuse(
                &given.origin,
                format!("`{name}` cannot be {}{unit}", given.value),
                format!(
                    "give a whole number from {} to {}",
                    range.start(),
                    range.end()
                ),
            )),
        }
    }

    pub(super) fn choice<T: Copy>(
        self,
        given: &Given<String>,
        name: &str,
        choices: &[T],
        id: impl Fn(T) -> &'static str,
    ) -> Result<T, Error> {
        let known = || choices.iter().map(|&choice| id(choice));
        if let Some(&choice) = choices.iter().find(|&&choice| id(choice) == given.value) {
            return Ok(choice);
        }
        let hint = nearest(&given.value, known()).map_or_else(
            || format!("known: {}", known().collect::<Vec<_>>().join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        let what = format!("`{name}` cannot be `{}`", given.value);
        Err(self.refuse(&given.origin, what, hint))
    }

    pub(super) fn paths(self, list: List) -> Result<Vec<PathBuf>, Error> {
        list.map(|given| given.value)
            .unwrap_or_default()
            .iter()
            .map(|entry| self.path(entry))
            .collect()
    }

    /// A path as given: one in the file is relative to the file's folder.
    pub(super) fn path(self, given: &Given<String>) -> Result<PathBuf, Error> {
        if given.value.is_empty() {
            return Err(self.refuse(&given.origin, "path is empty", "name a file"));
        }
        let folder = match (&given.origin, self.0) {
            (Origin::File(_), Some((path, _))) => path.parent(),
            (Origin::File(_), None) | (Origin::Flag(_), _) => None,
        };
        Ok(folder.map_or_else(
            || PathBuf::from(&given.value),
            |folder| folder.join(&given.value),
        ))
    }
}
