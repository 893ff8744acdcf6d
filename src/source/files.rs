//! From what was typed to a list of inputs: files, folders, standard input.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use super::{OpenError, open};

/// One thing to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Standard input.
    Stdin,
    /// A file, pipe or device of that name.
    File(PathBuf),
}

/// The name in quotes and escaped, or `standard input`.
impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdin => f.write_str("standard input"),
            Self::File(path) => write!(f, "{path:?}"),
        }
    }
}

/// What to read, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inputs {
    /// In the order given; a folder's captures in the order of their names' bytes.
    pub inputs: Vec<Input>,
    /// How many entries of folders were left out: not a regular file, or not a capture.
    pub skipped: u64,
}

/// Expands names: `-` is standard input, a folder its captures (not those of folders inside),
/// anything else itself.
///
/// A file of a folder that cannot be read, or not be unpacked, is kept, so that opening it says why:
/// leaving it out would lose a capture in silence.
///
/// # Errors
///
/// A name that does not exist or cannot be looked at; a folder that cannot be listed or that holds
/// no capture.
pub fn expand<P: AsRef<Path>>(names: &[P]) -> Result<Inputs, OpenError> {
    let mut all = Inputs::default();
    for name in names {
        let path = name.as_ref();
        if path.as_os_str() == "-" {
            all.inputs.push(Input::Stdin);
            continue;
        }
        let metadata = fs::metadata(path).map_err(|error| OpenError::at(path, error))?;
        if metadata.is_dir() {
            let before = all.inputs.len();
            list(path, &mut all)?;
            if all.inputs.len() == before {
                return Err(OpenError::NoCaptures(Input::File(path.to_path_buf())));
            }
        } else {
            all.inputs.push(Input::File(path.to_path_buf()));
        }
    }
    Ok(all)
}

fn list(folder: &Path, all: &mut Inputs) -> Result<(), OpenError> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| OpenError::at(folder, error))? {
        paths.push(entry.map_err(|error| OpenError::at(folder, error))?.path());
    }
    paths.sort_unstable();
    for path in paths {
        let input = Input::File(path);
        if is_capture(&input) {
            all.inputs.push(input);
        } else {
            all.skipped += 1;
        }
    }
    Ok(())
}

/// Judged by content: a compressed file counts if what is inside begins as a capture. Pipes and
/// devices do not count; looking into them could wait for ever.
fn is_capture(input: &Input) -> bool {
    let Input::File(path) = input else {
        return false;
    };
    match fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => return false,
        // A link to nowhere is not a file; anything else is for `open` to explain.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return false,
        Ok(_) | Err(_) => {}
    }
    match open(input) {
        Err(OpenError::NotACapture(_)) => false,
        Ok(_)
        | Err(
            OpenError::NoSuchInput(_)
            | OpenError::NoCaptures(_)
            | OpenError::Packed { .. }
            | OpenError::Version(_)
            | OpenError::Permission(_)
            | OpenError::Io { .. },
        ) => true,
    }
}
