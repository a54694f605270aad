//! Fields of TCP.

use super::options::TcpOptions;
use super::{Header, Values, one};
use crate::generated::FieldId;
use crate::layers::be32;
use crate::value::Value;
use crate::visitor::Visitor;
use std::ops::ControlFlow;

/// Kinds of options.
mod option {
    pub(super) const MSS: u8 = 2;
    pub(super) const WINDOW_SCALE: u8 = 3;
    pub(super) const SACK: u8 = 5;
    pub(super) const TIMESTAMP: u8 = 8;
}

impl<'a> Header<'a> {
    pub(super) fn tcp(self, field: FieldId) -> Values<'a> {
        let header = self.tcp_header();
        // Wireshark reads the window before it shows the flags, and nothing behind an impossible header
        // length.
        let there = self.bytes.len() >= 16;
        let valid = there && header >= 20;
        let flag = |mask| self.flag16(12, mask).filter(|_| valid);
        one(match field {
            FieldId::TcpSrcport => self.uint16(0),
            FieldId::TcpDstport => self.uint16(2),
            FieldId::TcpPort => return (self.uint16(0), self.uint16(2)),
            FieldId::TcpHdrLen => {
                Some(Value::Uint(u64::try_from(header).unwrap_or_default())).filter(|_| there)
            }
            _ if !there => None,
            FieldId::TcpLen if self.partial => None,
            FieldId::TcpLen => {
                let length = self.length.checked_sub(header).and_then(|length| u64::try_from(length).ok());
                length.map(Value::Uint)
            }
            // Wireshark shows it in the place of the relative number in quotations.
            FieldId::TcpSeqRaw if self.quoted => None,
            FieldId::TcpSeqRaw => self.uint32(4),
            _ if !valid => None,
            FieldId::TcpAckRaw => self.uint32(8),
            FieldId::TcpFlags => self.bits16(12, 0x0fff),
            FieldId::TcpFlagsRes => flag(0x0e00),
            FieldId::TcpFlagsAe => flag(0x0100),
            FieldId::TcpFlagsCwr => flag(0x0080),
            FieldId::TcpFlagsEce => flag(0x0040),
            FieldId::TcpFlagsUrg => flag(0x0020),
            FieldId::TcpFlagsAck => flag(0x0010),
            FieldId::TcpFlagsPush => flag(0x0008),
            FieldId::TcpFlagsReset => flag(0x0004),
            FieldId::TcpFlagsSyn => flag(0x0002),
            FieldId::TcpFlagsFin => flag(0x0001),
            FieldId::TcpWindowSizeValue => self.uint16(14),
            FieldId::TcpChecksum => self.uint16(16),
            FieldId::TcpUrgentPointer => self.uint16(18),
            FieldId::TcpOptions => self.options().map(Value::Bytes),
            // Of a reset, what follows is its reason.
            FieldId::TcpPayload
                if flag(0x0004) == Some(Value::Bool(false))
                    && (self.partial || !self.has_malformed_option()) =>
            {
                self.bytes.get(header..).filter(|bytes| !bytes.is_empty()).map(Value::Bytes)
            }
            _ => None,
        })
    }

    /// Length of the header, in bytes.
    fn tcp_header(self) -> usize {
        usize::from(self.byte(12).unwrap_or_default() >> 4).saturating_mul(4)
    }

    /// The options, as many as there are.
    fn options(self) -> Option<&'a [u8]> {
        let end = self.tcp_header().min(self.bytes.len());
        self.bytes.get(20..end).filter(|_| self.tcp_header() > 20)
    }

    fn each_option(self) -> TcpOptions<'a> {
        TcpOptions {
            bytes: self.options().unwrap_or_default(),
            length: self.tcp_header().saturating_sub(20),
            acknowledges: self.acknowledges(),
        }
    }

    /// Whether Wireshark takes the acknowledgment for one of something: without the flag it is not made relative, and
    /// the upper half of its range counts as negative.
    fn acknowledges(self) -> bool {
        let flag = self.byte(13).is_some_and(|flags| flags & 0x10 != 0);
        flag || be32(self.bytes, 8).is_some_and(|number| (1..=0x7fff_ffff).contains(&number))
    }

    fn has_malformed_option(self) -> bool {
        self.each_option().any(|option| option.is_last(self.acknowledges()))
    }

    /// Values that stand in options.
    pub(super) fn tcp_options(self, field: FieldId, visit: &mut Visitor<'_>) -> ControlFlow<()> {
        for option in self.each_option() {
            let of = |kind, length| option.kind == kind && option.length == Some(length);
            let body = self.inner(option.body);
            let value = match field {
                FieldId::TcpOptionKind => Some(Value::Uint(u64::from(option.kind))),
                FieldId::TcpOptionLen => option.length.map(|length| Value::Uint(u64::from(length))),
                FieldId::TcpOptionsMssVal if of(option::MSS, 4) => body.uint16(0),
                FieldId::TcpOptionsWscaleShift if of(option::WINDOW_SCALE, 3) => body.uint8(0),
                FieldId::TcpOptionsWscaleMultiplier if of(option::WINDOW_SCALE, 3) => {
                    // A shift of more than 14 counts as 14 (RFC 7323).
                    let shift = body.byte(0).map(|shift| u32::from(shift).min(14));
                    shift.and_then(|shift| 1_u64.checked_shl(shift)).map(Value::Uint)
                }
                FieldId::TcpOptionsTimestampTsval if of(option::TIMESTAMP, 10) => body.uint32(0),
                FieldId::TcpOptionsTimestampTsecr if of(option::TIMESTAMP, 10) => body.uint32(4),
                FieldId::TcpOptionsSackCount if option.kind == option::SACK && option.is_whole() => {
                    // Eight bytes each.
                    u64::try_from(option.body.len() / 8).ok().map(Value::Uint)
                }
                _ => None,
            };
            value.map_or(ControlFlow::Continue(()), &mut *visit)?;
        }
        ControlFlow::Continue(())
    }
}
