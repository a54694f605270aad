//! `stats`.

use super::reading::{OutputArgs, ReadArgs};
use clap::Args as ClapArgs;
use std::path::PathBuf;
use trace_view::stats::Interval;

#[derive(Debug, Clone, ClapArgs)]
#[command(after_help = "\
Functions, as DTrace has them:
  count                             how many packets, or how many events with a field of events in --by
  count(FIELD)                      how many that have the field
  sum(N) avg(N) min(N) max(N)       of a numeric field, or of arithmetic: {ip.len - 20} * 8
  quantize(N)                       a distribution by powers of two
  lquantize(N, LOW, HIGH, STEP)     a distribution by equal steps

A packet has the values of its newest snapshot, in the outermost header that has the field.

Examples:
  mtrace-tool stats --by ip.src trace.pcap
  mtrace-tool stats --by ip.dst -a 'quantize(ip.len)' trace.pcap
  mtrace-tool stats --by mbuf_trace.function --top 10 trace.pcap
  mtrace-tool stats --interval 1s -f icmp -a count -a 'sum(frame.len)' trace.pcap")]
pub(crate) struct StatsArgs {
    /// Captures to read, one after another; `-` is standard input
    #[arg(value_name = "FILE", default_value = "-")]
    pub(crate) files: Vec<PathBuf>,
    /// Count by this field or these, separated by commas (repeatable); see `mtrace-tool fields`
    #[arg(long, value_name = "FIELD")]
    pub(crate) by: Vec<String>,
    /// What to calculate (repeatable) [default: count]
    #[arg(short = 'a', long = "aggregate", value_name = "FUNCTION")]
    pub(crate) aggregates: Vec<String>,
    /// Only the N keys with the highest results; 0 is all [default: 0]
    #[arg(long, value_name = "N")]
    pub(crate) top: Option<usize>,
    /// Each interval of this length by itself, from the first packet on: 1s, 0.5s, 100ms, 5m …
    #[arg(long, value_name = "TIME")]
    pub(crate) interval: Option<Interval>,
    /// Count every snapshot that repeats no earlier one, not only each packet's newest
    #[arg(long)]
    pub(crate) all_snapshots: bool,
    /// One JSON object a key, and one at the end that tells what was met
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
}
