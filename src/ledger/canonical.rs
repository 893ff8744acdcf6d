//! An entry as bytes and back: canonical JSON (RFC 8785; all numbers are integers), so that there is one
//! text for each entry and its hash says all.

use super::entry::{Entry, SCHEMA};
use serde_json::Value;

/// The longest entry in bytes: its length is written in 16 bits (C2SP tlog-tiles).
pub(super) const LONGEST: usize = u16::MAX as usize;

/// The entry's one text. Nothing, where it is longer than [`LONGEST`].
pub(super) fn encode(entry: &Entry) -> Option<Vec<u8>> {
    let value = serde_json::to_value(entry).ok()?;
    let mut out = Vec::with_capacity(1024);
    write(&value, &mut out);
    (out.len() <= LONGEST).then_some(out)
}

/// Reads what [`encode`] writes, and nothing else.
///
/// # Errors
/// What is wrong, in a few words.
pub(super) fn decode(bytes: &[u8]) -> Result<Entry, &'static str> {
    let entry: Entry =
        serde_json::from_slice(bytes).map_err(|_| "is no entry of a kind that is known")?;
    if entry.schema != SCHEMA {
        return Err("is of a schema that is not known");
    }
    // Unknown and doubled keys, spaces and other spellings of the same all come out differently.
    match encode(&entry) {
        Some(same) if same == bytes => Ok(entry),
        _ => Err("is not in its canonical form"),
    }
}

fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Object(map) => {
            // Sorted here, whatever order the map keeps. Keys are ASCII, so bytes sort as UTF-16 does.
            let mut members: Vec<_> = map.iter().collect();
            members.sort_unstable_by_key(|(key, _)| key.as_bytes());
            out.push(b'{');
            for (position, (key, member)) in members.into_iter().enumerate() {
                if position > 0 {
                    out.push(b',');
                }
                text(key, out);
                out.push(b':');
                write(member, out);
            }
            out.push(b'}');
        }
        Value::Array(items) => {
            out.push(b'[');
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    out.push(b',');
                }
                write(item, out);
            }
            out.push(b']');
        }
        Value::String(string) => text(string, out),
        Value::Null | Value::Bool(_) | Value::Number(_) => {
            out.extend_from_slice(value.to_string().as_bytes());
        }
    }
}

/// `serde_json` escapes what RFC 8785 does, in the same way: `"`, `\` and what is below U+0020.
fn text(string: &str, out: &mut Vec<u8>) {
    // Writing a text to a Vec cannot fail.
    let _ = serde_json::to_writer(out, string);
}

#[cfg(test)]
mod tests {
    use super::super::entry::{Event, Gap, GapCause, Moment};
    use super::*;
    use crate::time::Timestamp;

    fn entry() -> Entry {
        Entry {
            schema: SCHEMA.to_owned(),
            at: Some(Moment(Timestamp::from_nanos(7))),
            event: Event::Gap(Gap {
                cause: GapCause::LinkDown,
                from: Moment(Timestamp::ZERO),
                to: Moment(Timestamp::from_nanos(5)),
                interface: Some("e\"\u{1}\u{7f}é".to_owned()),
            }),
        }
    }

    #[test]
    fn keys_are_sorted_nothing_is_spaced_and_controls_are_escaped() {
        let bytes = encode(&entry()).unwrap();
        assert_eq!(
            String::from_utf8(bytes.clone()).unwrap(),
            "{\"at\":\"1970-01-01T00:00:00.000000007Z\",\"cause\":\"link_down\",\
             \"from\":\"1970-01-01T00:00:00.000000000Z\",\"interface\":\"e\\\"\\u0001\u{7f}é\",\
             \"kind\":\"gap\",\"schema\":\"sekisho.ledger.v1\",\"to\":\"1970-01-01T00:00:00.000000005Z\"}"
        );
        assert_eq!(decode(&bytes).unwrap(), entry());
    }

    #[test]
    fn any_other_spelling_of_the_same_is_refused() {
        let text = String::from_utf8(encode(&entry()).unwrap()).unwrap();
        for (from, to) in [
            ("{\"at\"", "{ \"at\""),
            (",\"kind\"", ",\"extra\":1,\"kind\""),
            (",\"kind\":\"gap\"", ",\"kind\":\"gap\",\"kind\":\"gap\""),
            ("\\u0001", "\\u0001\\u0041"),
            ("\u{7f}", "\\u007f"),
            ("ledger.v1", "ledger.v2"),
            ("link_down", "link_up"),
            ("000000007Z", "000000007z"),
        ] {
            let other = text.replacen(from, to, 1);
            assert_ne!(other, text);
            assert!(decode(other.as_bytes()).is_err(), "{to}");
        }
        assert!(decode(&[text.as_bytes(), b"\n"].concat()).is_err());
    }
}
