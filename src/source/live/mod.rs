//! Frames from interfaces, as they pass by: one [`LiveHandle`] a lane.
//!
//! ```text
//!   interface ─▶ reject-all filter ─▶ join the fanout group ─▶ drain ─▶ the user's filter ─▶ frames
//! ```
//!
//! Several handles on one interface share its frames by the outermost addresses, the same both ways and
//! the same on every interface (`fanout`). Until it has joined the group a handle would see everything,
//! so it begins by refusing everything. What was dropped before it could be delivered is in [`Drops`],
//! never in any count of frames.

mod error;
mod fanout;
mod handle;
mod links;
mod options;
mod wrap;

pub use error::{LiveError, interfaces};
pub use handle::{LiveHandle, LiveSettings, link_name};
pub use links::{LinkChange, LinkWatch};
pub use wrap::Drops;
