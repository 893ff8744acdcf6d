//! JSON at the end of a buffer, member by member, without allocating.

use crate::export::pseudonym::Written;
use crate::export::text;
use crate::flow::Timestamp;

/// A line of JSON being written. Names are ours and need no escapes.
pub(super) struct Json<'a>(&'a mut Vec<u8>);

impl<'a> Json<'a> {
    /// Begins an object.
    pub(super) fn begin(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self(out)
    }

    /// Ends the object, and the line.
    pub(super) fn end(self) {
        self.0.extend_from_slice(b"}\n");
    }

    /// A name, with a comma before it unless it is the first of its object.
    fn name(&mut self, name: &str) -> &mut Vec<u8> {
        let out = &mut *self.0;
        if out.last() != Some(&b'{') {
            out.push(b',');
        }
        out.push(b'"');
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"\":");
        out
    }

    /// Begins an object in this one.
    pub(super) fn open(&mut self, name: &str) {
        self.name(name).push(b'{');
    }

    /// Ends it.
    pub(super) fn close(&mut self) {
        self.0.push(b'}');
    }

    /// A text that needs no escapes.
    pub(super) fn text(&mut self, name: &str, value: &str) {
        let out = self.name(name);
        out.push(b'"');
        out.extend_from_slice(value.as_bytes());
        out.push(b'"');
    }

    /// Likewise, if there is one.
    pub(super) fn maybe(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    /// JSON as it is.
    pub(super) fn raw(&mut self, name: &str, value: &str) {
        self.name(name).extend_from_slice(value.as_bytes());
    }

    pub(super) fn number(&mut self, name: &str, value: u64) {
        text::number(value, self.name(name));
    }

    /// A number as text.
    pub(super) fn digits(&mut self, name: &str, value: u64) {
        let out = self.name(name);
        out.push(b'"');
        text::number(value, out);
        out.push(b'"');
    }

    pub(super) fn truth(&mut self, name: &str, value: bool) {
        self.raw(name, if value { "true" } else { "false" });
    }

    pub(super) fn time(&mut self, name: &str, seen: Timestamp) {
        self.with(name, |out| text::time(seen, out));
    }

    pub(super) fn address(&mut self, name: &str, address: Written) {
        self.with(name, |out| text::address(address, out));
    }

    /// A text that somebody else writes, and that needs no escapes.
    pub(super) fn with(&mut self, name: &str, write: impl FnOnce(&mut Vec<u8>)) {
        let out = self.name(name);
        out.push(b'"');
        write(out);
        out.push(b'"');
    }

    /// A number that somebody else writes.
    pub(super) fn bare(&mut self, name: &str, write: impl FnOnce(&mut Vec<u8>)) {
        write(self.name(name));
    }

    pub(super) fn list(&mut self, name: &str, items: impl Iterator<Item = &'static str>) {
        let out = self.name(name);
        out.push(b'[');
        for (nth, item) in items.enumerate() {
            out.extend_from_slice(if nth > 0 { b",\"" } else { b"\"" });
            out.extend_from_slice(item.as_bytes());
            out.push(b'"');
        }
        out.push(b']');
    }

    pub(super) fn numbers(&mut self, name: &str, items: &[u16]) {
        let out = self.name(name);
        out.push(b'[');
        for (nth, item) in items.iter().enumerate() {
            if nth > 0 {
                out.push(b',');
            }
            text::number(u64::from(*item), out);
        }
        out.push(b']');
    }
}
