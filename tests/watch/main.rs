//! `sekisho watch` from outside: the built program against a real endpoint, and in a real terminal.
//!
//! The program of a default build says that it has no such command; `cargo test --features watch --test watch`
//! runs the rest.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test may fail, says why, and may ask what time it is"
)]

#[cfg(all(feature = "watch", feature = "live"))]
mod terminal;
#[cfg(all(feature = "watch", feature = "live"))]
mod text;

use std::process::{Command, Output};

/// Runs the program to its end, with no terminal and a plain locale.
fn watch(args: &[&str]) -> (i32, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .arg("watch")
        .args(args)
        .env_clear()
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap_or(-1), text(stdout), text(stderr))
}

/// The run ended with this code and this one line of error.
#[track_caller]
fn refused(args: &[&str], code: i32, line: &str) {
    let (got, out, err) = watch(args);
    assert_eq!(err, format!("sekisho: {line}\n"));
    assert_eq!((got, out.as_str()), (code, ""));
}

#[test]
#[cfg(not(feature = "watch"))]
fn a_program_without_it_says_so() {
    refused(
        &["127.0.0.1:9317"],
        2,
        "command not built into this program: watch: use the packaged one, or build with --features watch",
    );
}

#[test]
fn what_was_mistyped_is_named_in_one_line() {
    for (args, line) in [
        (
            &["127.0.0.1:9317", "-c", "sekisho.toml"][..],
            "cannot be used with --config <FILE>: [ADDRESS]: see sekisho --help, or --help after a command",
        ),
        (
            &["--interval", "0"],
            "bad value `0`: --interval <SECS>: 0 is not in 1..=3600",
        ),
        (
            &["--interval", "soon"],
            "bad value `soon`: --interval <SECS>: give a whole number",
        ),
        (&["--onec"], "unknown option: --onec: did you mean --once?"),
    ] {
        refused(args, 2, line);
    }
}
