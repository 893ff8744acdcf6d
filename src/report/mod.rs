//! What a ledger says, for somebody with ten minutes: one page without a script or an outside reference, in
//! English or Japanese, and the same figures as JSON.
//!
//! ```text
//!   entries, what their check found ──▶ walk (what held when), cells (counts) ──▶ Report ──▶ page, JSON
//! ```
//!
//! It must never hold an address, a prefix or a port: nothing here can name one. It reads no clock and no
//! file: the same ledger and options give the same bytes. Loss is never added to what was meant.
//!
//! How far country tables agree can be given beside the ledger ([`Measured`]): it has its own section, and no
//! signature of the ledger covers it.
//!
//! A published report leaves out small cells ([`SMALL_CELL`]) before it adds anything up.

mod build;
mod cells;
mod chart;
mod colours;
mod counted;
mod evaluated;
mod figures;
mod happening;
mod language;
mod measured;
mod number;
mod page;
mod sections;
mod sections_authority;
mod sections_context;
mod sections_counts;
mod sections_evaluation;
mod sections_events;
mod sections_losses;
mod sections_time;
mod sections_words;
mod spans;
mod tables;
mod walk;
mod whisker;
mod window;

pub use build::Options;
pub use figures::{Report, SMALL_CELL};
pub use language::Language;
pub use measured::{LONGEST_EVALUATION, Measured, Unusable};
pub use window::Window;

impl Report {
    /// The figures as JSON: keys in order, integers and text only, one line break at the end.
    ///
    /// # Errors
    /// None that a report can cause: only what writing into memory could.
    pub fn to_json(&self) -> serde_json::Result<String> {
        // By way of a value: its keys are sorted.
        let mut text = serde_json::to_string_pretty(&serde_json::to_value(self)?)?;
        text.push('\n');
        Ok(text)
    }
}
