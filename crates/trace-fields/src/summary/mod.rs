//! What a packet is, in one line.

mod answer;
mod around;
mod names;

use crate::generated::FieldId;
use crate::layers::{Layer, Layers, Protocol, be16, be32};
use crate::short::Short;
use mbuf_trace::{Counted, Link, ether_type};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Shows a packet in one line, as tcpdump would say it. Made by [`summary`].
#[derive(Debug, Clone, Copy)]
pub struct Summary<'a> {
    bytes: &'a [u8],
    length: usize,
    link: Link,
}

impl Summary<'_> {
    /// The same of a packet of `length` bytes, of which only some are there.
    #[must_use]
    pub const fn of_length(mut self, length: usize) -> Self {
        self.length = length;
        self
    }
}

/// What these bytes are as a packet: `10.0.0.1 → 10.0.0.2 ICMP echo request`,
/// `ARP who-has 10.0.0.1 tell 10.0.0.2`, `10.0.0.1:4711 → 10.0.0.2:80 TCP [SYN]`.
///
/// Says the innermost packet that is not a quotation in an ICMP error, behind it what that is in (`, in VLAN 7`), and
/// nothing that is not there: no address of a header that was cut. `link` of a snapshot comes from
/// [`SnapshotLink::of`](crate::SnapshotLink::of).
#[must_use]
pub fn summary(bytes: &[u8], link: Link) -> Summary<'_> {
    Summary { bytes, length: bytes.len(), link }
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f)
    }
}

impl Summary<'_> {
    /// Writes what `Display` shows, into a string without the machinery of formats.
    ///
    /// # Errors
    ///
    /// When the output fails; a string does not.
    pub fn write(&self, f: &mut impl fmt::Write) -> fmt::Result {
        let mut network: Option<Layer<'_>> = None;
        let mut fragment: Option<Layer<'_>> = None;
        let mut last: Option<Layer<'_>> = None;
        let mut around = 0_usize;
        for layer in Layers::new(self.bytes, self.length, self.link) {
            match layer.protocol {
                Protocol::Ipv4 | Protocol::Ipv6 => (network, fragment) = (Some(layer), None),
                Protocol::Fragment => fragment = Some(layer),
                _ => {}
            }
            around = around.saturating_add(usize::from(around::is_around(layer.protocol)));
            last = Some(layer);
            // What follows is the packet that an error quotes.
            if matches!(layer.protocol, Protocol::Icmp | Protocol::Icmpv6) {
                break;
            }
        }
        let Some(last) = last else {
            length(f, self.length)?;
            let is_unknown = matches!(self.link, Link::NoHeader | Link::Ip) && self.length > 0;
            return f.write_str(if is_unknown { " without a known header" } else { "" });
        };
        // Later fragments and those that nothing is known behind say it by themselves.
        let is_known = !matches!(
            last.protocol,
            Protocol::Ipv4
                | Protocol::Ipv6
                | Protocol::Fragment
                | Protocol::HopByHop
                | Protocol::Routing
                | Protocol::DestinationOptions
        );
        let has_more = match fragment {
            Some(fragment) => be16(fragment.bytes, 2).is_some_and(|field| field & 1 != 0),
            None => network.is_some_and(|network| {
                network.protocol == Protocol::Ipv4 && fragment_offset_v4(network.bytes).is_some()
            }),
        };
        let is_first_fragment = is_known && has_more;
        match (last.protocol, network) {
            (Protocol::Arp, _) => arp(f, last.bytes),
            (Protocol::Pppoe | Protocol::Ppp, None) => ppp(f, last),
            (Protocol::Ethernet | Protocol::Vlan | Protocol::ProviderVlan, _) => self.ethernet(f, last),
            (_, Some(network)) => {
                ip(f, network, last)?;
                f.write_str(if is_first_fragment { ", fragment at 0" } else { "" })
            }
            (_, None) => length(f, self.length),
        }?;
        // An IP header that is alone is not looked for again.
        match around > usize::from(network.is_some()) {
            true => around::write(f, Layers::new(self.bytes, self.length, self.link), network),
            false => Ok(()),
        }
    }

    /// A frame that carries nothing that is known here.
    fn ethernet(&self, f: &mut impl fmt::Write, last: Layer<'_>) -> fmt::Result {
        if let Some([a, b, c, d, e, g, h, i, j, k, l, m]) = self.bytes.first_chunk::<12>() {
            f.write_str(Short::ether([*h, *i, *j, *k, *l, *m]).as_str())?;
            f.write_str(" → ")?;
            f.write_str(Short::ether([*a, *b, *c, *d, *e, *g]).as_str())?;
            f.write_str(" ")?;
        }
        let at = if last.protocol == Protocol::Ethernet { 12 } else { 2 };
        match be16(last.bytes, at) {
            Some(code) if code >= 0x0600 => write!(f, "EtherType {code:#06x}")?,
            Some(_) => f.write_str("802.3")?,
            None => f.write_str("Ethernet, cut")?,
        }
        // What is neither IPv4 nor IPv6.
        let version = last.bytes.get(at.saturating_add(2)).map(|first| first >> 4);
        if be16(last.bytes, at) == Some(ether_type::IPV4) && version == Some(6) {
            f.write_str(", IP version 6")?;
        }
        f.write_str(", ")?;
        length(f, self.length)
    }
}

fn ipv4_at(bytes: &[u8], at: usize) -> Option<Ipv4Addr> {
    Some(Ipv4Addr::from(*bytes.get(at..)?.first_chunk::<4>()?))
}

fn ipv6_at(bytes: &[u8], at: usize) -> Option<Ipv6Addr> {
    Some(Ipv6Addr::from(*bytes.get(at..)?.first_chunk::<16>()?))
}

fn arp(f: &mut impl fmt::Write, bytes: &[u8]) -> fmt::Result {
    let is_ipv4 = bytes.get(2..6) == Some(&[8, 0, 6, 4]);
    let addresses = ipv4_at(bytes, 14).zip(ipv4_at(bytes, 24)).filter(|_| is_ipv4);
    match (be16(bytes, 6), addresses) {
        (Some(1), Some((sender, target))) => write!(f, "ARP who-has {target} tell {sender}"),
        (Some(2), Some((sender, _))) => {
            write!(f, "ARP reply {sender}")?;
            match bytes.get(8..14) {
                Some([a, b, c, d, e, last]) => {
                    f.write_str(" is-at ")?;
                    f.write_str(Short::ether([*a, *b, *c, *d, *e, *last]).as_str())
                }
                _ => Ok(()),
            }
        }
        (Some(1), None) => f.write_str("ARP request"),
        (Some(2), None) => f.write_str("ARP reply"),
        (Some(other), _) => write!(f, "ARP operation {other}"),
        (None, _) => f.write_str("ARP, cut"),
    }
}

fn length(f: &mut impl fmt::Write, length: usize) -> fmt::Result {
    write!(f, "{}", Counted(length, "byte"))
}

fn ip(f: &mut impl fmt::Write, network: Layer<'_>, last: Layer<'_>) -> fmt::Result {
    let version = network.bytes.first().map(|first| first >> 4);
    let announced = if network.protocol == Protocol::Ipv4 { 4 } else { 6 };
    if let Some(version) = version.filter(|version| *version != announced) {
        // What stands where addresses would be is none.
        return write!(f, "IPv{announced} with IP version {version}");
    }
    let ports = match last.protocol {
        Protocol::Tcp | Protocol::Udp | Protocol::UdpLite | Protocol::Sctp => {
            be16(last.bytes, 0).zip(be16(last.bytes, 2))
        }
        _ => None,
    };
    if let Some((from, to)) = addresses(network) {
        end_point(f, from, ports.map(|(source, _)| source))?;
        f.write_str(" → ")?;
        end_point(f, to, ports.map(|(_, target)| target))?;
        f.write_str(" ")?;
    }
    match last.protocol {
        Protocol::Tcp => tcp(f, last.bytes, last.length),
        Protocol::Udp | Protocol::UdpLite => {
            f.write_str(if last.protocol == Protocol::Udp { "UDP" } else { "UDP-Lite" })?;
            let length = match last.protocol {
                Protocol::Udp => be16(last.bytes, 4).map(usize::from),
                // What stands there is how much the checksum covers.
                _ => Some(last.length),
            };
            match length.and_then(|length| length.checked_sub(8)) {
                Some(length) => bytes_behind(f, length),
                None => Ok(()),
            }
        }
        Protocol::Icmp => icmp(f, "ICMP", last.bytes, names::icmp),
        Protocol::Icmpv6 => icmp(f, "ICMPv6", last.bytes, names::icmpv6),
        Protocol::Sctp => sctp(f, last.bytes),
        Protocol::Igmp => igmp(f, last.bytes),
        Protocol::Esp => security(f, "ESP", last.bytes, 0),
        Protocol::Authentication => security(f, "AH", last.bytes, 4),
        Protocol::Gre => match be16(last.bytes, 2) {
            Some(code) => write!(f, "GRE, EtherType {code:#06x}"),
            None => f.write_str("GRE, cut"),
        },
        Protocol::Vxlan => f.write_str("VXLAN, cut"),
        _ if network.protocol == Protocol::Ipv4 => {
            network_only(f, "IPv4", network.bytes.get(9), fragment_offset_v4(network.bytes))
        }
        Protocol::Fragment => {
            let offset = be16(last.bytes, 2).map(|field| field & 0xfff8);
            network_only(f, "IPv6", last.bytes.first(), offset)
        }
        Protocol::HopByHop | Protocol::Routing | Protocol::DestinationOptions => {
            network_only(f, "IPv6", last.bytes.first(), None)
        }
        _ => network_only(f, "IPv6", network.bytes.get(6), None),
    }
}

/// `10.0.0.1:80`, `[2001:db8::1]:80`, or the address alone.
fn end_point(f: &mut impl fmt::Write, address: IpAddr, port: Option<u16>) -> fmt::Result {
    match (address, port) {
        (IpAddr::V4(address), _) => f.write_str(Short::ipv4(address).as_str())?,
        (IpAddr::V6(address), Some(_)) => {
            f.write_str("[")?;
            f.write_str(Short::ipv6(address).as_str())?;
            f.write_str("]")?;
        }
        (IpAddr::V6(address), None) => f.write_str(Short::ipv6(address).as_str())?,
    }
    let Some(port) = port else { return Ok(()) };
    f.write_str(":")?;
    f.write_str(itoa::Buffer::new().format(port))
}

/// How much a header carries.
fn bytes_behind(f: &mut impl fmt::Write, length: usize) -> fmt::Result {
    f.write_str(", ")?;
    f.write_str(itoa::Buffer::new().format(length))?;
    f.write_str(if length == 1 { " byte" } else { " bytes" })
}

/// Source and destination of an IP header.
fn addresses(network: Layer<'_>) -> Option<(IpAddr, IpAddr)> {
    Some(match (network.protocol, network.bytes.first()? >> 4) {
        (Protocol::Ipv4, 4) => (ipv4_at(network.bytes, 12)?.into(), ipv4_at(network.bytes, 16)?.into()),
        (Protocol::Ipv6, 6) => (ipv6_at(network.bytes, 8)?.into(), ipv6_at(network.bytes, 24)?.into()),
        _ => return None,
    })
}

/// Chunks by name. More than a few are not worth a line.
fn sctp(f: &mut impl fmt::Write, bytes: &[u8]) -> fmt::Result {
    const MOST: usize = 4;
    f.write_str("SCTP")?;
    let names = FieldId::SctpChunkType.field().names;
    let mut chunks = bytes.get(12..).unwrap_or_default();
    let mut between = " [";
    for place in 0.. {
        let Some(&kind) = chunks.first() else { break };
        if place == MOST {
            f.write_str(", …")?;
            break;
        }
        f.write_str(between)?;
        between = ", ";
        match names.iter().find(|(value, _)| *value == u64::from(kind)) {
            Some((_, name)) => f.write_str(name)?,
            None => write!(f, "chunk {kind}")?,
        }
        // Chunks are padded to four bytes.
        let length = be16(chunks, 2).map_or(0, |length| usize::from(length).next_multiple_of(4));
        chunks = chunks.get(length..).filter(|_| length > 0).unwrap_or_default();
    }
    if between == ", " { f.write_str("]") } else { Ok(()) }
}

fn igmp(f: &mut impl fmt::Write, bytes: &[u8]) -> fmt::Result {
    f.write_str("IGMP")?;
    let Some(&kind) = bytes.first() else { return Ok(()) };
    match names::igmp(kind) {
        Some(name) => write!(f, " {name}")?,
        None => write!(f, " type {kind:#04x}")?,
    }
    match ipv4_at(bytes, 4).filter(|group| group.is_multicast() && kind != 0x22) {
        Some(group) => write!(f, " {group}"),
        None => Ok(()),
    }
}

/// A header of IPsec, with its index and number at this place.
fn security(f: &mut impl fmt::Write, name: &str, bytes: &[u8], at: usize) -> fmt::Result {
    f.write_str(name)?;
    if let Some(index) = be32(bytes, at) {
        write!(f, " spi {index:#010x}")?;
    }
    match be32(bytes, at.saturating_add(4)) {
        Some(number) => write!(f, " seq {number}"),
        None => Ok(()),
    }
}

/// PPP that carries no IP.
fn ppp(f: &mut impl fmt::Write, last: Layer<'_>) -> fmt::Result {
    let protocol = match last.bytes.first() {
        _ if last.protocol == Protocol::Pppoe => None,
        Some(byte) if byte & 1 == 1 => Some(u16::from(*byte)),
        _ => be16(last.bytes, 0),
    };
    match protocol {
        Some(protocol) => match names::ppp(protocol) {
            Some(name) => write!(f, "PPP {name}"),
            None => write!(f, "PPP protocol {protocol:#06x}"),
        },
        None => f.write_str("PPP, cut"),
    }
}

fn fragment_offset_v4(bytes: &[u8]) -> Option<u16> {
    let field = be16(bytes, 6)?;
    (field & 0x3fff != 0).then(|| (field & 0x1fff).saturating_mul(8))
}

fn network_only(
    f: &mut impl fmt::Write,
    name: &str,
    protocol: Option<&u8>,
    fragment: Option<u16>,
) -> fmt::Result {
    f.write_str(name)?;
    match protocol {
        Some(protocol) => write!(f, " protocol {protocol}")?,
        None => f.write_str(", cut")?,
    }
    match fragment {
        Some(offset) => write!(f, ", fragment at {offset}"),
        None => Ok(()),
    }
}

/// `length` is that of header and payload before the packet was cut.
fn tcp(f: &mut impl fmt::Write, bytes: &[u8], length: usize) -> fmt::Result {
    f.write_str("TCP")?;
    let Some(flags) = be16(bytes, 12) else {
        return Ok(());
    };
    let names = [
        (0x02, "SYN"),
        (0x01, "FIN"),
        (0x04, "RST"),
        (0x08, "PSH"),
        (0x10, "ACK"),
        (0x20, "URG"),
        (0x40, "ECE"),
        (0x80, "CWR"),
    ];
    f.write_str(" [")?;
    let mut between = "";
    for (bit, name) in names {
        if flags & bit != 0 {
            f.write_str(between)?;
            f.write_str(name)?;
            between = ", ";
        }
    }
    f.write_str("]")?;
    let header = usize::from(flags >> 12).saturating_mul(4);
    match length.checked_sub(header) {
        Some(length) if length > 0 && header >= 20 => bytes_behind(f, length),
        _ => Ok(()),
    }
}

fn icmp(
    f: &mut impl fmt::Write,
    name: &str,
    bytes: &[u8],
    message: fn(u8, u8) -> Option<&'static str>,
) -> fmt::Result {
    f.write_str(name)?;
    let Some(&kind) = bytes.first() else { return Ok(()) };
    match bytes.get(1) {
        Some(&code) => match message(kind, code) {
            Some(message) => {
                f.write_str(" ")?;
                f.write_str(message)
            }
            None => write!(f, " type {kind} code {code}"),
        },
        None => write!(f, " type {kind}"),
    }
}
