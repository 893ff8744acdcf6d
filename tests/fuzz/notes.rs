//! Arbitrary bytes as what a ledger hands out: a checkpoint kept elsewhere, a proof, the text of a key.
//! None is taken for what it is not: only what the key signed holds. The first byte chooses which it is.

use std::fs;
use std::sync::LazyLock;

use sekisho::ledger::{Event, Key, Ledger, Proof, Verifier, VerifyOptions, prove, verify};

use crate::folder::{folder, says_why};

pub(crate) fn key() -> Key {
    Key::from_seed("sekisho/lab", &[7; 32]).expect("a name")
}

/// A ledger's folder, its checkpoint when it had two entries, and a proof of the second.
pub(crate) struct Made {
    folder: tempfile::TempDir,
    pub(crate) since: Vec<u8>,
    pub(crate) proof: Vec<u8>,
}

pub(crate) static MADE: LazyLock<Made> = LazyLock::new(|| {
    let folder = folder();
    let (mut ledger, _) = Ledger::open(folder.path(), &key()).expect("an empty folder");
    let mut add = |nanos| {
        let event = Event::ClockStep { nanos };
        ledger.append(None, event).expect("an entry");
        ledger.commit().expect("room for it");
    };
    add(1);
    add(2);
    let since = fs::read(folder.path().join("checkpoint")).expect("a checkpoint");
    add(3);
    drop(ledger);
    let (proof, ..) = prove(folder.path(), &VerifyOptions::default(), 1).expect("an entry");
    Made {
        since,
        proof: proof.text(),
        folder,
    }
});

/// What must hold for any input.
pub(crate) fn check(data: &[u8]) {
    let Some((which, bytes)) = data.split_first() else {
        return;
    };
    let verifier = key().verifier();
    match which % 3 {
        0 => {
            let options = VerifyOptions {
                key: Some(verifier),
                since: Some(bytes.to_vec()),
                ..VerifyOptions::default()
            };
            let (_, found) = verify(MADE.folder.path(), &options).expect("a ledger");
            for finding in &found.findings {
                says_why(&finding.what);
            }
            // Signatures of others may stand beside the one of ours; the text may not change.
            let text = |note: &[u8]| {
                let note = String::from_utf8_lossy(note).into_owned();
                note.rsplit_once("\n\n").map(|(text, _)| text.to_owned())
            };
            // The checkpoint of now was signed too.
            let now = fs::read(MADE.folder.path().join("checkpoint")).expect("a checkpoint");
            let ours = [text(&MADE.since), text(&now)];
            assert!(!found.holds() || ours.contains(&text(bytes)));
            assert!(found.holds() || bytes != MADE.since);
        }
        1 => match Proof::parse(bytes) {
            Err(error) => says_why(&error.to_string()),
            Ok(proof) => {
                assert_eq!(Proof::parse(&proof.text()).ok().as_ref(), Some(&proof));
                if let Some(entry) = proof.verify(&verifier) {
                    let nanos = proof.index() + 1;
                    assert_eq!(entry.event, Event::ClockStep { nanos });
                }
            }
        },
        _ => {
            let Ok(text) = std::str::from_utf8(bytes) else {
                return;
            };
            match text.parse::<Verifier>() {
                Err(error) => says_why(&error.to_string()),
                Ok(found) => assert_eq!(found.to_string(), text),
            }
        }
    }
}
