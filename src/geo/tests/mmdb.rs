//! A writer of small MaxMind-format databases (MaxMind DB File Format Specification 2.0), so that the
//! tests can make every shape that vendors ship.

use super::super::Prefix;

/// A value of a record.
#[derive(Clone)]
pub(super) enum Value {
    Text(&'static str),
    Flag(bool),
    Number(u32),
    Map(Vec<(&'static str, Value)>),
}

pub(super) fn map(entries: &[(&'static str, Value)]) -> Value {
    Value::Map(entries.to_vec())
}

/// `{key: {"iso_code": code}}`, as MaxMind has it.
pub(super) fn iso(key: &'static str, code: &'static str) -> (&'static str, Value) {
    (key, map(&[("iso_code", Value::Text(code))]))
}

/// A database of prefixes. IPv4 prefixes go under `::/96` of an IPv6 tree, and with `aliases` also
/// under the wrappers that MaxMind aliases.
pub(super) struct Database {
    pub(super) ip_version: u16,
    pub(super) aliases: bool,
    pub(super) built: u64,
    pub(super) records: Vec<(&'static str, Value)>,
}

impl Database {
    pub(super) fn new(records: &[(&'static str, Value)]) -> Self {
        Self {
            ip_version: 6,
            aliases: false,
            built: 1_790_000_000,
            records: records.to_vec(),
        }
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut data = Vec::new();
        // A node is two children; a child is a node, nothing, or a place in the data.
        let mut nodes: Vec<[Child; 2]> = vec![[Child::Nothing; 2]];
        for (prefix, value) in &self.records {
            let prefix: Prefix = prefix.parse().unwrap();
            let at = Child::Data(data.len());
            write(&mut data, value);
            let (bits, length) = match (prefix.range_v4(), prefix.range_v6()) {
                (Some((first, _)), _) if self.ip_version == 4 => {
                    (u128::from(first) << 96, usize::from(prefix.length()))
                }
                (Some((first, _)), _) => (u128::from(first), usize::from(prefix.length()) + 96),
                (_, Some((first, _))) => (first, usize::from(prefix.length())),
                (None, None) => unreachable!(),
            };
            insert(&mut nodes, bits, length, at);
        }
        if self.aliases {
            let start = subtree(&nodes, 0, 96);
            for (bits, length) in [
                (0x2002_u128 << 112, 16),
                (0xffff_u128 << 32, 96),
                (0x2001_u128 << 112, 32),
            ] {
                insert(&mut nodes, bits, length, start);
            }
        }
        let count = nodes.len();
        let mut out = Vec::new();
        for child in nodes.iter().flatten() {
            let number = match *child {
                Child::Nothing => count,
                Child::Node(node) => node,
                Child::Data(at) => count + 16 + at,
            };
            out.extend_from_slice(&(number as u32).to_be_bytes()[1..]);
        }
        out.extend_from_slice(&[0; 16]);
        out.append(&mut data);
        out.extend_from_slice(b"\xab\xcd\xefMaxMind.com");
        self.write_metadata(&mut out, count);
        out
    }

    fn write_metadata(&self, out: &mut Vec<u8>, nodes: usize) {
        out.push(0xe0 | 9);
        text(out, "binary_format_major_version");
        out.extend_from_slice(&[0xa1, 2]);
        text(out, "binary_format_minor_version");
        out.extend_from_slice(&[0xa0]);
        text(out, "build_epoch");
        out.extend_from_slice(&[0x08, 0x02]);
        out.extend_from_slice(&self.built.to_be_bytes());
        text(out, "database_type");
        text(out, "Test-Country");
        text(out, "description");
        out.push(0xe1);
        text(out, "en");
        text(out, "a test");
        text(out, "ip_version");
        out.extend_from_slice(&[0xa1, self.ip_version as u8]);
        text(out, "languages");
        out.extend_from_slice(&[0x00, 0x04]);
        text(out, "node_count");
        out.push(0xc4);
        out.extend_from_slice(&(nodes as u32).to_be_bytes());
        text(out, "record_size");
        out.extend_from_slice(&[0xa1, 24]);
    }
}

#[derive(Clone, Copy)]
enum Child {
    Nothing,
    Node(usize),
    Data(usize),
}

fn insert(nodes: &mut Vec<[Child; 2]>, bits: u128, length: usize, at: Child) {
    let mut node = 0;
    for depth in 0..length {
        let side = (bits >> (127 - depth)) as usize & 1;
        if depth + 1 == length {
            nodes[node][side] = at;
            return;
        }
        node = match nodes[node][side] {
            Child::Node(next) => next,
            other => {
                // A longer prefix inside a shorter one: the rest of the shorter keeps its data.
                nodes.push([other; 2]);
                let next = nodes.len() - 1;
                nodes[node][side] = Child::Node(next);
                next
            }
        };
    }
}

fn subtree(nodes: &[[Child; 2]], bits: u128, length: usize) -> Child {
    let mut at = Child::Node(0);
    for depth in 0..length {
        let Child::Node(node) = at else { return at };
        at = nodes[node][(bits >> (127 - depth)) as usize & 1];
    }
    at
}

fn write(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Text(value) => text(out, value),
        Value::Flag(flag) => out.extend_from_slice(&[u8::from(*flag), 0x07]),
        Value::Number(number) => {
            out.push(0xc4);
            out.extend_from_slice(&number.to_be_bytes());
        }
        Value::Map(entries) => {
            out.push(0xe0 | entries.len() as u8);
            for (key, value) in entries {
                text(out, key);
                write(out, value);
            }
        }
    }
}

fn text(out: &mut Vec<u8>, value: &str) {
    if value.len() < 29 {
        out.push(0x40 | value.len() as u8);
    } else {
        out.extend_from_slice(&[0x40 | 29, (value.len() - 29) as u8]);
    }
    out.extend_from_slice(value.as_bytes());
}

impl Database {
    /// The length of `{"country": {"iso_code": "JP"}}` in the data section.
    pub(super) fn record_len() -> usize {
        let mut out = Vec::new();
        write(&mut out, &map(&[iso("country", "JP")]));
        out.len()
    }
}
