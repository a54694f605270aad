//! A long file is formatted on all processors, a pipe packet by packet: both have to give the same bytes.

use crate::support::{Cost, Ran, folder, measured, run, run_with_input};
use capture_file::Format;
use mbuf_trace::Encoding;
use trace_synth::Recipe;

/// Every command that formats each packet by itself.
const COMMANDS: &[&[&str]] = &[
    &["print"],
    &["print", "--hex", "--wire-order"],
    &["print", "--style", "function-graph"],
    &["print", "--json"],
    &["print", "-e", "frame.number", "-e", "frame.time_delta", "-e", "mbuf_trace.function"],
    &["print", "-f", "icmp"],
    &["filter", "icmp"],
    &["filter", "frame.number % 7 == 0 || mbuf_trace.fault"],
    &["filter", "frame", "--range", "200..2500"],
    &["convert", "--to", "ndjson"],
    &["convert", "--to", "ndjson", "-f", "frame.number > 2000"],
    &["convert", "--to", "text"],
];

/// Enough for several batches for each of some processors.
const PACKETS: usize = 3000;

fn capture(encoding: &str, format: Format) -> Vec<u8> {
    let encoding: Encoding = encoding.parse().unwrap();
    Recipe { encoding, format, ..Recipe::default() }.capture(PACKETS as u64)
}

fn compare(capture: &[u8]) {
    let folder = folder();
    let file = folder.path().join("long");
    std::fs::write(&file, capture).unwrap();
    let file = file.to_str().unwrap();
    for command in COMMANDS {
        let as_file = run(&[*command, &[file]].concat());
        let as_pipe = run_with_input(command, capture);
        assert!(!as_file.stdout.is_empty(), "{command:?}: {}", as_file.stderr);
        assert!(as_file.stdout == as_pipe.stdout, "{command:?}: other bytes");
        let messages = as_file.stderr.replace(file, "standard input");
        assert_eq!((as_file.code, messages), (as_pipe.code, as_pipe.stderr), "{command:?}");
    }
}

#[test]
fn a_long_pcap_is_the_same_as_its_packets_one_by_one() {
    compare(&capture("3", Format::Pcap));
}

/// Sections of two revisions, with interfaces of their own: what holds for one packet must not for the other.
#[test]
fn so_is_a_pcapng_of_several_sections() {
    compare(&[capture("4", Format::Pcapng), capture("1", Format::Pcapng)].concat());
}

/// Large packets are made one at a time, where they stand.
#[test]
fn so_is_one_of_small_and_large_packets() {
    let capture = capture("3", Format::Pcap);
    let snapshot = [&40_000_u16.to_be_bytes()[..], &[0, 0], &[2; 40_000]].concat();
    let frame = [&[0, 2][..], &snapshot, b"\x00\x0a\x00\x01+ip_input\x00"].concat();
    let length = u32::try_from(frame.len()).unwrap().to_le_bytes();
    let (header, mut rest) = capture.split_at(24);
    let mut mixed = header.to_vec();
    for number in 0.. {
        let Some(captured) = rest.get(8..).and_then(<[u8]>::first_chunk) else { break };
        let (record, behind) = rest.split_at(16 + u32::from_le_bytes(*captured) as usize);
        mixed.extend_from_slice(record);
        if number % 40 == 39 {
            mixed.extend_from_slice(&[&record[..8], &length, &length, &frame].concat());
        }
        rest = behind;
    }
    compare(&mixed);
}

/// Faults are told by packets, and a file may end in the midst of one.
#[test]
fn so_is_a_damaged_one() {
    let mut capture = capture("2", Format::Pcap);
    // Far enough apart to leave most lengths alone.
    for at in (3_000..capture.len()).step_by(20_011) {
        capture[at] ^= 0x20;
    }
    capture.truncate(capture.len() - 5);
    compare(&capture);
}

/// Names of files are part of what is shown, and each begins anew.
#[test]
fn files_follow_one_another() {
    let folder = folder();
    let paths =
        [("a", capture("3", Format::Pcap)), ("b", capture("4", Format::Pcapng))].map(|(name, bytes)| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path.to_str().unwrap().to_owned()
        });
    let [a, b] = paths.each_ref().map(String::as_str);
    let shown = |arguments: &[&str]| -> Ran { run(&[&["print"], arguments].concat()) };
    assert_eq!(
        shown(&[a, b]).text(),
        format!("== {a} ==\n{}== {b} ==\n{}", shown(&[a]).text(), shown(&[b]).text())
    );
    let json = shown(&["--json", a, b]);
    for path in [a, b] {
        assert_eq!(json.text().lines().filter(|line| line.contains(path)).count(), PACKETS);
    }
}

/// Peak memory of a process in KiB so far, as Linux reports it; none once it has ended.
#[cfg(target_os = "linux")]
fn peak_memory(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Eight processors, whatever there are: strace(1) says so when the tool asks.
#[cfg(target_os = "linux")]
#[test]
fn memory_is_bounded_on_many_processors() {
    use crate::support::{is_there, tool};
    // A build for tests has more code.
    const BOUND: u64 = if cfg!(debug_assertions) { 24 << 10 } else { 16 << 10 };
    if !is_there("strace", "--version", "MTRACE_TEST_REQUIRE_STRACE") {
        return;
    }
    let folder = folder();
    let (file, out) = (folder.path().join("long"), folder.path().join("out"));
    std::fs::write(&file, Recipe::default().capture(30_000)).unwrap();
    for arguments in
        [&["filter", "frame"][..], &["filter", "icmp"], &["print"], &["convert", "--to", "ndjson"]]
    {
        let mut strace = std::process::Command::new("strace");
        // -D: the tool is our child, not strace's.
        strace.args(["-D", "-f", "-qq", "-o"]).arg(folder.path().join("log"));
        strace.args(["-e", "trace=sched_getaffinity", "-e", "inject=sched_getaffinity:poke_exit=@arg3=ff"]);
        strace.arg(tool().get_program()).args(arguments).arg(&file).args(["--force", "-o"]).arg(&out);
        let mut child = strace.spawn().unwrap();
        let (mut peak, mut threads) = (0, 0);
        while let Some(now) = peak_memory(child.id()) {
            let tasks = std::fs::read_dir(format!("/proc/{}/task", child.id()));
            threads = threads.max(tasks.map_or(0, Iterator::count));
            peak = now;
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        assert!(child.wait().unwrap().success(), "{arguments:?}");
        assert!(threads >= 8, "{arguments:?}: {threads} threads");
        assert!(peak < BOUND, "{arguments:?}: {peak} KiB");
    }
}

/// What is made of a packet can be many times its size; what waits to be written is bounded all the same.
#[cfg(target_os = "linux")]
#[test]
fn memory_is_bounded_whatever_is_made_of_packets() {
    use std::process::Stdio;
    const BOUND: u64 = 64 << 10;
    let folder = folder();
    let file = folder.path().join("long");
    let packets = [10_000, 36_000, 18_000].map(|texts| vec![vec!["+f"; texts]; 20]).concat();
    let capture = crate::support::capture_of(&packets);
    std::fs::write(&file, capture).unwrap();
    for arguments in [&["print", "--json"][..], &["print", "--no-fold"], &["convert", "--to", "ndjson"]] {
        let (mut command, report) = measured(arguments);
        let mut child = command.arg(&file).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let drain = std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()).unwrap());
        assert!(child.wait().unwrap().success());
        let (written, peak) = (drain.join().unwrap(), Cost::of(&report).memory);
        assert!(written > 20 * 64_000 * 10 && peak < BOUND, "{arguments:?}: {written} bytes, {peak} KiB");
    }
}
