//! Bombs: a few megabytes that unpack to gigabytes of zeros, which are a capture of empty frames.

use crate::child;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

const PACKERS: [&str; 3] = ["zst", "gz", "lz4"];

/// A capture header and so many zeros, packed into a file.
fn bomb(path: &Path, packer: &str, zeros: u64) {
    let header = child::header();
    let mut plain = header.chain(io::repeat(0).take(zeros));
    let file = BufWriter::new(File::create(path).unwrap());
    match packer {
        "zst" => {
            let mut packed = zstd::Encoder::new(file, 1).unwrap();
            io::copy(&mut plain, &mut packed).unwrap();
            packed.finish().unwrap().flush().unwrap();
        }
        "gz" => {
            let mut packed = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
            io::copy(&mut plain, &mut packed).unwrap();
            packed.finish().unwrap().flush().unwrap();
        }
        _ => {
            let mut packed = lz4_flex::frame::FrameEncoder::new(file);
            io::copy(&mut plain, &mut packed).unwrap();
            packed.finish().unwrap().flush().unwrap();
        }
    }
}

trait Chained {
    fn chain<R: Read>(self, next: R) -> impl Read;
}

impl Chained for Vec<u8> {
    fn chain<R: Read>(self, next: R) -> impl Read {
        Read::chain(io::Cursor::new(self), next)
    }
}

/// The program on a bomb of each kind, with the most memory it may hold beyond that of an empty capture.
fn explode(zeros: u64, allowed: u64) {
    let folder = tempfile::tempdir().unwrap();
    let idle = child::replay(&[], None, |to| to.write_all(&child::header()).unwrap_or(())).peak;
    for packer in PACKERS {
        let path = folder.path().join(format!("bomb.pcap.{packer}"));
        bomb(&path, packer, zeros);
        let size = path.metadata().unwrap().len();
        let run = child::replay(&[], Some(&path), |_| ());
        println!(
            "{packer}: {} MiB packed to {} KiB: {} MiB held, {} MiB without, {:.1} s",
            zeros >> 20,
            size >> 10,
            run.peak,
            idle,
            run.seconds
        );
        assert_eq!(run.code, Some(0));
        run.all_accounted(zeros / 16);
        assert_eq!(run.number("/excluded/packets"), zeros / 16);
        assert!(
            run.peak < idle + allowed,
            "{packer}: {} MiB, {idle} without",
            run.peak
        );
    }
}

#[test]
fn row_04_a_bomb_is_unpacked_in_constant_memory() {
    explode(64 << 20, 64);
}

#[test]
#[ignore = "a minute or more"]
fn row_04_ten_gigabytes_are_unpacked_in_constant_memory() {
    explode(10 << 30, 64);
}
