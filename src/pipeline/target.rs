//! Whether results could be written to a place, found out before anything is read.

use super::{Failure, FailureKind};
use crate::config::{Config, Format, Output};
use crate::export::Target;
use crate::source::{self, Input};
use crate::spelling::folder_of;
use crate::spelling::reason;
use std::io;
use std::path::Path;

/// Finds out whether records and summary could be put where the configuration says, and leaves no
/// trace there; and whether they could be written as it says.
///
/// # Errors
/// What, where, what to do.
pub fn probe(config: &Config) -> Result<(), Failure> {
    super::pseudonym_key(config)?;
    let export = &config.export;
    if export.format != Format::Null
        && let Target::Path(path) = &export.output
    {
        match export.format {
            // A folder is made where it is not there.
            Format::Parquet if is_folder(path) => probe_folder(path)?,
            _ => probe_file(path)?,
        }
    }
    if let (Target::Kafka(_), Some(folder)) = (&export.output, &export.spool) {
        probe_file(&folder.join("spool"))?;
    }
    match &export.summary {
        Some(Output::File(path)) => probe_file(path),
        Some(Output::Stdout) | None => Ok(()),
    }
}

/// Likewise for a live run, whose records may also go into a folder.
///
/// # Errors
/// As [`probe`].
#[cfg(feature = "live")]
pub fn probe_capture(config: &Config) -> Result<(), Failure> {
    match &config.export.output {
        Target::Path(path) if config.export.format == Format::Parquet && !is_folder(path) => {
            Err(Failure::new(
                FailureKind::Configuration,
                "nobody can read a Parquet file before it is complete, and a capture may never end",
                path.display().to_string(),
                "name a folder as `output`, with / at its end",
            ))
        }
        Target::Path(path) if is_folder(path) && config.export.format != Format::Null => {
            let mut others = config.clone();
            others.export.format = Format::Null;
            probe(&others)?;
            probe_file(&path.join("flows"))
        }
        _ => probe(config),
    }
}

fn is_folder(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().ends_with(b"/") || path.is_dir()
}

/// Whether files can be made in a folder, or the folder itself in one above it.
fn probe_folder(folder: &Path) -> Result<(), Failure> {
    let there = folder.ancestors().find(|above| above.is_dir());
    probe_file(&there.unwrap_or(Path::new("")).join("flows"))
}

fn probe_file(path: &Path) -> Result<(), Failure> {
    let refuse = |what: &str, hint: &str| {
        let place = path.display().to_string();
        Err(Failure::new(FailureKind::Output, what, place, hint))
    };
    let not_allowed = || {
        Err(Failure::new(
            FailureKind::Permission,
            "no permission to write",
            path.display().to_string(),
            "choose a place that this user may write to",
        ))
    };
    match path.metadata() {
        _ if is_folder(path) => {
            return refuse("output is a folder", "name a file");
        }
        // A pipe or a device is written to as it is.
        Ok(there) if !there.is_file() => return Ok(()),
        // Most likely a slip of the hand, and what it would cost cannot be had back.
        Ok(_) if source::open(&Input::File(path.to_owned())).is_ok() => {
            return refuse("output would overwrite a capture", "name another file");
        }
        Ok(_) | Err(_) => {}
    }
    let folder = folder_of(path);
    match folder.metadata() {
        Ok(there) if there.is_dir() => {}
        Ok(_) => return refuse("no folder to write to", "name a file in a folder"),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return not_allowed(),
        Err(_) => {
            return refuse("no folder to write to", "create it, or name another file");
        }
    }
    // A file without a name, gone when it is closed.
    match tempfile::tempfile_in(folder) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => not_allowed(),
        Err(error) => refuse(
            &format!("cannot write ({})", reason(&error)),
            "choose a place that can be written to",
        ),
    }
}
