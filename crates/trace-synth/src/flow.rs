//! Who talks to whom: flows, and how often each has a packet.

use fastrand::Rng;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Flows of a capture.
const FLOWS: usize = 600;

/// What a flow's packets carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Protocol {
    /// TCP over IPv4 or IPv6.
    Tcp,
    /// UDP over IPv4 or IPv6.
    Udp,
    /// ICMP echoes over IPv4.
    Icmp,
    /// ICMP echoes over IPv6.
    Icmp6,
    /// Requests for an address of Ethernet.
    Arp,
}

impl Protocol {
    /// All of them, the most frequent first.
    pub const ALL: [Self; 5] = [Self::Tcp, Self::Udp, Self::Icmp, Self::Icmp6, Self::Arp];

    /// As Wireshark's filters call it: `tcp`, `icmpv6`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Icmp => "icmp",
            Self::Icmp6 => "icmpv6",
            Self::Arp => "arp",
        }
    }
}

impl FromStr for Protocol {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|protocol| protocol.name() == name);
        known.ok_or_else(|| format!("{name:?} is none of tcp, udp, icmp, icmpv6, arp"))
    }
}

/// One conversation, seen in one direction.
#[derive(Debug, Clone)]
pub(crate) struct Flow {
    pub(crate) protocol: Protocol,
    pub(crate) source: IpAddr,
    pub(crate) destination: IpAddr,
    pub(crate) source_port: u16,
    pub(crate) destination_port: u16,
    /// Source port once translated; the identifier of an echo.
    pub(crate) outer_port: u16,
    pub(crate) ttl: u8,
    /// Decides the route, together with the protocol.
    pub(crate) habit: u8,
    /// Packets so far.
    pub(crate) count: u32,
    /// Next sequence number of TCP.
    pub(crate) sequence: u32,
}

/// The flows of a capture, the liveliest first.
#[derive(Debug)]
pub(crate) struct Flows {
    flows: Vec<Flow>,
    /// Of each flow, its share and those of all flows before it.
    shares: Vec<u32>,
}

impl Flows {
    pub(crate) fn new(protocols: &[Protocol], random: &mut Rng) -> Self {
        let ranks = shares(protocols.len());
        let mut flows = Vec::with_capacity(FLOWS);
        for index in 0..FLOWS {
            // The liveliest flows are one of each protocol, so that short captures have them all.
            let rank = if index < protocols.len() { index } else { choose(&ranks, random) };
            flows.push(flow(protocols[rank], index, random));
        }
        Self { flows, shares: shares(FLOWS) }
    }

    /// The flow that has the next packet.
    pub(crate) fn choose(&mut self, random: &mut Rng) -> &mut Flow {
        let flow = &mut self.flows[choose(&self.shares, random)];
        flow.count = flow.count.wrapping_add(1);
        flow
    }
}

/// Shares of so many ranks, summed up: the second has half of the first, the third a third.
fn shares(ranks: usize) -> Vec<u32> {
    let mut sum = 0;
    let one = |rank: usize| 1_000_000 / u32::try_from(rank).unwrap_or(u32::MAX);
    (1..=ranks)
        .map(|rank| {
            sum += one(rank);
            sum
        })
        .collect()
}

fn choose(shares: &[u32], random: &mut Rng) -> usize {
    let all = shares.last().copied().unwrap_or(1);
    let chosen = random.u32(..all);
    shares.partition_point(|share| *share <= chosen)
}

fn flow(protocol: Protocol, index: usize, random: &mut Rng) -> Flow {
    let ipv6 = match protocol {
        Protocol::Tcp | Protocol::Udp => random.u8(..) < 64,
        Protocol::Icmp6 => true,
        Protocol::Icmp | Protocol::Arp => false,
    };
    let host = random.u8(10..200);
    // One far host in four is one of a few that everybody talks to.
    let far = if random.u8(..) < 64 { 80 } else { random.u8(1..250) };
    let (source, destination) = if ipv6 {
        let near = Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, u16::from(host));
        (IpAddr::from(near), IpAddr::from(Ipv6Addr::new(0x2001, 0xdb8, 0xff, 0, 0, 0, 0, u16::from(far))))
    } else {
        let near = Ipv4Addr::new(192, 168, 1, host);
        (IpAddr::from(near), IpAddr::from(Ipv4Addr::new(198, 51, 100, far)))
    };
    const SERVICES: [u16; 8] = [443, 80, 7070, 25, 993, 8080, 5201, 9100];
    // None whose payload a dissector would look into, and find malformed.
    const DATAGRAMS: [u16; 5] = [5201, 443, 33434, 9, 5004];
    let destination_port = match protocol {
        Protocol::Udp => DATAGRAMS[choose(&shares(DATAGRAMS.len()), random)],
        _ => SERVICES[choose(&shares(SERVICES.len()), random)],
    };
    Flow {
        protocol,
        source,
        destination,
        source_port: random.u16(49152..),
        destination_port,
        outer_port: random.u16(30000..),
        ttl: if index.is_multiple_of(3) { 128 } else { 64 },
        habit: random.u8(..),
        count: 0,
        sequence: random.u32(..),
    }
}
