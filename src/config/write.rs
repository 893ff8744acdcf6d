//! Settings as the text of a file: what `sekisho check` prints, and what the summary's digest is over.

use std::fmt::Write as _;
use std::path::PathBuf;

use sha2::{Digest as _, Sha256};

use super::values::{MaxAge, Output};
use super::{
    Authorisations, Capture, Config, Export, Flow, Geo, Ledger, Metrics, Pseudonym, Replay,
    Retention,
};
use crate::gate::Authorisation;
use crate::geo::SourceSpec;
use crate::spelling::hex;

/// Renders all settings; reading the text back gives the same ones.
pub(super) fn toml(config: &Config) -> String {
    // Full patterns, without `..`: a setting that is forgotten here does not compile.
    let Config {
        sensor,
        state,
        profile,
        geo:
            Geo {
                home,
                sources,
                domestic_lists,
                anycast_lists,
                site,
                max_age,
                nat64_prefixes,
                softwire_prefixes,
            },
        authorisation:
            Authorisation {
                foreign_foreign,
                foreign_domestic,
                domestic_foreign,
            },
        authorisations:
            Authorisations {
                files,
                keys,
                threshold,
            },
        flow:
            Flow {
                idle_secs,
                active_secs,
                max_flows,
            },
        export:
            Export {
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
            },
        ledger: Ledger {
            folder,
            interval_secs,
            key,
        },
        retention: Retention { days },
        pseudonym: Pseudonym {
            mode,
            key: pseudonym_key,
        },
        replay: Replay { lanes, progress },
        capture:
            Capture {
                interfaces,
                filter,
                snaplen,
                ring_mib,
                promisc,
                lanes: capture_lanes,
                sandbox,
            },
        metrics: Metrics { listen },
    } = config;
    let sources = sources.iter().map(|source| match source {
        SourceSpec::Embedded => "embedded".to_owned(),
        SourceSpec::File(path) => path.display().to_string(),
    });
    let max_age = match max_age {
        MaxAge::Days(days) => days.to_string(),
        MaxAge::Never => text("never"),
    };
    let authorize = [
        (foreign_foreign, "foreign_foreign"),
        (foreign_domestic, "foreign_domestic"),
        (domestic_foreign, "domestic_foreign"),
    ];
    let authorize = authorize.into_iter().filter(|(given, _)| **given);
    let shown = |path: &Option<PathBuf>| {
        let path = path.as_ref().map(|path| path.display().to_string());
        path.unwrap_or_default()
    };
    let state = shown(state);
    let summary = summary.as_ref().map(Output::to_string).unwrap_or_default();
    let mut out = String::new();
    // Writing into a String cannot fail.
    let _ = write!(
        out,
        "sensor = {}\nstate = {}\nprofile = {}\n\n\
         [geo]\nhome = {}\nsources = {}\ndomestic_list = {}\nanycast_list = {}\nsite = {}\n\
         max_age = {max_age}\nnat64_prefixes = {}\nsoftwire_prefixes = {}\n\n\
         [gate]\nauthorize = {}\n\n\
         [authorisation]\nfiles = {}\nkeys = {}\nthreshold = {threshold}\n\n\
         [flow]\nidle = {idle_secs}\nactive = {active_secs}\nmax_flows = {max_flows}\n\n\
         [export]\nformat = {}\noutput = {}\nsummary = {}\n\
         rotate_bytes = {rotate_bytes}\nrotate_secs = {rotate_secs}\ncompress = {}\n\
         ipfix_enterprise = {ipfix_enterprise}\n\
         spool = {}\nspool_bytes = {spool_bytes}\n\
         community_id = {}\ncommunity_id_seed = {}\n\n\
         [ledger]\nfolder = {}\ninterval = {interval_secs}\nkey = {}\n\n\
         [retention]\ndays = {days}\n\n\
         [pseudonym]\nmode = {}\nkey = {}\n\n\
         [replay]\nlanes = {lanes}\nprogress = {}\n\n\
         [capture]\ninterfaces = {}\nfilter = {}\nsnaplen = {snaplen}\nring_mib = {ring_mib}\n\
         promisc = {promisc}\nlanes = {capture_lanes}\nsandbox = {}\n\n\
         [metrics]\nlisten = {}\n",
        text(sensor),
        text(&state),
        text(profile.id()),
        list(home),
        list(sources),
        paths(domestic_lists),
        paths(anycast_lists),
        text(site.id()),
        list(nat64_prefixes),
        list(softwire_prefixes),
        list(authorize.map(|(_, class)| class)),
        paths(files),
        list(keys),
        text(format.id()),
        text(&output.to_string()),
        text(&summary),
        text(compress.id()),
        text(&shown(spool)),
        community_id.is_some(),
        community_id.unwrap_or(0),
        text(&shown(folder)),
        text(&shown(key)),
        text(mode.id()),
        text(&shown(pseudonym_key)),
        text(progress.id()),
        list(interfaces),
        text(filter),
        text(sandbox.id()),
        text(listen),
    );
    out
}

/// SHA-256 of the text, in hex.
pub(super) fn digest(config: &Config) -> String {
    hex(&Sha256::digest(toml(config)))
}

fn text(value: &str) -> String {
    toml::Value::from(value).to_string()
}

fn list<T: ToString>(values: impl IntoIterator<Item = T>) -> String {
    let values: Vec<String> = values.into_iter().map(|v| text(&v.to_string())).collect();
    format!("[{}]", values.join(", "))
}

fn paths(paths: &[PathBuf]) -> String {
    list(paths.iter().map(|path| path.display()))
}
