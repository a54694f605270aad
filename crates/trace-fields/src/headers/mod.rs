//! The values of one field in one header.

mod icmp;
mod icmpv6;
mod ip;
mod link;
mod options;
mod tcp;
mod transport;
mod tunnel;

use crate::generated::FieldId;
use crate::layers::{Layer, Protocol, be16, be32};
use crate::value::Value;
use crate::visitor::Visitor;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::ControlFlow;

/// Calls `visit` with every value that the field has in this header, in the order in which Wireshark has
/// them. A header that was cut gives what is there whole.
pub(crate) fn visit(layer: Layer<'_>, field: FieldId, visit: &mut Visitor<'_>) -> ControlFlow<()> {
    // Of a header cut shorter than this, Wireshark does not show even that it is there.
    let needed = match layer.protocol {
        Protocol::Ethernet => 14,
        Protocol::Icmp => 6,
        Protocol::Tcp | Protocol::Udp | Protocol::UdpLite => 4,
        Protocol::Arp | Protocol::Vlan | Protocol::ProviderVlan => 2,
        Protocol::HopByHop | Protocol::DestinationOptions | Protocol::Authentication => 2,
        // A protocol below 256 may stand in one byte.
        Protocol::Ppp if layer.bytes.first().is_none_or(|first| first & 1 == 0) => 2,
        Protocol::Mpls | Protocol::Gre => 4,
        Protocol::Pppoe => 6,
        Protocol::Fragment => 8,
        Protocol::Sctp => 12,
        Protocol::Ipv6 | Protocol::Routing | Protocol::Icmpv6 | Protocol::Esp => 0,
        Protocol::Ppp | Protocol::Ipv4 | Protocol::Vxlan | Protocol::Igmp => 1,
    };
    if layer.bytes.len() < needed {
        return ControlFlow::Continue(());
    }
    let header =
        Header { bytes: layer.bytes, length: layer.length, partial: layer.partial, quoted: layer.quoted };
    if field == layer.protocol.field() {
        return visit(Value::Protocol(layer.bytes));
    }
    let (first, second) = match layer.protocol {
        Protocol::Ethernet => header.ethernet(field),
        Protocol::Vlan => header.vlan(field),
        Protocol::ProviderVlan => header.provider_vlan(field),
        Protocol::Mpls => header.mpls(field),
        Protocol::Pppoe => header.pppoe(field),
        Protocol::Ppp => header.ppp(field),
        Protocol::Arp => header.arp(field),
        Protocol::Ipv4 => header.ipv4(field),
        Protocol::Ipv6 => header.ipv6(field),
        Protocol::HopByHop | Protocol::Routing | Protocol::DestinationOptions => header.extension(field),
        Protocol::Fragment => header.fragment(field),
        Protocol::Authentication => header.authentication(field),
        Protocol::Esp => header.esp(field),
        Protocol::Gre => header.gre(field),
        Protocol::Vxlan => header.vxlan(field),
        Protocol::Icmp => header.icmp(field),
        Protocol::Icmpv6 => match header.icmpv6(field) {
            NONE => return header.discovery_options(field, visit),
            values => values,
        },
        Protocol::Igmp => NONE,
        Protocol::Tcp => match header.tcp(field) {
            NONE => return header.tcp_options(field, visit),
            values => values,
        },
        Protocol::Udp => header.udp(field),
        Protocol::UdpLite => header.udp_lite(field),
        Protocol::Sctp => match header.sctp(field) {
            NONE => return header.sctp_chunks(field, visit),
            values => values,
        },
    };
    if let Some(value) = first {
        visit(value)?;
    }
    second.map_or(ControlFlow::Continue(()), visit)
}

/// Most fields have at most two values in one header: source and destination.
type Values<'a> = (Option<Value<'a>>, Option<Value<'a>>);

fn one(value: Option<Value<'_>>) -> Values<'_> {
    (value, None)
}

const NONE: Values<'static> = (None, None);

/// A header's bytes and those of its payload, as many as there are.
#[derive(Clone, Copy)]
struct Header<'a> {
    bytes: &'a [u8],
    /// How many there were before the packet was cut.
    length: usize,
    /// Whether it stands in a first fragment or in a packet that an ICMP error quotes: there may have been more of it.
    partial: bool,
    /// Whether an ICMP error of IPv4 quotes it.
    quoted: bool,
}

impl<'a> Header<'a> {
    /// A part of this header, to be read as one.
    fn inner(self, bytes: &'a [u8]) -> Self {
        Self { bytes, length: bytes.len(), ..self }
    }

    fn byte(self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    fn uint8(self, at: usize) -> Option<Value<'a>> {
        self.byte(at).map(|byte| Value::Uint(u64::from(byte)))
    }

    fn uint16(self, at: usize) -> Option<Value<'a>> {
        Some(Value::Uint(u64::from(be16(self.bytes, at)?)))
    }

    fn uint24(self, at: usize) -> Option<Value<'a>> {
        let [a, b, c] = *self.bytes.get(at..)?.first_chunk()?;
        Some(Value::Uint(u64::from(u32::from_be_bytes([0, a, b, c]))))
    }

    fn uint32(self, at: usize) -> Option<Value<'a>> {
        Some(Value::Uint(u64::from(be32(self.bytes, at)?)))
    }

    fn swapped16(self, at: usize) -> Option<Value<'a>> {
        Some(Value::Uint(u64::from(be16(self.bytes, at)?.swap_bytes())))
    }

    /// Some bits of two bytes, as a number from their lowest one on.
    fn bits16(self, at: usize, mask: u16) -> Option<Value<'a>> {
        let bits = be16(self.bytes, at)? & mask;
        Some(Value::Uint(u64::from(bits.checked_shr(mask.trailing_zeros()).unwrap_or_default())))
    }

    /// Some bits of four bytes, as a number from their lowest one on.
    fn bits32(self, at: usize, mask: u32) -> Option<Value<'a>> {
        let bits = be32(self.bytes, at)? & mask;
        Some(Value::Uint(u64::from(bits.checked_shr(mask.trailing_zeros()).unwrap_or_default())))
    }

    /// Whether any of these bits of a byte is set.
    fn flag8(self, at: usize, mask: u8) -> Option<Value<'a>> {
        self.byte(at).map(|byte| Value::Bool(byte & mask != 0))
    }

    /// Whether any of these bits of two bytes is set.
    fn flag16(self, at: usize, mask: u16) -> Option<Value<'a>> {
        be16(self.bytes, at).map(|bits| Value::Bool(bits & mask != 0))
    }

    /// Whether any of these bits of four bytes is set.
    fn flag32(self, at: usize, mask: u32) -> Option<Value<'a>> {
        be32(self.bytes, at).map(|bits| Value::Bool(bits & mask != 0))
    }

    fn ether(self, at: usize) -> Option<Value<'a>> {
        Some(Value::Ether(*self.bytes.get(at..)?.first_chunk()?))
    }

    fn v4(self, at: usize) -> Option<Value<'a>> {
        Some(Value::Ipv4(Ipv4Addr::from(*self.bytes.get(at..)?.first_chunk::<4>()?)))
    }

    fn v6(self, at: usize) -> Option<Value<'a>> {
        let bytes = *self.bytes.get(at..)?.first_chunk::<16>()?;
        Some(Value::Ipv6(Ipv6Addr::from(bytes)))
    }

    /// These bytes, if there are any and all of them are there.
    fn part(self, at: usize, length: usize) -> Option<&'a [u8]> {
        self.bytes.get(at..at.checked_add(length)?).filter(|part| !part.is_empty())
    }
}
