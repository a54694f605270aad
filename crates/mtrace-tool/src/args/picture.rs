//! `flamegraph` and `graph`, and how stacks are added up.

use super::reading::{OutputArgs, ReadArgs};
use clap::{Args as ClapArgs, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, Clone, ClapArgs)]
#[command(after_help = "\
Examples:
  mtrace-tool flamegraph trace.pcap -o calls.svg
  mtrace-tool flamegraph --stacks path trace.pcap -o paths.svg
  mtrace-tool flamegraph --weight time -f 'udp' typed.pcap -o time.svg

Open the picture in a browser: a click widens a box, and the search finds names.
The numbers alone: mtrace-tool convert --to folded.")]
pub(crate) struct FlamegraphArgs {
    /// Captures to read; `-` is standard input
    #[arg(value_name = "FILE", default_value = "-")]
    pub(crate) files: Vec<PathBuf>,
    /// What stands above the picture [default: the files' names]
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,
    #[command(flatten)]
    pub(crate) stacks: StackArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
}

#[derive(Debug, Clone, ClapArgs)]
#[command(after_help = "\
Examples:
  mtrace-tool graph trace.pcap -o graph.svg
  mtrace-tool graph --nodes 20 -f mbuf_trace.drop trace.pcap -o drops.svg

For Graphviz: mtrace-tool convert --to dot.")]
pub(crate) struct GraphArgs {
    /// Captures to read; `-` is standard input
    #[arg(value_name = "FILE", default_value = "-")]
    pub(crate) files: Vec<PathBuf>,
    /// Show the N functions that were passed most often; at most 120
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u16).range(1..=120))]
    pub(crate) nodes: u16,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
}

/// How traces are added up to stacks.
#[derive(Debug, Clone, ClapArgs)]
#[command(next_help_heading = "Stacks")]
pub(crate) struct StackArgs {
    /// What stands on what [default: calls]
    #[arg(long, value_name = "WHAT")]
    pub(crate) stacks: Option<Stacks>,
    /// What is counted [default: count]
    #[arg(long, value_name = "WHAT")]
    pub(crate) weight: Option<Weight>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Stacks {
    /// Calls, as enters and leaves nest them
    Calls,
    /// Each function on the one before it
    Path,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Weight {
    /// How often
    Count,
    /// Nanoseconds, of traces whose events have times (revision 4)
    Time,
}

impl StackArgs {
    /// The empty tree for them.
    pub(crate) fn tree(&self) -> trace_view::export::tree::Tree {
        use trace_view::export::tree;
        let stacks = match self.stacks {
            None | Some(Stacks::Calls) => tree::Stacks::Calls,
            Some(Stacks::Path) => tree::Stacks::Path,
        };
        let weight = match self.weight {
            None | Some(Weight::Count) => tree::Weight::Count,
            Some(Weight::Time) => tree::Weight::Time,
        };
        tree::Tree::new(stacks, weight)
    }
}
