//! Which settings a run has: defaults < file < flags, joined here and nowhere else.
//!
//! It must never guess: an unknown key, a wrong type or a contradiction is refused with its place, and
//! no key turns the exclusion of domestic traffic off. In: the text of a file and what was typed as
//! flags, both as a [`Layer`] in which everything is optional. Out: one [`Config`] in which nothing is.

mod countries;
mod error;
mod given;
mod keys;
mod layer;
mod read;
mod resolve;
mod resolve_authorisation;
mod resolve_capture;
mod resolve_geo;
mod resolve_ledger;
mod resolve_records;
mod values;
mod write;

pub use crate::authorisation::Profile;
use crate::export::IPFIX_ENTERPRISE;
pub use crate::export::{Compress, Format, IpEncoding, PseudonymMode, Target};
pub use error::{Error, Fault};
pub use given::Given;
pub(crate) use keys::nearest;
pub use layer::{
    AuthorisationLayer, CaptureLayer, ExportLayer, FlowLayer, GateLayer, GeoLayer, Layer,
    LedgerLayer, MetricsLayer, PseudonymLayer, ReplayLayer, RetentionLayer,
};
pub use values::{Days, MaxAge, Output, ProgressMode, SandboxMode};

use std::path::Path;

use crate::authorisation::Key;
use crate::gate::Authorisation;
use crate::geo::{CountryCode, Prefix, Site, SourceSpec};

/// The reference file: every key with its meaning, its unit and its default.
pub const REFERENCE: &str = include_str!("../../config/sekisho.toml");

/// Everything that a run is told, with every default filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Name of this sensor, in every record.
    pub sensor: String,
    /// The folder of this sensor's own files, if it has any: of one running sensor at a time.
    pub state: Option<std::path::PathBuf>,
    /// Under which rules it is run.
    pub profile: Profile,
    /// Where addresses are.
    pub geo: Geo,
    /// The classes that may pass, as far as the operator decides it.
    pub authorisation: Authorisation,
    /// Signed authorisations.
    pub authorisations: Authorisations,
    /// When a flow ends.
    pub flow: Flow,
    /// Where results go.
    pub export: Export,
    /// Where the ledger is kept.
    pub ledger: Ledger,
    /// How long records are kept.
    pub retention: Retention,
    /// What stands for addresses at home.
    pub pseudonym: Pseudonym,
    /// How captures are replayed.
    pub replay: Replay,
    /// How interfaces are captured from.
    pub capture: Capture,
    /// Where a live run shows its figures.
    pub metrics: Metrics,
}

/// Section `[geo]`: where addresses are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Geo {
    /// The countries that are home; at least one.
    pub home: Vec<CountryCode>,
    /// Country tables, all of which must say abroad; at least one.
    pub sources: Vec<SourceSpec>,
    /// Operator's lists of prefixes that are at home.
    pub domestic_lists: Vec<std::path::PathBuf>,
    /// Operator's lists of anycast prefixes.
    pub anycast_lists: Vec<std::path::PathBuf>,
    /// Where private addresses are.
    pub site: Site,
    /// Age from which a table is too old.
    pub max_age: MaxAge,
    /// NAT64 prefixes of the network, beside `64:ff9b::/96`.
    pub nat64_prefixes: Vec<Prefix>,
    /// Prefixes between which access softwires run.
    pub softwire_prefixes: Vec<Prefix>,
}

/// Section `[authorisation]`: signed authorisations, and who may sign them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorisations {
    /// The files. Without any the operator authorises itself, where the profile lets it.
    pub files: Vec<std::path::PathBuf>,
    /// The keys whose signatures count.
    pub keys: Vec<Key>,
    /// How many different ones must have signed each file.
    pub threshold: usize,
}

/// Section `[flow]`: when a flow ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flow {
    /// Seconds without a packet after which a flow ends.
    pub idle_secs: u64,
    /// Seconds of packet time whose multiples no record spans.
    pub active_secs: u64,
    /// Flows held at once.
    pub max_flows: usize,
}

/// Section `[export]`: where results go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// How records are rendered.
    pub format: Format,
    /// Where records go.
    pub output: Target,
    /// Where the summary goes as JSON, if anywhere.
    pub summary: Option<Output>,
    /// Bytes at which a file of a folder is complete (live capture).
    pub rotate_bytes: u64,
    /// Seconds after which it is.
    pub rotate_secs: u64,
    /// How the files of a live run are packed.
    pub compress: Compress,
    /// IPFIX: the private enterprise number of our own elements.
    pub ipfix_enterprise: u32,
    /// How Parquet files hold addresses.
    pub ip_encoding: IpEncoding,
    /// The folder in which records of a live run wait while no broker takes them, if they wait on the disk.
    pub spool: Option<std::path::PathBuf>,
    /// Bytes that they may take up there.
    pub spool_bytes: u64,
    /// The seed of the Community ID in records, if they have one.
    pub community_id: Option<u16>,
}

/// Section `[ledger]`: where the ledger is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    /// Its folder, if one is kept.
    pub folder: Option<std::path::PathBuf>,
    /// Seconds of an interval.
    pub interval_secs: u64,
    /// The file of the key that signs, if not the usual one.
    pub key: Option<std::path::PathBuf>,
}

impl Ledger {
    /// The file of the key that signs: where nothing else is said, beside the folder, under its name with
    /// `.key`, so that the folder can be handed on as it is.
    #[must_use]
    pub fn key_file(&self) -> Option<std::path::PathBuf> {
        self.key.clone().or_else(|| {
            let mut name = self
                .folder
                .as_ref()?
                .components()
                .as_path()
                .as_os_str()
                .to_owned();
            name.push(".key");
            Some(name.into())
        })
    }
}

/// Section `[retention]`: how long records are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Days after their end at which records expire; 0 if nothing says so.
    pub days: u32,
}

/// Section `[pseudonym]`: what stands for addresses at home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pseudonym {
    /// Which pseudonyms.
    pub mode: PseudonymMode,
    /// The file of their key; there is one unless the mode is none.
    pub key: Option<std::path::PathBuf>,
}

/// Section `[replay]`: how captures are replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replay {
    /// Lanes that work beside each other; 0 for one a core.
    pub lanes: usize,
    /// Whether progress is shown.
    pub progress: ProgressMode,
}

/// Section `[capture]`: how interfaces are captured from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    /// Their names, each once.
    pub interfaces: Vec<String>,
    /// What is captured, in the language of pcap-filter(7); empty for everything.
    pub filter: String,
    /// Bytes kept of each frame.
    pub snaplen: u32,
    /// MiB of the ring of each lane.
    pub ring_mib: u32,
    /// Whether frames to others are seen too.
    pub promisc: bool,
    /// Lanes, each with a share of every interface.
    pub lanes: usize,
    /// What happens where a layer of the sandbox is missing.
    pub sandbox: SandboxMode,
}

/// Section `[metrics]`: where a live run shows its figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metrics {
    /// An address of this machine, or `unix:` and a path; empty for nowhere.
    pub listen: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            sensor: "sekisho".to_owned(),
            state: None,
            profile: Profile::Standard,
            geo: Geo {
                home: CountryCode::new("JP").into_iter().collect(),
                sources: vec![SourceSpec::Embedded],
                domestic_lists: Vec::new(),
                anycast_lists: Vec::new(),
                site: Site::Undetermined,
                max_age: MaxAge::Days(35),
                nat64_prefixes: Vec::new(),
                softwire_prefixes: Vec::new(),
            },
            authorisation: Authorisation::ALL,
            authorisations: Authorisations {
                files: Vec::new(),
                keys: Vec::new(),
                threshold: 1,
            },
            flow: Flow {
                idle_secs: 60,
                active_secs: 300,
                max_flows: 4_000_000,
            },
            export: Export {
                format: Format::Jsonl,
                output: Target::Stdout,
                summary: None,
                rotate_bytes: 256 << 20,
                rotate_secs: 300,
                compress: Compress::None,
                ipfix_enterprise: IPFIX_ENTERPRISE,
                ip_encoding: IpEncoding::Text,
                spool: None,
                spool_bytes: 1 << 30,
                community_id: None,
            },
            ledger: Ledger {
                folder: None,
                interval_secs: 60,
                key: None,
            },
            retention: Retention { days: 0 },
            pseudonym: Pseudonym {
                mode: PseudonymMode::None,
                key: None,
            },
            replay: Replay {
                lanes: 0,
                progress: ProgressMode::Auto,
            },
            capture: Capture {
                interfaces: Vec::new(),
                filter: String::new(),
                snaplen: 512,
                ring_mib: 64,
                promisc: true,
                lanes: 1,
                sandbox: SandboxMode::Auto,
            },
            metrics: Metrics {
                listen: String::new(),
            },
        }
    }
}

impl Config {
    /// Joins defaults, the file (if any) and the flags, in this order of precedence.
    ///
    /// # Errors
    /// The first thing that cannot be read or is refused, with its place.
    pub fn load(file: Option<&Path>, flags: Layer) -> Result<Self, Error> {
        match file {
            None => Self::join(None, flags),
            Some(path) => {
                let text = read::text(path)?;
                Self::join(Some((path, &text)), flags)
            }
        }
    }

    /// As [`Config::load`], with the text of the file already in hand. Relative paths in it are
    /// relative to its folder.
    ///
    /// # Errors
    /// The first thing that is refused, with its place.
    pub fn join(file: Option<(&Path, &str)>, flags: Layer) -> Result<Self, Error> {
        let layer = match file {
            None => Layer::default(),
            Some((path, text)) => read::layer(path, text)?,
        };
        resolve::config(flags.over(layer), file)
    }

    /// The same settings as the text of a file.
    #[must_use]
    pub fn to_toml(&self) -> String {
        write::toml(self)
    }

    /// SHA-256 over the settings that results depend on, in hex: names them in a summary. Where results
    /// go, how they are rendered and accounted for, from which interfaces and by how many lanes is not among them.
    #[must_use]
    pub fn digest(&self) -> String {
        let Self {
            state: _,
            metrics: _,
            export: _,
            ledger: _,
            pseudonym: Pseudonym { mode, key: _ },
            replay: _,
            capture:
                Capture {
                    interfaces: _,
                    filter,
                    snaplen,
                    ring_mib: _,
                    promisc: _,
                    lanes: _,
                    sandbox: _,
                },
            sensor,
            profile,
            geo,
            authorisation,
            authorisations,
            flow,
            retention,
        } = self;
        let default = Self::default();
        write::digest(&Self {
            sensor: sensor.clone(),
            geo: geo.clone(),
            profile: *profile,
            authorisation: *authorisation,
            authorisations: authorisations.clone(),
            flow: *flow,
            retention: *retention,
            pseudonym: Pseudonym {
                mode: *mode,
                ..default.pseudonym
            },
            capture: Capture {
                filter: filter.clone(),
                snaplen: *snaplen,
                ..default.capture
            },
            ..default
        })
    }
}

#[cfg(test)]
mod tests;
