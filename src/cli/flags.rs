//! What was typed as a layer of the configuration.

use super::args::{GateFlags, PlaceFlags, RunFlags, TalkFlags};
use super::talk::Problem;
use crate::config::{Config, Given, Layer};

/// The settings in force: defaults < file < flags.
pub(super) fn config(place: PlaceFlags, gate: GateFlags, run: RunFlags) -> Result<Config, Problem> {
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
        summary,
        lanes,
        progress,
    } = run;
    layer.flow.idle = idle.map(|value| Given::by_flag("--idle", value));
    layer.flow.active = active.map(|value| Given::by_flag("--active", value));
    layer.flow.max_flows = max_flows.map(|value| Given::by_flag("--max-flows", value));
    layer.export.format = format.map(|value| Given::by_flag("--format", value));
    layer.export.output = output.map(|value| Given::by_flag("--output", value));
    layer.export.summary = summary.map(|value| Given::by_flag("--summary", value));
    layer.replay.lanes = lanes.map(|value| Given::by_flag("--lanes", value));
    layer.replay.progress = progress.map(|value| Given::by_flag("--progress", value));
    Ok(Config::load(config.as_deref(), layer)?)
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
        .finish();
    // Only the first of a process counts; a second one is a test's.
    let _ = tracing::subscriber::set_global_default(subscriber);
}
