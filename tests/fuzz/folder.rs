//! A folder for one input: readers that take a path are given a file in it.

/// Gone after the check; in memory where that can be, since it is made for every input.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .expect("a temporary folder")
}

/// A message must be one line, whatever a stranger wrote into the file that it is about.
pub(crate) fn is_one_line(message: &str) {
    assert!(
        !message.is_empty() && !message.contains(['\n', '\r', '\u{1b}']),
        "not one plain line: {message:?}"
    );
}
