//! Which layers hold, for people and for books; and why a run may not begin.

use super::Mode;
use std::fmt;
use std::path::PathBuf;

/// A layer of the sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// No capability is held, and none can be had again.
    Capabilities,
    /// No program that is executed has more rights than this one.
    NoNewPrivileges,
    /// Only the planned files are in reach.
    Landlock,
    /// Only the listed system calls are served.
    Seccomp,
    /// No process of the same user may look into this one.
    NotDumpable,
    /// The kernel writes no core file.
    NoCoreFiles,
    /// Packet rings are in no dump, whoever takes it.
    RingsNotDumped,
}

impl Layer {
    /// All, in the order of reports.
    pub const ALL: [Self; 7] = [
        Self::Capabilities,
        Self::NoNewPrivileges,
        Self::Landlock,
        Self::Seccomp,
        Self::NotDumpable,
        Self::NoCoreFiles,
        Self::RingsNotDumped,
    ];

    /// A name that never changes.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Capabilities => "capabilities",
            Self::NoNewPrivileges => "no_new_privileges",
            Self::Landlock => "landlock",
            Self::Seccomp => "seccomp",
            Self::NotDumpable => "not_dumpable",
            Self::NoCoreFiles => "no_core_files",
            Self::RingsNotDumped => "rings_not_dumped",
        }
    }

    /// What is said of it when it holds.
    const fn held(self) -> &'static str {
        match self {
            Self::Capabilities => "capabilities dropped",
            Self::NoNewPrivileges => "no new privileges",
            Self::Landlock => "landlock",
            Self::Seccomp => "seccomp",
            Self::NotDumpable => "not dumpable",
            Self::NoCoreFiles => "no core files",
            Self::RingsNotDumped => "rings not dumped",
        }
    }

    /// What can be done where it does not hold.
    const fn remedy(self) -> &'static str {
        match self {
            Self::Landlock => "boot a kernel with lsm=landlock,… (Linux 5.13 or newer)",
            Self::Seccomp => "boot a kernel with CONFIG_SECCOMP_FILTER on x86_64 or aarch64",
            Self::RingsNotDumped => "mount /proc where it runs",
            Self::Capabilities | Self::NoNewPrivileges | Self::NotDumpable | Self::NoCoreFiles => {
                "see what restricts it from outside (container, service manager)"
            }
        }
    }
}

/// Whether a layer holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// It does; how, where there is more to say of it.
    Holds(Option<String>),
    /// It does not; why.
    Missing(String),
}

impl Standing {
    pub(super) fn missing(why: impl fmt::Display) -> Self {
        Self::Missing(why.to_string())
    }
}

/// What holds, layer by layer. Its `Display` is one line for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    standings: [Standing; Layer::ALL.len()],
    notes: Vec<String>,
}

impl Report {
    /// Nothing holds until it is shown to.
    pub(super) fn new() -> Self {
        Self {
            standings: std::array::from_fn(|_| Standing::missing("not tried")),
            notes: Vec::new(),
        }
    }

    pub(super) fn set(&mut self, layer: Layer, standing: Standing) {
        self.standings[layer as usize] = standing;
    }

    /// A check that failed of a layer that should hold.
    pub(super) fn refute(&mut self, layer: Layer, why: &str) {
        if self.holds(layer) {
            self.set(layer, Standing::missing(why));
        }
    }

    pub(super) fn note(&mut self, line: String) {
        if !self.notes.contains(&line) {
            self.notes.push(line);
        }
    }

    /// Whether a layer holds.
    #[must_use]
    pub const fn holds(&self, layer: Layer) -> bool {
        matches!(self.standings[layer as usize], Standing::Holds(_))
    }

    /// Why a layer does not hold; nothing where it does.
    #[must_use]
    pub fn why_not(&self, layer: Layer) -> Option<&str> {
        match &self.standings[layer as usize] {
            Standing::Holds(_) => None,
            Standing::Missing(why) => Some(why),
        }
    }

    /// What the operator should know beside: one line each, on paths only.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// What does not hold, and why.
    fn missing(&self) -> impl Iterator<Item = (Layer, &str)> {
        let why_not = |layer| self.why_not(layer).map(|why| (layer, why));
        Layer::ALL.into_iter().filter_map(why_not)
    }

    /// Whether a run may begin with it.
    pub(super) fn judge(self, mode: Mode) -> Result<Self, Refused> {
        let first = self.missing().next().map(|(layer, _)| layer);
        match (mode, first) {
            (Mode::Strict, Some(first)) => {
                let named = |(layer, why): (Layer, &str)| format!("{} ({why})", layer.id());
                let named: Vec<String> = self.missing().map(named).collect();
                Err(Refused::Layers {
                    named: named.join(", "),
                    remedy: first.remedy(),
                })
            }
            (Mode::Lenient | Mode::Strict, _) => Ok(self),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = || Layer::ALL.into_iter().zip(&self.standings);
        let held = all().filter_map(|(layer, standing)| match standing {
            Standing::Holds(None) => Some(layer.held().to_owned()),
            Standing::Holds(Some(more)) => Some(format!("{} {more}", layer.held())),
            Standing::Missing(_) => None,
        });
        let held: Vec<String> = held.collect();
        let held = if held.is_empty() {
            "nothing holds".to_owned()
        } else {
            held.join(", ")
        };
        write!(f, "sandbox: {held}")?;
        for (nth, (layer, why)) in self.missing().enumerate() {
            let before = if nth == 0 { "; NOT IN FORCE: " } else { ", " };
            write!(f, "{before}{} ({why})", layer.id())?;
        }
        Ok(())
    }
}

/// Why a run may not begin. Nothing can be taken back: the process has to end.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// A strict sandbox is not complete: exit code 78, for the machine is not what was asked for.
    #[error("sandbox is not complete: {named}: {remedy}; --sandbox lenient runs without")]
    Layers {
        /// The layers that do not hold, each with the reason.
        named: String,
        /// What can be done about the first of them.
        remedy: &'static str,
    },
    /// Something that must be read or written is out of reach without capabilities: exit code 77.
    #[error("cannot {verb} without capabilities ({reason}): {path}: {remedy}", path = path.display())]
    Unreachable {
        /// `read` or `write to`.
        verb: &'static str,
        /// What.
        path: PathBuf,
        /// As the system's.
        reason: String,
        /// What can be done about it.
        remedy: &'static str,
    },
    /// A folder that belongs to everybody would have to be given away: exit code 78.
    #[error(
        "sandbox would leave a shared folder writable: {path}: write to a folder of its own; --sandbox lenient runs so",
        path = path.display()
    )]
    TooWide {
        /// The folder.
        path: PathBuf,
    },
}

impl Refused {
    /// Whether it is about permission (exit code 77), not configuration (78).
    #[must_use]
    pub const fn is_permission(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Layers { .. } | Self::TooWide { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete() -> Report {
        let mut report = Report::new();
        for layer in Layer::ALL {
            report.set(layer, Standing::Holds(None));
        }
        report.set(Layer::Landlock, Standing::Holds(Some("ABI 7".to_owned())));
        report
    }

    #[test]
    fn a_complete_sandbox_is_one_line() {
        let line = "sandbox: capabilities dropped, no new privileges, landlock ABI 7, seccomp, \
                    not dumpable, no core files, rings not dumped";
        for mode in Mode::ALL {
            assert_eq!(complete().judge(mode).unwrap().to_string(), line);
        }
    }

    #[test]
    fn each_missing_layer_refuses_a_strict_run_and_is_named_in_the_other() {
        for layer in Layer::ALL {
            let mut report = complete();
            report.refute(layer, "it is not there");
            let line = report.to_string();
            let named = format!("{} (it is not there)", layer.id());
            assert!(
                line.ends_with(&format!("; NOT IN FORCE: {named}")),
                "{line}"
            );
            assert!(!report.holds(layer));
            assert_eq!(report.clone().judge(Mode::Lenient).unwrap(), report);
            let refused = report.judge(Mode::Strict).unwrap_err();
            assert!(!refused.is_permission());
            let line = refused.to_string();
            assert!(
                line.contains(&named) && line.contains(layer.remedy()),
                "{line}"
            );
        }
    }

    #[test]
    fn what_was_never_tried_does_not_hold() {
        let report = Report::new();
        assert!(Layer::ALL.iter().all(|layer| !report.holds(*layer)));
        assert!(
            report
                .to_string()
                .starts_with("sandbox: nothing holds; NOT IN FORCE: ")
        );
        assert!(report.judge(Mode::Strict).is_err());
    }
}
