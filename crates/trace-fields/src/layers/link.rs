//! What lies between Ethernet and IP: VLAN tags, LLC, MPLS labels, PPP over Ethernet.

use super::{Layer, Layers, Next, Protocol, be16};

mod ether_type {
    pub(super) const IPV4: u16 = 0x0800;
    pub(super) const ARP: u16 = 0x0806;
    pub(super) const TRANSPARENT_ETHERNET: u16 = 0x6558;
    pub(super) const RARP: u16 = 0x8035;
    pub(super) const VLAN: u16 = 0x8100;
    pub(super) const IPV6: u16 = 0x86dd;
    pub(super) const PPP: u16 = 0x880b;
    pub(super) const MPLS: u16 = 0x8847;
    pub(super) const MPLS_MULTICAST: u16 = 0x8848;
    pub(super) const PPPOE_SESSION: u16 = 0x8864;
    pub(super) const PROVIDER_VLAN: u16 = 0x88a8;
    pub(super) const OLD_QINQ: u16 = 0x9100;
    /// Below, the field is the length of an 802.3 frame.
    pub(super) const FIRST: u16 = 0x0600;
}

impl<'a> Layers<'a> {
    pub(super) fn ethernet(&mut self) -> Layer<'a> {
        let layer = self.layer(Protocol::Ethernet);
        match be16(self.rest, 12) {
            Some(length) if (1..=1500).contains(&length) => {
                self.go_on(14, Some(Next::Llc));
                self.limit(usize::from(length));
            }
            Some(code) => self.go_on(14, Some(Next::EtherType(code))),
            None => self.next = None,
        }
        layer
    }

    pub(super) fn vlan(&mut self, protocol: Protocol) -> Layer<'a> {
        let layer = self.layer(protocol);
        if protocol == Protocol::ProviderVlan && be16(self.rest, 2) == Some(ether_type::PROVIDER_VLAN) {
            // Two of them are one header.
            let next = be16(self.rest, 6).map(Next::EtherType);
            self.go_on(8, next);
            return layer;
        }
        let next = be16(self.rest, 2).map(|code| match code {
            ..ether_type::FIRST if protocol == Protocol::Vlan => Next::Llc,
            code => Next::EtherType(code),
        });
        self.go_on(4, next);
        layer
    }

    /// LLC with a SNAP header that carries an EtherType; anything else ends the walk.
    pub(super) fn llc(&mut self) {
        let snap = self.rest.starts_with(&[0xaa, 0xaa, 0x03, 0, 0, 0]);
        let next = be16(self.rest, 6).filter(|_| snap).map(Next::EtherType);
        self.go_on(8, next);
    }

    /// One label of a stack.
    pub(super) fn mpls(&mut self) -> Layer<'a> {
        let layer = self.layer(Protocol::Mpls);
        let next = self.rest.get(2).map(|byte| match byte & 1 {
            0 => Next::Protocol(Protocol::Mpls),
            _ => Next::Labelled,
        });
        self.go_on(4, next);
        layer
    }

    /// Nothing says what follows the last label; the first nibble has to. What begins with 0
    /// is Ethernet behind a control word (RFC 4448), or an Ethernet address.
    pub(super) fn labelled(&mut self) {
        self.raw_ip();
        let Some(first) = self.rest.first().filter(|_| self.next.is_none()) else { return };
        let ethernet = Some(Next::Protocol(Protocol::Ethernet));
        match first >> 4 {
            // Addresses begin with 0, too; Wireshark knows those of manufacturers.
            0 if !self.is_known_type(12) || self.is_known_type(16) => self.go_on(4, ethernet),
            0 => self.next = ethernet,
            _ => {}
        }
    }

    fn is_known_type(&self, at: usize) -> bool {
        let mut probe = Self { next: None, ..self.clone() };
        be16(self.rest, at).is_some_and(|code| {
            probe.ether_type(code);
            probe.next.is_some()
        })
    }

    pub(super) fn pppoe(&mut self) -> Layer<'a> {
        let layer = self.layer(Protocol::Pppoe);
        if let Some(payload) = be16(self.rest, 4) {
            self.limit(usize::from(payload).saturating_add(6));
        }
        self.go_on(6, Some(Next::Protocol(Protocol::Ppp)));
        layer
    }

    /// PPP without HDLC's header: the protocol in two bytes, or in one that is odd.
    pub(super) fn ppp(&mut self) -> Layer<'a> {
        let layer = self.layer(Protocol::Ppp);
        let (protocol, length) = match self.rest.first() {
            Some(byte) if byte & 1 == 1 => (Some(u16::from(*byte)), 1),
            _ => (be16(self.rest, 0), 2),
        };
        let next = match protocol {
            Some(0x0021) => Some(Next::AnyIp),
            Some(0x0057) => Some(Next::Protocol(Protocol::Ipv6)),
            Some(0x0281 | 0x0283) => Some(Next::Protocol(Protocol::Mpls)),
            _ => None,
        };
        self.go_on(length, next);
        layer
    }

    pub(super) fn ether_type(&mut self, code: u16) {
        let protocol = match code {
            // Version 6 contradicts it: neither the one nor the other, and no address is made up. Wireshark decides for
            // IPv6.
            ether_type::IPV4 if self.rest.first().is_some_and(|first| first >> 4 == 6) => return,
            ether_type::IPV4 => Protocol::Ipv4,
            ether_type::IPV6 => Protocol::Ipv6,
            ether_type::ARP | ether_type::RARP => Protocol::Arp,
            ether_type::VLAN | ether_type::OLD_QINQ => Protocol::Vlan,
            ether_type::PROVIDER_VLAN => Protocol::ProviderVlan,
            ether_type::TRANSPARENT_ETHERNET => Protocol::Ethernet,
            ether_type::MPLS | ether_type::MPLS_MULTICAST => Protocol::Mpls,
            ether_type::PPPOE_SESSION => Protocol::Pppoe,
            ether_type::PPP => Protocol::Ppp,
            _ => return,
        };
        self.next = Some(Next::Protocol(protocol));
    }
}
