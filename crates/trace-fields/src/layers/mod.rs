//! The protocol headers in a packet, one behind the other, as Wireshark finds them.
//!
//! Written by hand rather than with etherparse: Wireshark shows the fields of a header that was cut up to
//! the cut, dissects fragments and the packets quoted in ICMP errors by rules of its own, and goes through
//! tunnels. The tests hold this against tshark, and build their packets with etherparse.
//!
//! What Wireshark does and this does not: reassembly of fragments and streams, and everything that hangs on
//! a port number (VXLAN, Teredo, …) or on a link header other than Ethernet's, VLAN tags, LLC/SNAP and GRE.

use mbuf_trace::Link;

/// A protocol that has fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Ethernet,
    Vlan,
    Arp,
    Ipv4,
    Ipv6,
    Icmp,
    Icmpv6,
    Tcp,
    Udp,
}

/// One header and what it carries.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layer<'a> {
    pub(crate) protocol: Protocol,
    /// From the header's first byte to the end of its payload; padding behind that is left out.
    pub(crate) bytes: &'a [u8],
}

/// What comes next.
#[derive(Debug, Clone, Copy)]
enum Next {
    Protocol(Protocol),
    EtherType(u16),
    /// An IP protocol number, behind IPv4 or IPv6.
    IpProtocol(u8),
    RawIp,
    Llc,
    Gre,
}

mod ether_type {
    pub(super) const IPV4: u16 = 0x0800;
    pub(super) const ARP: u16 = 0x0806;
    pub(super) const TRANSPARENT_ETHERNET: u16 = 0x6558;
    pub(super) const RARP: u16 = 0x8035;
    pub(super) const VLAN: u16 = 0x8100;
    pub(super) const IPV6: u16 = 0x86dd;
    pub(super) const PROVIDER_VLAN: u16 = 0x88a8;
    pub(super) const OLD_QINQ: u16 = 0x9100;
    /// Below, the field is the length of an 802.3 frame.
    pub(super) const FIRST: u16 = 0x0600;
}

/// The headers in a packet. Ends where nothing is left, or nothing that is known here.
#[derive(Debug, Clone)]
pub(crate) struct Layers<'a> {
    rest: &'a [u8],
    next: Option<Next>,
    /// Whether `rest` is shorter than the headers before say: the snapshot was cut.
    cut: bool,
    /// Headers that may still come: tunnels in tunnels have to end.
    left: u8,
}

/// More headers than this Wireshark does not follow either.
const MOST: u8 = 100;

impl<'a> Layers<'a> {
    pub(crate) fn new(bytes: &'a [u8], link: Link) -> Self {
        let next = match link {
            Link::Ethernet => Some(Next::Protocol(Protocol::Ethernet)),
            Link::Ip => Some(Next::RawIp),
            Link::Other(_) => None,
        };
        Self { rest: bytes, next, cut: false, left: MOST }
    }

    /// Goes on behind `header` bytes of the rest.
    fn go_on(&mut self, header: usize, next: Option<Next>) {
        self.rest = self.rest.get(header..).unwrap_or_default();
        self.next = next.filter(|_| !self.rest.is_empty());
    }

    /// Leaves out what is behind `total` bytes of the rest.
    fn limit(&mut self, total: usize) {
        match self.rest.get(..total) {
            Some(rest) => self.rest = rest,
            None => self.cut = true,
        }
    }

    fn layer(&self, protocol: Protocol) -> Layer<'a> {
        Layer { protocol, bytes: self.rest }
    }

    fn ethernet(&mut self) -> Layer<'a> {
        let layer = self.layer(Protocol::Ethernet);
        match be16(self.rest, 12) {
            Some(length) if length < ether_type::FIRST => {
                self.go_on(14, Some(Next::Llc));
                if length <= 1500 && !self.rest.is_empty() {
                    self.limit(usize::from(length));
                }
            }
            Some(code) => self.go_on(14, Some(Next::EtherType(code))),
            None => self.next = None,
        }
        layer
    }

    fn vlan(&mut self) -> Layer<'a> {
        let layer = self.layer(Protocol::Vlan);
        let next = be16(self.rest, 2).map(|code| match code {
            ..ether_type::FIRST => Next::Llc,
            code => Next::EtherType(code),
        });
        self.go_on(4, next);
        layer
    }

    /// LLC with a SNAP header that carries an EtherType; anything else ends the walk.
    fn llc(&mut self) {
        let snap = self.rest.starts_with(&[0xaa, 0xaa, 0x03, 0, 0, 0]);
        let next = be16(self.rest, 6).filter(|_| snap).map(Next::EtherType);
        self.go_on(8, next);
    }

    fn ipv4(&mut self) -> Layer<'a> {
        let bytes = self.rest;
        self.cut = false;
        let header = usize::from(bytes.first().copied().unwrap_or_default() & 0x0f).saturating_mul(4);
        let total = be16(bytes, 2).map(usize::from);
        match total {
            // A total of 0 stands in segments that the card has yet to cut (TSO).
            Some(total) if total >= header && total > 0 => self.limit(total),
            _ => {}
        }
        let layer = self.layer(Protocol::Ipv4);
        let fragment = be16(bytes, 6).unwrap_or_default();
        let next = bytes.get(9).copied().map(Next::IpProtocol);
        let usable = header >= 20
            && bytes.len() >= header
            && bytes.first().is_some_and(|first| first >> 4 == 4)
            && total.is_some_and(|total| total == 0 || total >= header);
        let is_first = fragment & 0x1fff == 0;
        let more = fragment & 0x2000 != 0;
        self.go_on(header, next.filter(|_| usable && self.may_go_on(is_first, more)));
        layer
    }

    /// Whether what a fragment carries is looked into. Wireshark waits until it has put all fragments
    /// together, except where it cannot because the packet was cut.
    fn may_go_on(&self, is_first: bool, more: bool) -> bool {
        is_first && (!more || self.cut)
    }

    fn ipv6(&mut self) -> Layer<'a> {
        let bytes = self.rest;
        self.cut = false;
        if let Some(payload) = be16(bytes, 4).filter(|payload| *payload > 0) {
            self.limit(usize::from(payload).saturating_add(40));
        }
        let layer = self.layer(Protocol::Ipv6);
        let usable = bytes.len() >= 40 && bytes.first().is_some_and(|first| first >> 4 == 6);
        let next = bytes.get(6).copied().map(Next::IpProtocol);
        self.go_on(40, next.filter(|_| usable));
        layer
    }

    /// An extension header of IPv6: the next one's number, and the length in units of 8 bytes less one.
    fn extension(&mut self) {
        let header = self.rest.get(..2).and_then(|header| header.first_chunk::<2>());
        let Some([next, units]) = header.copied() else {
            self.next = None;
            return;
        };
        let length = usize::from(units).saturating_add(1).saturating_mul(8);
        self.go_on(length, Some(Next::IpProtocol(next)));
    }

    fn fragment(&mut self) {
        let next = self.rest.first().copied().map(Next::IpProtocol);
        let offset = be16(self.rest, 2).unwrap_or_default();
        let go_on = self.rest.len() >= 8 && self.may_go_on(offset & 0xfff8 == 0, offset & 1 != 0);
        self.go_on(8, next.filter(|_| go_on));
    }

    /// The authentication header counts its length in units of 4 bytes, less two.
    fn authentication(&mut self) {
        let next = self.rest.first().copied().map(Next::IpProtocol);
        let units = self.rest.get(1).copied().unwrap_or_default();
        self.go_on(usize::from(units).saturating_add(2).saturating_mul(4), next);
    }

    fn gre(&mut self) {
        let (flags, code) = (be16(self.rest, 0).unwrap_or_default(), be16(self.rest, 2));
        // No source routing; checksum, key and sequence number take 4 bytes each.
        let next = code.filter(|_| flags & 0x4000 == 0).map(Next::EtherType);
        let options = (flags & 0xb000).count_ones();
        let length = usize::try_from(options).unwrap_or_default().saturating_mul(4);
        self.go_on(length.saturating_add(4), next);
    }

    /// An ICMP error quotes the packet that caused it.
    fn icmp(&mut self, protocol: Protocol) -> Layer<'a> {
        let layer = self.layer(protocol);
        let kind = self.rest.first().copied().unwrap_or_default();
        let quotes = match protocol {
            Protocol::Icmp => matches!(kind, 3 | 4 | 5 | 11 | 12).then_some(Protocol::Ipv4),
            _ => matches!(kind, 1..=4).then_some(Protocol::Ipv6),
        };
        self.go_on(8, quotes.map(Next::Protocol));
        layer
    }

    fn last(&mut self, protocol: Protocol) -> Layer<'a> {
        self.next = None;
        self.layer(protocol)
    }

    fn ether_type(&mut self, code: u16) {
        self.next = match code {
            ether_type::IPV4 => Some(Next::Protocol(Protocol::Ipv4)),
            ether_type::IPV6 => Some(Next::Protocol(Protocol::Ipv6)),
            ether_type::ARP | ether_type::RARP => Some(Next::Protocol(Protocol::Arp)),
            ether_type::VLAN | ether_type::OLD_QINQ => Some(Next::Protocol(Protocol::Vlan)),
            // Another protocol for Wireshark, ieee8021ad, that has no fields here.
            ether_type::PROVIDER_VLAN => {
                let next = be16(self.rest, 2).map(Next::EtherType);
                return self.go_on(4, next);
            }
            ether_type::TRANSPARENT_ETHERNET => Some(Next::Protocol(Protocol::Ethernet)),
            _ => None,
        };
    }

    fn ip_protocol(&mut self, number: u8) {
        let next = match number {
            1 => Next::Protocol(Protocol::Icmp),
            4 => Next::Protocol(Protocol::Ipv4),
            6 => Next::Protocol(Protocol::Tcp),
            17 => Next::Protocol(Protocol::Udp),
            41 => Next::Protocol(Protocol::Ipv6),
            47 => Next::Gre,
            58 => Next::Protocol(Protocol::Icmpv6),
            44 => return self.fragment(),
            51 => return self.authentication(),
            0 | 43 | 60 | 135 | 139 | 140 => return self.extension(),
            _ => return,
        };
        self.next = Some(next);
    }

    fn protocol(&mut self, protocol: Protocol) -> Layer<'a> {
        match protocol {
            Protocol::Ethernet => self.ethernet(),
            Protocol::Vlan => self.vlan(),
            Protocol::Ipv4 => self.ipv4(),
            Protocol::Ipv6 => self.ipv6(),
            Protocol::Icmp | Protocol::Icmpv6 => self.icmp(protocol),
            Protocol::Arp | Protocol::Tcp | Protocol::Udp => self.last(protocol),
        }
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
                Next::RawIp => {
                    self.next = match self.rest.first().map(|first| first >> 4) {
                        Some(4) => Some(Next::Protocol(Protocol::Ipv4)),
                        Some(6) => Some(Next::Protocol(Protocol::Ipv6)),
                        _ => None,
                    }
                }
                Next::Llc => self.llc(),
                Next::Gre => self.gre(),
            }
        }
    }
}

/// Two bytes at this place, big-endian, if they are there.
pub(crate) fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}
