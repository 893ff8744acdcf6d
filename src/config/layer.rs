//! One layer of settings: what a file or the flags say. Everything is optional, nothing is checked.

use serde::Deserialize;

use super::given::Given;
use super::values::Days;

/// A list, each entry with its place.
type List = Option<Given<Vec<Given<String>>>>;

/// What one file, or the flags together, say.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Layer {
    /// `sensor`.
    pub sensor: Option<Given<String>>,
    /// `state`.
    pub state: Option<Given<String>>,
    /// `profile`.
    pub profile: Option<Given<String>>,
    /// `[geo]`.
    pub geo: GeoLayer,
    /// `[gate]`.
    pub gate: GateLayer,
    /// `[authorisation]`.
    pub authorisation: AuthorisationLayer,
    /// `[flow]`.
    pub flow: FlowLayer,
    /// `[export]`.
    pub export: ExportLayer,
    /// `[ledger]`.
    pub ledger: LedgerLayer,
    /// `[retention]`.
    pub retention: RetentionLayer,
    /// `[pseudonym]`.
    pub pseudonym: PseudonymLayer,
    /// `[replay]`.
    pub replay: ReplayLayer,
    /// `[capture]`.
    pub capture: CaptureLayer,
    /// `[metrics]`.
    pub metrics: MetricsLayer,
}

/// `[geo]` of a layer.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "named and described in config/sekisho.toml")]
pub struct GeoLayer {
    pub home: List,
    pub sources: List,
    pub domestic_list: List,
    pub anycast_list: List,
    pub site: Option<Given<String>>,
    pub max_age: Option<Given<Days>>,
    pub nat64_prefixes: List,
    pub softwire_prefixes: List,
}

/// `[gate]` of a layer.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "named and described in config/sekisho.toml")]
pub struct GateLayer {
    pub authorize: List,
}

/// `[authorisation]` of a layer.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "named and described in config/sekisho.toml")]
pub struct AuthorisationLayer {
    pub files: List,
    pub keys: List,
    pub threshold: Option<Given<u64>>,
}

/// `[flow]` of a layer.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "named and described in config/sekisho.toml")]
pub struct FlowLayer {
    pub idle: Option<Given<u64>>,
    pub active: Option<Given<u64>>,
    pub max_flows: Option<Given<u64>>,
}

/// `[export]` of a layer.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "named and described in config/sekisho.toml")]
pub struct ExportLayer {
    pub format: Option<Given<String>>,
    pub output: Option<Given<String>>,
    pub summary: Option<Given<String>>,
    pub rotate_bytes: Option<Given<u64>>,
    pub rotate_secs: Option<Given<u64>>,
    pub compress: Option<Given<String>>,
    pub ipfix_enterprise: Option<Given<u64>>,
    pub spool: Option<Given<String>>,
    pub spool_bytes: Option<Given<u64>>,
    pub community_id: Option<Given<bool>>,
    pub community_id_seed: Option<Given<u64>>,
}

/// `[ledger]` of a layer.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "named and described in config/sekisho.toml")]
pub struct LedgerLayer {
    pub folder: Option<Given<String>>,
    pub interval: Option<Given<u64>>,
    pub key: Option<Given<String>>,
}

/// `[retention]` of a layer.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "named and described in config/sekisho.toml")]
pub struct RetentionLayer {
    pub days: Option<Given<u64>>,
}

/// `[pseudonym]` of a layer.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "named and described in config/sekisho.toml")]
pub struct PseudonymLayer {
    pub mode: Option<Given<String>>,
    pub key: Option<Given<String>>,
}

/// `[replay]` of a layer.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "named and described in config/sekisho.toml")]
pub struct ReplayLayer {
    pub lanes: Option<Given<u64>>,
    pub progress: Option<Given<String>>,
}

/// `[capture]` of a layer.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "named and described in config/sekisho.toml")]
pub struct CaptureLayer {
    pub interfaces: List,
    pub filter: Option<Given<String>>,
    pub snaplen: Option<Given<u64>>,
    pub ring_mib: Option<Given<u64>>,
    pub promisc: Option<Given<bool>>,
    pub lanes: Option<Given<u64>>,
    pub sandbox: Option<Given<String>>,
}

/// `[metrics]` of a layer.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "named and described in config/sekisho.toml")]
pub struct MetricsLayer {
    pub listen: Option<Given<String>>,
}

impl Layer {
    /// This layer over a lower one: what it says wins, a list as a whole; what it leaves out stays.
    /// The one place of precedence.
    #[must_use]
    pub(super) fn over(self, lower: Self) -> Self {
        // Full patterns, without `..`: a setting that is forgotten here does not compile.
        let Self {
            sensor,
            state,
            profile,
            geo,
            gate: GateLayer { authorize },
            authorisation:
                AuthorisationLayer {
                    files,
                    keys,
                    threshold,
                },
            flow,
            export,
            ledger:
                LedgerLayer {
                    folder,
                    interval,
                    key,
                },
            retention: RetentionLayer { days },
            pseudonym:
                PseudonymLayer {
                    mode,
                    key: pseudonym_key,
                },
            replay: ReplayLayer { lanes, progress },
            capture,
            metrics: MetricsLayer { listen },
        } = self;
        let GeoLayer {
            home,
            sources,
            domestic_list,
            anycast_list,
            site,
            max_age,
            nat64_prefixes,
            softwire_prefixes,
        } = geo;
        let FlowLayer {
            idle,
            active,
            max_flows,
        } = flow;
        let ExportLayer {
            format,
            output,
            summary,
            rotate_bytes,
            rotate_secs,
            compress,
            ipfix_enterprise,
            spool,
            spool_bytes,
            community_id,
            community_id_seed,
        } = export;
        let CaptureLayer {
            interfaces,
            filter,
            snaplen,
            ring_mib,
            promisc,
            lanes: capture_lanes,
            sandbox,
        } = capture;
        Self {
            sensor: sensor.or(lower.sensor),
            state: state.or(lower.state),
            profile: profile.or(lower.profile),
            geo: GeoLayer {
                home: home.or(lower.geo.home),
                sources: sources.or(lower.geo.sources),
                domestic_list: domestic_list.or(lower.geo.domestic_list),
                anycast_list: anycast_list.or(lower.geo.anycast_list),
                site: site.or(lower.geo.site),
                max_age: max_age.or(lower.geo.max_age),
                nat64_prefixes: nat64_prefixes.or(lower.geo.nat64_prefixes),
                softwire_prefixes: softwire_prefixes.or(lower.geo.softwire_prefixes),
            },
            gate: GateLayer {
                authorize: authorize.or(lower.gate.authorize),
            },
            authorisation: AuthorisationLayer {
                files: files.or(lower.authorisation.files),
                keys: keys.or(lower.authorisation.keys),
                threshold: threshold.or(lower.authorisation.threshold),
            },
            flow: FlowLayer {
                idle: idle.or(lower.flow.idle),
                active: active.or(lower.flow.active),
                max_flows: max_flows.or(lower.flow.max_flows),
            },
            export: ExportLayer {
                format: format.or(lower.export.format),
                output: output.or(lower.export.output),
                summary: summary.or(lower.export.summary),
                rotate_bytes: rotate_bytes.or(lower.export.rotate_bytes),
                rotate_secs: rotate_secs.or(lower.export.rotate_secs),
                compress: compress.or(lower.export.compress),
                ipfix_enterprise: ipfix_enterprise.or(lower.export.ipfix_enterprise),
                spool: spool.or(lower.export.spool),
                spool_bytes: spool_bytes.or(lower.export.spool_bytes),
                community_id: community_id.or(lower.export.community_id),
                community_id_seed: community_id_seed.or(lower.export.community_id_seed),
            },
            ledger: LedgerLayer {
                folder: folder.or(lower.ledger.folder),
                interval: interval.or(lower.ledger.interval),
                key: key.or(lower.ledger.key),
            },
            retention: RetentionLayer {
                days: days.or(lower.retention.days),
            },
            pseudonym: PseudonymLayer {
                mode: mode.or(lower.pseudonym.mode),
                key: pseudonym_key.or(lower.pseudonym.key),
            },
            replay: ReplayLayer {
                lanes: lanes.or(lower.replay.lanes),
                progress: progress.or(lower.replay.progress),
            },
            capture: CaptureLayer {
                interfaces: interfaces.or(lower.capture.interfaces),
                filter: filter.or(lower.capture.filter),
                snaplen: snaplen.or(lower.capture.snaplen),
                ring_mib: ring_mib.or(lower.capture.ring_mib),
                promisc: promisc.or(lower.capture.promisc),
                lanes: capture_lanes.or(lower.capture.lanes),
                sandbox: sandbox.or(lower.capture.sandbox),
            },
            metrics: MetricsLayer {
                listen: listen.or(lower.metrics.listen),
            },
        }
    }
}
