//! Signatures by `ssh-keygen -Y sign`: read strictly, and only what Ed25519 keys made.
//!
//! Source: PROTOCOL.sshsig of OpenSSH.

use super::base64;
use super::error::Flaw;
use super::key::{Key, ssh_id};
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest as _, Sha256, Sha512};

/// What a signature must be for: `ssh-keygen -Y sign -n` with this.
pub const NAMESPACE: &str = "sekisho-authorization@v1";

const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
const END: &str = "-----END SSH SIGNATURE-----";
/// Letters in each line but the last.
const LINE: usize = 70;
const MAGIC: &[u8] = b"SSHSIG";
const ED25519: &[u8] = b"ssh-ed25519";

/// What a signature says, before it is verified.
struct Blob<'a> {
    key: [u8; 32],
    namespace: &'a [u8],
    hash: &'a [u8],
    signature: [u8; 64],
}

/// Verifies a signature; which of the keys made it. None of its bytes may be another.
pub(super) fn verify(bytes: &[u8], signature: &[u8], keys: &[Key]) -> Result<usize, Flaw> {
    let odd = || {
        Flaw::new(
            "not an Ed25519 signature by ssh-keygen",
            format!("sign anew: ssh-keygen -Y sign -n {NAMESPACE} with an Ed25519 key"),
        )
    };
    let armoured = unarmour(signature).ok_or_else(odd)?;
    let blob = parse(&armoured).ok_or_else(odd)?;
    if blob.namespace != NAMESPACE.as_bytes() {
        let found = String::from_utf8_lossy(blob.namespace);
        let what = format!("signature for another namespace, `{found}`");
        let hint = format!("sign anew: ssh-keygen -Y sign -n {NAMESPACE}");
        return Err(Flaw::new(what, hint));
    }
    let digest = match blob.hash {
        b"sha512" => Sha512::digest(bytes).to_vec(),
        b"sha256" => Sha256::digest(bytes).to_vec(),
        _ => return Err(odd()),
    };
    let Some(at) = keys.iter().position(|key| key.ssh() == Some(&blob.key)) else {
        return Err(Flaw::new(
            "signature by a key that is not listed",
            format!("{} is not in `keys` of [authorisation]", ssh_id(&blob.key)),
        ));
    };
    let mut message = MAGIC.to_vec();
    for part in [blob.namespace, b"", blob.hash, &digest] {
        // None of them is longer than the file.
        message.extend((part.len() as u32).to_be_bytes());
        message.extend(part);
    }
    let signature = Signature::from_bytes(&blob.signature);
    let holds = VerifyingKey::from_bytes(&blob.key)
        .is_ok_and(|key| key.verify_strict(&message, &signature).is_ok());
    if holds {
        Ok(at)
    } else {
        Err(Flaw::new(
            "signature does not hold",
            "it is not of these bytes: sign the file as it is",
        ))
    }
}

/// The bytes in the armour, if it is exactly as ssh-keygen writes it.
fn unarmour(text: &[u8]) -> Option<Vec<u8>> {
    let text = str::from_utf8(text).ok()?;
    let lines: Vec<&str> = text.split('\n').collect();
    let [BEGIN, body @ .., END, ""] = lines.as_slice() else {
        return None;
    };
    let (last, full) = body.split_last()?;
    let is_written_so =
        full.iter().all(|line| line.len() == LINE) && (1..=LINE).contains(&last.len());
    is_written_so.then(|| base64::decode(body.concat().as_bytes()))?
}

fn parse(blob: &[u8]) -> Option<Blob<'_>> {
    let mut rest = blob
        .strip_prefix(MAGIC)?
        .strip_prefix(&1_u32.to_be_bytes())?;
    let public = string(&mut rest)?;
    let namespace = string(&mut rest)?;
    let reserved = string(&mut rest)?;
    let hash = string(&mut rest)?;
    let signature = string(&mut rest)?;
    (rest.is_empty() && reserved.is_empty()).then_some(())?;
    Some(Blob {
        key: of_ed25519(public)?,
        namespace,
        hash,
        signature: of_ed25519(signature)?,
    })
}

/// What follows the type in a key or signature, and nothing behind it.
fn of_ed25519<const N: usize>(mut blob: &[u8]) -> Option<[u8; N]> {
    let kind = string(&mut blob)?;
    let value = string(&mut blob)?;
    (kind == ED25519 && blob.is_empty()).then_some(())?;
    value.try_into().ok()
}

/// Takes a length and so many bytes.
fn string<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, behind) = rest.split_first_chunk::<4>()?;
    let (value, behind) = behind.split_at_checked(u32::from_be_bytes(*length) as usize)?;
    *rest = behind;
    Some(value)
}
