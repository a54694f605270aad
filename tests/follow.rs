//! `--follow`: a file that grows is read as if it had been there whole, and ends when it is told to.

use crate::support::{fixture_bytes, folder, listing, run, tool};
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

fn start(arguments: &[&str], path: &Path) -> Child {
    let mut command = tool();
    command.args(arguments).arg(path).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the tool runs")
}

fn append(path: &Path, bytes: &[u8]) {
    OpenOptions::new().append(true).open(path).unwrap().write_all(bytes).unwrap();
}

fn interrupt(child: &Child) {
    let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

/// Ends the child by Ctrl-C; gives what it wrote after what was read, and what it said.
fn end(mut child: Child, mut stdout: impl Read) -> (Option<i32>, String, String) {
    interrupt(&child);
    let (mut rest, mut said) = (String::new(), String::new());
    stdout.read_to_string(&mut rest).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    (child.wait().unwrap().code(), rest, said)
}

#[test]
fn packets_are_shown_as_they_are_written() {
    let bytes = fixture_bytes("ping-rev3.pcap");
    let folder = folder();
    let path = folder.path().join("growing.pcap");
    // It begins empty, then comes in pieces that end anywhere.
    std::fs::write(&path, b"").unwrap();
    let mut child = start(&["print", "--follow", "-e", "frame.number"], &path);
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let writer = {
        let (path, bytes) = (path.clone(), bytes.clone());
        std::thread::spawn(move || bytes.chunks(131).for_each(|chunk| append(&path, chunk)))
    };
    for number in 1..=5 {
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        assert_eq!(line, format!("{number}\n"));
    }
    writer.join().unwrap();
    let ended = end(child, lines);
    assert_eq!(ended, (Some(0), String::new(), String::new()));
}

/// What is only half there when it ends is not in the answer, as of a file that is not followed.
#[test]
fn an_end_in_the_middle_of_a_packet_is_told() {
    let bytes = fixture_bytes("ping-rev3.pcap");
    for (arguments, part) in [
        (&["print", "-e", "frame.number"][..], "packet"),
        (&["info", "--json"], "packet"),
        (&["check"], "record header"),
        (&["filter", "frame", "--salvage"], "packet"),
    ] {
        let folder = folder();
        let path = folder.path().join("growing.pcap");
        let available = if part == "packet" { 64 } else { 9 };
        std::fs::write(&path, &bytes[..936 + available]).unwrap();
        let mut child = start(&[arguments, &["--follow"]].concat(), &path);
        let stdout = child.stdout.take().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(500));
        interrupt(&child);
        let (mut wrote, mut said) = (Vec::new(), String::new());
        { stdout }.read_to_end(&mut wrote).unwrap();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        let told = format!("{available} bytes of a {part} that is not whole yet at byte offset 936\n");
        assert!(said.contains(&told) && said.lines().count() == 1, "{arguments:?}: {said}");
        assert_eq!(child.wait().unwrap().code(), Some(1), "{arguments:?}");
        match arguments[0] {
            "print" => assert_eq!(wrote, b"1\n2\n"),
            "info" => assert!(String::from_utf8(wrote).unwrap().contains("\"complete\":false")),
            "filter" => assert_eq!(wrote, &bytes[..936]),
            _ => {}
        }
    }
}

#[test]
fn an_output_is_finished_when_it_ends() {
    for (arguments, name) in
        [(&["filter", "--follow", "frame"][..], "out.pcap"), (&["convert", "--follow"], "out.ndjson")]
    {
        let folder = folder();
        let (path, out) = (folder.path().join("growing.pcap"), folder.path().join(name));
        std::fs::write(&path, fixture_bytes("ping-rev3.pcap")).unwrap();
        let arguments = [arguments, &["-o", out.to_str().unwrap()]].concat();
        let mut child = start(&arguments, &path);
        let stdout = child.stdout.take().unwrap();
        // The output is begun right before the input is.
        while !listing(folder.path()).iter().any(|name| name.starts_with(".mtrace-tool-")) {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        std::thread::sleep(std::time::Duration::from_millis(500));
        let ended = end(child, stdout);
        assert_eq!(ended, (Some(0), String::new(), String::new()), "{name}");
        let printed = |path: &Path| run(&["print", path.to_str().unwrap()]).text().to_owned();
        assert_eq!(printed(&out), printed(&path), "{name}");
    }
}

#[test]
fn another_file_ends_it() {
    for reason in ["was truncated", "was removed", "was replaced"] {
        let folder = folder();
        let path = folder.path().join("growing.pcap");
        std::fs::write(&path, fixture_bytes("ping-rev3.pcap")).unwrap();
        let mut child = start(&["print", "--follow", "-e", "frame.number"], &path);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        for number in 1..=5 {
            assert_eq!(lines.next().unwrap().unwrap(), number.to_string());
        }
        match reason {
            "was truncated" => std::fs::write(&path, b"").unwrap(),
            "was removed" => std::fs::remove_file(&path).unwrap(),
            _ => {
                let other = path.with_extension("new");
                std::fs::write(&other, fixture_bytes("tcp-rev3.pcap")).unwrap();
                std::fs::rename(other, &path).unwrap();
            }
        }
        assert!(lines.next().is_none(), "{reason}");
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(reason) && said.lines().count() == 1, "{said}");
        assert_eq!(output.status.code(), Some(0));
    }
}

#[test]
fn one_file_only() {
    let ran = run(&["print", "--follow", "fixtures/ping-rev3.pcap", "fixtures/tcp-rev3.pcap"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("one file"), "{}", ran.stderr);
    // A pipe ends where it ends, followed or not.
    let piped = crate::support::run_with_input(
        &["print", "--follow", "-e", "frame.number"],
        &fixture_bytes("ping-rev3.pcap"),
    );
    assert_eq!((piped.code, piped.text()), (0, "1\n2\n3\n4\n5\n"));
}
