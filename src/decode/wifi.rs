//! IEEE 802.11 data frames and the capture headers before them.

use super::stop::{Carrier, Header, NotIp, Stop};
use super::view::View;
use super::walk::{Kind, Step};

/// An 802.11 frame (IEEE 802.11 §9.2). Only whole, unprotected data frames carry readable IP.
/// `padded`: the driver aligned the payload to four bytes.
pub(super) fn wifi(view: View<'_>, padded: bool) -> Step<'_> {
    let not_ip = Err(Stop::NotIp(NotIp::Ieee80211));
    let [control, flags] = *view.need::<2>(Header::Ieee80211)?;
    // Type 2 is data; subtype bit 4 says that it carries none.
    if control >> 2 & 3 != 2 || control & 0x40 != 0 {
        return not_ip;
    }
    let four_addresses = flags & 3 == 3;
    let quality = control & 0x80 != 0;
    let before_quality = if four_addresses { 30 } else { 24 };
    let high_throughput = quality && flags & 0x80 != 0;
    let length = before_quality + if quality { 2 } else { 0 } + if high_throughput { 4 } else { 0 };
    if view.bytes.len() < length {
        return Err(view.short(length, Header::Ieee80211));
    }
    let fragment = view.u8(22).is_some_and(|sequence| sequence & 0x0f != 0);
    if flags & 0x40 != 0 || flags & 0x04 != 0 || fragment {
        return not_ip;
    }
    // An aggregate of several frames: not taken apart.
    if quality && view.u8(before_quality).is_some_and(|byte| byte & 0x80 != 0) {
        return Err(Stop::NotDecoded(Carrier::Other));
    }
    let length = if padded {
        length.next_multiple_of(4)
    } else {
        length
    };
    Ok((Kind::Llc, view.skip(length)))
}

/// Radiotap (radiotap.org): fields in an order and alignment given by a bit mask. Of these only the
/// flags matter: bit 0x20 says that the payload is aligned.
pub(super) fn radiotap(view: View<'_>) -> Step<'_> {
    let [_, _, low, high, ..] = *view.need::<8>(Header::Link)?;
    let length = usize::from(u16::from_le_bytes([low, high]));
    let header = within(view, length)?;
    let present = header.u32_le(4).unwrap_or_default();
    let (mut word, mut at) = (present, 8);
    while word & 0x8000_0000 != 0 {
        let Some(next) = header.u32_le(at) else { break };
        word = next;
        at += 4;
    }
    if present & 1 != 0 {
        // A 64-bit timestamp precedes the flags.
        at = at.next_multiple_of(8) + 8;
    }
    let flags = header.u8(at).filter(|_| present & 2 != 0).unwrap_or(0);
    let padded = flags & 0x20 != 0;
    Ok((Kind::Wifi { padded }, view.skip(length)))
}

/// Prism and AVS headers: both have their length in the second word, in either byte order.
pub(super) fn prism(view: View<'_>) -> Step<'_> {
    let [a, b, c, d, length @ ..] = *view.need::<8>(Header::Link)?;
    let big = u32::from_be_bytes(length);
    let little = u32::from_le_bytes(length);
    let is_avs = u32::from_be_bytes([a, b, c, d]) & 0xffff_f000 == 0x8021_1000;
    let fits = |length: u32| usize::try_from(length).is_ok_and(|length| length <= view.wire);
    let length = if is_avs || !fits(little) { big } else { little };
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if view.bytes.len() < length {
        return Err(view.short(length, Header::Link));
    }
    Ok((Kind::Wifi { padded: false }, view.skip(length)))
}

/// Per-packet information (PPI): a length, then a link type of its own.
pub(super) fn ppi(view: View<'_>) -> Step<'_> {
    let [_, _, low, high, link @ ..] = *view.need::<8>(Header::Link)?;
    let length = usize::from(u16::from_le_bytes([low, high]));
    within(view, length)?;
    let link = crate::source::LinkType(u32::from_le_bytes(link));
    Ok((Kind::Link(link), view.skip(length)))
}

/// A header with its declared length, which counts its own first eight bytes.
fn within(view: View<'_>, length: usize) -> Result<View<'_>, Stop> {
    if length < 8 {
        return Err(Stop::Malformed(Header::Link));
    }
    if view.bytes.len() < length {
        return Err(view.short(length, Header::Link));
    }
    Ok(view.clip(length))
}
