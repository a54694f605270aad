//! `cargo xtask test`: all tests, with the tools that they are held against.

use crate::run::{self, cargo, output, program, succeeds};
use anyhow::{Result, bail};
use std::path::Path;

/// With this variable set to 1, a missing tshark is a failure; the tests look at it too.
pub(crate) const REQUIRE_TSHARK: &str = "MTRACE_TEST_REQUIRE_TSHARK";

/// Runs `cargo test` with these further arguments.
pub(crate) fn run_tests(root: &Path, args: &[&str], require_tshark: bool) -> Result<()> {
    let tshark = tshark_is_there(root);
    let one_package = args.iter().any(|arg| arg.starts_with("-p") || arg.starts_with("--package"));
    let mut command = cargo(root, &["test"]);
    if !one_package {
        command.arg("--workspace");
    }
    command.args(args);
    if std::env::var_os("CI").is_some() {
        // A snapshot that differs is a failure there, not something to review.
        command.env("INSTA_UPDATE", "no");
    }
    if require_tshark {
        // Where there is Rust, there is a C compiler: it links with one.
        command.env(REQUIRE_TSHARK, "1").env("MTRACE_TEST_REQUIRE_CC", "1");
    }
    run::run(command)?;
    if require_tshark && !tshark {
        bail!("the tests against tshark were skipped, and {REQUIRE_TSHARK}=1 forbids that");
    }
    Ok(())
}

/// `cargo xtask test`.
pub(crate) fn run(root: &Path, args: &[String]) -> Result<()> {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let required = std::env::var_os(REQUIRE_TSHARK).is_some_and(|value| value == "1");
    run_tests(root, &args, required)
}

/// Whether there is a tshark, after an attempt to install one where that is ours to do.
fn tshark_is_there(root: &Path) -> bool {
    if succeeds(program(root, "tshark", &["--version"])) {
        return true;
    }
    if may_install(root) {
        match install(root) {
            Ok(()) if succeeds(program(root, "tshark", &["--version"])) => return true,
            Ok(()) => eprintln!("warning: tshark was installed and still cannot be run"),
            Err(error) => eprintln!("warning: {error:#}"),
        }
    }
    eprintln!(
        "warning: ************************************************************************\n\
         warning: tshark is not here: the tests against it are SKIPPED.\n\
         warning: Debian, Ubuntu: apt-get install --no-install-recommends tshark\n\
         warning: FreeBSD:        the port net/tshark with its option LUA (the package has no Lua)\n\
         warning: macOS:          brew install wireshark\n\
         warning: ************************************************************************"
    );
    false
}

/// Root on a system with apt-get.
fn may_install(root: &Path) -> bool {
    output(program(root, "id", &["-u"])).is_some_and(|id| id == "0")
        && succeeds(program(root, "apt-get", &["--version"]))
}

fn install(root: &Path) -> Result<()> {
    let steps: [&[&str]; 2] = [&["update"], &["install", "-y", "--no-install-recommends", "tshark"]];
    for args in steps {
        let mut command = program(root, "apt-get", args);
        command.env("DEBIAN_FRONTEND", "noninteractive");
        run::run(command)?;
    }
    Ok(())
}
