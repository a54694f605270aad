//! What a revision cannot say.

use core::fmt;

/// One kind of information that an older revision has no place for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Loss {
    /// When an event happened.
    Age,
    /// The thread that recorded an event.
    Thread,
    /// The virtual network stack of an event.
    Vnet,
    /// The CPU that recorded an event.
    Cpu,
    /// Flags of an event.
    EventFlags,
    /// The function of an event that is not about a function.
    Function,
    /// The source position of a snapshot.
    Position,
    /// Whether a string was static or dynamic.
    Storage,
    /// What an event is, or its parts: as text it reads as another one.
    Reading,
    /// That an event is a start or a drop; it becomes text.
    EventKind,
    /// A start that names nothing.
    BareStart,
    /// A string's missing or inner NUL.
    OddString,
    /// The link type of a snapshot.
    LinkType,
    /// The whole length of a cut snapshot.
    PacketLength,
    /// A snapshot; revision 1 has one a packet.
    Snapshot,
    /// The place of a snapshot among the other events.
    SnapshotOrder,
    /// A record whose type means something else in the other revision, or cannot be there.
    UnknownRecord,
    /// The identity of the packet's trace.
    PacketId,
    /// The identity of the trace that it came from.
    ParentId,
    /// How many events were not recorded.
    LostEvents,
    /// Flags of the frame: that it is incomplete, or later ones.
    FrameFlags,
    /// What a later minor revision put behind the frame header.
    FrameHeaderBytes,
}

impl Loss {
    const ALL: [Self; 22] = [
        Self::Age,
        Self::Thread,
        Self::Vnet,
        Self::Cpu,
        Self::EventFlags,
        Self::Function,
        Self::Position,
        Self::Storage,
        Self::Reading,
        Self::EventKind,
        Self::BareStart,
        Self::OddString,
        Self::LinkType,
        Self::PacketLength,
        Self::Snapshot,
        Self::SnapshotOrder,
        Self::UnknownRecord,
        Self::PacketId,
        Self::ParentId,
        Self::LostEvents,
        Self::FrameFlags,
        Self::FrameHeaderBytes,
    ];

    /// What was lost, for "N times …".
    #[must_use]
    pub const fn what(self) -> &'static str {
        match self {
            Self::Age => "the time of an event",
            Self::Thread => "the thread of an event",
            Self::Vnet => "the VNET of an event",
            Self::Cpu => "the CPU of an event",
            Self::EventFlags => "the flags of an event",
            Self::Function => "the function in which an event was recorded",
            Self::Position => "the source position of a snapshot",
            Self::Storage => "whether a string was static or dynamic",
            Self::Reading => "what an event says (as text it reads as another one)",
            Self::EventKind => "that an event is a start or a drop (it is kept as text)",
            Self::BareStart => "that tracing started here",
            Self::OddString => "a string's missing NUL",
            Self::LinkType => "the link type of a snapshot",
            Self::PacketLength => "the whole length of a snapshot's packet",
            Self::Snapshot => "a snapshot",
            Self::SnapshotOrder => "the place of a snapshot among the events",
            Self::UnknownRecord => "a record of unknown type",
            Self::PacketId => "the identity of a packet",
            Self::ParentId => "the identity of the packet it came from",
            Self::LostEvents => "how many events were not recorded",
            Self::FrameFlags => "the flags of a frame",
            Self::FrameHeaderBytes => "later fields of a frame header",
        }
    }
}

/// How often each kind of information was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Losses {
    counts: [u64; Loss::ALL.len()],
}

impl Losses {
    /// Counts one more.
    pub fn add(&mut self, loss: Loss) {
        for (place, _) in self.counts.iter_mut().zip(Loss::ALL).filter(|(_, kind)| *kind == loss) {
            *place = place.saturating_add(1);
        }
    }

    /// Counts one more where it holds.
    pub(super) fn add_if(&mut self, lost: bool, loss: Loss) {
        if lost {
            self.add(loss);
        }
    }

    /// Adds another's counts.
    pub fn merge(&mut self, other: &Self) {
        for (place, more) in self.counts.iter_mut().zip(other.counts) {
            *place = place.saturating_add(more);
        }
    }

    /// Whether nothing was lost.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// What was lost and how often.
    pub fn iter(&self) -> impl Iterator<Item = (Loss, u64)> {
        Loss::ALL.into_iter().zip(self.counts).filter(|(_, count)| *count > 0)
    }
}

/// `the CPU of an event (12 times), a snapshot (once)`.
impl fmt::Display for Losses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (loss, count)) in self.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            match count {
                1 => write!(f, "{separator}{} (once)", loss.what())?,
                _ => write!(f, "{separator}{} ({count} times)", loss.what())?,
            }
        }
        Ok(())
    }
}
