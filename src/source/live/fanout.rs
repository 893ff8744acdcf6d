//! The program by which the kernel shares the frames of an interface between sockets: by the two
//! addresses of the outermost IP header, the same both ways.
//!
//! The kernel's own hash takes ports in where it sees them. That would part a fragment from its flow, and
//! what is inside a tunnel from its other direction, whose outer ports differ (RFC 7348 §5, RFC 8926
//! §3.3). Addresses part nothing, whichever interface a frame comes in on.
//!
//! It is classic BPF, run by the kernel for each frame, with the link-layer header taken off. What it
//! cannot read, it gives to the first socket.

use libc::sock_filter;

/// Where extensions are (`SKF_AD_OFF`): what the kernel knows of the frame.
const AD_OFF: u32 = (-0x1000_i32).cast_unsigned();
const AD_PROTOCOL: u32 = AD_OFF;
const AD_PKTTYPE: u32 = AD_OFF + 4;
/// Relative to the network header (`SKF_NET_OFF`), for frames whose link-layer header is still there:
/// those that this machine sends.
const NET_OFF: u32 = (-0x10_0000_i32).cast_unsigned();
const OUTGOING: u32 = 4;

const VLAN: [u32; 3] = [0x8100, 0x88a8, 0x9100];
const MPLS: [u32; 2] = [0x8847, 0x8848];
const PPPOE_SESSION: u32 = 0x8864;
const IPV4: u32 = 0x0800;
const IPV6: u32 = 0x86dd;
const PPP_IPV4: u32 = 0x0021;
const PPP_IPV6: u32 = 0x0057;

/// Tags and labels that are looked behind; the kernel has taken the outermost tag off already.
const MOST_TAGS: usize = 3;
const MOST_LABELS: usize = 6;

/// Scratch words.
const ETHERTYPE: u32 = 0;
const BASE: u32 = 1;
const SUM: u32 = 2;
const WORD: u32 = 3;

/// Instruction classes and modes (linux/bpf_common.h), put together as they are used.
const LD_ABS: u16 = 0x20;
const LD_IND: u16 = 0x40;
const LDH_IND: u16 = 0x48;
const LDB_IND: u16 = 0x50;
const LD_MEM: u16 = 0x60;
const LDX_IMM: u16 = 0x01;
const LDX_MEM: u16 = 0x61;
const ST: u16 = 0x02;
const STX: u16 = 0x03;
const ADD_K: u16 = 0x04;
const ADD_X: u16 = 0x0c;
const MUL_K: u16 = 0x24;
const AND_K: u16 = 0x54;
const RSH_K: u16 = 0x74;
const XOR_X: u16 = 0xac;
const JA: u16 = 0x05;
const JEQ_K: u16 = 0x15;
const RET_K: u16 = 0x06;
const RET_A: u16 = 0x16;
const TAX: u16 = 0x07;
const TXA: u16 = 0x87;

/// The program, for this secret: whoever knows it can bring all traffic to one socket. Every socket of a
/// run must be given the same.
pub(super) fn program(secret: u32) -> Vec<sock_filter> {
    let mut code = Assembler::default();
    code.find_network_header();
    code.look_behind_tags();
    code.look_behind_labels();
    code.look_behind_pppoe();
    code.jump_if(IPV4, Label::V4);
    code.jump_if(IPV6, Label::V6);
    code.put(RET_K, 0);
    code.place(Label::V4);
    code.hash_addresses(&[12], &[16], secret);
    code.place(Label::V6);
    code.hash_addresses(&[8, 12, 16, 20], &[24, 28, 32, 36], secret);
    code.assemble()
}

/// Where a jump goes; always forwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Label {
    V4,
    V6,
    Numbered(usize),
}

#[derive(Default)]
struct Assembler {
    code: Vec<sock_filter>,
    /// Jumps without a condition, which reach far, and where they go.
    jumps: Vec<(usize, Label)>,
    places: Vec<(Label, usize)>,
    labels: usize,
}

impl Assembler {
    fn put(&mut self, code: u16, k: u32) {
        self.code.push(sock_filter {
            code,
            jt: 0,
            jf: 0,
            k,
        });
    }

    fn label(&mut self) -> Label {
        self.labels += 1;
        Label::Numbered(self.labels)
    }

    fn place(&mut self, label: Label) {
        self.places.push((label, self.code.len()));
    }

    fn jump(&mut self, to: Label) {
        self.jumps.push((self.code.len(), to));
        self.put(JA, 0);
    }

    /// Jumps if A is this; otherwise goes on.
    fn jump_if(&mut self, value: u32, to: Label) {
        self.code.push(sock_filter {
            code: JEQ_K,
            jt: 0,
            jf: 1,
            k: value,
        });
        self.jump(to);
    }

    fn jump_unless(&mut self, value: u32, to: Label) {
        self.code.push(sock_filter {
            code: JEQ_K,
            jt: 1,
            jf: 0,
            k: value,
        });
        self.jump(to);
    }

    /// X: where the network header is. A: the EtherType of what stands there.
    fn find_network_header(&mut self) {
        let (outgoing, found) = (self.label(), self.label());
        self.put(LD_ABS, AD_PKTTYPE);
        self.jump_if(OUTGOING, outgoing);
        self.put(LDX_IMM, 0);
        self.jump(found);
        self.place(outgoing);
        self.put(LDX_IMM, NET_OFF);
        self.place(found);
        self.put(LD_ABS, AD_PROTOCOL);
    }

    /// Moves X by so many bytes; A is kept.
    fn skip(&mut self, bytes: u32) {
        self.put(ST, ETHERTYPE);
        self.put(TXA, 0);
        self.put(ADD_K, bytes);
        self.put(TAX, 0);
        self.put(LD_MEM, ETHERTYPE);
    }

    fn look_behind_tags(&mut self) {
        let behind = self.label();
        for _ in 0..MOST_TAGS {
            let tag = self.label();
            for ethertype in VLAN {
                self.jump_if(ethertype, tag);
            }
            self.jump(behind);
            self.place(tag);
            self.put(LDH_IND, 2);
            self.skip(4);
        }
        self.place(behind);
    }

    fn look_behind_labels(&mut self) {
        let (stack, bottom, behind) = (self.label(), self.label(), self.label());
        for ethertype in MPLS {
            self.jump_if(ethertype, stack);
        }
        self.jump(behind);
        self.place(stack);
        for _ in 0..MOST_LABELS {
            // The bit that marks the last label; it goes through `skip` in the place of an EtherType.
            self.put(LDB_IND, 2);
            self.put(AND_K, 1);
            self.skip(4);
            self.jump_if(1, bottom);
        }
        self.put(RET_K, 0);
        self.place(bottom);
        self.put(LDB_IND, 0);
        self.put(RSH_K, 4);
        self.jump_if(4, Label::V4);
        self.jump_if(6, Label::V6);
        self.put(RET_K, 0);
        self.place(behind);
    }

    fn look_behind_pppoe(&mut self) {
        let behind = self.label();
        self.jump_unless(PPPOE_SESSION, behind);
        self.put(LDH_IND, 6);
        self.skip(8);
        self.jump_if(PPP_IPV4, Label::V4);
        self.jump_if(PPP_IPV6, Label::V6);
        self.put(RET_K, 0);
        self.place(behind);
    }

    /// Returns the sum of a hash of each address: whichever of them is the source. The words of an
    /// address are at these offsets from X.
    fn hash_addresses(&mut self, src: &[u32], dst: &[u32], secret: u32) {
        self.put(STX, BASE);
        for (words, is_first) in [(src, true), (dst, false)] {
            self.hash_words(words, secret);
            if is_first {
                self.put(ST, SUM);
            } else {
                self.put(LDX_MEM, SUM);
                self.put(ADD_X, 0);
            }
        }
        self.put(RET_A, 0);
    }

    /// A: a hash of the words of one address, each multiplied by an odd number of its own.
    fn hash_words(&mut self, words: &[u32], secret: u32) {
        let mut factor = secret | 1;
        for (nth, word) in words.iter().enumerate() {
            self.put(LDX_MEM, BASE);
            self.put(LD_IND, *word);
            self.put(MUL_K, factor);
            if nth > 0 {
                self.put(LDX_MEM, WORD);
                self.put(XOR_X, 0);
            }
            self.put(ST, WORD);
            factor = factor.wrapping_mul(0x9e37_79b1) | 1;
        }
        // Each half of the product into the other, so that no factor is a bad one; and of that the upper
        // half, which depends on all below it. The kernel divides, and takes what is left.
        self.put(TAX, 0);
        self.put(RSH_K, 16);
        self.put(XOR_X, 0);
        self.put(MUL_K, 0x9e37_79b1);
        self.put(RSH_K, 16);
    }

    fn assemble(mut self) -> Vec<sock_filter> {
        for (at, label) in &self.jumps {
            let place = self.places.iter().find(|(placed, _)| placed == label);
            // Every label above is placed once, behind all jumps to it.
            let to = place.map_or(self.code.len(), |(_, place)| *place);
            if let Some(jump) = self.code.get_mut(*at) {
                jump.k = (to - at - 1) as u32;
            }
        }
        self.code
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs the program as the kernel does; nothing if it reads what is not there.
    fn run(code: &[sock_filter], ethertype: u32, network: &[u8], outgoing: bool) -> u32 {
        let (mut a, mut x, mut at) = (0_u32, 0_u32, 0);
        let mut scratch = [0_u32; 16];
        let load = |offset: u32, len: usize| -> Option<u32> {
            // An outgoing frame has 14 bytes before its network header.
            let offset = match (outgoing, offset >= NET_OFF) {
                (_, true) => (offset - NET_OFF) as usize,
                (true, false) => panic!("read from the link-layer header"),
                (false, false) => offset as usize,
            };
            let bytes = network.get(offset..offset + len)?;
            Some(
                bytes
                    .iter()
                    .fold(0, |value, byte| value << 8 | u32::from(*byte)),
            )
        };
        loop {
            let sock_filter {
                code: op,
                jt,
                jf,
                k,
            } = code[at];
            at += 1;
            let loaded = match (op, k) {
                (LD_ABS, AD_PROTOCOL) => Some(ethertype),
                (LD_ABS, AD_PKTTYPE) => Some(if outgoing { OUTGOING } else { 0 }),
                (LD_IND, _) => load(x.wrapping_add(k), 4),
                (LDH_IND, _) => load(x.wrapping_add(k), 2),
                (LDB_IND, _) => load(x.wrapping_add(k), 1),
                _ => Some(a),
            };
            let Some(loaded) = loaded else { return 0 };
            a = loaded;
            match op {
                LD_ABS | LD_IND | LDH_IND | LDB_IND => {}
                LD_MEM => a = scratch[k as usize],
                LDX_IMM => x = k,
                LDX_MEM => x = scratch[k as usize],
                ST => scratch[k as usize] = a,
                STX => scratch[k as usize] = x,
                ADD_K => a = a.wrapping_add(k),
                ADD_X => a = a.wrapping_add(x),
                MUL_K => a = a.wrapping_mul(k),
                AND_K => a &= k,
                RSH_K => a >>= k,
                XOR_X => a ^= x,
                TAX => x = a,
                TXA => a = x,
                JA => at += k as usize,
                JEQ_K => at += usize::from(if a == k { jt } else { jf }),
                RET_K => return k,
                RET_A => return a,
                other => panic!("{other:#x}"),
            }
        }
    }

    fn v4(src: u32, dst: u32, rest: u8) -> Vec<u8> {
        let mut header = vec![0x45, rest, 0, 40, rest, rest, 0, 0, 64, 17, 0, 0];
        header.extend(src.to_be_bytes());
        header.extend(dst.to_be_bytes());
        header.extend([rest; 20]);
        header
    }

    fn v6(src: u128, dst: u128, rest: u8) -> Vec<u8> {
        let mut header = vec![0x60, 0, 0, rest, 0, 20, 17, 64];
        header.extend(src.to_be_bytes());
        header.extend(dst.to_be_bytes());
        header.extend([rest; 20]);
        header
    }

    #[test]
    fn both_directions_have_one_socket_whatever_else_differs() {
        let code = program(0x1234_5678);
        let there = run(&code, IPV4, &v4(0x0808_0808, 0x0101_0101, 1), false);
        let back = run(&code, IPV4, &v4(0x0101_0101, 0x0808_0808, 9), true);
        assert_eq!(there, back);
        assert_ne!(there, 0);
        let (a, b) = (0x2001_0db8 << 96 | 7, 0x2a00 << 112 | 9);
        let there = run(&code, IPV6, &v6(a, b, 1), false);
        let back = run(&code, IPV6, &v6(b, a, 7), false);
        assert_eq!(there, back);
        assert_ne!(there, 0);
    }

    #[test]
    fn tags_labels_and_pppoe_change_nothing() {
        let code = program(77);
        let plain = v4(0x0808_0808, 0x0101_0101, 1);
        let expected = run(&code, IPV4, &plain, false);
        let behind = |before: &[u8]| [before, &plain].concat();
        let tag = [0, 7, 0x08, 0];
        let two = [0, 7, 0x81, 0, 0, 9, 0x08, 0];
        let labels = [0, 0, 0x10, 64, 0, 0, 0x21, 64];
        let tagged_labels = [[0, 7, 0x88, 0x47].as_slice(), &labels].concat();
        let session = [0x11, 0, 0, 1, 0, 42, 0, 0x21];
        for (ethertype, before) in [
            (VLAN[0], tag.as_slice()),
            (VLAN[1], &two),
            (MPLS[0], &labels),
            (VLAN[2], &tagged_labels),
            (PPPOE_SESSION, &session),
        ] {
            assert_eq!(run(&code, ethertype, &behind(before), false), expected);
            assert_eq!(run(&code, ethertype, &behind(before), true), expected);
        }
    }

    #[test]
    fn what_cannot_be_read_goes_to_the_first_socket() {
        let code = program(5);
        for (ethertype, network) in [
            (0x0806, vec![0; 28]),
            (IPV4, vec![0x45; 18]),
            (IPV6, vec![0x60; 39]),
            (VLAN[0], vec![0, 1]),
            (MPLS[0], vec![0; 64]),
        ] {
            assert_eq!(run(&code, ethertype, &network, false), 0);
        }
    }

    #[test]
    fn pairs_are_spread_evenly_and_otherwise_for_another_secret() {
        let share = |secret: u32, v6_too: bool| {
            let code = program(secret);
            let mut sockets = [0; 7];
            for n in 0..7_000_u32 {
                // Neighbours in one network, all talking to one server: the hard case.
                let socket = if v6_too {
                    let host = 0x2001_0db8 << 96 | u128::from(n);
                    run(&code, IPV6, &v6(host, 0x2a00 << 112 | 53, 0), false)
                } else {
                    run(&code, IPV4, &v4(0xc633_0000 + n, 0x0808_0808, 0), false)
                };
                sockets[socket as usize % 7] += 1;
            }
            sockets
        };
        for v6_too in [false, true] {
            for secret in [1, 0x9e37_79b9, 0xffff_ffff, 0x0bad_cafe] {
                for count in share(secret | 0x10_0001, v6_too) {
                    assert!(
                        (500..1_700).contains(&count),
                        "{count} of 7000 for {secret:x}"
                    );
                }
            }
        }
        assert_ne!(share(0x1357_9bdf, false), share(0x0f1e_2d3c, false));
    }

    #[test]
    fn the_kernel_takes_it() {
        let code = program(0x55aa_55aa);
        assert!(code.len() < 4_096);
        // Jumps stay inside, and the last instruction returns.
        assert!(matches!(code.last(), Some(last) if last.code == RET_A));
        for (at, instruction) in code.iter().enumerate() {
            if instruction.code == JA {
                assert!(at + 1 + (instruction.k as usize) < code.len());
            }
        }
    }
}
