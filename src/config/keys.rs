//! Every key by name, what it expects, and the nearest known one to a mistyped name.

/// A key of the configuration.
pub(super) struct Key {
    /// The section it belongs to; empty at the top.
    pub(super) section: &'static str,
    /// Its name.
    pub(super) name: &'static str,
    /// What it expects, for the message about a wrong type.
    pub(super) expects: &'static str,
}

const fn key(section: &'static str, name: &'static str, expects: &'static str) -> Key {
    Key {
        section,
        name,
        expects,
    }
}

/// All sections.
pub(super) const SECTIONS: [&str; 11] = [
    "geo",
    "gate",
    "authorisation",
    "flow",
    "export",
    "ledger",
    "retention",
    "pseudonym",
    "replay",
    "capture",
    "metrics",
];

/// All keys, in the order of the reference file.
pub(super) const KEYS: [Key; 45] = [
    key("", "sensor", "a name in quotes, such as \"tokyo-1\""),
    key("", "state", "a folder in quotes, or \"\" for none"),
    key("", "profile", "\"standard\" or \"statutory\""),
    key("geo", "home", "a list of country codes, such as [\"JP\"]"),
    key(
        "geo",
        "sources",
        "a list of `embedded` and files, such as [\"embedded\"]",
    ),
    key(
        "geo",
        "domestic_list",
        "a list of files, such as [\"domestic.txt\"]",
    ),
    key(
        "geo",
        "anycast_list",
        "a list of files, such as [\"anycast.txt\"]",
    ),
    key("geo", "site", "\"undetermined\" or \"home\""),
    key(
        "geo",
        "max_age",
        "a whole number of days, such as 35, or \"never\"",
    ),
    key(
        "geo",
        "nat64_prefixes",
        "a list of IPv6 prefixes, such as [\"2001:db8:64::/96\"]",
    ),
    key(
        "geo",
        "softwire_prefixes",
        "a list of prefixes, such as [\"2001:db8::/32\"]",
    ),
    key(
        "gate",
        "authorize",
        "a list of classes, such as [\"foreign_domestic\"]",
    ),
    key(
        "authorisation",
        "files",
        "a list of files, such as [\"authorisation.toml\"]",
    ),
    key(
        "authorisation",
        "keys",
        "a list of public keys, such as [\"RWQ…\", \"ssh-ed25519 AAAA…\"]",
    ),
    key("authorisation", "threshold", "a whole number, such as 1"),
    key("flow", "idle", "a whole number of seconds, such as 60"),
    key("flow", "active", "a whole number of seconds, such as 300"),
    key(
        "flow",
        "max_flows",
        "a whole number of flows, such as 4_000_000",
    ),
    key("export", "format", "\"jsonl\", \"csv\" or \"null\""),
    key(
        "export",
        "output",
        "a path in quotes, or \"-\" for standard output",
    ),
    key("export", "summary", "a path in quotes, or \"\" for none"),
    key(
        "export",
        "rotate_bytes",
        "a whole number of bytes, such as 268_435_456",
    ),
    key(
        "export",
        "rotate_secs",
        "a whole number of seconds, such as 300",
    ),
    key("export", "compress", "\"none\" or \"zstd\""),
    key(
        "export",
        "ipfix_enterprise",
        "a number of IANA's registry, such as 32473",
    ),
    key("export", "spool", "a folder in quotes, or \"\" for none"),
    key(
        "export",
        "spool_bytes",
        "a whole number of bytes, such as 1_073_741_824",
    ),
    key("export", "community_id", "true or false"),
    key("export", "community_id_seed", "a whole number, such as 0"),
    key("ledger", "folder", "a folder in quotes, or \"\" for none"),
    key(
        "ledger",
        "interval",
        "a whole number of seconds, such as 60",
    ),
    key(
        "ledger",
        "key",
        "a path in quotes, or \"\" for the usual one",
    ),
    key(
        "retention",
        "days",
        "a whole number of days, such as 730, or 0",
    ),
    key(
        "pseudonym",
        "mode",
        "\"none\", \"deterministic\" or \"prefix\"",
    ),
    key("pseudonym", "key", "a file in quotes, or \"\" for none"),
    key("replay", "lanes", "a whole number, 0 for one a core"),
    key("replay", "progress", "\"auto\" or \"never\""),
    key(
        "capture",
        "interfaces",
        "a list of interfaces, such as [\"eth1\"]",
    ),
    key(
        "capture",
        "filter",
        "a filter in quotes, such as \"not port 22\"",
    ),
    key("capture", "snaplen", "a whole number of bytes, such as 512"),
    key("capture", "ring_mib", "a whole number of MiB, such as 64"),
    key("capture", "promisc", "true or false"),
    key("capture", "lanes", "a whole number, such as 1"),
    key("capture", "sandbox", "\"auto\", \"strict\" or \"lenient\""),
    key(
        "metrics",
        "listen",
        "an address in quotes, such as \"127.0.0.1:9317\", or \"\" for none",
    ),
];

/// The key of a section.
pub(super) fn find(section: &str, name: &str) -> Option<&'static Key> {
    KEYS.iter()
        .find(|key| key.section == section && key.name == name)
}

/// What to do about an unknown name in a section (`""`: at the top).
pub(super) fn advice(section: &str, name: &str) -> String {
    let real = || KEYS.iter();
    if let Some(key) = real().find(|key| key.name == name) {
        return match key.section {
            "" => format!("`{name}` stands at the top, before the first section"),
            other => format!("`{name}` belongs in [{other}]"),
        };
    }
    let lower = name.to_lowercase();
    if lower.contains("exclu") || lower.contains("domestic_domestic") {
        return "no setting turns the exclusion of domestic traffic off".to_owned();
    }
    let names = real()
        .filter(|key| key.section == section)
        .map(|key| key.name);
    let sections = SECTIONS.into_iter().filter(|_| section.is_empty());
    if let Some(near) = nearest(name, names.chain(sections)) {
        return format!("did you mean `{near}`?");
    }
    if let Some(near) = nearest(name, real().map(|key| key.name))
        && let Some(key) = real().find(|key| key.name == near)
    {
        let section = key.section;
        return if section.is_empty() {
            format!("did you mean `{near}`, at the top?")
        } else {
            format!("did you mean `{near}` in [{section}]?")
        };
    }
    let known: Vec<&str> = if section.is_empty() {
        ["sensor", "state", "profile"]
            .into_iter()
            .chain(SECTIONS)
            .collect()
    } else {
        real()
            .filter(|key| key.section == section)
            .map(|key| key.name)
            .collect()
    };
    format!("known here: {}", known.join(", "))
}

/// The nearest of some names, if it is near enough to be meant: a third of its letters may differ.
pub(crate) fn nearest<'a>(
    typed: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let typed = typed.to_lowercase().replace('-', "_");
    names
        .into_iter()
        .map(|name| (distance(&typed, name), name))
        .filter(|&(distance, name)| distance <= (name.len() / 3).max(1))
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, name)| name)
}

/// Edit distance: insertions, deletions, replacements and swaps of neighbours. Names longer than any
/// of ours are far from all.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > 8 {
        return usize::MAX;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 0..a.len() {
        let mut row = vec![i + 1];
        for j in 0..b.len() {
            let replaced = last[j] + usize::from(a[i] != b[j]);
            let mut best = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_hand_are_near_and_other_words_are_not() {
        for (typed, meant) in [
            ("idel", Some("idle")),
            ("idles", Some("idle")),
            ("Active", Some("active")),
            ("max-flows", Some("max_flows")),
            ("maxflow", Some("max_flows")),
            ("timeout", None),
            ("", None),
        ] {
            assert_eq!(
                nearest(typed, ["idle", "active", "max_flows"]),
                meant,
                "{typed}"
            );
        }
    }
}
