//! `print`.

use super::look::LookArgs;
use super::reading::{OutputArgs, ReadArgs};
use clap::{Args as ClapArgs, ValueEnum};
use std::path::PathBuf;
use trace_view::timeline::LinkTemplate;

#[derive(Debug, Clone, ClapArgs)]
#[command(after_help = "\
Examples:
  mtrace-tool print trace.pcap
  mtrace-tool print -f 'mbuf_trace.function == \"pf_test\"' trace.pcap
  mtrace-tool print --hex --first 1 trace.pcap
  mtrace-tool print --style function-graph trace.pcap
  mtrace-tool print --json trace.pcap | jq '.steps[].changes[]?'
  mtrace-tool print -e frame.number -e ip.src -e mbuf_trace.path trace.pcap
  mtrace-tool print --csv -e frame.number -e mbuf_trace.args trace.pcap
  mtrace-tool print --family 900 --by-family trace.pcap

Packets are numbered from 1 in each file.")]
pub(crate) struct PrintArgs {
    /// Captures to read, one after another; `-` is standard input
    #[arg(value_name = "FILE", default_value = "-")]
    pub(crate) files: Vec<PathBuf>,
    /// Print just these fields, tab-separated, one line per packet (repeatable); with --json as one object per packet,
    /// with a list of values for each field; see `mtrace-tool fields`
    #[arg(short = 'e', long = "field", value_name = "FIELD")]
    pub(crate) fields: Vec<String>,
    /// Lay out the fields as tshark does (repeatable): header=y|n, separator=/t|/s|CHAR, aggregator=,|/s|CHAR,
    /// occurrence=f|l|a, quote=d|s|n, bom=y|n; and file=y|n, a column of files
    #[arg(
        short = 'E',
        long = "field-option",
        value_name = "KEY=VALUE",
        requires = "fields",
        conflicts_with = "json"
    )]
    pub(crate) field_options: Vec<String>,
    /// Print the fields as CSV with a line of names, and a column of files where there are several
    #[arg(long, requires = "fields", conflicts_with = "json")]
    pub(crate) csv: bool,
    /// Show the packets of a family together, parents before children, where the last of them is; files are read more
    /// than once
    #[arg(long, conflicts_with = "follow")]
    pub(crate) by_family: bool,
    /// Show events as they lie in the packet, not oldest first
    #[arg(long, conflicts_with_all = ["fields", "style", "json"])]
    pub(crate) wire_order: bool,
    /// How the steps are laid out
    #[arg(long, value_name = "STYLE", default_value = "timeline", conflicts_with = "fields")]
    pub(crate) style: Style,
    /// Show every step, also those that repeat
    #[arg(long, conflicts_with = "fields")]
    pub(crate) no_fold: bool,
    /// Show the bytes of each snapshot, too, and which have changed
    #[arg(long, conflicts_with = "fields")]
    pub(crate) hex: bool,
    /// Where source positions point to on a terminal, e.g. `vscode://file{path}:{line}` [env: MTRACE_EDITOR_URL]
    /// [default: file://{path}]
    #[arg(long, value_name = "TEMPLATE")]
    pub(crate) link_template: Option<LinkTemplate>,
    #[command(flatten)]
    pub(crate) look: LookArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Style {
    /// A line a step, with its source position
    Timeline,
    /// As ftrace's function_graph tracer, with durations where revision 4 has times
    FunctionGraph,
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
