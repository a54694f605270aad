//! The bytes of a packet as the stack has it at one moment.

use etherparse::{
    ArpEthIpv4Packet, ArpOperation, EtherType, Ethernet2Header, Icmpv4Type, Icmpv6Type, IpFragOffset,
    IpHeaders, IpNumber, Ipv4Header, Ipv6FlowLabel, Ipv6Header, PacketBuilder, SingleVlanHeader, TcpHeader,
    VlanId, VlanPcp,
};
use std::net::IpAddr;

const UDP_HEADER: usize = 8;

pub(crate) type Mac = [u8; 6];

/// Source and destination of a frame.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link {
    pub(crate) source: Mac,
    pub(crate) destination: Mac,
    pub(crate) vlan: Option<u16>,
}

/// A packet. Routes change it between snapshots.
#[derive(Debug, Clone)]
pub(crate) struct Packet {
    /// None where the stack has stripped it.
    pub(crate) link: Option<Link>,
    pub(crate) source: IpAddr,
    pub(crate) destination: IpAddr,
    pub(crate) ttl: u8,
    pub(crate) id: u16,
    pub(crate) transport: Transport,
    pub(crate) payload: &'static [u8],
}

#[derive(Debug, Clone)]
pub(crate) enum Transport {
    Tcp(Box<TcpHeader>),
    /// Source and destination port.
    Udp(u16, u16),
    /// Identifier and sequence number of an echo request; of ICMPv6 where the addresses are.
    Echo(u16, u16),
    /// A part of a UDP datagram over IPv4: its ports, where it begins in units of eight bytes, and its end.
    Fragment {
        ports: (u16, u16),
        from: u16,
        to: usize,
    },
    /// A request for the destination.
    Arp,
}

/// Fills every payload.
static PAYLOAD: [u8; 1460] = {
    let mut bytes = [0; 1460];
    let mut at = 0;
    while at < bytes.len() {
        // Printable, without a period that a compressor would make nothing of.
        bytes[at] = b'!' + ((at * at + at / 7) % 94) as u8;
        at += 1;
    }
    bytes
};

/// So many bytes of payload, at most 1460.
pub(crate) fn payload(length: usize) -> &'static [u8] {
    PAYLOAD.get(..length).unwrap_or(&PAYLOAD)
}

impl Packet {
    /// LINKTYPE_ number of its first byte: Ethernet or raw IP.
    pub(crate) fn link_type(&self) -> u16 {
        if self.link.is_some() { 1 } else { 101 }
    }

    /// Appends its bytes.
    pub(crate) fn append(&self, out: &mut Vec<u8>) {
        let ether_type = match (&self.transport, self.source) {
            (Transport::Arp, _) => EtherType::ARP,
            (_, IpAddr::V4(_)) => EtherType::IPV4,
            (_, IpAddr::V6(_)) => EtherType::IPV6,
        };
        if let Some(link) = self.link {
            let outer = if link.vlan.is_some() { EtherType::VLAN_TAGGED_FRAME } else { ether_type };
            let header =
                Ethernet2Header { source: link.source, destination: link.destination, ether_type: outer };
            out.extend_from_slice(&header.to_bytes());
            if let Some(id) = link.vlan.and_then(|id| VlanId::try_new(id).ok()) {
                let pcp = VlanPcp::ZERO;
                let header =
                    SingleVlanHeader { pcp, drop_eligible_indicator: false, vlan_id: id, ether_type };
                out.extend_from_slice(&header.to_bytes());
            }
        }
        let written = match &self.transport {
            Transport::Arp => {
                out.extend_from_slice(&self.arp());
                Ok(())
            }
            transport => {
                let ip = PacketBuilder::ip(self.ip());
                match transport {
                    Transport::Tcp(header) => ip.tcp_header((**header).clone()).write(out, self.payload),
                    Transport::Udp(from, to) => ip.udp(*from, *to).write(out, self.payload),
                    Transport::Echo(id, number) if self.source.is_ipv6() => {
                        let message =
                            Icmpv6Type::EchoRequest(etherparse::IcmpEchoHeader { id: *id, seq: *number });
                        ip.icmpv6(message).write(out, self.payload)
                    }
                    Transport::Echo(id, number) => {
                        let message =
                            Icmpv4Type::EchoRequest(etherparse::IcmpEchoHeader { id: *id, seq: *number });
                        ip.icmpv4(message).write(out, self.payload)
                    }
                    Transport::Fragment { .. } | Transport::Arp => {
                        ip.write(out, IpNumber::UDP, &self.fragment())
                    }
                }
            }
        };
        assert!(written.is_ok(), "a packet that cannot be: {self:?}");
    }

    /// What follows the IP header of a fragment.
    fn fragment(&self) -> Vec<u8> {
        let Transport::Fragment { ports: (source, destination), from, to } = self.transport else {
            return Vec::new();
        };
        let whole = Self { link: None, transport: Transport::Udp(source, destination), ..self.clone() };
        let mut bytes = Vec::new();
        whole.append(&mut bytes);
        let part = Ipv4Header::MIN_LEN + usize::from(from) * 8..Ipv4Header::MIN_LEN.saturating_add(to);
        bytes.get(part.start..part.end.min(bytes.len())).unwrap_or_default().to_vec()
    }

    fn ip(&self) -> IpHeaders {
        match (self.source, self.destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                let (offset, more_fragments) = match self.transport {
                    Transport::Fragment { from, to, .. } => (from, to < UDP_HEADER + self.payload.len()),
                    _ => (0, false),
                };
                let header = Ipv4Header {
                    time_to_live: self.ttl,
                    identification: self.id,
                    dont_fragment: matches!(self.transport, Transport::Tcp(_)),
                    more_fragments,
                    fragment_offset: IpFragOffset::try_new(offset).unwrap_or_default(),
                    source: source.octets(),
                    destination: destination.octets(),
                    ..Ipv4Header::default()
                };
                IpHeaders::Ipv4(header, Default::default())
            }
            (source, destination) => {
                let octets = |address: IpAddr| match address {
                    IpAddr::V6(address) => address.octets(),
                    IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
                };
                let header = Ipv6Header {
                    traffic_class: 0,
                    flow_label: Ipv6FlowLabel::ZERO,
                    payload_length: 0,
                    next_header: IpNumber::UDP,
                    hop_limit: self.ttl,
                    source: octets(source),
                    destination: octets(destination),
                };
                IpHeaders::Ipv6(header, Default::default())
            }
        }
    }

    fn arp(&self) -> [u8; 28] {
        let address = |address: IpAddr| match address {
            IpAddr::V4(address) => address.octets(),
            IpAddr::V6(_) => [0; 4],
        };
        let packet = ArpEthIpv4Packet {
            operation: ArpOperation::REQUEST,
            sender_mac: self.link.map_or([0; 6], |link| link.source),
            sender_ipv4: address(self.source),
            target_mac: [0; 6],
            target_ipv4: address(self.destination),
        };
        packet.to_bytes()
    }
}
