//! Defaults, the reference file, and every refusal with its place.

use std::collections::BTreeSet;

use super::*;

fn join(text: &str, flags: Layer) -> Result<Config, Error> {
    Config::join(Some((Path::new("sekisho.toml"), text)), flags)
}

/// `section.key` of every key in a text.
fn keys_of(text: &str) -> BTreeSet<String> {
    let table: toml::Table = text.parse().unwrap();
    let mut keys = BTreeSet::new();
    for (name, value) in &table {
        match value {
            toml::Value::Table(section) => {
                keys.extend(section.keys().map(|key| format!("{name}.{key}")));
            }
            _ => {
                keys.insert(format!(".{name}"));
            }
        }
    }
    keys
}

#[test]
fn the_reference_file_is_the_defaults() {
    assert_eq!(
        join(REFERENCE, Layer::default()).unwrap(),
        Config::default()
    );
    assert_eq!(
        Config::join(None, Layer::default()).unwrap(),
        Config::default()
    );
}

#[test]
fn the_reference_file_has_every_key_and_no_other() {
    let known: BTreeSet<String> = keys::KEYS
        .iter()
        .map(|key| format!("{}.{}", key.section, key.name))
        .collect();
    assert_eq!(known.len(), keys::KEYS.len());
    assert_eq!(keys_of(REFERENCE), known);
    assert_eq!(keys_of(&Config::default().to_toml()), known);
}

#[test]
fn the_statutory_file_is_what_differs_from_the_defaults() {
    let text = include_str!("../../config/statutory.toml");
    let config = join(text, Layer::default()).unwrap();
    let mut wanted = Config {
        profile: Profile::Statutory,
        retention: Retention { days: 730 },
        pseudonym: Pseudonym {
            mode: PseudonymMode::Deterministic,
            key: Some("pseudonym.key".into()),
        },
        ..Config::default()
    };
    wanted.ledger.folder = Some("ledger".into());
    assert_eq!(config, wanted);
}

#[test]
fn what_is_written_reads_back_the_same() {
    let mut config = Config::default();
    assert_eq!(join(&config.to_toml(), Layer::default()).unwrap(), config);
    config.sensor = "osaka-2".to_owned();
    config.geo = Geo {
        home: ["JP", "DE"]
            .into_iter()
            .filter_map(CountryCode::new)
            .collect(),
        sources: vec![
            SourceSpec::File("/data/a\"b\\\u{1b}.mmdb".into()),
            SourceSpec::Embedded,
        ],
        domestic_lists: vec!["/data/domestic.txt".into()],
        anycast_lists: vec!["/data/東京.txt".into(), "/data/b.txt".into()],
        site: Site::Home,
        max_age: MaxAge::Never,
        nat64_prefixes: vec!["2001:db8:64::/96".parse().unwrap()],
        softwire_prefixes: vec!["192.0.2.0/24".parse().unwrap()],
    };
    config.authorisation = Authorisation {
        foreign_domestic: true,
        ..Authorisation::NONE
    };
    config.profile = Profile::Statutory;
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILsfYR5/qlD0F39PipeQCuupn0Y7g4UpeBl85YM17VnL";
    config.authorisations = Authorisations {
        files: vec!["/data/a.toml".into(), "/data/b.toml".into()],
        keys: [
            "RWTDm9T3Aayn8omtBvf6rBNHjju6ojzeuRtVO7g9zlhSnCImYyioB3V0",
            key,
        ]
        .map(|text| text.parse().unwrap())
        .into(),
        threshold: 2,
    };
    config.flow = Flow {
        idle_secs: 1_000_000_000,
        active_secs: 1_000_000_000,
        max_flows: 1,
    };
    config.retention.days = 730;
    config.pseudonym = Pseudonym {
        mode: PseudonymMode::Prefix,
        key: Some("/etc/sekisho/pseudonym.key".into()),
    };
    config.export = Export {
        format: Format::Csv,
        output: Target::Path("/out/flows.csv".into()),
        summary: Some(Output::Stdout),
        rotate_bytes: 1,
        rotate_secs: 2,
        compress: Compress::Zstd,
        ipfix_enterprise: 3,
        ip_encoding: IpEncoding::Binary16,
        spool: Some("/var/lib/sekisho/spool".into()),
        spool_bytes: 1 << 20,
        community_id: None,
    };
    config.ledger = Ledger {
        folder: Some("/var/lib/sekisho/ledger".into()),
        interval_secs: 7,
        key: Some("/etc/sekisho/\"ledger\".key".into()),
    };
    config.replay = Replay {
        lanes: 3,
        progress: ProgressMode::Never,
    };
    config.capture = Capture {
        interfaces: vec!["eth1".to_owned(), "eth2.7".to_owned()],
        filter: "not (port 22 or \"vlan\")".to_owned(),
        snaplen: 128,
        ring_mib: 2047,
        promisc: false,
        lanes: 64,
        sandbox: SandboxMode::Strict,
    };
    config.state = Some("/var/lib/sekisho".into());
    config.metrics.listen = "127.0.0.1:9317".to_owned();
    assert_eq!(join(&config.to_toml(), Layer::default()).unwrap(), config);
}

#[test]
fn flags_win_over_the_file_and_lists_are_replaced_as_a_whole() {
    let mut flags = Layer::default();
    flags.flow.idle = Some(Given::by_flag("--idle", 7));
    flags.geo.home = Given::by_flags("--home", vec!["de".to_owned(), "DE".to_owned()]);
    let config = join(
        "[flow]\nidle = 5\nactive = 6\n[geo]\nhome = [\"JP\", \"US\"]\n",
        flags,
    )
    .unwrap();
    assert_eq!((config.flow.idle_secs, config.flow.active_secs), (7, 6));
    assert_eq!(config.geo.home, vec![CountryCode::new("DE").unwrap()]);
}

#[test]
fn a_path_in_the_file_is_relative_to_its_folder_and_a_flag_s_to_the_working_folder() {
    let mut flags = Layer::default();
    flags.export.summary = Some(Given::by_flag("--summary", "books.json".to_owned()));
    let config = Config::join(
        Some((
            Path::new("/etc/sekisho/sekisho.toml"),
            "[geo]\nsources = [\"a.mmdb\", \"/b.mmdb\"]\n[export]\noutput = \"flows.jsonl\"\n",
        )),
        flags,
    )
    .unwrap();
    assert_eq!(
        config.geo.sources,
        [
            SourceSpec::File("/etc/sekisho/a.mmdb".into()),
            SourceSpec::File("/b.mmdb".into())
        ]
    );
    assert_eq!(
        config.export.output,
        Target::Path("/etc/sekisho/flows.jsonl".into())
    );
    assert_eq!(
        config.export.summary,
        Some(Output::File("books.json".into()))
    );
}

#[test]
fn a_bad_flag_is_the_command_line_s_fault_and_a_forbidden_one_the_configuration_s() {
    let mut flags = Layer::default();
    flags.flow.idle = Some(Given::by_flag("--idle", 0));
    let error = join("", flags).unwrap_err();
    assert_eq!(error.fault(), Fault::Flag);
    assert!(error.to_string().contains(": --idle: "));
    let mut flags = Layer::default();
    flags.gate.authorize = Given::by_flags("--authorize", vec!["domestic_domestic".to_owned()]);
    assert_eq!(join("", flags).unwrap_err().fault(), Fault::Configuration);
}

#[test]
fn authorising_nothing_is_allowed() {
    let config = join("[gate]\nauthorize = []\n", Layer::default()).unwrap();
    assert_eq!(config.authorisation, Authorisation::NONE);
}

/// Every file in `testdata/config` is refused with the line beside it.
#[test]
fn row_41_bad_configurations_are_refused_with_place_and_advice() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/config");
    let accept = std::env::var_os("SEKISHO_ACCEPT").is_some();
    let mut wrong = Vec::new();
    let mut seen = 0;
    let mut files: Vec<_> = folder
        .read_dir()
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    files.sort();
    for path in files
        .iter()
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
    {
        seen += 1;
        let text = std::fs::read_to_string(path).unwrap();
        let name = Path::new(path.file_name().unwrap());
        let got = match Config::join(Some((name, &text)), Layer::default()) {
            Ok(_) => "accepted\n".to_owned(),
            // Who prints the line escapes it; a golden file holds no control characters either.
            Err(error) => format!("{}\n", error.to_string().replace('\u{1b}', "ESC")),
        };
        let expected = path.with_extension("txt");
        if accept {
            std::fs::write(&expected, &got).unwrap();
        }
        let want = std::fs::read_to_string(&expected).unwrap_or_default();
        if got != want || got == "accepted\n" || got.lines().count() != 1 {
            wrong.push(format!("{}\n  got:  {got}  want: {want}", name.display()));
        }
    }
    assert!(seen >= 60, "{seen} cases");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_digest_names_the_settings() {
    let config = Config::default();
    assert_eq!(config.digest(), config.clone().digest());
    assert_eq!(config.digest().len(), 64);
    let mut other = config.clone();
    other.flow.idle_secs += 1;
    assert_ne!(other.digest(), config.digest());
}

#[test]
fn the_statutory_profile_writes_no_address_at_home() {
    let mut pseudonym = Config::default().pseudonym;
    let error = pseudonym.suits_statutory().unwrap_err().to_string();
    assert!(error.ends_with(": [pseudonym]: choose a `mode` and name a `key` there"));
    for mode in [PseudonymMode::Deterministic, PseudonymMode::Prefix] {
        pseudonym.mode = mode;
        assert_eq!(pseudonym.suits_statutory(), Ok(()));
    }
}

#[test]
fn the_digest_names_the_kind_of_pseudonyms_and_not_where_their_key_lies() {
    let digest = |mode, key: Option<&str>| {
        let mut config = Config::default();
        let key = key.map(Into::into);
        config.pseudonym = Pseudonym { mode, key };
        config.digest()
    };
    let (some, other) = (PseudonymMode::Prefix, PseudonymMode::Deterministic);
    assert_eq!(digest(some, Some("a")), digest(some, Some("b")));
    assert_ne!(digest(some, Some("a")), digest(other, Some("a")));
}
