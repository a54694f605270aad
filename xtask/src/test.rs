//! `cargo xtask test`: all tests, with the programs that they are held against.

use crate::run::{self, cargo, output, program, succeeds};
use anyhow::{Result, bail};
use std::path::Path;

/// A program that tests compare us with. They are skipped without it, which is said here and by each of them.
struct Peer {
    /// What is run, and how it is asked for its version.
    program: &'static str,
    version: &'static str,
    /// The package of Debian and Ubuntu.
    package: &'static str,
    /// With this variable set to 1, its absence is a failure; the tests look at it too.
    variable: &'static str,
    /// How to come by it elsewhere.
    elsewhere: &'static [&'static str],
}

const PEERS: &[Peer] = &[
    Peer {
        program: "tshark",
        version: "--version",
        package: "tshark",
        variable: "MTRACE_TEST_REQUIRE_TSHARK",
        elsewhere: &[
            "FreeBSD:        the port net/tshark with its option LUA (the package has no Lua)",
            "macOS:          brew install wireshark",
        ],
    },
    Peer {
        program: "tcpdump",
        version: "--version",
        package: "tcpdump",
        variable: "MTRACE_TEST_REQUIRE_TCPDUMP",
        elsewhere: &["FreeBSD, macOS: part of the system"],
    },
    Peer {
        program: "dot",
        version: "-V",
        package: "graphviz",
        variable: "MTRACE_TEST_REQUIRE_GRAPHVIZ",
        elsewhere: &["FreeBSD:        pkg install graphviz", "macOS:          brew install graphviz"],
    },
    Peer {
        program: "bash",
        version: "--version",
        package: "bash",
        variable: "MTRACE_TEST_REQUIRE_BASH",
        elsewhere: &["FreeBSD:        pkg install bash"],
    },
    Peer {
        program: "luac5.2",
        version: "-v",
        package: "lua5.2",
        variable: "MTRACE_TEST_REQUIRE_LUAC",
        elsewhere: &["FreeBSD:        pkg install lua52, and a link to luac52 of this name"],
    },
    // Lets calls of the tool fail; there is nothing like it elsewhere.
    #[cfg(target_os = "linux")]
    Peer {
        program: "strace",
        version: "--version",
        package: "strace",
        variable: "MTRACE_TEST_REQUIRE_STRACE",
        elsewhere: &[],
    },
];

/// Runs `cargo test` with these further arguments; in CI, with no peer missing.
pub(crate) fn run_tests(root: &Path, args: &[&str], require_peers: bool) -> Result<()> {
    let missing = missing(root);
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
    if require_peers {
        command.envs(PEERS.iter().map(|peer| (peer.variable, "1")));
        // Where there is Rust, there is a C compiler: it links with one.
        command.env("MTRACE_TEST_REQUIRE_CC", "1");
    }
    let tested = run::run(command);
    // Again behind the tests' many lines.
    missing.iter().for_each(|peer| peer.warn());
    tested?;
    let is_required = |peer: &Peer| std::env::var_os(peer.variable).is_some_and(|value| value == "1");
    let lacking = missing.iter().find(|peer| require_peers || is_required(peer));
    match lacking {
        Some(Peer { program, variable, .. }) => {
            bail!("the tests against {program} were skipped, and {variable}=1 forbids that")
        }
        None => Ok(()),
    }
}

/// `cargo xtask test`.
pub(crate) fn run(root: &Path, args: &[String]) -> Result<()> {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    run_tests(root, &args, false)
}

/// The peers that are not here, after an attempt to install them where that is ours to do.
fn missing(root: &Path) -> Vec<&'static Peer> {
    let missing = || PEERS.iter().filter(|peer| !peer.is_there(root)).collect::<Vec<_>>();
    let wanted = missing();
    if wanted.is_empty() || !may_install(root) {
        wanted.iter().for_each(|peer| peer.warn());
        return wanted;
    }
    install(root, &["update"]);
    for peer in wanted {
        install(root, &["install", "-y", "--no-install-recommends", peer.package]);
    }
    let missing = missing();
    missing.iter().for_each(|peer| peer.warn());
    missing
}

impl Peer {
    fn is_there(&self, root: &Path) -> bool {
        succeeds(program(root, self.program, &[self.version]))
    }

    fn warn(&self) {
        let Self { program, package, elsewhere, .. } = self;
        let frame = "*".repeat(72);
        eprintln!("warning: {frame}");
        eprintln!("warning: {program} is not here: the tests against it are SKIPPED.");
        eprintln!("warning: Debian, Ubuntu: apt-get install --no-install-recommends {package}");
        elsewhere.iter().for_each(|line| eprintln!("warning: {line}"));
        eprintln!("warning: {frame}");
    }
}

/// Root on a system with apt-get.
fn may_install(root: &Path) -> bool {
    output(program(root, "id", &["-u"])).is_some_and(|id| id == "0")
        && succeeds(program(root, "apt-get", &["--version"]))
}

/// Runs apt-get; what fails is told, and the tests say what is missing.
fn install(root: &Path, args: &[&str]) {
    let mut command = program(root, "apt-get", args);
    command.env("DEBIAN_FRONTEND", "noninteractive");
    if let Err(error) = run::run(command) {
        eprintln!("warning: {error:#}");
    }
}
