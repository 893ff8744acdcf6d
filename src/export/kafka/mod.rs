//! A topic of a Kafka cluster as an output: a message for each record, keyed by the sensor.
//!
//! It must never count a record as written that no broker has acknowledged, and never hold up a capture: a
//! bounded queue in memory, then a bounded spool, then the newest are lost and counted. A replay waits. One
//! key is one partition, and the client numbers what it sends, so what is retried comes once and in order,
//! as long as this run lives; over runs a record is known by its sensor, start and seq.

mod reports;
mod spool;
#[cfg(test)]
mod tests;

use super::{Collector, Digested, Error, Figures, Format, Opening, Rendered, Topic, Written};
use crate::flow::Timestamp;
use rdkafka::config::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _, PurgeConfig};
use reports::{Reports, plain};
use spool::Spool;
use std::io;
use std::time::Duration;

/// KiB of records that the client holds, sent or not.
const QUEUE_KIB: u64 = 64 << 10;

/// Between two looks while something is waited for.
const STEP: Duration = Duration::from_millis(20);

/// For what has been reported already.
const GLANCE: Duration = Duration::from_millis(1);

/// How long a replay waits for the next record to arrive (guessed: a cluster that elects new leaders takes
/// up to half of it).
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a live run waits at its end: less than its writer is given.
const FAREWELL: Duration = Duration::from_secs(2);

/// An open topic.
pub(super) struct Kafka {
    topic: Topic,
    format: Format,
    sensor: String,
    is_live: bool,
    patience: Duration,
    config: ClientConfig,
    producer: BaseProducer<Reports>,
    reports: Reports,
    spool: Option<Spool>,
    /// All that was handed over.
    handed: Written,
    /// Of that, what neither the client nor the spool took.
    shed: Written,
    /// Why the last of it.
    reason: Option<String>,
    /// Lost records that were told of.
    told: u64,
    /// Records that had arrived when the last loss was told.
    failed_at: Option<u64>,
}

/// What became of a record that was offered to the client.
enum Offered {
    Taken,
    Full,
    Refused(String),
}

impl Kafka {
    pub(super) fn open(topic: &Topic, opening: &Opening) -> Result<Self, Error> {
        Self::with(settings(topic), topic, opening)
    }

    fn with(config: ClientConfig, topic: &Topic, opening: &Opening) -> Result<Self, Error> {
        let reports = Reports::new(opening.digest);
        let producer = produce(&config, &reports, topic)?;
        let spool = opening.spool.as_ref().filter(|_| opening.is_live);
        Ok(Self {
            topic: topic.clone(),
            format: opening.format,
            sensor: opening.sensor.clone(),
            is_live: opening.is_live,
            patience: PATIENCE,
            config,
            producer,
            reports,
            spool: spool.map(|place| Spool::new(place.folder.clone(), place.bytes)),
            handed: Written::default(),
            shed: Written::default(),
            reason: None,
            told: 0,
            failed_at: None,
        })
    }

    fn offer(&self, line: &[u8], holds: &Written) -> Offered {
        let record = BaseRecord::with_opaque_to(&self.topic.name, Box::new(*holds))
            .key(self.sensor.as_str())
            .payload(line);
        match self.producer.send(record) {
            Ok(()) => Offered::Taken,
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), _)) => Offered::Full,
            Err((error, _)) => Offered::Refused(plain(&error)),
        }
    }

    fn shed(&mut self, holds: &Written, reason: String) {
        self.shed += *holds;
        self.reason = Some(reason);
    }

    /// Of a capture: takes it somewhere, at once.
    fn take_or_shed(&mut self, line: &[u8], holds: &Written) {
        let waits = self.spool.as_ref().is_some_and(|spool| !spool.is_empty());
        match if waits {
            Offered::Full
        } else {
            self.offer(line, holds)
        } {
            Offered::Taken => {}
            Offered::Refused(reason) => self.shed(holds, reason),
            Offered::Full => match self.spool.as_mut().map(|spool| spool.append(line, holds)) {
                Some(true) => {}
                Some(false) => self.shed(holds, "the spool is full".to_owned()),
                None => self.shed(holds, "the queue is full".to_owned()),
            },
        }
    }

    /// Of a replay: waits until there is room.
    fn take_or_wait(&mut self, line: &[u8], holds: &Written) -> Result<(), Error> {
        let mut waited = Waited::default();
        loop {
            match self.offer(line, holds) {
                Offered::Taken => return Ok(()),
                Offered::Full => self.wait(&mut waited)?,
                // Of a client that has given up nothing more will come.
                Offered::Refused(_) if self.producer.client().fatal_error().is_some() => {
                    return Err(self.given_up());
                }
                Offered::Refused(reason) => {
                    self.shed(holds, reason);
                    return Ok(());
                }
            }
        }
    }

    /// Waits a little for reports; fails when for too long none has come.
    fn wait(&self, waited: &mut Waited) -> Result<(), Error> {
        self.producer.poll(STEP);
        let records = self.reports.records();
        match self.producer.client().fatal_error() {
            Some(_) => Err(self.given_up()),
            None if waited.longer_than(self.patience, records) => {
                let secs = self.patience.as_secs();
                let waiting = self.handed.records.saturating_sub(records);
                let reason = format!("{waiting} wait, none arrived in {secs} s");
                Err(self.failed("send records", reason))
            }
            None => Ok(()),
        }
    }

    /// From the spool to the client, as far as there is room.
    fn pump(&mut self) {
        while let Some(mut spool) = self.spool.take() {
            let goes_on = match spool.first() {
                Ok(None) => false,
                Ok(Some((line, holds))) => match self.offer(line, &holds) {
                    Offered::Full => false,
                    offered => {
                        if let Offered::Refused(reason) = offered {
                            self.shed(&holds, reason);
                        }
                        spool.take_first();
                        true
                    }
                },
                Err((holds, error)) => {
                    self.shed(&holds, error.to_string());
                    true
                }
            };
            self.spool = Some(spool);
            if !goes_on {
                return;
            }
        }
    }

    /// Brings to the disk what waits.
    fn spool(&mut self) {
        if let Some(Err((holds, error))) = self.spool.as_mut().map(Spool::flush) {
            self.shed(&holds, error.to_string());
        }
    }

    /// A client that has given up is replaced: what it held is lost.
    fn renew(&mut self) -> Result<(), Error> {
        let Some((_, reason)) = self.producer.client().fatal_error() else {
            return Ok(());
        };
        tracing::warn!("kafka: begun anew: {}", reason.escape_debug());
        // Dropped, the old one reports what it held.
        self.producer = produce(&self.config, &self.reports, &self.topic)?;
        Ok(())
    }

    fn lost(&self) -> Written {
        let mut lost = self.reports.reported().lost;
        lost += self.shed;
        lost
    }

    /// Tells of what was lost since it was last told.
    fn tell(&mut self) -> Result<(), Error> {
        let lost = self.lost().records;
        if std::mem::replace(&mut self.told, lost) == lost {
            return Ok(());
        }
        self.failed_at = Some(self.reports.reported().written.records);
        let reason = self.reason.take();
        let reason = reason.or_else(|| self.reports.reported().reason.clone());
        Err(self.failed("send records", reason.unwrap_or_default()))
    }

    fn given_up(&self) -> Error {
        let fatal = self.producer.client().fatal_error();
        let reason = fatal.map(|(_, reason)| reason).unwrap_or_default();
        self.failed("send records", reason.escape_debug().to_string())
    }

    fn failed(&self, what: &'static str, reason: String) -> Error {
        failed(what, &self.topic, reason)
    }

    /// Waits for the last records, as long as the kind of run lets it.
    fn wait_for_the_last(&mut self) -> Option<Error> {
        let steps = FAREWELL.as_millis() / STEP.as_millis();
        let mut waited = Waited::default();
        for step in 0.. {
            self.pump();
            let spooled = self.spool.as_ref().is_some_and(|spool| !spool.is_empty());
            if self.producer.in_flight_count() == 0 && !spooled {
                break;
            }
            match self.is_live {
                true if step >= steps => {
                    let gone = self.reports.records() + self.shed.records;
                    let waiting = self.handed.records.saturating_sub(gone);
                    let reason = format!("{waiting} did not arrive before the end");
                    return Some(self.failed("send records", reason));
                }
                true => self.producer.poll(STEP),
                false => {
                    if let Err(error) = self.wait(&mut waited) {
                        return Some(error);
                    }
                }
            }
        }
        None
    }
}

impl Collector for Kafka {
    fn take(&mut self, rendered: &Rendered, counts: &Written, _at: Timestamp) -> Result<(), Error> {
        self.handed += *counts;
        self.producer.poll(GLANCE);
        if self.is_live {
            self.pump();
        }
        let mut taken = Written::default();
        let lines = rendered.bytes.split_inclusive(|byte| *byte == b'\n');
        for (line, holds) in lines.zip(&rendered.each) {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            taken += *holds;
            if self.is_live {
                self.take_or_shed(line, holds);
            } else {
                self.take_or_wait(line, holds)?;
            }
        }
        let missing = counts.less(&taken);
        if missing != Written::default() {
            self.shed(&missing, "records without lines".to_owned());
        }
        self.spool();
        match self.is_live {
            true => self.tell(),
            false => Ok(()),
        }
    }

    fn tick(&mut self, _at: Timestamp) -> Result<(), Error> {
        self.producer.poll(GLANCE);
        self.renew()?;
        self.pump();
        self.spool();
        self.tell()
    }

    fn figures(&self) -> Figures {
        let lost = self.lost();
        let reported = self.reports.reported();
        Figures {
            written: reported.written,
            lost,
            bytes: reported.bytes,
            files: 0,
            // Brokers may be away: only when records are lost, until one arrives again.
            failing: self.failed_at == Some(reported.written.records),
        }
    }

    fn finish(mut self: Box<Self>) -> (Figures, Vec<Digested>, Option<Error>) {
        let mut error = self.wait_for_the_last();
        if error.is_some() {
            self.producer
                .purge(PurgeConfig::default().queue().inflight());
            for _ in 0..FAREWELL.as_millis() / STEP.as_millis() / 4 {
                if self.producer.in_flight_count() == 0 {
                    break;
                }
                self.producer.poll(STEP);
            }
        }
        if let (Err(told), None) = (self.tell(), &error) {
            match self.is_live {
                true => error = Some(told),
                // The others arrived: the run is done, and its books say what is lost.
                false => tracing::warn!("records are lost: {told}"),
            }
        }
        let mut figures = self.figures();
        // Also what is still in the spool, and what was purged and not reported.
        figures.lost = self.handed.less(&figures.written);
        figures.failing |= error.is_some();
        let digested = self.reports.reported().complete(self.format.id());
        (figures, digested.into_iter().collect(), error)
    }
}

/// A wait of many steps, in which nothing happens.
#[derive(Default)]
struct Waited {
    steps: u32,
    records: u64,
}

impl Waited {
    /// Whether so much time has passed without another record, of which there are so many.
    fn longer_than(&mut self, limit: Duration, records: u64) -> bool {
        self.steps = match std::mem::replace(&mut self.records, records) == records {
            true => self.steps + 1,
            false => 0,
        };
        STEP * self.steps >= limit
    }
}

fn settings(topic: &Topic) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", topic.brokers.join(","))
        .set("client.id", "sekisho")
        // Acknowledged by all replicas in sync, numbered by the client: neither gaps nor doubles within a run.
        .set("enable.idempotence", "true")
        .set("acks", "all")
        // The queue bounds what waits, not time.
        .set("message.timeout.ms", "0")
        .set("queue.buffering.max.kbytes", QUEUE_KIB.to_string())
        .set("queue.buffering.max.messages", "0")
        // The same partition for a key as clients in Java choose.
        .set("partitioner", "murmur2")
        .set("compression.type", "lz4")
        .set("linger.ms", "50")
        .set("socket.keepalive.enable", "true")
        .set("reconnect.backoff.max.ms", "5000");
    config
}

fn produce(
    config: &ClientConfig,
    reports: &Reports,
    topic: &Topic,
) -> Result<BaseProducer<Reports>, Error> {
    let producer = config.create_with_context(reports.clone());
    producer.map_err(|error| failed("make a client", topic, plain(&error)))
}

fn failed(what: &'static str, topic: &Topic, reason: String) -> Error {
    Error::Collector {
        what,
        target: super::Target::Kafka(topic.clone()).to_string(),
        source: io::Error::other(reason),
    }
}
