//! Signals: the first one ends a live input, and what was read is finished as at its end; the second one ends the tool.

use crate::faults::{TO_FILE, TO_STDOUT};
use crate::support::{Ran, at, capture_of, fixture_bytes, folder, listing, run, run_with_input, tool};
use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

/// Sends a signal, by its name.
fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args(["-s", name, &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

/// Starts the tool on a pipe, and has it read more of these bytes than a pipe holds: then it waits for the rest.
fn start(arguments: &[&str], bytes: &[u8]) -> (Child, ChildStdin) {
    assert!(bytes.len() > 128 << 10, "the pipe holds it all");
    let mut command = tool();
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(bytes).unwrap();
    (child, stdin)
}

/// What the tool makes of these bytes and a signal after them, while the pipe stays open.
fn interrupted(arguments: &[&str], bytes: &[u8], name: &str) -> Ran {
    let (child, stdin) = start(arguments, bytes);
    signal(&child, name);
    let ran = child.wait_with_output().unwrap().into();
    drop(stdin);
    ran
}

/// A capture that threads take turns with.
fn long_capture() -> Vec<u8> {
    let ping = fixture_bytes("ping-rev3.pcap");
    let (header, packets) = ping.split_at(24);
    [header, &packets.repeat(150)].concat()
}

/// A capture that is longer than a pipe holds when it is compressed, too.
fn random_capture() -> Vec<u8> {
    let mut seed = 7_u32;
    let mut letter = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        b'!' + u8::try_from((seed >> 16) % 90).unwrap()
    };
    let texts: Vec<Vec<Vec<u8>>> = (0..150).map(|_| vec![(0..4000).map(|_| letter()).collect()]).collect();
    capture_of(&texts)
}

/// Converted by the tool, as the output's name says.
fn converted(bytes: &[u8], name: &str) -> Vec<u8> {
    let folder = folder();
    let path = folder.path().join(name);
    let ran = run_with_input(&["convert", "--to", "pcap", "-o", path.to_str().unwrap()], bytes);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    std::fs::read(path).unwrap()
}

/// The same as where the pipe ends, from every command that reads.
#[test]
fn every_command_finishes_what_was_read() {
    let pcap = long_capture();
    let pcapng = run_with_input(&["convert", "--to", "pcapng"], &pcap).stdout;
    let (folder, other) = (folder(), "fixtures/tcp-rev4.pcap");
    let out = folder.path().join("out");
    let both = TO_FILE.iter().map(|(arguments, name)| (*arguments, Some(*name)));
    for (arguments, name) in both.chain(TO_STDOUT.iter().map(|arguments| (*arguments, None))) {
        if !arguments.iter().any(|argument| argument.starts_with('@')) {
            continue;
        }
        let is_ng = !arguments.contains(&"@");
        let input = if is_ng { &pcapng } else { &pcap };
        let out = out.with_file_name(name.unwrap_or("out"));
        let mut arguments: Vec<&str> = arguments
            .iter()
            .map(|argument| match *argument {
                "@" => "-",
                "@ng" if is_ng => "-",
                "@ng" => other,
                argument => argument,
            })
            .collect();
        if name.is_some() {
            arguments.extend(["--force", "-o", out.to_str().unwrap()]);
        }
        let whole = run_with_input(&arguments, input);
        let written = std::fs::read(&out).ok();
        let _ = std::fs::remove_file(&out);
        let ran = interrupted(&arguments, input, "INT");
        assert_eq!((ran.code, &ran.stderr), (whole.code, &whole.stderr), "{arguments:?}");
        assert!(ran.stdout == whole.stdout && std::fs::read(&out).ok() == written, "{arguments:?}");
        assert!(!whole.stdout.is_empty() || written.is_some(), "{arguments:?}");
        let _ = std::fs::remove_file(&out);
        assert_eq!(listing(folder.path()), Vec::<String>::new(), "{arguments:?}");
    }
}

/// What the signal cut is reported, and no worse than a file that is cut.
#[test]
fn every_kind_of_input_is_interrupted() {
    let pcap = long_capture();
    let ndjson = run_with_input(&["convert", "--to", "ndjson"], &pcap).stdout;
    let random = random_capture();
    for (name, bytes) in [
        ("pcap", pcap.clone()),
        ("ndjson", ndjson),
        ("gzip", converted(&random, "a.pcap.gz")),
        ("zstd", converted(&random, "a.pcap.zst")),
        ("lz4", converted(&random, "a.pcap.lz4")),
    ] {
        let hangup = if ignores_hangup() { "INT" } else { "HUP" };
        for (signal, cut) in [("INT", 0), ("TERM", 0), (hangup, 0), ("INT", 30)] {
            let bytes = &bytes[..bytes.len() - cut];
            let ran = interrupted(&["info"], bytes, signal);
            let told = ran.stderr.lines().filter(|line| line.contains("is not whole yet")).count();
            assert_eq!((ran.code, told), (i32::from(cut > 0), usize::from(cut > 0)), "{name}: {}", ran.all());
            assert!(ran.text().contains("packets      "), "{name}: {}", ran.all());
        }
    }
}

/// Whether SIGHUP is ignored here, as under nohup(1): a shell cannot set a trap for what is ignored when it starts.
pub(crate) fn ignores_hangup() -> bool {
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap 'exit 1' HUP; kill -HUP $$; exit 0"]);
    shell.status().unwrap().success()
}

/// Who captures gets the same Ctrl-C, and writes what it still has before it ends.
#[test]
fn the_rest_of_a_pipeline_is_waited_for() {
    let bytes = long_capture();
    let (first, rest) = bytes.split_at(bytes.len() - 5000);
    let whole = run_with_input(&["print", "-e", "frame.number"], &bytes);
    let (child, mut stdin) = start(&["print", "-e", "frame.number"], first);
    signal(&child, "INT");
    stdin.write_all(rest).unwrap();
    drop(stdin);
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert_eq!(ran.stdout, whole.stdout);
}

/// A capture that does not end by itself, and gets no signal.
#[test]
fn a_writer_that_goes_on_is_not_waited_for() {
    let bytes = long_capture();
    let (child, mut stdin) = start(&["info"], &bytes);
    let packets = bytes[24..].to_vec();
    let writer = std::thread::spawn(move || while stdin.write_all(&packets).is_ok() {});
    signal(&child, "INT");
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert!(matches!(ran.code, 0 | 1), "{}", ran.all());
    assert!(ran.text().contains("packets "), "{}", ran.all());
    writer.join().unwrap();
}

/// A named pipe that nobody writes to yet, and then somebody does.
#[test]
fn a_named_pipe_is_waited_for() {
    let folder = folder();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let start = || {
        let mut command = tool();
        command.args(["stats", "--json"]).arg(&pipe).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let whole = run(&["stats", "--json", "fixtures/ping-rev3.pcap"]);
    let child = start();
    std::fs::write(&pipe, fixture_bytes("ping-rev3.pcap")).unwrap();
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!((ran.code, ran.text()), (0, whole.text()));
    // Interrupted, with the writer still there.
    let child = start();
    let mut writer = std::fs::OpenOptions::new().write(true).open(&pipe).unwrap();
    let bytes = long_capture();
    writer.write_all(&bytes).unwrap();
    signal(&child, "INT");
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!(ran.code, 0, "{}", ran.all());
    assert!(ran.text().contains("\"packets\":750"), "{}", ran.all());
}

/// What ends by itself is read all the same: a live capture is compared with one in a file.
#[test]
fn files_after_a_live_input_are_read() {
    let bytes = long_capture();
    let (child, stdin) = start(&["stats", "-", "fixtures/ping-rev3.pcap"], &bytes);
    signal(&child, "INT");
    let ran = Ran::from(child.wait_with_output().unwrap());
    drop(stdin);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert_eq!(ran.text().trim(), "755");
}

/// A pipe that is full, so that the tool, whose standard error it is, waits at its first message.
fn full_pipe() -> (std::io::PipeReader, std::io::PipeWriter) {
    let (reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(&[b'-'; 64 << 10]).unwrap();
    (reader, writer)
}

/// Until then the output has no name; after it, nothing is left of it.
#[test]
fn the_second_signal_ends_the_tool_and_of_a_file_the_first() {
    let bytes = fixture_bytes("ping-rev3.pcap");
    let hangup = [("HUP", 129)].into_iter().filter(|_| !ignores_hangup());
    for (name, code) in hangup.chain([("INT", 130), ("TERM", 143)]) {
        for is_live in [true, false] {
            let folder = folder();
            let out = folder.path().join("out.pcapng");
            let mut command = tool();
            command.args(["filter", "frame", "-", "-o", out.to_str().unwrap()]);
            if is_live {
                command.stdin(Stdio::piped());
            } else {
                command.stdin(std::fs::File::open(at("fixtures/ping-rev3.pcap")).unwrap());
            }
            // It says that the output will be a pcap, or would.
            let (mut messages, stderr) = full_pipe();
            let mut child = command.stderr(stderr).spawn().unwrap();
            drop(command);
            let mut stdin = child.stdin.take();
            if let Some(stdin) = &mut stdin {
                stdin.write_all(&bytes).unwrap();
            }
            while listing(folder.path()).is_empty() {
                std::thread::sleep(Duration::from_millis(5));
            }
            // What it waits in comes right after.
            std::thread::sleep(Duration::from_millis(200));
            signal(&child, name);
            let mut signals = 1;
            std::thread::sleep(Duration::from_millis(200));
            let status = loop {
                match child.try_wait().unwrap() {
                    Some(status) => break status,
                    None => {
                        signal(&child, name);
                        signals += 1;
                        std::thread::sleep(Duration::from_millis(50));
                    }
                }
            };
            assert_eq!((status.code(), signals > 1), (Some(code), is_live), "{name}");
            assert_eq!(listing(folder.path()), Vec::<String>::new(), "{name}");
            messages.read_exact(&mut [0; 64 << 10]).unwrap();
        }
    }
}

/// The temporary file gets its name, whichever the signal.
#[test]
fn an_output_of_a_pipe_is_finished() {
    let bytes = long_capture();
    for name in ["INT", "TERM"] {
        let folder = folder();
        let out = folder.path().join("out.pcap");
        let ran = interrupted(&["filter", "icmp", "-", "-o", out.to_str().unwrap()], &bytes, name);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{name}");
        assert_eq!(listing(folder.path()), ["out.pcap"], "{name}");
        let kept = run(&["info", "--json", out.to_str().unwrap()]);
        assert!(kept.text().contains("\"complete\":true"), "{}", kept.text());
    }
}
