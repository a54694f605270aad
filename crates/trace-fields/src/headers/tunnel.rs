//! Fields of GRE and VXLAN.

use super::{Header, Values, one};
use crate::generated::FieldId;
use crate::layers::be16;

mod gre_flag {
    pub(super) const CHECKSUM: u16 = 0x8000;
    pub(super) const ROUTING: u16 = 0x4000;
    pub(super) const KEY: u16 = 0x2000;
    pub(super) const SEQUENCE: u16 = 0x1000;
}

impl<'a> Header<'a> {
    pub(super) fn gre(self, field: FieldId) -> Values<'a> {
        let flags = be16(self.bytes, 0).unwrap_or_default();
        let key_at = match flags & (gre_flag::CHECKSUM | gre_flag::ROUTING) {
            0 => 4,
            _ => 8,
        };
        one(match field {
            FieldId::GreFlagsAndVersion => self.uint16(0),
            FieldId::GreFlagsChecksum => self.flag16(0, gre_flag::CHECKSUM),
            FieldId::GreFlagsKey => self.flag16(0, gre_flag::KEY),
            FieldId::GreFlagsSequenceNumber => self.flag16(0, gre_flag::SEQUENCE),
            FieldId::GreFlagsVersion => self.bits16(0, 0x0007),
            FieldId::GreProto => self.uint16(2),
            FieldId::GreKey if flags & gre_flag::KEY != 0 => self.uint32(key_at),
            _ => None,
        })
    }

    pub(super) fn vxlan(self, field: FieldId) -> Values<'a> {
        one(match field {
            FieldId::VxlanFlags => self.uint16(0),
            FieldId::VxlanVni => self.uint24(4),
            _ => None,
        })
    }
}
