//! The container file, as far as it can be looked at without a container engine.

use crate::golden::{at, text};

/// Instructions with their arguments, continued lines joined.
fn instructions() -> Vec<(String, String)> {
    let text = text("config/Containerfile").replace("\\\n", " ");
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let pairs = lines.map(|line| line.split_once(' ').unwrap_or_else(|| panic!("{line}")));
    pairs
        .map(|(name, rest)| {
            let words: Vec<&str> = rest.split_whitespace().collect();
            (name.to_owned(), words.join(" "))
        })
        .collect()
}

fn all(name: &str) -> Vec<String> {
    let found = instructions()
        .into_iter()
        .filter(|(found, _)| found == name);
    found.map(|(_, rest)| rest).collect()
}

#[test]
fn every_instruction_is_one() {
    let known = [
        "FROM",
        "RUN",
        "WORKDIR",
        "COPY",
        "LABEL",
        "USER",
        "VOLUME",
        "ENTRYPOINT",
        "CMD",
    ];
    for (name, rest) in instructions() {
        assert!(known.contains(&name.as_str()), "{name} {rest}");
        if ["VOLUME", "ENTRYPOINT", "CMD"].contains(&name.as_str()) {
            let list: Vec<String> = serde_json::from_str(&rest).unwrap();
            assert!(!list.is_empty(), "{rest}");
        }
    }
}

#[test]
fn what_it_copies_is_there_and_suffices_to_build() {
    let mut copied = Vec::new();
    for line in all("COPY")
        .iter()
        .filter(|line| !line.starts_with("--from"))
    {
        let words: Vec<&str> = line.split(' ').collect();
        for source in &words[..words.len() - 1] {
            assert!(at(source).exists(), "{source}");
            copied.push((*source).to_owned());
        }
    }
    // What the manifest and the sources name, beside themselves.
    for needed in [
        "Cargo.toml",
        "Cargo.lock",
        ".cargo",
        "src",
        "benches",
        "config/sekisho.toml",
    ] {
        assert!(copied.iter().any(|source| source == needed), "{needed}");
    }
}

#[test]
fn the_image_runs_the_service_s_command_as_a_user_of_its_own() {
    let toolchain = text("Cargo.toml");
    let version = toolchain
        .lines()
        .find_map(|line| line.strip_prefix("rust-version = "));
    let version = version.unwrap().trim_matches('"');
    let from = all("FROM");
    assert!(
        from[0].contains(&format!("rust:{version}-slim-bookworm")),
        "{from:?}"
    );
    assert!(from[1].contains("debian:bookworm-slim"), "{from:?}");
    assert_eq!(all("USER"), ["sekisho"]);
    assert_eq!(all("ENTRYPOINT"), ["[\"/usr/bin/sekisho\"]"]);
    let start = crate::unit::values("ExecStart")[0].replace("%N", "sekisho");
    let words: Vec<String> = serde_json::from_str(&all("CMD")[0]).unwrap();
    assert_eq!(start, format!("/usr/bin/sekisho {}", words.join(" ")));
}
