//! What the Debian package holds: read from `Cargo.toml`, compared with what the repository has.

use crate::golden::{at, names, text};
use std::collections::BTreeSet;
use std::fs;

/// What stays in the repository.
const NOT_INSTALLED: [&str; 3] = ["config/Containerfile", "config/package/", "config/systemd/"];

fn manifest() -> toml::Table {
    text("Cargo.toml").parse().unwrap()
}

fn package() -> toml::Table {
    let package = manifest()["package"]["metadata"]["deb"].clone();
    package.try_into().unwrap()
}

/// The features that the package is built with.
pub(crate) fn features() -> Vec<String> {
    package()["features"].clone().try_into().unwrap()
}

/// Source, destination and mode of every asset.
fn assets() -> Vec<[String; 3]> {
    let assets = package()["assets"].clone();
    assets.try_into().unwrap()
}

/// The files that a source names: itself, or where the last part has a pattern, those that it matches.
fn files(source: &str) -> Vec<String> {
    let (folder, name) = source.rsplit_once('/').unwrap_or((".", source));
    let Some((first, last)) = name.split_once('*') else {
        return vec![source.to_owned()];
    };
    let first = first.split('[').next().unwrap();
    let matching = names(folder).into_iter().filter(|name| {
        name.starts_with(first) && name.ends_with(last) && at(folder).join(name).is_file()
    });
    matching.map(|name| format!("{folder}/{name}")).collect()
}

#[test]
fn the_package_has_all_features() {
    let all: BTreeSet<String> = manifest()["features"]
        .as_table()
        .unwrap()
        .keys()
        // A build that judges everything foreign is never packaged.
        .filter(|name| !["default", "qa"].contains(&name.as_str()))
        .cloned()
        .collect();
    let packaged: BTreeSet<String> = features().into_iter().collect();
    assert_eq!(packaged, all);
    assert_eq!(package()["default-features"].as_bool(), Some(false));
    let list: Vec<&str> = all.iter().map(String::as_str).collect();
    assert!(
        text("config/Containerfile").contains(&format!(
            "--no-default-features --features {}",
            list.join(",")
        )),
        "the container file builds other features"
    );
}

#[test]
fn every_source_of_the_package_is_there() {
    for [source, dest, mode] in assets() {
        if source.starts_with("target/") {
            continue;
        }
        let files = files(&source);
        assert!(!files.is_empty(), "{source}");
        for file in files {
            assert!(at(&file).is_file(), "{file}");
        }
        assert!(
            !dest.starts_with('/') && mode == "644",
            "{source}: {dest}: {mode}"
        );
    }
}

#[test]
fn all_that_operators_need_is_in_the_package() {
    let packaged: BTreeSet<String> = assets()
        .iter()
        .flat_map(|[source, ..]| files(source))
        .collect();
    let mut folders = vec!["config".to_owned()];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(at(&folder)).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{folder}/{}", entry.file_name().to_str().unwrap());
            if NOT_INSTALLED
                .iter()
                .any(|outside| format!("{name}/").starts_with(outside) || name == *outside)
            {
                continue;
            }
            if entry.path().is_dir() {
                folders.push(name);
                continue;
            }
            seen += 1;
            assert!(
                packaged.contains(&name),
                "{name} is not in the package: name it in [package.metadata.deb] of Cargo.toml"
            );
        }
    }
    assert!(seen > 10);
    for page in names("docs").iter().filter(|name| name.ends_with(".md")) {
        assert!(packaged.contains(&format!("docs/{page}")), "{page}");
    }
}

#[test]
fn paths_that_the_unit_names_are_those_of_the_package() {
    let dests: Vec<String> = assets().into_iter().map(|[_, dest, _]| dest).collect();
    let unit = text("config/systemd/sekisho.service");
    assert!(unit.contains("ExecStart=/usr/bin/sekisho "));
    for dest in [
        "usr/bin/",
        "etc/sekisho/",
        "usr/lib/systemd/system/sekisho@.service",
    ] {
        assert!(dests.iter().any(|named| named == dest), "{dest}");
    }
    let units = package()["systemd-units"].clone();
    assert_eq!(units["unit-scripts"].as_str(), Some("config/systemd"));
    // Nothing starts before an interface is named.
    assert_eq!(units["enable"].as_bool(), Some(false));
    assert_eq!(units["start"].as_bool(), Some(false));
}

#[test]
fn the_package_says_what_it_is_made_of() {
    let build = text("config/package/build-deb");
    for made in ["third-party", "sbom.cdx.json"] {
        let source = format!("target/package/{made}");
        assert!(build.contains(&format!("> {source}\n")), "{made}");
        assert!(assets().iter().any(|[from, ..]| *from == source), "{made}");
    }
}
