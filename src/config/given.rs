//! A value with the place where it was given.

use std::ops::Range;

use serde::{Deserialize, Deserializer};

/// A value that somebody gave, in a file or as a flag.
#[derive(Debug, Clone)]
pub struct Given<T> {
    pub(super) value: T,
    pub(super) origin: Origin,
}

/// Where a value was given.
#[derive(Debug, Clone)]
pub(super) enum Origin {
    /// Bytes of the configuration file.
    File(Range<usize>),
    /// A flag of the command line.
    Flag(&'static str),
}

impl<T> Given<T> {
    /// A value given as a flag, such as `--idle`.
    #[must_use]
    pub const fn by_flag(flag: &'static str, value: T) -> Self {
        Self {
            value,
            origin: Origin::Flag(flag),
        }
    }
}

impl<T> Given<Vec<Given<T>>> {
    /// Values given by repeating a flag; nothing if it was never given.
    #[must_use]
    pub fn by_flags(flag: &'static str, values: Vec<T>) -> Option<Self> {
        (!values.is_empty()).then(|| {
            let each = values
                .into_iter()
                .map(|value| Given::by_flag(flag, value))
                .collect();
            Self::by_flag(flag, each)
        })
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Given<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = toml::Spanned::<T>::deserialize(deserializer)?;
        Ok(Self {
            origin: Origin::File(spanned.span()),
            value: spanned.into_inner(),
        })
    }
}
