//! Admitted packets by the real road: UDP between two hosts abroad, one flow a number.

use sekisho::decode::{Headers, decode};
use sekisho::gate::{Admitted, Authorisation, Fragments, Gate, Policy};
use sekisho::geo::{Settings, Table};
use sekisho::locate::locate;
use sekisho::source::{Frame, LinkType};
use sekisho::time::Timestamp;

/// LINKTYPE_RAW: the frame begins with the IP header.
const RAW: LinkType = LinkType(101);

pub(crate) fn table() -> Table {
    Table::build(&Settings::default()).expect("the embedded table builds")
}

/// The packets of flows `0..count`, in order.
pub(crate) fn packets(table: &Table, count: u32) -> Vec<Admitted> {
    let mut gate = Gate::new(Policy::new(Authorisation::ALL), Fragments::new(1));
    let mut headers = Headers::new();
    (0..count)
        .map(|flow| {
            let mut bytes = [0_u8; 28];
            bytes[..10].copy_from_slice(&[0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17]);
            bytes[12..20].copy_from_slice(&[8, 8, 8, 8, 4, 2, 2, 1]);
            bytes[20..22].copy_from_slice(&(flow as u16).to_be_bytes());
            // Ports of 9000 and more: no tunnel is known by them.
            bytes[22..24].copy_from_slice(&(9000 + (flow >> 16) as u16).to_be_bytes());
            bytes[25] = 8;
            let frame = Frame {
                seen: Timestamp::from_nanos(5),
                wire_len: 60,
                link: RAW,
                bytes: &bytes,
            };
            decode(&frame, &mut headers).expect("an IPv4 packet");
            match gate.judge(&locate(&headers, table)) {
                Ok(admitted) => admitted,
                Err(excluded) => panic!("excluded: {:?}", excluded.reason),
            }
        })
        .collect()
}
