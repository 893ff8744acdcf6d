//! Community ID, version 1: a hash of a flow's ends that Zeek, Suricata and others write too, so that their
//! logs of the same flow can be joined (specification and test vectors: corelight/community-id-spec).
//!
//! It must never stand beside pseudonyms: 2³² addresses are tried in no time, so the hash would tell what the
//! pseudonym hides. In: a record that may be exported. Out: 30 characters, or nothing where the record does not
//! know what is hashed.

use crate::flow::{Ended, IpVersion};
use base64ct::{Base64, Encoding as _};
use sha1::{Digest as _, Sha1};

const ICMP: u8 = 1;
const ICMPV6: u8 = 58;

/// TCP, UDP, SCTP: the protocols whose ports are hashed.
const PORTED: [u8; 3] = [6, 17, 132];

/// `1:` and 20 bytes as base64.
pub(super) const LEN: usize = 30;

/// Types of ICMP of which one answers the other.
const PAIRS: [(u8, u8); 4] = [(8, 0), (13, 14), (15, 16), (17, 18)];

/// The same of ICMPv6.
const PAIRS_V6: [(u8, u8); 6] = [
    (128, 129),
    (133, 134),
    (135, 136),
    (130, 131),
    (139, 140),
    (144, 145),
];

/// What stands for the ports of an ICMP packet, as Zeek does it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct IcmpPorts {
    /// The type.
    pub(super) src: u16,
    /// The type of the answer; the code where nothing answers.
    pub(super) dst: u16,
    /// Whether nothing answers: then the direction matters.
    pub(super) one_way: bool,
}

impl IcmpPorts {
    /// Of a type and code of ICMP or, by the protocol's number, ICMPv6.
    pub(super) fn of(protocol: u8, (kind, code): (u8, u8)) -> Self {
        let pairs: &[(u8, u8)] = if protocol == ICMPV6 {
            &PAIRS_V6
        } else {
            &PAIRS
        };
        // Router solicitation is answered by an advertisement; the specification has no pair for the other way.
        let answer = match (protocol, kind) {
            (ICMP, 10) => Some(9),
            _ => pairs.iter().find_map(|&(ask, answer)| match kind {
                kind if kind == ask => Some(answer),
                kind if kind == answer => Some(ask),
                _ => None,
            }),
        };
        Self {
            src: u16::from(kind),
            dst: u16::from(answer.unwrap_or(code)),
            one_way: answer.is_none(),
        }
    }
}

/// The Community ID of a record; nothing where its ports, or its ICMP type, were not seen.
pub(super) fn community_id(seed: u16, ended: &Ended) -> Option<[u8; LEN]> {
    let protocol = ended.protocol();
    let (src, dst) = (ended.src(), ended.dst());
    let (ports, one_way) = match protocol {
        ICMP | ICMPV6 => {
            let ports = IcmpPorts::of(protocol, ended.icmp()?);
            (Some((ports.src, ports.dst)), ports.one_way)
        }
        _ if PORTED.contains(&protocol) => {
            // No packet goes from port 0 to port 0: a fragment did, or a packet that was cut before them.
            let are_known = src.port != 0 || dst.port != 0;
            (Some(are_known.then_some((src.port, dst.port))?), false)
        }
        _ => (None, false),
    };
    let ends = (src.address, dst.address);
    Some(hash(seed, ended.version(), protocol, ends, ports, one_way))
}

/// The hash of the ends in their order: by address and port, or as the packet went where it is one-way.
fn hash(
    seed: u16,
    version: IpVersion,
    protocol: u8,
    (src, dst): (u128, u128),
    ports: Option<(u16, u16)>,
    one_way: bool,
) -> [u8; LEN] {
    let (src_port, dst_port) = ports.unwrap_or_default();
    let mut ends = [(src, src_port), (dst, dst_port)];
    if !one_way {
        ends.sort_unstable();
    }
    let mut sha = Sha1::new();
    sha.update(seed.to_be_bytes());
    for (address, _) in ends {
        match version {
            IpVersion::V4 => sha.update((address as u32).to_be_bytes()),
            IpVersion::V6 => sha.update(address.to_be_bytes()),
        }
    }
    sha.update([protocol, 0]);
    if ports.is_some() {
        for (_, port) in ends {
            sha.update(port.to_be_bytes());
        }
    }
    let mut id = *b"1:                            ";
    if let Some(digits) = id.get_mut(2..) {
        // 20 bytes are 28 digits: there is room for just these.
        let _ = Base64::encode(&sha.finalize(), digits);
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    /// Source, destination, protocol, ports (of ICMP: type and, where nothing answers, code), and the ids of the
    /// seeds 0 and 1: the published baseline of corelight/community-id-spec, every row of it.
    const BASELINE: &str = "\
fe80::200:86ff:fe05:80da fe80::260:97ff:fe07:69ea 58 135 136 1:dGHyGvjMfljg6Bppwm3bg0LO8TY= 1:kHa1FhMYIT6Ym2Vm2AOtoOARDzY=
fe80::260:97ff:fe07:69ea fe80::200:86ff:fe05:80da 58 136 135 1:dGHyGvjMfljg6Bppwm3bg0LO8TY= 1:kHa1FhMYIT6Ym2Vm2AOtoOARDzY=
fe80::260:97ff:fe07:69ea fe80::200:86ff:fe05:80da 58 135 136 1:zavyT/cezQr1fmImYCwYnMXbgck= 1:2hSqmsDZ2kdcY9kbiUzOEBic0iM=
fe80::200:86ff:fe05:80da fe80::260:97ff:fe07:69ea 58 136 135 1:zavyT/cezQr1fmImYCwYnMXbgck= 1:2hSqmsDZ2kdcY9kbiUzOEBic0iM=
3ffe:501:1800:2345::2 3ffe:507:0:1:200:86ff:fe05:80da 58 3 0 1:2ObVBgIn28oZvibYZhZMBgh7WdQ= 1:lVEtCZpYu84Xqaa++3lXFyuu2n4=
3ffe:501:410:0:2c0:dfff:fe47:33e 3ffe:507:0:1:200:86ff:fe05:80da 58 1 4 1:hLZd0XGWojozrvxqE0dWB1iM6R0= 1:W8MHwXpWzpoSTD+cGcaJr4u0ys8=
3ffe:507:0:1:200:86ff:fe05:80da 3ffe:501:0:1001::2 58 128 129 1:+TW+HtLHvV1xnGhV1lv7XoJrqQg= 1:GfZxjAkDk2MkegpBYHV6tadtFXQ=
3ffe:501:0:1001::2 3ffe:507:0:1:200:86ff:fe05:80da 58 129 128 1:+TW+HtLHvV1xnGhV1lv7XoJrqQg= 1:GfZxjAkDk2MkegpBYHV6tadtFXQ=
fe80::200:86ff:fe05:80da ff02::2 58 133 134 1:hO+sN4H+MG5MY/8hIrXPqc4ZQz0= 1:L7Ka0ZMYu+J3bL4ulW2PrqyXNo8=
fe80::260:97ff:fe07:69ea ff02::1 58 134 133 1:pkvHqCL88/tg1k4cPigmZXUtL00= 1:K/ee5UCqAMAQXDorP5nSa2CGLjc=
192.168.0.89 192.168.0.1 1 8 0 1:X0snYXpgwiv9TZtqg64sgzUn6Dk= 1:03g6IloqVBdcZlPyX8r0hgoE7kA=
192.168.0.1 192.168.0.89 1 0 8 1:X0snYXpgwiv9TZtqg64sgzUn6Dk= 1:03g6IloqVBdcZlPyX8r0hgoE7kA=
10.0.0.1 10.0.0.2 1 11 0 1:YHxtAirCG//0OzkcVAukqKQN9xM= 1:XjUibYHaafLQ3pxQeiMI8g25q20=
2001:470:e5bf:dead:4957:2174:e82c:4887 2607:f8b0:400c:c03::1a 6 63943 25 1:/qFaeAR+gFe1KYjMzVDsMv+wgU4= 1:eJYTW6AOzFLlSUoESovMjnu7rMw=
2607:f8b0:400c:c03::1a 2001:470:e5bf:dead:4957:2174:e82c:4887 6 25 63943 1:/qFaeAR+gFe1KYjMzVDsMv+wgU4= 1:eJYTW6AOzFLlSUoESovMjnu7rMw=
192.168.170.8 192.168.170.56 132 7 7 1:MP2EtRCAUIZvTw6MxJHLV7N7JDs= 1:5w3ZRjeKBzqT3zsaEECDGjUbYeg=
192.168.170.56 192.168.170.8 132 7 7 1:MP2EtRCAUIZvTw6MxJHLV7N7JDs= 1:5w3ZRjeKBzqT3zsaEECDGjUbYeg=
128.232.110.120 66.35.250.204 6 34855 80 1:LQU9qZlK+B5F3KDmev6m5PMibrg= 1:3V71V58M3Ksw/yuFALMcW0LAHvc=
66.35.250.204 128.232.110.120 6 80 34855 1:LQU9qZlK+B5F3KDmev6m5PMibrg= 1:3V71V58M3Ksw/yuFALMcW0LAHvc=
192.168.1.52 8.8.8.8 17 54585 53 1:d/FP5EW3wiY1vCndhwleRRKHowQ= 1:Q9We8WO3piVF8yEQBNJF4uiSVrI=
8.8.8.8 192.168.1.52 17 53 54585 1:d/FP5EW3wiY1vCndhwleRRKHowQ= 1:Q9We8WO3piVF8yEQBNJF4uiSVrI=
10.1.12.1 10.1.12.2 46 - - 1:KHlLkgoJW7ifUTyTSgyVfkFHzKw= 1:rYir8gphR31noO9iDRQmF/BteEI=
10.1.12.2 10.1.12.1 46 - - 1:KHlLkgoJW7ifUTyTSgyVfkFHzKw= 1:rYir8gphR31noO9iDRQmF/BteEI=
";

    #[test]
    fn the_published_baseline_holds() {
        let bits = |text: &str| match text.parse().unwrap() {
            IpAddr::V4(v4) => (IpVersion::V4, u128::from(u32::from(v4))),
            IpAddr::V6(v6) => (IpVersion::V6, u128::from(v6)),
        };
        for line in BASELINE.lines() {
            let cells: Vec<&str> = line.split(' ').collect();
            let ((version, src), (_, dst)) = (bits(cells[0]), bits(cells[1]));
            let protocol: u8 = cells[2].parse().unwrap();
            let ports = cells[3].parse().ok().zip(cells[4].parse().ok());
            let (ports, one_way) = match protocol {
                ICMP | ICMPV6 => {
                    let (kind, second): (u16, u16) = ports.unwrap();
                    let icmp = IcmpPorts::of(protocol, (kind as u8, second as u8));
                    assert_eq!((icmp.src, icmp.dst), (kind, second), "{line}");
                    (Some((icmp.src, icmp.dst)), icmp.one_way)
                }
                _ => (ports, false),
            };
            for (seed, expected) in [(0, cells[5]), (1, cells[6])] {
                let id = hash(seed, version, protocol, (src, dst), ports, one_way);
                assert_eq!(std::str::from_utf8(&id).unwrap(), expected, "{line}");
            }
        }
    }

    #[test]
    fn what_answers_nothing_keeps_its_direction() {
        let ends = |src, dst| hash(0, IpVersion::V4, ICMP, (src, dst), Some((3, 1)), true);
        assert_ne!(ends(1, 2), ends(2, 1));
        let unreachable = IcmpPorts::of(ICMP, (3, 1));
        assert_eq!((unreachable.dst, unreachable.one_way), (1, true));
        // An advertisement that nobody asked for.
        assert!(IcmpPorts::of(ICMP, (9, 0)).one_way);
        assert!(!IcmpPorts::of(ICMP, (10, 0)).one_way);
    }
}
