//! Which values lie in the captured packet as they are: whoever looks for one can look for its bytes first, which is
//! many times quicker than decoding.

use crate::generated::FieldId;
use crate::registry::{FieldType, Scope};

/// Whether the bytes of a field's values are part of the captured packet's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verbatim {
    /// In every packet. Addresses count as the bytes that they are.
    Always,
    /// Revision 4 puts these texts together from what its records hold; revisions 1 to 3 have them whole.
    BeforeRevision4,
    /// Not, or not known to be.
    Never,
}

impl FieldId {
    /// Whether the bytes of the field's values are part of the captured packet's bytes.
    #[must_use]
    pub fn verbatim(self) -> Verbatim {
        match self {
            Self::MbufTraceFile | Self::MbufTraceFunction | Self::MbufTraceArgs => Verbatim::Always,
            Self::MbufTraceLastFunction | Self::MbufTraceEndFunction => Verbatim::Always,
            Self::MbufTraceDrop | Self::MbufTraceBytes => Verbatim::Always,
            Self::MbufTraceText | Self::MbufTraceData => Verbatim::BeforeRevision4,
            _ if self.field().scope != Scope::Snapshot => Verbatim::Never,
            _ => match self.field().ty {
                FieldType::Bytes | FieldType::Protocol => Verbatim::Always,
                FieldType::Ether | FieldType::Ipv4 | FieldType::Ipv6 => Verbatim::Always,
                _ => Verbatim::Never,
            },
        }
    }
}
