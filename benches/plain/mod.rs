//! What a flow table would be without ours: a `hashbrown` table of records no larger, with the
//! same hash of the same key. No timeouts, no ends of records, no eviction.

use foldhash::SharedSeed;
use foldhash::quality::FoldHasher;
use hashbrown::HashTable;
use sekisho::flow::{Admitted, Transport};
use std::hash::Hasher;

#[derive(Clone, Copy, PartialEq, Eq)]
struct Key {
    a: u128,
    b: u128,
    ports: [u16; 2],
    protocol: u8,
    version: u8,
}

struct Record {
    key: Key,
    start: u64,
    last: u64,
    tcp_flags: [u8; 2],
    packets: [u64; 2],
    bytes: [u64; 2],
    wire_bytes: [u64; 2],
}

const _: () = assert!(size_of::<Record>() <= 128);

pub(crate) struct PlainTable {
    seed: SharedSeed,
    records: HashTable<Record>,
}

impl Default for PlainTable {
    fn default() -> Self {
        Self {
            seed: SharedSeed::from_u64(99),
            records: HashTable::new(),
        }
    }
}

impl PlainTable {
    pub(crate) fn add(&mut self, packet: &Admitted) {
        let transport = packet.transport();
        let has_ports = transport.has & Transport::PORTS != 0;
        let ports = if has_ports {
            [transport.src_port, transport.dst_port]
        } else {
            [0; 2]
        };
        let (src, dst) = ((packet.src(), ports[0]), (packet.dst(), ports[1]));
        let from_b = src > dst;
        let key = Key {
            a: if from_b { dst.0 } else { src.0 },
            b: if from_b { src.0 } else { dst.0 },
            ports: if from_b {
                [dst.1, src.1]
            } else {
                [src.1, dst.1]
            },
            protocol: packet.protocol(),
            version: packet.version() as u8,
        };
        let seen = packet.seen().nanos();
        let seed = &self.seed;
        let mut entry = self
            .records
            .entry(
                hash(seed, &key),
                |record| record.key == key,
                |record| hash(seed, &record.key),
            )
            .or_insert_with(|| Record {
                key,
                start: seen,
                last: seen,
                tcp_flags: [0; 2],
                packets: [0; 2],
                bytes: [0; 2],
                wire_bytes: [0; 2],
            });
        let record = entry.get_mut();
        let way = usize::from(from_b);
        record.start = record.start.min(seen);
        record.last = record.last.max(seen);
        record.tcp_flags[way] |= transport.tcp_flags;
        record.packets[way] += 1;
        record.bytes[way] += u64::from(packet.ip_len());
        record.wire_bytes[way] += u64::from(packet.wire_len());
    }

    pub(crate) fn packets(&self) -> u64 {
        self.records.len() as u64
    }
}

fn hash(seed: &SharedSeed, key: &Key) -> u64 {
    let mut hasher = FoldHasher::with_seed(1, seed);
    hasher.write_u64(key.a as u64);
    hasher.write_u64((key.a >> 64) as u64);
    hasher.write_u64(key.b as u64);
    hasher.write_u64((key.b >> 64) as u64);
    hasher.write_u64(
        u64::from(key.ports[0])
            | u64::from(key.ports[1]) << 16
            | u64::from(key.protocol) << 32
            | u64::from(key.version) << 40,
    );
    hasher.finish()
}
