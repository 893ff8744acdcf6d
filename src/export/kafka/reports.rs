//! What the client of the brokers reports: records that arrived, records that did not, and its complaints.
//!
//! Called on the thread that polls, which is the one that writes. It sees records again to digest them, and
//! never shows one to anybody.

use crate::export::digest::Digest;
use crate::export::{Digested, Written};
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::message::{DeliveryResult, Message as _};
use rdkafka::producer::ProducerContext;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What was reported so far, over all producers of a run.
#[derive(Default)]
pub(super) struct Reported {
    /// Acknowledged by as many brokers as the topic asks for.
    pub written: Written,
    /// Refused, or not acknowledged in time. May have arrived all the same.
    pub lost: Written,
    /// Bytes of acknowledged records.
    pub bytes: u64,
    /// Why the last of the lost ones is.
    pub reason: Option<String>,
    /// Whether something was complained of since the last record arrived.
    pub troubled: bool,
    /// Where it is wanted: of the acknowledged lines, in the order in which they are in the topic's partition.
    digest: Option<Digest>,
}

impl Reported {
    pub(super) fn new(digest: bool) -> Self {
        Self {
            digest: Digest::wanted(digest),
            ..Self::default()
        }
    }

    /// The digest, once.
    pub(super) fn complete(&mut self, format: &str) -> Option<Digested> {
        Some(self.digest.take()?.complete(format))
    }
}

/// Hands reports on to whoever counts them.
#[derive(Clone)]
pub(super) struct Reports(Arc<Mutex<Reported>>);

impl Reports {
    pub(super) fn new(digest: bool) -> Self {
        Self(Arc::new(Mutex::new(Reported::new(digest))))
    }

    pub(super) fn reported(&self) -> MutexGuard<'_, Reported> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records of which it is known whether they arrived.
    pub(super) fn records(&self) -> u64 {
        let reported = self.reported();
        reported.written.records + reported.lost.records
    }

    /// Says it aloud once until a record arrives again: a client that cannot connect repeats itself.
    fn complain(&self, text: &str) {
        let mut reported = self.reported();
        let is_new = !std::mem::replace(&mut reported.troubled, true);
        drop(reported);
        if is_new {
            tracing::warn!("kafka: {}", text.escape_debug());
        } else {
            tracing::debug!("kafka: {}", text.escape_debug());
        }
    }
}

impl ClientContext for Reports {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        if (level as i32) <= RDKafkaLogLevel::Warning as i32 {
            self.complain(message);
        } else {
            tracing::debug!("kafka: {facility}: {}", message.escape_debug());
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.complain(&format!("{error}: {reason}"));
    }

    fn stats_raw(&self, _statistics: &[u8]) {}
}

impl ProducerContext for Reports {
    /// What the record holds.
    type DeliveryOpaque = Box<Written>;

    fn delivery(&self, result: &DeliveryResult<'_>, holds: Box<Written>) {
        let mut reported = self.reported();
        let Reported {
            written,
            lost,
            bytes,
            reason,
            troubled,
            digest,
        } = &mut *reported;
        match result {
            Ok(message) => {
                let line = message.payload().unwrap_or_default();
                *written += *holds;
                *bytes += line.len() as u64;
                if let Some(digest) = digest {
                    digest.add(line);
                    digest.add(b"\n");
                    digest.count(&holds);
                }
                if std::mem::take(troubled) {
                    tracing::warn!("kafka: records arrive again");
                }
            }
            Err((error, _)) => {
                *lost += *holds;
                *reason = Some(plain(error));
            }
        }
    }
}

/// What an error says, without what the crate says about it.
pub(super) fn plain(error: &KafkaError) -> String {
    let text = match error.rdkafka_error_code() {
        Some(code) => code.to_string(),
        None => error.to_string(),
    };
    text.escape_debug().to_string()
}
