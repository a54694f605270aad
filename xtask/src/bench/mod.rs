//! `cargo xtask bench`: the tool and its peers on the same capture, in turn, in one run.
//!
//! What is compared stands in `work.rs`. Times are wall-clock times with a warm cache; what is claimed is a ratio of
//! medians, since both sides of it ran on the same machine in the same minutes. Where the machine is noisy,
//! `--instructions` counts instead (`instructions.rs`).

mod instructions;
mod measure;
mod parse;
mod report;
mod work;

use crate::run::{cargo, run};
use anyhow::{Context, Result};
use measure::{Sample, Samples};
use std::fs::File;
use std::path::{Path, PathBuf};
use trace_synth::{Amount, Recipe};
use work::{Limit, WORK, Work};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Size of the capture: 40M, 400M
    #[arg(long, value_name = "BYTES", default_value = "400M", value_parser = crate::synth::size)]
    size: u64,
    /// How often each command runs; those that take minutes run once
    #[arg(long, value_name = "N", default_value_t = 5)]
    runs: usize,
    /// Only work whose name contains this
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// A dissector for tshark instead of ours, for the ratios to it
    #[arg(long, value_name = "FILE", default_value = "lua/mbuf_trace.lua")]
    lua: PathBuf,
    /// Measure the capture ten times as large, too
    #[arg(long)]
    large: bool,
    /// Count the instructions of the hot paths under valgrind, and hold them against those that are kept
    #[arg(long)]
    instructions: bool,
    /// Write the results into docs/performance.md; with --instructions, keep the counts
    #[arg(long)]
    write: bool,
}

/// What came out of one piece of work.
pub(crate) struct Outcome {
    name: &'static str,
    peer: &'static str,
    ours: Samples,
    theirs: Option<Samples>,
    limit: Limit,
}

pub(crate) fn bench(root: &Path, args: &Args) -> Result<()> {
    if cfg!(debug_assertions) && !args.instructions {
        // The library is measured in this very program, so it has to be compiled as users compile it.
        let mut again = cargo(root, &["run", "--quiet", "--release", "--package", "xtask", "--"]);
        again.args(std::env::args_os().skip(1));
        return run(again);
    }
    run(cargo(root, &["build", "--release", "--package", "mtrace-tool"]))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let folder = target.join("bench");
    std::fs::create_dir_all(&folder)?;
    let wanted = |name: &str| args.only.as_ref().is_none_or(|only| name.contains(only.as_str()));
    let lua = root.join(&args.lua);
    let lua = std::fs::canonicalize(&lua).with_context(|| format!("cannot find {}", lua.display()))?;
    let place = Place { tool: target.join("release/mtrace-tool"), lua, folder };
    if args.instructions {
        return instructions::count(root, &place, args.write, wanted);
    }
    let capture = capture(&place.folder, args.size)?;

    let mut outcomes = Vec::new();
    for work in WORK.iter().chain([&work::COPY]).filter(|work| wanted(work.name)) {
        outcomes.push(place.compare(work, &capture, args.runs)?);
        report::one(outcomes.last());
    }
    for outcome in parse::compare(&capture, args.runs, wanted)? {
        outcomes.push(outcome);
        report::one(outcomes.last());
    }
    if wanted(work::SMALL.name) {
        let four = root.join("fixtures/ping-rev3.pcap");
        outcomes.push(place.compare(&work::SMALL, &four, args.runs.saturating_mul(4))?);
        report::one(outcomes.last());
    }
    if args.large {
        let large = self::capture(&place.folder, args.size.saturating_mul(10))?;
        for work in work::LARGE.iter().filter(|work| wanted(work.name)) {
            outcomes.push(place.grow(work, &capture, &large)?);
            report::one(outcomes.last());
        }
        std::fs::remove_file(large)?;
    }
    if args.write {
        report::write(root, &outcomes, args.size, &place.lua)?;
    }
    Ok(())
}

/// The capture of this size, made once.
fn capture(folder: &Path, size: u64) -> Result<PathBuf> {
    let path = folder.join(format!("{size}.pcap"));
    if !path.exists() {
        eprintln!("making {}", path.display());
        let unfinished = path.with_extension("unfinished");
        Recipe::default().write(Amount::Bytes(size), &File::create(&unfinished)?)?;
        std::fs::rename(unfinished, &path)?;
    }
    Ok(path)
}

/// Where everything is.
struct Place {
    tool: PathBuf,
    lua: PathBuf,
    folder: PathBuf,
}

impl Place {
    /// Both sides in turn, so that whatever else the machine does meets both.
    fn compare(&self, work: &Work, capture: &Path, runs: usize) -> Result<Outcome> {
        let (mut ours, mut theirs) = (Samples::default(), Samples::default());
        self.run(work.ours, capture)?;
        for round in 0..runs {
            ours.add(self.run(work.ours, capture)?);
            if !work.peer.is_empty() && (round == 0 || !work.slow) {
                theirs.add(self.run(work.peer, capture)?);
            }
        }
        let theirs = (!work.peer.is_empty()).then_some(theirs);
        Ok(Outcome { name: work.name, peer: work.peer_name, ours, theirs, limit: work.limit })
    }

    /// The large capture against the small one.
    fn grow(&self, work: &Work, small: &Path, large: &Path) -> Result<Outcome> {
        let (mut ours, mut theirs) = (Samples::default(), Samples::default());
        for _ in 0..2 {
            theirs.add(self.run(work.ours, small)?);
            ours.add(self.run(work.ours, large)?);
        }
        Ok(Outcome { name: work.name, peer: work.peer_name, ours, theirs: Some(theirs), limit: work.limit })
    }

    fn run(&self, command: &str, capture: &Path) -> Result<Sample> {
        measure::once(&self.line(command, capture))
    }

    /// The command with these files in it.
    fn line(&self, command: &str, capture: &Path) -> String {
        let mut command = command.to_owned();
        let places = [("TOOL", &self.tool), ("LUA", &self.lua), ("OUT", &self.folder.join("out"))];
        for (word, path) in places.into_iter().chain([("IN", &capture.to_path_buf())]) {
            command = command.replace(word, &format!("'{}'", path.display()));
        }
        command
    }
}
