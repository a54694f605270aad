//! The command line as it is typed. What the words mean is decided elsewhere.

mod wireshark;

pub(crate) use wireshark::{DoctorArgs, InstallArgs, UninstallArgs, WiresharkArgs, WiresharkCommand};

use crate::selection::Range;
use capture_file::Compression;
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use mbuf_trace::Encoding;
use std::path::PathBuf;
use trace_view::timeline::LinkTemplate;

/// Reads, filters, converts and explains captures of FreeBSD's mbuf_trace.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true, max_term_width = 100)]
#[command(after_help = "\
Examples:
  mtrace-tool print trace.pcap                  the way of each packet
  mtrace-tool filter icmp trace.pcap -o i.pcap  keep the packets that match
  tcpdump -i mbuf_trace -w - | mtrace-tool print -
  mtrace-tool convert trace.pcap -o trace.ndjson

Exit status: 0 done; 1 done, but damaged or malformed input was met; 2 wrong usage or expression;
3 the input cannot be opened or is no capture; 4 the output failed; 130, 143 on signals.")]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the way of each packet, oldest event first
    Print(PrintArgs),
    /// Keep the packets that match an expression, and everything else in the file
    Filter(FilterArgs),
    /// Write another container, revision or format
    Convert(ConvertArgs),
    /// Tell what a capture is
    Info(InfoArgs),
    /// List every malformed packet, with file offset and reason
    Check(CheckArgs),
    /// List the fields that filters and `print -e` know
    Fields(FieldsArgs),
    /// Install, remove, print or examine the Wireshark dissector
    Wireshark(WiresharkArgs),
    /// Write a completion script for a shell
    Completions(CompletionsArgs),
    /// Write the manual page
    Man,
}

/// What every reading command takes.
#[derive(Debug, Clone, ClapArgs)]
#[command(next_help_heading = "Reading")]
pub(crate) struct SelectArgs {
    /// Only packets that match this display filter
    #[arg(short, long, value_name = "EXPR")]
    pub(crate) filter: Option<String>,
    /// Only the first N packets of each file
    #[arg(long, value_name = "N", conflicts_with_all = ["last", "range"])]
    pub(crate) first: Option<u64>,
    /// Only the last N packets of each file, which is read twice
    #[arg(long, value_name = "N", conflicts_with = "range")]
    pub(crate) last: Option<u64>,
    /// Only packets A..B, both included: numbers from 1, or RFC 3339 times; either may be left out
    #[arg(long, value_name = "A..B")]
    pub(crate) range: Option<Range>,
    /// Link type that carries mbuf_trace
    #[arg(long, value_name = "N", default_value_t = mbuf_trace::LINK_TYPE)]
    pub(crate) linktype: u16,
    /// What snapshots of revisions 1 to 3 begin with
    #[arg(long, value_name = "LINK", default_value = "auto")]
    pub(crate) snapshot_link: SnapshotLink,
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SnapshotLink {
    /// An IP header where the bytes are consistent as IP, otherwise an Ethernet header
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

#[derive(Debug, Clone, ClapArgs)]
#[command(after_help = "\
Examples:
  mtrace-tool print trace.pcap
  mtrace-tool print -f 'mbuf_trace.function == \"pf_test\"' trace.pcap
  mtrace-tool print -e frame.number -e ip.src -e mbuf_trace.path trace.pcap")]
pub(crate) struct PrintArgs {
    /// Captures to read, one after another; `-` is standard input
    #[arg(value_name = "FILE", default_value = "-")]
    pub(crate) files: Vec<PathBuf>,
    /// Print just these fields, tab-separated, a line a packet (repeatable); see `mtrace-tool fields`
    #[arg(short = 'e', long = "field", value_name = "FIELD")]
    pub(crate) fields: Vec<String>,
    /// Show events as they lie in the packet, not oldest first
    #[arg(long, conflicts_with = "fields")]
    pub(crate) wire_order: bool,
    /// Colours and links
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: ColorWhen,
    /// Where source positions point to on a terminal, e.g. `vscode://file{path}:{line}`
    #[arg(long, value_name = "TEMPLATE", env = "MTRACE_EDITOR_URL", default_value = "file://{path}")]
    pub(crate) link_template: LinkTemplate,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorWhen {
    /// On a terminal, unless NO_COLOR is set; anywhere if CLICOLOR_FORCE is
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Clone, ClapArgs)]
#[command(after_help = "\
Examples:
  mtrace-tool filter icmp trace.pcap -o icmp.pcap
  mtrace-tool filter 'mbuf_trace.path contains \"pf_test\" and ip.dst == 10.0.0.0/8' t.pcapng -o o.pcapng
  mtrace-tool filter 'mbuf_trace.last_function == \"ip_forward\"' - < t.pcap | mtrace-tool print -")]
pub(crate) struct FilterArgs {
    /// Display filter, as Wireshark has it
    #[arg(value_name = "EXPR")]
    pub(crate) expression: String,
    /// Capture to read; `-` is standard input
    #[arg(value_name = "FILE", default_value = "-")]
    pub(crate) file: PathBuf,
    /// End with status 1 if no packet matched
    #[arg(long)]
    pub(crate) exit_status: bool,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
}

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

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct InfoArgs {
    /// Captures to read, one after another; `-` is standard input
    #[arg(value_name = "FILE", default_value = "-")]
    pub(crate) files: Vec<PathBuf>,
    /// One JSON object a file
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct CheckArgs {
    /// Captures to read, one after another; `-` is standard input
    #[arg(value_name = "FILE", default_value = "-")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct FieldsArgs {
    /// Only fields whose name or meaning contains this
    #[arg(value_name = "PATTERN")]
    pub(crate) pattern: Option<String>,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub(crate) shell: clap_complete::Shell,
}
