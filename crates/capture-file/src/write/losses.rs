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

impl Loss {
    /// What is lost, to follow a number: of one, and of several.
    const fn words(self) -> [&'static str; 2] {
        match self {
            Self::FinerTimes => [
                "time finer than the output's resolution (rounded down)",
                "times finer than the output's resolution (rounded down)",
            ],
            Self::MissingTimes => {
                ["packet without a time (written as of 1970)", "packets without a time (written as of 1970)"]
            }
            Self::Comments => ["packet comment", "packet comments"],
            Self::PacketOptions => {
                ["packet option other than a comment", "packet options other than comments"]
            }
            Self::DropCounts => ["drop count of a packet", "drop counts of packets"],
            Self::Interfaces => [
                "interface beside the first (its packets are kept)",
                "interfaces beside the first (their packets are kept)",
            ],
            Self::InterfaceNames => ["interface name or description", "interface names and descriptions"],
            Self::InterfaceOptions => ["other interface option", "other interface options"],
            Self::FcsLengths => ["length of a frame check sequence", "lengths of frame check sequences"],
            Self::SectionOptions => ["section header option", "section header options"],
            Self::Sections => ["section boundary", "section boundaries"],
            Self::OtherBlocks => ["block that holds no packet", "blocks that hold no packet"],
            Self::Timezone => ["pcap time zone correction", "pcap time zone corrections"],
            Self::Accuracy => ["pcap timestamp accuracy", "pcap timestamp accuracies"],
            Self::Version => ["pcap version other than 2.4", "pcap versions other than 2.4"],
            Self::NetworkBits => {
                ["pcap link type field with unassigned bits", "pcap link type fields with unassigned bits"]
            }
            Self::ModifiedHeaders => [
                "modified pcap format (its record headers' extra fields)",
                "modified pcap formats (their record headers' extra fields)",
            ],
        }
    }
}

/// What is lost, in the plural.
impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [_, plural] = self.words();
        f.write_str(plural)
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
            let [singular, plural] = loss.words();
            write!(f, "{gap}not kept: {count} {}", if count == 1 { singular } else { plural })?;
        }
        Ok(())
    }
}
