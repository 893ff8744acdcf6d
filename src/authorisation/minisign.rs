//! Signatures by minisign: four lines, exactly as the program writes them.

use super::base64;
use super::error::Flaw;
use super::key::{Key, minisign_id};
use minisign_verify::{PublicKey, Signature};

const UNTRUSTED: &str = "untrusted comment: ";
const TRUSTED: &str = "trusted comment: ";

/// Verifies a signature; which of the keys made it. Of its bytes only those of the untrusted comment may
/// be others, which say nothing.
pub(super) fn verify(bytes: &[u8], signature: &[u8], keys: &[Key]) -> Result<usize, Flaw> {
    let odd = || Flaw::new("not a signature by minisign", "sign anew with minisign -S");
    let text = str::from_utf8(signature).map_err(|_| odd())?;
    let lines: Vec<&str> = text.split('\n').collect();
    let [untrusted, made, trusted, global, ""] = lines.as_slice() else {
        return Err(odd());
    };
    let is_written_so = untrusted.starts_with(UNTRUSTED)
        && trusted.starts_with(TRUSTED)
        && !text
            .chars()
            .any(|c| c.is_control() && !matches!(c, '\n' | '\t'))
        && base64::decode(global.as_bytes()).is_some_and(|global| global.len() == 64);
    let made = base64::decode(made.as_bytes()).filter(|made| made.len() == 74 && is_written_so);
    let made = made.ok_or_else(odd)?;
    let (algorithm, rest) = made.split_at_checked(2).ok_or_else(odd)?;
    match algorithm {
        b"ED" => {}
        b"Ed" => {
            return Err(Flaw::new(
                "signature of a kind that minisign makes no more",
                "sign anew with minisign -S, without -l",
            ));
        }
        _ => return Err(odd()),
    }
    let id: [u8; 8] = rest.first_chunk().copied().ok_or_else(odd)?;
    let decoded = Signature::decode(text).map_err(|_| odd())?;
    let mut is_known = false;
    for (at, key) in keys.iter().enumerate() {
        if key.minisign() != Some(id) {
            continue;
        }
        is_known = true;
        let public = PublicKey::from_base64(&key.to_string()).map_err(|_| odd())?;
        if public.verify(bytes, &decoded, false).is_ok() {
            return Ok(at);
        }
    }
    Err(if is_known {
        Flaw::new(
            "signature does not hold",
            "it is not of these bytes: sign the file as it is",
        )
    } else {
        Flaw::new(
            "signature by a key that is not listed",
            format!("{} is not in `keys` of [authorisation]", minisign_id(id)),
        )
    })
}
