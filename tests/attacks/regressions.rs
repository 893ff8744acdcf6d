//! Attacks that once passed, each with its story. Around every one of them is a pair abroad; inside is a
//! pair at home, which must keep it back, and where it says so the same with a pair abroad, which passes.

use crate::lane;
use sekisho::fate::{Fate, Reason};
use sekisho::lane::Lane;
use sekisho::source::{Frame, LinkType};
use sekisho::time::{NANOS_PER_SEC, Timestamp};

const ABROAD: ([u8; 4], [u8; 4]) = ([30, 0, 0, 1], [30, 0, 0, 2]);
const HOME: ([u8; 4], [u8; 4]) = ([20, 0, 0, 1], [20, 0, 0, 2]);

fn pass(lane: &mut Lane, packet: &[u8]) -> Fate {
    lane.pass(&Frame {
        seen: Timestamp::from_nanos(1_760_000_000 * NANOS_PER_SEC),
        wire_len: packet.len() as u32,
        link: LinkType(101),
        bytes: packet,
    })
}

fn passes(packet: &[u8]) -> bool {
    matches!(pass(&mut lane(), packet), Fate::Admitted(_))
}

/// Whether it passes where the capture holds so many bytes of it.
fn passes_cut(packet: &[u8], captured: usize) -> bool {
    let fate = lane().pass(&Frame {
        seen: Timestamp::from_nanos(1_760_000_000 * NANOS_PER_SEC),
        wire_len: packet.len() as u32,
        link: LinkType(101),
        bytes: &packet[..captured],
    });
    matches!(fate, Fate::Admitted(_))
}

fn v4((src, dst): ([u8; 4], [u8; 4]), protocol: u8, payload: &[u8]) -> Vec<u8> {
    let total = (20 + payload.len() as u16).to_be_bytes();
    let mut packet = vec![0x45, 0, total[0], total[1], 0, 7, 0, 0, 64, protocol, 0, 0];
    packet.extend(src);
    packet.extend(dst);
    packet.extend(payload);
    packet
}

fn end_v6(is_home: bool, host: u8) -> [u8; 16] {
    let mut address = [0x2a, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host];
    if is_home {
        address[1] = 0x10;
    }
    address
}

fn v6(is_home: bool, next: u8, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u16).to_be_bytes();
    let mut packet = vec![0x60, 0, 0, 0, length[0], length[1], next, 64];
    packet.extend(end_v6(is_home, 1));
    packet.extend(end_v6(is_home, 2));
    packet.extend(payload);
    packet
}

fn udp(to: u16, payload: &[u8]) -> Vec<u8> {
    let length = (8 + payload.len() as u16).to_be_bytes();
    let to = to.to_be_bytes();
    let mut datagram = vec![0x75, 0x30, to[0], to[1], length[0], length[1], 0, 0];
    datagram.extend(payload);
    datagram
}

fn tcp() -> Vec<u8> {
    let mut segment = vec![0x75, 0x30, 1, 0xbb, 0, 0, 0, 1, 0, 0, 0, 2, 0x50, 0x10];
    segment.extend([0; 26]);
    segment
}

fn over_udp(to: u16, header: &[u8], inside: ([u8; 4], [u8; 4])) -> Vec<u8> {
    let inside = [header, &v4(inside, 6, &tcp())].concat();
    v4(ABROAD, 17, &udp(to, &inside))
}

/// What is around passes with a pair abroad inside, and not with one at home.
#[track_caller]
fn judges_what_is_inside(make: impl Fn(([u8; 4], [u8; 4])) -> Vec<u8>) {
    assert!(passes(&make(ABROAD)), "a pair abroad does not pass");
    assert!(!passes(&make(HOME)), "a pair at home passes");
}

/// UDP tunnels whose ports were no tunnel's: what they carried was data.
#[test]
fn row_09_gue_amt_gtp_0_and_mobile_ip_are_opened() {
    judges_what_is_inside(|pair| over_udp(6080, &[], pair));
    judges_what_is_inside(|pair| over_udp(6080, &[1, 4, 0, 0, 9, 9, 9, 9], pair));
    judges_what_is_inside(|pair| over_udp(2268, &[6, 0], pair));
    judges_what_is_inside(|pair| over_udp(2268, &[5, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0], pair));
    let header = [&[0x1e, 255][..], &[0; 18]].concat();
    judges_what_is_inside(|pair| over_udp(3386, &header, pair));
    judges_what_is_inside(|pair| over_udp(434, &[4, 4, 0, 0], pair));
    judges_what_is_inside(|pair| over_udp(4342, &[0x80, 0, 0, 0], pair));
}

/// Carriers that are not opened were taken for data: L2F on the port of L2TP, sniffers' frames.
#[test]
fn row_09_l2f_and_sniffers_frames_are_excluded() {
    for (port, header) in [
        (1701, &[0, 1, 2, 0, 0, 1, 0, 2][..]),
        (37008, &[1, 0, 0, 1, 1]),
    ] {
        let fate = pass(&mut lane(), &over_udp(port, header, ABROAD));
        assert_eq!(fate, Fate::Excluded(Reason::TooDeep));
    }
}

/// Wrapped ESP says in a flag that nothing is encrypted; it was a protocol like any other.
#[test]
fn wrapped_esp_that_is_not_encrypted_is_not_opaque() {
    let inside = |flags| {
        [
            &[4, 12, 0, flags, 0, 0, 0, 1, 0, 0, 0, 1][..],
            &v4(HOME, 6, &tcp()),
        ]
        .concat()
    };
    assert!(!passes(&v4(ABROAD, 141, &inside(0))));
    assert!(passes(&v4(ABROAD, 141, &inside(0x20))));
}

/// A redirect's number is not that of an error, but it quotes a packet all the same.
#[test]
fn row_08_a_redirect_is_judged_by_the_packet_that_it_quotes() {
    let redirect = |is_home| {
        let mut message = vec![137, 0, 0, 0, 0, 0, 0, 0];
        message.extend(end_v6(false, 9));
        message.extend(end_v6(false, 9));
        message.extend([2, 1, 2, 0, 0, 0, 0, 1, 4, 11, 0, 0, 0, 0, 0, 0]);
        message.extend(v6(is_home, 6, &tcp()));
        v6(false, 58, &message)
    };
    assert!(passes(&redirect(false)));
    assert!(!passes(&redirect(true)));
}

/// Lengths in a quote hid what was quoted: some senders write them in their own byte order, and an
/// attacker any that he likes.
#[test]
fn row_06_no_length_in_a_quote_hides_the_inside_of_a_quoted_tunnel() {
    for length in [0_u16, 3, 20, 28, 40, 0x5400] {
        let vxlan = over_udp(
            4789,
            &[&[8, 0, 0, 0, 0, 0, 1, 0][..], &[2; 12], &[8, 0]].concat(),
            HOME,
        );
        for (mut quote, at) in [
            (v4(ABROAD, 4, &v4(HOME, 6, &tcp())), 2),
            (vxlan.clone(), 2),
            (vxlan, 24),
        ] {
            quote[at..at + 2].copy_from_slice(&length.to_be_bytes());
            let error = [&[3, 1, 0, 0, 0, 0, 0, 0][..], &quote].concat();
            assert!(!passes(&v4(ABROAD, 1, &error)), "{length} at {at}");
        }
    }
}

/// A first fragment that ends with the UDP header showed nothing of the Teredo packet behind it.
#[test]
fn row_10_a_first_fragment_of_a_udp_header_alone_is_held_back() {
    let mut inside = v6(true, 59, &[]);
    inside[8..12].copy_from_slice(&[0x20, 1, 0, 0]);
    let datagram = udp(30_001, &inside);
    let mut first = v4(ABROAD, 17, &datagram[..8]);
    first[6] = 0x20;
    let mut later = v4(ABROAD, 17, &datagram[8..]);
    later[7] = 1;
    let mut lane = lane();
    for piece in [first, later] {
        assert!(matches!(pass(&mut lane, &piece), Fate::Excluded(_)));
    }
}

/// Receivers of IPv6 fragments do not read what later ones say follows; one that said TCP passed ahead of a
/// first one that says a tunnel follows.
#[test]
fn row_10_a_later_ipv6_fragment_is_not_believed_what_it_is_of() {
    let later = [&[6, 0, 0, 9, 0, 0, 0, 7][..], &v4(HOME, 6, &tcp())].concat();
    assert_eq!(
        pass(&mut lane(), &v6(false, 44, &later)),
        Fate::Excluded(Reason::Fragment)
    );
}

/// Quotes of tunnels are long: their inside begins beyond the 48 bytes that a plain quote's addresses take.
#[test]
fn row_10_a_later_fragment_of_an_error_may_hold_the_inside_of_a_quoted_tunnel() {
    let mut later = v4(ABROAD, 1, &v4(HOME, 6, &tcp()));
    later[7] = 64 / 8;
    assert_eq!(pass(&mut lane(), &later), Fate::Excluded(Reason::Fragment));
    // Where no quote reaches, it is the rest of a long echo.
    later[6..8].copy_from_slice(&(1480_u16 / 8).to_be_bytes());
    assert!(passes(&later));
}

/// Ethernet over IP has a version of GRE that was read as an acknowledgment of PPTP.
#[test]
fn row_08_ethernet_over_ip_is_opened() {
    judges_what_is_inside(|pair| {
        let frame = [&[2; 12][..], &[8, 0], &v4(pair, 6, &tcp())].concat();
        let length = (frame.len() as u16).to_be_bytes();
        let header = [0x20, 1, 0x64, 0, length[0], length[1], 7, 0];
        v4(ABROAD, 47, &[&header[..], &frame].concat())
    });
    // And one of PPTP with something behind it is none.
    let mut pptp = vec![0x20, 0x81, 0x88, 0x0b, 0, 60, 0, 1, 0, 0, 0, 1, 0x21];
    assert!(passes(&v4(ABROAD, 47, &pptp[..12])));
    pptp.extend(v4(HOME, 6, &tcp()));
    assert!(!passes(&v4(ABROAD, 47, &pptp)));
}

/// A pseudowire whose frames begin with a 1 was read as a channel beside it, and one with tags of the second
/// kind, or with LLC, did not look like frames at all.
#[test]
fn row_08_a_pseudowire_is_not_taken_for_a_channel() {
    let packet = |pair| v4(pair, 6, &tcp());
    for first in 0x10..0x20 {
        let frame = |number: &[u8], pair| {
            let mut frame = vec![0, 0, 0x11, 64, first, 0, 0, 7, 0, 1];
            frame.extend([2; 6]);
            frame.extend(number);
            frame.extend(packet(pair));
            v4(ABROAD, 137, &frame)
        };
        for number in [
            &[0x88, 0x48, 0, 0, 0x11, 64][..],
            &[0x92, 0, 0, 1, 8, 0],
            &[0, 100, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0],
        ] {
            judges_what_is_inside(|pair| frame(number, pair));
        }
    }
    // Channels for management carry packets.
    for number in [1, 2] {
        let channel = [
            &[0, 0, 0x11, 64, 0x10, 0, 0, number, 0, 0x21][..],
            &packet(HOME),
        ]
        .concat();
        assert!(!passes(&v4(ABROAD, 137, &channel)));
    }
}

/// A frame whose hardware addresses make a good IPv4 header with a right checksum is judged as both.
#[test]
fn row_08_what_reads_as_a_packet_and_as_a_frame_is_judged_as_both() {
    let make = |pair| {
        // Version 4, five words; sender 129.0.0.1 (a tag), receiver of the frame's own choice.
        let mut frame = vec![0x45, 0, 0, 80, 0, 0, 0, 0, 64, 6, 0, 0];
        frame.extend([0x81, 0, 0, 1, 8, 0]);
        frame.extend(v4(pair, 6, &tcp()));
        let sum: u32 = frame[..20]
            .chunks(2)
            .map(|word| u32::from(word[0]) << 8 | u32::from(word[1]))
            .sum();
        let sum = !((sum & 0xffff) + (sum >> 16)) as u16;
        frame[10..12].copy_from_slice(&sum.to_be_bytes());
        v4(ABROAD, 137, &[&[0, 0, 0x11, 64][..], &frame].concat())
    };
    assert!(!passes(&make(HOME)));
}

/// Bits without a meaning in a redirect header made it look like the first byte of a packet.
#[test]
fn row_08_a_wccp_header_that_looks_like_a_packet_is_judged_as_both() {
    let mut inside = v4(HOME, 6, &tcp());
    // What would be the sender: time to live, protocol and checksum.
    inside[8..12].copy_from_slice(&[30, 6, 0, 1]);
    let gre = [&[0, 0, 0x88, 0x3e, 0x45, 0, 0, 60][..], &inside].concat();
    assert!(!passes(&v4(ABROAD, 47, &gre)));
}

/// LLC has a third way to announce IP, and one maker's trunks hold frames behind its own SNAP numbers.
#[test]
fn row_08_no_llc_header_hides_ip() {
    let bridged = |llc: &[u8], pair| {
        let inside = [llc, &v4(pair, 6, &tcp())].concat();
        let length = (inside.len() as u16).to_be_bytes();
        let header = [&[0, 0, 0x65, 0x58][..], &[2; 12], &length].concat();
        v4(ABROAD, 47, &[&header[..], &inside].concat())
    };
    judges_what_is_inside(|pair| bridged(&[0xfe, 0xfe, 3, 0xcc], pair));
    assert!(!passes(&bridged(
        &[0xaa, 0xaa, 3, 0, 0, 0x0c, 0, 2, 0, 1, 0, 0],
        HOME
    )));
}

/// Teredo allows two indications, four were stepped over, and a fifth ended the search.
#[test]
fn row_08_no_number_of_teredo_indications_hides_the_packet() {
    for count in 0..8 {
        let inside = [[0, 0, 1, 2, 3, 4, 5, 6].repeat(count), v6(true, 59, &[])].concat();
        assert!(!passes(&v4(ABROAD, 17, &udp(3544, &inside))), "{count}");
    }
}

/// Announcements of the first version of PIM, and null registers, carry a packet or its header.
#[test]
fn row_08_registers_of_any_kind_are_judged() {
    let null = [&[0x21, 0, 0, 0, 0x40, 0, 0, 0][..], &v4(HOME, 103, &[0; 8])].concat();
    assert!(!passes(&v4(ABROAD, 103, &null)));
    let first = [&[0x14, 1, 0, 0, 0, 0, 0, 0][..], &v4(HOME, 6, &tcp())].concat();
    assert!(!passes(&v4(ABROAD, 2, &first)));
}

/// VXLAN with an unknown next protocol, or without the flag that says there is an identifier.
#[test]
fn row_08_flags_of_vxlan_hide_no_frame() {
    let frame = |flags, next| {
        let header = [&[flags, 0, 0, next, 0, 0, 1, 0][..], &[2; 12], &[8, 0]].concat();
        over_udp(4789, &header, HOME)
    };
    for flags in [0, 4, 8, 0x0c, 0x80, 0x8c] {
        for next in [0, 1, 3, 6, 0x81] {
            assert!(!passes(&frame(flags, next)), "{flags:02x} {next}");
        }
    }
}

/// A register of the first PIM was known by two bytes; of a first fragment, or a short snap length, that held
/// none of them, nobody asked what follows.
#[test]
fn row_10_what_is_of_igmp_and_cut_before_its_type_is_held_back() {
    let register = [&[0x14, 1, 0, 0, 0, 0, 0, 0][..], &v4(HOME, 6, &tcp())].concat();
    let mut first = v4(ABROAD, 41, &v6(false, 2, &register)[..40]);
    first[6] = 0x20;
    let mut later = v4(ABROAD, 41, &register);
    later[7] = 40 / 8;
    let mut lane = lane();
    for piece in [first, later] {
        assert!(matches!(pass(&mut lane, &piece), Fate::Excluded(_)));
    }
    let whole = v4(ABROAD, 2, &register);
    assert!(!passes_cut(&whole, 20) && !passes_cut(&whole, 21));
    assert!(passes(&v4(ABROAD, 2, &[0x16, 0, 0, 0, 239, 1, 1, 1])));
}

/// Of a VXLAN header that the capture cut off in its fifth byte it was said that it is none, since flags that
/// nobody wrote were asked for.
#[test]
fn row_09_a_vxlan_header_that_is_cut_anywhere_is_held_back() {
    for header in [[0, 0, 0, 0, 1, 2, 3, 0], [0x80, 0, 0, 0, 0, 0, 1, 0]] {
        let frame = over_udp(4789, &[&header[..], &[2; 12], &[8, 0]].concat(), HOME);
        for cut in 28..frame.len() {
            assert!(!passes_cut(&frame, cut), "{header:?} {cut}");
        }
    }
}

/// A short snap length leaves nothing of UDP, so UDP behind the shortest headers passes by its own ends where
/// its ports are cut off. Behind a tunnel, or options as long as the snap length, it passed as well.
#[test]
fn row_09_only_udp_behind_the_shortest_headers_may_be_cut_before_its_ports() {
    let plain = over_udp(4789, &[8, 0, 0, 0, 0, 0, 1, 0], HOME);
    assert!(passes_cut(&plain, 20) && passes_cut(&plain, 23));
    let tunnel = v4(ABROAD, 4, &v4(ABROAD, 4, &plain));
    let options = [&[17, 10][..], &[1; 86], &plain[20..]].concat();
    for (packet, begin) in [(tunnel, 60), (v6(false, 60, &options), 128)] {
        assert_eq!(passes_cut(&packet, begin), begin < 62);
        assert!(begin < 62 || !passes_cut(&packet, begin + 3));
    }
    // What is cut off behind the ports may be of Teredo clients, whatever the ports are.
    let peers = |before: &[u8]| {
        let inside = [before, &udp(30_001, &v6(true, 59, &[]))].concat();
        v6(false, 60, &inside)
    };
    let long = peers(&[&[17, 10][..], &[1; 86]].concat());
    assert!(!passes_cut(&long, 40 + 88 + 8));
}

/// Fragments of IPv6 may name different protocols, and the first one's counts. None does, unless it is of
/// another datagram, whose first one did not come this way.
#[test]
fn row_10_a_later_fragment_that_says_something_else_than_its_first_is_held_back() {
    let fragment = |next: u8, at: u16, more: u16, payload: &[u8]| {
        let field = (at | more).to_be_bytes();
        let header = [next, 0, field[0], field[1], 0, 0, 0, 7];
        v6(false, 44, &[&header[..], payload].concat())
    };
    let first = fragment(6, 0, 1, &tcp());
    let hidden = [&[0; 4][..], &v4(HOME, 6, &tcp())].concat();
    for (next, is_held) in [(41, true), (6, false)] {
        let mut lane = lane();
        assert!(matches!(pass(&mut lane, &first), Fate::Admitted(_)));
        let later = pass(&mut lane, &fragment(next, 40, 0, &hidden));
        assert_eq!(later == Fate::Excluded(Reason::Fragment), is_held);
    }
}

/// Two IP headers have room in a quote of forty bytes, where the carrier between them has no header, or one of
/// four bytes.
#[test]
fn row_06_a_short_quote_of_a_carrier_that_is_not_opened_is_held_back() {
    for (protocol, header) in [(55, &[][..]), (94, &[]), (115, &[0, 0, 1, 2])] {
        let quote = v4(ABROAD, protocol, &[header, &v4(HOME, 6, &[])].concat());
        let error = |quote: &[u8]| v4(ABROAD, 1, &[&[3, 1, 0, 0, 0, 0, 0, 0][..], quote].concat());
        assert!(!passes(&error(&quote)), "{protocol}");
        // The eight bytes that every error has.
        assert!(passes(&error(&quote[..28])), "{protocol}");
    }
}

/// The check value at the end of a frame of MACsec was cut off even where a length that lies had taken it away
/// before, and with it the end of the addresses.
#[test]
fn row_08_no_length_hides_the_end_of_a_macsec_frame() {
    let mut inside = v6(true, 59, &[]);
    inside[8..12].copy_from_slice(&[0x20, 1, 0, 0]);
    let inside = v4(ABROAD, 17, &udp(30_001, &inside));
    let tag = [0x88, 0xe5, 0, 0, 0, 0, 0, 1, 8, 0];
    let frame = [&[2; 12][..], &tag, &inside].concat();
    assert!(!passes(&v4(ABROAD, 143, &frame)));
}

/// The addresses of a compressed route that ended in the middle of one were called nonsense, though the rest of
/// it was in the next fragment; and nonsense in a quote is left alone.
#[test]
fn row_10_a_quoted_route_that_goes_on_in_the_next_fragment_is_held_back() {
    let mut route = vec![6, 2, 3, 1, 0, 0, 0, 0];
    route.extend(end_v6(true, 1));
    route.extend(tcp());
    let mut quote = v6(false, 43, &route);
    quote[8..24].copy_from_slice(&end_v6(true, 3));
    let error = [&[1, 0, 0, 0, 0, 0, 0, 0][..], &quote].concat();
    let end = 40 + 8 + 40 + 16;
    let mut first = v4(ABROAD, 41, &v6(false, 58, &error)[..end]);
    first[6] = 0x20;
    assert!(!passes(&first));
}

/// An IPv4 header with options, quoted by an error that ends before they do, was nonsense, even where its routes
/// were in the next fragment; and nonsense in a quote is left alone.
#[test]
fn row_10_the_options_of_a_quoted_header_may_be_in_the_next_fragment() {
    let mut quote = v4(ABROAD, 6, &[]);
    quote[0] = 0x4b;
    quote.extend([1, 131, 7, 4]);
    quote.extend(HOME.1);
    quote[12..16].copy_from_slice(&HOME.0);
    let error = |end: usize| {
        let message = [&[3, 1, 0, 0, 0, 0, 0, 0][..], &quote].concat();
        let inside = v6(false, 58, &message);
        let mut first = v4(ABROAD, 41, &inside[..end]);
        if end < inside.len() {
            first[6] = 0x20;
        }
        first
    };
    for end in 40 + 8 + 20..=40 + 8 + 28 {
        assert!(!passes(&error(end)), "{end}");
    }
}

/// A frame of a type that nobody knows, whose receiver's address begins with a 0, was read as one behind a word:
/// spanning tree, by its sixth byte.
#[test]
fn row_08_a_pseudowire_of_a_type_that_is_not_known_is_held_back() {
    let mut frame = vec![
        2, 0x81, 0x6e, 0xc5, 0xa2, 0xf9, 0x86, 0x62, 0x0b, 0x19, 0x8d, 0xba,
    ];
    frame.extend([0x99, 0x99]);
    frame.extend(v4(HOME, 137, &tcp()));
    let number = 12 + 4;
    frame[number..number + 3].copy_from_slice(&[1, 4, 0x42]);
    let packet = v4(ABROAD, 137, &[&[0, 0, 0x11, 64][..], &frame].concat());
    assert!(!passes(&packet));
}

/// Pseudowires of serial lines are not opened; read as frames, with a checksum chosen for it, they were ARP.
#[test]
fn row_08_a_pseudowire_of_a_serial_line_is_not_taken_for_a_frame() {
    let mut inside = v4(HOME, 6, &tcp());
    // A checksum of 0x0806, by the identification.
    let sum = |packet: &[u8]| {
        let words = packet[..20].chunks(2);
        let sum: u32 = words
            .map(|word| u32::from(word[0]) << 8 | u32::from(word[1]))
            .sum();
        (sum & 0xffff) + (sum >> 16)
    };
    inside[10..12].copy_from_slice(&[8, 6]);
    inside[4..6].copy_from_slice(&[0, 0]);
    let missing = (0xffff - sum(&inside)) as u16;
    inside[4..6].copy_from_slice(&missing.to_be_bytes());
    for header in [&[0, 0x21][..], &[0, 0, 0, 0, 0, 0x21]] {
        let packet = v4(
            ABROAD,
            137,
            &[&[0, 0, 0x11, 64][..], header, &inside].concat(),
        );
        assert!(!passes(&packet), "{header:?}");
    }
}

/// ESP that encrypts nothing was sealed like any other.
#[test]
fn row_08_esp_that_encrypts_nothing_is_judged_by_what_lies_open_in_it() {
    let summed = |pair| {
        let mut packet = v4(pair, 6, &tcp());
        let words = packet[..20].chunks(2);
        let sum: u32 = words
            .map(|word| u32::from(word[0]) << 8 | u32::from(word[1]))
            .sum();
        let sum = !((sum & 0xffff) + (sum >> 16)) as u16;
        packet[10..12].copy_from_slice(&sum.to_be_bytes());
        packet
    };
    for header in [8, 16] {
        for trailer in [2, 14, 37] {
            let open = |packet: &[u8]| [&vec![9; header][..], packet, &vec![7; trailer]].concat();
            judges_what_is_inside(|pair| v4(ABROAD, 50, &open(&summed(pair))));
            judges_what_is_inside(|pair| v4(ABROAD, 17, &udp(4500, &open(&summed(pair)))));
            for is_home in [true, false] {
                let packet = v4(ABROAD, 50, &open(&v6(is_home, 6, &tcp())));
                assert_eq!(passes(&packet), !is_home);
            }
        }
    }
    // A first fragment that shows nothing of it yet.
    let datagram = udp(4500, &[&[9; 8][..], &summed(HOME)].concat());
    for end in 8..8 + 8 + 20 {
        let mut first = v4(ABROAD, 17, &datagram[..end]);
        first[6] = 0x20;
        assert!(!passes(&first), "{end}");
    }
    // Options that go on in the next fragment.
    let mut inside = summed(HOME);
    inside[0] = 0x4a;
    let mut first = v4(
        ABROAD,
        17,
        &udp(4500, &[&[9; 8][..], &inside[..32]].concat()),
    );
    first[6] = 0x20;
    assert!(!passes(&first));
    // Sealed, whatever its first bytes look like.
    assert!(passes(&v4(
        ABROAD,
        50,
        &[&[9; 8][..], &[0x45; 80]].concat()
    )));
    assert!(passes(&v4(
        ABROAD,
        50,
        &[&[9; 8][..], &[0x60; 80]].concat()
    )));
}

/// Carriers that few know were protocols, ports and numbers like any other.
#[test]
fn row_08_carriers_that_are_not_opened_are_held_back() {
    let frame = [&[2; 12][..], &[8, 0], &v4(HOME, 6, &tcp())].concat();
    let length = (frame.len() as u16).to_be_bytes();
    let over = |port: u16, header: &[u8]| v4(ABROAD, 17, &udp(port, &[header, &frame].concat()));
    let packets = [
        // LWAPP, with a hardware address in front or not; CAPWAP over UDP-Lite; STT.
        over(12_222, &[0, 0, length[0], length[1], 30, 40]),
        over(
            12_222,
            &[2, 2, 2, 2, 2, 2, 0, 0, length[0], length[1], 30, 40],
        ),
        v4(
            ABROAD,
            136,
            &udp(5247, &[&[0, 0x10, 2, 0, 0, 0, 0, 0][..], &frame].concat()),
        ),
        v4(ABROAD, 6, &{
            let mut segment = tcp()[..20].to_vec();
            segment[2..4].copy_from_slice(&7471_u16.to_be_bytes());
            [&segment[..], &[0; 18], &frame].concat()
        }),
        // Frames in LISP; extension headers without a header of IP before them.
        over(4341, &[0x0c, 0, 0, 3, 0, 0, 0, 0]),
        over_udp(6080, &[0, 60, 0, 0, 4, 0, 1, 4, 0, 0, 0, 0], HOME),
        over_udp(434, &[4, 60, 0, 0, 4, 0, 1, 4, 0, 0, 0, 0], HOME),
        // Errors of NHRP, in GRE and without.
        v4(
            ABROAD,
            54,
            &[&[0; 17][..], &[7, 0, 0], &v4(HOME, 6, &tcp())].concat(),
        ),
        v4(
            ABROAD,
            47,
            &[
                &[0, 0, 0x20, 1][..],
                &[0; 17],
                &[8, 0, 0],
                &v4(HOME, 6, &tcp()),
            ]
            .concat(),
        ),
        // Routes of SDRP and DSR, frames of UTI.
        v4(ABROAD, 42, &v4(HOME, 6, &tcp())),
        v4(ABROAD, 48, &v4(HOME, 6, &tcp())),
        v4(ABROAD, 120, &frame),
    ];
    for (nth, packet) in packets.iter().enumerate() {
        assert_eq!(
            pass(&mut lane(), packet),
            Fate::Excluded(Reason::TooDeep),
            "{nth}"
        );
    }
    // TCP that shows no port in a first fragment.
    let stt = v6(false, 6, &[]);
    let mut first = v4(ABROAD, 41, &stt);
    first[6] = 0x20;
    assert!(!passes(&first));
    // Requests of NHRP, and data at these ports, pass.
    assert!(passes(&v4(
        ABROAD,
        54,
        &[&[0; 17][..], &[1, 0, 0], &[0; 40]].concat()
    )));
    assert!(passes(&over(12_222, &[0x44, 0, 0, 0])));
    assert!(passes(&v4(ABROAD, 136, &udp(40_000, &frame))));
    // Tunnel brokers' IPv6 is opened.
    for is_home in [true, false] {
        let packet = v4(ABROAD, 17, &udp(3653, &v6(is_home, 6, &tcp())));
        assert_eq!(passes(&packet), !is_home);
    }
}

/// GRE may list routers, as a source route does, and IPv4 receivers; they were stepped over.
#[test]
fn row_08_routers_in_gre_and_lists_of_receivers_are_judged() {
    let outer = ([20, 0, 0, 1], [30, 0, 0, 2]);
    for home in [true, false] {
        let hop = if home { [20, 0, 0, 9] } else { [30, 0, 0, 9] };
        let mut header = vec![0x40, 0, 8, 0, 0, 0, 0, 0, 8, 0, 0, 8, 30, 0, 0, 8];
        header.extend(hop);
        header.extend([0; 4]);
        let routed = v4(outer, 47, &[&header[..], &v4(ABROAD, 6, &tcp())].concat());
        assert_eq!(passes(&routed), !home);
        let mut listed = v4(outer, 6, &[&[149, 6][..], &hop, &[0, 0], &tcp()].concat());
        listed[0] = 0x47;
        assert_eq!(passes(&listed), !home);
    }
}

/// Receivers tell the kinds of ERSPAN apart by the header's own version, by the number before it, or by what else
/// is in the header of GRE. What they read can be two different packets.
#[test]
fn row_08_no_kind_of_erspan_hides_another() {
    let frame = |pair| [&[2; 12][..], &[8, 0], &v4(pair, 6, &tcp())].concat();
    let gre = |flags: u8, number: [u8; 2], header: &[u8], pair| {
        let fields = 4 * flags.count_ones() as usize;
        let fixed = [&[flags, 0][..], &number, &vec![0; fields]].concat();
        v4(ABROAD, 47, &[&fixed[..], header, &frame(pair)].concat())
    };
    let second = [0x10, 0, 0, 0, 0, 0, 0, 0];
    let third = [0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    for (number, header) in [
        ([0x88, 0xbe], &second[..]),
        ([0x88, 0xbe], &third),
        ([0x22, 0xeb], &third),
        ([0x22, 0xeb], &second),
    ] {
        judges_what_is_inside(|pair| gre(0x10, number, header, pair));
    }
    judges_what_is_inside(|pair| gre(0, [0x88, 0xbe], &[], pair));
    for header in [&[][..], &second] {
        assert!(
            !passes(&gre(0x20, [0x88, 0xbe], header, HOME)),
            "{header:?}"
        );
    }
}

/// Of a mirrored frame with a key and no sequence number it was not known where it begins, and the reading that made no
/// sense decided.
#[test]
fn row_08_a_mirrored_frame_that_begins_in_two_places_is_judged_in_both() {
    let mirrored = |frame: &[u8]| {
        let header = [
            0x20, 0, 0x88, 0xbe, 0, 0, 0, 7, 0x1b, 0x9d, 0x1f, 0x3e, 0, 0, 0, 0,
        ];
        passes(&v4(ABROAD, 47, &[&header[..], frame].concat()))
    };
    let frame = |number: [u8; 2], ends| [&[2; 12][..], &number, &v4(ends, 6, &tcp())].concat();
    assert!(mirrored(&frame([8, 0], ABROAD)));
    assert!(!mirrored(&frame([8, 0], HOME)));
    // A number that nobody knows may be someone's way to carry IP.
    assert!(!mirrored(&frame([0x99, 0x99], ABROAD)));
}

/// What says that a packet follows in the pseudowire of a serial line was believed only where the packet was whole.
#[test]
fn row_08_the_packet_of_a_serial_line_need_not_be_whole() {
    let labels = [0x88, 0x47, 0, 1, 0x11, 0x40];
    let over = |serial: &[u8], packet: &[u8]| {
        let frame = [&[2; 12][..], &labels, serial, packet].concat();
        passes(&v4(ABROAD, 97, &[&[0x30, 0][..], &frame].concat()))
    };
    let mut packet = v6(false, 6, &tcp());
    packet[5] += 40;
    for serial in [
        &[0xff, 3, 0, 0x57][..],
        &[0xff, 3, 0x57],
        &[0x0f, 0, 0x86, 0xdd],
        &[0, 0, 0, 1, 0, 0x57],
        &[0, 0, 0, 1, 0x57],
    ] {
        assert!(!over(serial, &packet), "{serial:x?}");
    }
}

/// A first fragment ends where its sender likes: in front of the ports of what an error in it quotes, or in an
/// extension header behind which TCP or ESP follows, in which frames and packets may lie open.
#[test]
fn row_10_a_first_fragment_of_a_tunnel_must_show_what_is_in_it() {
    let first = |protocol: u8, inside: &[u8]| {
        let mut packet = v4(ABROAD, protocol, inside);
        packet[6] = 0x20;
        passes(&packet)
    };
    let error = |quote: &[u8]| {
        let message = [&[3, 1, 0, 0, 0, 0, 0, 0][..], quote].concat();
        v4(ABROAD, 1, &message)
    };
    let quote = v6(false, 6, &tcp());
    assert!(first(4, &error(&quote[..48])));
    assert!(!first(4, &error(&quote[..40])));
    for next in [6, 50] {
        let mut packet = v6(false, 0, &[next, 1, 1, 12, 0, 0, 0, 0]);
        packet[5] = 100;
        assert!(!first(41, &packet), "{next}");
    }
    assert!(first(
        41,
        &v6(
            false,
            0,
            &[[6, 0, 1, 4, 0, 0, 0, 0].as_slice(), &tcp()].concat()
        )
    ));
}
