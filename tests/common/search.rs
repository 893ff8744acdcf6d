//! Looks for what must not be there: addresses, ports, MACs and payload in every form in which a
//! program could have let them out.

use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A form of a secret.
struct Needle {
    bytes: Vec<u8>,
    /// Upper and lower case are the same.
    any_case: bool,
    /// Only where no digit stands on either side.
    whole_number: bool,
    what: String,
}

/// All forms of all secrets, found by their first bytes in one pass.
#[derive(Default)]
pub(crate) struct Needles {
    list: Vec<Needle>,
    by_head: HashMap<[u8; 4], Vec<usize>>,
}

impl Needles {
    fn add(&mut self, what: String, bytes: Vec<u8>, any_case: bool, whole_number: bool) {
        assert!(
            bytes.len() >= 4,
            "{what} is too short to be told from chance"
        );
        let bytes = if any_case {
            bytes.to_ascii_lowercase()
        } else {
            bytes
        };
        let mut head = [bytes[0], bytes[1], bytes[2], bytes[3]];
        head.make_ascii_lowercase();
        self.by_head.entry(head).or_default().push(self.list.len());
        self.list.push(Needle {
            bytes,
            any_case,
            whole_number,
            what,
        });
    }

    fn text(&mut self, what: &str, form: &str, text: &str) {
        self.add(
            format!("{what} {form}"),
            text.as_bytes().to_vec(),
            true,
            false,
        );
    }

    fn number(&mut self, what: &str, number: &str) {
        self.add(
            format!("{what} in decimal"),
            number.as_bytes().to_vec(),
            false,
            true,
        );
    }

    /// Raw bytes in either order, hexadecimal with and without separators, and base64 at every offset.
    fn raw(&mut self, what: &str, bytes: &[u8]) {
        let reversed: Vec<u8> = bytes.iter().rev().copied().collect();
        for (order, bytes) in [("", bytes), (" reversed", &reversed)] {
            self.add(format!("{what} raw{order}"), bytes.to_vec(), false, false);
            for separator in ["", ":", "-", ".", " ", ", ", "\\x"] {
                let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                self.text(what, &format!("in hex{order}"), &digits.join(separator));
            }
            let list: Vec<String> = bytes.iter().map(u8::to_string).collect();
            for separator in [",", ", "] {
                self.number(what, &list.join(separator));
            }
            for offset in 0..3 {
                let code = stable_base64(bytes, offset);
                if code.len() >= 5 {
                    self.add(
                        format!("{what} in base64{order}"),
                        code.clone(),
                        false,
                        false,
                    );
                    let url: Vec<u8> = code
                        .iter()
                        .map(|c| match c {
                            b'+' => b'-',
                            b'/' => b'_',
                            other => *other,
                        })
                        .collect();
                    self.add(format!("{what} in base64url{order}"), url, false, false);
                }
            }
        }
    }

    fn digest(&mut self, what: &str, bytes: &[u8]) {
        let digest = Sha256::digest(bytes);
        let hex: String = digest[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        self.text(what, "hashed", &hex);
        self.add(format!("{what} hashed"), digest[..8].to_vec(), false, false);
    }

    /// An address in all its forms, and the prefix that only it has here.
    pub(crate) fn address(&mut self, what: &str, address: IpAddr) {
        match address {
            IpAddr::V4(address) => self.v4(what, address),
            IpAddr::V6(address) => self.v6(what, address),
        }
    }

    fn v4(&mut self, what: &str, address: Ipv4Addr) {
        let [a, b, c, d] = address.octets();
        let what = &format!("{what} {address}");
        self.number(what, &address.to_string());
        // Its /24 in any text, and the whole the other way round.
        for prefix in [
            format!("{a}.{b}.{c}.0"),
            format!("{a}.{b}.{c}.x"),
            format!("{d}.{c}.{b}.{a}"),
        ] {
            self.number(what, &prefix);
        }
        self.number(what, &format!("{a:03}.{b:03}.{c:03}.{d:03}"));
        for number in [u32::from(address), u32::from(address).swap_bytes()] {
            self.number(what, &number.to_string());
            self.number(what, &(number.cast_signed()).to_string());
        }
        self.raw(what, &address.octets());
        self.digest(what, &address.octets());
        self.digest(what, address.to_string().as_bytes());
        let mapped = address.to_ipv6_mapped();
        self.text(what, "mapped", &groups(mapped, 6, 8, false));
        self.text(what, "mapped", &groups(mapped, 6, 8, true));
    }

    fn v6(&mut self, what: &str, address: Ipv6Addr) {
        let what = &format!("{what} {address}");
        self.text(what, "as text", &address.to_string());
        for padded in [false, true] {
            self.text(what, "in full", &groups(address, 0, 8, padded));
            // Either half alone is as good as the whole.
            for (from, to) in [(0, 4), (4, 8)] {
                let half = &address.segments()[from..to];
                if half.iter().all(|group| *group != 0) {
                    self.text(what, "by half", &groups(address, from, to, padded));
                    if padded {
                        let octets = &address.octets()[2 * from..2 * to];
                        self.raw(&format!("{what} by half"), octets);
                    }
                }
            }
        }
        let [.., a, b, c, d] = address.octets();
        if let Some((head, _)) = address
            .to_string()
            .rsplit_once(':')
            .and_then(|(rest, _)| rest.rsplit_once(':'))
        {
            self.text(
                what,
                "with a dotted end",
                &format!("{head}:{a}.{b}.{c}.{d}"),
            );
        }
        for number in [u128::from(address), u128::from(address).swap_bytes()] {
            self.number(what, &number.to_string());
        }
        self.raw(what, &address.octets());
        self.digest(what, &address.octets());
        self.digest(what, address.to_string().as_bytes());
    }

    /// A port of five digits.
    pub(crate) fn port(&mut self, what: &str, port: u16) {
        assert!(port > 9_999);
        self.number(&format!("{what} port {port}"), &port.to_string());
    }

    /// A hardware address.
    pub(crate) fn mac(&mut self, what: &str, mac: [u8; 6]) {
        let what = &format!("{what} MAC");
        self.raw(what, &mac);
        let [a, b, c, d, e, f] = mac;
        self.text(
            what,
            "dotted",
            &format!("{a:02x}{b:02x}.{c:02x}{d:02x}.{e:02x}{f:02x}"),
        );
        let trimmed: Vec<String> = mac.iter().map(|byte| format!("{byte:x}")).collect();
        self.text(what, "trimmed", &trimmed.join(":"));
    }

    /// A string in a payload.
    pub(crate) fn payload(&mut self, what: &str, text: &[u8]) {
        let what = &format!("{what} payload");
        self.add(format!("{what} as text"), text.to_vec(), true, false);
        self.raw(what, text);
        self.digest(what, text);
    }

    /// How many forms are looked for.
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// What is found, each form once.
    pub(crate) fn find(&self, haystack: &[u8]) -> Vec<&str> {
        let lower = haystack.to_ascii_lowercase();
        let mut found: Vec<&str> = Vec::new();
        for at in 0..haystack.len().saturating_sub(3) {
            let head = [lower[at], lower[at + 1], lower[at + 2], lower[at + 3]];
            for index in self.by_head.get(&head).into_iter().flatten() {
                let needle = &self.list[*index];
                let hay = if needle.any_case {
                    &lower[at..]
                } else {
                    &haystack[at..]
                };
                let end = needle.bytes.len();
                let part_of_number = needle.whole_number
                    && (at > 0 && haystack[at - 1].is_ascii_digit()
                        || hay.get(end).is_some_and(u8::is_ascii_digit));
                if hay.starts_with(&needle.bytes)
                    && !part_of_number
                    && !found.contains(&needle.what.as_str())
                {
                    found.push(&needle.what);
                }
            }
        }
        found
    }
}

fn groups(address: Ipv6Addr, from: usize, to: usize, padded: bool) -> String {
    let groups: Vec<String> = address.segments()[from..to]
        .iter()
        .map(|group| {
            if padded {
                format!("{group:04x}")
            } else {
                format!("{group:x}")
            }
        })
        .collect();
    groups.join(":")
}

/// Base64 of some bytes.
pub(crate) fn base64(bytes: &[u8]) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut code = Vec::new();
    for chunk in bytes.chunks(3) {
        let mut word = [0; 4];
        word[1..=chunk.len()].copy_from_slice(chunk);
        let word = u32::from_be_bytes(word);
        for position in 0..=chunk.len() {
            code.push(ALPHABET[(word >> (18 - 6 * position)) as usize & 63]);
        }
    }
    code
}

/// The characters of the base64 code of a longer text that depend on `bytes` alone, when these stand
/// `offset` bytes behind a multiple of three.
fn stable_base64(bytes: &[u8], offset: usize) -> Vec<u8> {
    let mut padded = vec![0; offset];
    padded.extend_from_slice(bytes);
    let first = (offset * 8).div_ceil(6);
    let last = padded.len() * 8 / 6;
    base64(&padded)[first..last].to_vec()
}
