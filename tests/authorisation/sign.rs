//! Keys that the tests make, and signatures by them as `ssh-keygen -Y sign` writes them.

use ed25519_dalek::{Signer as _, SigningKey};
use sha2::{Digest as _, Sha256, Sha512};
use std::fs;
use std::path::Path;

/// The namespace that authorisations are signed for.
pub(crate) const NAMESPACE: &str = "sekisho-authorization@v1";

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A key pair, always the same of a number.
pub(crate) struct Pair(SigningKey);

impl Pair {
    pub(crate) fn new(number: u8) -> Self {
        Self(SigningKey::from_bytes(&[number; 32]))
    }

    fn blob(&self) -> Vec<u8> {
        [
            string(b"ssh-ed25519"),
            string(self.0.verifying_key().as_bytes()),
        ]
        .concat()
    }

    /// Its public half, as a line of `authorized_keys`.
    pub(crate) fn public(&self) -> String {
        format!("ssh-ed25519 {}", base64(&self.blob()))
    }

    /// Likewise, as minisign writes it.
    pub(crate) fn public_of_minisign(&self) -> String {
        base64(&[b"Ed12345678", self.0.verifying_key().as_bytes().as_slice()].concat())
    }

    /// A signature, armoured.
    pub(crate) fn sign(&self, bytes: &[u8]) -> String {
        self.sign_for(bytes, NAMESPACE, "sha512")
    }

    /// Likewise, for a namespace and by a hash.
    pub(crate) fn sign_for(&self, bytes: &[u8], namespace: &str, hash: &str) -> String {
        let digest = match hash {
            "sha256" => Sha256::digest(bytes).to_vec(),
            _ => Sha512::digest(bytes).to_vec(),
        };
        let head = [
            string(namespace.as_bytes()),
            string(b""),
            string(hash.as_bytes()),
        ]
        .concat();
        let message = [b"SSHSIG".as_slice(), &head, &string(&digest)].concat();
        let signature = self.0.sign(&message).to_bytes();
        let signature = [string(b"ssh-ed25519"), string(&signature)].concat();
        let blob = [
            b"SSHSIG\0\0\0\x01".as_slice(),
            &string(&self.blob()),
            &head,
            &string(&signature),
        ]
        .concat();
        armour(&blob)
    }

    /// Writes a file and its signature.
    pub(crate) fn write_signed(&self, path: &Path, text: &str) {
        fs::write(path, text).unwrap();
        fs::write(beside(path, ".sshsig"), self.sign(text.as_bytes())).unwrap();
    }
}

/// A path with more behind its name.
pub(crate) fn beside(path: &Path, more: &str) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(more);
    name.into()
}

/// The armour around a blob.
pub(crate) fn armour(blob: &[u8]) -> String {
    let text = base64(blob);
    let lines = text.as_bytes().chunks(70);
    let lines: Vec<&str> = lines
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!(
        "-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n",
        lines.join("\n")
    )
}

fn string(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u32).to_be_bytes(), bytes].concat()
}

fn base64(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let mut bits = [0; 3];
        bits[..chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes([0, bits[0], bits[1], bits[2]]);
        for n in 0..4 {
            let letter = ALPHABET[(bits >> (18 - 6 * n) & 63) as usize];
            out.push(if n <= chunk.len() { letter.into() } else { '=' });
        }
    }
    out
}
