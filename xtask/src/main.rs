//! The project's own chores. `cargo xtask --help` lists them.

mod bench;
mod ci;
mod deny;
mod fixtures;
mod fuzz;
mod generate;
mod mutants;
mod run;
mod spec;
mod synth;
mod test;

use clap::{Parser, Subcommand};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The project's own chores")]
struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Make every generated file anew from format-spec/
    Generate {
        /// Change nothing; fail where a generated file is not what it should be
        #[arg(long)]
        check: bool,
    },
    /// Run all tests, doc tests and the tests against tshark included
    Test {
        /// Passed on to `cargo test`; with -p, only that package is tested
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Make up a capture of any size with realistic packet paths, always the same from the same options
    Synth(synth::Args),
    /// Measure the tool against its peers on the same captures, in one run
    Bench(bench::Args),
    /// Feed the fuzz targets with bytes that nobody has thought of; needs a C++ compiler
    Fuzz(fuzz::Args),
    /// Hold what we read of made-up and damaged captures against capinfos and tcpdump
    Mutants(mutants::Args),
    /// Everything that has to hold before a change goes in; .ci/run calls it
    Ci,
}

fn main() -> ExitCode {
    let root = root();
    let done = match Args::parse().task {
        Task::Generate { check } => generate::run(&root, check),
        Task::Test { args } => test::run(&root, &args),
        Task::Synth(args) => synth::run(&args),
        Task::Bench(args) => bench::bench(&root, &args),
        Task::Fuzz(args) => fuzz::run(&root, &args),
        Task::Mutants(args) => mutants::run(&root, &args),
        Task::Ci => ci::run(&root),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The workspace's folder: the parent of this package's.
fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}
