//! Whether a checksum follows from the packet it is in.

use super::align::Placed;
use trace_fields::FieldId;

/// The field of the Internet checksum in this header.
pub(super) fn field(header: &Placed<'_>) -> Option<FieldId> {
    Some(match header.header.protocol()?.id {
        FieldId::Ip => FieldId::IpChecksum,
        FieldId::Icmp => FieldId::IcmpChecksum,
        FieldId::Icmpv6 => FieldId::Icmpv6Checksum,
        FieldId::Tcp => FieldId::TcpChecksum,
        FieldId::Udp => FieldId::UdpChecksum,
        _ => return None,
    })
}

/// What an Internet checksum covers.
enum Cover {
    /// Its own header only.
    Header,
    /// Header and payload.
    All,
    /// Both, and the addresses, the length and this protocol number (RFC 9293, RFC 768, RFC 4443).
    Pseudo(u32),
}

fn cover(header: &Placed<'_>) -> Option<Cover> {
    Some(match header.header.protocol()?.id {
        FieldId::Ip => Cover::Header,
        FieldId::Icmp => Cover::All,
        FieldId::Tcp => Cover::Pseudo(6),
        FieldId::Udp => Cover::Pseudo(17),
        FieldId::Icmpv6 => Cover::Pseudo(58),
        _ => return None,
    })
}

/// Whether the checksum of the later header is right, or differs from the earlier one by just what the other
/// changes make of it (RFC 1624); the latter holds for sums that a card has yet to complete, too, and for
/// snapshots that were cut at the same place.
pub(super) fn follows(((before, old), (now, new)): (Side<'_, '_>, Side<'_, '_>)) -> bool {
    let Some(new_sum) = sum(now, new) else { return false };
    new_sum == 0 || sum(before, old) == Some(new_sum)
}

/// A header, and all headers of its packet.
type Side<'s, 'a> = (&'s Placed<'a>, &'s [Placed<'a>]);

/// Whether the checksum was right and is no more, as far as that can be told: both packets are whole, and the
/// later sum is none that a card has yet to complete.
pub(super) fn becomes_wrong(((before, old), (now, new)): (Side<'_, '_>, Side<'_, '_>)) -> bool {
    !covers_the_same((before, old), (now, new))
        && is_whole(before, old)
        && is_whole(now, new)
        && sum(before, old) == Some(0)
        && sum(now, new).is_some_and(|sum| sum != 0)
        && !is_left_to_a_card(now, new)
}

/// Whether both headers lie in the same addresses and are the same with all that they carry: so are their sums, which
/// are not worth adding up then.
fn covers_the_same((before, old): Side<'_, '_>, (now, new): Side<'_, '_>) -> bool {
    let outer = |header, all| network(header, all).and_then(addresses);
    before.header.bytes() == now.header.bytes() && outer(before, old) == outer(now, new)
}

/// Whether everything that the checksum covers is there. Fragments and what lies behind extension headers of
/// IPv6 are not looked at.
fn is_whole(header: &Placed<'_>, all: &[Placed<'_>]) -> bool {
    match cover(header) {
        None => false,
        Some(Cover::Header) => true,
        Some(Cover::All | Cover::Pseudo(_)) => network(header, all).is_some_and(|network| {
            let end = header.start.saturating_add(header.header.bytes().len());
            datagram_length(network).map(|length| network.start.saturating_add(length)) == Some(end)
        }),
    }
}

/// Length of an IP datagram with its header, if it is no fragment and has no extension header.
fn datagram_length(network: &Placed<'_>) -> Option<usize> {
    const FRAGMENT: u16 = 0x3fff;
    let bytes = network.header.bytes();
    let word = |at: usize| bytes.get(at..)?.first_chunk().map(|pair| u16::from_be_bytes(*pair));
    match network.header.protocol()?.id {
        FieldId::Ip if word(6)? & FRAGMENT == 0 => word(2).map(usize::from),
        FieldId::Ipv6 if matches!(bytes.get(6)?, 6 | 17 | 58) => {
            Some(usize::from(word(4)?).saturating_add(40))
        }
        _ => None,
    }
}

/// Whether the checksum is what a stack writes that leaves it to the card: nothing, or the sum of the pseudo
/// header with the length or, for large segments, without.
fn is_left_to_a_card(header: &Placed<'_>, all: &[Placed<'_>]) -> bool {
    let bytes = header.header.bytes();
    let Some(protocol) = header.header.protocol() else { return false };
    let at = match protocol.id {
        FieldId::Ip => 10,
        FieldId::Icmp | FieldId::Icmpv6 => 2,
        FieldId::Udp => 6,
        _ => 16,
    };
    let stored = bytes.get(at..).and_then(|rest| rest.first_chunk()).map(|pair| u16::from_be_bytes(*pair));
    let pseudo = match cover(header) {
        Some(Cover::Pseudo(number)) => network(header, all)
            .and_then(addresses)
            .map(|addresses| words_of(addresses).saturating_add(u64::from(number))),
        _ => None,
    };
    let length = u64::try_from(bytes.len()).unwrap_or_default();
    stored.map(u64::from).is_some_and(|stored| {
        stored == 0
            || pseudo.is_some_and(|pseudo| {
                [pseudo, pseudo.saturating_add(length)].iter().any(|sum| sum % 0xffff == stored % 0xffff)
            })
    })
}

/// The IP header that a header lies in.
fn network<'s, 'a>(header: &Placed<'_>, all: &'s [Placed<'a>]) -> Option<&'s Placed<'a>> {
    all.iter().rev().find(|other| other.start < header.start && addresses(other).is_some())
}

/// The one's complement sum of what the checksum covers, its own bytes included, modulo 65,535: 0 where it is
/// right.
fn sum(header: &Placed<'_>, all: &[Placed<'_>]) -> Option<u64> {
    let bytes = header.header.bytes();
    let total = match cover(header)? {
        Cover::Header => {
            let words = usize::from(bytes.first()? & 0x0f);
            words_of(bytes.get(..words.saturating_mul(4))?)
        }
        Cover::All => words_of(bytes),
        Cover::Pseudo(number) => {
            let addresses = words_of(addresses(network(header, all)?)?);
            let length = u64::try_from(bytes.len()).ok()?;
            words_of(bytes).saturating_add(addresses).saturating_add(length).saturating_add(u64::from(number))
        }
    };
    Some(total % 0xffff)
}

/// Source and destination of an IP header, one behind the other.
fn addresses<'a>(header: &Placed<'a>) -> Option<&'a [u8]> {
    match header.header.protocol()?.id {
        FieldId::Ip => header.header.bytes().get(12..20),
        FieldId::Ipv6 => header.header.bytes().get(8..40),
        _ => None,
    }
}

/// Sum of the 16-bit words, the last one filled up with a zero: a number that is as good as it modulo 65,535, where
/// 65,536 is 1, and so two words can be added as one number. A snapshot is far too short to overflow it.
fn words_of(bytes: &[u8]) -> u64 {
    let pairs = bytes.chunks_exact(4);
    let mut last = [0; 4];
    for (place, byte) in last.iter_mut().zip(pairs.remainder()) {
        *place = *byte;
    }
    let two_words = |pair: &[u8]| pair.first_chunk().map_or(0, |pair| u64::from(u32::from_be_bytes(*pair)));
    pairs.map(two_words).fold(two_words(&last), u64::wrapping_add)
}
