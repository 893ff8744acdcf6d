//! **sekisho** (関所, the checkpoint that let travellers pass or turned them back) decides packet by
//! packet, before anything is analysed or kept, whether traffic touches home at both ends, and drops
//! what does.
//!
//! # The life of one packet
//!
//! ```text
//!   source ──▶ decode ──▶ locate ──▶ gate ┃ ──▶ flow ──▶ export
//!   Frame      Headers     Located   Admitted   records   bytes
//!     │           │                   │   ┃
//!     │      Undecodable          Excluded┃        right of the wall there is no frame,
//!     ▼           ▼                   ▼   ┃        no payload and no excluded address
//!   counted ──────────▶ Fate ──▶ tally ──▶ summary (and ledger, report, metrics)
//! ```
//!
//! 1. [`source`] reads a capture or an interface and lends out one [`source::Frame`] at a time: packet time, wire
//!    length, link type, borrowed bytes. The bytes live no longer than the call.
//! 2. [`decode`] walks the frame from the outside in and fills [`decode::Headers`]: every IP layer,
//!    the transport of the innermost, and why the descent stopped. No byte of payload can leave.
//! 3. [`locate`] asks the compiled table of [`geo`] where each end of each layer is.
//! 4. [`gate`] applies the rule and returns `Admitted` (the only thing a flow table accepts) or
//!    `Excluded` (a reason and a length, no address).
//! 5. [`flow`] adds the packet to its bidirectional flow; packet time alone decides where one record
//!    ends and the next begins.
//! 6. [`export`] sorts finished records and renders them, with pseudonyms if asked for; it also removes files
//!    of them that have expired.
//!
//! Beside the road, [`fate`] names every way a frame can end and [`tally`] counts them; every number
//! that anyone sees is a rendering of a tally. [`lane`] is the whole road without a thread, a clock or
//! a file; [`pipeline`] runs lanes over the ranges of captures and joins them, or one on each socket of an
//! interface. [`metrics`] shows to Prometheus what these do, and [`sandbox`] takes from a live run every
//! right that it no longer needs. [`authorisation`] reads who allowed what to pass, and until when; the gate
//! asks it of every packet's own time. [`ledger`] keeps the books on paper, and checks them; [`report`] makes
//! a page of them. [`config`] says with which settings, [`cli`] talks with people, [`demo`] makes traffic for
//! demonstrations and tests.
//!
//! `rules §4` in a comment is a section of docs/rules.md, which says what may pass and why.
//!
//! # Who may import whom
//!
//! Imports point upstream only; `tests/layout.rs` reads this table and the `use` lines, and holds it. [`spelling`],
//! which knows nothing, may be imported by all.
//!
//! ```text
//!   time          nothing
//!   fate          nothing
//!   spelling      nothing
//!   source        time
//!   decode        time, source
//!   geo           nothing
//!   locate        decode, geo
//!   gate          time, fate, decode, geo, locate
//!   flow          time, geo, gate
//!   export        time, flow
//!   tally         fate
//!   lane          time, fate, source, decode, geo, locate, gate, flow, tally
//!   authorisation time, gate
//!   metrics       time, fate, tally
//!   ledger        time, fate, tally
//!   evaluation    nothing
//!   report        time, fate, tally, ledger, evaluation
//!   demo          time, source
//!   sandbox       nothing
//!   config        time, geo, gate, flow, export, authorisation, sandbox
//!   pipeline      time, fate, source, decode, geo, locate, gate, flow, export, tally, lane,
//!                 authorisation, metrics, ledger, evaluation, demo, sandbox, config
//!   cli           time, fate, source, decode, geo, locate, gate, export, tally, metrics, ledger,
//!                 evaluation, report, demo, sandbox, config, pipeline
//! ```

pub mod authorisation;
pub mod cli;
pub mod config;
pub mod decode;
pub mod demo;
pub mod evaluation;
pub mod export;
pub mod fate;
pub mod flow;
pub mod gate;
pub mod geo;
pub mod lane;
pub mod ledger;
pub mod locate;
pub mod metrics;
pub mod pipeline;
pub mod report;
pub mod sandbox;
pub mod source;
pub mod spelling;
pub mod tally;
pub mod time;
