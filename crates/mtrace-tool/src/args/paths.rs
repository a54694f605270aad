//! `paths`.

use super::look::LookArgs;
use super::reading::{OutputArgs, ReadArgs};
use clap::Args as ClapArgs;
use std::path::PathBuf;

#[derive(Debug, Clone, ClapArgs)]
#[command(after_help = "\
Examples:
  mtrace-tool paths trace.pcap
  mtrace-tool paths --by ip.src --top 3 trace.pcap      per host
  mtrace-tool paths --by mbuf_trace.vnet trace.pcap     per virtual network stack
  mtrace-tool paths --show 2 trace.pcap                 the second path, and a packet that took it
  mtrace-tool paths -f 'tcp.port == 22' --json trace.pcap | jq '.paths[] | [.packets, .path]'

A path is the functions that a packet was in, as `mbuf_trace.path` lists them. Packets of all files \
are counted together.")]
pub(crate) struct PathsArgs {
    /// Captures to read, one after another; `-` is standard input
    #[arg(value_name = "FILE", default_value = "-")]
    pub(crate) files: Vec<PathBuf>,
    /// Count apart by the values of this field or these, separated by commas (repeatable); see `mtrace-tool fields`
    #[arg(long, value_name = "FIELD", value_delimiter = ',')]
    pub(crate) by: Vec<String>,
    /// Paths are made of every event with its source position, not only of functions
    #[arg(long)]
    pub(crate) steps: bool,
    /// The N most frequent paths, of each group; 0 is all [default: 20; with --json all]
    #[arg(long, value_name = "N")]
    pub(crate) top: Option<usize>,
    /// Show path N alone, step by step, and the first packet that took it; reads files twice
    #[arg(long, value_name = "N", conflicts_with_all = ["top", "json"])]
    pub(crate) show: Option<usize>,
    #[command(flatten)]
    pub(crate) look: LookArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
}
