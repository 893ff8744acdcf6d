//! How much passes: up to the cap and not a packet beyond, always the same ones.

use crate::common::Sandbox;
use crate::sign::Pair;
use crate::text;
use sekisho::demo::Traffic;
use sekisho::demo::capture::{Format, pcap_image};
use serde_json::Value;

fn number(summary: &Value, place: &str) -> u64 {
    summary.pointer(place).and_then(Value::as_u64).unwrap()
}

/// Replays some traffic under an authorisation with this volume; records and summary.
fn replayed(volume: &str, lanes: &str) -> (Vec<u8>, Value) {
    let sandbox = Sandbox::new();
    let frames: Vec<_> = Traffic::new(5, 4_000).collect();
    let capture = sandbox.put("c.pcap", &pcap_image(&frames, Format::USUAL));
    let pair = Pair::new(1);
    let classes = "[\"foreign_foreign\", \"foreign_domestic\", \"domestic_foreign\"]";
    let text = text("a", classes, "2000-01-01T00:00:00Z", "2100-01-01T00:00:00Z");
    let file = sandbox.put("a.toml", b"");
    pair.write_signed(&file, &format!("{text}{volume}"));
    let config = format!(
        "[authorisation]\nfiles = [\"a.toml\"]\nkeys = [\"{}\"]\n",
        pair.public()
    );
    let config = sandbox.put("c.toml", config.as_bytes());
    let args = [
        "replay",
        capture.to_str().unwrap(),
        "-c",
        config.to_str().unwrap(),
        "-o",
        "records",
        "--summary",
        "summary.json",
        "--lanes",
        lanes,
    ];
    sandbox.run(&args, None).expect_code(0);
    (
        sandbox.read("records"),
        serde_json::from_slice(&sandbox.read("summary.json")).unwrap(),
    )
}

#[test]
fn a_volume_is_used_up_to_the_last_packet_and_never_exceeded() {
    let (_, free) = replayed("", "1");
    let (packets, bytes) = (
        number(&free, "/admitted/packets"),
        number(&free, "/admitted/bytes"),
    );
    assert!(packets > 1_000);
    let reason = "/excluded/by_reason/volume_cap/packets";
    assert_eq!(number(&free, reason), 0);
    let few = replayed("[volume]\npackets = 1000\n", "1");
    assert_eq!(number(&few.1, "/admitted/packets"), 1_000);
    // Whether a first fragment passed decides over the later ones.
    let refused = number(&few.1, reason);
    assert!(refused > 0 && refused + 1_000 <= packets);
    assert_eq!(few.1["balanced"], true);
    // However many lanes are asked for.
    let again = replayed("[volume]\npackets = 1000\n", "3");
    assert!(again.0 == few.0);
    for part in ["admitted", "excluded"] {
        assert_eq!(again.1[part], few.1[part]);
    }
    let half = bytes / 2;
    let (_, some) = replayed(&format!("[volume]\nbytes = {half}\n"), "1");
    let admitted = number(&some, "/admitted/bytes");
    assert!(
        admitted <= half && admitted + 9_018 > half,
        "{admitted} of {half}"
    );
    let (_, just) = replayed(
        &format!("[volume]\npackets = {packets}\nbytes = {bytes}\n"),
        "1",
    );
    assert_eq!(number(&just, reason), 0);
    assert_eq!(number(&just, "/admitted/packets"), packets);
}
