//! The operator's page: what it says of exit codes, keys and commands is so.

use crate::golden::{at, text};
use crate::unit::values;
use sekisho::cli::Exit;
use sekisho::config::REFERENCE;
use std::fs;
use std::path::Path;
use std::process::Command;

fn page() -> String {
    text("docs/operator.md")
}

/// The rows of the table with this head, as cells.
fn table(head: &str) -> Vec<Vec<String>> {
    let page = page();
    let rows = page.lines().skip_while(|line| *line != head).skip(2);
    let rows = rows.take_while(|line| line.starts_with('|'));
    let cells = rows.map(|row| {
        let cells = row.trim_matches('|').split('|');
        cells.map(|cell| cell.trim().to_owned()).collect()
    });
    cells.collect()
}

/// What is typed into a shell.
fn commands() -> Vec<String> {
    let programs = [
        "adduser",
        "apt-get",
        "cp",
        "curl",
        "ethtool",
        "ip",
        "journalctl",
        "ls",
        "podman",
        "sekisho",
        "systemctl",
    ];
    let page = page();
    let indented = page.lines().filter_map(|line| line.strip_prefix("    "));
    let typed = indented.filter(|line| {
        let first = line.split(' ').next().unwrap();
        programs.contains(&first)
    });
    typed.map(str::to_owned).collect()
}

#[test]
fn what_follows_an_exit_code_is_what_the_unit_does() {
    let rows = table("| exit code | meaning | systemd |");
    let codes: Vec<u8> = rows.iter().map(|row| row[0].parse().unwrap()).collect();
    assert_eq!(codes, Exit::ALL.map(|exit| exit as u8));
    let left = values("RestartPreventExitStatus").join(" ");
    let left: Vec<&str> = left.split(' ').chain(["0"]).collect();
    for row in rows {
        let said = if left.contains(&&*row[0]) {
            "leaves it"
        } else {
            "restarts"
        };
        assert!(row[2].starts_with(said), "{row:?}");
    }
    let seconds = &values("RestartSec")[0];
    assert!(page().contains(&format!("after {seconds} seconds")));
    assert!(page().contains(&format!(
        "after {} in half an hour",
        values("StartLimitBurst")[0]
    )));
    assert_eq!(values("StartLimitIntervalSec"), ["30min"]);
}

#[test]
fn keys_that_tune_are_keys() {
    let rows = table("| what | key | note |");
    assert!(rows.len() > 3);
    for row in rows {
        let key = row[1].trim_matches('`');
        assert!(REFERENCE.contains(&format!("\n{key} = ")), "{key}");
    }
}

#[test]
fn metrics_that_are_named_are_served() {
    if !at("docs/metrics.md").exists() {
        println!("NOT TESTED: the list of metrics is not there yet");
        return;
    }
    let metrics = text("docs/metrics.md");
    let page = page();
    let named = page.split('`').filter(|word| word.starts_with("sekisho_"));
    let named: Vec<&str> = named.filter(|word| !word.contains([' ', '*'])).collect();
    assert!(named.len() > 5);
    for name in named {
        assert!(metrics.contains(name), "{name}");
    }
}

#[test]
fn commands_of_the_program_do_what_the_page_says() {
    let folder = tempfile::tempdir().unwrap();
    let records = folder.path().join("records/");
    fs::create_dir(&records).unwrap();
    let config = folder.path().join("sekisho.toml");
    let shipped = text("config/package/sekisho.toml");
    let shipped = shipped.replace("/var/lib/sekisho/records/", records.to_str().unwrap());
    // The page shows how to name an interface.
    let edit = "    [capture]\n    interfaces = [\"eth1\"]\n";
    assert!(page().contains(edit));
    let named = shipped.replace("interfaces = []", "interfaces = [\"eth1\"]");
    assert_ne!(named, shipped);
    fs::write(&config, named).unwrap();
    let mut ran = 0;
    for command in commands() {
        let Some(typed) = command.strip_prefix("sekisho ") else {
            continue;
        };
        let typed = typed.replace("/etc/sekisho/sekisho.toml", config.to_str().unwrap());
        let run = Command::new(env!("CARGO_BIN_EXE_sekisho"))
            .args(typed.split(' '))
            .output();
        let run = run.unwrap();
        let said = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success(), "{command}: {said}");
        ran += 1;
    }
    assert!(ran >= 3);
}

#[test]
fn commands_of_others_name_what_the_package_has() {
    for command in commands() {
        let words: Vec<&str> = command.split(' ').collect();
        match words[..] {
            ["systemctl", verb, .., unit] => {
                let verbs = ["disable", "enable", "kill", "reload", "status"];
                assert!(verbs.contains(&verb), "{command}");
                assert!(["sekisho", "sekisho@north"].contains(&unit), "{command}");
            }
            ["journalctl", "-u", unit, ..] => assert_eq!(unit, "sekisho"),
            ["ls", .., folder] => assert_eq!(folder, "/var/lib/sekisho/records/"),
            ["cp", from, to] => {
                assert_eq!(from, "/etc/sekisho/sekisho.toml");
                assert_eq!(to, "/etc/sekisho/sekisho@north.toml");
            }
            ["curl", .., address] => {
                let listen = address.strip_prefix("http://").unwrap();
                let listen = listen.strip_suffix("/metrics").unwrap();
                let line = format!("listen = \"{listen}\"");
                assert!(text("config/package/sekisho.toml").contains(&line));
            }
            ["podman", ..] => {
                let container = text("config/Containerfile").replace("\\\n#     ", "");
                assert!(container.contains(&command), "{command}");
            }
            _ => {}
        }
    }
    // Files of the package that the page names.
    for line in ["usr/share/doc/sekisho/", "etc/sekisho/"] {
        assert!(text("Cargo.toml").contains(line));
    }
    assert!(Path::new(&at("config/Containerfile")).exists());
}
