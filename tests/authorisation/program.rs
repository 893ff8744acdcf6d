//! The built program under authorisations: what it refuses, what passes, and what it says.

use crate::common::{Run, Sandbox};
use crate::sign::{Pair, beside};
use crate::text;
use sekisho::demo::Traffic;
use sekisho::demo::capture::{Format, pcap_image};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

const FF: &str = "[\"foreign_foreign\"]";
const ALWAYS: [&str; 2] = ["2000-01-01T00:00:00Z", "2100-01-01T00:00:00Z"];

/// A configuration with these files, and the key that signed them.
fn config(sandbox: &Sandbox, profile: &str, files: &str, more: &str) -> String {
    let key = sandbox.put("pseudonym.key", "0".repeat(64).as_bytes());
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let pseudonym = match profile {
        "statutory" => "[pseudonym]\nmode = \"prefix\"\nkey = \"pseudonym.key\"\n",
        _ => "",
    };
    let text = format!(
        "profile = \"{profile}\"\n[authorisation]\nfiles = {files}\nkeys = [\"{}\"]\n{more}{pseudonym}",
        Pair::new(1).public()
    );
    let path = sandbox.put("c.toml", text.as_bytes());
    path.to_str().unwrap().to_owned()
}

fn signed(sandbox: &Sandbox, name: &str, text: &str) {
    let path = sandbox.put(name, b"");
    Pair::new(1).write_signed(&path, text);
}

fn said(run: &Run) -> String {
    String::from_utf8(run.stderr.clone()).unwrap()
}

/// The line that refuses, without the folder.
fn refused(sandbox: &Sandbox, args: &[&str]) -> String {
    let run = sandbox.run(args, None).expect_code(78);
    assert!(run.stdout.is_empty());
    let folder = sandbox.put("x", b"");
    let folder = format!("{}/", folder.parent().unwrap().display());
    said(&run).replace(&folder, "").replace("sekisho: ", "")
}

fn demo(sandbox: &Sandbox, args: &[&str]) -> (Value, String) {
    let frames: Vec<_> = Traffic::new(5, 2_000).collect();
    let capture = sandbox.put("c.pcap", &pcap_image(&frames, Format::USUAL));
    let mut all = vec!["replay", capture.to_str().unwrap(), "--format", "null"];
    all.extend(["--summary", "summary.json"]);
    all.extend(args);
    let run = sandbox.run(&all, None).expect_code(0);
    let summary = serde_json::from_slice(&sandbox.read("summary.json")).unwrap();
    (summary, said(&run))
}

fn number(summary: &Value, place: &str) -> u64 {
    summary.pointer(place).and_then(Value::as_u64).unwrap()
}

#[test]
fn every_bad_file_has_its_line_and_nothing_starts() {
    let sandbox = Sandbox::new();
    signed(&sandbox, "a.toml", &text("a", FF, ALWAYS[0], ALWAYS[1]));
    signed(&sandbox, "b.toml", &text("b", FF, ALWAYS[1], ALWAYS[0]));
    sandbox.put("c.auth", b"id = \"c\"\n");
    let files = "[\"a.toml\", \"b.toml\", \"c.auth\", \"d.toml\"]";
    let config = config(&sandbox, "statutory", files, "");
    let lines = "authorisation lasts longer than 6 months: a.toml: these classes end by \
        2000-07-01T00:00:00.000000000Z at the latest, in the profile statutory\n\
        authorisation ends before it begins: b.toml:6: `not_after` must be later than `not_before`\n\
        authorisation without a signature: c.auth: put its .minisig or .sshsig beside it\n\
        no such authorisation: d.toml: check `files` in [authorisation]\n";
    for command in [
        &["check", "-c"][..],
        &["replay", "x", "-c"],
        &["demo", "-c"],
    ] {
        let mut args = command.to_vec();
        args.push(&config);
        assert_eq!(refused(&sandbox, &args), lines);
    }
}

#[test]
fn an_interface_that_no_file_names_and_an_id_that_two_have_are_refused() {
    let sandbox = Sandbox::new();
    signed(&sandbox, "a.toml", &text("a", FF, ALWAYS[0], ALWAYS[1]));
    signed(&sandbox, "b.toml", &text("a", FF, ALWAYS[0], ALWAYS[1]));
    let one = config(&sandbox, "standard", "[\"a.toml\"]", "");
    assert_eq!(
        refused(&sandbox, &["demo", "-c", &one]),
        "no authorisation names this interface: demo: capture from others, or have it authorised\n"
    );
    let two = config(&sandbox, "standard", "[\"a.toml\", \"b.toml\"]", "");
    assert_eq!(
        refused(&sandbox, &["check", "-c", &two]),
        "two authorisations with one id: a: each must have its own\n"
    );
    let interfaces = "[capture]\ninterfaces = [\"eth1\"]\n";
    let other = config(&sandbox, "standard", "[\"a.toml\"]", interfaces);
    assert_eq!(
        refused(&sandbox, &["check", "-c", &other]),
        "no authorisation names this interface: eth1: capture from others, or have it authorised\n"
    );
}

/// Its entry would be longer than one can be, and the run end when it is over.
#[test]
fn an_authorisation_that_cannot_be_entered_is_refused_before_anything_is_read() {
    let sandbox = Sandbox::new();
    let text = text("a", FF, ALWAYS[0], ALWAYS[1]);
    let with = |count: u32| {
        let names: Vec<String> = (0..count).map(|name| format!("\"i{name:04}\"")).collect();
        text.replace("\"replay\"", &format!("\"replay\",{}", names.join(",")))
    };
    let longest = 65_450 - text.len() as u32;
    signed(&sandbox, "a.toml", &with(longest / 8));
    let config = config(&sandbox, "standard", "[\"a.toml\"]", "");
    let line = "authorisation longer than an entry of the ledger, 65535 bytes: a: \
        have it name fewer interfaces, or split it\n";
    assert_eq!(refused(&sandbox, &["check", "-c", &config]), line);
    assert_eq!(
        refused(
            &sandbox,
            &["replay", "x", "--ledger", "books", "-c", &config]
        ),
        line
    );
    // One that is a little shorter can be.
    signed(&sandbox, "a.toml", &with(longest / 8 - 100));
    demo(&sandbox, &["-c", &config, "--ledger", "books"]);
    sandbox.run(&["verify", "books"], None).expect_code(0);
}

#[test]
fn the_profile_standard_without_a_file_is_authorised_by_the_operator() {
    let sandbox = Sandbox::new();
    let (summary, said) = demo(&sandbox, &[]);
    let authorisation = serde_json::json!({"profile": "standard", "ids": ["self-authorised"]});
    assert_eq!(summary["authorisation"], authorisation);
    assert!(
        said.contains("authorised self-authorised (profile standard)\n"),
        "{said}"
    );
    assert!(number(&summary, "/admitted/packets") > 500);
}

#[test]
fn row_42_the_profile_statutory_admits_nothing_without_a_file_and_goes_on() {
    let sandbox = Sandbox::new();
    let (free, _) = demo(&sandbox, &[]);
    let config = config(&sandbox, "statutory", "[]", "");
    let all = ["foreign_foreign", "foreign_domestic", "domestic_foreign"];
    let flags = all.map(|class| ["--authorize", class]).concat();
    // Nothing that is typed gives more.
    for flags in [&[][..], &flags] {
        let mut args = vec!["-c", config.as_str()];
        args.extend(flags);
        let (summary, said) = demo(&sandbox, &args);
        assert_eq!(number(&summary, "/admitted/packets"), 0);
        assert_eq!(
            summary["authorisation"],
            serde_json::json!({"profile": "statutory", "ids": []})
        );
        assert!(
            said.contains("authorised nothing (profile statutory)\n"),
            "{said}"
        );
        // What could be domestic is named as ever; all that passed before has no authorisation.
        let reason = "/excluded/by_reason/no_authorisation/packets";
        assert_eq!(number(&free, reason), 0);
        assert!(number(&summary, reason) > 500);
        assert_eq!(
            number(&summary, "/excluded/by_reason/domestic_pair/packets"),
            number(&free, "/excluded/by_reason/domestic_pair/packets")
        );
        assert_eq!(summary["balanced"], true);
    }
}

#[test]
fn a_file_lets_pass_what_it_names_while_it_is_in_force_and_flags_only_take_from_it() {
    let sandbox = Sandbox::new();
    // The traffic is of November 2026.
    let half = "[\"foreign_foreign\", \"foreign_domestic\"]";
    signed(
        &sandbox,
        "a.toml",
        &text("a", half, "2026-10-01T00:00:00Z", "2027-01-01T00:00:00Z"),
    );
    let now = config(
        &sandbox,
        "statutory",
        "[\"a.toml\"]",
        "[geo]\nmax_age = \"never\"\n",
    );
    let (summary, said) = demo(&sandbox, &["-c", &now]);
    let by_class = |class: &str| number(&summary, &format!("/admitted/by_class/{class}/packets"));
    assert!(by_class("foreign_foreign") > 0 && by_class("foreign_domestic") > 0);
    assert_eq!(by_class("domestic_foreign"), 0);
    assert!(number(&summary, "/excluded/by_reason/class_not_authorised/packets") > 0);
    assert!(
        said.contains("authorised a (profile statutory)\n"),
        "{said}"
    );
    let (less, _) = demo(&sandbox, &["-c", &now, "--authorize", "foreign_domestic"]);
    assert_eq!(
        number(&less, "/admitted/by_class/foreign_foreign/packets"),
        0
    );
    // Fewer: tunnels between two ends abroad are not authorised any more.
    let inward = number(&less, "/admitted/by_class/foreign_domestic/packets");
    assert!(inward > 0 && inward <= by_class("foreign_domestic"));
    // One that has expired is no error.
    signed(
        &sandbox,
        "a.toml",
        &text("a", half, "2025-10-01T00:00:00Z", "2026-01-01T00:00:00Z"),
    );
    let (summary, _) = demo(&sandbox, &["-c", &now]);
    assert_eq!(number(&summary, "/admitted/packets"), 0);
    assert!(number(&summary, "/excluded/by_reason/no_authorisation/packets") > 0);
    assert_eq!(summary["authorisation"]["ids"], serde_json::json!(["a"]));
}

#[test]
fn check_says_what_is_authorised_and_refuses_keys_that_are_none() {
    let sandbox = Sandbox::new();
    signed(
        &sandbox,
        "a.toml",
        &text("a", FF, "2026-10-01T00:00:00Z", "2027-01-01T00:00:00Z"),
    );
    let fine = config(&sandbox, "statutory", "[\"a.toml\"]", "");
    let run = sandbox.run(&["check", &fine], None).expect_code(0);
    let line = "authorised: a by Nobody: foreign_foreign on replay from \
        2026-10-01T00:00:00.000000000Z until 2027-01-01T00:00:00.000000000Z, signed by ssh SHA256:";
    assert!(said(&run).contains(line), "{}", said(&run));
    let few = config(&sandbox, "statutory", "[\"a.toml\"]", "threshold = 2\n");
    assert_eq!(
        refused(&sandbox, &["check", &few]),
        "too few keys are listed, 1 where 2 must sign: c.toml:5:13: list the public keys in `keys` of [authorisation]\n"
    );
    let path = sandbox.put("a.toml", b"");
    fs::write(&path, "id = 1\n").unwrap();
    assert!(beside(&path, ".sshsig").exists());
    let one = config(&sandbox, "statutory", "[\"a.toml\"]", "");
    assert_eq!(
        refused(&sandbox, &["check", &one]),
        "signature does not hold: a.toml.sshsig: it is not of these bytes: sign the file as it is\n"
    );
}
