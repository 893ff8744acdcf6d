//! A Python with the modules that tests ask for.

use super::page::root;
use std::path::PathBuf;
use std::process::Command;

/// The Python that has these modules, if there is one: that of `SEKISHO_PYTHON`, else of `target/venv`, else of
/// the system.
pub(crate) fn with(modules: &[&str]) -> Option<PathBuf> {
    let own = root().join("target/venv/bin/python");
    let python = match std::env::var_os("SEKISHO_PYTHON") {
        Some(named) => named.into(),
        None if own.exists() => own,
        None => "python3".into(),
    };
    let import = format!("import {}", modules.join(", "));
    let tried = Command::new(&python).args(["-c", &import]).output();
    tried
        .is_ok_and(|tried| tried.status.success())
        .then_some(python)
}
