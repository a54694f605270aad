//! Fields of UDP and SCTP.

use super::{Header, Values, one};
use crate::generated::FieldId;
use crate::layers::be16;
use crate::value::Value;
use crate::visitor::Visitor;
use std::ops::ControlFlow;

/// Length of SCTP's common header.
const SCTP_HEADER: usize = 12;

impl<'a> Header<'a> {
    pub(super) fn udp(self, field: FieldId) -> Values<'a> {
        one(match field {
            FieldId::UdpSrcport => self.uint16(0),
            FieldId::UdpDstport => self.uint16(2),
            FieldId::UdpPort => return (self.uint16(0), self.uint16(2)),
            FieldId::UdpLength => self.uint16(4),
            // Nothing behind a length that does not hold the header; 0 is right for a jumbogram.
            _ if be16(self.bytes, 4)
                .is_some_and(|length| length < 8 && !(length == 0 && self.length > 0xffff)) =>
            {
                None
            }
            FieldId::UdpChecksum => self.uint16(6),
            // A length of no payload is believed, whatever follows; others are not.
            FieldId::UdpPayload if be16(self.bytes, 4) == Some(8) => None,
            FieldId::UdpPayload => self.bytes.get(8..).filter(|bytes| !bytes.is_empty()).map(Value::Bytes),
            _ => None,
        })
    }

    /// UDP-Lite has the coverage of its checksum in place of the length.
    pub(super) fn udp_lite(self, field: FieldId) -> Values<'a> {
        match field {
            FieldId::UdpLength => {
                let length = u64::try_from(self.length).ok().map(Value::Uint);
                one(self.uint16(4).and(length))
            }
            FieldId::UdpChecksum => one(self.uint16(6)),
            FieldId::UdpPayload => {
                one(self.bytes.get(8..).filter(|bytes| !bytes.is_empty()).map(Value::Bytes))
            }
            _ => self.udp(field),
        }
    }

    pub(super) fn sctp(self, field: FieldId) -> Values<'a> {
        one(match field {
            FieldId::SctpSrcport => self.uint16(0),
            FieldId::SctpDstport => self.uint16(2),
            FieldId::SctpPort => return (self.uint16(0), self.uint16(2)),
            FieldId::SctpVerificationTag => self.uint32(4),
            FieldId::SctpChecksum => self.uint32(8),
            _ => None,
        })
    }

    /// Values that each chunk has.
    pub(super) fn sctp_chunks(self, field: FieldId, visit: &mut Visitor<'_>) -> ControlFlow<()> {
        let mut rest = self.bytes.get(SCTP_HEADER..).unwrap_or_default();
        let is_cut = self.bytes.len() < self.length;
        while let [kind, flags, high, low, ..] = *rest {
            // Of a chunk that was cut, Wireshark shows nothing.
            if is_cut && rest.len() < usize::from(u16::from_be_bytes([high, low])) {
                break;
            }
            let length = u16::from_be_bytes([high, low]);
            let value = match field {
                FieldId::SctpChunkType => Some(u64::from(kind)),
                FieldId::SctpChunkFlags => Some(u64::from(flags)),
                FieldId::SctpChunkLength => Some(u64::from(length)),
                _ => None,
            };
            value.map(Value::Uint).map_or(ControlFlow::Continue(()), &mut *visit)?;
            if length == 0 {
                break;
            }
            rest = rest.get(usize::from(length).next_multiple_of(4)..).unwrap_or_default();
        }
        ControlFlow::Continue(())
    }
}
