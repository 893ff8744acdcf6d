//! The vectors of draft-denis-ipcrypt-11, and what must hold of any pseudonym.

use super::*;
use proptest::prelude::*;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

const KEY: [u8; 32] = [7; 32];

fn digits(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks(2);
    let pairs = pairs.map(|pair| std::str::from_utf8(pair).unwrap());
    pairs
        .map(|pair| u8::from_str_radix(pair, 16).unwrap())
        .collect()
}

fn raw(address: &str) -> (IpVersion, u128) {
    match address.parse().unwrap() {
        IpAddr::V4(address) => (IpVersion::V4, u128::from(u32::from(address))),
        IpAddr::V6(address) => (IpVersion::V6, u128::from(address)),
    }
}

fn text(written: Written) -> String {
    let mut out = Vec::new();
    crate::export::text::address(written, &mut out);
    String::from_utf8(out).unwrap()
}

fn written(pseudonyms: &Pseudonyms, address: &str) -> String {
    let (version, address) = raw(address);
    let written = pseudonyms.of(version, address);
    assert!(written.is_pseudonym);
    text(written)
}

fn under(authorisation: &str, mode: PseudonymMode) -> Pseudonyms {
    Pseudonyms::new(&PseudonymKey::new(KEY), authorisation, mode).unwrap()
}

/// Back to the address, as whoever has the key can.
fn back(pseudonyms: &Pseudonyms, written: Written) -> u128 {
    let address = match written.version {
        IpVersion::V4 => IpAddr::V4(Ipv4Addr::from(written.address as u32)),
        IpVersion::V6 => IpAddr::V6(Ipv6Addr::from(written.address)),
    };
    match &pseudonyms.0 {
        Cipher::Deterministic(cipher) => bits(cipher.decrypt_ipaddr(address)),
        Cipher::Prefix(cipher) => bits(cipher.decrypt_ipaddr(address)),
    }
}

#[test]
fn the_deterministic_vectors_of_the_draft_hold() {
    for (key, address, expected) in [
        (
            "0123456789abcdeffedcba9876543210",
            "0.0.0.0",
            "bde9:6789:d353:824c:d7c6:f58a:6bd2:26eb",
        ),
        (
            "1032547698badcfeefcdab8967452301",
            "255.255.255.255",
            "aed2:92f6:ea23:58c3:48fd:8b8:74e8:45d8",
        ),
        (
            "2b7e151628aed2a6abf7158809cf4f3c",
            "192.0.2.1",
            "1dbd:c1b9:fff1:7586:7d0b:67b4:e76e:4777",
        ),
    ] {
        let key = digits(key).try_into().unwrap();
        let pseudonyms = Pseudonyms(Cipher::Deterministic(Box::new(Ipcrypt::new(key))));
        assert_eq!(written(&pseudonyms, address), expected);
    }
}

#[test]
fn the_prefix_preserving_vectors_of_the_draft_hold() {
    const BASIC: &str = "0123456789abcdeffedcba98765432101032547698badcfeefcdab8967452301";
    const PREFIX: &str = "2b7e151628aed2a6abf7158809cf4f3ca9f5ba40db214c3798f2e1c23456789a";
    for (key, address, expected) in [
        (BASIC, "0.0.0.0", "151.82.155.134"),
        (BASIC, "255.255.255.255", "94.185.169.89"),
        (BASIC, "192.0.2.1", "100.115.72.131"),
        (
            BASIC,
            "2001:db8::1",
            "c180:5dd4:2587:3524:30ab:fa65:6ab6:f88",
        ),
        (PREFIX, "10.0.0.47", "19.214.210.244"),
        (PREFIX, "10.0.0.129", "19.214.210.80"),
        (PREFIX, "10.0.0.234", "19.214.210.30"),
        (PREFIX, "172.16.5.193", "210.78.229.136"),
        (PREFIX, "172.16.97.42", "210.78.179.241"),
        (PREFIX, "172.16.248.177", "210.78.121.215"),
        (
            PREFIX,
            "2001:db8::a5c9:4e2f:bb91:5a7d",
            "7cec:702c:1243:f70:1956:125:b9bd:1aba",
        ),
        (
            PREFIX,
            "2001:db8::7234:d8f1:3c6e:9a52",
            "7cec:702c:1243:f70:a3ef:c8e:95c1:cd0d",
        ),
        (
            PREFIX,
            "2001:db8::f1e0:937b:26d4:8c1a",
            "7cec:702c:1243:f70:443c:c8e:6a62:b64d",
        ),
        (
            PREFIX,
            "2001:db8:3a5c:0:e7d1:4b9f:2c8a:f673",
            "7cec:702c:3503:bef:e616:96bd:be33:a9b9",
        ),
        (
            PREFIX,
            "2001:db8:9f27:0:b4e2:7a3d:5f91:c8e6",
            "7cec:702c:a504:b74e:194a:3d90:b047:2d1a",
        ),
        (
            PREFIX,
            "2001:db8:d8b4:0:193c:a5e7:8b2f:46d1",
            "7cec:702c:f840:aa67:1b8:e84f:ac9d:77fb",
        ),
    ] {
        let key = digits(key).try_into().unwrap();
        let pseudonyms = Pseudonyms(Cipher::Prefix(Box::new(IpcryptPfx::new(key))));
        assert_eq!(written(&pseudonyms, address), expected);
    }
}

/// Written out from SHA-256 alone: pseudonyms of one version can be turned back by the next.
#[test]
fn the_working_key_is_what_the_page_says() {
    use sha2::{Digest as _, Sha256};
    let ids = Sha256::digest("A-1,B-2");
    let parts = [b"sekisho.pseudonym.v1\0".as_slice(), &[1], &KEY, &ids];
    let expected: [u8; 32] = Sha256::digest(parts.concat()).into();
    let key = PseudonymKey::new(KEY);
    assert_eq!(
        *key.working("A-1,B-2", PseudonymMode::Deterministic),
        expected
    );
    let cipher = Ipcrypt::new(expected[..16].try_into().unwrap());
    let address: IpAddr = "192.0.2.1".parse().unwrap();
    assert_eq!(
        written(&under("A-1,B-2", PseudonymMode::Deterministic), "192.0.2.1"),
        cipher.encrypt_ipaddr(address).to_string()
    );
}

#[test]
fn another_authorisation_or_mode_or_key_gives_others() {
    use PseudonymMode::{Deterministic, Prefix};
    let other = Pseudonyms::new(&PseudonymKey::new([8; 32]), "A-1", Deterministic).unwrap();
    let mut all = vec![
        written(&under("A-1", Deterministic), "2001:db8::1"),
        written(&under("A-2", Deterministic), "2001:db8::1"),
        written(&under("", Deterministic), "2001:db8::1"),
        written(&under("A-1", Prefix), "2001:db8::1"),
        written(&under("A-2", Prefix), "2001:db8::1"),
        written(&other, "2001:db8::1"),
    ];
    assert_eq!(written(&under("A-1", Deterministic), "2001:db8::1"), all[0]);
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 6);
    assert!(Pseudonyms::new(&PseudonymKey::new(KEY), "A-1", PseudonymMode::None).is_none());
}

#[test]
fn nothing_shows_the_key() {
    let key = PseudonymKey::new(KEY);
    assert_eq!(format!("{key:?}"), "PseudonymKey");
    let terms = crate::export::Terms {
        pseudonyms: Pseudonyms::new(&key, "A-1", PseudonymMode::Prefix).map(std::sync::Arc::new),
        ..Default::default()
    };
    let shown = format!("{terms:?}");
    assert!(
        shown.contains("pseudonyms: Some(Pseudonyms(prefix)), "),
        "{shown}"
    );
}

#[test]
fn a_key_is_64_digits_that_others_cannot_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let secret = "0123456789abcdefABCDEF9876543210".repeat(2);
    let put = |text: &str, mode| {
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        PseudonymKey::read(&path)
    };
    for (text, mode) in [(format!("{secret}\n"), 0o600), (secret.clone(), 0o440)] {
        let key = put(&text, mode).unwrap();
        let same = PseudonymKey::new(digits(&secret).try_into().unwrap());
        let mode = PseudonymMode::Prefix;
        assert_eq!(key.working("", mode), same.working("", mode));
    }
    let too_long = format!("{secret}{secret}");
    for text in [
        "",
        "0123",
        &secret[1..],
        &format!("{secret}0"),
        &secret.replace('a', "g"),
        &too_long,
    ] {
        let error = put(text, 0o600).unwrap_err().to_string();
        assert!(error.starts_with("not a key of pseudonyms: "), "{error}");
        assert!(error.ends_with("openssl rand -hex 32 > FILE"), "{error}");
        assert!(text.is_empty() || !error.contains(text));
    }
    for mode in [0o604, 0o602, 0o620, 0o644] {
        let error = put(&secret, mode).unwrap_err().to_string();
        assert!(
            error.starts_with("the key of pseudonyms is not secret: "),
            "{error}"
        );
        assert!(!error.contains(&secret));
    }
    let none = PseudonymKey::read(&folder.path().join("none")).unwrap_err();
    assert!(
        none.to_string()
            .starts_with("cannot read the key of pseudonyms (no such")
    );
    assert!(matches!(
        PseudonymKey::read(folder.path()),
        Err(KeyError::NotAKey(_))
    ));
}

/// How many bits two numbers of `width` bits begin with in common.
fn in_common(one: u128, other: u128, width: u32) -> u32 {
    (one ^ other).leading_zeros().min(128) - (128 - width)
}

fn any_v6() -> impl Strategy<Value = u128> {
    let eui64 = |bits: u128| bits & !(0xffff << 24) | 0xfffe << 24;
    prop_oneof![any::<u128>(), any::<u128>().prop_map(eui64)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn who_has_the_key_gets_the_address_back_but_no_mac(address in any_v6(), prefix: bool) {
        let mode = if prefix { PseudonymMode::Prefix } else { PseudonymMode::Deterministic };
        let pseudonyms = under("A-1", mode);
        let found = back(&pseudonyms, pseudonyms.of(IpVersion::V6, address));
        prop_assert_ne!((found >> 24) & 0xffff, 0xfffe);
        prop_assert_eq!(found >> 64, address >> 64);
        let is_eui64 = (address >> 24) & 0xffff == 0xfffe;
        prop_assert_eq!(found, if is_eui64 { address >> 64 << 64 } else { address });
    }

    #[test]
    fn two_addresses_have_two_pseudonyms(one: u32, other: u32, prefix: bool) {
        let mode = if prefix { PseudonymMode::Prefix } else { PseudonymMode::Deterministic };
        let pseudonyms = under("A-1", mode);
        let [one_s, other_s] = [one, other].map(|v4| pseudonyms.of(IpVersion::V4, u128::from(v4)));
        prop_assert_eq!(one == other, one_s == other_s);
        let version = if prefix { IpVersion::V4 } else { IpVersion::V6 };
        prop_assert_eq!(one_s.version, version);
        prop_assert_eq!(back(&pseudonyms, one_s), 0xffff << 32 | u128::from(one));
    }

    #[test]
    fn prefixes_stay_as_long_as_they_are(one: u128, same in 0..128_u32, v4: bool) {
        let pseudonyms = under("A-1", PseudonymMode::Prefix);
        let (version, width) = if v4 { (IpVersion::V4, 32) } else { (IpVersion::V6, 128) };
        let mask = u128::MAX >> (128 - width);
        // Another, from the bit on that follows `same`.
        let one = one & mask;
        let other = one ^ (1 << (width - 1 - same % width));
        let eui64 = |address: u128| !v4 && (address >> 24) & 0xffff == 0xfffe;
        prop_assume!(!eui64(one) && !eui64(other));
        let [one_s, other_s] = [one, other].map(|address| pseudonyms.of(version, address).address);
        prop_assert_eq!(in_common(one_s, other_s, width), in_common(one, other, width));
    }
}
