//! Keys made for a known secret: they must not make the table slow.

use super::*;
use crate::gate::Transport;

/// A secret under which every flow between these two ends has one hash, whatever its ports: the first word
/// that the hash multiplies becomes 0.
const SECRET: u64 = (ENDS ^ 0x9e37_79b9_7f4a_7c15).rotate_right(32);
const ENDS: u64 = 0x0800_0808 | 0xc000_0201 << 32;

/// The n-th of these flows.
fn packet(n: u32) -> Admitted {
    let transport = Transport {
        src_port: n as u16,
        dst_port: (n >> 16) as u16,
        has: Transport::PORTS,
        ..Transport::default()
    };
    Admitted::for_test(
        Timestamp::from_nanos(u64::from(n)),
        IpVersion::V4,
        17,
        (0x0800_0808, 0xc000_0201),
        transport,
        (40, 60),
        (Class::ForeignDomestic, 0),
        Path::DIRECT,
    )
}

#[test]
fn row_13_a_million_keys_with_one_hash_are_spread_by_another_secret() {
    const FLOWS: u32 = 1_000_000;
    let mut table = FlowTable::new(&Settings {
        idle: 60 * NANOS_PER_SEC,
        active: 300 * NANOS_PER_SEC,
        max_flows: 1 << 21,
        seed: SECRET,
    });
    let hash = |table: &FlowTable, n: u32| table.hash_key.hash(&key::Packet::new(&packet(n)).key());
    assert_eq!(
        hash(&table, 1),
        hash(&table, 77_777),
        "these keys are made for another hash"
    );
    for n in 0..FLOWS {
        table.add(&packet(n));
    }
    table.flush();
    assert_ne!(hash(&table, 1), hash(&table, 77_777));
    let far = (0..FLOWS).map(|at| {
        let key = table.entries.get(at).unwrap().key();
        table.index.distance(table.hash_key.hash(&key), at)
    });
    assert!(far.max() < Some(16));
    // Nothing is lost or counted twice on the way.
    for n in 0..FLOWS {
        table.add(&packet(n));
    }
    table.flush();
    assert_eq!(
        (table.live(), table.totals().packets),
        (FLOWS as usize, 2 * u64::from(FLOWS))
    );
    assert!(
        table
            .entries
            .iter()
            .all(|entry| Ended::new(*entry, 0).packets() == 2)
    );
}
