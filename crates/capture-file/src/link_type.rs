//! What a packet's first bytes are.

use std::fmt;

/// A LINKTYPE value, as registered at <https://www.tcpdump.org/linktypes.html>.
///
/// ```
/// use capture_file::LinkType;
/// assert_eq!(LinkType::ETHERNET.to_string(), "Ethernet (1)");
/// assert_eq!(LinkType(147).to_string(), "USER0 (147)");
/// assert_eq!(LinkType(999).to_string(), "link type 999");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkType(pub u16);

impl LinkType {
    /// Ethernet.
    pub const ETHERNET: Self = Self(1);
    /// IPv4 or IPv6, told apart by the first four bits.
    pub const RAW: Self = Self(101);
    /// Reserved for private use.
    pub const USER0: Self = Self(147);

    /// A short name of the types that turn up beside packet traces.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0 => "BSD loopback",
            1 => "Ethernet",
            101 => "raw IP",
            105 => "IEEE 802.11",
            108 => "OpenBSD loopback",
            113 => "Linux cooked",
            117 => "pflog",
            127 => "IEEE 802.11 radiotap",
            147 => "USER0",
            148 => "USER1",
            162 => "USER15",
            228 => "raw IPv4",
            229 => "raw IPv6",
            276 => "Linux cooked v2",
            _ => return None,
        })
    }
}

impl fmt::Display for LinkType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name} ({})", self.0),
            None => write!(f, "link type {}", self.0),
        }
    }
}
