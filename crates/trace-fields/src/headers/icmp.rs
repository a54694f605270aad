//! Fields of ICMP.

use super::{Header, Values, one};
use crate::generated::FieldId;

/// Types that have an identifier and a sequence number: echo, timestamp, information and mask, and both ways.
const ECHO_LIKE: [u8; 8] = [0, 8, 13, 14, 15, 16, 17, 18];
/// The extended echo has an identifier only.
const EXTENDED_ECHO: [u8; 2] = [42, 43];

impl<'a> Header<'a> {
    pub(super) fn icmp(self, field: FieldId) -> Values<'a> {
        let kind = self.byte(0).unwrap_or_default();
        let code = self.byte(1).unwrap_or_default();
        let echo = ECHO_LIKE.contains(&kind);
        let identified = echo || EXTENDED_ECHO.contains(&kind);
        one(match field {
            FieldId::IcmpType => self.uint8(0),
            FieldId::IcmpCode => self.uint8(1),
            FieldId::IcmpChecksum => self.uint16(2),
            FieldId::IcmpIdent if identified => self.uint16(4),
            FieldId::IcmpIdentLe if identified => self.swapped16(4),
            FieldId::IcmpSeq if echo => self.uint16(6),
            FieldId::IcmpSeqLe if echo => self.swapped16(6),
            FieldId::IcmpMtu if kind == 3 && code == 4 => self.uint16(6),
            FieldId::IcmpRedirGw if kind == 5 => self.v4(4),
            FieldId::IcmpPointer if kind == 12 => self.uint8(4),
            // RFC 4884: 0 is no length.
            FieldId::IcmpLength if matches!(kind, 3 | 11 | 12) => {
                self.uint8(5).filter(|_| self.byte(5) > Some(0))
            }
            _ => None,
        })
    }
}
