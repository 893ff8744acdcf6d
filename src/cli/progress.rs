//! The progress bar: on a terminal, for people, never in the way of results.

use std::fmt::Write;
use std::io::IsTerminal as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use super::number::{bytes, grouped};
use super::terminal::Style;
use crate::config::{Config, Format, ProgressMode};
use crate::export::Target;
use crate::pipeline::Progress;

/// Where the size of the inputs is known, and where it is not.
const KNOWN: &str = "{wide_bar} {percent:>3}%  {read} of {whole}  {rate}  {eta} left";
const UNKNOWN: &str = "{spinner} {read}  {rate}  {elapsed}";

/// A bar, or nothing where none is wanted.
pub(super) struct Bar {
    bar: ProgressBar,
    /// How many of what is counted beside bytes.
    done: Arc<AtomicU64>,
    what: &'static str,
    style: Style,
}

impl Bar {
    /// A bar that appears when the run begins, if standard error is a terminal and records do not
    /// scroll through the same one.
    pub(super) fn new(config: &Config) -> Self {
        let records_on_terminal = config.export.output == Target::Stdout
            && config.export.format != Format::Null
            && std::io::stdout().is_terminal();
        let wanted = match config.replay.progress {
            ProgressMode::Never => false,
            ProgressMode::Auto => std::io::stderr().is_terminal() && !records_on_terminal,
        };
        Self::of("packets", wanted)
    }

    /// A bar that counts these beside bytes, if it is wanted.
    pub(super) fn of(what: &'static str, wanted: bool) -> Self {
        Self {
            // Draws on standard error.
            bar: if wanted {
                ProgressBar::no_length()
            } else {
                ProgressBar::hidden()
            },
            done: Arc::default(),
            what,
            style: Style::of_stderr(),
        }
    }

    fn look(&self, known: bool) -> ProgressStyle {
        let template = if known { KNOWN } else { UNKNOWN };
        let (done, what) = (Arc::clone(&self.done), self.what);
        // The template is ours; were it wrong, the bar would look plain.
        ProgressStyle::with_template(template)
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars(if self.style.unicode {
                "█▉▊▋▌▍▎▏ "
            } else {
                "#- "
            })
            .tick_chars("-\\|/ ")
            .with_key("read", |state: &ProgressState, out: &mut dyn Write| {
                let _ = out.write_str(&bytes(state.pos()));
            })
            .with_key("whole", |state: &ProgressState, out: &mut dyn Write| {
                let _ = out.write_str(&bytes(state.len().unwrap_or_default()));
            })
            .with_key("rate", move |state: &ProgressState, out: &mut dyn Write| {
                let done = done.load(Ordering::Relaxed) as f64;
                let rate = done / state.elapsed().as_secs_f64().max(0.001);
                let _ = write!(out, "{} {what}/s", grouped(rate as u64));
            })
    }
}

impl Progress for Bar {
    fn begin(&self, total_bytes: Option<u64>) {
        // The look first: setting the length draws.
        self.bar.set_style(self.look(total_bytes.is_some()));
        if let Some(total) = total_bytes {
            self.bar.set_length(total);
        }
        self.bar.reset();
        if !self.bar.is_hidden() {
            self.bar.enable_steady_tick(Duration::from_millis(200));
        }
    }

    fn advance(&self, bytes: u64, packets: u64) {
        self.done.fetch_add(packets, Ordering::Relaxed);
        self.bar.inc(bytes);
    }

    fn end(&self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_are_understood() {
        for template in [KNOWN, UNKNOWN] {
            assert!(ProgressStyle::with_template(template).is_ok());
        }
    }

    #[test]
    fn without_a_terminal_there_is_no_bar() {
        let mut config = Config::default();
        config.replay.progress = ProgressMode::Never;
        let bar = Bar::new(&config);
        bar.begin(Some(10));
        bar.advance(5, 1);
        bar.end();
        assert!(bar.bar.is_hidden());
    }
}
