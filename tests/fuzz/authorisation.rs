//! Arbitrary bytes as an authorisation that a listed key has signed, as a signature on one, or as a key.
//! Nothing counts but a whole document under the signature of a listed key over exactly its bytes. The first
//! byte chooses which it is.

use std::fs;
use std::sync::LazyLock;

use sekisho::authorisation::{Key, Profile, read};

use crate::folder::{folder, says_why};
use crate::sign::{Pair, beside};

/// A file, and what minisign and ssh-keygen made of it with keys that were thrown away.
const TEXT: &[u8] = include_bytes!("../authorisation/signed/example.toml");
const SSH: &[u8] = include_bytes!("../authorisation/signed/example.toml.sshsig");
const MINISIGN: &[u8] = include_bytes!("../authorisation/signed/example.toml.minisig");

static KEYS: LazyLock<Vec<Key>> = LazyLock::new(|| {
    let listed = include_str!("../authorisation/signed/keys.txt");
    let own = Pair::new(7).public();
    let all = listed.lines().chain([own.as_str()]);
    all.map(|text| text.parse().expect("a key")).collect()
});

/// What must hold for any input.
pub(crate) fn check(data: &[u8]) {
    let Some((which, bytes)) = data.split_first() else {
        return;
    };
    let profile = match which & 4 {
        0 => Profile::Standard,
        _ => Profile::Statutory,
    };
    match which % 4 {
        0 => document(bytes, profile),
        1 => assert!(!counts(".sshsig", bytes) || bytes == SSH),
        // Of minisign's only the comment in the first line may be another.
        2 => assert!(!counts(".minisig", bytes) || behind(bytes) == behind(MINISIGN)),
        _ => key(bytes),
    }
}

fn document(bytes: &[u8], profile: Profile) {
    let folder = folder();
    let path = folder.path().join("a.toml");
    fs::write(&path, bytes).expect("room for it");
    fs::write(beside(&path, ".sshsig"), Pair::new(7).sign(bytes)).expect("room for it");
    match read(&path, &KEYS, 1, profile) {
        Err(refused) => says_why(&refused.to_string()),
        Ok(signed) => {
            let document = signed.document;
            assert!(document.not_before.at < document.not_after.at);
            assert!(!document.interfaces.is_empty() && !document.id.is_empty());
            let classes = document.classes;
            assert!(
                classes.foreign_foreign || classes.foreign_domestic || classes.domestic_foreign
            );
        }
    }
}

/// Whether the file counts with that signature beside it, and no other.
fn counts(ending: &str, signature: &[u8]) -> bool {
    let folder = folder();
    let path = folder.path().join("a.toml");
    fs::write(&path, TEXT).expect("room for it");
    fs::write(beside(&path, ending), signature).expect("room for it");
    let signed = read(&path, &KEYS, 1, Profile::Standard);
    signed
        .map_err(|refused| says_why(&refused.to_string()))
        .is_ok()
}

/// All but the first line.
fn behind(signature: &[u8]) -> Option<&[u8]> {
    let end = signature.iter().position(|byte| *byte == b'\n')?;
    signature.get(end..)
}

fn key(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(key) = text.parse::<Key>() {
        assert!(key.to_string().parse::<Key>().is_ok_and(|same| same == key));
        says_why(&key.id());
    }
}
