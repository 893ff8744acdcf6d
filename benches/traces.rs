//! Writes what `benches/measure` measures on. No bench: it is here so that no release holds it.
//!
//!     cargo bench --bench traces -- imix|min64|hdr96 FILE PACKETS FLOWS
//!     cargo bench --bench traces -- steady FILE PACKETS FLOWS STEP home|abroad TUNNELS
//!     cargo bench --bench traces -- mmdb FILE

#![allow(
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a program for measuring that cannot write says why and stops"
)]

mod mmdb;

use sekisho::demo::trace::{self, Mix, Steady};
use std::fs::File;
use std::io::{self, BufWriter};

/// Of the shuffled flows of a mix.
const SEED: u64 = 1;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let written = match arguments.as_slice() {
        ["steady", file, packets, flows, step, whose, tunnels] => Steady {
            flows: number(flows),
            packets: number(packets),
            step: number(step),
            home: *whose == "home",
            tunnels: number(tunnels) as usize,
        }
        .write(create(file)),
        ["mmdb", file] => std::fs::write(file, mmdb::embedded()),
        [mix, file, packets, flows] => write_mix(mix, file, number(packets), number(flows)),
        // As `cargo bench` starts it among the benches.
        _ => Ok(()),
    };
    written.expect("a file that can be written");
}

fn write_mix(mix: &str, file: &str, packets: u64, flows: u64) -> io::Result<()> {
    let mix = match mix {
        "imix" => Mix::Imix,
        "min64" => Mix::Min64,
        "hdr96" => Mix::Hdr96,
        _ => return Err(io::Error::other("no such mix")),
    };
    trace::write(mix, packets as usize, flows as usize, SEED, create(file))
}

fn create(file: &str) -> BufWriter<File> {
    BufWriter::with_capacity(1 << 20, File::create(file).expect("a file"))
}

fn number(text: &str) -> u64 {
    text.parse().expect("a number")
}
