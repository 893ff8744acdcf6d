//! Packet rings in no dump: all that is `unsafe` about the sandbox.
#![expect(unsafe_code, reason = "madvise of memory that libpcap mapped")]

use super::report::Standing;
use rustix::mm::{Advice, madvise};
use std::fs;
use std::io;
use std::ops::Range;
use std::ptr;

/// Marks every mapped socket of this process. Cores are forbidden and others may not look in; this holds
/// where somebody with the right to (root, by hand) takes a dump nevertheless.
pub(super) fn hide() -> Standing {
    match hidden() {
        Ok(0) => Standing::Holds(Some("(there are none)".to_owned())),
        Ok(rings) => Standing::Holds(Some(format!("({rings})"))),
        Err(error) => Standing::missing(error),
    }
}

fn hidden() -> io::Result<usize> {
    let maps = fs::read_to_string("/proc/self/maps")?;
    let mut rings = 0;
    for ring in maps.lines().filter_map(ring) {
        // SAFETY: this advice changes what a dump holds, and neither the memory nor what may be done with
        // it; where nothing is mapped any more it is an error.
        unsafe {
            madvise(
                ptr::with_exposed_provenance_mut(ring.start),
                ring.len(),
                Advice::LinuxDontDump,
            )?;
        }
        rings += 1;
    }
    Ok(rings)
}

/// Where a ring lies, if a line of /proc/PID/maps is about one:
/// `7f0000000000-7f0000400000 rw-s 00000000 00:08 12345  socket:[12345]`.
fn ring(line: &str) -> Option<Range<usize>> {
    let mut fields = line.split_ascii_whitespace();
    let (start, end) = fields.next()?.split_once('-')?;
    let address = |text| usize::from_str_radix(text, 16).ok();
    let is_socket = fields.nth(4)?.starts_with("socket:[");
    is_socket.then_some(address(start)?..address(end)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sockets_are_rings() {
        let line = "7f0000000000-7f0000400000 rw-s 00000000 00:08 12345                      socket:[12345]";
        assert_eq!(ring(line), Some(0x7f00_0000_0000..0x7f00_0040_0000));
        for other in [
            "7f0000000000-7f0000400000 rw-p 00000000 00:00 0 ",
            "7f0000000000-7f0000400000 rw-p 00000000 00:00 0                          [heap]",
            "7f0000000000-7f0000400000 r--p 00000000 fe:00 1234                       /tmp/socket:[1]",
            "",
        ] {
            assert_eq!(ring(other), None, "{other}");
        }
    }
}
