//! The ways that packets take through the stack, each with what it notes and what it does to the packet.

use crate::flow::{Flow, Protocol};
use crate::headers::{Link, Mac, Packet, Transport, payload};
use crate::trail::{Site, Trail};
use etherparse::TcpHeader;
use fastrand::Rng;
use std::net::{IpAddr, Ipv4Addr};

/// A way through the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Route {
    /// In at one interface, out at the other.
    Forwarded,
    /// The same, with source address and port translated by pf.
    Translated,
    /// To the host itself, and its socket.
    Delivered,
    /// From a socket of the host.
    Sent,
    /// Dropped by a rule of pf.
    Blocked,
    /// Dropped where the hop limit ended.
    Expired,
    /// Out of a VLAN, and forwarded.
    FromVlan,
    /// One of two fragments, which waits for the other or completes the datagram.
    Reassembled,
    /// An ARP request.
    Resolved,
}

impl Route {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Forwarded,
        Self::Translated,
        Self::Delivered,
        Self::Sent,
        Self::Blocked,
        Self::Expired,
        Self::FromVlan,
        Self::Reassembled,
        Self::Resolved,
    ];
}

const fn site(function: &'static str, file: &'static str, line: u32) -> Site {
    Site { function, file, line }
}

const ETHERNET: &str = "/usr/src/sys/net/if_ethersubr.c";
const VLAN: &str = "/usr/src/sys/net/if_vlan.c";
const PF: &str = "/usr/src/sys/netpfil/pf/pf.c";
const IP_INPUT: &str = "/usr/src/sys/netinet/ip_input.c";
const IP_FORWARD: &str = "/usr/src/sys/netinet/ip_fastfwd.c";
const IP_OUTPUT: &str = "/usr/src/sys/netinet/ip_output.c";
const IP_REASS: &str = "/usr/src/sys/netinet/ip_reass.c";
const ARP: &str = "/usr/src/sys/netinet/if_ether.c";
const TCP_INPUT: &str = "/usr/src/sys/netinet/tcp_input.c";
const TCP_OUTPUT: &str = "/usr/src/sys/netinet/tcp_output.c";
const UDP: &str = "/usr/src/sys/netinet/udp_usrreq.c";
const ICMP: &str = "/usr/src/sys/netinet/ip_icmp.c";
const IP6_INPUT: &str = "/usr/src/sys/netinet6/ip6_input.c";
const IP6_FORWARD: &str = "/usr/src/sys/netinet6/ip6_fastfwd.c";
const IP6_OUTPUT: &str = "/usr/src/sys/netinet6/ip6_output.c";
const ICMP6: &str = "/usr/src/sys/netinet6/icmp6.c";
const UDP6: &str = "/usr/src/sys/netinet6/udp6_usrreq.c";

const OUR_INSIDE: Mac = [0x00, 0x0c, 0x29, 0x4e, 0x01, 0x01];
const OUR_OUTSIDE: Mac = [0x00, 0x0c, 0x29, 0x4e, 0x02, 0x01];
const GATEWAY: Mac = [0x00, 0x0c, 0x29, 0x4e, 0x02, 0xfe];
const OUR_ADDRESS: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 1);

/// Bytes of a datagram, UDP header included, that fit into the first of two fragments.
const FIRST_FRAGMENT: u16 = 552;

/// Takes a packet of the flow on its way.
pub(crate) fn take(flow: &mut Flow, trail: &mut Trail, random: &mut Rng) -> Route {
    let route = choose(flow);
    let mut packet = packet(flow, route, random);
    let mut way = Way { flow, trail, ipv6: packet.source.is_ipv6() };
    match route {
        Route::Forwarded => way.forwarded(&mut packet, false),
        Route::Translated => way.forwarded(&mut packet, true),
        Route::FromVlan => way.through_vlan(&mut packet),
        Route::Delivered => way.delivered(&packet),
        Route::Sent => way.sent(&mut packet),
        Route::Blocked => way.blocked(&packet),
        Route::Expired => way.expired(&mut packet),
        Route::Reassembled => way.reassembled(&mut packet),
        Route::Resolved => way.resolved(&packet),
    }
    route
}

/// A flow keeps to its route, but for what pf and hop limits do to some of its packets.
fn choose(flow: &Flow) -> Route {
    let v4 = flow.source.is_ipv4();
    match (flow.protocol, flow.habit) {
        (Protocol::Arp, _) => Route::Resolved,
        _ if flow.count.is_multiple_of(41) => Route::Expired,
        (_, 0..16) => Route::Blocked,
        (Protocol::Udp, 16..40) if v4 => Route::Reassembled,
        (_, 40..70) => Route::FromVlan,
        (_, 70..130) if v4 => Route::Translated,
        (_, 130..170) => Route::Delivered,
        (_, 170..200) => Route::Sent,
        _ => Route::Forwarded,
    }
}

/// The packet as it comes in, or as the host makes it.
fn packet(flow: &mut Flow, route: Route, random: &mut Rng) -> Packet {
    // Half of all packets carry next to nothing, and some as much as fits.
    let length = match random.u8(..) {
        0..150 => random.usize(..32),
        150..240 => random.usize(32..300),
        _ => 1448,
    };
    let transport = match flow.protocol {
        Protocol::Tcp if flow.count % 200 == 1 => {
            let mut header = TcpHeader::new(flow.source_port, flow.destination_port, flow.sequence, 64240);
            header.syn = true;
            flow.sequence = flow.sequence.wrapping_add(1);
            Transport::Tcp(Box::new(header))
        }
        Protocol::Tcp => {
            let mut header = TcpHeader::new(flow.source_port, flow.destination_port, flow.sequence, 1026);
            header.ack = true;
            header.psh = length > 0;
            header.acknowledgment_number = flow.sequence.rotate_left(16);
            flow.sequence = flow.sequence.wrapping_add(u32::try_from(length).unwrap_or(0));
            Transport::Tcp(Box::new(header))
        }
        Protocol::Udp if route == Route::Reassembled => Transport::Fragment {
            ports: (flow.source_port, flow.destination_port),
            from: if flow.count % 2 == 1 { 0 } else { FIRST_FRAGMENT / 8 },
            to: if flow.count % 2 == 1 { usize::from(FIRST_FRAGMENT) } else { usize::MAX },
        },
        Protocol::Udp => Transport::Udp(flow.source_port, flow.destination_port),
        Protocol::Icmp | Protocol::Icmp6 => Transport::Echo(flow.source_port, flow.count as u16),
        Protocol::Arp => Transport::Arp,
    };
    let is_syn = matches!(&transport, Transport::Tcp(header) if header.syn);
    let payload = match (flow.protocol, route) {
        (Protocol::Arp, _) => payload(0),
        (_, Route::Reassembled) => payload(1200),
        (Protocol::Icmp | Protocol::Icmp6, _) => payload(56),
        _ if is_syn => payload(0),
        _ => payload(length),
    };
    let host = match flow.source {
        IpAddr::V4(address) => address.octets()[3],
        IpAddr::V6(address) => address.octets()[15],
    };
    let link = Link {
        source: [0x00, 0x0c, 0x29, 0x4e, 0x01, host],
        destination: if route == Route::Resolved { [0xff; 6] } else { OUR_INSIDE },
        vlan: (route == Route::FromVlan).then_some(30 + u16::from(flow.habit % 4)),
    };
    // Both fragments of a datagram have its identification.
    let id = if route == Route::Reassembled { (flow.count as u16).div_ceil(2) } else { random.u16(..) };
    Packet {
        link: Some(link),
        source: flow.source,
        destination: match (route, flow.destination) {
            (Route::Delivered | Route::Reassembled, IpAddr::V4(_)) => IpAddr::V4(OUR_ADDRESS),
            (_, destination) => destination,
        },
        ttl: if route == Route::Expired { 1 } else { flow.ttl },
        id,
        transport,
        payload,
    }
}

/// One packet's way.
struct Way<'a> {
    flow: &'a Flow,
    trail: &'a mut Trail,
    ipv6: bool,
}

impl Way<'_> {
    /// Through the Ethernet layer up to the network layer.
    fn come_in(&mut self, packet: &Packet, with_snapshot: bool) {
        self.trail.start(site("ether_input", ETHERNET, 815));
        self.trail.enter(site("ether_input", ETHERNET, 817), format_args!("em0"));
        if with_snapshot {
            self.trail.snapshot(site("ether_input", ETHERNET, 820), packet);
        }
        if self.flow.habit.is_multiple_of(2) {
            self.trail.pass(site("ether_demux", ETHERNET, 901));
        }
        let (function, file, line) =
            if self.ipv6 { ("ip6_input", IP6_INPUT, 552) } else { ("ip_input", IP_INPUT, 456) };
        self.trail.enter(site(function, file, line), format_args!("em0"));
    }

    fn filter(&mut self, direction: &str, interface: &str) {
        let (function, line) = if self.ipv6 { ("pf_test6", 10512) } else { ("pf_test", 10021) };
        self.trail.enter(site(function, PF, line), format_args!("{direction}, {interface}"));
    }

    fn accept(&mut self) {
        let (function, line) = if self.ipv6 { ("pf_test6", 10890) } else { ("pf_test", 10418) };
        self.trail.leave(site(function, PF, line));
    }

    fn forward(&mut self) {
        let (function, file, line) =
            if self.ipv6 { ("ip6_tryforward", IP6_FORWARD, 96) } else { ("ip_tryforward", IP_FORWARD, 208) };
        self.trail.pass(site(function, file, line));
    }

    /// Out through the Ethernet layer, the second snapshot on the way.
    fn go_out(&mut self, packet: &mut Packet) {
        packet.link = Some(Link { source: OUR_OUTSIDE, destination: GATEWAY, vlan: None });
        self.trail.enter(site("ether_output", ETHERNET, 293), format_args!("em1"));
        self.trail.snapshot(site("ether_output_frame", ETHERNET, 498), packet);
        self.trail.pass(site("if_transmit", "/usr/src/sys/net/if.c", 4205));
        self.trail.leave(site("ether_output", ETHERNET, 455));
    }

    fn forwarded(&mut self, packet: &mut Packet, translated: bool) {
        self.come_in(packet, true);
        self.filter("in", "em0");
        if translated {
            let (host, port, outer) = (packet.source, self.flow.source_port, self.flow.outer_port);
            let after = IpAddr::V4(OUR_ADDRESS);
            self.trail
                .say(site("pf_translate", PF, 5904), format_args!("nat {host}:{port} -> {after}:{outer}"));
            packet.source = after;
            match &mut packet.transport {
                Transport::Tcp(header) => header.source_port = outer,
                Transport::Udp(source, _) => *source = outer,
                Transport::Echo(id, _) => *id = outer,
                Transport::Fragment { .. } | Transport::Arp => {}
            }
        }
        self.accept();
        packet.ttl = packet.ttl.saturating_sub(1);
        self.forward();
        self.go_out(packet);
    }

    fn through_vlan(&mut self, packet: &mut Packet) {
        let vlan = packet.link.and_then(|link| link.vlan).unwrap_or_default();
        self.trail.start(site("ether_input", ETHERNET, 815));
        self.trail.enter(site("ether_input", ETHERNET, 817), format_args!("em0"));
        self.trail.snapshot(site("ether_input", ETHERNET, 820), packet);
        self.trail.enter(site("vlan_input", VLAN, 1287), format_args!("vlan{vlan}"));
        self.trail.leave(site("vlan_input", VLAN, 1369));
        self.filter("in", "vlan");
        self.accept();
        packet.ttl = packet.ttl.saturating_sub(1);
        self.forward();
        self.go_out(packet);
    }

    fn delivered(&mut self, packet: &Packet) {
        let stripped = Packet { link: None, ..packet.clone() };
        self.come_in(packet, self.flow.habit.is_multiple_of(3));
        self.filter("in", "em0");
        self.accept();
        let (input, output) = match (self.flow.protocol, self.ipv6) {
            (Protocol::Tcp, _) => {
                (site("tcp_input", TCP_INPUT, 612), site("tcp_do_segment", TCP_INPUT, 1512))
            }
            (Protocol::Udp, false) => (site("udp_input", UDP, 388), site("udp_append", UDP, 246)),
            (Protocol::Udp, true) => (site("udp6_input", UDP6, 210), site("udp6_append", UDP6, 133)),
            (_, false) => (site("icmp_input", ICMP, 431), site("icmp_reflect", ICMP, 789)),
            (_, true) => (site("icmp6_input", ICMP6, 402), site("icmp6_reflect", ICMP6, 2032)),
        };
        self.trail.enter(input, format_args!("lport {}", self.flow.destination_port));
        self.trail.snapshot(input, &stripped);
        self.trail.pass(output);
    }

    fn sent(&mut self, packet: &mut Packet) {
        let (function, file, line) =
            if self.ipv6 { ("ip6_output", IP6_OUTPUT, 418) } else { ("ip_output", IP_OUTPUT, 323) };
        let from = match self.flow.protocol {
            Protocol::Tcp => site("tcp_output", TCP_OUTPUT, 1571),
            Protocol::Udp if self.ipv6 => site("udp6_send", UDP6, 1141),
            Protocol::Udp => site("udp_send", UDP, 1302),
            _ => site("rip_output", "/usr/src/sys/netinet/raw_ip.c", 534),
        };
        packet.link = None;
        self.trail.start(from);
        self.trail.pass(from);
        self.trail.enter(site(function, file, line), format_args!("em1"));
        if self.flow.habit.is_multiple_of(2) {
            self.trail.snapshot(site(function, file, line + 6), packet);
        }
        self.filter("out", "em1");
        self.accept();
        self.go_out(packet);
    }

    fn blocked(&mut self, packet: &Packet) {
        self.come_in(packet, true);
        self.filter("in", "em0");
        let (function, line) = if self.ipv6 { ("pf_test6", 10877) } else { ("pf_test", 10405) };
        let rule = 3 + self.flow.habit % 3;
        self.trail.say(site("pf_match_rule", PF, 5210), format_args!("rule {rule} matches"));
        self.trail.drop_packet(site(function, PF, line), format_args!("pf rule {rule}: block drop in quick"));
    }

    fn expired(&mut self, packet: &mut Packet) {
        self.come_in(packet, true);
        self.forward();
        let (function, file, line) =
            if self.ipv6 { ("icmp6_error", ICMP6, 262) } else { ("icmp_error", ICMP, 208) };
        self.trail.say(site(function, file, line), format_args!("ttl {} of {}", packet.ttl, packet.source));
        self.trail.drop_packet(site(function, file, line + 4), format_args!("hop limit exceeded"));
    }

    fn reassembled(&mut self, packet: &mut Packet) {
        self.come_in(packet, true);
        let Transport::Fragment { ports, from, .. } = packet.transport else { return };
        let id = packet.id;
        self.trail.enter(site("ip_reass", IP_REASS, 171), format_args!("id {id} offset {}", from * 8));
        if from == 0 {
            self.trail.say(site("ip_reass", IP_REASS, 342), format_args!("queued, 1 fragment of id {id}"));
            self.trail.leave(site("ip_reass", IP_REASS, 345));
            return;
        }
        packet.link = None;
        packet.transport = Transport::Udp(ports.0, ports.1);
        self.trail.leave(site("ip_reass", IP_REASS, 503));
        self.trail.enter(site("udp_input", UDP, 388), format_args!("lport {}", ports.1));
        self.trail.snapshot(site("udp_input", UDP, 401), packet);
        self.trail.pass(site("udp_append", UDP, 246));
    }

    fn resolved(&mut self, packet: &Packet) {
        self.trail.start(site("ether_input", ETHERNET, 815));
        self.trail.enter(site("ether_input", ETHERNET, 817), format_args!("em0"));
        self.trail.snapshot(site("ether_input", ETHERNET, 820), packet);
        self.trail.pass(site("ether_demux", ETHERNET, 901));
        self.trail.enter(site("arpintr", ARP, 724), format_args!("em0"));
        let wanted = packet.destination;
        self.trail.say(site("in_arpinput", ARP, 842), format_args!("who has {wanted}"));
        self.trail.leave(site("arpintr", ARP, 790));
    }
}
