//! `convert`.

use super::picture::StackArgs;
use super::reading::{OutputArgs, SelectArgs};
use capture_file::Compression;
use clap::{Args as ClapArgs, ValueEnum};
use mbuf_trace::Encoding;
use std::path::PathBuf;

#[derive(Debug, Clone, ClapArgs)]
#[command(after_help = "\
Examples:
  mtrace-tool convert trace.pcap -o trace.pcapng
  mtrace-tool convert trace.pcap -o trace.ndjson && mtrace-tool convert trace.ndjson -o same.pcap
  mtrace-tool convert trace.pcap --revision 4 -o typed.pcap.zst
  mtrace-tool convert trace.pcap --to ethernet -o packets.pcapng   for Wireshark without a plugin
  mtrace-tool convert trace.pcap -o trace.speedscope.json          for speedscope.app
  mtrace-tool convert trace.pcap --to chrome -o trace.json         for ui.perfetto.dev")]
pub(crate) struct ConvertArgs {
    /// Capture to read; `-` is standard input
    #[arg(value_name = "FILE", default_value = "-")]
    pub(crate) file: PathBuf,
    /// Format to write [default: by the output's name; with --revision alone, as the input]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) to: Option<Target>,
    /// Revision to write the traces in: 1, 1le, 2, 3 or 4
    #[arg(long = "revision", value_name = "REV")]
    pub(crate) revision: Option<Encoding>,
    /// Revision to read every trace as [default: found out]
    #[arg(long, value_name = "REV")]
    pub(crate) from_revision: Option<Encoding>,
    /// Only the newest snapshot of each trace; with `--to ethernet` and `--to mixed`
    #[arg(long)]
    pub(crate) primary: bool,
    /// Begin the file with a byte order mark, by which Excel knows UTF-8; with `--to csv`
    #[arg(long)]
    pub(crate) bom: bool,
    #[command(flatten)]
    pub(crate) stacks: StackArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) select: SelectArgs,
}

/// What `convert` can write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Target {
    /// Header and records, as tcpdump writes
    Pcap,
    /// Blocks, as Wireshark writes
    Pcapng,
    /// One JSON object a packet
    Ndjson,
    /// The snapshots as packets, in a pcapng or, by the output's name, a pcap
    Ethernet,
    /// The traces and their snapshots, in a pcapng
    Mixed,
    /// A row an event
    Csv,
    /// A line a stack, for flame graph programs
    Folded,
    /// A profile a packet, for speedscope
    Speedscope,
    /// The trace event format, for Perfetto and chrome://tracing
    Chrome,
    /// Functions and the steps between them, for Graphviz
    Dot,
    /// What `print` shows
    Text,
}

impl Target {
    /// The format and compression that a file's name asks for.
    pub(crate) fn of_name(name: &std::path::Path) -> (Option<Self>, Option<Compression>) {
        let name = name.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let compressions =
            [(".gz", Compression::Gzip), (".zst", Compression::Zstd), (".lz4", Compression::Lz4)];
        let found = compressions.into_iter().find(|(extension, _)| name.ends_with(extension));
        let plain = found.and_then(|(extension, _)| name.strip_suffix(extension)).unwrap_or(&name);
        let target = match plain.rsplit_once('.').map(|(_, extension)| extension) {
            Some("json") if plain.ends_with(".speedscope.json") => Some(Self::Speedscope),
            Some("pcap" | "cap" | "dmp") => Some(Self::Pcap),
            Some("pcapng" | "ntar") => Some(Self::Pcapng),
            Some("ndjson" | "jsonl" | "json") => Some(Self::Ndjson),
            Some("csv") => Some(Self::Csv),
            Some("folded") => Some(Self::Folded),
            Some("dot" | "gv") => Some(Self::Dot),
            Some("txt") => Some(Self::Text),
            _ => None,
        };
        (target, found.map(|(_, compression)| compression))
    }
}
