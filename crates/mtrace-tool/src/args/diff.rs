//! `diff`.

use super::look::LookArgs;
use super::reading::{OutputArgs, ReadArgs};
use clap::Args as ClapArgs;
use std::path::PathBuf;

#[derive(Debug, Clone, ClapArgs)]
#[command(after_help = "\
Examples:
  mtrace-tool diff before.pcap after.pcap
  mtrace-tool diff -f tcp before.pcap after.pcap && echo same
  mtrace-tool diff --only-significant monday.pcap tuesday.pcap   live traffic: rare paths come and go
  mtrace-tool diff --steps before.pcap after.pcap                every event, and what functions returned

Compared are fates, ends (the function where a packet ended), reasons of drops, paths, functions and source positions.
p is the probability that chance alone makes shares differ as much, adjusted for the number of rows of the same sort.
Exit status: 0 no difference; 1 they differ, one has no traces to compare, or damaged input was met; others as always.")]
pub(crate) struct DiffArgs {
    /// Capture to compare with; `-` is standard input
    #[arg(value_name = "A")]
    pub(crate) before: PathBuf,
    /// Capture to compare; `-` is standard input
    #[arg(value_name = "B")]
    pub(crate) after: PathBuf,
    /// A share changed where p is at most this
    #[arg(long, value_name = "P", default_value_t = 0.01, value_parser = probability)]
    pub(crate) significance: f64,
    /// What only one has is a difference only where the test says so; functions and positions are none
    #[arg(long)]
    pub(crate) only_significant: bool,
    /// Paths are made of every event with its source file, not only of functions; returned values are compared, too
    #[arg(long)]
    pub(crate) steps: bool,
    /// A source line that moved is a difference [default: it is only told, as every build moves lines]
    #[arg(long)]
    pub(crate) lines: bool,
    /// The first N of each sort of difference; 0 is all [default: 20; with --json all]
    #[arg(long, value_name = "N")]
    pub(crate) top: Option<usize>,
    #[command(flatten)]
    pub(crate) look: LookArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
}

fn probability(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| "a probability is a number from 0 to 1".to_owned())?;
    match (0.0..=1.0).contains(&value) {
        true => Ok(value),
        false => Err("a probability is a number from 0 to 1".to_owned()),
    }
}
