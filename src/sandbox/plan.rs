//! Which files a run needs when it is under way, and which rights over which folders that makes.

use super::Mode;
use super::report::{Refused, Report};
use crate::spelling::folder_of;
use rustix::fs::{Access, AtFlags, CWD, accessat};
use rustix::io::Errno;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What a run reads and writes after its sockets are open. Everything else is out of reach.
///
/// A folder is granted as a whole. A file is granted with its folder, and everything below that: what is
/// put in its place by renaming is another file, and a right over the first says nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// Files and folders that are read, now or at a reload.
    pub read: Vec<PathBuf>,
    /// Folders that are written in, and files that are made in their folder; pipes and devices.
    pub write: Vec<PathBuf>,
    /// TCP ports of other hosts that are connected to; without any, no socket is made at all.
    pub connect: Vec<u16>,
    /// Whether these hosts are known by name, and names are asked for.
    pub resolve: bool,
}

/// What the C library reads to find out where a name is asked for.
const RESOLVER: &[&str] = &[
    "/etc/gai.conf",
    "/etc/host.conf",
    "/etc/hosts",
    "/etc/nsswitch.conf",
    "/etc/resolv.conf",
    "/etc/services",
];

/// Where names are asked for when an answer is long.
const DOMAIN: u16 = 53;

impl Plan {
    /// Adds the counters of an interface, which libpcap reads from files.
    pub fn read_counters_of(&mut self, interface: &str) {
        let counters = Path::new("/sys/class/net")
            .join(interface)
            .join("statistics");
        // Without /sys they are not read either.
        if counters.is_dir() {
            self.read.push(counters);
        }
    }
}

/// Folders that hold what many others need: a file in one of them is granted alone.
const SHARED: &[&str] = &[
    "/",
    "/boot",
    "/dev",
    "/etc",
    "/home",
    "/media",
    "/mnt",
    "/opt",
    "/proc",
    "/root",
    "/run",
    "/srv",
    "/sys",
    "/tmp",
    "/usr",
    "/usr/local",
    "/usr/share",
    "/var",
    "/var/lib",
    "/var/log",
    "/var/tmp",
];

/// What may be done with something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Right {
    /// Files below are read, folders listed.
    ReadBelow,
    /// Files below are read.
    ReadFilesBelow,
    /// This file is read.
    ReadFile,
    /// Files and folders below are made, read, written, renamed and removed.
    WriteBelow,
    /// This pipe or device is written to.
    WriteFile,
}

/// A right over something that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grant {
    pub path: PathBuf,
    pub right: Right,
}

impl Plan {
    /// The rights that this needs; what an operator should know of them goes into the report.
    pub(super) fn grants(&self, mode: Mode, report: &mut Report) -> Result<Vec<Grant>, Refused> {
        let mut grants = Grants(Vec::new());
        for path in &self.read {
            grants.read(path, report);
        }
        for path in &self.write {
            grants.write(path, mode, report)?;
        }
        if self.resolve {
            let there = RESOLVER
                .iter()
                .filter_map(|path| Path::new(path).canonicalize().ok());
            there.for_each(|path| grants.add(path, Right::ReadFile));
        }
        for port in &self.connect {
            report.note(format!(
                "sandbox: connections stay allowed: TCP port {port}"
            ));
        }
        Ok(grants.0)
    }

    /// All ports that are connected to.
    pub(super) fn ports(&self) -> Vec<u16> {
        let mut ports = self.connect.clone();
        ports.extend(self.resolve.then_some(DOMAIN));
        ports
    }

    /// Finds out whether this user may still do it now that no capability overrides file modes: better
    /// before the first packet than at the first record.
    pub(super) fn reachable(&self, mode: Mode, report: &mut Report) -> Result<(), Refused> {
        for path in &self.write {
            let (path, access) = match fs::metadata(path) {
                Ok(there) if !there.is_dir() && !there.is_file() => {
                    (path.clone(), Access::WRITE_OK)
                }
                Ok(there) if there.is_dir() => (path.clone(), Access::WRITE_OK | Access::EXEC_OK),
                Ok(_) | Err(_) => (
                    folder_of(path).to_owned(),
                    Access::WRITE_OK | Access::EXEC_OK,
                ),
            };
            if let Err(error) = accessat(CWD, &path, access, AtFlags::EACCESS) {
                return Err(Refused::Unreachable {
                    verb: "write to",
                    path,
                    reason: io::Error::from(error).to_string(),
                    remedy: "make this user its owner, or run as its owner with CAP_NET_RAW alone",
                });
            }
        }
        for path in &self.read {
            let error = match accessat(CWD, path, Access::READ_OK, AtFlags::EACCESS) {
                // What is not there has been noted.
                Ok(()) | Err(Errno::NOENT) => continue,
                Err(error) => error,
            };
            let refused = Refused::Unreachable {
                verb: "read",
                path: path.clone(),
                reason: io::Error::from(error).to_string(),
                remedy: "let this user read it",
            };
            match mode {
                Mode::Strict => return Err(refused),
                // It was read; only a reload will fail, and say so.
                Mode::Lenient => report.note(refused.to_string()),
            }
        }
        Ok(())
    }
}

struct Grants(Vec<Grant>);

impl Grants {
    fn add(&mut self, path: PathBuf, right: Right) {
        let grant = Grant { path, right };
        if !self.0.contains(&grant) {
            self.0.push(grant);
        }
    }

    fn read(&mut self, path: &Path, report: &mut Report) {
        match path.canonicalize() {
            Ok(real) if real.is_dir() => self.add(real, Right::ReadBelow),
            Ok(real) if real.is_file() => {
                // A link and what it leads to are replaced one without the other.
                let folders = [folder_of(path), folder_of(&real)];
                for folder in folders
                    .iter()
                    .filter_map(|folder| folder.canonicalize().ok())
                {
                    if is_shared(&folder) {
                        report.note(format!(
                            "sandbox: a file that replaces this one cannot be read: {}: put it into a folder of its own",
                            path.display()
                        ));
                        self.add(real.clone(), Right::ReadFile);
                    } else {
                        self.add(folder, Right::ReadFilesBelow);
                    }
                }
            }
            Ok(special) => self.add(special, Right::ReadFile),
            Err(error) => report.note(format!(
                "sandbox: cannot be read from now on: {} ({error}): make it, and start anew",
                path.display()
            )),
        }
    }

    fn write(&mut self, path: &Path, mode: Mode, report: &mut Report) -> Result<(), Refused> {
        let folder = match fs::metadata(path) {
            Ok(there) if there.is_dir() => path.to_owned(),
            Ok(there) if !there.is_file() => {
                self.add(path.to_owned(), Right::WriteFile);
                return Ok(());
            }
            Ok(_) => folder_of(path).to_owned(),
            Err(_) if path.as_os_str().as_encoded_bytes().ends_with(b"/") => path.to_owned(),
            Err(_) => folder_of(path).to_owned(),
        };
        let folder = match folder.canonicalize() {
            Ok(folder) => folder,
            Err(error) => {
                return Err(Refused::Unreachable {
                    verb: "write to",
                    path: folder,
                    reason: error.to_string(),
                    remedy: "make the folder first",
                });
            }
        };
        match mode {
            Mode::Strict if is_shared(&folder) => return Err(Refused::TooWide { path: folder }),
            Mode::Lenient if is_shared(&folder) => report.note(format!(
                "sandbox: a shared folder stays writable: {}: write to a folder of its own",
                folder.display()
            )),
            Mode::Lenient | Mode::Strict => {}
        }
        self.add(folder, Right::WriteBelow);
        Ok(())
    }
}

/// Whether a folder, without links, holds what many others need, or all that somebody has.
fn is_shared(folder: &Path) -> bool {
    SHARED.iter().any(|shared| folder == Path::new(shared))
        || folder.parent() == Some(Path::new("/home"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn grants(plan: &Plan, mode: Mode) -> (Result<Vec<Grant>, Refused>, Report) {
        let mut report = Report::new();
        (plan.grants(mode, &mut report), report)
    }

    fn grant(path: impl Into<PathBuf>, right: Right) -> Grant {
        let path = path.into();
        Grant { path, right }
    }

    #[test]
    fn a_file_is_granted_with_its_folder_and_a_link_with_both() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        for folder in ["lists", "geo"] {
            fs::create_dir(root.join(folder)).unwrap();
        }
        fs::write(root.join("geo/2026.mmdb"), "").unwrap();
        symlink("../geo/2026.mmdb", root.join("lists/geo.mmdb")).unwrap();
        let plan = Plan {
            read: vec![
                root.join("lists/geo.mmdb"),
                root.join("geo/2026.mmdb"),
                root.join("lists"),
            ],
            write: ["flows.jsonl", "geo", "lists/geo.mmdb"]
                .map(|name| root.join(name))
                .into(),
            ..Plan::default()
        };
        let (granted, report) = grants(&plan, Mode::Strict);
        assert_eq!(
            granted.unwrap(),
            [
                grant(root.join("lists"), Right::ReadFilesBelow),
                grant(root.join("geo"), Right::ReadFilesBelow),
                grant(root.join("lists"), Right::ReadBelow),
                grant(&root, Right::WriteBelow),
                grant(root.join("geo"), Right::WriteBelow),
                // The file that is there is replaced, whatever it is.
                grant(root.join("lists"), Right::WriteBelow),
            ]
        );
        assert!(report.notes().is_empty());
    }

    #[test]
    fn shared_folders_are_not_granted_for_a_file_and_not_written_to_in_a_strict_run() {
        let plan = Plan {
            read: vec!["/etc/passwd".into()],
            ..Plan::default()
        };
        let (granted, report) = grants(&plan, Mode::Strict);
        assert_eq!(granted.unwrap(), [grant("/etc/passwd", Right::ReadFile)]);
        assert!(report.notes()[0].contains("/etc/passwd"));

        let plan = Plan {
            write: vec!["/tmp/flows.jsonl".into()],
            ..Plan::default()
        };
        let (granted, _) = grants(&plan, Mode::Strict);
        assert!(matches!(granted, Err(Refused::TooWide { path }) if path == Path::new("/tmp")));
        let (granted, report) = grants(&plan, Mode::Lenient);
        assert_eq!(granted.unwrap(), [grant("/tmp", Right::WriteBelow)]);
        assert!(report.notes()[0].contains("/tmp"));
        assert!(is_shared(Path::new("/home/somebody")));
    }

    #[test]
    fn a_device_is_granted_alone_and_a_folder_must_be_there() {
        let plan = Plan {
            read: vec!["/nowhere/list".into()],
            write: vec!["/dev/null".into()],
            ..Plan::default()
        };
        let (granted, report) = grants(&plan, Mode::Strict);
        assert_eq!(granted.unwrap(), [grant("/dev/null", Right::WriteFile)]);
        assert!(report.notes()[0].contains("/nowhere/list"));
        let plan = Plan {
            write: vec!["/nowhere/".into()],
            ..Plan::default()
        };
        let refused = grants(&plan, Mode::Lenient).0.unwrap_err();
        assert!(refused.is_permission());
        assert!(
            refused.to_string().contains("make the folder first"),
            "{refused}"
        );
    }
}
