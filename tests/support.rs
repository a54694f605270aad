//! Running the tool, and what there is to run it on.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

/// The project's folder, in which the tool runs.
pub(crate) const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// A file of the project.
pub(crate) fn at(path: impl AsRef<Path>) -> PathBuf {
    Path::new(ROOT).join(path)
}

/// The tool, in the project's folder, without colours and without the user's settings.
pub(crate) fn tool() -> Command {
    plain(env!("CARGO_BIN_EXE_mtrace-tool").as_ref())
}

fn plain(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(ROOT).env_remove("MTRACE_EDITOR_URL").env_remove("MTRACE_ENDS").env("NO_COLOR", "1");
    command.env_remove("CLICOLOR_FORCE").env_remove("FORCE_HYPERLINK").stdin(Stdio::null());
    command
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Ran {
    /// Standard output as text.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).expect("text")
    }

    /// Status and both outputs, for a snapshot.
    pub(crate) fn all(&self) -> String {
        format!("exit {}\n-- stdout\n{}-- stderr\n{}", self.code, self.text(), self.stderr)
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            // A signal would be a crash: no status of ours.
            code: output.status.code().unwrap_or(-1),
            stdout: output.stdout,
            stderr: String::from_utf8(output.stderr).expect("messages are UTF-8"),
        }
    }
}

/// Runs the tool with these arguments.
pub(crate) fn run<S: AsRef<std::ffi::OsStr>>(arguments: &[S]) -> Ran {
    tool().args(arguments).output().expect("the tool runs").into()
}

/// Runs the tool with these bytes on standard input.
pub(crate) fn run_with_input<S: AsRef<std::ffi::OsStr>>(arguments: &[S], input: &[u8]) -> Ran {
    let mut command = tool();
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the tool runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_vec();
    // It may end without having read everything.
    let feeder = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().expect("the tool ends");
    feeder.join().expect("the feeder ends");
    output.into()
}

/// What a run took, as the system counted until its end.
#[derive(Debug)]
pub(crate) struct Cost {
    /// KiB.
    pub(crate) memory: u64,
    /// User and system time, which other programs on the machine do not change.
    pub(crate) time: Duration,
}

impl Cost {
    /// Of the run that [`measured`] prepared, after its end.
    pub(crate) fn of(report: &tempfile::NamedTempFile) -> Self {
        let text = std::fs::read_to_string(report).expect("a report");
        let (memory, micros) = text.split_once(' ').expect("the run was measured");
        let (memory, micros) = (memory.parse().expect("KiB"), micros.parse().expect("µs"));
        assert!(memory > 0, "the system reports no memory");
        Self { memory, time: Duration::from_micros(micros) }
    }
}

const REPORT: &str = "MTRACE_TEST_REPORT";

/// The tool as a child of [`launch`], and where the cost of its run is written. Standard output has more than the tool's.
pub(crate) fn measured(arguments: &[&str]) -> (Command, tempfile::NamedTempFile) {
    let report = tempfile::NamedTempFile::new().expect("a file");
    let mut command = plain(&std::env::current_exe().expect("the tests"));
    command.args(["--exact", "--nocapture", "support::launch", "--", env!("CARGO_BIN_EXE_mtrace-tool")]);
    command.args(arguments).env(REPORT, report.path());
    (command, report)
}

/// No test, but a small program that runs another: the peak memory of a process includes that of the one that
/// started it, and all tests together are large.
#[test]
fn launch() {
    use nix::sys::{
        resource::{UsageWho, getrusage},
        time::TimeValLike,
    };
    let Some(report) = std::env::var_os(REPORT) else { return };
    let mut words = std::env::args_os().skip_while(|word| word != "--").skip(1);
    let mut command = Command::new(words.next().expect("a program"));
    let status = command.args(words).env_remove(REPORT).status().expect("the program runs");
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("it has ended");
    let time = usage.user_time() + usage.system_time();
    // Apple counts bytes.
    let memory = usage.max_rss() / if cfg!(target_vendor = "apple") { 1024 } else { 1 };
    std::fs::write(report, format!("{memory} {}", time.num_microseconds())).expect("the report");
    std::process::exit(status.code().unwrap_or(255));
}

/// A pcap of revision 3 traces with these texts, oldest first, a packet a second from 2026-01-01T00:00:00Z.
pub(crate) fn capture_of<S: AsRef<[u8]>>(packets: &[Vec<S>]) -> Vec<u8> {
    let mut pcap = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 147, 0, 0, 0];
    for (texts, second) in packets.iter().zip(1_767_225_600_u32..) {
        let mut frame = u16::try_from(texts.len()).expect("few texts").to_be_bytes().to_vec();
        for text in texts.iter().rev().map(AsRef::as_ref) {
            frame.extend_from_slice(&u16::try_from(text.len() + 1).expect("a short text").to_be_bytes());
            frame.extend_from_slice(&[0, 1]);
            frame.extend_from_slice(text);
            frame.push(0);
        }
        let length = u32::try_from(frame.len()).expect("a short frame").to_le_bytes();
        pcap.extend_from_slice(&[&second.to_le_bytes()[..], &[0; 4], &length, &length, &frame].concat());
    }
    pcap
}

/// The path of a fixture.
pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new("fixtures").join(name)
}

/// The bytes of a fixture.
pub(crate) fn fixture_bytes(name: &str) -> Vec<u8> {
    let path = at(fixture(name));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The names of all captures among the fixtures, sorted.
pub(crate) fn fixtures() -> Vec<String> {
    let root = at("fixtures");
    let mut names = Vec::new();
    for folder in ["", "malformed"] {
        for entry in std::fs::read_dir(root.join(folder)).expect("fixtures") {
            let path = entry.expect("an entry").path();
            let is_capture = path.extension().is_some_and(|end| end == "pcap" || end == "pcapng");
            if is_capture {
                let name = path.strip_prefix(&root).expect("below fixtures").to_str().expect("UTF-8");
                names.push(name.to_owned());
            }
        }
    }
    names.sort();
    assert!(names.len() > 40, "only {} fixtures", names.len());
    names
}

/// A folder for one test.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// What is in a folder.
pub(crate) fn listing(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8")).collect();
    names.sort();
    names
}

/// Whether a program is there. Without it a test is skipped, and says so, unless `variable` is set to 1.
pub(crate) fn is_there(program: &str, version: &str, variable: &str) -> bool {
    let there = Command::new(program).arg(version).output().is_ok_and(|output| output.status.success());
    if !there {
        skip("a test", &format!("{program} is not here"), variable);
    }
    there
}

/// Says on the real standard error that something is not tested, and why.
///
/// # Panics
///
/// Where `variable` is set to 1: then it has to be.
pub(crate) fn skip(what: &str, why: &str, variable: &str) {
    let required = std::env::var_os(variable).is_some_and(|value| value == "1");
    assert!(!required, "{what}: {why}, and {variable}=1 forbids to skip it");
    // Not eprintln!, which the test harness keeps to itself.
    let _ = writeln!(std::io::stderr(), "SKIPPED {what}: {why} ({variable}=1 makes this a failure)");
}
