//! The project's own chores. `cargo xtask --help` lists them.

mod generate;
mod spec;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::path::{Path, PathBuf};

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
}

fn main() -> Result<()> {
    match Args::parse().task {
        Task::Generate { check } => generate::run(&root(), check),
    }
}

/// The workspace's folder: the parent of this package's.
fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}
