//! The rules on whole packet sequences: against a naive model, and ranges against one table.

use super::entry::Entry;
use super::key::Packet;
use super::*;
use crate::gate::Transport;
use proptest::prelude::*;
use std::collections::BTreeMap;

const SEC: u64 = NANOS_PER_SEC;
const SYN: u8 = 0x02;
const SYN_ACK: u8 = 0x12;
const ACK: u8 = 0x10;
const FIN: u8 = 0x11;
const RST: u8 = 0x04;

/// A TCP packet at nanosecond `seen` between hosts 1 and 2, the way back if `back`.
pub(crate) fn tcp(seen: u64, flow: u16, back: bool, tcp_flags: u8) -> Admitted {
    let transport = Transport {
        src_port: if back { 80 } else { 1000 + flow },
        dst_port: if back { 1000 + flow } else { 80 },
        tcp_flags,
        has: Transport::PORTS | Transport::TCP_FLAGS,
        ..Transport::default()
    };
    packet(seen, 6, back, transport)
}

fn packet(seen: u64, protocol: u8, back: bool, transport: Transport) -> Admitted {
    let (client, server) = (0xc000_0201, 0x0800_0808);
    Admitted::for_test(
        Timestamp::from_nanos(seen),
        IpVersion::V4,
        protocol,
        if back {
            (server, client)
        } else {
            (client, server)
        },
        transport,
        (40 + u32::from(back), 60),
        (
            if back {
                Class::ForeignDomestic
            } else {
                Class::DomesticForeign
            },
            0,
        ),
        Path::DIRECT,
    )
}

/// A UDP packet of the n-th flow.
pub(crate) fn a_udp_packet(n: u32) -> Admitted {
    let transport = Transport {
        src_port: n as u16,
        dst_port: (n >> 16) as u16 + 1,
        has: Transport::PORTS,
        ..Transport::default()
    };
    packet(5, 17, n & 1 == 0, transport)
}

pub(super) fn a_packet() -> Packet {
    Packet::new(&tcp(7, 1, false, SYN))
}

fn settings(idle: u64, active: u64, max_flows: usize) -> Settings {
    Settings {
        idle,
        active,
        max_flows,
        seed: 7,
    }
}

fn walk(table: &mut FlowTable, packets: &[Admitted]) {
    for packet in packets {
        table.advance(packet.seen());
        table.add(packet);
    }
}

/// All records of a run, finished as `export` does: joined where need be, in canonical order.
fn finish(table: FlowTable, mut ended: Vec<Ended>) -> Vec<(Entry, EndReason)> {
    let (settings, clock, disordered) = (*table.settings(), table.clock(), table.disordered());
    let (totals, _, live) = table.end(&mut ended);
    ended.extend(live.iter());
    assert_eq!(
        totals.packets,
        ended.iter().map(Ended::packets).sum::<u64>()
    );
    assert_eq!(
        totals.wire_bytes,
        ended.iter().map(Ended::wire_bytes).sum::<u64>()
    );
    assert_eq!(totals.bytes, ended.iter().map(Ended::bytes).sum::<u64>());
    assert_eq!(totals.ended, ended.len() as u64);
    ended.sort_by_key(|piece| (piece.key(), piece.order()));
    if disordered {
        ended.dedup_by(|later, before| before.join(later, &settings));
    }
    ended.sort_by_key(|piece| (piece.start(), piece.key(), piece.order()));
    ended
        .iter()
        .map(|piece| (piece.entry, piece.end_reason(&settings, clock)))
        .collect()
}

fn in_one(settings: &Settings, packets: &[Admitted]) -> Vec<(Entry, EndReason)> {
    let mut table = FlowTable::new(settings);
    walk(&mut table, packets);
    finish(table, Vec::new())
}

/// Packet counts and end reasons, in order.
fn records(settings: &Settings, packets: &[Admitted]) -> Vec<(u64, EndReason)> {
    in_one(settings, packets)
        .iter()
        .map(|(entry, reason)| (entry.packets(0) + entry.packets(1), *reason))
        .collect()
}

/// One record per run of packets of a flow, by the rule on two packets alone.
fn model(settings: &Settings, packets: &[Admitted]) -> Vec<Entry> {
    let mut flows: BTreeMap<Key, Vec<Entry>> = BTreeMap::new();
    for packet in packets.iter().map(Packet::new) {
        let flow = flows.entry(packet.key()).or_default();
        let slot = |seen: u64| seen / settings.active;
        match flow.last_mut() {
            Some(record)
                if record.last.abs_diff(packet.seen) < settings.idle
                    && slot(record.last) == slot(packet.seen)
                    && (packet.tcp_flags & SYN_ACK != SYN || record.last_syn()) =>
            {
                record.count(&packet);
            }
            _ => {
                let mut record = Entry::begin(&packet, PathId::DIRECT);
                record.count(&packet);
                flow.push(record);
            }
        }
    }
    let mut all: Vec<Entry> = flows.into_values().flatten().collect();
    all.sort_by_key(|entry| (entry.start, entry.key()));
    all
}

#[test]
fn records_end_where_this_table_says() {
    use EndReason::{Active, EndOfInput, Idle, TcpEnd};
    let settings = settings(60 * SEC, 300 * SEC, 100);
    let t = 3_000 * SEC; // a multiple of the active timeout
    let go = |seen: u64, back, flags| tcp(t + seen * SEC, 1, back, flags);
    let by = |nanos: u64, back, flags| tcp(t + nanos, 1, back, flags);
    for (story, packets, expected) in [
        ("one packet", vec![go(0, false, ACK)], vec![(1, EndOfInput)]),
        (
            "one nanosecond short of idle",
            vec![by(0, false, ACK), by(60 * SEC - 1, true, ACK)],
            vec![(2, EndOfInput)],
        ),
        (
            "idle to the nanosecond",
            vec![by(0, false, ACK), by(60 * SEC, true, ACK)],
            vec![(1, Idle), (1, EndOfInput)],
        ),
        (
            "the edge of a slot",
            vec![by(300 * SEC - 1, false, ACK), by(300 * SEC, false, ACK)],
            vec![(1, Active), (1, EndOfInput)],
        ),
        (
            "a SYN again",
            vec![go(0, false, SYN), go(1, false, SYN), go(3, false, SYN)],
            vec![(3, EndOfInput)],
        ),
        (
            "both open at once",
            vec![go(0, false, SYN), go(0, true, SYN), go(1, true, SYN_ACK)],
            vec![(3, EndOfInput)],
        ),
        (
            "a SYN after one FIN: the port is used again",
            vec![go(0, false, SYN), go(1, false, FIN), go(2, false, SYN)],
            vec![(2, TcpEnd), (1, EndOfInput)],
        ),
        (
            "a SYN after RST",
            vec![go(0, false, SYN), go(1, true, RST), go(2, false, SYN)],
            vec![(2, TcpEnd), (1, EndOfInput)],
        ),
        (
            "FIN from both sides, and what trickles in",
            vec![go(0, false, FIN), go(1, true, FIN), go(2, false, ACK)],
            vec![(3, TcpEnd)],
        ),
        (
            "FIN from one side, then silence",
            vec![
                go(0, false, FIN),
                go(0, false, ACK),
                tcp(t + 60 * SEC, 2, false, ACK),
            ],
            vec![(2, Idle), (1, EndOfInput)],
        ),
        (
            "SYN-ACK first, then the SYN late",
            vec![go(1, true, SYN_ACK), go(0, false, SYN)],
            vec![(2, EndOfInput)],
        ),
        (
            "time going back a little, and a lot",
            vec![
                go(100, false, ACK),
                go(50, true, ACK),
                go(300, true, ACK),
                go(110, true, ACK),
            ],
            vec![(2, Idle), (1, Idle), (1, EndOfInput)],
        ),
    ] {
        assert_eq!(records(&settings, &packets), expected, "{story}");
    }
}

#[test]
fn the_initiator_sent_the_first_syn_or_else_the_first_packet() {
    let settings = settings(60 * SEC, 300 * SEC, 100);
    // Host 1 with port 1001 is the client; (flags, back) and whether the client is the initiator
    for (packets, initiator, client) in [
        (vec![(SYN, false), (SYN_ACK, true)], Initiator::Syn, true),
        (vec![(SYN_ACK, true), (SYN, false)], Initiator::Syn, true),
        (vec![(SYN, true), (SYN, false)], Initiator::Syn, false),
        (vec![(ACK, true), (ACK, false)], Initiator::FirstSeen, false),
        (vec![(ACK, false), (ACK, true)], Initiator::FirstSeen, true),
        (vec![(SYN_ACK, true)], Initiator::FirstSeen, false),
    ] {
        let packets: Vec<_> = packets
            .into_iter()
            .map(|(flags, back)| tcp(5, 1, back, flags))
            .collect();
        let mut ended = Vec::new();
        let mut table = FlowTable::new(&settings);
        walk(&mut table, &packets);
        let (_, _, live) = table.end(&mut ended);
        ended.extend(live.iter());
        let [record] = ended[..] else {
            panic!("{} records", ended.len())
        };
        assert_eq!(record.initiator(), initiator);
        assert_eq!(record.src().port == 1001, client);
        assert_eq!(record.dst().port == 80, client);
        let class = if client {
            Class::DomesticForeign
        } else {
            Class::ForeignDomestic
        };
        assert_eq!(record.class(), class);
        // 40 bytes from the client, 41 from the server
        let client_side = if client { record.src() } else { record.dst() };
        assert_eq!(client_side.bytes, 40 * client_side.packets);
    }
}

#[test]
fn icmp_has_no_ports_and_keeps_the_first_type() {
    let icmp = |kind, back| {
        let transport = Transport {
            src_port: 9,
            icmp_type: kind,
            has: Transport::ICMP,
            ..Transport::default()
        };
        packet(5, 1, back, transport)
    };
    let mut ended = Vec::new();
    let mut table = FlowTable::new(&settings(SEC, SEC, 1));
    walk(&mut table, &[icmp(8, true), icmp(0, false)]);
    let (_, _, live) = table.end(&mut ended);
    ended.extend(live.iter());
    assert_eq!(ended.len(), 1);
    assert_eq!(ended[0].icmp(), Some((8, 0)));
    assert_eq!((ended[0].src().port, ended[0].dst().port), (0, 0));
}

#[test]
fn a_full_table_evicts_half_open_flows_first_and_then_the_oldest() {
    let settings = settings(600 * SEC, 6_000 * SEC, 4);
    let mut packets = Vec::new();
    for flow in [3, 1, 2] {
        packets.push(tcp(u64::from(flow), flow, false, ACK));
        packets.push(tcp(u64::from(flow) + 10, flow, true, ACK));
    }
    packets.push(tcp(100, 4, false, SYN));
    packets.push(tcp(101, 4, false, SYN));
    packets.push(tcp(102, 5, false, ACK)); // evicts 4: nothing but SYNs
    packets.push(tcp(103, 6, false, ACK)); // evicts 5: a single packet
    packets.push(tcp(104, 6, true, ACK));
    packets.push(tcp(105, 7, false, ACK)); // evicts 1: the oldest
    let evicted: Vec<u16> = in_one(&settings, &packets)
        .iter()
        .filter(|(_, reason)| *reason == EndReason::Evicted)
        .map(|(entry, _)| entry.key().a.1.max(entry.key().b.1) - 1000)
        .collect();
    assert_eq!(evicted, [1, 4, 5]);
}

#[test]
fn a_batch_of_a_sixteenth_is_evicted_whatever_the_order_in_the_table() {
    let settings = settings(600 * SEC, 6_000 * SEC, 64);
    let evicted = |order: &mut dyn Iterator<Item = u16>, seed| {
        let mut table = FlowTable::new(&Settings { seed, ..settings });
        // All at the same moment: the key decides.
        for flow in order {
            table.add(&tcp(SEC, flow, false, ACK));
        }
        table.add(&tcp(2 * SEC, 999, false, ACK));
        table.flush();
        assert_eq!((table.live(), table.totals().evicted), (61, 4));
        let mut ended = Vec::new();
        table.take_ended(&mut ended);
        let mut keys: Vec<_> = ended.iter().map(Ended::key).collect();
        keys.sort_unstable();
        keys
    };
    let rising = evicted(&mut (0..64), 1);
    assert_eq!(rising, evicted(&mut (0..64).rev(), 2));
    let ports: Vec<_> = rising.iter().map(|key| key.b.1).collect();
    assert_eq!(ports, [1000, 1001, 1002, 1003]);
}

#[test]
fn spilled_records_come_back_as_they_were() {
    let mut entry = Entry::begin(&a_packet(), PathId::from_bits(77));
    entry.count(&a_packet());
    let ended = Ended::new(entry, 1 << 41).superseded();
    assert_eq!(Ended::from_bytes(&ended.to_bytes()), Some(ended));
    let mut wrong = ended.to_bytes();
    wrong[13] = 5; // an IP version that does not exist
    assert_eq!(Ended::from_bytes(&wrong), None);
}

#[test]
fn sums_go_on_beyond_32_bits() {
    let lengths = |way: bool| (u32::MAX - u32::from(way), u32::MAX / 2 + u32::from(way));
    let packets = [false, true].map(|way| {
        let (ip_len, wire_len) = lengths(way);
        Packet {
            ip_len,
            wire_len,
            from_b: way,
            ..a_packet()
        }
    });
    let mut entry = Entry::begin(&a_packet(), PathId::DIRECT);
    let mut twice = entry;
    for count in 1..=9_u64 {
        for (way, packet) in packets.iter().enumerate() {
            entry.count(packet);
            let (ip_len, wire_len) = lengths(way == 1);
            assert_eq!(entry.packets(way), count);
            assert_eq!(entry.bytes(way), count * u64::from(ip_len));
            assert_eq!(entry.wire_bytes(way), count * u64::from(wire_len));
        }
    }
    twice.append(&entry);
    twice.append(&entry);
    for way in 0..2 {
        assert_eq!(twice.packets(way), 2 * entry.packets(way));
        assert_eq!(twice.bytes(way), 2 * entry.bytes(way));
        assert_eq!(twice.wire_bytes(way), 2 * entry.wire_bytes(way));
    }
}

#[test]
fn a_million_flows_cost_at_most_160_bytes_each() {
    let flows = 1_000_000;
    let mut table = FlowTable::new(&settings(600 * SEC, 6_000 * SEC, flows));
    for flow in 0..flows as u32 {
        let transport = Transport {
            src_port: flow as u16,
            dst_port: (flow >> 16) as u16 + 1,
            has: Transport::PORTS,
            ..Transport::default()
        };
        table.add(&packet(5, 17, false, transport));
    }
    table.flush();
    assert_eq!(table.live(), flows);
    let memory = table.memory();
    let each = (memory.entries + memory.index) as f64 / flows as f64;
    println!("{each:.1} bytes a flow: {memory:?}");
    assert!(each <= 160.0, "{each}");
}

/// Flow, way, flags, and how time moves from the packet before, in half seconds.
type Step = (u16, bool, u8, i64);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let flags = prop_oneof![
        3 => Just(ACK),
        2 => Just(SYN),
        1 => Just(SYN_ACK),
        1 => Just(FIN),
        1 => Just(RST),
    ];
    let time = prop_oneof![
        12 => 0..4i64,
        3 => 4..50i64,
        1 => 50..400i64,
        2 => -8..0i64,
    ];
    let jump_back = prop_oneof![4 => Just(0i64), 1 => Just(1i64)];
    let step = (0..6u16, any::<bool>(), flags, time);
    (prop::collection::vec(step, 0..150), jump_back, 0..400i64).prop_map(
        |(mut steps, jump, far)| {
            // One sequence in five is badly out of order somewhere.
            let middle = steps.len() / 2;
            if let Some(step) = steps.get_mut(middle) {
                step.3 -= jump * far;
            }
            steps
        },
    )
}

fn packets_of(steps: &[Step]) -> Vec<Admitted> {
    let mut now: i64 = 2_000;
    steps
        .iter()
        .map(|(flow, back, flags, time)| {
            now = (now + time).max(0);
            tcp(now as u64 * (SEC / 2), *flow, *back, *flags)
        })
        .collect()
}

fn timeouts() -> impl Strategy<Value = (u64, u64)> {
    (
        prop::sample::select(vec![SEC, 3 * SEC, 20 * SEC, 60 * SEC, u64::MAX]),
        prop::sample::select(vec![2 * SEC, 30 * SEC, 300 * SEC, u64::MAX]),
    )
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn one_table_gives_what_the_rule_gives(steps in steps(), (idle, active) in timeouts()) {
        let packets = packets_of(&steps);
        let settings = settings(idle, active, 1_000);
        let got: Vec<Entry> = in_one(&settings, &packets).into_iter().map(|(entry, _)| entry).collect();
        prop_assert_eq!(got, model(&settings, &packets));
    }

    #[test]
    fn ranges_give_what_one_table_gives(
        steps in steps(),
        (idle, active) in timeouts(),
        max_flows in prop::sample::select(vec![1, 2, 3, 4, 5, 6, 100]),
        cuts in prop::collection::vec(0..150usize, 0..4),
        take_every in 1..20usize,
    ) {
        let packets = packets_of(&steps);
        let settings = settings(idle, active, max_flows);
        let mut bounds: Vec<usize> = cuts.into_iter().map(|cut| cut.min(packets.len())).collect();
        bounds.extend([0, packets.len()]);
        bounds.sort_unstable();

        let mut first = FlowTable::new(&settings);
        let mut ended = Vec::new();
        for (nth, range) in bounds.windows(2).enumerate() {
            let range = &packets[range[0]..range[1]];
            if nth == 0 {
                walk(&mut first, range);
                continue;
            }
            let mut later = first.for_range(nth as u32);
            let mut taken = Vec::new();
            for packets in range.chunks(take_every) {
                walk(&mut later, packets);
                later.take_ended(&mut taken);
            }
            if first.fits(&mut later) {
                first.absorb(later);
                ended.append(&mut taken);
            } else {
                walk(&mut first, range);
            }
            first.take_ended(&mut ended);
        }
        let mut one = FlowTable::new(&settings);
        walk(&mut one, &packets);
        one.flush();
        first.flush();
        prop_assert_eq!(one.live(), first.live());
        prop_assert_eq!(one.disordered(), first.disordered());
        prop_assert_eq!(finish(first, ended), finish(one, Vec::new()));
    }

    #[test]
    fn the_hash_secret_changes_nothing(steps in steps(), seed: u64, max_flows in 1..7usize) {
        let packets = packets_of(&steps);
        let settings = settings(20 * SEC, 30 * SEC, max_flows);
        prop_assert_eq!(
            in_one(&settings, &packets),
            in_one(&Settings { seed, ..settings }, &packets)
        );
    }

    #[test]
    fn swapping_the_ends_changes_only_who_is_who(steps in steps()) {
        let settings = settings(20 * SEC, 30 * SEC, 100);
        let packets = packets_of(&steps);
        let turned: Vec<Step> = steps.iter().map(|(flow, back, flags, time)| (*flow, !back, *flags, *time)).collect();
        let turned = packets_of(&turned);
        let there = in_one(&settings, &packets);
        let back = in_one(&settings, &turned);
        prop_assert_eq!(there.len(), back.len());
        for ((one, why), (other, why_too)) in there.iter().zip(&back) {
            prop_assert_eq!(why, why_too);
            prop_assert_eq!((one.start, one.end, one.key()), (other.start, other.end, other.key()));
            prop_assert_eq!(one.packets(0), other.packets(1));
            prop_assert_eq!(one.packets(1), other.packets(0));
        }
    }
}
