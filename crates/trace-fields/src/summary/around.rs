//! What the packet of a summary is in: VLAN tags, labels, tunnels.

use super::{addresses, end_point};
use crate::layers::{Layer, Layers, Protocol, be16, be32};
use std::fmt;

/// More are not worth a line.
const MOST: usize = 6;

/// The EtherType of an 802.1ad tag.
const PROVIDER_VLAN: u16 = 0x88a8;

/// Writes what is around the innermost IP header, or all of it where there is no IP; nothing if nothing is.
pub(super) fn write(f: &mut impl fmt::Write, layers: Layers<'_>, network: Option<Layer<'_>>) -> fmt::Result {
    let is_network = |layer: &Layer<'_>| {
        network.is_some_and(|network| {
            layer.protocol == network.protocol && std::ptr::eq(layer.bytes.as_ptr(), network.bytes.as_ptr())
        })
    };
    let around = layers.take_while(|layer| !is_network(layer)).filter(|layer| is_around(layer.protocol));
    for (place, layer) in around.enumerate() {
        if place == MOST {
            return f.write_str(", …");
        }
        f.write_str(if place == 0 { ", in " } else { ", " })?;
        one(f, layer)?;
    }
    Ok(())
}

pub(super) fn is_around(protocol: Protocol) -> bool {
    use Protocol::{Authentication, Gre, Ipv4, Ipv6, Mpls, Pppoe, ProviderVlan, Vlan, Vxlan};
    matches!(protocol, Vlan | ProviderVlan | Mpls | Pppoe | Ipv4 | Ipv6 | Authentication | Gre | Vxlan)
}

fn one(f: &mut impl fmt::Write, layer: Layer<'_>) -> fmt::Result {
    let bytes = layer.bytes;
    let (name, number) = match layer.protocol {
        Protocol::ProviderVlan if be16(bytes, 2) == Some(PROVIDER_VLAN) => {
            ("VLAN", be16(bytes, 4).map(|tag| u32::from(tag & 0x0fff)))
        }
        Protocol::Vlan | Protocol::ProviderVlan => {
            ("VLAN", be16(bytes, 0).map(|tag| u32::from(tag & 0x0fff)))
        }
        Protocol::Mpls => ("MPLS", be32(bytes, 0).map(|label| label >> 12)),
        Protocol::Pppoe => ("PPPoE", be16(bytes, 2).map(u32::from)),
        Protocol::Vxlan => ("VXLAN", be32(bytes, 4).map(|network| network >> 8)),
        Protocol::Gre => ("GRE", None),
        Protocol::Authentication => ("AH", None),
        Protocol::Ipv4 => ("IPv4", None),
        _ => ("IPv6", None),
    };
    f.write_str(name)?;
    if layer.protocol == Protocol::ProviderVlan && be16(bytes, 2) == Some(PROVIDER_VLAN) {
        // Two tags are one header.
        let outer = be16(bytes, 0).unwrap_or_default() & 0x0fff;
        write!(f, " {outer}, VLAN")?;
    }
    if let Some(number) = number {
        f.write_str(" ")?;
        f.write_str(itoa::Buffer::new().format(number))?;
    }
    match addresses(layer).filter(|_| matches!(layer.protocol, Protocol::Ipv4 | Protocol::Ipv6)) {
        Some((from, to)) => {
            f.write_str(" ")?;
            end_point(f, from, None)?;
            f.write_str(" → ")?;
            end_point(f, to, None)
        }
        None => Ok(()),
    }
}
