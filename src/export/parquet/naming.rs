//! Names for files that are whole; and an end for those that will never have one.

use super::begun::Whole;
use super::{HELD, Parquet, Place};
use crate::export::Error;
use crate::export::part::{failed, sync_folder};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

impl Parquet {
    /// Gives files that are whole their names, each for itself. What fails is tried again, unless it is gone.
    pub(super) fn name(&mut self) -> Result<(), Error> {
        let mut result = Ok(());
        for whole in std::mem::take(&mut self.whole) {
            match self.give_name(&whole) {
                Ok(path) => {
                    self.figures.failing = false;
                    self.complete(whole);
                    // If this fails and the power goes, it has its temporary name again: it is lost then.
                    result = result.and(sync_folder(&path));
                }
                Err(error) => {
                    self.figures.failing = true;
                    result = result.and(Err(error));
                    let is_there = whole.temporary.symlink_metadata().is_ok();
                    if is_there && self.whole.len() < HELD {
                        self.whole.push(whole);
                    } else {
                        self.lose_whole(&whole);
                    }
                }
            }
        }
        result
    }

    /// Gives all of them their names, or none.
    pub(super) fn name_all(&mut self) -> Result<(), Error> {
        let mut named = Vec::new();
        let mut result = Ok(());
        for whole in &self.whole {
            match self.give_name(whole) {
                Ok(path) => named.push(path),
                Err(error) => {
                    result = Err(error);
                    break;
                }
            }
        }
        let folders: BTreeMap<_, _> = named.iter().map(|path| (path.parent(), path)).collect();
        for path in folders.values() {
            result = result.and_then(|()| sync_folder(path));
        }
        if result.is_err() {
            for path in named {
                // Nothing more can be done about a failure.
                let _ = fs::remove_file(path);
            }
            return result;
        }
        for whole in std::mem::take(&mut self.whole) {
            self.complete(whole);
        }
        Ok(())
    }

    fn give_name(&self, whole: &Whole) -> Result<PathBuf, Error> {
        let Whole {
            temporary, path, ..
        } = whole;
        match &self.place {
            Place::Tree(tree) => tree.name(temporary, path),
            Place::One(_) => fs::rename(temporary, path)
                .map(|()| path.clone())
                .map_err(failed("rename to its name", path)),
        }
    }

    fn complete(&mut self, whole: Whole) {
        self.figures.files += 1;
        self.figures.written += whole.holds;
        self.completed.extend(whole.digest);
    }

    fn lose_whole(&mut self, whole: &Whole) {
        let _ = fs::remove_file(&whole.temporary);
        self.figures.lost += whole.holds;
    }

    /// Takes away what has no name: nobody could read it.
    pub(super) fn give_up(&mut self) {
        for open in std::mem::take(&mut self.open).into_values() {
            self.figures.lost += open.counts;
            if let Some(file) = open.file {
                self.lose(&file);
            }
        }
        for file in std::mem::take(&mut self.closed) {
            self.lose(&file);
        }
        for whole in std::mem::take(&mut self.whole) {
            self.lose_whole(&whole);
        }
    }
}
