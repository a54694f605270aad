//! What a conversion could not keep.

use std::collections::BTreeMap;
use std::fmt;

/// Something that the target format has no place for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Loss {
    /// Times finer than the target's ticks, rounded down.
    FinerTimes,
    /// Packets without a time, written as of 1970.
    MissingTimes,
    /// Comments of packets.
    Comments,
    /// Other options of packets: flags, hashes, drop counts, identifiers.
    PacketOptions,
    /// Drop counts of obsolete packet blocks.
    DropCounts,
    /// Interfaces that can no longer be told apart.
    Interfaces,
    /// Interface names and descriptions.
    InterfaceNames,
    /// Other options of interfaces.
    InterfaceOptions,
    /// Lengths of frame check sequences that the target cannot say.
    FcsLengths,
    /// Options of section headers.
    SectionOptions,
    /// Boundaries between sections.
    Sections,
    /// Blocks without packets: statistics, names, secrets, custom and unknown ones.
    OtherBlocks,
    /// The time zone correction of a pcap header.
    Timezone,
    /// The accuracy field of a pcap header.
    Accuracy,
    /// A pcap version other than 2.4.
    Version,
    /// Bits of a pcap's link type field without a meaning: the unassigned one, an FCS length that is not announced.
    NetworkBits,
    /// The extra fields of a modified pcap's record headers.
    ModifiedHeaders,
}

/// What is lost, to follow a number.
impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FinerTimes => "times finer than the output's resolution (rounded down)",
            Self::MissingTimes => "packets without a time (written as of 1970)",
            Self::Comments => "packet comments",
            Self::PacketOptions => "packet options other than comments",
            Self::DropCounts => "drop counts of packets",
            Self::Interfaces => "interfaces beside the first (their packets are kept)",
            Self::InterfaceNames => "interface names and descriptions",
            Self::InterfaceOptions => "other interface options",
            Self::FcsLengths => "lengths of frame check sequences",
            Self::SectionOptions => "section header options",
            Self::Sections => "section boundaries",
            Self::OtherBlocks => "blocks that hold no packet",
            Self::Timezone => "pcap time zone corrections",
            Self::Accuracy => "pcap timestamp accuracies",
            Self::Version => "pcap versions other than 2.4",
            Self::NetworkBits => "unassigned bits of the pcap link type field",
            Self::ModifiedHeaders => "modified pcap formats (their record headers' extra fields)",
        })
    }
}

/// What a conversion could not keep, counted by kind. Its text is one line for each kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Losses(BTreeMap<Loss, u64>);

impl Losses {
    pub(super) fn add(&mut self, loss: Loss, count: u64) {
        if count > 0 {
            let total = self.0.entry(loss).or_default();
            *total = total.saturating_add(count);
        }
    }

    /// Whether everything was kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Kinds and counts.
    pub fn iter(&self) -> impl Iterator<Item = (Loss, u64)> {
        self.0.iter().map(|(&loss, &count)| (loss, count))
    }

    /// How often something was lost.
    #[must_use]
    pub fn count(&self, loss: Loss) -> u64 {
        self.0.get(&loss).copied().unwrap_or(0)
    }
}

impl fmt::Display for Losses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (loss, count)) in self.iter().enumerate() {
            let gap = if index == 0 { "" } else { "\n" };
            write!(f, "{gap}not kept: {count} {loss}")?;
        }
        Ok(())
    }
}
