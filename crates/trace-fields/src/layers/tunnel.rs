//! Tunnels: GRE, and what Wireshark takes for one by its UDP port.

use super::{Layer, Layers, Next, Protocol, be16};

/// UDP ports of tunnels.
mod port {
    pub(super) const GRE: u16 = 4754;
    pub(super) const VXLAN: u16 = 4789;
    pub(super) const GENEVE: u16 = 6081;
    pub(super) const MPLS: u16 = 6635;
    /// Below are the services that everybody knows, and Wireshark, too: it asks the lower port first.
    pub(super) const WELL_KNOWN: u16 = 1024;
}

impl<'a> Layers<'a> {
    pub(super) fn gre(&mut self) -> Layer<'a> {
        let layer = self.layer(Protocol::Gre);
        let (flags, code) = (be16(self.rest, 0).unwrap_or_default(), be16(self.rest, 2));
        let mut length = 4_usize;
        // Checksum and offset of the source routes, key, sequence number, and an acknowledgment in version 1.
        let acknowledgment = if flags & 0x0007 == 1 { 0x0080 } else { 0 };
        for option in [0xc000, 0x2000, 0x1000, acknowledgment] {
            if flags & option != 0 {
                length = length.saturating_add(4);
            }
        }
        self.go_on(length, code.map(Next::EtherType));
        if flags & 0x4000 != 0 {
            self.source_routes();
        }
        if self.length == 0 {
            // Other than behind a cut, Wireshark looks for nothing where nothing was.
            self.next = None;
        }
        layer
    }

    /// Source routes of GRE: family, offset and length of each; the last has neither family nor length.
    fn source_routes(&mut self) {
        loop {
            let Some([family_high, family_low, _, length]) = self.rest.first_chunk::<4>().copied() else {
                self.next = None;
                return;
            };
            let is_last = (family_high, family_low, length) == (0, 0, 0);
            self.go_on(usize::from(length).saturating_add(4), self.next);
            if is_last {
                return;
            }
        }
    }

    pub(super) fn vxlan(&mut self) -> Layer<'a> {
        let layer = self.layer(Protocol::Vxlan);
        self.go_on(8, Some(Next::Protocol(Protocol::Ethernet)));
        layer
    }

    /// Geneve: six bits of the first byte are the length of its options in units of 4 bytes.
    pub(super) fn geneve(&mut self) {
        let options = usize::from(self.rest.first().copied().unwrap_or_default() & 0x3f);
        let next = be16(self.rest, 2).map(Next::EtherType);
        self.go_on(options.saturating_mul(4).saturating_add(8), next);
    }

    pub(super) fn udp(&mut self) -> Layer<'a> {
        let layer = self.layer(Protocol::Udp);
        let ports = be16(self.rest, 0).zip(be16(self.rest, 2));
        let next = ports.and_then(|(source, target)| {
            let (low, high) = (source.min(target), source.max(target));
            tunnel(low).or_else(|| tunnel(high).filter(|_| low >= port::WELL_KNOWN))
        });
        match next {
            Some(next) => {
                let length = be16(self.rest, 4).map(usize::from);
                // Wireshark gives up on a length that does not hold the header.
                self.go_on(8, length.filter(|length| *length >= 8).map(|_| next));
                self.limit(length.unwrap_or_default().saturating_sub(8));
            }
            None => self.next = None,
        }
        layer
    }
}

fn tunnel(port: u16) -> Option<Next> {
    Some(match port {
        port::GRE => Next::Protocol(Protocol::Gre),
        port::VXLAN => Next::Protocol(Protocol::Vxlan),
        port::GENEVE => Next::Geneve,
        port::MPLS => Next::Protocol(Protocol::Mpls),
        _ => return None,
    })
}
