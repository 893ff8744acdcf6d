//! A file that is begun: what is encoded waits in memory until the disk has taken it, and the footer comes
//! last. Before that nobody can read it.

use super::columns::write;
use super::row::Rows;
use crate::export::digest::{Digest, Digested};
use crate::export::part::{Part, failed};
use crate::export::{Error, IpEncoding, LedgerPlace, Opening, Written};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterPropertiesPtr;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::TypePtr;
use std::io;
use std::path::PathBuf;

/// What all files of a run are written with.
pub(super) struct Making {
    pub(super) schema: TypePtr,
    pub(super) properties: WriterPropertiesPtr,
    pub(super) ip: IpEncoding,
    pub(super) sensor: String,
    pub(super) ledger: Option<LedgerPlace>,
    /// Whether digests are wanted.
    pub(super) digest: bool,
}

/// A file under its temporary name.
pub(super) struct Begun {
    part: Part,
    writer: SerializedFileWriter<Vec<u8>>,
    /// Encoded, and not on the disk.
    waiting: Vec<u8>,
    holds: Written,
    digest: Option<Digest>,
    tables: Vec<String>,
    authorisations: Vec<String>,
}

/// A file that is complete and has its temporary name still.
pub(super) struct Whole {
    pub(super) path: PathBuf,
    pub(super) temporary: PathBuf,
    pub(super) holds: Written,
    pub(super) digest: Option<Digested>,
    /// Open, so that nobody takes it for what a killed run left.
    pub(super) held: Option<Part>,
}

impl Making {
    /// # Errors
    /// None that is known; see [`super::columns`].
    pub(super) fn new(opening: &Opening) -> Result<Self, ParquetError> {
        Ok(Self {
            schema: super::columns::schema(opening.ip_encoding)?,
            properties: super::columns::properties()?.into(),
            ip: opening.ip_encoding,
            sensor: opening.sensor.clone(),
            ledger: opening.ledger.clone(),
            digest: opening.digest,
        })
    }
}

impl Begun {
    /// Begins a file.
    ///
    /// # Errors
    /// None that is known: so far everything is in memory.
    pub(super) fn new(part: Part, making: &Making) -> Result<Self, Error> {
        let (schema, properties) = (making.schema.clone(), making.properties.clone());
        let writer = SerializedFileWriter::new(Vec::new(), schema, properties);
        let writer = writer.map_err(|error| {
            part.remove();
            encoding(&part, error)
        })?;
        Ok(Self {
            writer,
            part,
            waiting: Vec::new(),
            holds: Written::default(),
            digest: Digest::wanted(making.digest),
            tables: Vec::new(),
            authorisations: Vec::new(),
        })
    }

    /// Bytes so far.
    pub(super) fn len(&self) -> u64 {
        self.part.len() + self.waiting.len() as u64
    }

    /// Bytes of it that wait in memory.
    pub(super) fn waits(&self) -> usize {
        self.waiting.len()
    }

    /// Records in it, counted.
    pub(super) const fn holds(&self) -> Written {
        self.holds
    }

    /// Encodes a row group.
    ///
    /// # Errors
    /// [`Error::Output`]: the file is of no more use.
    pub(super) fn add(
        &mut self,
        rows: &Rows,
        counts: Written,
        making: &Making,
    ) -> Result<(), Error> {
        let encoded = (|| {
            let mut group = self.writer.next_row_group()?;
            write(rows, making.ip, &mut group)?;
            group.close()?;
            self.take_encoded()
        })();
        encoded.map_err(|error| encoding(&self.part, error))?;
        self.holds += counts;
        for shared in rows.shared() {
            note(&mut self.tables, &shared.table);
            note(&mut self.authorisations, &shared.authorisation);
        }
        Ok(())
    }

    /// Encodes the footer.
    ///
    /// # Errors
    /// As [`Self::add`].
    pub(super) fn close(&mut self, making: &Making) -> Result<(), Error> {
        let facts = self.facts(making);
        for (key, value) in facts {
            let key = format!("sekisho.{key}");
            self.writer
                .append_key_value_metadata(KeyValue::new(key, value));
        }
        let encoded = self.writer.finish().and_then(|_| self.take_encoded());
        encoded.map_err(|error| encoding(&self.part, error))
    }

    /// What its footer says of the file.
    fn facts(&self, making: &Making) -> Vec<(&'static str, String)> {
        let mut facts = vec![
            ("schema", "sekisho.flow.v1".to_owned()),
            ("sensor", making.sensor.clone()),
            ("geo", self.tables.join(",")),
            ("authorisation", self.authorisations.join(";")),
            ("records", self.holds.records.to_string()),
            ("packets", self.holds.packets.to_string()),
            ("wire_bytes", self.holds.wire_bytes.to_string()),
        ];
        if let Some(LedgerPlace { name, entries }) = &making.ledger {
            facts.push(("ledger", name.clone()));
            facts.extend(entries.map(|entries| ("ledger_entries", entries.to_string())));
        }
        facts
    }

    fn take_encoded(&mut self) -> Result<(), ParquetError> {
        self.writer.flush()?;
        self.waiting.append(self.writer.inner_mut());
        Ok(())
    }

    /// Writes what waits; how many bytes that were.
    ///
    /// # Errors
    /// [`Error::Output`]: it waits on, and may be tried again.
    pub(super) fn write(&mut self) -> Result<u64, Error> {
        if self.waiting.is_empty() {
            return Ok(0);
        }
        self.part.append(&self.waiting)?;
        if let Some(digest) = &mut self.digest {
            digest.add(&self.waiting);
        }
        let written = self.waiting.len() as u64;
        self.waiting.clear();
        Ok(written)
    }

    /// Makes it durable. Nothing more may wait then.
    ///
    /// # Errors
    /// [`Error::Output`]: nobody knows what of it is on the disk.
    pub(super) fn sync(&mut self) -> Result<(), Error> {
        self.part.sync()
    }

    /// It is complete but for its name.
    pub(super) fn into_whole(self) -> Whole {
        let digest = self.digest.map(|mut digest| {
            digest.count(&self.holds);
            digest.complete("parquet")
        });
        Whole {
            path: self.part.path().to_owned(),
            temporary: self.part.temporary().to_owned(),
            holds: self.holds,
            digest,
            held: Some(self.part),
        }
    }

    /// Takes it away.
    pub(super) fn remove(&self) {
        self.part.remove();
    }
}

fn note(known: &mut Vec<String>, new: &str) {
    if !known.iter().any(|one| one == new) {
        known.push(new.to_owned());
    }
}

fn encoding(part: &Part, error: ParquetError) -> Error {
    failed("encode records for", part.path())(io::Error::other(error))
}
