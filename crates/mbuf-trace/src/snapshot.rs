//! The packet's bytes at one moment of its way, and what they begin with.

use crate::generated::{ether_type, link_type};

/// Length of an Ethernet header without VLAN tags.
const ETHERNET_HEADER: usize = 14;
/// Length of what an Ethernet frame carries at least: what is shorter is padded.
const LEAST_PAYLOAD: usize = 46;
/// Length of an ARP packet for IPv4 over Ethernet.
const ARP: usize = 28;

/// The bytes of a packet as an event recorded them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Snapshot<'a> {
    /// The link type that the record declares; revisions 1 to 3 always mean Ethernet, 1.
    pub link_type: u16,
    /// Length of the whole packet (`m_pkthdr.len`) in bytes, where the record tells it (revision 4).
    pub packet_length: Option<u32>,
    /// The bytes, as many as there are.
    pub bytes: &'a [u8],
    /// Bytes behind these that the kernel recorded and the capture cut off.
    pub missing: usize,
}

/// What the bytes of a snapshot begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Link {
    /// An Ethernet header.
    Ethernet,
    /// An IPv4 or IPv6 header: inside `ip_input` and beyond, the Ethernet header is already stripped.
    Ip,
    /// An ARP packet for IPv4 over Ethernet, without the Ethernet header. It has no link type of its own.
    Arp,
    /// No header that is known, as payload in a socket buffer.
    NoHeader,
    /// Something else, of this link type.
    Other(u16),
}

impl Link {
    /// The LINKTYPE_ number.
    #[must_use]
    pub const fn link_type(self) -> u16 {
        match self {
            Self::Ethernet => link_type::ETHERNET,
            Self::Ip => link_type::RAW_IP,
            Self::Arp | Self::NoHeader => link_type::NO_HEADER,
            Self::Other(other) => other,
        }
    }
}

impl<'a> Snapshot<'a> {
    /// An Ethernet snapshot of a whole packet.
    #[must_use]
    pub const fn ethernet(bytes: &'a [u8]) -> Self {
        Self { link_type: link_type::ETHERNET, packet_length: None, bytes, missing: 0 }
    }

    /// Bytes that the kernel recorded, those that the capture cut off included.
    #[must_use]
    pub const fn recorded_len(&self) -> usize {
        self.bytes.len().saturating_add(self.missing)
    }

    /// Length of the whole packet in bytes, as far as the record tells it.
    #[must_use]
    pub fn whole_len(&self) -> usize {
        let told = self.packet_length.and_then(|length| usize::try_from(length).ok());
        told.unwrap_or_default().max(self.recorded_len())
    }

    /// Whether bytes of the packet are not there: cut by the kernel, as `packet_length` tells, or by the capture.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.bytes.len() < self.whole_len()
    }

    /// Whether these bytes are those of another snapshot. None where they agree as far as both reach, and one of them
    /// was cut: by the kernel or by the capture.
    #[must_use]
    pub fn has_bytes_of(&self, other: &Snapshot<'_>) -> Option<bool> {
        let common = self.bytes.len().min(other.bytes.len());
        if self.whole_len() != other.whole_len() || self.bytes.get(..common) != other.bytes.get(..common) {
            return Some(false);
        }
        (!self.is_cut() && !other.is_cut()).then_some(true)
    }

    /// The link type of what the bytes begin with: that which the record declares in revision 4, and that of what
    /// [`link`](Self::link) recognises in revisions 1 to 3, which always say Ethernet.
    #[must_use]
    pub fn recognised_link_type(&self) -> u16 {
        self.link().link_type()
    }

    /// What the bytes begin with. Kernels of revisions 1 to 3 call everything Ethernet, so there it is recognised from
    /// the bytes, as the specification says; what cannot be recognised is [`Link::NoHeader`]. Revision 4 is believed.
    #[must_use]
    pub fn link(&self) -> Link {
        match self.link_type {
            link_type::ETHERNET if self.packet_length.is_none() => recognise(self.bytes, self.recorded_len()),
            link_type::ETHERNET => Link::Ethernet,
            link_type::RAW_IP => Link::Ip,
            link_type::NO_HEADER if starts_with_arp(self.bytes, self.whole_len()) => Link::Arp,
            link_type::NO_HEADER => Link::NoHeader,
            other => Link::Other(other),
        }
    }
}

/// What the bytes, the first of `length`, begin with.
fn recognise(bytes: &[u8], length: usize) -> Link {
    if starts_with_ip(bytes, length) {
        Link::Ip
    } else if starts_with_arp(bytes, length) {
        Link::Arp
    } else if is_ipv4_with_a_wrong_checksum(bytes, length) {
        Link::Ip
    } else if starts_with_ethernet(bytes) {
        Link::Ethernet
    } else {
        Link::NoHeader
    }
}

/// Whether the bytes, the first of `length`, are an ARP packet for IPv4 over Ethernet: hardware, protocol, the lengths
/// of their addresses, and an operation that exists.
fn starts_with_arp(bytes: &[u8], length: usize) -> bool {
    length >= ARP && matches!(bytes.first_chunk::<8>(), Some([0, 1, 8, 0, 6, 4, 0, 1..=9]))
}

/// Whether everything but the checksum says IPv4: the length is that of the packet, up to the padding of Ethernet, and
/// no EtherType is where Ethernet has it.
fn is_ipv4_with_a_wrong_checksum(bytes: &[u8], length: usize) -> bool {
    let (Some(first), Some(total)) = (bytes.first(), be16(bytes, 2).map(usize::from)) else { return false };
    let header_length = usize::from(first & 0x0f).saturating_mul(4);
    let is_length = total == length || total < length && length == LEAST_PAYLOAD;
    first >> 4 == 4
        && header_length >= 20
        && total >= header_length
        && is_length
        && bytes.len() >= header_length
        && !be16(bytes, 12).is_some_and(|code| ether_type::ALL.contains(&code))
}

/// Whether the bytes have an EtherType that is in use where Ethernet has it, or the length of IEEE 802.3 and an LLC
/// header that is.
fn starts_with_ethernet(bytes: &[u8]) -> bool {
    match be16(bytes, 12) {
        Some(3..=1500) => {
            let llc = bytes.get(ETHERNET_HEADER..).unwrap_or_default();
            matches!(
                llc,
                [0xaa, 0xaa, 3, ..]
                    | [0x42, 0x42, 3, ..]
                    | [0xe0, 0xe0, 3, ..]
                    | [0xf0, 0xf0, 3, ..]
                    | [0xfe, 0xfe, 3, ..]
                    | [0xff, 0xff, ..]
            )
        }
        Some(code) => ether_type::ALL.contains(&code),
        None => false,
    }
}

/// Whether bytes that have version 6 in the place of IP's version are an IPv4 header all the same: its checksum is
/// right, for them as they are or had they version 4. Of random bytes one in 32,768 is so.
#[must_use]
pub fn is_ipv4_of_version_6(bytes: &[u8]) -> bool {
    let Some(first) = bytes.first().filter(|first| *first >> 4 == 6) else { return false };
    let header_length = usize::from(first & 0x0f).saturating_mul(4);
    let Some(header) = bytes.get(..header_length).filter(|header| header.len() >= 20) else { return false };
    let sum = checksum(header);
    // The sum of the other version is less by 0x2000, its complement more.
    sum == 0 || sum == 0xdfff
}

/// Whether the bytes, the first of `length`, are consistent as an IPv4 or IPv6 packet from their first one on.
fn starts_with_ip(bytes: &[u8], length: usize) -> bool {
    match bytes.first().map(|first| first >> 4) {
        Some(4) => is_ipv4(bytes, length),
        Some(6) => is_ipv6(bytes, length),
        _ => false,
    }
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    let pair = bytes.get(at..)?.first_chunk::<2>()?;
    Some(u16::from_be_bytes(*pair))
}

fn is_ipv4(bytes: &[u8], length: usize) -> bool {
    let (Some(first), Some(total)) = (bytes.first(), be16(bytes, 2)) else { return false };
    let header_length = usize::from(first & 0x0f).saturating_mul(4);
    let total = usize::from(total);
    // A total of 0 stands in segments that the card has yet to cut (TSO).
    if header_length < 20 || header_length > length || (total != 0 && total < header_length) {
        return false;
    }
    match bytes.get(..header_length) {
        Some(header) if checksum(header) == 0 => true,
        // 0 is a checksum that the card has yet to fill in.
        Some(_) if be16(bytes, 10) != Some(0) => false,
        Some(_) | None => is_exactly(total, bytes, length),
    }
}

fn is_ipv6(bytes: &[u8], length: usize) -> bool {
    let payload = be16(bytes, 4).map(usize::from);
    payload.is_some_and(|payload| is_exactly(payload.saturating_add(40), bytes, length))
}

/// Whether the length that an IP header gives is that of the bytes, and no EtherType says that the header is one
/// of Ethernet.
fn is_exactly(said: usize, bytes: &[u8], length: usize) -> bool {
    said == length && bytes.len() >= ETHERNET_HEADER && !ethertype_is_known(bytes)
}

/// Whether the bytes at the place of an EtherType name IPv4, ARP, IPv6 or a VLAN tag.
fn ethertype_is_known(bytes: &[u8]) -> bool {
    matches!(be16(bytes, 12), Some(0x0800 | 0x0806 | 0x86dd | 0x8100 | 0x88a8))
}

/// The Internet checksum (RFC 1071) over bytes that include their own checksum: 0 when it is right.
fn checksum(bytes: &[u8]) -> u16 {
    let sum = bytes.chunks(2).fold(0_u32, |sum, pair| {
        let high = pair.first().copied().unwrap_or_default();
        let low = pair.get(1).copied().unwrap_or_default();
        sum.wrapping_add(u32::from(u16::from_be_bytes([high, low])))
    });
    // At most 30 words were added, so two folds are enough.
    let folded = (sum & 0xffff).wrapping_add(sum >> 16);
    let folded = (folded & 0xffff).wrapping_add(folded >> 16);
    !u16::try_from(folded).unwrap_or(u16::MAX)
}

/// Whether the bytes, the first of `length`, look like a packet that an interface could carry: Ethernet with a
/// known EtherType or an 802.3 length, or IP.
#[must_use]
pub(crate) fn looks_like_a_packet(bytes: &[u8], length: usize) -> bool {
    if starts_with_ip(bytes, length) || ethertype_is_known(bytes) {
        return true;
    }
    // 802.3: the length of what follows, up to padding.
    let rest = length.saturating_sub(ETHERNET_HEADER);
    be16(bytes, 12)
        .is_some_and(|claimed| (3..=1500).contains(&claimed) && usize::from(claimed) <= rest && rest <= 1500)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    /// An IPv4 header of so many words of 32 bits and a total length, its checksum right, then as many bytes that
    /// there are `length` of them.
    fn ipv4(words: u8, total: u16, length: usize) -> Vec<u8> {
        let mut bytes = Vec::from([0x40 | words, 0]);
        bytes.extend(total.to_be_bytes());
        bytes.extend([0, 7, 0, 0, 64, 17, 0, 0, 10, 9, 8, 7, 10, 0, 0, 2]);
        bytes.resize(usize::from(words).max(5) * 4, 1);
        let sum = checksum(&bytes[..usize::from(words) * 4]);
        bytes[10..12].copy_from_slice(&sum.to_be_bytes());
        bytes.resize(length, 0xee);
        bytes
    }

    fn with(mut bytes: Vec<u8>, at: usize, pair: u16) -> Vec<u8> {
        bytes[at..at + 2].copy_from_slice(&pair.to_be_bytes());
        bytes
    }

    /// Whether the first `kept` bytes of a snapshot are consistent as IP.
    fn is_ip(bytes: &[u8], kept: usize) -> bool {
        starts_with_ip(&bytes[..kept], bytes.len())
    }

    #[test]
    fn an_ipv4_header_has_to_agree_with_itself() {
        let whole = |bytes: Vec<u8>| is_ip(&bytes, bytes.len());
        // With a checksum, the total length has only to be possible.
        assert!(whole(ipv4(5, 60, 60)) && whole(ipv4(5, 100, 60)) && whole(ipv4(5, 20, 60)));
        assert!(!whole(ipv4(5, 19, 60)));
        assert!(whole(ipv4(5, 0, 60)), "as in TSO");
        assert!(whole(ipv4(15, 60, 60)) && whole(ipv4(5, 20, 20)));
        assert!(!whole(ipv4(15, 60, 59)), "the header is longer than the packet");
        assert!(!whole(ipv4(4, 60, 60)), "a header of 16 bytes");
        // A wrong checksum is none; 0 is one that is not yet there, and then the length has to agree.
        assert!(!whole(with(ipv4(5, 60, 60), 10, 1)));
        assert!(whole(with(ipv4(5, 60, 60), 10, 0)));
        assert!(!whole(with(ipv4(5, 61, 60), 10, 0)));
        assert!(!whole(with(ipv4(5, 0, 60), 10, 0)));
        for ethertype in [0x0800, 0x0806, 0x86dd, 0x8100, 0x88a8] {
            assert!(!whole(with(with(ipv4(5, 60, 60), 10, 0), 12, ethertype)), "{ethertype:x}");
        }
        // The sum of the words is 0x1ffff: with both carries 1, and not 0xffff.
        let carries = with(with(with(ipv4(5, 20, 20), 10, 0xffff), 12, 0x0a09), 14, 0);
        let sum = |bytes: &[u8]| {
            bytes.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1])).sum::<u32>()
        };
        let rest = u16::try_from(0x1_ffff - sum(&carries)).unwrap();
        assert!(!whole(with(carries, 14, rest)));
    }

    #[test]
    fn a_cut_header_has_to_say_the_length() {
        let packet = ipv4(5, 60, 60);
        for kept in 0..=60 {
            assert_eq!(is_ip(&packet, kept), kept >= ETHERNET_HEADER, "{kept}");
        }
        let other = ipv4(5, 61, 60);
        for kept in 0..=60 {
            assert_eq!(is_ip(&other, kept), kept >= 20, "{kept}");
        }
    }

    #[test]
    fn an_ipv6_header_has_to_say_the_length() {
        let mut packet = Vec::from([0x60, 0, 0, 0, 0, 20, 17, 64, 0x20, 1, 13, 0xb8]);
        packet.resize(60, 0);
        for kept in 0..=60 {
            assert_eq!(is_ip(&packet, kept), kept >= ETHERNET_HEADER, "{kept}");
        }
        assert!(!is_ip(&with(packet.clone(), 4, 21), 60) && !is_ip(&with(packet.clone(), 4, 19), 60));
        assert!(!is_ip(&with(packet.clone(), 12, 0x86dd), 60));
        packet[0] = 0x50;
        assert!(!is_ip(&packet, 60));
    }

    #[test]
    fn frames_of_802_3_say_the_length_up_to_padding() {
        let looks = |claimed: u16, length: usize| {
            let mut bytes = Vec::from([0xff; 12]);
            bytes.extend(claimed.to_be_bytes());
            bytes.extend([0xaa, 0xaa]);
            looks_like_a_packet(&bytes, length)
        };
        assert!(looks(46, 60) && looks(3, 60) && looks(3, 17) && looks(1500, 1514));
        assert!(!looks(2, 60) && !looks(47, 60) && !looks(3, 16) && !looks(1500, 1513));
        assert!(!looks(1501, 1515) && !looks(1500, 1515));
        assert!(looks(0x0800, 60) && !looks(0x0801, 3000));
        assert!(!looks_like_a_packet(&[0xff; 13], 60));
    }
}
