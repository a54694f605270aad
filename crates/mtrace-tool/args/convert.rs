//! `convert`.

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
  mtrace-tool convert trace.pcap --revision 4 -o typed.pcap.zst")]
pub(crate) struct ConvertArgs {
    /// Capture to read; `-` is standard input
    #[arg(value_name = "FILE", default_value = "-")]
    pub(crate) file: PathBuf,
    /// Format to write [default: by the output's name, otherwise as the input]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) to: Option<Target>,
    /// Revision to write the traces in: 1, 1le, 2, 3 or 4
    #[arg(long = "revision", value_name = "REV")]
    pub(crate) revision: Option<Encoding>,
    /// Revision to read every trace as [default: found out]
    #[arg(long, value_name = "REV")]
    pub(crate) from_revision: Option<Encoding>,
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
            Some("pcap" | "cap" | "dmp") => Some(Self::Pcap),
            Some("pcapng" | "ntar") => Some(Self::Pcapng),
            Some("ndjson" | "jsonl" | "json") => Some(Self::Ndjson),
            _ => None,
        };
        (target, found.map(|(_, compression)| compression))
    }
}
