//! `filter`.

use super::reading::{OutputArgs, ReadArgs};
use clap::Args as ClapArgs;
use std::path::PathBuf;

#[derive(Debug, Clone, ClapArgs)]
#[command(after_help = "\
Examples:
  mtrace-tool filter icmp trace.pcap -o icmp.pcap
  mtrace-tool filter 'mbuf_trace.path contains \"pf_test\" and ip.dst == 10.0.0.0/8' t.pcapng -o o.pcapng
  mtrace-tool filter 'mbuf_trace.end_function == \"ip_forward\"' - < t.pcap | mtrace-tool print -")]
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
