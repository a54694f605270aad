//! Every call of the tool that concerns a file fails once or from then on, or is where the tool is killed. strace(1)
//! does that to the real program, so nothing of it is built in.

use crate::support::{Ran, capture_of, fixture_bytes, folder, is_there, listing, run, tool};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const OLD: &[u8] = b"the old file";

/// The commands that take `-o`, with the output's name; one for every format that is written.
pub(crate) const TO_FILE: &[(&[&str], &str)] = &[
    (&["filter", "frame", "@"], "out.pcap"),
    (&["filter", "frame", "@ng"], "out.pcapng"),
    (&["convert", "--to", "pcapng", "@"], "out.pcapng"),
    (&["convert", "--to", "pcap", "@ng"], "out.pcap"),
    (&["convert", "--revision", "4", "@"], "out.pcap.gz"),
    (&["convert", "--to", "pcap", "@"], "out.pcap.zst"),
    (&["convert", "--to", "pcapng", "@"], "out.pcapng.lz4"),
    (&["convert", "--to", "ndjson", "@"], "out.ndjson"),
    (&["convert", "--to", "ethernet", "@"], "out.pcapng"),
    (&["convert", "--to", "mixed", "@"], "out.pcapng"),
    (&["convert", "--to", "csv", "@"], "out.csv"),
    (&["convert", "--to", "folded", "@"], "out.folded"),
    (&["convert", "--to", "speedscope", "@"], "out.speedscope.json"),
    (&["convert", "--to", "chrome", "@"], "out.json"),
    (&["convert", "--to", "dot", "@"], "out.dot"),
    (&["convert", "--to", "text", "@"], "out.txt"),
    (&["print", "@"], "out.txt"),
    (&["flamegraph", "@"], "out.svg"),
    (&["graph", "@"], "out.svg"),
    (&["stats", "--by", "mbuf_trace.function", "@"], "out.txt"),
    (&["paths", "@"], "out.txt"),
    (&["drops", "@"], "out.txt"),
    (&["diff", "@", "@ng"], "out.txt"),
];

/// What writes only to standard output.
pub(crate) const TO_STDOUT: &[&[&str]] = &[
    &["info", "@"],
    &["info", "--json", "@"],
    &["check", "@"],
    &["stats", "--json", "@"],
    &["fields"],
    &["man"],
    &["completions", "bash"],
    &["wireshark", "lua"],
];

/// A command in a folder of its own, with its inputs and an old output.
struct Case {
    folder: tempfile::TempDir,
    arguments: Vec<String>,
    /// The output; the command's own, or its standard output.
    out: PathBuf,
    is_stdout: bool,
    /// The exit status and the output without any fault.
    clean: (i32, Vec<u8>),
}

/// A call that concerns the folder: the how manieth of its name in its thread, and how strace shows it. Where threads
/// make as many, it stands for those of all of them: strace counts for each.
struct Call {
    name: String,
    number: usize,
    line: String,
}

impl Case {
    fn new(arguments: &[&str], out: Option<&str>, capture: &[u8]) -> Self {
        let folder = folder();
        let (pcap, pcapng) = (folder.path().join("in.pcap"), folder.path().join("in.pcapng"));
        std::fs::write(&pcap, capture).unwrap();
        std::fs::write(&pcapng, fixture_bytes("ping-rev4.pcapng")).unwrap();
        let mut arguments: Vec<String> = arguments
            .iter()
            .map(|argument| match *argument {
                "@" => pcap.to_str().unwrap().to_owned(),
                "@ng" => pcapng.to_str().unwrap().to_owned(),
                argument => argument.to_owned(),
            })
            .collect();
        let is_stdout = out.is_none();
        let out = folder.path().join(out.unwrap_or("stdout"));
        if !is_stdout {
            arguments.extend(["--force".to_owned(), "-o".to_owned(), out.to_str().unwrap().to_owned()]);
        }
        let mut case = Self { folder, arguments, out, is_stdout, clean: (0, Vec::new()) };
        let ran = case.run(&[]);
        assert!(matches!(ran.code, 0 | 1), "{:?}: {}", case.arguments, ran.stderr);
        case.clean = (ran.code, std::fs::read(&case.out).unwrap());
        assert!(!case.clean.1.is_empty() && case.clean.1 != OLD, "{:?}", case.arguments);
        case
    }

    /// Beside the folder, so that writing it concerns nothing in there.
    fn log(&self) -> PathBuf {
        self.folder.path().with_extension("strace")
    }

    /// Runs it under strace, over the old output.
    fn run(&self, options: &[String]) -> Ran {
        std::fs::write(&self.out, OLD).unwrap();
        let tool = tool();
        let mut command = Command::new("strace");
        command.args(["-f", "-y", "-s0", "-qq", "-o"]).arg(self.log()).args(options);
        command.arg(tool.get_program()).args(&self.arguments).stdin(Stdio::null()).env("NO_COLOR", "1");
        command.env_remove("MTRACE_EDITOR_URL").env_remove("MTRACE_ENDS");
        if self.is_stdout {
            command.stdout(File::create(&self.out).unwrap());
        }
        command.output().expect("strace runs").into()
    }

    fn calls(&self) -> Vec<Call> {
        let calls = self.all_calls();
        assert!(calls.iter().any(|call| call.name == "write"), "{:?} writes nothing", self.arguments);
        calls
    }

    /// The same of a run that may write nothing.
    fn all_calls(&self) -> Vec<Call> {
        let ran = self.run(&[]);
        assert_eq!(ran.code, self.clean.0, "{}", ran.stderr);
        let folder = self.folder.path().to_str().unwrap();
        let log = std::fs::read_to_string(self.log()).unwrap();
        let mut seen = std::collections::HashMap::new();
        let mut calls = Vec::new();
        for line in log.lines() {
            // The end of a call that another thread came between has no such beginning.
            let Some((thread, call)) = line.split_once(' ') else { continue };
            let Some((name, _)) = call.trim_start().split_once('(') else { continue };
            let number = seen.entry((thread, name)).or_insert(0);
            *number += 1;
            let is_there = |call: &Call| (call.name.as_str(), call.number) == (name, *number);
            if line.contains(folder) && name != "execve" && !calls.iter().any(is_there) {
                calls.push(Call { name: name.to_owned(), number: *number, line: line.to_owned() });
            }
        }
        assert!(!calls.is_empty(), "{log}");
        calls
    }

    /// Does `what` at this call (`-e inject` of strace), and says how it went.
    fn inject(&self, call: &Call, what: &str, and_later: bool) -> (String, Ran) {
        let plus = if and_later { "+" } else { "" };
        let inject = format!("inject={}:{what}:when={}{plus}", call.name, call.number);
        let trace = format!("trace={}", call.name);
        let ran = self.run(&["-e".to_owned(), trace, "-e".to_owned(), inject.clone()]);
        let told = format!("{:?} {inject}\n{}\n{ran:?}", self.arguments, call.line);
        let log = std::fs::read_to_string(self.log()).unwrap();
        assert!(log.contains("INJECTED") || what.starts_with("signal"), "not met: {told}\n{log}");
        (told, ran)
    }

    /// Whatever failed: nobody is told that all is well when it is not, and a file is whole.
    fn check(&self, call: &Call, what: &str, and_later: bool) {
        let (told, ran) = self.inject(call, what, and_later);
        let out = std::fs::read(&self.out).unwrap();
        let is_input = call.line.contains("/in.pcap");
        assert_eq!(self.left_over(), Vec::<String>::new(), "left over: {told}");
        if ran.code == self.clean.0 {
            assert!(out == self.clean.1, "another output: {told}");
            return;
        }
        match ran.code {
            4 => assert!(!is_input, "{told}"),
            3 => assert!(is_input, "{told}"),
            _ => panic!("{told}"),
        }
        assert!(self.is_stdout || out == OLD, "the old file is gone: {told}");
        let name = match (is_input, self.is_stdout) {
            (true, _) => "/in.pcap",
            (false, true) => "standard output",
            (false, false) => self.out.to_str().unwrap(),
        };
        // The message itself may be what could not be written.
        let log = std::fs::read_to_string(self.log()).unwrap();
        let is_mute = log.lines().any(|line| line.contains("write(2<") && line.contains("INJECTED"));
        assert!(is_mute || ran.stderr.contains(name), "names nothing: {told}");
    }

    /// What is in the folder that was not there before.
    fn left_over(&self) -> Vec<String> {
        let own = self.out.file_name().unwrap().to_str().unwrap();
        let is_new = |name: &String| !["in.pcap", "in.pcapng", own].contains(&name.as_str());
        listing(self.folder.path()).into_iter().filter(is_new).collect()
    }
}

impl Drop for Case {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(self.log());
    }
}

/// Runs each case on its own, as many at once as there are processors.
fn each<T: Sync>(cases: &[T], check: impl Fn(&T) + Sync) {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                    check(case);
                }
            });
        }
    });
}

/// What can befall a call: strace's words, and whether it may go on for ever.
fn faults(call: &Call) -> &'static [(&'static str, bool)] {
    match call.name.as_str() {
        "write" => {
            &[("error=ENOSPC", false), ("error=EIO", true), ("retval=0", true), ("error=EINTR", false)]
        }
        "read" => &[("error=EIO", false), ("error=EIO", true), ("error=EINTR", false)],
        "openat" => &[("error=EMFILE", false), ("error=EACCES", false), ("error=EINTR", false)],
        _ => &[("error=EIO", false)],
    }
}

fn can_trace() -> bool {
    is_there("strace", "--version", "MTRACE_TEST_REQUIRE_STRACE")
}

/// More than one buffer of every output, and not so much that several threads take turns in reading: then it would not
/// always be the same one that makes a call.
fn long_capture() -> Vec<u8> {
    let texts: Vec<Vec<String>> =
        (0..1200).map(|number| vec![format!("ip_input packet {number} {}", "x".repeat(150))]).collect();
    capture_of(&texts)
}

fn every_call_fails(cases: &[(&[&str], Option<&str>)], capture: &[u8]) {
    each(cases, |(arguments, out)| {
        let case = Case::new(arguments, *out, capture);
        for call in case.calls() {
            for (what, and_later) in faults(&call) {
                case.check(&call, what, *and_later);
            }
        }
    });
}

#[test]
fn every_call_of_a_file_output_fails() {
    if can_trace() {
        let cases: Vec<_> = TO_FILE.iter().map(|(arguments, out)| (*arguments, Some(*out))).collect();
        every_call_fails(&cases, &fixture_bytes("ping-rev3.pcap"));
    }
}

#[test]
fn every_call_of_standard_output_fails() {
    if can_trace() {
        let both = TO_FILE.iter().map(|(arguments, _)| *arguments).chain(TO_STDOUT.iter().copied());
        let cases: Vec<_> = both.map(|arguments| (arguments, None)).collect();
        every_call_fails(&cases, &fixture_bytes("ping-rev3.pcap"));
    }
}

#[test]
fn every_call_of_a_long_output_fails() {
    if can_trace() {
        let cases = [
            (&["filter", "frame", "@"][..], Some("out.pcap")),
            (&["convert", "@"], Some("out.pcapng")),
            (&["convert", "@"], Some("out.ndjson")),
            (&["print", "@"], None),
        ];
        every_call_fails(&cases, &long_capture());
    }
}

/// Threads take turns with it.
fn very_long_capture() -> Vec<u8> {
    let texts = vec![[&b"ip_input "[..], &[b'x'; 4000]].concat(); 6];
    capture_of(&vec![texts; 200])
}

/// Whichever thread it is that fails at its first call, or at a later one.
#[test]
fn a_thread_that_fails_fails_the_whole() {
    if !can_trace() {
        return;
    }
    let capture = very_long_capture();
    for (arguments, out) in [(["filter", "frame", "@"].as_slice(), "out.pcap"), (&["print", "@"], "out.txt")]
    {
        let case = Case::new(arguments, Some(out), &capture);
        let reads = case.calls().iter().filter(|call| call.name == "read").map(|call| call.number).max();
        let later = format!("inject=read:error=EIO:when={}+", reads.unwrap().min(6));
        for (inject, code) in [
            ("inject=write:error=ENOSPC:when=1", 4),
            ("inject=write:error=ENOSPC:when=2", 4),
            ("inject=write:error=EIO:when=2+", 4),
            (&later, 3),
        ] {
            let ran = case.run(&["-e", inject].map(str::to_owned));
            assert!(std::fs::read_to_string(case.log()).unwrap().contains("(INJECTED)"), "{inject}");
            assert_eq!(ran.code, code, "{arguments:?} {inject}: {}", ran.stderr);
            assert!(std::fs::read(&case.out).unwrap() == OLD, "{arguments:?} {inject}");
            assert_eq!(case.left_over(), Vec::<String>::new(), "{arguments:?} {inject}");
        }
    }
}

/// The system tells of it once, and perhaps only the thread that waits for the disk while more is written.
#[test]
fn a_disk_that_fails_meanwhile_is_noticed() {
    if !can_trace() {
        return;
    }
    let texts = vec![[&b"ip_input "[..], &[b'x'; 40_000]].concat(); 6];
    let case = Case::new(&["filter", "frame", "@"], Some("out.pcap"), &capture_of(&vec![texts; 150]));
    for when in ["1", "1+"] {
        let inject = format!("inject=fdatasync:error=EIO:when={when}");
        let ran = case.run(&["-e", &inject].map(str::to_owned));
        assert!(std::fs::read_to_string(case.log()).unwrap().contains("(INJECTED)"), "{inject}");
        assert_eq!(ran.code, 4, "{inject}: {}", ran.stderr);
        assert!(std::fs::read(&case.out).unwrap() == OLD, "{inject}");
        assert_eq!(case.left_over(), Vec::<String>::new(), "{inject}");
    }
}

/// A look at a file that fails makes no other file of it.
#[test]
fn the_input_is_never_the_output_whatever_call_fails() {
    if !can_trace() {
        return;
    }
    for output in ["in.pcap", "link.pcap"] {
        let mut case = Case::new(&["filter", "arp", "@"], Some("out.pcap"), &fixture_bytes("ping-rev3.pcap"));
        let input = case.folder.path().join("in.pcap");
        std::os::unix::fs::symlink("in.pcap", case.folder.path().join("link.pcap")).unwrap();
        *case.arguments.last_mut().unwrap() = case.folder.path().join(output).to_str().unwrap().to_owned();
        case.clean.0 = 2;
        for call in case.all_calls() {
            for (what, and_later) in faults(&call) {
                let (told, ran) = case.inject(&call, what, *and_later);
                assert_ne!(ran.code, 0, "{told}");
                assert!(std::fs::read(&input).unwrap() == fixture_bytes("ping-rev3.pcap"), "{told}");
            }
        }
    }
}

#[test]
fn a_kill_at_every_call_leaves_the_old_file_or_the_new_one() {
    if !can_trace() {
        return;
    }
    each(TO_FILE, |(arguments, out)| {
        let case = Case::new(arguments, Some(out), &fixture_bytes("ping-rev3.pcap"));
        for call in case.calls() {
            let (told, _) = case.inject(&call, "signal=KILL", false);
            let out = std::fs::read(&case.out).unwrap();
            assert!(out == OLD || out == case.clean.1, "{told}");
            let left = case.left_over();
            assert!(left.len() <= 1 && left.iter().all(|name| name.starts_with(".mtrace-tool-")), "{left:?}");
            left.iter().for_each(|name| std::fs::remove_file(case.folder.path().join(name)).unwrap());
        }
    });
}

#[test]
fn a_kill_at_any_moment_leaves_the_old_file_or_the_new_one() {
    let folder = folder();
    let (input, out) = (folder.path().join("in.pcap"), folder.path().join("out.pcap"));
    std::fs::write(&input, very_long_capture()).unwrap();
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let arguments = ["filter", "frame", &text(&input), "--force", "-o", &text(&out)].map(str::to_owned);
    assert_eq!(run(&arguments).code, 0);
    let new = std::fs::read(&out).unwrap();
    // Kills before anything was written, while it was, and after that.
    let mut seen = [0; 3];
    let (mut delay, mut step) = (Duration::ZERO, Duration::from_millis(5));
    while seen.iter().any(|kills| *kills < 5) || seen.iter().sum::<u32>() < 60 {
        assert!(seen.iter().sum::<u32>() < 2000, "too few kills before, while and after it writes: {seen:?}");
        std::fs::write(&out, OLD).unwrap();
        let mut child = tool().args(&arguments).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(delay);
        child.kill().unwrap();
        child.wait().unwrap();
        let is = std::fs::read(&out).unwrap();
        assert!(is == OLD || is == new, "killed after {delay:?}: {} bytes", is.len());
        let left = listing(folder.path()).into_iter().filter(|name| name.starts_with(".mtrace-tool-"));
        let left: Vec<_> = left.map(|name| std::fs::remove_file(folder.path().join(name)).unwrap()).collect();
        let moment = if is == new { 2 } else { left.len() };
        seen[moment] += 1;
        // Once everything is written: from the beginning, in smaller steps.
        (delay, step) = if moment == 2 { (Duration::ZERO, step * 3 / 4) } else { (delay + step, step) };
    }
}
