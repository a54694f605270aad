//! What snapshots begin with.

use mbuf_trace::{Link, Snapshot};

/// What snapshots begin with where the format does not say it: revisions 1 to 3 call everything Ethernet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SnapshotLink {
    /// What [`Snapshot::link`] recognises.
    #[default]
    Auto,
    /// Always an Ethernet header.
    Ethernet,
    /// Always an IP header.
    Ip,
}

impl SnapshotLink {
    /// What this snapshot begins with. Revision 4 says it itself and is believed.
    #[must_use]
    pub fn of(self, snapshot: &Snapshot<'_>) -> Link {
        match self {
            Self::Ethernet if snapshot.packet_length.is_none() => Link::Ethernet,
            Self::Ip if snapshot.packet_length.is_none() => Link::Ip,
            _ => snapshot.link(),
        }
    }
}
