//! Reads every capture of the corpus beside the checkout and compares packets, wire bytes and the
//! verdict on the file with the oracle's. Where there is no corpus, the test says so and passes.

use std::error::Error;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use sekisho::source::{End, Input, OpenError, open};

#[test]
fn every_capture_of_the_corpus_is_read_as_the_oracle_reads_it() -> Result<(), Box<dyn Error>> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    if !corpus.is_dir() {
        println!("skipped: no corpus beside the checkout");
        return Ok(());
    }
    let (mut files, mut equal) = (0_u64, 0_u64);
    for set in fs::read_dir(corpus.join("expected/JP"))? {
        let set = set?;
        for answer in fs::read_dir(set.path())? {
            let answer = answer?.path();
            let expected: serde_json::Value = serde_json::from_slice(&fs::read(&answer)?)?;
            let name = answer.file_stem().ok_or("a file without a name")?;
            let capture = corpus.join("captures").join(set.file_name()).join(name);
            files += 1;
            match compare(&Input::File(capture), &expected) {
                Ok(()) => equal += 1,
                Err(difference) => println!("{}: {difference}", answer.display()),
            }
        }
    }
    println!("{files} files, {equal} equal");
    assert_eq!(files, equal);
    Ok(())
}

fn compare(input: &Input, expected: &serde_json::Value) -> Result<(), String> {
    let (mut packets, mut wire_bytes) = (0_u64, 0_u64);
    let mut reader = match open(input) {
        Ok(reader) => reader,
        Err(OpenError::NotACapture(_)) if expected["packets"] == 0 => return Ok(()),
        Err(error) => return Err(error.to_string()),
    };
    let end = reader.read(|frame| {
        packets += 1;
        wire_bytes += u64::from(frame.wire_len);
        ControlFlow::Continue(())
    });
    let damaged = match &end {
        End::Complete => false,
        End::Damaged(_) => true,
        End::Stopped | End::Failed(_) => return Err(format!("{end:?}")),
    };
    let same = expected["packets"] == packets
        && expected["wire_bytes"] == wire_bytes
        && expected["file_error"].is_string() == damaged;
    if same {
        Ok(())
    } else {
        Err(format!(
            "{packets} packets, {wire_bytes} bytes, {end:?}; expected {}, {}, {}",
            expected["packets"], expected["wire_bytes"], expected["file_error"]
        ))
    }
}
