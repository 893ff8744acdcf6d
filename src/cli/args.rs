//! What can be typed. No effects, no meaning yet: that is in `flags` and `config`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand};

use super::help;
use super::summary::By;
use crate::pipeline::ShardNumber;

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "sekisho",
    version,
    about = help::ABOUT,
    long_about = help::LONG_ABOUT,
    after_help = help::EXIT_CODES_SHORT,
    after_long_help = help::EXIT_CODES,
    subcommand_required = true,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    max_term_width = 100
)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
}

/// One of the commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Turn captures into flow records, without domestic traffic
    #[command(after_help = help::REPLAY)]
    Replay(ReplayArgs),
    /// Join the shards of a replay into what one run would have given
    #[command(after_help = help::MERGE)]
    Merge(MergeArgs),
    /// Turn the traffic of interfaces into flow records, without domestic traffic, until it is ended
    #[cfg(feature = "live")]
    #[command(after_help = help::CAPTURE)]
    Capture(CaptureArgs),
    /// Show a running sensor in the terminal: rates, classes, reasons, losses, lanes
    #[command(after_help = help::WATCH)]
    Watch(WatchArgs),
    /// Run made-up traffic through the whole road; needs no file, no root, no network
    #[command(after_help = help::DEMO)]
    Demo(DemoArgs),
    /// Say where addresses are, and which source and rule decided
    #[command(after_help = help::LOCATE)]
    Locate(LocateArgs),
    /// Say whether a packet between two addresses would pass, and why
    #[command(after_help = help::EXPLAIN)]
    Explain(ExplainArgs),
    /// Say what the loaded country table is
    #[command(after_help = help::GEO)]
    Geo(GeoArgs),
    /// Say what is in files of records: classes, countries, addresses, services
    #[command(after_help = help::SUMMARY)]
    Summary(SummaryArgs),
    /// Read the configuration, build everything, start nothing
    #[command(after_help = help::CHECK)]
    Check(CheckArgs),
    /// Measure country tables: how far they disagree, by space and traffic, and how often they are wrong
    #[command(after_help = help::EVALUATE)]
    Evaluate(EvaluateArgs),
    /// Check a ledger from its files alone: signatures, hashes, sums, and the files of records
    #[command(after_help = help::VERIFY)]
    Verify(VerifyArgs),
    /// Remove files of records whose time is over
    #[command(after_help = help::PURGE)]
    Purge(PurgeArgs),
    /// Check a ledger, and say what it says: a page for reviewers, and the same figures as JSON
    #[command(after_help = help::REPORT)]
    Report(ReportArgs),
}

/// `sekisho replay`.
#[derive(Debug, ClapArgs)]
pub(super) struct ReplayArgs {
    /// Captures (pcap, pcapng, also .gz, .zst, .lz4), folders of them in name order, or - for stdin
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// Compare with what the ledger of an earlier run over the same captures counted [default: no]
    #[arg(long, value_name = "DIR", help_heading = "Run")]
    pub(super) audit: Option<PathBuf>,
    /// Read the I-th of N parts of the captures, and write a shard for `sekisho merge` [default: all]
    #[arg(
        long,
        value_name = "I/N",
        help_heading = "Run",
        conflicts_with = "audit"
    )]
    pub(super) shard: Option<ShardNumber>,
    #[command(flatten)]
    pub(super) place: PlaceFlags,
    #[command(flatten)]
    pub(super) gate: GateFlags,
    #[command(flatten)]
    pub(super) run: RunFlags,
    #[command(flatten)]
    pub(super) how: ReplayFlags,
    #[command(flatten)]
    pub(super) talk: TalkFlags,
}

/// `sekisho merge`.
#[derive(Debug, ClapArgs)]
pub(super) struct MergeArgs {
    /// Where records go, as -o of replay: a file, - for stdout, or a collector
    #[arg(value_name = "OUT")]
    pub(super) output: String,
    /// Every shard that `sekisho replay --shard` wrote of one run, once, in any order
    #[arg(required = true, value_name = "SHARD")]
    pub(super) shards: Vec<PathBuf>,
    /// Settings that the shards must have been made with; else they are refused [default: any]
    #[arg(short, long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// How records are written: any format of replay [default: as the shards were told]
    #[arg(long, value_name = "FORMAT", help_heading = "Results")]
    pub(super) format: Option<String>,
    /// File for the summary as JSON, or - for stdout [default: none]
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub(super) summary: Option<String>,
    /// Folder of the ledger: counts by interval, signed, for `sekisho verify` and `report` [default: none]
    #[arg(long, value_name = "DIR", help_heading = "Results")]
    pub(super) ledger: Option<String>,
    /// File of the key that signs it; made if it is not there [default: DIR.key]
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub(super) ledger_key: Option<String>,
    #[command(flatten)]
    pub(super) how: ReplayFlags,
    #[command(flatten)]
    pub(super) talk: TalkFlags,
}

/// `sekisho capture`.
#[cfg(feature = "live")]
#[derive(Debug, ClapArgs)]
pub(super) struct CaptureArgs {
    #[command(flatten)]
    pub(super) how: CaptureFlags,
    /// End after so many seconds [default: on SIGINT or SIGTERM]
    #[arg(long, value_name = "SECS", help_heading = "Run")]
    pub(super) duration: Option<u64>,
    /// End after so many frames [default: on SIGINT or SIGTERM]
    #[arg(long, value_name = "N", help_heading = "Run")]
    pub(super) count: Option<u64>,
    #[command(flatten)]
    pub(super) place: PlaceFlags,
    #[command(flatten)]
    pub(super) gate: GateFlags,
    #[command(flatten)]
    pub(super) run: RunFlags,
    #[command(flatten)]
    pub(super) talk: TalkFlags,
}

/// How interfaces are captured from.
#[cfg(feature = "live")]
#[derive(Debug, Default, ClapArgs)]
pub(super) struct CaptureFlags {
    /// Interface to capture from; repeatable, and several may follow one -i
    #[arg(short, long, value_name = "IFACE", num_args = 1.., help_heading = "Interfaces")]
    pub(super) interface: Vec<String>,
    /// What is captured, in the language of pcap-filter(7) [default: everything]
    #[arg(long, value_name = "FILTER", help_heading = "Interfaces")]
    pub(super) filter: Option<String>,
    /// Bytes kept of each frame; headers that do not fit are excluded as truncated [default: 512]
    #[arg(long, value_name = "BYTES", help_heading = "Interfaces")]
    pub(super) snaplen: Option<u64>,
    /// MiB of kernel memory in which the frames of each lane wait [default: 64]
    #[arg(long, value_name = "MIB", help_heading = "Interfaces")]
    pub(super) ring_mib: Option<u64>,
    /// See only what is sent from or to this machine
    #[arg(long, help_heading = "Interfaces")]
    pub(super) no_promisc: bool,
    /// Lanes; the kernel gives both directions of a flow to the same one [default: 1]
    #[arg(long, value_name = "N", help_heading = "Interfaces")]
    pub(super) lanes: Option<u64>,
    /// Bytes at which a file of a folder is complete [default: 268435456]
    #[arg(long, value_name = "BYTES", help_heading = "Results")]
    pub(super) rotate_bytes: Option<u64>,
    /// Seconds after which a file of a folder is complete [default: 300]
    #[arg(long, value_name = "SECS", help_heading = "Results")]
    pub(super) rotate_secs: Option<u64>,
    /// Pack files of records: zstd, none [default: none]
    #[arg(long, value_name = "HOW", help_heading = "Results")]
    pub(super) compress: Option<String>,
    /// Folder of this sensor's own files, locked while it runs [default: none]
    #[arg(long, value_name = "DIR", help_heading = "Service")]
    pub(super) state: Option<String>,
    /// Show figures to Prometheus and `sekisho watch`: 127.0.0.1:9317 or unix:PATH [default: nowhere]
    #[arg(long, value_name = "ADDRESS", help_heading = "Service")]
    pub(super) metrics: Option<String>,
    /// Where a layer of the sandbox is missing: strict, lenient, auto [default: auto]
    #[arg(long, value_name = "MODE", help_heading = "Service")]
    pub(super) sandbox: Option<String>,
}

/// `sekisho watch`.
#[derive(Debug, ClapArgs)]
pub(super) struct WatchArgs {
    /// Where the sensor shows its metrics: 127.0.0.1:9317 or unix:PATH [default: 127.0.0.1:9317]
    #[arg(value_name = "ADDRESS", conflicts_with = "config")]
    pub(super) address: Option<String>,
    /// Read ADDRESS from `listen` in [metrics] of the sensor's configuration file
    #[arg(short, long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Seconds between two looks
    #[arg(long, value_name = "SECS", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(super) interval: u64,
    /// Print one frame as text, after two intervals, and end
    #[arg(long)]
    pub(super) once: bool,
}

/// `sekisho demo`.
#[derive(Debug, ClapArgs)]
pub(super) struct DemoArgs {
    /// Seed of the traffic: the same seed makes the same packets
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seed: u64,
    /// Packets to make
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    pub(super) packets: u64,
    #[command(flatten)]
    pub(super) place: PlaceFlags,
    #[command(flatten)]
    pub(super) gate: GateFlags,
    #[command(flatten)]
    pub(super) run: RunFlags,
    #[command(flatten)]
    pub(super) how: ReplayFlags,
    #[command(flatten)]
    pub(super) talk: TalkFlags,
}

/// `sekisho locate`.
#[derive(Debug, ClapArgs)]
pub(super) struct LocateArgs {
    /// IPv4 or IPv6 addresses; - reads them from stdin, one a line
    #[arg(required = true, value_name = "IP")]
    pub(super) addresses: Vec<String>,
    /// One JSON object a line: ip, place, country, reason, rule, sources
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) place: PlaceFlags,
    #[command(flatten)]
    pub(super) talk: TalkFlags,
}

/// `sekisho explain`.
#[derive(Debug, ClapArgs)]
pub(super) struct ExplainArgs {
    /// Address of the sender
    pub(super) src: String,
    /// Address of the receiver
    pub(super) dst: String,
    #[command(flatten)]
    pub(super) place: PlaceFlags,
    #[command(flatten)]
    pub(super) gate: GateFlags,
    #[command(flatten)]
    pub(super) talk: TalkFlags,
}

/// `sekisho geo`.
#[derive(Debug, ClapArgs)]
pub(super) struct GeoArgs {
    #[command(flatten)]
    pub(super) place: PlaceFlags,
    #[command(flatten)]
    pub(super) talk: TalkFlags,
}

/// `sekisho summary`.
#[derive(Debug, ClapArgs)]
pub(super) struct SummaryArgs {
    /// Files of records (.jsonl, .csv, also .zst, .gz), folders of them in name order, or - for stdin
    #[arg(required = true, value_name = "RECORDS")]
    pub(super) records: Vec<PathBuf>,
    /// Rows of each table
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(super) top: usize,
    /// What is largest: bytes (on the wire), packets or flows (records)
    #[arg(
        long,
        value_name = "WHAT",
        default_value = "bytes",
        hide_possible_values = true
    )]
    pub(super) by: By,
    /// The same as one JSON object
    #[arg(long)]
    pub(super) json: bool,
    /// Progress bar on stderr: auto (on a terminal) or never [default: auto]
    #[arg(long, value_name = "WHEN", value_parser = ["auto", "never"], hide_possible_values = true, help_heading = "Run")]
    pub(super) progress: Option<String>,
    #[command(flatten)]
    pub(super) talk: TalkFlags,
}

impl SummaryArgs {
    /// Whether a bar is wanted where there is a terminal.
    pub(super) fn wants_bar(&self) -> bool {
        self.progress.as_deref() != Some("never")
    }
}

/// `sekisho check`.
#[derive(Debug, ClapArgs)]
pub(super) struct CheckArgs {
    /// The configuration to check; the defaults if none is given
    #[arg(value_name = "CONFIG", conflicts_with = "config")]
    pub(super) file: Option<PathBuf>,
    /// Print the settings in force, as the text of a configuration file, to stdout
    #[arg(long)]
    pub(super) print: bool,
    #[command(flatten)]
    pub(super) place: PlaceFlags,
    #[command(flatten)]
    pub(super) gate: GateFlags,
    #[command(flatten)]
    pub(super) run: RunFlags,
    #[command(flatten)]
    pub(super) how: ReplayFlags,
    #[command(flatten)]
    pub(super) talk: TalkFlags,
}

/// `sekisho evaluate`.
#[derive(Debug, ClapArgs)]
pub(super) struct EvaluateArgs {
    /// Captures to weigh by; none of their addresses are kept [default: by address space only]
    #[arg(value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// What is known to be true: PREFIX,PLACE a line, the place `domestic`, `foreign` or a country
    #[arg(long, value_name = "CSV")]
    pub(super) truth: Option<PathBuf>,
    /// File for the figures as JSON, for `sekisho report --evaluation`; - for stdout [default: none]
    #[arg(long, value_name = "FILE")]
    pub(super) json: Option<PathBuf>,
    #[command(flatten)]
    pub(super) place: PlaceFlags,
    #[command(flatten)]
    pub(super) talk: TalkFlags,
}

/// `sekisho verify`.
#[derive(Debug, ClapArgs)]
pub(super) struct VerifyArgs {
    /// Folder of the ledger
    #[arg(value_name = "LEDGER_DIR")]
    pub(super) ledger: PathBuf,
    /// Key that must have signed, known from elsewhere: name+id+base64, or a file with it
    /// [default: the ledger's own, which shows only that the ledger agrees with itself]
    #[arg(long, value_name = "KEY")]
    pub(super) key: Option<String>,
    /// Checkpoint of this ledger that was kept elsewhere: finds what was cut off or written anew
    #[arg(long, value_name = "FILE")]
    pub(super) since: Option<PathBuf>,
    /// File of records, or a folder of them, that must be the ledger's; repeatable
    #[arg(long, value_name = "PATH")]
    pub(super) records: Vec<PathBuf>,
    /// Make the proof that this entry is under the signature, for somebody without the ledger
    #[arg(long, value_name = "INDEX")]
    pub(super) proof: Option<u64>,
    /// File for the proof, or - for stdout, where it takes the place of the table [default: -]
    #[arg(short, long, value_name = "FILE", requires = "proof")]
    pub(super) output: Option<PathBuf>,
    /// What was found, as one JSON object
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) talk: TalkFlags,
}

/// `sekisho purge`.
#[derive(Debug, ClapArgs)]
pub(super) struct PurgeArgs {
    /// Files of records, and folders of them; folders inside are not looked into
    #[arg(required = true, value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Remove what expired then or before: 2026-11-22 or 2026-11-22T05:49:00Z [default: now]
    #[arg(long, value_name = "TIME")]
    pub(super) before: Option<String>,
    /// Only say what would be removed
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Configuration file of the sensor, for its name and its ledger; flags win over it [default: none]
    #[arg(short, long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Folder of the ledger that is to say what was removed [default: none]
    #[arg(long, value_name = "DIR")]
    pub(super) ledger: Option<String>,
    /// File of the key that signs it [default: DIR.key]
    #[arg(long, value_name = "FILE")]
    pub(super) ledger_key: Option<String>,
    #[command(flatten)]
    pub(super) talk: TalkFlags,
}

/// `sekisho report`.
#[derive(Debug, ClapArgs)]
pub(super) struct ReportArgs {
    /// Folder of the ledger
    #[arg(value_name = "LEDGER_DIR")]
    pub(super) ledger: PathBuf,
    /// File for the page, or - for stdout
    #[arg(short, long, value_name = "FILE", required_unless_present = "json")]
    pub(super) output: Option<PathBuf>,
    /// File for the figures as JSON, or - for stdout
    #[arg(long, value_name = "FILE")]
    pub(super) json: Option<PathBuf>,
    /// Language of the page: en or ja
    #[arg(long, value_name = "LANGUAGE", default_value = "en")]
    pub(super) lang: String,
    /// Not before: 2026-11-16, 2026-11-16T09:00 or 2026-11-16T09:00:00Z, UTC [default: the ledger's begin]
    #[arg(long, value_name = "TIME")]
    pub(super) from: Option<String>,
    /// Before, written likewise [default: the ledger's end]
    #[arg(long, value_name = "TIME")]
    pub(super) to: Option<String>,
    /// How sure the country tables are, as `sekisho evaluate --json` measured it: a section of the report
    /// [default: none]
    #[arg(long, value_name = "FILE")]
    pub(super) evaluation: Option<PathBuf>,
    /// Leave out small cells and single events, so that the report can be made public
    #[arg(long)]
    pub(super) publish: bool,
    /// Key that must have signed, known from elsewhere: name+id+base64, or a file with it
    /// [default: the ledger's own, which shows only that the ledger agrees with itself]
    #[arg(long, value_name = "KEY")]
    pub(super) key: Option<String>,
    /// Checkpoint of this ledger that was kept elsewhere: finds what was cut off or written anew
    #[arg(long, value_name = "FILE")]
    pub(super) since: Option<PathBuf>,
    #[command(flatten)]
    pub(super) talk: TalkFlags,
}

/// Where addresses are: every command needs it.
#[derive(Debug, Default, ClapArgs)]
#[command(next_help_heading = "Where addresses are")]
pub(super) struct PlaceFlags {
    /// Configuration file; flags win over it [default: none]
    #[arg(short, long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Country that is home, an ISO code of two letters; repeatable [default: JP]
    #[arg(long, value_name = "CC")]
    pub(super) home: Vec<String>,
    /// Country table: MaxMind format, a registry's delegated-extended statistics, or `embedded`;
    /// repeatable, and an address is foreign only if all say so [default: embedded]
    #[arg(long, value_name = "FILE")]
    pub(super) geo: Vec<String>,
    /// Prefixes that are at home whatever the tables say, one a line; repeatable [default: none]
    #[arg(long, value_name = "FILE")]
    pub(super) domestic_list: Vec<String>,
    /// Anycast prefixes, whose place is not known, one a line; repeatable [default: none]
    #[arg(long, value_name = "FILE")]
    pub(super) anycast_list: Vec<String>,
    /// Where private addresses are: home or undetermined [default: undetermined]
    #[arg(long, value_name = "WHERE")]
    pub(super) site: Option<String>,
}

/// What may pass.
#[derive(Debug, Default, ClapArgs)]
#[command(next_help_heading = "What may pass")]
pub(super) struct GateFlags {
    /// Class that may pass: foreign_foreign, foreign_domestic or domestic_foreign; repeatable
    /// [default: all three; domestic_domestic can never be authorised]
    #[arg(long, value_name = "CLASS")]
    pub(super) authorize: Vec<String>,
}

/// How packets become records, and where those go.
#[derive(Debug, Default, ClapArgs)]
pub(super) struct RunFlags {
    /// Seconds of packet time without a packet after which a flow ends [default: 60]
    #[arg(long, value_name = "SECS", help_heading = "Flows")]
    pub(super) idle: Option<u64>,
    /// Seconds of packet time whose multiples no record spans [default: 300]
    #[arg(long, value_name = "SECS", help_heading = "Flows")]
    pub(super) active: Option<u64>,
    /// Flows held at once [default: 4000000]
    #[arg(long, value_name = "N", help_heading = "Flows")]
    pub(super) max_flows: Option<u64>,
    /// How records are written: jsonl, csv, parquet, ipfix, ipfix-uniflow, zeek-conn, zeek-conn-json, ecs,
    /// ocsf-4001, eve-flow or null [default: jsonl]
    #[arg(long, value_name = "FORMAT", help_heading = "Results")]
    pub(super) format: Option<String>,
    /// File for records, - for stdout, tcp://HOST:PORT, udp://HOST:PORT (best effort) or
    /// kafka://HOST:PORT/TOPIC [default: -]
    #[arg(short, long, value_name = "PATH", help_heading = "Results")]
    pub(super) output: Option<String>,
    /// How parquet files hold addresses: text or binary16 [default: text]
    #[arg(long, value_name = "HOW", help_heading = "Results")]
    pub(super) ip_encoding: Option<String>,
    /// Give every record the Community ID of its flow [default: no]
    #[arg(long, help_heading = "Results")]
    pub(super) community_id: bool,
    /// File for the summary as JSON, or - for stdout [default: none]
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub(super) summary: Option<String>,
    /// Folder of the ledger: counts by interval, signed, for `sekisho verify` and `report` [default: none]
    #[arg(long, value_name = "DIR", help_heading = "Results")]
    pub(super) ledger: Option<String>,
    /// File of the key that signs it; made if it is not there [default: DIR.key]
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub(super) ledger_key: Option<String>,
}

/// How captures are replayed.
#[derive(Debug, Default, ClapArgs)]
pub(super) struct ReplayFlags {
    /// Lanes that work beside each other, 0 for one a core; records do not depend on it [default: 0]
    #[arg(long, value_name = "N", help_heading = "Run")]
    pub(super) lanes: Option<u64>,
    /// Progress bar on stderr: auto (on a terminal) or never [default: auto]
    #[arg(long, value_name = "WHEN", help_heading = "Run")]
    pub(super) progress: Option<String>,
}

/// How much is told on standard error.
#[derive(Debug, Default, ClapArgs)]
pub(super) struct TalkFlags {
    /// Tell more on stderr; repeat for more
    #[arg(short, long, action = clap::ArgAction::Count, help_heading = "Run")]
    pub(super) verbose: u8,
}
