//! The protocol headers in a packet, one behind the other, as Wireshark finds them.
//!
//! Written by hand rather than with etherparse: Wireshark shows the fields of a header that was cut up to
//! the cut, dissects fragments and the packets quoted in ICMP errors by rules of its own, and goes through
//! tunnels. The tests hold this against tshark, and build their packets with etherparse.
//!
//! What Wireshark does and this does not: reassembly of fragments and streams, protocols on UDP ports
//! other than VXLAN's, Geneve's and those of GRE and MPLS, and IPv6 where the EtherType says IPv4.

mod ip;
mod link;
mod tunnel;

use crate::generated::FieldId;
use mbuf_trace::{Link, is_ipv4_of_version_6};

/// A protocol that has fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Ethernet,
    Vlan,
    ProviderVlan,
    Mpls,
    Pppoe,
    Ppp,
    Arp,
    Ipv4,
    Ipv6,
    HopByHop,
    Routing,
    Fragment,
    DestinationOptions,
    Authentication,
    Esp,
    Gre,
    Vxlan,
    Icmp,
    Icmpv6,
    Igmp,
    Tcp,
    Udp,
    UdpLite,
    Sctp,
}

impl Protocol {
    /// The field that says it is there.
    pub(crate) const fn field(self) -> FieldId {
        match self {
            Self::Ethernet => FieldId::Eth,
            Self::Vlan => FieldId::Vlan,
            Self::ProviderVlan => FieldId::Ieee8021ad,
            Self::Mpls => FieldId::Mpls,
            Self::Pppoe => FieldId::Pppoes,
            Self::Ppp => FieldId::Ppp,
            Self::Arp => FieldId::Arp,
            Self::Ipv4 => FieldId::Ip,
            Self::Ipv6 => FieldId::Ipv6,
            Self::HopByHop => FieldId::Ipv6Hopopts,
            Self::Routing => FieldId::Ipv6Routing,
            Self::Fragment => FieldId::Ipv6Fraghdr,
            Self::DestinationOptions => FieldId::Ipv6Dstopts,
            Self::Authentication => FieldId::Ah,
            Self::Esp => FieldId::Esp,
            Self::Gre => FieldId::Gre,
            Self::Vxlan => FieldId::Vxlan,
            Self::Icmp => FieldId::Icmp,
            Self::Icmpv6 => FieldId::Icmpv6,
            Self::Igmp => FieldId::Igmp,
            Self::Tcp => FieldId::Tcp,
            Self::Udp => FieldId::Udp,
            Self::UdpLite => FieldId::Udplite,
            Self::Sctp => FieldId::Sctp,
        }
    }
}

/// One header and what it carries.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layer<'a> {
    pub(crate) protocol: Protocol,
    /// From the header's first byte to the end of its payload; padding behind that is left out.
    pub(crate) bytes: &'a [u8],
    /// Length of that before the packet was cut, as far as the headers in front tell.
    pub(crate) length: usize,
    /// Whether it stands in a first fragment or in a packet that an ICMP error quotes: there may have been more of it.
    pub(crate) partial: bool,
    /// Whether an ICMP error of IPv4 quotes it, in no tunnel.
    pub(crate) quoted: bool,
}

impl Layer<'_> {
    /// Whether this header can have values of a field that belongs to `protocol`.
    pub(crate) fn can_have(&self, field: FieldId, protocol: Option<FieldId>) -> bool {
        let own = self.protocol.field();
        match self.protocol {
            // Wireshark gives IPv6 headers this one of IPv4, and UDP-Lite those of UDP.
            Protocol::Ipv6 if field == FieldId::IpVersion => true,
            Protocol::UdpLite => {
                protocol == Some(own) || protocol == Some(FieldId::Udp) && field != FieldId::Udp
            }
            _ => protocol == Some(own),
        }
    }
}

/// What comes next.
#[derive(Debug, Clone, Copy)]
enum Next {
    Protocol(Protocol),
    EtherType(u16),
    /// An IP protocol number, behind IPv4 or IPv6.
    IpProtocol(u8),
    RawIp,
    /// IPv6 by its version, and IPv4 of any other.
    AnyIp,
    Llc,
    Geneve,
    EtherIp,
    /// What an MPLS label stack carries.
    Labelled,
}

/// The headers in a packet. Ends where nothing is left, or nothing that is known here.
#[derive(Debug, Clone)]
pub(crate) struct Layers<'a> {
    rest: &'a [u8],
    /// Length of the rest before the packet was cut.
    length: usize,
    next: Option<Next>,
    partial: bool,
    /// Whether an ICMP error quotes it.
    in_error: bool,
    quoted: bool,
    /// Whether the next header is the first of such a quotation.
    quotation: bool,
    /// Headers that may still come: tunnels in tunnels have to end.
    left: u8,
}

/// More headers than this Wireshark does not follow either.
const MOST: u8 = 100;

impl<'a> Layers<'a> {
    /// The headers in these bytes of a packet, which was `length` bytes long.
    pub(crate) fn new(bytes: &'a [u8], length: usize, link: Link) -> Self {
        let next = match link {
            Link::Ethernet => Some(Next::Protocol(Protocol::Ethernet)),
            Link::Ip => Some(Next::RawIp),
            Link::Arp => Some(Next::Protocol(Protocol::Arp)),
            Link::NoHeader | Link::Other(_) => None,
        };
        Self {
            rest: bytes,
            length: length.max(bytes.len()),
            next,
            partial: false,
            in_error: false,
            quoted: false,
            quotation: false,
            left: MOST,
        }
    }

    /// Goes on behind `header` bytes of the rest.
    fn go_on(&mut self, header: usize, next: Option<Next>) {
        // What follows a header that was cut is not there, not even as something of which all was cut.
        self.next = next.filter(|_| self.rest.len() >= header);
        self.rest = self.rest.get(header..).unwrap_or_default();
        self.length = self.length.saturating_sub(header);
    }

    /// Leaves out what is behind `total` bytes of the rest.
    fn limit(&mut self, total: usize) {
        self.rest = self.rest.get(..total).unwrap_or(self.rest);
        self.length = self.length.min(total);
    }

    fn layer(&self, protocol: Protocol) -> Layer<'a> {
        Layer { protocol, bytes: self.rest, length: self.length, partial: self.partial, quoted: self.quoted }
    }

    fn last(&mut self, protocol: Protocol) -> Layer<'a> {
        self.next = None;
        self.layer(protocol)
    }

    fn protocol(&mut self, protocol: Protocol) -> Layer<'a> {
        match protocol {
            Protocol::Ethernet => self.ethernet(),
            Protocol::Vlan | Protocol::ProviderVlan => self.vlan(protocol),
            Protocol::Mpls => self.mpls(),
            Protocol::Pppoe => self.pppoe(),
            Protocol::Ppp => self.ppp(),
            Protocol::Ipv4 => self.ipv4(),
            Protocol::Ipv6 => self.ipv6(),
            Protocol::HopByHop | Protocol::Routing | Protocol::DestinationOptions => self.extension(protocol),
            Protocol::Fragment => self.fragment(),
            Protocol::Authentication => self.authentication(),
            Protocol::Gre => self.gre(),
            Protocol::Vxlan => self.vxlan(),
            Protocol::Icmp => self.icmp(),
            Protocol::Icmpv6 => self.icmpv6(),
            Protocol::Udp => self.udp(),
            Protocol::Arp
            | Protocol::Esp
            | Protocol::Igmp
            | Protocol::Tcp
            | Protocol::UdpLite
            | Protocol::Sctp => self.last(protocol),
        }
    }

    fn raw_ip(&mut self) {
        self.next = match self.rest.first().map(|first| first >> 4) {
            Some(4) => Some(Next::Protocol(Protocol::Ipv4)),
            Some(6) => Some(Next::Protocol(Protocol::Ipv6)),
            _ => None,
        };
    }
}

impl<'a> Iterator for Layers<'a> {
    type Item = Layer<'a>;

    fn next(&mut self) -> Option<Layer<'a>> {
        loop {
            let next = self.next.take()?;
            self.left = self.left.checked_sub(1)?;
            match next {
                Next::Protocol(protocol) => return Some(self.protocol(protocol)),
                Next::EtherType(code) => self.ether_type(code),
                Next::IpProtocol(number) => self.ip_protocol(number),
                // An IPv4 header with a wrong version has no addresses of IPv6.
                Next::RawIp if is_ipv4_of_version_6(self.rest) => {}
                Next::RawIp => self.raw_ip(),
                Next::AnyIp => {
                    self.raw_ip();
                    self.next = self.next.or(Some(Next::Protocol(Protocol::Ipv4)));
                }
                Next::Llc => self.llc(),
                Next::Geneve => self.geneve(),
                Next::EtherIp => self.go_on(2, Some(Next::Protocol(Protocol::Ethernet))),
                Next::Labelled => self.labelled(),
            }
        }
    }
}

/// Two bytes at this place, big-endian, if they are there.
pub(crate) fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// Four bytes at this place, big-endian, if they are there.
pub(crate) fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}
