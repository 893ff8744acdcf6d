//! The bill of materials: what CycloneDX 1.6 asks for, and all that is linked in.

use crate::golden::{at, text, tool};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The bill of what the package holds, as text.
fn printed() -> Option<String> {
    let script = at("config/package/sbom");
    let features = crate::contents::features().join(",");
    let run = tool("python3", &[script.to_str().unwrap(), &features])?;
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
    Some(String::from_utf8(run.stdout).unwrap())
}

fn string<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key]
        .as_str()
        .unwrap_or_else(|| panic!("{key} of {value}"))
}

#[test]
fn the_bill_is_the_same_each_time_and_names_every_crate_once() {
    let (Some(bill), Some(again)) = (printed(), printed()) else {
        return;
    };
    assert!(bill == again, "it is not the same twice");
    let bill: Value = serde_json::from_str(&bill).unwrap();
    assert_eq!(string(&bill, "bomFormat"), "CycloneDX");
    assert_eq!(string(&bill, "specVersion"), "1.6");
    assert_eq!(bill["version"], 1);
    let ours = &bill["metadata"]["component"];
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(string(ours, "type"), "application");
    assert_eq!(string(ours, "purl"), format!("pkg:cargo/sekisho@{version}"));

    let lock: toml::Table = text("Cargo.lock").parse().unwrap();
    let locked: BTreeMap<String, &toml::Value> = lock["package"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let word = |key: &str| one[key].as_str().unwrap();
            let name = format!("pkg:cargo/{}@{}", word("name"), word("version"));
            (name, one)
        })
        .collect();
    let mut scopes = BTreeMap::new();
    for one in bill["components"].as_array().unwrap() {
        let name = string(one, "purl");
        assert_eq!(string(one, "type"), "library");
        assert_eq!(string(one, "bom-ref"), name);
        assert_eq!(
            name,
            format!(
                "pkg:cargo/{}@{}",
                string(one, "name"),
                string(one, "version")
            )
        );
        let licence = string(&one["licenses"][0], "expression");
        assert!(!licence.is_empty() && !licence.contains('/'), "{licence}");
        let hash = &one["hashes"][0];
        assert_eq!(string(hash, "alg"), "SHA-256");
        let checksum = locked[name]["checksum"].as_str();
        assert_eq!(hash["content"].as_str(), checksum, "{name}");
        let scope = string(one, "scope");
        assert!(["required", "excluded"].contains(&scope), "{scope}");
        scopes.insert(string(one, "name"), scope);
    }
    let scope = |name: &str| scopes.get(name).copied();
    // Linked in; a macro; what only tests use.
    assert_eq!(scope("etherparse"), Some("required"));
    assert_eq!(scope("thiserror-impl"), Some("excluded"));
    assert_eq!(scope("proptest"), None);
}

#[test]
fn what_the_bill_says_depends_on_something_is_in_it() {
    let Some(bill) = printed() else { return };
    let bill: Value = serde_json::from_str(&bill).unwrap();
    let components = bill["components"].as_array().unwrap().iter();
    let names: Vec<&str> = components
        .chain([&bill["metadata"]["component"]])
        .map(|one| string(one, "bom-ref"))
        .collect();
    let known: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(known.len(), names.len(), "a crate stands twice");
    let mut described = BTreeSet::new();
    for one in bill["dependencies"].as_array().unwrap() {
        assert!(described.insert(string(one, "ref")));
        for on in one["dependsOn"].as_array().unwrap() {
            assert!(known.contains(on.as_str().unwrap()), "{on}");
        }
    }
    assert_eq!(described, known);
}
