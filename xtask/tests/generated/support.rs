//! What both tests need: the project's folder, and a way to skip that nobody overlooks.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The workspace's folder.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_path_buf()
}

/// A folder for what a test makes, below cargo's target folder.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).expect("a folder below target");
    folder
}

/// Says on the real standard error that a test is not run, and why.
///
/// # Panics
///
/// Where `variable` is set to 1: then it has to be run.
pub(crate) fn skip(test: &str, why: &str, variable: &str) {
    let required = std::env::var_os(variable).is_some_and(|value| value == "1");
    assert!(!required, "{test}: {why}, and {variable}=1 forbids to skip it");
    // Not eprintln!, which the test harness keeps to itself.
    let _ = writeln!(std::io::stderr(), "SKIPPED {test}: {why} ({variable}=1 makes this a failure)");
}

/// Whether the program is there and can tell its version.
pub(crate) fn is_there(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

/// Runs a command to its successful end; its standard output.
///
/// # Panics
///
/// Where it fails, with what it said.
pub(crate) fn run(command: &mut Command) -> Vec<u8> {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{said}", output.status);
    output.stdout
}
