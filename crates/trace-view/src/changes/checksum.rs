//! Whether a checksum follows from the packet it is in.

use super::align::Placed;
use trace_fields::Field;

/// Whether this field is an Internet checksum, by its name.
pub(super) fn is_checksum(field: &Field) -> bool {
    field.name.ends_with(".checksum")
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

fn cover(protocol: &str) -> Option<Cover> {
    Some(match protocol {
        "ip" => Cover::Header,
        "icmp" => Cover::All,
        "tcp" => Cover::Pseudo(6),
        "udp" => Cover::Pseudo(17),
        "icmpv6" => Cover::Pseudo(58),
        _ => return None,
    })
}

/// Whether the checksum of the later header is right, or differs from the earlier one by just what the other
/// changes make of it (RFC 1624); the latter holds for sums that a card has yet to complete, too, and for
/// snapshots that were cut at the same place.
pub(super) fn follows(
    (before, old): (&Placed<'_>, &[Placed<'_>]),
    (now, new): (&Placed<'_>, &[Placed<'_>]),
) -> bool {
    let Some(new_sum) = sum(now, new) else { return false };
    new_sum == 0 || sum(before, old) == Some(new_sum)
}

/// The one's complement sum of what the checksum covers, its own bytes included, modulo 65,535: 0 where it is
/// right.
fn sum(header: &Placed<'_>, all: &[Placed<'_>]) -> Option<u64> {
    let bytes = header.header.bytes();
    let total = match cover(header.header.protocol()?.name)? {
        Cover::Header => {
            let words = usize::from(bytes.first()? & 0x0f);
            words_of(bytes.get(..words.saturating_mul(4))?)
        }
        Cover::All => words_of(bytes),
        Cover::Pseudo(number) => {
            let network =
                all.iter().rev().find(|other| other.start < header.start && addresses(other).is_some())?;
            let addresses = words_of(addresses(network)?);
            let length = u64::try_from(bytes.len()).ok()?;
            words_of(bytes).saturating_add(addresses).saturating_add(length).saturating_add(u64::from(number))
        }
    };
    Some(total % 0xffff)
}

/// Source and destination of an IP header, one behind the other.
fn addresses<'a>(header: &Placed<'a>) -> Option<&'a [u8]> {
    match header.header.protocol()?.name {
        "ip" => header.header.bytes().get(12..20),
        "ipv6" => header.header.bytes().get(8..40),
        _ => None,
    }
}

/// Sum of the 16-bit words, the last one filled up with a zero. A snapshot is far too short to overflow it.
fn words_of(bytes: &[u8]) -> u64 {
    let words = bytes.chunks_exact(2);
    let odd = words.remainder().first().map_or(0, |byte| u64::from(*byte) << 8);
    words.fold(odd, |sum, pair| {
        let word = pair.first_chunk().map_or(0, |pair| u16::from_be_bytes(*pair));
        sum.saturating_add(u64::from(word))
    })
}
