//! A day at the same port, for `docs/analyst.md`: ordinary traffic that thins out at night, and in it what
//! an analyst looks for, each once. From the hours of the day before to those of the day on which the
//! embedded country table becomes too old for it.

use sekisho::demo::OwnedFrame;
use sekisho::demo::encap::Wrap;
use sekisho::demo::packet::{Ends, Tcp, flags, ip, tcp, udp};
use sekisho::demo::places::{Hosts, Place, address, v4};
use sekisho::demo::rng::Rng;
use sekisho::demo::scene::{Scene, dns, ping, quic, sealed, tcp_session};
use sekisho::time::Timestamp;
use std::net::Ipv4Addr;

/// 2026-10-27T10:00:00Z: seven in the evening in Japan.
const BEGIN: u64 = 1_793_095_200;
const HOUR: u64 = 3_600;

/// Conversations of each hour.
const BUSY: [u64; 23] = [
    12, 14, 14, 12, 9, 6, 4, 3, 2, 2, 3, 4, 6, 8, 10, 10, 11, 12, 10, 10, 10, 9, 9,
];

/// Headers of Ethernet, IPv4, GRE, IPv4 and TCP.
const SNAP: usize = 98;

struct Day {
    rng: Rng,
    hosts: Hosts,
    frames: Vec<OwnedFrame>,
}

impl Day {
    /// Plays a scene that begins so many seconds after the beginning.
    fn play(&mut self, second: u64, play: impl FnOnce(&mut Scene<'_>)) {
        let micros = self.rng.below(1_000_000);
        let start = Timestamp::from_nanos((BEGIN + second) * 1_000_000_000 + micros * 1_000);
        let mut scene = Scene::new(start, &mut self.rng, &self.hosts);
        play(&mut scene);
        self.frames.extend(scene.finish());
    }

    fn ordinary(&mut self) {
        for (hour, count) in BUSY.into_iter().enumerate() {
            for _ in 0..count {
                let second = hour as u64 * HOUR + self.rng.below(HOUR);
                self.play(second, ordinary);
            }
        }
    }
}

fn ordinary(scene: &mut Scene<'_>) {
    let (src, dst) = match scene.rng.below(100) {
        0..46 => (Place::Home, Place::Abroad),
        46..62 => (Place::Abroad, Place::Home),
        62..76 => (Place::Abroad, Place::Abroad),
        _ => (Place::Home, Place::Home),
    };
    let ends = scene.ends(src, dst);
    match scene.rng.below(100) {
        0..46 => tcp_session(scene, ends, 443, 1),
        46..70 => dns(scene, ends),
        70..88 => quic(scene, ends, 1),
        88..95 => ping(scene, ends, 1),
        _ => sealed(scene, ends, 3),
    }
}

fn ends(src: [u8; 4], dst: [u8; 4]) -> Ends {
    Ends::new(Ipv4Addr::from(src), Ipv4Addr::from(dst))
}

/// One segment of a connection.
fn segment(
    scene: &mut Scene<'_>,
    ends: Ends,
    ports: (u16, u16),
    back: bool,
    bits: u8,
    size: usize,
) {
    let (ends, (src_port, dst_port)) = match back {
        false => (ends, ports),
        true => (ends.reversed(), (ports.1, ports.0)),
    };
    let fields = Tcp {
        src_port,
        dst_port,
        seq: scene.rng.next() as u32,
        ack: 0,
        flags: bits,
    };
    let payload = vec![0; size];
    scene.send(ip(ends, tcp(ends, fields, &payload)), back);
}

/// A connection that is opened, carries these sizes, forth and back, and is closed.
fn connection(
    scene: &mut Scene<'_>,
    ends: Ends,
    ports: (u16, u16),
    pause: u64,
    sizes: &[(bool, usize)],
) {
    segment(scene, ends, ports, false, flags::SYN, 0);
    scene.wait(40_000);
    segment(scene, ends, ports, true, flags::SYN | flags::ACK, 0);
    for (back, size) in sizes {
        scene.wait(pause);
        segment(scene, ends, ports, *back, flags::PSH | flags::ACK, *size);
    }
    for back in [false, true] {
        scene.wait(40_000);
        segment(scene, ends, ports, back, flags::FIN | flags::ACK, 0);
    }
}

/// Asks for orders every fifteen minutes, a little early or late.
fn beacon(day: &mut Day) {
    for turn in 0..91 {
        let late = day.rng.between(0, 12);
        let port = day.rng.between(49_152, 65_535) as u16;
        day.play(300 + turn * 900 + late, |scene| {
            let ends = ends([133, 20, 8, 41], [91, 7, 32, 90]);
            connection(
                scene,
                ends,
                (port, 443),
                45_000,
                &[(false, 212), (true, 96)],
            );
        });
    }
}

/// A clock that is asked for the time, as regularly.
fn clock(day: &mut Day) {
    for turn in 0..80 {
        day.play(77 + turn * 1_024, |scene| {
            let ends = ends([60, 70, 1, 9], [90, 200, 4, 4]);
            scene.send(ip(ends, udp(ends, 123, 123, &[0; 48])), false);
            scene.wait(210_000);
            let back = ends.reversed();
            scene.send(ip(back, udp(back, 123, 123, &[0; 48])), true);
        });
    }
}

/// A terminal that is left open for three hours.
fn terminal(day: &mut Day) {
    day.play(4 * HOUR + 500, |scene| {
        let ends = ends([153, 130, 77, 12], [43, 100, 9, 8]);
        let sizes = [(false, 36), (true, 36)].repeat(216);
        connection(scene, ends, (51_022, 22), 25_000_000, &sizes);
    });
}

/// A call of forty minutes.
fn call(day: &mut Day) {
    day.play(30 * 60, |scene| {
        let ends = ends([79, 200, 3, 4], [126, 70, 5, 6]);
        for turn in 0..120 {
            let (ends, back) = if turn % 2 == 0 {
                (ends, false)
            } else {
                (ends.reversed(), true)
            };
            scene.send(ip(ends, udp(ends, 40_404, 40_404, &[0; 160])), back);
            scene.wait(20_000_000);
        }
    });
}

/// Much goes out at night, and little comes back.
fn upload(day: &mut Day) {
    day.play(16 * HOUR + 600, |scene| {
        let ends = ends([106, 130, 44, 9], [179, 140, 2, 66]);
        let sizes: Vec<(bool, usize)> = (0..440)
            .map(|turn| {
                if turn % 11 == 10 {
                    (true, 0)
                } else {
                    (false, 1_400)
                }
            })
            .collect();
        connection(scene, ends, (50_113, 443), 30_000, &sizes);
    });
}

/// One source tries one port of many hosts; another, many ports of one host.
fn scans(day: &mut Day) {
    day.play(17 * HOUR + 1_800, |scene| {
        for _ in 0..60 {
            let ends = Ends::new(Ipv4Addr::new(121, 130, 9, 9), v4(Place::Home, scene.rng));
            let ports = (scene.rng.between(40_000, 60_000) as u16, 22);
            segment(scene, ends, ports, false, flags::SYN, 0);
            scene.wait(30_000);
            if scene.rng.percent(15) {
                segment(scene, ends, ports, true, flags::RST | flags::ACK, 0);
            }
            scene.wait_about(1_500_000);
        }
    });
    day.play(18 * HOUR + 900, |scene| {
        let ends = ends([41, 5, 6, 7], [133, 20, 8, 41]);
        for port in [
            21, 22, 23, 25, 53, 80, 110, 135, 139, 143, 443, 445, 1_433, 3_306, 3_389, 5_432,
            5_900, 6_379, 8_080, 9_200,
        ] {
            segment(scene, ends, (44_444, port), false, flags::SYN, 0);
            scene.wait(15_000);
            if port != 443 {
                segment(
                    scene,
                    ends,
                    (44_444, port),
                    true,
                    flags::RST | flags::ACK,
                    0,
                );
            }
            scene.wait(200_000);
        }
    });
}

/// Forty sources that were not seen before come to one host within minutes.
fn crowd(day: &mut Day) {
    for turn in 0..40 {
        day.play(19 * HOUR + 300 + turn * 7, |scene| {
            let src = address(Place::Abroad, false, scene.rng);
            let ends = Ends::new(src, Ipv4Addr::new(219, 3, 3, 3));
            for _ in 0..2 {
                segment(
                    scene,
                    ends,
                    (50_000 + turn as u16, 445),
                    false,
                    flags::SYN,
                    0,
                );
                scene.wait(1_000_000);
            }
        });
    }
}

/// Two networks abroad are joined by a tunnel, and hosts at home are behind one of them.
fn tunnel(day: &mut Day) {
    for turn in 0..8 {
        day.play(2 * HOUR + turn * 1_700, |scene| {
            let inner = scene.ends_of(false, Place::Home, Place::Abroad);
            scene.through(Wrap::Gre, ends([84, 27, 1, 1], [12, 10, 10, 10]));
            if turn % 2 == 0 {
                tcp_session(scene, inner, 443, 2);
            } else {
                dns(scene, inner);
            }
        });
    }
}

/// Frames of which the capture has the addresses, and no ports.
fn cut(day: &mut Day) {
    let from = day.frames.len();
    for turn in 0..3 {
        day.play(6 * HOUR + turn * 900, |scene| {
            let ends = scene.ends_of(false, Place::Abroad, Place::Home);
            dns(scene, ends);
        });
    }
    for frame in &mut day.frames[from..] {
        *frame = frame.clone().cut(34);
    }
}

/// The frames of the day, by time.
pub(crate) fn day() -> Vec<OwnedFrame> {
    let mut rng = Rng::new(20_261_027);
    let hosts = Hosts::new(&mut rng);
    let mut day = Day {
        rng,
        hosts,
        frames: Vec::new(),
    };
    day.ordinary();
    for plant in [
        beacon, clock, terminal, call, upload, scans, crowd, tunnel, cut,
    ] {
        plant(&mut day);
    }
    day.frames.sort_by_key(|frame| frame.seen);
    day.frames
        .into_iter()
        .map(|frame| frame.cut(SNAP))
        .collect()
}
