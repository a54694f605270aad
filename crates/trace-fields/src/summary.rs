//! What a packet is, in one line.

use crate::layers::{Layer, Layers, Protocol, be16};
use mbuf_trace::Link;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

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
/// Says the innermost packet that is not a quotation in an ICMP error, and nothing that is not there: no
/// address of a header that was cut. `link` of a snapshot comes from
/// [`SnapshotLink::of`](crate::SnapshotLink::of).
#[must_use]
pub fn summary(bytes: &[u8], link: Link) -> Summary<'_> {
    Summary { bytes, length: bytes.len(), link }
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut network = None;
        let mut last = None;
        for layer in Layers::new(self.bytes, self.length, self.link) {
            match layer.protocol {
                Protocol::Ipv4 | Protocol::Ipv6 => network = Some(layer),
                _ => {}
            }
            last = Some(layer);
            // What follows is the packet that an error quotes.
            if matches!(layer.protocol, Protocol::Icmp | Protocol::Icmpv6) {
                break;
            }
        }
        let Some(last) = last else {
            return write!(f, "{} bytes", self.bytes.len());
        };
        match (last.protocol, network) {
            (Protocol::Arp, _) => arp(f, last.bytes),
            (Protocol::Ethernet | Protocol::Vlan, _) => ethernet(f, self.bytes, last),
            (_, Some(network)) => ip(f, network, last),
            (_, None) => write!(f, "{} bytes", self.bytes.len()),
        }
    }
}

fn ipv4_at(bytes: &[u8], at: usize) -> Option<Ipv4Addr> {
    Some(Ipv4Addr::from(*bytes.get(at..)?.first_chunk::<4>()?))
}

fn ipv6_at(bytes: &[u8], at: usize) -> Option<Ipv6Addr> {
    Some(Ipv6Addr::from(*bytes.get(at..)?.first_chunk::<16>()?))
}

fn arp(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    let is_ipv4 = bytes.get(2..6) == Some(&[8, 0, 6, 4]);
    let addresses = ipv4_at(bytes, 14).zip(ipv4_at(bytes, 24)).filter(|_| is_ipv4);
    match (be16(bytes, 6), addresses) {
        (Some(1), Some((sender, target))) => write!(f, "ARP who-has {target} tell {sender}"),
        (Some(2), Some((sender, _))) => {
            write!(f, "ARP reply {sender}")?;
            match bytes.get(8..14) {
                Some([a, b, c, d, e, last]) => {
                    write!(f, " is-at {a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{last:02x}")
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

/// A frame that carries nothing that is known here.
fn ethernet(f: &mut fmt::Formatter<'_>, bytes: &[u8], last: Layer<'_>) -> fmt::Result {
    if let Some([a, b, c, d, e, g, h, i, j, k, l, m]) = bytes.first_chunk::<12>() {
        write!(f, "{h:02x}:{i:02x}:{j:02x}:{k:02x}:{l:02x}:{m:02x} → ")?;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x} ")?;
    }
    let code = match last.protocol {
        Protocol::Vlan => be16(last.bytes, 2),
        _ => be16(last.bytes, 12),
    };
    match code {
        Some(code) if code >= 0x0600 => write!(f, "EtherType {code:#06x}")?,
        Some(_) => f.write_str("802.3")?,
        None => f.write_str("Ethernet, cut")?,
    }
    write!(f, ", {} bytes", bytes.len())
}

fn ip(f: &mut fmt::Formatter<'_>, network: Layer<'_>, last: Layer<'_>) -> fmt::Result {
    let ports = match last.protocol {
        Protocol::Tcp | Protocol::Udp => be16(last.bytes, 0).zip(be16(last.bytes, 2)),
        _ => None,
    };
    let is_v4 = network.protocol == Protocol::Ipv4;
    if is_v4 {
        let addresses = ipv4_at(network.bytes, 12).zip(ipv4_at(network.bytes, 16));
        match (addresses, ports) {
            (Some((from, to)), Some((source, target))) => write!(f, "{from}:{source} → {to}:{target} ")?,
            (Some((from, to)), None) => write!(f, "{from} → {to} ")?,
            (None, _) => {}
        }
    } else {
        let addresses = ipv6_at(network.bytes, 8).zip(ipv6_at(network.bytes, 24));
        match (addresses, ports) {
            (Some((from, to)), Some((source, target))) => {
                write!(f, "[{from}]:{source} → [{to}]:{target} ")?;
            }
            (Some((from, to)), None) => write!(f, "{from} → {to} ")?,
            (None, _) => {}
        }
    }
    match last.protocol {
        Protocol::Tcp => tcp(f, last.bytes, last.length),
        Protocol::Udp => match be16(last.bytes, 4).and_then(|length| length.checked_sub(8)) {
            Some(length) => write!(f, "UDP, {length} bytes"),
            None => f.write_str("UDP"),
        },
        Protocol::Icmp => icmp(f, "ICMP", last.bytes, icmp_name),
        Protocol::Icmpv6 => icmp(f, "ICMPv6", last.bytes, icmpv6_name),
        _ if is_v4 => network_only(f, "IPv4", network.bytes, 9, fragment_offset_v4(network.bytes)),
        _ => network_only(f, "IPv6", network.bytes, 6, None),
    }
}

fn fragment_offset_v4(bytes: &[u8]) -> Option<u16> {
    let field = be16(bytes, 6)?;
    (field & 0x3fff != 0).then(|| (field & 0x1fff).saturating_mul(8))
}

fn network_only(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    bytes: &[u8],
    protocol_at: usize,
    fragment: Option<u16>,
) -> fmt::Result {
    f.write_str(name)?;
    match bytes.get(protocol_at) {
        Some(protocol) => write!(f, " protocol {protocol}")?,
        None => f.write_str(", cut")?,
    }
    match fragment {
        Some(offset) => write!(f, ", fragment at {offset}"),
        None => Ok(()),
    }
}

/// `length` is that of header and payload before the packet was cut.
fn tcp(f: &mut fmt::Formatter<'_>, bytes: &[u8], length: usize) -> fmt::Result {
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
            write!(f, "{between}{name}")?;
            between = ", ";
        }
    }
    f.write_str("]")?;
    let header = usize::from(flags >> 12).saturating_mul(4);
    match length.checked_sub(header) {
        Some(length) if length > 0 && header >= 20 => write!(f, ", {length} bytes"),
        _ => Ok(()),
    }
}

fn icmp(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    bytes: &[u8],
    message: fn(u8, u8) -> Option<&'static str>,
) -> fmt::Result {
    f.write_str(name)?;
    let Some(&kind) = bytes.first() else { return Ok(()) };
    match bytes.get(1) {
        Some(&code) => match message(kind, code) {
            Some(message) => write!(f, " {message}"),
            None => write!(f, " type {kind} code {code}"),
        },
        None => write!(f, " type {kind}"),
    }
}

fn icmp_name(kind: u8, code: u8) -> Option<&'static str> {
    Some(match (kind, code) {
        (0, _) => "echo reply",
        (3, 0) => "network unreachable",
        (3, 1) => "host unreachable",
        (3, 2) => "protocol unreachable",
        (3, 3) => "port unreachable",
        (3, 4) => "fragmentation needed",
        (3, _) => "unreachable",
        (5, _) => "redirect",
        (8, _) => "echo request",
        (9, _) => "router advertisement",
        (10, _) => "router solicitation",
        (11, 0) => "time to live exceeded",
        (11, 1) => "reassembly time exceeded",
        (12, _) => "parameter problem",
        (13, _) => "timestamp request",
        (14, _) => "timestamp reply",
        _ => return None,
    })
}

fn icmpv6_name(kind: u8, code: u8) -> Option<&'static str> {
    Some(match (kind, code) {
        (1, 0) => "no route to destination",
        (1, 1) => "administratively prohibited",
        (1, 3) => "address unreachable",
        (1, 4) => "port unreachable",
        (1, _) => "unreachable",
        (2, _) => "packet too big",
        (3, 0) => "hop limit exceeded",
        (3, 1) => "reassembly time exceeded",
        (4, _) => "parameter problem",
        (128, _) => "echo request",
        (129, _) => "echo reply",
        (130, _) => "multicast listener query",
        (131 | 143, _) => "multicast listener report",
        (133, _) => "router solicitation",
        (134, _) => "router advertisement",
        (135, _) => "neighbor solicitation",
        (136, _) => "neighbor advertisement",
        (137, _) => "redirect",
        _ => return None,
    })
}
