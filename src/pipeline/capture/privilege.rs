//! What a live run still needs when its sockets are open; everything else is given up.

use super::reload::Reread;
use crate::authorisation;
use crate::config::{Config, Format, Output, SandboxMode};
use crate::export::Target;
use crate::geo::SourceSpec;
use crate::metrics::{Board, Listen, SandboxLayer};
use crate::pipeline::{Failure, FailureKind};
use crate::sandbox::{self, Layer, Mode, Plan, Refused, Report};
use std::path::{Path, PathBuf};

/// Gives up every right that is not needed any more. To be called before any thread is started and any
/// frame is decoded.
pub(super) fn give_up(
    config: &Config,
    reread: &Reread<'_>,
    listen: Option<&Listen>,
) -> Result<Report, Failure> {
    let mode = match config.capture.sandbox {
        SandboxMode::Auto => Mode::default_for(sandbox::under_systemd()),
        SandboxMode::Strict => Mode::Strict,
        SandboxMode::Lenient => Mode::Lenient,
    };
    Ok(sandbox::enter(&plan(config, reread, listen), mode)?)
}

/// The files of a run, by what is done with them from now on.
fn plan(config: &Config, reread: &Reread<'_>, listen: Option<&Listen>) -> Plan {
    let mut plan = Plan::default();
    let geo = &config.geo;
    let sources = geo.sources.iter().filter_map(|source| match source {
        SourceSpec::Embedded => None,
        SourceSpec::File(path) => Some(path.as_path()),
    });
    let lists = geo.domestic_lists.iter().chain(&geo.anycast_lists);
    let lists = lists.map(PathBuf::as_path);
    let key = config.pseudonym.key.as_deref();
    let read = reread.file.into_iter().chain(sources).chain(lists);
    let read = read.chain(key);
    plan.read.extend(read.map(Path::to_owned));
    let files = config.authorisations.files.iter();
    plan.read
        .extend(files.flat_map(|path| authorisation::files(path)));
    for interface in &config.capture.interfaces {
        plan.read_counters_of(interface);
    }
    let export = &config.export;
    match &export.output {
        _ if export.format == Format::Null => {}
        Target::Path(path) => plan.write.push(path.clone()),
        // Tried again where it breaks off.
        Target::Tcp(collector) => plan.connect.push(collector.port),
        Target::Kafka(topic) => {
            plan.connect = topic.ports();
            plan.resolve = topic.has_names();
            plan.write.extend(export.spool.clone());
        }
        // Over UDP nothing is connected anew.
        Target::Udp(_) | Target::Stdout => {}
    }
    if let Some(Output::File(path)) = &export.summary {
        plan.write.push(path.clone());
    }
    // Its key was read before.
    plan.write.extend(config.ledger.folder.clone());
    // The socket is removed from its folder at the end.
    let socket = listen.and_then(Listen::unix_path).and_then(Path::parent);
    plan.write.extend(socket.map(Path::to_owned));
    plan
}

/// Shows which layers hold.
pub(super) fn publish(report: &Report, board: &Board) {
    let layers = Layer::ALL.map(|layer| SandboxLayer {
        id: layer.id(),
        holds: report.holds(layer),
    });
    board.publish_sandbox(layers.into());
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        let kind = match refused {
            Refused::Layers { .. } | Refused::TooWide { .. } => FailureKind::Configuration,
            Refused::Unreachable { .. } => FailureKind::Permission,
        };
        Self::line(kind, refused.to_string())
    }
}
