//! Nothing of an excluded packet comes out of a live run, whatever happens to it.

use crate::harness::{Net, frames_add_up, number};
use crate::search::Needles;
use crate::traffic::{Frames, conversations, framed};
use rustix::process::Signal;
use sekisho::demo::encap::Wrap;
use sekisho::demo::link::{MACS, vlan};
use sekisho::demo::packet::{Ends, Pdu, icmp_error, ip, udp};
use sekisho::demo::places::{Place, v4, v6};
use sekisho::demo::rng::Rng;
use std::collections::HashSet;
use std::net::IpAddr;
use std::path::Path;
use std::{fs, io};

/// Frames that are excluded, and what must not come out of them.
struct Canaries {
    rng: Rng,
    used: HashSet<[u8; 3]>,
    frames: Frames,
    secrets: Needles,
    port: u16,
}

impl Canaries {
    fn plant() -> Self {
        let mut canaries = Self {
            rng: Rng::new(16),
            used: HashSet::new(),
            frames: Frames::new(),
            secrets: Needles::default(),
            port: 20_011,
        };
        for is_v6 in [false, true] {
            for other in [Place::Home, Place::Private, Place::Unlocated] {
                let packet = canaries.packet(is_v6, other);
                canaries.frames.push(framed(packet));
                let packet = canaries.packet(is_v6, other);
                canaries.frames.push(framed(vlan(0x8100, 77, packet)));
            }
            for wrap in [Wrap::Gre, Wrap::Vxlan, Wrap::Geneve, Wrap::Gtpu, Wrap::Ip] {
                let inner = canaries.packet(is_v6, Place::Home);
                let outer = canaries.hidden(is_v6, Place::Home, Place::Home);
                let packet = wrap.wrap(outer, MACS, inner, &mut canaries.rng);
                canaries.frames.push(framed(packet));
            }
            // An error from abroad that quotes what stays at home.
            let quoted = canaries.hidden(is_v6, Place::Home, Place::Home);
            let back = Ends::new(canaries.fresh(is_v6, Place::Abroad), quoted.src);
            canaries.secrets.address("reporter", back.src);
            let body = udp(quoted, 5_000, 5_001, b"quoted");
            let kind = if is_v6 { 3 } else { 11 };
            let error = icmp_error(back, kind, 0, &ip(quoted, body));
            canaries.frames.push(framed(ip(back, error)));
        }
        canaries
    }

    /// An address that nothing else here has, nor its /24.
    fn fresh(&mut self, is_v6: bool, place: Place) -> IpAddr {
        if is_v6 {
            return v6(place, &mut self.rng).into();
        }
        loop {
            let address = v4(place, &mut self.rng);
            let [a, b, c, d] = address.octets();
            let tellable = place == Place::Private || a > 127 && d > 9;
            if (tellable || place == Place::Abroad) && self.used.insert([a, b, c]) {
                return address.into();
            }
        }
    }

    fn hidden(&mut self, is_v6: bool, src: Place, dst: Place) -> Ends {
        let ends = Ends::new(self.fresh(is_v6, src), self.fresh(is_v6, dst));
        self.secrets.address("excluded", ends.src);
        self.secrets.address("excluded", ends.dst);
        ends
    }

    fn packet(&mut self, is_v6: bool, other: Place) -> Pdu {
        let ends = self.hidden(is_v6, Place::Home, other);
        self.port += 46;
        let mark = format!("KANARI-{:016x}", self.rng.next());
        self.secrets.payload("excluded", mark.as_bytes());
        self.secrets.port("excluded", self.port);
        self.secrets.port("excluded", self.port + 23);
        ip(ends, udp(ends, self.port, self.port + 23, mark.as_bytes()))
    }
}

/// All that lies in a folder, by name.
fn leavings(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        found.push((
            path.display().to_string(),
            path.display().to_string().into_bytes(),
        ));
        if path.is_dir() {
            leavings(&path, found)?;
        } else {
            found.push((path.display().to_string(), fs::read(&path)?));
        }
    }
    Ok(())
}

#[test]
fn row_16_and_45_an_overload_lets_nothing_out_that_is_excluded() {
    let Some(net) = Net::new() else { return };
    let canaries = Canaries::plant();
    let frames: Frames = [canaries.frames.clone(), conversations(20)].concat();
    for (output, format) in [("out/", "jsonl"), ("flows.csv", "csv")] {
        let _ = fs::create_dir(net.path("out"));
        let mut command = net.program(
            &["vb"],
            &[
                "--lanes",
                "2",
                "--ring-mib",
                "1",
                "--max-flows",
                "10",
                "-vvvv",
            ],
        );
        command
            .args(["-o", output, "--format", format, "--state", "state"])
            .env("RUST_LOG", "trace")
            .env("TMPDIR", net.folder());
        let mut capture = crate::harness::Capture::start(command);
        capture.wait_for("capturing: ");
        let sender = net.sender("va");
        // In the midst of it: settings are read again, a file is completed, the ring runs full.
        sender.send(&frames);
        capture.signal(Signal::HUP);
        capture.wait_for("reloaded: ");
        capture.signal(Signal::USR1);
        sender.send(&frames);
        capture.signal(Signal::STOP);
        let sent = 2 * frames.len() as u64 + sender.repeat(&frames, 400);
        capture.signal(Signal::CONT);
        let said = capture.done();
        let summary = net.summary();
        let (delivered, dropped) = frames_add_up(&summary);
        assert_eq!(delivered + dropped, sent);
        assert!(dropped > 0);
        assert!(number(&summary, "/excluded/packets") > 0);
        let mut found = vec![("stderr".to_owned(), said.into_bytes())];
        leavings(net.folder(), &mut found).unwrap();
        assert!(found.len() > 4);
        for (place, bytes) in &found {
            let leaks = canaries.secrets.find(bytes);
            assert!(leaks.is_empty(), "{place}: {leaks:#?}");
        }
    }
    // The search sees what is there.
    let all = canaries.frames.concat();
    assert!(canaries.secrets.find(&all).len() > 50);
}
