//! What a running sensor shows to Prometheus: plain numbers that the pipeline publishes about once a
//! second, rendered when somebody asks.
//!
//! ```text
//!   lanes, writer, control ──publish──▶ Board ──scrape──▶ exposition ──▶ Endpoint (a thread of its own)
//! ```
//!
//! It must never read a clock or an address, and nothing here makes capture wait: publishing replaces one
//! slot. In: tallies and counts since the start of the run. Out: the text format of Prometheus, version
//! 0.0.4, with a number of series that no traffic changes. [`Endpoint`] binds before privileges are given
//! up and serves afterwards, on loopback or on a Unix socket only.

#[cfg(feature = "live")]
mod answer;
#[cfg(feature = "live")]
mod board;
#[cfg(feature = "live")]
mod catalogue;
#[cfg(feature = "live")]
mod connections;
#[cfg(feature = "live")]
mod endpoint;
#[cfg(feature = "live")]
mod exposition;
#[cfg(feature = "live")]
mod figures;
#[cfg(feature = "live")]
mod label;
mod listen;
#[cfg(feature = "live")]
mod reference;
#[cfg(feature = "live")]
mod snapshot;
#[cfg(feature = "live")]
mod socket;

#[cfg(feature = "live")]
pub use board::{Board, INTERFACES_SHOWN, LANES_SHOWN, LAYERS_SHOWN, SOURCES_SHOWN};
#[cfg(feature = "live")]
pub use endpoint::{Endpoint, Serving};
#[cfg(feature = "live")]
pub use exposition::Exposition;
#[cfg(feature = "live")]
pub use figures::{
    Delivered, GeoFigures, GeoSource, Identity, InterfaceFigures, LaneFigures, Lost, OutputFigures,
    ProcessFigures, Reload, ReloadFigures, SandboxLayer,
};
pub use listen::{Listen, ListenError, PORT};
#[cfg(feature = "live")]
pub use reference::reference;
#[cfg(feature = "live")]
pub use socket::BindError;
