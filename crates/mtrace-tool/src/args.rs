//! The command line as it is typed. What the words mean is decided elsewhere.

mod convert;
mod diff;
mod drops;
mod filter;
mod info;
mod look;
mod paths;
mod picture;
mod print;
mod reading;
mod stats;
mod wireshark;

pub(crate) use convert::{ConvertArgs, Target};
pub(crate) use diff::DiffArgs;
pub(crate) use drops::DropsArgs;
pub(crate) use filter::FilterArgs;
pub(crate) use info::{CheckArgs, InfoArgs};
pub(crate) use look::LookArgs;
pub(crate) use paths::PathsArgs;
pub(crate) use picture::{FlamegraphArgs, GraphArgs};
pub(crate) use print::{ColorWhen, PrintArgs, Style};
pub(crate) use reading::SelectArgs;
pub(crate) use stats::StatsArgs;
pub(crate) use wireshark::{DoctorArgs, InstallArgs, UninstallArgs, WiresharkArgs, WiresharkCommand};

use clap::{Args as ClapArgs, Parser, Subcommand};
use mbuf_trace::Text;
use std::ffi::OsString;

/// Reads, filters, converts and explains captures of FreeBSD's mbuf_trace.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true, max_term_width = 100)]
#[command(after_help = "\
Examples:
  mtrace-tool print trace.pcap                  the way of each packet
  mtrace-tool filter icmp trace.pcap -o i.pcap  keep the packets that match
  tcpdump -i mbuf_trace -U -w - | mtrace-tool print -
  mtrace-tool convert trace.pcap -o trace.ndjson

Exit status: 0 done; 1 done, but damaged or malformed input was met, or the answer leaves out what
there was no memory for; 2 wrong usage or expression; 3 the input cannot be opened or is no capture;
4 the output failed; 129, 130, 143 on signals.")]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Args {
    /// Takes the command line apart. Its errors show arguments as they are, so they are made of escaped ones.
    pub(crate) fn of_command_line() -> Result<Self, clap::Error> {
        Self::try_parse().map_err(|error| {
            let escaped = |argument: OsString| Text(argument.as_encoded_bytes()).to_string();
            Self::try_parse_from(std::env::args_os().map(escaped)).err().unwrap_or(error)
        })
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the way of each packet, oldest event first
    Print(PrintArgs),
    /// Keep the packets that match an expression, and everything else in the file
    Filter(FilterArgs),
    /// Write another container, revision or format
    Convert(ConvertArgs),
    /// Count, sum and distribute fields by fields
    Stats(StatsArgs),
    /// Draw the calls of all packets as a flame graph (SVG)
    Flamegraph(FlamegraphArgs),
    /// Draw the functions and the steps between them (SVG)
    Graph(GraphArgs),
    /// Tell what a capture is
    Info(InfoArgs),
    /// Count the ways that packets took, and show where they part
    Paths(PathsArgs),
    /// Count where packets end that were not delivered or transmitted
    Drops(DropsArgs),
    /// Compare the ways that packets took in two captures
    Diff(DiffArgs),
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

#[derive(Debug, Clone, ClapArgs)]
#[command(after_help = "Exit status: 1 if there is nothing to list, as with grep.")]
pub(crate) struct FieldsArgs {
    /// Only fields whose name or meaning contains this; of a whole name, its values' names, too; of a name of
    /// Wireshark's that is not available, why
    #[arg(value_name = "PATTERN")]
    pub(crate) pattern: Option<String>,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub(crate) shell: clap_complete::Shell,
}
