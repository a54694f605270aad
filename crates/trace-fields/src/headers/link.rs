//! Fields of Ethernet, VLAN tags, MPLS, PPP over Ethernet, and ARP.

use super::{Header, NONE, Values, one};
use crate::generated::FieldId;
use crate::layers::be16;
use crate::value::Value;

/// Less is the length of an 802.3 frame, but 0 is no length.
const FIRST_ETHER_TYPE: u16 = 0x0600;

const PROVIDER_VLAN: u16 = 0x88a8;

/// In the first byte of an address.
const LOCAL: u8 = 0x02;
const GROUP: u8 = 0x01;

impl<'a> Header<'a> {
    pub(super) fn ethernet(self, field: FieldId) -> Values<'a> {
        match field {
            FieldId::EthDst => one(self.ether(0)),
            FieldId::EthDstLg => one(self.flag8(0, LOCAL)),
            FieldId::EthDstIg => one(self.flag8(0, GROUP)),
            FieldId::EthSrc => one(self.ether(6)),
            FieldId::EthSrcLg => one(self.flag8(6, LOCAL)),
            FieldId::EthSrcIg => one(self.flag8(6, GROUP)),
            FieldId::EthAddr => (self.ether(0), self.ether(6)),
            FieldId::EthLg => (self.flag8(0, LOCAL), self.flag8(6, LOCAL)),
            FieldId::EthIg => (self.flag8(0, GROUP), self.flag8(6, GROUP)),
            FieldId::EthType => one(self.uint16(12).filter(|_| self.is_ether_type(12))),
            FieldId::EthLen => one(self.uint16(12).filter(|_| self.is_length(12))),
            _ => NONE,
        }
    }

    fn is_ether_type(self, at: usize) -> bool {
        be16(self.bytes, at).is_some_and(|code| code == 0 || code >= FIRST_ETHER_TYPE)
    }

    fn is_length(self, at: usize) -> bool {
        be16(self.bytes, at).is_some_and(|length| (1..=1500).contains(&length))
    }

    pub(super) fn vlan(self, field: FieldId) -> Values<'a> {
        one(match field {
            FieldId::VlanPriority => self.bits16(0, 0xe000),
            FieldId::VlanDei => self.flag16(0, 0x1000),
            FieldId::VlanId => self.bits16(0, 0x0fff),
            FieldId::VlanEtype => self.uint16(2).filter(|_| be16(self.bytes, 2) >= Some(FIRST_ETHER_TYPE)),
            FieldId::VlanLen => self.uint16(2).filter(|_| be16(self.bytes, 2) <= Some(1500)),
            _ => None,
        })
    }

    pub(super) fn provider_vlan(self, field: FieldId) -> Values<'a> {
        if self.bytes.len() < 4 {
            return NONE;
        }
        // Service tag and customer tag stand in one header.
        let has_two = be16(self.bytes, 2) == Some(PROVIDER_VLAN);
        if has_two && self.bytes.len() < 6 {
            return NONE;
        }
        let both = |mask| (self.bits16(0, mask), self.bits16(4, mask).filter(|_| has_two));
        match field {
            FieldId::Ieee8021adPriority => both(0xe000),
            FieldId::Ieee8021adDei => both(0x1000),
            FieldId::Ieee8021adId if !has_two => one(self.bits16(0, 0x0fff)),
            FieldId::Ieee8021adSvid if has_two => one(self.bits16(0, 0x0fff)),
            FieldId::Ieee8021adCvid if has_two => one(self.bits16(4, 0x0fff)),
            _ => NONE,
        }
    }

    pub(super) fn mpls(self, field: FieldId) -> Values<'a> {
        one(match field {
            FieldId::MplsLabel => self.bits32(0, 0xffff_f000),
            FieldId::MplsExp => self.bits32(0, 0x0e00),
            FieldId::MplsBottom => self.bits32(0, 0x0100),
            FieldId::MplsTtl => self.bits32(0, 0x00ff),
            _ => None,
        })
    }

    pub(super) fn pppoe(self, field: FieldId) -> Values<'a> {
        one(match field {
            FieldId::PppoeVersion => self.byte(0).map(|byte| Value::Uint(u64::from(byte >> 4))),
            FieldId::PppoeType => self.byte(0).map(|byte| Value::Uint(u64::from(byte & 0x0f))),
            FieldId::PppoeCode => self.uint8(1),
            FieldId::PppoeSessionId => self.uint16(2),
            FieldId::PppoePayloadLength => self.uint16(4),
            _ => None,
        })
    }

    pub(super) fn ppp(self, field: FieldId) -> Values<'a> {
        one(match (field, self.byte(0)) {
            // A protocol below 256 may stand in one byte.
            (FieldId::PppProtocol, Some(byte)) if byte & 1 == 1 => self.uint8(0),
            (FieldId::PppProtocol, _) => self.uint16(0),
            _ => None,
        })
    }

    pub(super) fn arp(self, field: FieldId) -> Values<'a> {
        let hardware = usize::from(self.byte(4).unwrap_or_default());
        let protocol = usize::from(self.byte(5).unwrap_or_default());
        let operation = be16(self.bytes, 6);
        let source_ip = hardware.saturating_add(8);
        let target = source_ip.saturating_add(protocol);
        let target_ip = target.saturating_add(hardware);
        // Before Wireshark shows an address it reads those that it describes the packet with.
        let needed = match operation {
            Some(1 | 2 | 4) => target_ip.saturating_add(protocol),
            Some(3 | 8) => target_ip,
            Some(9) => target,
            _ => 0,
        };
        let length = target_ip.saturating_add(protocol);
        let whole = self.bytes.len() >= needed && (needed == 0 || self.length >= length);
        let is_ethernet = hardware == 6 && matches!(be16(self.bytes, 0), Some(1 | 6));
        let is_ipv4 = protocol == 4 && be16(self.bytes, 2) == Some(0x0800);
        let mac = |at| self.ether(at).filter(|_| whole && is_ethernet);
        let ipv4 = |at| self.v4(at).filter(|_| whole && is_ipv4);
        let bytes =
            |at, length, known: bool| self.part(at, length).filter(|_| whole && !known).map(Value::Bytes);
        // What is said of the addresses together is said only where it is so.
        let known = whole && protocol > 0;
        let same = known && self.part(source_ip, protocol) == self.part(target_ip, protocol);
        let is_free =
            |at, length| self.part(at, length).is_some_and(|part| part.iter().all(|byte| *byte == 0));
        let is_request = known && operation == Some(1) && is_free(target, hardware);
        let so = |is_so: bool| Some(Value::Bool(true)).filter(|_| is_so);
        one(match field {
            FieldId::ArpHwType => self.uint16(0),
            FieldId::ArpProtoType => self.uint16(2),
            FieldId::ArpHwSize => self.uint8(4),
            FieldId::ArpProtoSize => self.uint8(5),
            FieldId::ArpOpcode => self.uint16(6),
            FieldId::ArpIsgratuitous => so(same && matches!(operation, Some(1 | 2))),
            FieldId::ArpIsprobe => so(is_request && is_free(source_ip, protocol)),
            FieldId::ArpIsannouncement => so(is_request && same),
            FieldId::ArpSrcHw => bytes(8, hardware, is_ethernet),
            FieldId::ArpSrcHwMac => mac(8),
            FieldId::ArpSrcProto => bytes(source_ip, protocol, is_ipv4),
            FieldId::ArpSrcProtoIpv4 => ipv4(source_ip),
            FieldId::ArpDstHw => bytes(target, hardware, is_ethernet),
            FieldId::ArpDstHwMac => mac(target),
            FieldId::ArpDstProto => bytes(target_ip, protocol, is_ipv4),
            FieldId::ArpDstProtoIpv4 => ipv4(target_ip),
            _ => None,
        })
    }
}
