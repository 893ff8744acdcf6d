//! The rule over whole packets: every combination of places in up to four layers, in every tunnel and
//! on every link that we can build, is admitted if and only if no layer (and no quoted or routed pair)
//! could be domestic–domestic and every class it could belong to is authorised.
//!
//! The expectation is computed here from sets of classes, apart from the product's own tables.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may fail, and says why"
)]

use sekisho::demo::encap::Wrap;
use sekisho::demo::extensions::{home_address, routing};
use sekisho::demo::link::Link;
use sekisho::demo::packet::{Ends, Pdu, Tcp, flags, icmp_error, ip, tcp, udp};
use sekisho::demo::places::{self, Place};
use sekisho::demo::rng::Rng;
use sekisho::fate::{Class, Fate, Reason};
use sekisho::flow;
use sekisho::gate::{Authorisation, Policy};
use sekisho::geo::{self, Table};
use sekisho::lane::{self, Lane};
use sekisho::source::Frame;
use sekisho::time::Timestamp;
use std::net::IpAddr;
use std::sync::Arc;

const PLACES: [Place; 4] = [
    Place::Home,
    Place::Abroad,
    Place::Unlocated,
    Place::Documentation,
];
const MACS: [u8; 12] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];

fn lane(authorisation: Authorisation) -> Lane {
    let table = Table::build(&geo::Settings::default()).expect("the embedded table");
    Lane::new(&lane::Settings {
        table: Arc::new(table),
        policy: Policy::new(authorisation),
        flow: flow::Settings {
            idle: 1 << 40,
            active: 1 << 50,
            max_flows: 1 << 20,
            seed: 1,
        },
    })
}

fn pass(lane: &mut Lane, link: Link, packet: Pdu) -> Fate {
    let (link, bytes) = link.frame(MACS, packet);
    lane.pass(&Frame {
        seen: Timestamp::from_parts(1_760_000_000, 0),
        wire_len: bytes.len() as u32,
        link,
        bytes: &bytes,
    })
}

/// A layer: the places of its two ends.
type Layer = (Place, Place);

fn layers() -> impl Iterator<Item = Layer> {
    PLACES
        .into_iter()
        .flat_map(|src| PLACES.into_iter().map(move |dst| (src, dst)))
}

fn ends((src, dst): Layer, is_v6: bool, rng: &mut Rng) -> Ends {
    let src: IpAddr = places::address(src, is_v6, rng);
    Ends::new(src, places::address(dst, is_v6, rng))
}

/// The classes that a pair could belong to, as (is the sender at home, is the receiver at home).
fn possible((src, dst): Layer) -> Vec<(bool, bool)> {
    let could_be = |place| match place {
        Place::Home => vec![true],
        Place::Abroad => vec![false],
        _ => vec![true, false],
    };
    could_be(src)
        .into_iter()
        .flat_map(|a| could_be(dst).into_iter().map(move |b| (a, b)))
        .collect()
}

fn may_pass(layer: Layer, authorisation: Authorisation) -> bool {
    let has_martian = layer.0 == Place::Documentation || layer.1 == Place::Documentation;
    !has_martian
        && possible(layer).into_iter().all(|class| match class {
            (false, false) => authorisation.foreign_foreign,
            (false, true) => authorisation.foreign_domestic,
            (true, false) => authorisation.domestic_foreign,
            (true, true) => false,
        })
}

fn class_of(layer: Layer) -> Class {
    match layer {
        (Place::Abroad, Place::Abroad) => Class::ForeignForeign,
        (Place::Abroad, Place::Home) => Class::ForeignDomestic,
        (Place::Home, Place::Abroad) => Class::DomesticForeign,
        (Place::Abroad, _) => Class::ForeignUndetermined,
        _ => Class::UndeterminedForeign,
    }
}

fn check(fate: Fate, layers: &[Layer], authorisation: Authorisation, what: &str) {
    let admitted = layers.iter().all(|layer| may_pass(*layer, authorisation));
    let certain = layers.contains(&(Place::Home, Place::Home));
    match fate {
        Fate::Admitted(class) => {
            assert!(admitted, "{what} {layers:?} passed");
            assert_eq!(
                class,
                class_of(layers[layers.len() - 1]),
                "{what} {layers:?}"
            );
        }
        Fate::Excluded(reason) => {
            assert!(!admitted, "{what} {layers:?} was excluded: {reason:?}");
            assert_eq!(
                reason == Reason::DomesticPair,
                certain,
                "{what} {layers:?}: {reason:?}"
            );
        }
    }
}

fn payload(ends: Ends) -> Pdu {
    let segment = Tcp {
        src_port: 40_000,
        dst_port: 443,
        flags: flags::ACK,
        ..Tcp::default()
    };
    ip(ends, tcp(ends, segment, b"payload"))
}

#[test]
fn one_layer_on_every_link_under_every_authorisation() {
    let mut rng = Rng::new(1);
    for bits in 0..8 {
        let authorisation = Authorisation {
            foreign_foreign: bits & 1 != 0,
            foreign_domestic: bits & 2 != 0,
            domestic_foreign: bits & 4 != 0,
        };
        let mut lane = lane(authorisation);
        for link in Link::ALL {
            for layer in layers() {
                for is_v6 in [false, true] {
                    let packet = payload(ends(layer, is_v6, &mut rng));
                    let fate = pass(&mut lane, link, packet);
                    check(fate, &[layer], authorisation, &format!("{link:?}"));
                }
            }
        }
    }
}

#[test]
fn two_layers_in_every_tunnel() {
    let mut rng = Rng::new(2);
    let mut lane = lane(Authorisation::ALL);
    for wrap in Wrap::ALL {
        for outer in layers() {
            for inner in layers() {
                for versions in 0..4 {
                    let (outer_v6, inner_v6) = (versions & 1 != 0, versions & 2 != 0);
                    // Teredo carries IPv6 only; the builder would add a layer of its own.
                    if matches!(wrap, Wrap::Teredo | Wrap::TeredoIndicated) && !inner_v6 {
                        continue;
                    }
                    let packet = payload(ends(inner, inner_v6, &mut rng));
                    let around = ends(outer, outer_v6, &mut rng);
                    let packet = wrap.wrap(around, MACS, packet, &mut rng);
                    let fate = pass(&mut lane, Link::Ethernet, packet);
                    if wrap.is_transparent() {
                        check(
                            fate,
                            &[outer, inner],
                            Authorisation::ALL,
                            &format!("{wrap:?}"),
                        );
                    } else {
                        assert!(matches!(fate, Fate::Excluded(_)), "{wrap:?} passed");
                    }
                }
            }
        }
    }
}

#[test]
fn up_to_four_layers_are_judged_and_a_fifth_is_too_deep() {
    let mut rng = Rng::new(3);
    let mut lane = lane(Authorisation::ALL);
    let wraps = [Wrap::Gre, Wrap::Vxlan, Wrap::Ip, Wrap::Geneve, Wrap::Gtpu];
    for number in 0..20_000_u64 {
        let depth = 2 + (number % 4) as usize;
        let stack: Vec<Layer> = (0..depth)
            .map(|_| {
                // Mostly layers that pass, or nothing deep would be reached.
                let draw = |rng: &mut Rng| match rng.below(12) {
                    0 => Place::Home,
                    1 => Place::Unlocated,
                    _ => Place::Abroad,
                };
                (draw(&mut rng), draw(&mut rng))
            })
            .collect();
        let mut packet = payload(ends(stack[depth - 1], number % 3 == 0, &mut rng));
        for layer in stack[..depth - 1].iter().rev() {
            let around = ends(*layer, rng.percent(30), &mut rng);
            packet = rng.pick(&wraps).wrap(around, MACS, packet, &mut rng);
        }
        let fate = pass(&mut lane, Link::Ethernet, packet);
        if depth <= 4 {
            check(fate, &stack, Authorisation::ALL, "nested");
        } else {
            assert!(matches!(fate, Fate::Excluded(_)), "five layers passed");
            let seen = &stack[..4];
            if seen
                .iter()
                .all(|layer| may_pass(*layer, Authorisation::ALL))
            {
                assert_eq!(fate, Fate::Excluded(Reason::TooDeep));
            }
        }
    }
}

#[test]
fn a_quoted_pair_that_could_be_domestic_keeps_the_error_back() {
    let mut rng = Rng::new(4);
    let mut lane = lane(Authorisation::ALL);
    for layer in layers() {
        for quoted in layers() {
            for is_v6 in [false, true] {
                let around = ends(layer, is_v6, &mut rng);
                let quote = payload(ends(quoted, is_v6, &mut rng));
                let kind = if is_v6 { 1 } else { 3 };
                let packet = ip(around, icmp_error(around, kind, 1, &quote));
                let fate = pass(&mut lane, Link::Ethernet, packet);
                match fate {
                    Fate::Admitted(_) => {
                        assert!(may_pass(layer, Authorisation::ALL));
                        assert!(may_pass(quoted, Authorisation::ALL), "{quoted:?} leaked");
                    }
                    Fate::Excluded(reason) => {
                        let passes = may_pass(layer, Authorisation::ALL);
                        assert!(!passes || !may_pass(quoted, Authorisation::ALL));
                        if passes && quoted == (Place::Unlocated, Place::Home) {
                            assert_eq!(reason, Reason::QuotedDomestic);
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn every_address_of_a_routing_header_is_judged() {
    let mut rng = Rng::new(5);
    let mut lane = lane(Authorisation::ALL);
    for layer in layers() {
        for hop in PLACES {
            for kind in [0, 2, 4] {
                let around = ends(layer, true, &mut rng);
                let (_, last) = Ends::new(around.src, places::address(hop, true, &mut rng)).v6();
                let segment = udp(around, 40_000, 40_001, b"routed");
                let packet = ip(around, routing(kind, 1, &[last], segment));
                let fate = pass(&mut lane, Link::Ethernet, packet);
                let passes = may_pass(layer, Authorisation::ALL)
                    && may_pass((layer.0, hop), Authorisation::ALL);
                assert_eq!(
                    matches!(fate, Fate::Admitted(_)),
                    passes,
                    "{layer:?} by {hop:?}, type {kind}: {fate:?}"
                );
            }
            let around = ends(layer, true, &mut rng);
            let (home, _) = Ends::new(places::address(hop, true, &mut rng), around.dst).v6();
            let packet = ip(
                around,
                home_address(home, udp(around, 40_000, 40_001, b"mobile")),
            );
            let fate = pass(&mut lane, Link::Ethernet, packet);
            let passes =
                may_pass(layer, Authorisation::ALL) && may_pass((hop, layer.1), Authorisation::ALL);
            assert_eq!(
                matches!(fate, Fate::Admitted(_)),
                passes,
                "{layer:?}, home {hop:?}"
            );
        }
    }
}
