//! `print`.

use super::reading::{OutputArgs, ReadArgs};
use clap::{Args as ClapArgs, ValueEnum};
use std::path::PathBuf;
use trace_view::timeline::LinkTemplate;

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
    /// Leave this out where names of source files begin with it
    #[arg(long, value_name = "PREFIX", default_value = "/usr/src/", conflicts_with = "fields")]
    pub(crate) strip_prefix: String,
    /// Columns to fit lines into; 0 cuts nothing [default: the terminal's; 0 elsewhere]
    #[arg(long, value_name = "N", conflicts_with = "fields")]
    pub(crate) width: Option<usize>,
    /// Show every step, also those that repeat
    #[arg(long, conflicts_with = "fields")]
    pub(crate) no_fold: bool,
    /// Show the bytes of each snapshot, too, and which have changed
    #[arg(long, conflicts_with = "fields")]
    pub(crate) hex: bool,
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
