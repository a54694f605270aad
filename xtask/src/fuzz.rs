//! `cargo xtask fuzz`: libFuzzer on one target after another, on the stable toolchain. Our code is safe, so there is no
//! sanitizer, which makes it many times faster.

use crate::run;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Which targets; all without
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
    /// Seconds for each
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    time: u64,
    /// End each after so many runs
    #[arg(long, value_name = "N")]
    runs: Option<u64>,
    /// Longest input, rather than the target's own
    #[arg(long, value_name = "BYTES")]
    max_len: Option<usize>,
}

/// What makes the compiler count which branches an input takes.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Ccodegen-units=1 --cfg=fuzzing";

pub(crate) fn run(root: &Path, args: &Args) -> Result<()> {
    let targets: Vec<&::fuzz::Target> = if args.targets.is_empty() {
        ::fuzz::targets().collect()
    } else {
        let by_name = |name: &String| {
            let names: Vec<_> = ::fuzz::targets().map(|target| target.name).collect();
            ::fuzz::by_name(name).with_context(|| format!("{name} is none of {}", names.join(", ")))
        };
        args.targets.iter().map(by_name).collect::<Result<_>>()?
    };
    let folder = target_folder(root).join("fuzz");
    let program = build(root, &folder)?;
    let mut failed = Vec::new();
    for target in targets {
        if !fuzz_one(root, &folder, &program, target, args)? {
            failed.push(target.name);
        }
    }
    if !failed.is_empty() {
        bail!("findings in {}: they lie in {}", failed.join(", "), folder.join("findings").display());
    }
    Ok(())
}

/// Where cargo puts what it builds.
pub(crate) fn target_folder(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}

/// Builds the program. Naming the machine keeps the flags from build scripts, which have no counters to link.
fn build(root: &Path, folder: &Path) -> Result<PathBuf> {
    let version = run::output(run::program(root, "rustc", &["-vV"])).context("cannot run rustc")?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
    let arguments =
        ["build", "--package", "fuzz", "--features", "libfuzzer", "--profile", "fuzz", "--target", host];
    let mut command = run::cargo(root, &arguments);
    command.env("RUSTFLAGS", COVERAGE).env("CARGO_TARGET_DIR", folder.join("build"));
    run::run(command)?;
    Ok(folder.join("build").join(host).join("fuzz").join("fuzz"))
}

/// Runs one target; false where it found something.
fn fuzz_one(
    root: &Path,
    folder: &Path,
    program: &Path,
    target: &::fuzz::Target,
    args: &Args,
) -> Result<bool> {
    let [corpus, seeds, findings] =
        ["corpus", "seeds", "findings"].map(|kind| folder.join(kind).join(target.name));
    for made in [&corpus, &seeds, &findings] {
        std::fs::create_dir_all(made).with_context(|| format!("cannot make {}", made.display()))?;
    }
    for (number, seed) in (target.seeds)(&root.join("fixtures")).iter().enumerate() {
        std::fs::write(seeds.join(number.to_string()), seed)?;
    }
    let mut arguments = vec![
        format!("-max_total_time={}", args.time),
        format!("-max_len={}", args.max_len.unwrap_or(target.max_len)),
        format!("-artifact_prefix={}/", findings.display()),
        // By the clock on the wall: on a busy machine, seconds pass in which nothing runs.
        "-timeout=120".to_owned(),
        "-rss_limit_mb=2048".to_owned(),
        "-print_final_stats=1".to_owned(),
        "-verbosity=0".to_owned(),
    ];
    arguments.extend(args.runs.map(|runs| format!("-runs={runs}")));
    let dictionary = root.join(format!("fuzz/dictionaries/{}.dict", target.dictionary));
    arguments.push(format!("-dict={}", dictionary.display()));
    for inputs in [&corpus, &seeds] {
        arguments.push(inputs.display().to_string());
    }
    let regressions = root.join("fuzz/regressions").join(target.name);
    if regressions.is_dir() {
        arguments.push(regressions.display().to_string());
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let program = program.to_str().context("a path that is not UTF-8")?;
    let mut command = run::program(root, program, &arguments);
    command.env("FUZZ_TARGET", target.name);
    eprintln!("{}:", target.name);
    let status = command.status().with_context(|| format!("cannot run {program}"))?;
    Ok(status.success())
}
