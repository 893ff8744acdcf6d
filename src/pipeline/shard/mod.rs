//! One part of a run over many captures, on a machine of its own, and the file that it leaves for
//! `merge`.
//!
//! It must never put an excluded address, or a key made of one, into that file. In: the list of all inputs,
//! and which part of it. Out: a shard file with the pieces of records of that part and all that `merge`
//! needs to join them, and to know whether that gives what one run would have given.

mod back;
mod file;
mod head;
mod number;
mod proof;
mod set;
mod split;

pub(super) use file::ShardFile;
pub(super) use head::{InputHead, PathHead};
pub use number::ShardNumber;
pub use set::Shards;

use super::authority::REPLAY;
use super::job::{Job, Read, expand_all};
use super::output::{Ends, Gathered, Recorded, in_flow_order};
use super::{Authorities, Failure, FailureKind, Outcome, Progress, entries, probe};
use crate::config::{self, Config};
use crate::export::{Order, PseudonymMode, Written, heal};
use crate::source::Input;
use file::{Target, Writer};
use head::{FlowHead, Head, LookBack, RunHead};
use split::ListDigest;
use std::path::{Path, PathBuf};

/// Replays one part of the inputs, into a shard file where records would go.
///
/// # Errors
/// What ended the run before its end; and settings with which parts cannot be joined.
pub fn replay_shard(
    config: &Config,
    shard: ShardNumber,
    inputs: &[PathBuf],
    progress: &dyn Progress,
) -> Result<Outcome, Failure> {
    let refuse = |what: &str, place: &str, hint: &str| {
        let kind = FailureKind::Configuration;
        Err(Failure::new(kind, what, place, hint))
    };
    if config.ledger.folder.is_some() {
        let hint = "give it to `sekisho merge` instead";
        return refuse("a shard keeps no ledger", "[ledger]", hint);
    }
    if config.pseudonym.mode != PseudonymMode::None {
        let hint = "replay the captures in one run";
        return refuse(
            "a shard would hold the addresses that pseudonyms stand for",
            "[pseudonym]",
            hint,
        );
    }
    let target = target(&config.export.output, shard)?;
    let mut places = config.clone();
    // A shard is written whatever becomes of its records.
    places.export.format = config::Format::Jsonl;
    if let Target::File(path) = &target {
        places.export.output = config::Target::Path(path.clone());
    }
    probe(&places)?;
    let authorities = Authorities::load(config, &[REPLAY.to_owned()])?;
    if authorities.are_metered() {
        let hint = "replay the captures in one run";
        return refuse(
            "a volume is used up in the order of packets, which no part knows",
            "[authorisation]",
            hint,
        );
    }
    let mut job = super::job(config, inputs.to_vec(), &authorities)?;
    job.interval = Some(entries::width(config));
    let run = RunHead {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        configuration: configuration(config),
        table: job.lane.table.digest_hex(),
        authority: authorities.digest(),
        inputs: 0,
        list: String::new(),
    };
    job.run_shard(shard, run, target, progress)
}

/// The settings of a run as text, without any place that is written to: a shard may come from anywhere, and
/// must not say what `merge` writes, nor where.
pub(super) fn configuration(config: &Config) -> String {
    let default = Config::default();
    let mut config = config.clone();
    config.export.output = default.export.output;
    config.export.summary = default.export.summary;
    config.export.spool = default.export.spool;
    config.ledger.folder = default.ledger.folder;
    config.ledger.key = default.ledger.key;
    config.pseudonym = default.pseudonym;
    config.state = default.state;
    config.metrics = default.metrics;
    config.replay = default.replay;
    config.to_toml()
}

/// Whether text is that of settings as a shard holds them.
fn is_configuration(text: &str) -> bool {
    let file = Some((Path::new("settings of the shards"), text));
    Config::join(file, config::Layer::default()).is_ok_and(|told| configuration(&told) == text)
}

fn target(output: &config::Target, shard: ShardNumber) -> Result<Target, Failure> {
    Ok(match output {
        config::Target::Stdout => Target::Stdout,
        config::Target::Path(path) => {
            let is_folder = path.is_dir() || path.as_os_str().as_encoded_bytes().ends_with(b"/");
            Target::File(if is_folder {
                path.join(shard.file_name())
            } else {
                path.clone()
            })
        }
        config::Target::Udp(_) | config::Target::Tcp(_) | config::Target::Kafka(_) => {
            return Err(Failure::new(
                FailureKind::Configuration,
                "a shard goes to no collector",
                output.to_string(),
                "name a file for it, and the collector in `sekisho merge`",
            ));
        }
    })
}

impl Job {
    fn run_shard(
        &self,
        shard: ShardNumber,
        mut run: RunHead,
        target: Target,
        progress: &dyn Progress,
    ) -> Result<Outcome, Failure> {
        let mut reads = expand_all(&self.inputs);
        let mut sizes = split::sizes(&reads)?;
        let part = split::part(&sizes, shard);
        let mut list = ListDigest::default();
        for (read, size) in reads.iter().zip(&sizes) {
            list.add(path(read), *size);
        }
        run.inputs = reads.len() as u64;
        run.list = list.hex();
        let mut writer = Writer::create(target)?;
        let from = back::begin(&reads, &part);
        let mut before = self.lane();
        let unsure = back::look_back(reads.get(from..part.start).unwrap_or_default(), &mut before);
        let first = self.lane().after(before);
        let mut reads: Vec<Read> = reads.drain(part.clone()).collect();
        let sizes: Vec<Option<u64>> = sizes.drain(part.clone()).collect();

        let mut gathered = Gathered::new(Order::Flow);
        let mut lane = self.walk(&mut reads, first, Order::Flow, &mut gathered, progress);
        let intervals = lane.take_intervals();
        let (flows, tally) = lane.finish();
        let (peak, live) = (flows.totals().peak, flows.live() as u64);
        let seen = flows
            .earliest()
            .map(|earliest| (earliest.nanos(), flows.clock().nanos()));
        let Ends {
            sorter,
            live: open,
            end,
            disordered: _,
        } = gathered.end(flows)?;
        let mut written = Written::default();
        let mut pieces = in_flow_order(sorter, open)?;
        heal(&mut pieces, &end.settings, |piece| {
            written.count(&[piece]);
            writer.piece(&piece)
        })?;
        let of_part = |(read, size): (Read, Option<u64>)| {
            let path = path(&read).as_os_str().to_owned();
            InputHead::new(&path, size, read)
        };
        let part: (u64, Vec<InputHead>) = (
            part.start as u64,
            reads.into_iter().zip(sizes).map(of_part).collect(),
        );
        let told = part.1.iter().map(InputHead::told).collect();
        let head = Head {
            shard,
            run,
            first: part.0,
            part: part.1,
            look_back: LookBack {
                from: from as u64,
                unsure,
            },
            // There always are some.
            intervals: intervals.unwrap_or_else(|| crate::tally::Intervals::new(1)),
            flows: FlowHead {
                peak,
                live,
                evicted: end.evicted,
                seen,
            },
            paths: end.paths.iter().map(PathHead::new).collect(),
            records: written.records,
        };
        writer.finish(&head)?;
        progress.end();
        let recorded = Recorded {
            written,
            lost: Written::default(),
            digested: Vec::new(),
            evicted: end.evicted,
            stale: false,
        };
        Ok(self.account(told, recorded, &tally, None))
    }
}

fn path(read: &Read) -> &Path {
    match &read.input {
        Input::File(path) => path,
        Input::Stdin => Path::new("-"),
    }
}
