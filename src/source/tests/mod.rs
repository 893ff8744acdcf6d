//! What the readers promise, on captures made by code.

mod ahead;
mod files;
mod packed;
mod pcap;
mod pcapng;
mod ranges;
mod reading;
