//! Which files count: every byte of them and of their signatures, how many keys, what they say.

use crate::sign::{Pair, armour, beside};
use crate::{keys, text};
use sekisho::authorisation::{Key, Profile, Signed, read};
use std::fs;
use std::path::{Path, PathBuf};

/// The file that minisign and ssh-keygen have signed with keys that are thrown away.
const EXAMPLE: &str = "example.toml";

fn made_once() -> (tempfile::TempDir, PathBuf, Vec<Key>) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/authorisation/signed");
    let folder = tempfile::tempdir().unwrap();
    for ending in ["", ".minisig", ".sshsig"] {
        let name = format!("{EXAMPLE}{ending}");
        fs::copy(from.join(&name), folder.path().join(&name)).unwrap();
    }
    let listed = fs::read_to_string(from.join("keys.txt")).unwrap();
    let listed: Vec<String> = listed.lines().map(str::to_owned).collect();
    let path = folder.path().join(EXAMPLE);
    (folder, path, keys(&listed))
}

fn standard(path: &Path, keys: &[Key], threshold: usize) -> Result<Signed, String> {
    read(path, keys, threshold, Profile::Standard).map_err(|error| error.to_string())
}

#[test]
fn what_both_programs_have_signed_counts_with_both_keys() {
    let (_folder, path, keys) = made_once();
    let signed = read(&path, &keys, 2, Profile::Statutory).unwrap();
    assert_eq!(signed.document.id, "example-2026-1");
    assert!(signed.document.classes.foreign_foreign && !signed.document.classes.foreign_domestic);
    assert_eq!(
        signed.document.not_before.at.to_string(),
        "2026-03-31T15:00:00.000000000Z"
    );
    assert_eq!(signed.document.volume.unwrap().packets, Some(1_000_000));
    assert!(signed.keys[0].starts_with("minisign ") && signed.keys[1].starts_with("ssh SHA256:"));
}

#[test]
fn no_byte_of_a_file_or_of_a_signature_may_be_another() {
    let (_folder, path, keys) = made_once();
    let untrusted = "untrusted comment: ".len();
    let mut tried = 0;
    for ending in ["", ".minisig", ".sshsig"] {
        let name = beside(&path, ending);
        let good = fs::read(&name).unwrap();
        let first_line = good.iter().position(|b| *b == b'\n').unwrap();
        for at in 0..good.len() {
            // One bit, the case of a letter, all bits.
            for flip in [0x01, 0x20, 0xff] {
                let mut bad = good.clone();
                bad[at] ^= flip;
                fs::write(&name, &bad).unwrap();
                let says_nothing = ending == ".minisig" && (untrusted..first_line).contains(&at);
                let counts = standard(&path, &keys, 1).is_ok();
                assert!(
                    !counts || says_nothing,
                    "byte {at} of {EXAMPLE}{ending} ^ {flip}"
                );
                tried += 1;
            }
        }
        // Nor may any be missing or be put behind.
        for bad in [&good[..good.len() - 1], &[&good[..], b"\n"].concat(), b""] {
            fs::write(&name, bad).unwrap();
            standard(&path, &keys, 1).unwrap_err();
        }
        fs::write(&name, &good).unwrap();
        standard(&path, &keys, 2).unwrap();
    }
    assert!(tried > 2_000, "{tried}");
}

#[test]
fn no_byte_of_what_the_armour_holds_may_be_another() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.toml");
    let pair = Pair::new(1);
    let keys = keys(&[pair.public()]);
    let text = text(
        "a",
        "[\"foreign_foreign\"]",
        "2026-01-01T00:00:00Z",
        "2026-02-01T00:00:00Z",
    );
    pair.write_signed(&path, &text);
    let good = standard(&path, &keys, 1).unwrap();
    assert_eq!(good.keys.len(), 1);
    let armoured = pair.sign(text.as_bytes());
    let body: String = armoured
        .lines()
        .filter(|line| !line.starts_with('-'))
        .collect();
    let blob = unbase64(&body);
    assert_eq!(armour(&blob), armoured);
    for at in 0..blob.len() {
        for flip in (0..8).map(|bit| 1_u8 << bit) {
            let mut bad = blob.clone();
            bad[at] ^= flip;
            fs::write(beside(&path, ".sshsig"), armour(&bad)).unwrap();
            assert!(standard(&path, &keys, 1).is_err(), "byte {at} ^ {flip}");
        }
    }
}

fn unbase64(text: &str) -> Vec<u8> {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bits: Vec<u8> = Vec::new();
    for letter in text.bytes().filter(|b| *b != b'=') {
        let value = alphabet.iter().position(|known| *known == letter).unwrap();
        bits.extend((0..6).rev().map(|n| (value >> n & 1) as u8));
    }
    let whole = bits.chunks_exact(8);
    whole
        .map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | bit))
        .collect()
}

#[test]
fn so_many_different_keys_must_have_signed_as_the_threshold_says() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.toml");
    let pairs = [Pair::new(1), Pair::new(2), Pair::new(3)];
    let listed = keys(&pairs.each_ref().map(Pair::public));
    let text = text(
        "a",
        "[\"foreign_foreign\"]",
        "2026-01-01T00:00:00Z",
        "2026-02-01T00:00:00Z",
    );
    fs::write(&path, &text).unwrap();
    assert!(
        standard(&path, &listed, 1)
            .unwrap_err()
            .starts_with("authorisation without a signature: ")
    );
    let put = |ending: &str, pair: &Pair| {
        fs::write(beside(&path, ending), pair.sign(text.as_bytes())).unwrap();
    };
    put(".sshsig", &pairs[0]);
    assert_eq!(standard(&path, &listed, 1).unwrap().keys.len(), 1);
    let few = standard(&path, &listed, 2).unwrap_err();
    assert!(
        few.starts_with("authorisation signed by too few keys: "),
        "{few}"
    );
    assert!(
        few.ends_with(": 1 of 2 that are needed have signed"),
        "{few}"
    );
    // The same key again is no other one.
    put(".1.sshsig", &pairs[0]);
    standard(&path, &listed, 2).unwrap_err();
    put(".16.sshsig", &pairs[2]);
    assert_eq!(standard(&path, &listed, 2).unwrap().keys.len(), 2);
    standard(&path, &listed, 3).unwrap_err();
    // By somebody who is not listed: refused, though enough others have signed.
    put(".7.sshsig", &Pair::new(9));
    let unknown = standard(&path, &listed, 2).unwrap_err();
    assert!(
        unknown.starts_with("signature by a key that is not listed: "),
        "{unknown}"
    );
}

#[test]
fn one_key_in_two_spellings_counts_once() {
    let pair = Pair::new(1);
    let ssh: Key = pair.public().parse().unwrap();
    let minisign: Key = pair.public_of_minisign().parse().unwrap();
    assert!(ssh.is_same_as(&minisign) && ssh != minisign);
}

#[test]
fn a_signature_for_something_else_does_not_count() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.toml");
    let pair = Pair::new(1);
    let keys = keys(&[pair.public()]);
    let text = text(
        "a",
        "[\"foreign_foreign\"]",
        "2026-01-01T00:00:00Z",
        "2026-02-01T00:00:00Z",
    );
    fs::write(&path, &text).unwrap();
    let sign = |namespace, hash| {
        let signature = pair.sign_for(text.as_bytes(), namespace, hash);
        fs::write(beside(&path, ".sshsig"), signature).unwrap();
        standard(&path, &keys, 1)
    };
    sign("sekisho-authorization@v1", "sha256").unwrap();
    sign("sekisho-authorization@v1", "sha384").unwrap_err();
    for namespace in [
        "file",
        "",
        "sekisho-authorization@v2",
        "sekisho-authorization@v1 ",
    ] {
        let error = sign(namespace, "sha512").unwrap_err();
        let what = format!("signature for another namespace, `{namespace}`: ");
        assert!(error.starts_with(&what), "{error}");
    }
}

#[test]
fn a_key_that_proves_nothing_is_no_key() {
    let weak = [
        // The neutral point, and one of order 8.
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMcXanA9TdhPujwLdg0QZw8qIFP6LDnMxk7H/XeSrAN6",
        "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQ==",
        "ssh-ed25519 AAAA",
        "RWQ",
        "",
    ];
    for text in weak {
        assert!(text.parse::<Key>().is_err(), "{text}");
    }
}

/// What is said of a file with this text, whose signature holds.
fn said_of(text: &str, profile: Profile) -> Result<Signed, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.toml");
    let pair = Pair::new(1);
    pair.write_signed(&path, text);
    let read = read(&path, &keys(&[pair.public()]), 1, profile);
    let folder = format!("{}/", folder.path().display());
    read.map_err(|error| error.to_string().replace(&folder, ""))
}

#[test]
fn what_is_signed_must_make_sense() {
    let good = text(
        "a",
        "[\"foreign_foreign\"]",
        "2026-01-01T00:00:00Z",
        "2026-02-01T00:00:00Z",
    );
    said_of(&good, Profile::Statutory).unwrap();
    let cases = [
        (
            "purpose =",
            "purpos =",
            "authorisation not understood (unknown field `purpos`, expected one of `id`, `authority`, `classes`, `interfaces`, `not_before`, `not_after`, `purpose`, `volume`): a.toml:7: see docs/authorisation.md",
        ),
        (
            "authority = \"Nobody\"\n",
            "",
            "authorisation not understood (missing field `authority`): a.toml: see docs/authorisation.md",
        ),
        (
            "id = \"a\"",
            "id = \"a b\"",
            "bad `id` of an authorisation: a.toml:1: use 1 to 64 letters, digits, dots, _ and -, and not `self-authorised`",
        ),
        (
            "id = \"a\"",
            "id = \"self-authorised\"",
            "bad `id` of an authorisation: a.toml:1: use 1 to 64 letters, digits, dots, _ and -, and not `self-authorised`",
        ),
        (
            "foreign_foreign",
            "foreign_foriegn",
            "unknown class `foreign_foriegn`: a.toml:3: known: foreign_foreign, foreign_domestic, domestic_foreign",
        ),
        (
            "foreign_foreign",
            "domestic_domestic",
            "domestic_domestic can never be authorised: a.toml:3: remove it: traffic between two ends at home is excluded whatever is signed",
        ),
        (
            "[\"foreign_foreign\"]",
            "[]",
            "authorisation names no class: a.toml:3: name one of foreign_foreign, foreign_domestic, domestic_foreign",
        ),
        (
            "[\"replay\"]",
            "[]",
            "bad `interfaces` of an authorisation: a.toml:4: name interfaces as `ip link` does, or replay, or demo",
        ),
        (
            "2026-02-01T",
            "2026-01-01T",
            "authorisation ends before it begins: a.toml:6: `not_after` must be later than `not_before`",
        ),
        (
            "2026-02-01T",
            "2025-02-01T",
            "authorisation ends before it begins: a.toml:6: `not_after` must be later than `not_before`",
        ),
        (
            "2026-02-01T",
            "2026-02-30T",
            "`not_after` is no moment: a.toml:6: write 2026-04-01T00:00:00Z, or with an offset such as +09:00",
        ),
        (
            "a test\"\n",
            "a test\"\n[volume]\n",
            "[volume] limits nothing, or everything: a.toml:8: give `packets`, `bytes` or both, each 1 or more",
        ),
        (
            "a test\"\n",
            "a test\"\n[volume]\npackets = 0\n",
            "[volume] limits nothing, or everything: a.toml:8: give `packets`, `bytes` or both, each 1 or more",
        ),
        (
            "a test\"",
            "a\\u001btest\"",
            "bad `purpose` of an authorisation: a.toml:7: use one line of 1 to 200 characters",
        ),
    ];
    for (from, to, want) in cases {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good);
        assert_eq!(said_of(&bad, Profile::Standard).unwrap_err(), want);
    }
}

#[test]
fn the_profile_statutory_takes_no_term_that_is_a_nanosecond_too_long() {
    let ff = "[\"foreign_foreign\"]";
    let fd = "[\"foreign_domestic\"]";
    let df = "[\"foreign_foreign\", \"domestic_foreign\"]";
    for (classes, from, until, months) in [
        (ff, "2026-01-15T00:00:00Z", "2026-07-15T00:00:00", 6),
        (ff, "2026-08-31T00:00:00Z", "2027-02-28T00:00:00", 6),
        (ff, "2027-08-31T00:00:00Z", "2028-02-29T00:00:00", 6),
        (fd, "2026-11-30T12:00:00Z", "2027-02-28T12:00:00", 3),
        (fd, "2027-11-30T12:00:00Z", "2028-02-29T12:00:00", 3),
        (df, "2026-12-31T23:59:59Z", "2027-03-31T23:59:59", 3),
        // Six months of Japan's calendar.
        (ff, "2026-03-01T00:00:00+09:00", "2026-08-31T15:00:00", 6),
    ] {
        let just = text("a", classes, from, &format!("{until}Z"));
        said_of(&just, Profile::Statutory).unwrap();
        let over = text("a", classes, from, &format!("{until}.000000001Z"));
        said_of(&over, Profile::Standard).unwrap();
        let error = said_of(&over, Profile::Statutory).unwrap_err();
        let want = format!(
            "authorisation lasts longer than {months} months: a.toml: these classes end by \
             {until}.000000000Z at the latest, in the profile statutory"
        );
        assert_eq!(error, want);
    }
}
