//! Packets that were turned into their own answer: an echo reply, a reset, an ARP reply, an ICMPv6 error are made in the
//! buffer of what they answer.

use super::{Summary, addresses, ipv4_at};
use crate::layers::{Layers, Protocol};
use std::net::IpAddr;

impl Summary<'_> {
    /// Where the innermost packet comes from and goes to; of ARP, who sends it and who is asked or told. None where there
    /// are no addresses, or they were cut. What an ICMP error quotes is not looked at.
    #[must_use]
    pub fn end_points(&self) -> Option<(IpAddr, IpAddr)> {
        let mut found = None;
        for layer in Layers::new(self.bytes, self.length, self.link) {
            match layer.protocol {
                Protocol::Ipv4 | Protocol::Ipv6 => found = addresses(layer),
                Protocol::Arp if layer.bytes.get(2..6) == Some(&[8, 0, 6, 4]) => {
                    let both = ipv4_at(layer.bytes, 14).zip(ipv4_at(layer.bytes, 24));
                    found = both.map(|(sender, target)| (sender.into(), target.into()));
                }
                Protocol::Icmp | Protocol::Icmpv6 => break,
                _ => {}
            }
        }
        found
    }

    /// Whether this packet goes back to where an earlier one came from: it is an answer.
    #[must_use]
    pub fn answers(&self, earlier: &Summary<'_>) -> bool {
        let (Some((from, to)), Some((sender, _))) = (self.end_points(), earlier.end_points()) else {
            return false;
        };
        to == sender && from != sender
    }
}

#[cfg(test)]
mod tests {
    use crate::summary;
    use mbuf_trace::Link;

    fn ipv4(from: u8, to: u8) -> Vec<u8> {
        let mut bytes = vec![0x45, 0, 0, 28, 0, 0, 0, 0, 64, 1, 0, 0, 10, 0, 0, from, 10, 0, 0, to];
        bytes.extend([8, 0, 0, 0, 0, 0, 0, 0]);
        bytes
    }

    fn arp(operation: u8, sender: u8, target: u8) -> Vec<u8> {
        let mut bytes = [[0xff; 6], [2; 6]].concat();
        bytes.extend([8, 6, 0, 1, 8, 0, 6, 4, 0, operation, 2, 2, 2, 2, 2, 2, 10, 0, 0, sender]);
        bytes.extend([0, 0, 0, 0, 0, 0, 10, 0, 0, target]);
        bytes
    }

    #[test]
    fn an_answer_goes_back() {
        let answers = |now: &[u8], earlier: &[u8], link| summary(now, link).answers(&summary(earlier, link));
        assert!(answers(&ipv4(2, 1), &ipv4(1, 2), Link::Ip));
        // A router's error.
        assert!(answers(&ipv4(9, 1), &ipv4(1, 2), Link::Ip));
        assert!(!answers(&ipv4(1, 2), &ipv4(1, 2), Link::Ip));
        // Source address translation, and a packet to oneself.
        assert!(!answers(&ipv4(9, 2), &ipv4(1, 2), Link::Ip));
        assert!(!answers(&ipv4(1, 1), &ipv4(1, 1), Link::Ip));
        assert!(answers(&arp(2, 2, 1), &arp(1, 1, 2), Link::Ethernet));
        assert!(!answers(&arp(1, 1, 2), &arp(1, 1, 2), Link::Ethernet));
    }

    #[test]
    fn no_address_is_invented() {
        let whole = ipv4(1, 2);
        for length in 0..whole.len() {
            let cut = summary(&whole[..length], Link::Ip).of_length(whole.len());
            assert_eq!(cut.end_points().is_some(), length >= 20, "{length}");
        }
        assert_eq!(summary(b"payload", Link::Ethernet).end_points(), None);
    }
}
