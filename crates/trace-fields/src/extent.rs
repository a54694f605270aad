//! How much of a packet Wireshark counts as one protocol, for what compares, slices and measures protocols.

use crate::generated::FieldId;

impl FieldId {
    /// Of the bytes from a protocol's header to the end of what it carries, how many Wireshark's dissector takes
    /// for the protocol's own: of some the header, of others all of them. Of no protocol, all. It can be more than
    /// there are, where the header was cut.
    #[must_use]
    pub fn extent(self, bytes: &[u8]) -> usize {
        let at = |place: usize| usize::from(bytes.get(place).copied().unwrap_or_default());
        match self {
            Self::Eth => 14,
            Self::Vlan | Self::Ieee8021ad | Self::Mpls => 4,
            Self::Pppoes => 6,
            Self::Arp => at(4).saturating_add(at(5)).saturating_mul(2).saturating_add(8).min(bytes.len()),
            Self::Ip => (at(0) & 0x0f).saturating_mul(4),
            Self::Ipv6 => 40,
            Self::Ipv6Hopopts | Self::Ipv6Dstopts => at(1).saturating_add(1).saturating_mul(8),
            Self::Ipv6Fraghdr | Self::Udp | Self::Udplite | Self::Vxlan => 8,
            _ => bytes.len(),
        }
    }
}
