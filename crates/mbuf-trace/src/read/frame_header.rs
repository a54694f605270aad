//! The first record of a revision 4 frame.

use crate::fault::Fault;
use crate::generated::{FaultKind, frame_flag, layout::frame_header as at};
use crate::revision::Order;
use nom::Parser;
use nom::number::complete::{be_u8, be_u16, be_u32, be_u64};

/// What a revision 4 frame says of the whole trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct FrameHeader {
    /// Minor revision: 0, or a later one with more than this reader knows.
    pub minor: u8,
    /// All flags, unknown ones included.
    pub flags: u16,
    /// Identity of this packet's trace; 0 is unknown.
    pub packet_id: u64,
    /// The trace this packet was copied, split or fragmented from; 0 is none.
    pub parent_id: u64,
    /// Events that could not be recorded.
    pub lost: u32,
}

impl FrameHeader {
    /// Reads the payload of the frame header record, which lies at `offset` in the packet. Bytes after the
    /// last known field are ignored: a later minor revision may have put them there.
    ///
    /// # Errors
    ///
    /// [`FaultKind::FrameHeaderCut`], [`FaultKind::BadMagic`] or [`FaultKind::UnsupportedMajor`].
    pub(super) fn parse(payload: &[u8], offset: usize) -> Result<Self, Fault> {
        let cut = || Fault::new(FaultKind::FrameHeaderCut, offset, at::LEN, payload.len());
        let (rest, magic) = be_u32::<_, ()>.parse(payload).map_err(|_| cut())?;
        if magic != at::MAGIC_VALUE {
            return Err(Fault {
                needed: u64::from(at::MAGIC_VALUE),
                available: u64::from(magic),
                ..Fault::new(FaultKind::BadMagic, offset, 0, 0)
            });
        }
        let (rest, major) = be_u8::<_, ()>.parse(rest).map_err(|_| cut())?;
        if major != at::MAJOR_VALUE {
            let (needed, available) = (usize::from(at::MAJOR_VALUE), usize::from(major));
            let place = offset.saturating_add(at::MAJOR.start);
            return Err(Fault::new(FaultKind::UnsupportedMajor, place, needed, available));
        }
        let fields = (be_u8::<_, ()>, be_u16, be_u64, be_u64, be_u32).parse(rest);
        let (_, (minor, flags, packet_id, parent_id, lost)) = fields.map_err(|_| cut())?;
        Ok(Self { minor, flags, packet_id, parent_id, lost })
    }

    /// How the records lie.
    #[must_use]
    pub const fn order(&self) -> Order {
        if self.flags & frame_flag::OLDEST_FIRST == 0 { Order::NewestFirst } else { Order::OldestFirst }
    }

    /// Whether the trace is known to lack events.
    #[must_use]
    pub const fn incomplete(&self) -> bool {
        self.flags & frame_flag::INCOMPLETE != 0
    }
}
