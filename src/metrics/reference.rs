//! The page `docs/metrics.md`: the table of metrics, for people.

use super::board::{INTERFACES_SHOWN, LANES_SHOWN};
use super::catalogue::GROUPS;
use std::fmt::Write as _;

/// What stands before the tables.
const HEAD: &str = "\
# Metrics

For the operator of a sensor. This page is written by the program's own table of metrics; alerts, the
dashboard and what to do are in [monitoring.md](monitoring.md).

`sekisho capture` shows these at `/metrics` in the text format of Prometheus, on loopback or a Unix socket
only. Everything is counted since the start of the run and goes on over reloads. Bytes are those on the wire
unless it says otherwise. What law and policy exclude is never counted as a loss, nor a loss as excluded. No
metric and no label tells an address, and no traffic makes a new series.
";

/// The page as it is for this version.
#[must_use]
pub fn reference() -> String {
    let mut page = HEAD.to_owned();
    for group in &GROUPS {
        // Writing into a String cannot fail.
        let _ = write!(
            page,
            "\n## {}\n\n| metric | labels | kind, unit | what it is | what to do with it |\n\
             | --- | --- | --- | --- | --- |\n",
            group.title
        );
        for entry in group.entries {
            let labels: Vec<String> = entry
                .labels
                .iter()
                .map(|label| format!("`{label}`"))
                .collect();
            let _ = writeln!(
                page,
                "| `{}` | {} | {}, {} | {} | {} |",
                entry.name,
                labels.join(" "),
                entry.kind.id(),
                entry.unit,
                entry.help,
                entry.usage
            );
        }
    }
    let _ = write!(
        page,
        "\nOf more than {LANES_SHOWN} lanes or {INTERFACES_SHOWN} interfaces, those beyond are added up under the \
         name `the rest`. With as many as that there are fewer than 500 series.\n"
    );
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_page_is_that_of_the_table() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/metrics.md");
        if std::env::var_os("SEKISHO_ACCEPT").is_some() {
            std::fs::write(&path, reference()).unwrap();
        }
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            reference(),
            "SEKISHO_ACCEPT=1 writes the page anew"
        );
    }
}
