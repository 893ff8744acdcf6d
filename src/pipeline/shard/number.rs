//! Which of how many parts of the inputs: `I/N`.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

/// The most parts that inputs are cut into. *Guessed*: more than there are machines.
const MOST: u32 = 1 << 16;

/// The I-th of N parts, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "(u32, u32)", into = "(u32, u32)")]
pub struct ShardNumber {
    nth: NonZeroU32,
    of: NonZeroU32,
}

impl ShardNumber {
    /// The `nth` of `of` parts: 1 ≤ `nth` ≤ `of` ≤ 65,536.
    #[must_use]
    pub fn new(nth: u32, of: u32) -> Option<Self> {
        let number = Self {
            nth: NonZeroU32::new(nth)?,
            of: NonZeroU32::new(of)?,
        };
        (nth <= of && of <= MOST).then_some(number)
    }

    /// Which part, from 1.
    #[must_use]
    pub const fn nth(self) -> u32 {
        self.nth.get()
    }

    /// Of how many.
    #[must_use]
    pub const fn of(self) -> u32 {
        self.of.get()
    }

    /// The name of its file in a folder.
    #[must_use]
    pub fn file_name(self) -> String {
        let width = self.of.to_string().len();
        format!("shard-{:0width$}-of-{}.sekisho", self.nth, self.of)
    }
}

impl fmt::Display for ShardNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.nth, self.of)
    }
}

impl FromStr for ShardNumber {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (nth, of) = text.split_once('/').unwrap_or((text, ""));
        let number = |digits: &str| digits.parse().ok();
        number(nth)
            .zip(number(of))
            .and_then(|(nth, of)| Self::new(nth, of))
            .ok_or_else(|| format!("give I/N, with I from 1 to N and N up to {MOST}"))
    }
}

impl TryFrom<(u32, u32)> for ShardNumber {
    type Error = &'static str;

    fn try_from((nth, of): (u32, u32)) -> Result<Self, Self::Error> {
        Self::new(nth, of).ok_or("no such part")
    }
}

impl From<ShardNumber> for (u32, u32) {
    fn from(number: ShardNumber) -> Self {
        (number.nth(), number.of())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_parts_that_there_are_have_a_number() {
        for text in ["1/1", "3/16", "65536/65536"] {
            assert_eq!(text.parse::<ShardNumber>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "1",
            "/",
            "1/",
            "/2",
            "0/2",
            "3/2",
            "1/0",
            "1/65537",
            "-1/2",
            "1/2/3",
            " 1/2",
            "a/b",
            "4294967297/4294967297",
        ] {
            assert!(text.parse::<ShardNumber>().is_err(), "{text}");
        }
    }

    #[test]
    fn file_names_sort_as_their_numbers() {
        let name = |nth| ShardNumber::new(nth, 128).unwrap().file_name();
        assert_eq!(name(3), "shard-003-of-128.sekisho");
        assert!(name(9) < name(10) && name(99) < name(100));
    }
}
