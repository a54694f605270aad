//! `cargo xtask ci`: every check, one after another, and a summary at the end.

use crate::run::{self, cargo, program, succeeds};
use crate::{deny, generate, test};
use anyhow::{Result, bail};
use std::path::Path;
use std::time::Instant;

/// A check: what its heading says, and what it does.
type Step = (&'static str, fn(&Path) -> Result<()>);

const STEPS: &[Step] = &[
    ("tests", tests),
    ("formatting", |root| {
        component(root, "rustfmt", "fmt")?;
        run::run(cargo(root, &["fmt", "--all", "--check"]))
    }),
    ("lints", |root| {
        component(root, "clippy", "clippy")?;
        let args =
            ["clippy", "--workspace", "--all-targets", "--locked", "--keep-going", "--", "-D", "warnings"];
        run::run(cargo(root, &args))?;
        // As who reads plain captures has it: without compression, and without C.
        let args = ["clippy", "--package", "capture-file", "--no-default-features", "--locked", "--"];
        run::run(cargo(root, &[&args[..], &["-D", "warnings"]].concat()))
    }),
    ("generated files", |root| {
        component(root, "rustfmt", "fmt")?;
        generate::run(root, true)
    }),
    ("documentation", |root| {
        let mut command = cargo(root, &["doc", "--workspace", "--no-deps", "--locked", "--keep-going"]);
        command.env("RUSTDOCFLAGS", "-D warnings");
        run::run(command)
    }),
    ("licences, bans, sources", deny::licences_bans_sources),
    ("advisories and yanked crates", deny::advisories),
];

/// Takes all steps, a failed one or not; fails if any has.
pub(crate) fn run(root: &Path) -> Result<()> {
    let mut summary = Vec::new();
    for (name, step) in STEPS {
        eprintln!("\n===== {name} =====");
        let start = Instant::now();
        let result = step(root);
        if let Err(error) = &result {
            eprintln!("error: {error:#}");
        }
        summary.push((*name, result.is_ok(), start.elapsed().as_secs()));
    }
    eprintln!("\n===== summary =====");
    for (name, good, seconds) in &summary {
        eprintln!("{} {name} ({seconds} s)", if *good { "ok    " } else { "FAILED" });
    }
    let failed = summary.iter().filter(|(_, good, _)| !good).count();
    if failed > 0 {
        bail!("{failed} of {} steps failed", summary.len());
    }
    Ok(())
}

fn tests(root: &Path) -> Result<()> {
    test::run_tests(root, &["--locked", "--no-fail-fast"], true)
}

/// Makes sure that a part of the toolchain is there which a minimal installation leaves out.
fn component(root: &Path, name: &str, subcommand: &str) -> Result<()> {
    if succeeds(cargo(root, &[subcommand, "--version"])) {
        return Ok(());
    }
    run::run(program(root, "rustup", &["component", "add", name]))
}
