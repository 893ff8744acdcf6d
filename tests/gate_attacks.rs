//! What an attacker, or bad luck, might try to bring a domestic pair past the gate: headers cut short by
//! fragments and snap lengths, lengths that lie, quotes, two homes, ambiguous pseudowires, fragments
//! that overwrite each other. Each packet here carries, or could carry, a pair at home in some layer.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail, and says why"
)]

use sekisho::demo::encap::{Wrap, mpls};
use sekisho::demo::extensions::{fragments, home_address, hop_by_hop, routing};
use sekisho::demo::link::{Link, ethernet};
use sekisho::demo::packet::{Ends, Ip, Kind, Pdu, icmp, icmp_error, ip, udp};
use sekisho::demo::places::{self, Place};
use sekisho::demo::rng::Rng;
use sekisho::fate::{Fate, Reason};
use sekisho::flow;
use sekisho::gate::{Authorisation, Policy};
use sekisho::geo::{self, Table};
use sekisho::lane::{self, Lane};
use sekisho::source::Frame;
use sekisho::time::Timestamp;
use std::sync::{Arc, LazyLock};

const MACS: [u8; 12] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];
static TABLE: LazyLock<Arc<Table>> =
    LazyLock::new(|| Arc::new(Table::build(&geo::Settings::default()).expect("a table")));

struct Road {
    lane: Lane,
    rng: Rng,
}

impl Road {
    fn new() -> Self {
        Self::with(Arc::clone(&TABLE))
    }

    fn with(table: Arc<Table>) -> Self {
        let lane = Lane::new(&lane::Settings {
            table,
            policy: Policy::new(Authorisation::ALL),
            flow: flow::Settings {
                idle: 1 << 40,
                active: 1 << 50,
                max_flows: 1 << 20,
                seed: 1,
            },
        });
        Self {
            lane,
            rng: Rng::new(7),
        }
    }

    fn ends(&mut self, src: Place, dst: Place, is_v6: bool) -> Ends {
        let src = places::address(src, is_v6, &mut self.rng);
        Ends::new(src, places::address(dst, is_v6, &mut self.rng))
    }

    fn abroad(&mut self, is_v6: bool) -> Ends {
        self.ends(Place::Abroad, Place::Abroad, is_v6)
    }

    fn home(&mut self, is_v6: bool) -> Ends {
        self.ends(Place::Home, Place::Home, is_v6)
    }

    fn wrap(&mut self, wrap: Wrap, outer: Ends, inner: Pdu) -> Pdu {
        wrap.wrap(outer, MACS, inner, &mut self.rng)
    }

    fn pass(&mut self, packet: Pdu) -> Fate {
        self.pass_cut(packet, usize::MAX, 0)
    }

    fn pass_cut(&mut self, packet: Pdu, snap: usize, seconds: u64) -> Fate {
        let (link, bytes) = Link::Ethernet.frame(MACS, packet);
        self.lane.pass(&Frame {
            seen: Timestamp::from_parts(1_760_000_000 + seconds, 0),
            wire_len: bytes.len() as u32,
            link,
            bytes: &bytes[..snap.min(bytes.len())],
        })
    }
}

fn datagram(ends: Ends) -> Pdu {
    ip(ends, udp(ends, 40_000, 40_001, &[0x55; 64]))
}

fn passed(fate: Fate) -> bool {
    matches!(fate, Fate::Admitted(_))
}

/// What the outermost IP header carries, and its ends.
fn inside(packet: &Pdu, protocol: u8) -> Pdu {
    let header = if packet.kind == Kind::Ipv6 { 40 } else { 20 };
    Pdu::new(Kind::Protocol(protocol), packet.bytes[header..].to_vec())
}

const OVER_UDP: [Wrap; 4] = [Wrap::Vxlan, Wrap::Geneve, Wrap::Gtpu, Wrap::Gre];

#[test]
fn no_fragment_of_a_tunnel_with_a_domestic_pair_passes_however_it_is_cut() {
    let mut road = Road::new();
    for wrap in OVER_UDP {
        for is_v6 in [false, true] {
            for size in [8, 16, 24, 32, 40, 48, 56, 64, 72] {
                let (around, inner) = (road.abroad(is_v6), road.home(false));
                let packet = road.wrap(wrap, around, datagram(inner));
                let protocol = if wrap == Wrap::Gre { 47 } else { 17 };
                let whole = inside(&packet, protocol);
                for part in fragments(around, 77, &whole, size) {
                    assert!(!passed(road.pass(part)), "{wrap:?} v6 {is_v6} by {size}");
                }
            }
        }
    }
}

#[test]
fn fragments_of_a_foreign_tunnel_pass_where_the_first_shows_its_addresses() {
    let mut road = Road::new();
    for wrap in OVER_UDP {
        let (around, inner) = (road.abroad(false), road.abroad(false));
        let packet = road.wrap(wrap, around, datagram(inner));
        let protocol = if wrap == Wrap::Gre { 47 } else { 17 };
        for part in fragments(around, 78, &inside(&packet, protocol), 96) {
            assert!(passed(road.pass(part)), "{wrap:?}");
        }
    }
}

#[test]
fn no_snap_length_lets_a_tunnel_with_a_domestic_pair_pass() {
    let mut road = Road::new();
    for wrap in Wrap::ALL {
        let (around, inner) = (road.abroad(false), road.home(true));
        let packet = road.wrap(wrap, around, datagram(inner));
        // Where not even the ports are there, nothing says that UDP is a tunnel.
        for snap in 38..packet.bytes.len() + 14 {
            let fate = road.pass_cut(packet.clone(), snap, 0);
            assert!(!passed(fate), "{wrap:?} at {snap}: {fate:?}");
        }
    }
}

#[test]
fn a_later_fragment_that_overwrites_the_first_is_turned_back() {
    let mut road = Road::new();
    let (around, inner) = (road.abroad(false), road.abroad(false));
    let packet = road.wrap(Wrap::Vxlan, around, datagram(inner));
    let parts = fragments(around, 5, &inside(&packet, 17), 96);
    assert!(passed(road.pass(parts[0].clone())));
    let mut over = Ip::new(around);
    (over.id, over.offset) = (5, 3);
    let rewritten = over.carry(Pdu::new(Kind::Protocol(17), vec![0x11; 80]));
    assert_eq!(road.pass(rewritten), Fate::Excluded(Reason::Fragment));
    assert!(passed(road.pass(parts[1].clone())));
}

#[test]
fn an_identification_that_comes_again_does_not_free_an_excluded_datagram() {
    let mut road = Road::new();
    let around = road.abroad(false);
    let (home, abroad) = (road.home(false), road.abroad(false));
    let domestic = road.wrap(Wrap::Vxlan, around, datagram(home));
    let foreign = road.wrap(Wrap::Vxlan, around, datagram(abroad));
    let domestic = fragments(around, 6, &inside(&domestic, 17), 96);
    let foreign = fragments(around, 6, &inside(&foreign, 17), 96);
    assert!(!passed(road.pass(domestic[0].clone())));
    assert!(passed(road.pass(foreign[0].clone())));
    assert!(!passed(road.pass(domestic[1].clone())));
    // Half a minute later it is forgotten.
    assert!(passed(road.pass_cut(foreign[0].clone(), 999, 30)));
    assert!(!passed(road.pass_cut(domestic[1].clone(), 999, 30)));
    assert!(passed(road.pass_cut(foreign[1].clone(), 999, 31)));
    assert!(!passed(road.pass_cut(foreign[1].clone(), 999, 61)));
}

#[test]
fn two_hosts_away_from_home_are_judged_by_both_homes() {
    let mut road = Road::new();
    let (around, homes) = (road.abroad(true), road.home(true));
    let (a, b) = homes.v6();
    let segment = udp(around, 40_000, 40_001, b"roaming");
    let both = home_address(a, routing(2, 1, &[b], segment.clone()));
    assert!(!passed(road.pass(ip(around, both))));
    let other_order = routing(2, 1, &[b], home_address(a, segment.clone()));
    assert!(!passed(road.pass(ip(around, other_order))));
    let one = home_address(a, segment);
    assert!(passed(road.pass(ip(around, one))));
}

#[test]
fn options_before_a_payload_length_of_zero_hide_nothing() {
    let mut road = Road::new();
    let (around, inner) = (road.abroad(true), road.home(true));
    let mut packet = ip(around, hop_by_hop(datagram(inner)));
    assert!(!passed(road.pass(packet.clone())));
    packet.bytes[4..6].fill(0);
    assert!(!passed(road.pass(packet)));
}

#[test]
fn what_an_error_quotes_is_judged_with_all_its_layers() {
    let mut road = Road::new();
    for is_v6 in [false, true] {
        let kind = if is_v6 { 1 } else { 3 };
        let around = road.abroad(is_v6);
        for wrap in [Wrap::Ip, Wrap::Gre, Wrap::Vxlan, Wrap::Geneve] {
            let (tunnel, inner) = (road.abroad(is_v6), road.home(false));
            let quoted = road.wrap(wrap, tunnel, datagram(inner));
            let error = ip(around, icmp(around, kind, 1, 0, &quoted.bytes));
            assert!(!passed(road.pass(error)), "{wrap:?}");
            let inner = road.abroad(false);
            let quoted = road.wrap(wrap, tunnel, datagram(inner));
            let error = ip(around, icmp(around, kind, 1, 0, &quoted.bytes));
            assert!(passed(road.pass(error)), "{wrap:?}");
        }
    }
}

#[test]
fn a_quote_that_was_cut_or_changed_still_counts() {
    let mut road = Road::new();
    let (around, inner) = (road.abroad(false), road.home(false));
    let mut quoted = datagram(inner);
    // A total length below the header's: some senders quote it in their own byte order.
    quoted.bytes[2..4].copy_from_slice(&[0, 3]);
    let error = ip(around, icmp_error(around, 3, 1, &quoted));
    assert!(!passed(road.pass(error.clone())));
    for snap in 34..error.bytes.len() + 14 {
        assert!(!passed(road.pass_cut(error.clone(), snap, 0)), "at {snap}");
    }
    let whole = inside(&error, 1);
    for size in [8, 16, 24, 32] {
        for part in fragments(around, 9, &whole, size).into_iter().take(3) {
            assert!(!passed(road.pass(part)), "by {size}");
        }
    }
    // A later fragment with the quoted addresses alone.
    let later = fragments(around, 10, &whole, 8).swap_remove(2);
    assert!(!passed(road.pass(later)));
}

#[test]
fn a_pseudowire_hides_nothing_behind_its_first_nibble() {
    let mut road = Road::new();
    for first in 0..=255_u8 {
        for word in [false, true] {
            let (around, inner) = (road.abroad(false), road.home(false));
            let mut macs = MACS;
            macs[0] = first;
            let mut frame = ethernet(macs, datagram(inner));
            if word {
                frame.bytes.splice(0..0, [0; 4]);
            }
            let stack = mpls(&[17], Pdu::new(Kind::Ethernet, frame.bytes));
            let fate = road.pass(ip(around, stack));
            assert!(!passed(fate), "{first:02x}, control word {word}: {fate:?}");
        }
    }
}

#[test]
fn a_number_that_nobody_knows_is_no_proof_inside_a_tunnel() {
    let mut road = Road::new();
    let (around, inner) = (road.abroad(false), road.home(false));
    let hidden = Pdu::new(Kind::EtherType(0x9999), datagram(inner).bytes);
    for wrap in [Wrap::Vxlan, Wrap::Geneve, Wrap::Gre] {
        let frame = ethernet(MACS, hidden.clone());
        let fate = road.pass(wrap.wrap(around, MACS, frame, &mut Rng::new(1)));
        assert_eq!(fate, Fate::Excluded(Reason::TooDeep), "{wrap:?}");
    }
}

#[test]
fn indications_in_any_order_are_stepped_over() {
    let mut road = Road::new();
    let (around, inner) = (road.abroad(false), road.home(true));
    let authentication = [0, 1, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0];
    let origin = [0, 0, 1, 2, 3, 4, 5, 6];
    for first in [&origin[..], &authentication] {
        for second in [&origin[..], &authentication] {
            let inner = datagram(inner).bytes;
            let payload = [first, second, &inner].concat();
            let packet = ip(around, udp(around, 40_000, 3544, &payload));
            assert!(!passed(road.pass(packet)));
        }
    }
}

#[test]
fn only_the_outermost_pair_within_declared_softwires_is_let_go() {
    let mut road = Road::new();
    let (home, half) = (road.home(true), road.ends(Place::Home, Place::Home, true));
    let (a, b) = home.v6();
    let settings = geo::Settings {
        softwire_prefixes: [a, b]
            .iter()
            .map(|end| format!("{end}/128").parse().expect("a prefix"))
            .collect(),
        ..geo::Settings::default()
    };
    let mut wired = Road::with(Arc::new(Table::build(&settings).expect("a table")));
    let (foreign, domestic) = (road.abroad(false), road.home(false));
    let through = |outer: Ends, inner: Ends| ip(outer, datagram(inner));
    // Not declared: excluded.
    assert!(!passed(road.pass(through(home, foreign))));
    // Declared at both ends: the inner layer decides.
    assert!(passed(wired.pass(through(home, foreign))));
    assert!(passed(wired.pass(through(home.reversed(), foreign))));
    assert!(!passed(wired.pass(through(home, domestic))));
    // Declared at one end only.
    let one = Ends::new(home.src, half.dst);
    assert!(!passed(wired.pass(through(one, foreign))));
    assert!(!passed(wired.pass(through(one.reversed(), foreign))));
    // Not the outermost.
    let around = road.abroad(false);
    assert!(!passed(wired.pass(ip(around, through(home, foreign)))));
    // Without anything inside, and with an inner layer that cannot be read.
    assert!(!passed(wired.pass(datagram(home))));
    let unread = Pdu::new(Kind::Ipv4, vec![0x45; 12]);
    assert!(!passed(wired.pass(ip(home, unread))));
    // An error between the two ends that quotes their tunnel.
    let error = icmp_error(home, 1, 1, &through(home, foreign));
    assert!(!passed(wired.pass(ip(home, error))));
}

#[test]
fn the_operators_list_holds_for_addresses_that_wrap_others() {
    let list = std::env::temp_dir().join(format!("sekisho-list-{}", std::process::id()));
    // 6to4 and NAT64 of 8.8.0.0/16, and a Teredo server there: abroad, but for the operator.
    std::fs::write(
        &list,
        "2002:808::/32\n64:ff9b::808:0/112\n2001:0:808::/48\n",
    )
    .expect("a list");
    let settings = geo::Settings {
        domestic_lists: vec![list.clone()],
        ..geo::Settings::default()
    };
    let table = Table::build(&settings);
    std::fs::remove_file(list).expect("a list");
    let mut listed = Road::with(Arc::new(table.expect("a table")));
    let home = listed.home(true).src;
    for wrapper in [
        "2002:808:808::1",
        "64:ff9b::808:808",
        "2001:0:808:808::f7f7:f7f7",
    ] {
        let address: std::net::IpAddr = wrapper.parse().expect("an address");
        let ends = Ends::new(home, address);
        assert!(passed(Road::new().pass(datagram(ends))), "{wrapper}");
        assert!(!passed(listed.pass(datagram(ends))), "{wrapper}");
    }
}

#[test]
fn lengths_that_lie_hide_nothing() {
    let mut road = Road::new();
    for wrap in Wrap::ALL {
        let (around, inner) = (road.abroad(false), road.home(true));
        let packet = road.wrap(wrap, around, datagram(inner));
        // Of UDP: anything below what is there. A datagram between Teredo peers is known by its length.
        if packet.bytes[9] == 17 && wrap.is_transparent() {
            for length in 0..60_u16 {
                let mut lying = packet.clone();
                lying.bytes[24..26].copy_from_slice(&length.to_be_bytes());
                assert!(!passed(road.pass(lying)), "{wrap:?}, UDP length {length}");
            }
        }
    }
    for inner in [
        vec![0x45; 19],
        vec![0x44; 40],
        vec![0x65; 40],
        vec![0x45, 0, 0, 9],
    ] {
        let around = road.abroad(false);
        let fate = road.pass(ip(around, Pdu::new(Kind::Ipv4, inner)));
        assert_eq!(fate, Fate::Excluded(Reason::Malformed));
    }
    // The outer length ends within the inner header: no receiver would find its addresses, nor do we.
    let (around, inner) = (road.abroad(false), road.abroad(false));
    let mut packet = ip(around, datagram(inner));
    packet.bytes[2..4].copy_from_slice(&36_u16.to_be_bytes());
    assert_eq!(road.pass(packet), Fate::Excluded(Reason::Malformed));
}

#[test]
fn a_range_walked_apart_does_not_forget_what_was_excluded_before_it() {
    let mut earlier = Road::new();
    let around = earlier.abroad(false);
    let (home, abroad) = (earlier.home(false), earlier.abroad(false));
    let domestic = earlier.wrap(Wrap::Vxlan, around, datagram(home));
    let foreign = earlier.wrap(Wrap::Vxlan, around, datagram(abroad));
    let domestic = fragments(around, 6, &inside(&domestic, 17), 96);
    let foreign = fragments(around, 6, &inside(&foreign, 17), 96);
    let mut later = Road {
        lane: earlier.lane.for_range(1),
        rng: Rng::new(8),
    };
    assert!(!passed(earlier.pass(domestic[0].clone())));
    assert!(passed(later.pass(foreign[0].clone())));
    assert!(passed(later.pass(domestic[1].clone())));
    assert!(!earlier.lane.accepts(&mut later.lane));
}
