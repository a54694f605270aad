//! Fields of ICMPv6 and of the options of neighbor discovery in it.

use super::options::DiscoveryOptions;
use super::{Header, Values, one};
use crate::generated::FieldId;
use crate::value::Value;
use crate::visitor::Visitor;
use std::ops::ControlFlow;

mod kind {
    pub(super) const TOO_BIG: u8 = 2;
    pub(super) const PARAMETER_PROBLEM: u8 = 4;
    pub(super) const ECHO_REQUEST: u8 = 128;
    pub(super) const ECHO_REPLY: u8 = 129;
    pub(super) const ROUTER_SOLICITATION: u8 = 133;
    pub(super) const ROUTER_ADVERTISEMENT: u8 = 134;
    pub(super) const NEIGHBOR_SOLICITATION: u8 = 135;
    pub(super) const NEIGHBOR_ADVERTISEMENT: u8 = 136;
    pub(super) const REDIRECT: u8 = 137;
}

/// Types of options.
mod option {
    pub(super) const SOURCE_ADDRESS: u8 = 1;
    pub(super) const TARGET_ADDRESS: u8 = 2;
    pub(super) const PREFIX: u8 = 3;
    pub(super) const MTU: u8 = 5;
}

impl<'a> Header<'a> {
    pub(super) fn icmpv6(self, field: FieldId) -> Values<'a> {
        let kind = self.byte(0).unwrap_or_default();
        let is = |wanted| kind == wanted;
        let is_echo = is(kind::ECHO_REQUEST) || is(kind::ECHO_REPLY);
        one(match field {
            FieldId::Icmpv6Type => self.uint8(0),
            FieldId::Icmpv6Code => self.uint8(1),
            FieldId::Icmpv6Checksum => self.uint16(2),
            FieldId::Icmpv6Mtu if is(kind::TOO_BIG) => self.uint32(4),
            FieldId::Icmpv6Pointer if is(kind::PARAMETER_PROBLEM) => self.uint32(4),
            FieldId::Icmpv6EchoIdentifier if is_echo => self.uint16(4),
            FieldId::Icmpv6EchoSequenceNumber if is_echo => self.uint16(6),
            FieldId::Icmpv6NdRaCurHopLimit if is(kind::ROUTER_ADVERTISEMENT) => self.uint8(4),
            FieldId::Icmpv6NdRaFlag if is(kind::ROUTER_ADVERTISEMENT) => self.uint8(5),
            FieldId::Icmpv6NdRaFlagM if is(kind::ROUTER_ADVERTISEMENT) => self.flag8(5, 0x80),
            FieldId::Icmpv6NdRaFlagO if is(kind::ROUTER_ADVERTISEMENT) => self.flag8(5, 0x40),
            FieldId::Icmpv6NdRaRouterLifetime if is(kind::ROUTER_ADVERTISEMENT) => self.uint16(6),
            FieldId::Icmpv6NdRaReachableTime if is(kind::ROUTER_ADVERTISEMENT) => self.uint32(8),
            FieldId::Icmpv6NdRaRetransTimer if is(kind::ROUTER_ADVERTISEMENT) => self.uint32(12),
            FieldId::Icmpv6NdNsTargetAddress if is(kind::NEIGHBOR_SOLICITATION) => self.v6(8),
            FieldId::Icmpv6NdNaFlagR if is(kind::NEIGHBOR_ADVERTISEMENT) => self.flag32(4, 0x8000_0000),
            FieldId::Icmpv6NdNaFlagS if is(kind::NEIGHBOR_ADVERTISEMENT) => self.flag32(4, 0x4000_0000),
            FieldId::Icmpv6NdNaFlagO if is(kind::NEIGHBOR_ADVERTISEMENT) => self.flag32(4, 0x2000_0000),
            FieldId::Icmpv6NdNaTargetAddress if is(kind::NEIGHBOR_ADVERTISEMENT) => self.v6(8),
            FieldId::Icmpv6NdRdTargetAddress if is(kind::REDIRECT) => self.v6(8),
            FieldId::Icmpv6RdNaDestinationAddress if is(kind::REDIRECT) => self.v6(24),
            _ => None,
        })
    }

    /// Where the options of this message begin, if it is one of neighbor discovery.
    fn discovery_options_at(self) -> Option<usize> {
        Some(match self.byte(0)? {
            kind::ROUTER_SOLICITATION | 141 | 142 | 147 | 148 | 150 => 8,
            149 => 12,
            kind::ROUTER_ADVERTISEMENT => 16,
            kind::NEIGHBOR_SOLICITATION | kind::NEIGHBOR_ADVERTISEMENT => 24,
            kind::REDIRECT => 40,
            _ => return None,
        })
    }

    /// Values that stand in options.
    pub(super) fn discovery_options(self, field: FieldId, visit: &mut Visitor<'_>) -> ControlFlow<()> {
        let Some(options) = self.discovery_options_at().and_then(|at| self.bytes.get(at..)) else {
            return ControlFlow::Continue(());
        };
        for option in DiscoveryOptions(options) {
            let of = |wanted: u8| option.kind == wanted;
            let body = self.inner(option.rest);
            let is_address = of(option::SOURCE_ADDRESS) || of(option::TARGET_ADDRESS);
            let address = || option.address().map(Value::Bytes);
            let value = match field {
                FieldId::Icmpv6OptType => Some(Value::Uint(u64::from(option.kind))),
                FieldId::Icmpv6OptLength => Some(Value::Uint(u64::from(option.units))),
                FieldId::Icmpv6OptLinkaddr if is_address => address(),
                FieldId::Icmpv6OptSrcLinkaddr if of(option::SOURCE_ADDRESS) => address(),
                FieldId::Icmpv6OptTargetLinkaddr if of(option::TARGET_ADDRESS) => address(),
                FieldId::Icmpv6OptMtu if of(option::MTU) => body.uint32(2),
                FieldId::Icmpv6OptPrefix if of(option::PREFIX) => body.v6(14),
                FieldId::Icmpv6OptPrefixLength if of(option::PREFIX) => body.uint8(0),
                _ => None,
            };
            value.map_or(ControlFlow::Continue(()), &mut *visit)?;
        }
        ControlFlow::Continue(())
    }
}
