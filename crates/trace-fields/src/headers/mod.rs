//! The values of one field in one header.

use crate::generated::FieldId;
use crate::layers::{Layer, Protocol, be16};
use crate::value::Value;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::ControlFlow;

/// Calls `visit` with every value that the field has in this header, in the order in which Wireshark has
/// them. A header that was cut gives what is there whole.
pub(crate) fn visit(
    layer: Layer<'_>,
    field: FieldId,
    visit: &mut dyn FnMut(Value<'_>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    // Of a header cut shorter than this, Wireshark does not show even that it is there.
    let needed = match layer.protocol {
        Protocol::Ethernet => 14,
        Protocol::Icmp => 6,
        Protocol::Tcp | Protocol::Udp => 4,
        Protocol::Arp | Protocol::Vlan => 2,
        Protocol::Ipv4 | Protocol::Ipv6 | Protocol::Icmpv6 => 0,
    };
    if layer.bytes.len() < needed {
        return ControlFlow::Continue(());
    }
    let header = Header(layer.bytes);
    let (first, second) = match layer.protocol {
        Protocol::Ethernet => header.ethernet(field),
        Protocol::Vlan => header.vlan(field),
        Protocol::Arp => header.arp(field),
        Protocol::Ipv4 => header.ipv4(field),
        Protocol::Ipv6 => header.ipv6(field),
        Protocol::Icmp => header.icmp(field),
        Protocol::Icmpv6 => header.icmpv6(field),
        Protocol::Tcp => header.tcp(field),
        Protocol::Udp => header.udp(field),
    };
    first.into_iter().chain(second).try_for_each(visit)
}

/// The protocol that has this field; none for the fields of packet and trace.
pub(crate) fn protocol_of(field: FieldId) -> Option<Protocol> {
    let name = field.name();
    let protocol = name.split_once('.').map_or(name, |(protocol, _)| protocol);
    Some(match protocol {
        "eth" => Protocol::Ethernet,
        "vlan" => Protocol::Vlan,
        "arp" => Protocol::Arp,
        "ip" => Protocol::Ipv4,
        "ipv6" => Protocol::Ipv6,
        "icmp" => Protocol::Icmp,
        "icmpv6" => Protocol::Icmpv6,
        "tcp" => Protocol::Tcp,
        "udp" => Protocol::Udp,
        _ => return None,
    })
}

/// A field has at most two values in one header: source and destination.
type Values<'a> = (Option<Value<'a>>, Option<Value<'a>>);

fn one(value: Option<Value<'_>>) -> Values<'_> {
    (value, None)
}

const NONE: Values<'static> = (None, None);

/// A header's bytes, as many as there are.
#[derive(Clone, Copy)]
struct Header<'a>(&'a [u8]);

impl<'a> Header<'a> {
    fn uint8(self, at: usize) -> Option<Value<'a>> {
        Some(Value::Uint(u64::from(*self.0.get(at)?)))
    }

    fn uint16(self, at: usize) -> Option<Value<'a>> {
        Some(Value::Uint(u64::from(be16(self.0, at)?)))
    }

    fn bits16(self, at: usize, mask: u16) -> Option<u16> {
        Some(be16(self.0, at)? & mask)
    }

    fn ether(self, at: usize) -> Option<Value<'a>> {
        Some(Value::Ether(*self.0.get(at..)?.first_chunk()?))
    }

    fn v4(self, at: usize) -> Option<Value<'a>> {
        Some(Value::Ipv4(Ipv4Addr::from(*self.0.get(at..)?.first_chunk::<4>()?)))
    }

    fn v6(self, at: usize) -> Option<Value<'a>> {
        let bytes = *self.0.get(at..)?.first_chunk::<16>()?;
        Some(Value::Ipv6(Ipv6Addr::from(bytes)))
    }

    fn whole(self) -> Option<Value<'a>> {
        Some(Value::Protocol(self.0))
    }

    fn ethernet(self, field: FieldId) -> Values<'a> {
        match field {
            FieldId::Eth => one(self.whole()),
            FieldId::EthDst => one(self.ether(0)),
            FieldId::EthSrc => one(self.ether(6)),
            FieldId::EthAddr => (self.ether(0), self.ether(6)),
            // Less is the length of an 802.3 frame.
            FieldId::EthType => one(self.uint16(12).filter(|_| self.bits16(12, !0) >= Some(0x0600))),
            _ => NONE,
        }
    }

    fn vlan(self, field: FieldId) -> Values<'a> {
        match field {
            FieldId::Vlan => one(self.whole()),
            FieldId::VlanId => one(self.bits16(0, 0x0fff).map(|id| Value::Uint(u64::from(id)))),
            FieldId::VlanEtype => one(self.uint16(2).filter(|_| self.bits16(2, !0) >= Some(0x0600))),
            _ => NONE,
        }
    }

    fn arp(self, field: FieldId) -> Values<'a> {
        let hardware = usize::from(self.0.get(4).copied().unwrap_or_default());
        let protocol = usize::from(self.0.get(5).copied().unwrap_or_default());
        // Wireshark reads all addresses before it shows one.
        let length = hardware.saturating_add(protocol).saturating_mul(2).saturating_add(8);
        let whole = self.0.len() >= length;
        let ethernet = whole && hardware == 6 && matches!(be16(self.0, 0), Some(1 | 6));
        let ipv4 = whole && protocol == 4 && be16(self.0, 2) == Some(0x0800);
        let ether = |at| one(self.ether(at).filter(|_| ethernet));
        let address = |at| one(self.v4(at).filter(|_| ipv4));
        let source_ip = hardware.saturating_add(8);
        let target = source_ip.saturating_add(protocol);
        match field {
            FieldId::Arp => one(self.whole()),
            FieldId::ArpOpcode => one(self.uint16(6)),
            FieldId::ArpSrcHwMac => ether(8),
            FieldId::ArpSrcProtoIpv4 => address(source_ip),
            FieldId::ArpDstHwMac => ether(target),
            FieldId::ArpDstProtoIpv4 => address(target.saturating_add(hardware)),
            _ => NONE,
        }
    }

    fn ipv4(self, field: FieldId) -> Values<'a> {
        if field == FieldId::Ip {
            return one(self.whole());
        }
        // With another version or an impossible header length, Wireshark shows nothing more.
        if !self.0.first().is_some_and(|first| first >> 4 == 4 && first & 0x0f >= 5) {
            return NONE;
        }
        let header = u16::from(self.0.first().copied().unwrap_or_default() & 0x0f).saturating_mul(4);
        // Wireshark reads into the options before it shows this.
        let target = self.v4(16).filter(|_| header <= 20 || self.0.len() > 21);
        match field {
            FieldId::IpLen => return one(self.uint16(2)),
            // Nor with a total length that does not hold the header; 0 is a segment yet to be cut (TSO).
            _ if be16(self.0, 2).is_some_and(|total| total != 0 && total < header) => return NONE,
            _ => {}
        }
        match field {
            FieldId::IpId => one(self.uint16(4)),
            FieldId::IpTtl => one(self.uint8(8)),
            FieldId::IpProto => one(self.uint8(9)),
            FieldId::IpChecksum => one(self.uint16(10)),
            FieldId::IpSrc => one(self.v4(12)),
            FieldId::IpDst => one(target),
            FieldId::IpAddr => (self.v4(12), target),
            _ => NONE,
        }
    }

    fn ipv6(self, field: FieldId) -> Values<'a> {
        if field == FieldId::Ipv6 {
            return one(self.whole());
        }
        if self.0.first().is_none_or(|first| first >> 4 != 6) {
            return NONE;
        }
        match field {
            // Wireshark reads the next header before it shows this.
            FieldId::Ipv6Plen => one(self.uint16(4).filter(|_| self.0.len() > 6)),
            FieldId::Ipv6Nxt => one(self.uint8(6)),
            FieldId::Ipv6Hlim => one(self.uint8(7)),
            FieldId::Ipv6Src => one(self.v6(8)),
            FieldId::Ipv6Dst => one(self.v6(24)),
            FieldId::Ipv6Addr => (self.v6(8), self.v6(24)),
            _ => NONE,
        }
    }

    fn icmp(self, field: FieldId) -> Values<'a> {
        match field {
            FieldId::Icmp => one(self.whole()),
            FieldId::IcmpType => one(self.uint8(0)),
            FieldId::IcmpCode => one(self.uint8(1)),
            _ => NONE,
        }
    }

    fn icmpv6(self, field: FieldId) -> Values<'a> {
        match field {
            FieldId::Icmpv6 => one(self.whole()),
            FieldId::Icmpv6Type => one(self.uint8(0)),
            FieldId::Icmpv6Code => one(self.uint8(1)),
            _ => NONE,
        }
    }

    fn tcp(self, field: FieldId) -> Values<'a> {
        // Wireshark reads the window before it shows the flags, and nothing behind an impossible header
        // length.
        let there = self.0.len() >= 16 && self.bits16(12, !0) >= Some(0x5000);
        let flags = |mask| self.bits16(12, mask).filter(|_| there);
        let flag = |mask| one(flags(mask).map(|bits| Value::Bool(bits != 0)));
        match field {
            FieldId::Tcp => one(self.whole()),
            FieldId::TcpSrcport => one(self.uint16(0)),
            FieldId::TcpDstport => one(self.uint16(2)),
            FieldId::TcpPort => (self.uint16(0), self.uint16(2)),
            FieldId::TcpFlags => one(flags(0x0fff).map(|bits| Value::Uint(u64::from(bits)))),
            FieldId::TcpFlagsFin => flag(0x01),
            FieldId::TcpFlagsSyn => flag(0x02),
            FieldId::TcpFlagsReset => flag(0x04),
            FieldId::TcpFlagsAck => flag(0x10),
            _ => NONE,
        }
    }

    fn udp(self, field: FieldId) -> Values<'a> {
        match field {
            FieldId::Udp => one(self.whole()),
            FieldId::UdpSrcport => one(self.uint16(0)),
            FieldId::UdpDstport => one(self.uint16(2)),
            FieldId::UdpPort => (self.uint16(0), self.uint16(2)),
            FieldId::UdpLength => one(self.uint16(4)),
            _ => NONE,
        }
    }
}
