//! What the commands that read captures, or write files, have in common.

use crate::selection::Range;
use clap::{Args as ClapArgs, ValueEnum};
use mbuf_trace::Encoding;
use std::path::PathBuf;

/// What every reading command takes.
#[derive(Debug, Clone, ClapArgs)]
#[command(next_help_heading = "Reading")]
pub(crate) struct SelectArgs {
    /// Only packets that match this display filter
    #[arg(short, long, value_name = "EXPR", allow_hyphen_values = true)]
    pub(crate) filter: Option<String>,
    /// Only the family of the packet with this id: what it came from, and all that became of these, over any number of
    /// generations and all files together; before all other choices (repeatable); files are read twice
    #[arg(long, value_name = "ID", value_delimiter = ',', value_parser = packet_id)]
    pub(crate) family: Vec<u64>,
    /// Only the first N packets of each file, or of the family in it, counted before the filter
    #[arg(long, value_name = "N", conflicts_with_all = ["last", "range"])]
    pub(crate) first: Option<u64>,
    /// Only the last N packets of each file, or of the family in it, counted before the filter; the file is read twice
    #[arg(long, value_name = "N", conflicts_with = "range")]
    pub(crate) last: Option<u64>,
    /// Only packets A..B, both included: numbers from 1, or times (2026-01-12T09:30:16Z; without a zone, UTC); either may
    /// be left out; A is one packet
    #[arg(long, value_name = "A..B")]
    pub(crate) range: Option<Range>,
    /// Behind damage, find the next packets that make sense and go on there
    #[arg(long)]
    pub(crate) salvage: bool,
    /// At the end of a file, wait for more, until Ctrl-C or until it is another file
    #[arg(long, conflicts_with_all = ["last", "family"])]
    pub(crate) follow: bool,
    /// Link type that carries mbuf_trace
    #[arg(long, value_name = "N", default_value_t = mbuf_trace::LINK_TYPE)]
    pub(crate) linktype: u16,
    /// What snapshots of revisions 1 to 3 begin with
    #[arg(long, value_name = "LINK", default_value = "auto")]
    pub(crate) snapshot_link: SnapshotLink,
    /// File that says which functions tell a packet's fate, in the format of format-spec/normal_ends.txt; it comes
    /// before the built-in list [env: MTRACE_ENDS]
    #[arg(long, value_name = "FILE")]
    pub(crate) ends: Option<PathBuf>,
}

/// What the reading commands take that write no revision of their own.
#[derive(Debug, Clone, ClapArgs)]
#[command(next_help_heading = "Reading")]
pub(crate) struct ReadArgs {
    #[command(flatten)]
    pub(crate) select: SelectArgs,
    /// Read every trace as this revision: 1, 1le (little-endian), 2, 3 or 4 [default: found out]
    #[arg(long, value_name = "REV")]
    pub(crate) revision: Option<Encoding>,
}

/// An id as fields show it; 0 is that of no packet.
fn packet_id(text: &str) -> Result<u64, String> {
    let number = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    match number {
        Ok(0) => Err("0 stands for an id that is not known".to_owned()),
        Ok(id) => Ok(id),
        Err(_) => Err("an id is a number, as `mbuf_trace.packet_id` shows it".to_owned()),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SnapshotLink {
    /// IP, ARP or Ethernet where the bytes are consistent as that, otherwise no known header
    Auto,
    /// Always an Ethernet header
    Ethernet,
    /// Always an IP header
    Ip,
}

impl From<SnapshotLink> for trace_fields::SnapshotLink {
    fn from(link: SnapshotLink) -> Self {
        match link {
            SnapshotLink::Auto => Self::Auto,
            SnapshotLink::Ethernet => Self::Ethernet,
            SnapshotLink::Ip => Self::Ip,
        }
    }
}

/// Where a command that makes a file puts it.
#[derive(Debug, Clone, ClapArgs)]
#[command(next_help_heading = "Writing")]
pub(crate) struct OutputArgs {
    /// File to write; `-` is standard output
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    pub(crate) output: PathBuf,
    /// Replace the file if it exists
    #[arg(long)]
    pub(crate) force: bool,
}
