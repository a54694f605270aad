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
  mtrace-tool drops --all trace.pcap                      normal ends, too
  mtrace-tool drops --normal my_driver_start trace.pcap   packets that end there are no drops

A packet ends where it was dropped, if its trace says so; otherwise in the innermost of the functions \
that return one after another at its end, or in the last function. Ends that are known as normal (an interface or \
a protocol took the packet) are not shown; format-spec/normal_ends.txt lists them. An end of which nothing is known \
is shown as `unknown`.")]
pub(crate) struct DropsArgs {
    /// Captures to read, one after another; `-` is standard input
    #[arg(value_name = "FILE", default_value = "-")]
    pub(crate) files: Vec<PathBuf>,
    /// Count apart by the values of this field or these, separated by commas (repeatable); see `mtrace-tool fields`
    #[arg(long, value_name = "FIELD", value_delimiter = ',')]
    pub(crate) by: Vec<String>,
    /// Show normal ends, too
    #[arg(long)]
    pub(crate) all: bool,
    /// Packets that end in this function are delivered (repeatable)
    #[arg(long, value_name = "FUNCTION")]
    pub(crate) normal: Vec<String>,
    /// Packets that end in this function are dropped, although it is known as normal (repeatable)
    #[arg(long, value_name = "FUNCTION")]
    pub(crate) not_normal: Vec<String>,
    /// File of lines `FUNCTION [delivered|transmitted|absorbed|dropped [returned]]`, which come before the built-in
    /// list [env: MTRACE_ENDS]
    #[arg(long, value_name = "FILE")]
    pub(crate) ends: Option<PathBuf>,
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
