//! Fields of IPv4, of IPv6 and its extension headers, and of IPsec's two.

use super::{Header, NONE, Values, one};
use crate::generated::FieldId;
use crate::layers::be16;
use crate::value::Value;

impl<'a> Header<'a> {
    pub(super) fn ipv4(self, field: FieldId) -> Values<'a> {
        let first = self.byte(0).unwrap_or_default();
        let header = u16::from(first & 0x0f).saturating_mul(4);
        match field {
            FieldId::IpVersion => return one(self.byte(0).map(|byte| Value::Uint(u64::from(byte >> 4)))),
            // With another version, Wireshark shows nothing more, and nothing behind an impossible length.
            _ if first >> 4 != 4 => return NONE,
            FieldId::IpHdrLen => return one(Some(Value::Uint(u64::from(header)))),
            _ if header < 20 => return NONE,
            FieldId::IpDsfield => return one(self.uint8(1)),
            FieldId::IpDsfieldDscp => return one(self.byte(1).map(|byte| Value::Uint(u64::from(byte >> 2)))),
            FieldId::IpDsfieldEcn => return one(self.byte(1).map(|byte| Value::Uint(u64::from(byte & 3)))),
            // Of a segment yet to be cut (TSO), Wireshark shows the length that there is.
            FieldId::IpLen if be16(self.bytes, 2) == Some(0) => {
                return one(u64::try_from(self.length).ok().map(Value::Uint));
            }
            FieldId::IpLen => return one(self.uint16(2)),
            // Nor with a total length that does not hold the header; 0 is a segment yet to be cut (TSO).
            _ if be16(self.bytes, 2).is_some_and(|total| total != 0 && total < header) => return NONE,
            _ => {}
        }
        let target = self.v4(16).filter(|_| self.has_ipv4_options(header));
        one(match field {
            FieldId::IpId => self.uint16(4),
            FieldId::IpFlags => self.bits16(6, 0xe000),
            FieldId::IpFlagsRb => self.flag16(6, 0x8000),
            FieldId::IpFlagsDf => self.flag16(6, 0x4000),
            FieldId::IpFlagsMf => self.flag16(6, 0x2000),
            FieldId::IpFragOffset => self.bits16(6, 0x1fff),
            FieldId::IpTtl => self.uint8(8),
            FieldId::IpProto => self.uint8(9),
            FieldId::IpChecksum => self.uint16(10),
            FieldId::IpSrc => self.v4(12),
            FieldId::IpDst => target,
            FieldId::IpAddr => return (self.v4(12), target),
            _ => None,
        })
    }

    /// Whether the options are there, as far as Wireshark reads them before it shows the destination: it might stand in
    /// one of them.
    fn has_ipv4_options(self, header: u16) -> bool {
        let end = usize::from(header);
        let mut at = 20_usize;
        while at < end {
            at = match (self.byte(at), self.byte(at.saturating_add(1))) {
                (Some(0), _) => return true,
                (Some(1), _) => at.saturating_add(1),
                (Some(_), Some(length)) if length >= 2 => at.saturating_add(usize::from(length)),
                (Some(_), Some(_)) => return true,
                _ => return false,
            };
        }
        true
    }

    pub(super) fn ipv6(self, field: FieldId) -> Values<'a> {
        let version = self.byte(0).map(|byte| byte >> 4);
        one(match field {
            FieldId::Ipv6Version | FieldId::IpVersion => {
                version.map(|version| Value::Uint(u64::from(version)))
            }
            _ if version != Some(6) => None,
            FieldId::Ipv6Tclass => self.bits32(0, 0x0ff0_0000),
            FieldId::Ipv6TclassDscp => self.bits32(0, 0x0fc0_0000),
            FieldId::Ipv6TclassEcn => self.bits32(0, 0x0030_0000),
            FieldId::Ipv6Flow => self.bits32(0, 0x000f_ffff),
            // Wireshark reads the next header before it shows this.
            FieldId::Ipv6Plen => self.uint16(4).filter(|_| self.bytes.len() > 6),
            FieldId::Ipv6Nxt => self.uint8(6),
            FieldId::Ipv6Hlim => self.uint8(7),
            FieldId::Ipv6Src => self.v6(8),
            FieldId::Ipv6Dst => self.v6(24),
            FieldId::Ipv6Addr => return (self.v6(8), self.v6(24)),
            _ => None,
        })
    }

    /// Hop-by-hop and destination options, and routing.
    pub(super) fn extension(self, field: FieldId) -> Values<'a> {
        let octets = |byte: u8| Value::Uint(u64::from(byte).saturating_add(1).saturating_mul(8));
        one(match field {
            FieldId::Ipv6HopoptsNxt | FieldId::Ipv6RoutingNxt | FieldId::Ipv6DstoptsNxt => self.uint8(0),
            FieldId::Ipv6HopoptsLen | FieldId::Ipv6RoutingLen | FieldId::Ipv6DstoptsLen => self.uint8(1),
            FieldId::Ipv6HopoptsLenOct | FieldId::Ipv6RoutingLenOct | FieldId::Ipv6DstoptsLenOct => {
                self.byte(1).map(octets)
            }
            FieldId::Ipv6RoutingType => self.uint8(2),
            FieldId::Ipv6RoutingSegleft => self.uint8(3),
            _ => None,
        })
    }

    pub(super) fn fragment(self, field: FieldId) -> Values<'a> {
        one(match field {
            FieldId::Ipv6FraghdrNxt => self.uint8(0),
            FieldId::Ipv6FraghdrOffset => self.bits16(2, 0xfff8),
            FieldId::Ipv6FraghdrMore => self.flag16(2, 1),
            FieldId::Ipv6FraghdrIdent => self.uint32(4),
            _ => None,
        })
    }

    pub(super) fn authentication(self, field: FieldId) -> Values<'a> {
        one(match field {
            FieldId::AhNextHeader => self.uint8(0),
            FieldId::AhLength => self.uint8(1),
            FieldId::AhSpi => self.uint32(4),
            FieldId::AhSequence => self.uint32(8),
            _ => None,
        })
    }

    pub(super) fn esp(self, field: FieldId) -> Values<'a> {
        one(match field {
            FieldId::EspSpi => self.uint32(0),
            FieldId::EspSequence => self.uint32(4),
            _ => None,
        })
    }
}
