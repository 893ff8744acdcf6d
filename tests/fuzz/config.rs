//! Arbitrary text as a configuration: it is refused with a reason with its place, or what it means, written
//! out and read again, means the same.

use std::path::Path;

use sekisho::config::{Config, Layer};

use crate::folder::says_why;

/// What must hold for any input.
pub(crate) fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let path = Path::new("/etc/sekisho/sekisho.toml");
    let config = match Config::join(Some((path, text)), Layer::default()) {
        Ok(config) => config,
        Err(error) => return says_why(&error.to_string()),
    };
    let written = config.to_toml();
    match Config::join(Some((path, &written)), Layer::default()) {
        Ok(again) => {
            assert!(again == config, "{written}");
            assert_eq!(again.digest(), config.digest());
        }
        Err(error) => panic!("what was written is refused: {error}: {written}"),
    }
}
