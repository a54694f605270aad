//! IPv4, IPv6 with its extension headers, and the packets that ICMP errors quote.

use super::{Layer, Layers, Next, Protocol, be16};

impl<'a> Layers<'a> {
    pub(super) fn ipv4(&mut self) -> Layer<'a> {
        let bytes = self.rest;
        self.quoted = std::mem::take(&mut self.quotation);
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
        // A first fragment has the next header in it.
        self.partial = more || self.in_error;
        self.go_on(header, next.filter(|_| usable && is_first));
        layer
    }

    pub(super) fn ipv6(&mut self) -> Layer<'a> {
        let bytes = self.rest;
        self.quoted = std::mem::take(&mut self.quotation);
        // A jumbogram says its length in an option of hop-by-hop options.
        let is_jumbo = be16(bytes, 4) == Some(0) && bytes.get(6) == Some(&0);
        if let Some(payload) = be16(bytes, 4).filter(|_| !is_jumbo) {
            self.limit(usize::from(payload).saturating_add(40));
        }
        let layer = self.layer(Protocol::Ipv6);
        let usable = bytes.len() >= 40 && bytes.first().is_some_and(|first| first >> 4 == 6);
        let next = bytes.get(6).copied().map(Next::IpProtocol);
        self.go_on(40, next.filter(|_| usable));
        layer
    }

    /// An extension header of IPv6: the next one's number, and the length in units of 8 bytes less one.
    pub(super) fn extension(&mut self, protocol: Protocol) -> Layer<'a> {
        let layer = self.layer(protocol);
        let sound = match protocol {
            Protocol::Routing => self.has_its_segments(),
            _ => self.has_sound_options(),
        };
        self.skip_extension();
        self.next = self.next.filter(|_| sound);
        layer
    }

    /// Whether every option in an extension header ends before the packet does. Wireshark gives up where one does not.
    fn has_sound_options(&self) -> bool {
        let units = usize::from(self.rest.get(1).copied().unwrap_or_default());
        let end = units.saturating_add(1).saturating_mul(8);
        let mut at = 2_usize;
        while at < end {
            at = match (self.rest.get(at), self.rest.get(at.saturating_add(1))) {
                (Some(0), _) => at.saturating_add(1),
                (Some(_), Some(length)) => at.saturating_add(usize::from(*length)).saturating_add(2),
                _ => return false,
            };
        }
        at <= self.rest.len()
    }

    /// Whether the packet holds all segments that a segment routing header (type 4) counts.
    fn has_its_segments(&self) -> bool {
        match self.rest.first_chunk::<5>() {
            Some([_, _, 4, _, last]) => {
                let segments = usize::from(*last).saturating_add(1).saturating_mul(16);
                segments.saturating_add(8) <= self.rest.len()
            }
            _ => true,
        }
    }

    fn skip_extension(&mut self) {
        let Some([next, units]) = self.rest.first_chunk::<2>().copied() else {
            self.next = None;
            return;
        };
        let length = usize::from(units).saturating_add(1).saturating_mul(8);
        self.go_on(length, Some(Next::IpProtocol(next)));
    }

    pub(super) fn fragment(&mut self) -> Layer<'a> {
        let layer = self.layer(Protocol::Fragment);
        let next = self.rest.first().copied().map(Next::IpProtocol);
        let offset = be16(self.rest, 2).unwrap_or_default();
        // A first fragment has the next header in it, and a packet that is its only fragment.
        self.partial |= offset & 1 != 0;
        self.go_on(8, next.filter(|_| offset & 0xfff8 == 0));
        layer
    }

    /// The authentication header counts its length in units of 4 bytes, less two.
    pub(super) fn authentication(&mut self) -> Layer<'a> {
        let layer = self.layer(Protocol::Authentication);
        let next = self.rest.first().copied().map(Next::IpProtocol);
        let units = self.rest.get(1).copied().unwrap_or_default();
        self.go_on(usize::from(units).saturating_add(2).saturating_mul(4), next);
        layer
    }

    /// An ICMP error quotes the packet that caused it.
    pub(super) fn icmp(&mut self) -> Layer<'a> {
        let layer = self.layer(Protocol::Icmp);
        let kind = self.rest.first().copied().unwrap_or_default();
        let given = self.rest.get(5).copied().unwrap_or_default();
        if !matches!(kind, 3 | 4 | 5 | 11 | 12) {
            self.next = None;
            return layer;
        }
        (self.partial, self.in_error) = (true, true);
        self.quotation = true;
        self.go_on(8, Some(Next::AnyIp));
        let header = usize::from(self.rest.first().copied().unwrap_or_default() & 0x0f).saturating_mul(4);
        let given = usize::from(given).saturating_mul(4);
        match (kind, be16(self.rest, 2).map(usize::from)) {
            // Of a redirect, Wireshark takes no more than the 8 bytes that the standard speaks of.
            (5, _) => self.limit(header.saturating_add(8)),
            // RFC 4884 gives the length of the quotation, which extensions follow.
            (3 | 11 | 12, total) if given > 0 && self.length > given => match total {
                Some(total) if total > given => self.limit(header.saturating_add(given)),
                Some(_) => {}
                // Wireshark looks for the total length before it goes on.
                None => self.next = None,
            },
            _ => {}
        }
        layer
    }

    pub(super) fn icmpv6(&mut self) -> Layer<'a> {
        let layer = self.layer(Protocol::Icmpv6);
        let kind = self.rest.first().copied().unwrap_or_default();
        match kind {
            1..=4 => self.go_on(8, None),
            137 => self.redirected(),
            _ => {
                self.next = None;
                return layer;
            }
        }
        (self.partial, self.in_error) = (true, true);
        let is_ipv6 = self.rest.first().is_some_and(|first| first >> 4 == 6);
        self.next = Some(Next::Protocol(Protocol::Ipv6)).filter(|_| is_ipv6);
        layer
    }

    /// Goes to the packet that a redirect quotes in an option, or to the end.
    fn redirected(&mut self) {
        self.go_on(40, None);
        while let Some([kind, units]) = self.rest.first_chunk::<2>().copied() {
            let length = usize::from(units).saturating_mul(8);
            if kind == 4 {
                self.limit(length);
                return self.go_on(8, None);
            }
            // An option without a length has no end.
            self.go_on(if units == 0 { usize::MAX } else { length }, None);
        }
        self.rest = &[];
    }

    pub(super) fn ip_protocol(&mut self, number: u8) {
        let next = match number {
            0 => Next::Protocol(Protocol::HopByHop),
            1 => Next::Protocol(Protocol::Icmp),
            2 => Next::Protocol(Protocol::Igmp),
            4 => Next::AnyIp,
            6 => Next::Protocol(Protocol::Tcp),
            17 => Next::Protocol(Protocol::Udp),
            41 => Next::Protocol(Protocol::Ipv6),
            43 => Next::Protocol(Protocol::Routing),
            44 => Next::Protocol(Protocol::Fragment),
            47 => Next::Protocol(Protocol::Gre),
            50 => Next::Protocol(Protocol::Esp),
            51 => Next::Protocol(Protocol::Authentication),
            58 => Next::Protocol(Protocol::Icmpv6),
            60 => Next::Protocol(Protocol::DestinationOptions),
            97 => Next::EtherIp,
            136 => Next::Protocol(Protocol::UdpLite),
            132 => Next::Protocol(Protocol::Sctp),
            // Mobility, host identity and shim6: headers of the same form, without fields here.
            135 | 139 | 140 => return self.skip_extension(),
            137 => Next::Protocol(Protocol::Mpls),
            _ => return,
        };
        self.next = Some(next);
    }
}
