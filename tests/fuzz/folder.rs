//! A folder for one input: readers that take a path are given a file in it.

/// Gone after the check; in memory where that can be, since it is made for every input.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .expect("a temporary folder")
}

/// A refusal must say why. What a stranger wrote may be in it: what talks to people escapes that, to one line.
pub(crate) fn says_why(message: &str) {
    assert!(!message.trim().is_empty());
}
