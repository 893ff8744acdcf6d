//! Files that are generated, committed, and held to what generates them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A path of the repository.
pub(crate) fn at(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The text of a file of the repository.
#[track_caller]
pub(crate) fn text(name: &str) -> String {
    fs::read_to_string(at(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Compares with a committed file; `SEKISHO_ACCEPT=1` writes it.
#[track_caller]
pub(crate) fn golden(name: &str, got: &str) {
    if std::env::var_os("SEKISHO_ACCEPT").is_some() {
        fs::create_dir_all(at(name).parent().unwrap()).unwrap();
        fs::write(at(name), got).unwrap();
    }
    let want = fs::read_to_string(at(name)).unwrap_or_default();
    assert!(
        got == want,
        "{name} is not what the program says; `SEKISHO_ACCEPT=1 cargo test --test package` writes it"
    );
}

/// The names of the files in a folder of the repository, in order.
pub(crate) fn names(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(at(folder)).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Runs another program; nothing, said aloud, where it is not installed.
pub(crate) fn tool(program: &str, args: &[&str]) -> Option<Output> {
    match Command::new(program).args(args).output() {
        Ok(output) => Some(output),
        Err(error) => {
            println!("NOT TESTED: {program} {}: {error}", args.join(" "));
            None
        }
    }
}
