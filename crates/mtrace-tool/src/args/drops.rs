//! `drops`.

use super::look::LookArgs;
use super::reading::{OutputArgs, ReadArgs};
use clap::Args as ClapArgs;
use std::path::PathBuf;

#[derive(Debug, Clone, ClapArgs)]
#[command(after_help = "\
Examples:
  mtrace-tool drops trace.pcap
  mtrace-tool drops --by ip.dst --top 3 trace.pcap
  mtrace-tool drops --all trace.pcap                      delivered and transmitted ones, too
  mtrace-tool drops --normal my_driver_start trace.pcap   packets that end there are no drops

Packets that a socket, a protocol, a driver or another packet took are counted, and shown only with --all. \
What a function tells of a packet's fate is listed in format-spec/normal_ends.txt; --ends adds to the list. \
A packet whose trace does not tell is `unknown`.")]
pub(crate) struct DropsArgs {
    /// Captures to read, one after another; `-` is standard input
    #[arg(value_name = "FILE", default_value = "-")]
    pub(crate) files: Vec<PathBuf>,
    /// Count apart by the values of this field or these, separated by commas (repeatable); see `mtrace-tool fields`
    #[arg(long, value_name = "FIELD", value_delimiter = ',')]
    pub(crate) by: Vec<String>,
    /// Show packets that were delivered, transmitted or absorbed, too
    #[arg(long)]
    pub(crate) all: bool,
    /// Packets that end in this function are delivered (repeatable)
    #[arg(long, value_name = "FUNCTION")]
    pub(crate) normal: Vec<String>,
    /// Packets that end in this function are dropped, although it is known as normal (repeatable)
    #[arg(long, value_name = "FUNCTION")]
    pub(crate) not_normal: Vec<String>,
    /// The N places with the most packets, of each group; 0 is all [default: 20; with --json all]
    #[arg(long, value_name = "N")]
    pub(crate) top: Option<usize>,
    #[command(flatten)]
    pub(crate) look: LookArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
}
