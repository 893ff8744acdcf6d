//! What was typed as a layer of the configuration.

#[cfg(feature = "live")]
use super::args::CaptureFlags;
use super::args::{GateFlags, PlaceFlags, ReplayFlags, RunFlags, TalkFlags};
use super::talk::Problem;
use crate::config::{Config, Given, Layer};
use std::path::PathBuf;

/// Where frames come from.
pub(super) enum How {
    /// From captures.
    Replay(ReplayFlags),
    /// From interfaces.
    #[cfg(feature = "live")]
    Capture(CaptureFlags),
}

/// The settings in force, for a command that runs nothing.
pub(super) fn config_to_look_at(place: PlaceFlags, gate: GateFlags) -> Result<Config, Problem> {
    let how = How::Replay(ReplayFlags::default());
    config(place, gate, RunFlags::default(), how)
}

/// The settings in force: defaults < file < flags.
pub(super) fn config(
    place: PlaceFlags,
    gate: GateFlags,
    run: RunFlags,
    how: How,
) -> Result<Config, Problem> {
    let (file, layer) = layer(place, gate, run, how);
    Ok(Config::load(file.as_deref(), layer)?)
}

/// What was typed: the name of a file, and what wins over it.
pub(super) fn layer(
    place: PlaceFlags,
    gate: GateFlags,
    run: RunFlags,
    how: How,
) -> (Option<PathBuf>, Layer) {
    let mut layer = Layer::default();
    let PlaceFlags {
        config,
        home,
        geo,
        domestic_list,
        anycast_list,
        site,
    } = place;
    layer.geo.home = Given::by_flags("--home", home);
    layer.geo.sources = Given::by_flags("--geo", geo);
    layer.geo.domestic_list = Given::by_flags("--domestic-list", domestic_list);
    layer.geo.anycast_list = Given::by_flags("--anycast-list", anycast_list);
    layer.geo.site = site.map(|value| Given::by_flag("--site", value));
    let GateFlags { authorize } = gate;
    layer.gate.authorize = Given::by_flags("--authorize", authorize);
    let RunFlags {
        idle,
        active,
        max_flows,
        format,
        output,
        ip_encoding,
        community_id,
        summary,
        ledger,
        ledger_key,
    } = run;
    layer.flow.idle = idle.map(|value| Given::by_flag("--idle", value));
    layer.flow.active = active.map(|value| Given::by_flag("--active", value));
    layer.flow.max_flows = max_flows.map(|value| Given::by_flag("--max-flows", value));
    layer.export.format = format.map(|value| Given::by_flag("--format", value));
    layer.export.output = output.map(|value| Given::by_flag("--output", value));
    layer.export.ip_encoding = ip_encoding.map(|value| Given::by_flag("--ip-encoding", value));
    layer.export.community_id = community_id.then(|| Given::by_flag("--community-id", true));
    layer.export.summary = summary.map(|value| Given::by_flag("--summary", value));
    layer.ledger.folder = ledger.map(|value| Given::by_flag("--ledger", value));
    layer.ledger.key = ledger_key.map(|value| Given::by_flag("--ledger-key", value));
    match how {
        How::Replay(ReplayFlags { lanes, progress }) => {
            layer.replay.lanes = lanes.map(|value| Given::by_flag("--lanes", value));
            layer.replay.progress = progress.map(|value| Given::by_flag("--progress", value));
        }
        #[cfg(feature = "live")]
        How::Capture(flags) => capture(flags, &mut layer),
    }
    (config, layer)
}

#[cfg(feature = "live")]
fn capture(flags: CaptureFlags, layer: &mut Layer) {
    let CaptureFlags {
        interface,
        filter,
        snaplen,
        ring_mib,
        no_promisc,
        lanes,
        rotate_bytes,
        rotate_secs,
        compress,
        state,
        metrics,
        sandbox,
    } = flags;
    let number = |flag, value: Option<u64>| value.map(|value| Given::by_flag(flag, value));
    layer.capture.interfaces = Given::by_flags("--interface", interface);
    layer.capture.filter = filter.map(|value| Given::by_flag("--filter", value));
    layer.capture.snaplen = number("--snaplen", snaplen);
    layer.capture.ring_mib = number("--ring-mib", ring_mib);
    layer.capture.promisc = no_promisc.then(|| Given::by_flag("--no-promisc", false));
    layer.capture.lanes = number("--lanes", lanes);
    layer.export.rotate_bytes = number("--rotate-bytes", rotate_bytes);
    let text = |flag, value: Option<String>| value.map(|value| Given::by_flag(flag, value));
    layer.export.compress = text("--compress", compress);
    layer.state = text("--state", state);
    layer.metrics.listen = text("--metrics", metrics);
    layer.capture.sandbox = text("--sandbox", sandbox);
    layer.export.rotate_secs = number("--rotate-secs", rotate_secs);
}

/// Starts telling on standard error what the flags ask for.
pub(super) fn listen(talk: &TalkFlags) {
    let level = match talk.verbose {
        0 => tracing::Level::WARN,
        1 => tracing::Level::INFO,
        2 => tracing::Level::DEBUG,
        _ => tracing::Level::TRACE,
    };
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .with_ansi(super::terminal::Style::of_stderr().colour)
        .without_time()
        // It would panic where standard error leads to a full disk too.
        .log_internal_errors(false)
        .finish();
    // Only the first of a process counts; a second one is a test's.
    let _ = tracing::subscriber::set_global_default(subscriber);
}
