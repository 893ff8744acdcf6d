//! Neighbouring records on their way from whoever renders them to whoever writes them.

#[cfg(feature = "kafka")]
use super::Written;

/// What [`render`](super::render) makes of records: what it is, only the writer of the same format knows.
/// Emptied, it keeps its memory.
#[derive(Default)]
pub struct Rendered {
    /// Text; or, of IPFIX, data records.
    pub(super) bytes: Vec<u8>,
    /// Of lines of JSON: what each record holds, for whoever sends them one by one.
    #[cfg(feature = "kafka")]
    pub(super) each: Vec<Written>,
}

impl Rendered {
    /// Forgets the records.
    pub fn clear(&mut self) {
        self.bytes.clear();
        #[cfg(feature = "kafka")]
        self.each.clear();
    }

    /// Text, as it will be written; of a format that is none: bytes that mean nothing outside.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl From<&str> for Rendered {
    /// Text that is rendered already.
    fn from(text: &str) -> Self {
        let mut rendered = Self::default();
        rendered.bytes.extend_from_slice(text.as_bytes());
        rendered
    }
}
