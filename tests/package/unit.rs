//! The unit of systemd: hardened, understood, and started with a command line that the program knows.

use crate::golden::{text, tool};
use std::fs;
use std::path::Path;
use std::process::Command;

/// The highest exposure that `systemd-analyze security` may find, in tenths.
const EXPOSURE: &str = "--threshold=20";

/// The values of a setting, in the order of the unit.
pub(crate) fn values(setting: &str) -> Vec<String> {
    let unit = text("config/systemd/sekisho.service");
    let lines = unit.lines().filter_map(|line| line.split_once('='));
    let values = lines.filter(|(name, _)| *name == setting);
    values.map(|(_, value)| value.to_owned()).collect()
}

/// The unit under both names that the package gives it, with a program that is there.
fn copies(folder: &Path) -> Vec<String> {
    let unit = text("config/systemd/sekisho.service");
    let program = env!("CARGO_BIN_EXE_sekisho");
    let unit = unit.replace("=/usr/bin/sekisho ", &format!("={program} "));
    assert!(unit.contains(program));
    let names = ["sekisho.service", "sekisho@.service"];
    let paths = names.iter().map(|name| {
        let path = folder.join(name);
        fs::write(&path, &unit).unwrap();
        path.to_str().unwrap().to_owned()
    });
    paths.collect()
}

#[test]
fn the_unit_is_hardened_and_systemd_understands_all_of_it() {
    let folder = tempfile::tempdir().unwrap();
    for path in copies(folder.path()) {
        let Some(security) = tool(
            "systemd-analyze",
            &["security", "--offline=true", EXPOSURE, &path],
        ) else {
            return;
        };
        let told = String::from_utf8_lossy(&security.stdout);
        assert!(security.status.success(), "{told}");
        // The pages are not installed here.
        let verify = tool("systemd-analyze", &["verify", "--man=no", &path]).unwrap();
        let told = String::from_utf8_lossy(&verify.stderr);
        assert!(verify.status.success() && told.is_empty(), "{told}");
    }
}

#[test]
fn the_command_line_of_the_unit_is_understood() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let config = text("config/package/sekisho.toml")
        .replace("interfaces = []", "interfaces = [\"sk-none0\"]")
        .replace("/var/lib/sekisho/", &at("state/"))
        .replace("127.0.0.1:9317", "");
    fs::create_dir_all(at("state/records")).unwrap();
    fs::write(at("sekisho.toml"), config).unwrap();
    let [start] = &values("ExecStart")[..] else {
        panic!("one ExecStart=");
    };
    let start = start
        .replace("/etc/sekisho/%N.toml", &at("sekisho.toml"))
        .replace("/var/lib/%N", &at("state"));
    let mut words = start.split(' ');
    assert_eq!(words.next(), Some("/usr/bin/sekisho"));
    let run = Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(words)
        .output();
    let run = run.unwrap();
    let said = String::from_utf8(run.stderr).unwrap();
    // All of it was read, up to the interface that is not there.
    assert_eq!(run.status.code(), Some(66), "{said}");
    assert!(said.contains("no such interface: sk-none0: "), "{said}");
}

#[test]
fn the_sandbox_of_the_program_fits_into_that_of_the_unit() {
    // In systemd 252, @system-service has neither.
    let calls = values("SystemCallFilter").join(" ");
    for call in [
        "seccomp",
        "landlock_create_ruleset",
        "landlock_add_rule",
        "landlock_restrict_self",
    ] {
        assert!(calls.split(' ').any(|allowed| allowed == call), "{call}");
    }
    // The program sets 1 byte, which it could not from 0.
    assert_eq!(values("LimitCORE"), ["1"]);
    assert_eq!(values("AmbientCapabilities"), ["CAP_NET_RAW"]);
    assert_eq!(values("CapabilityBoundingSet"), ["CAP_NET_RAW"]);
}

#[test]
fn what_a_restart_cannot_mend_is_not_restarted() {
    use sekisho::cli::Exit;
    let kept: Vec<u8> = values("RestartPreventExitStatus")[0]
        .split(' ')
        .map(|code| code.parse().unwrap())
        .collect();
    let hopeless = [
        Exit::Usage,
        Exit::NotACapture,
        Exit::Permission,
        Exit::Configuration,
    ];
    assert_eq!(kept, hopeless.map(|exit| exit as u8));
}
