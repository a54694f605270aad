//! Outputs: whole or not there, never the input, every error noticed.

use crate::support::{fixture_bytes, folder, listing, run, run_with_input, tool};
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

const PING: &str = "fixtures/ping-rev3.pcap";

/// The commands that write, each with its output option to come: one for every way of writing.
const WRITING: [&[&str]; 7] = [
    &["filter", "icmp", PING],
    &["filter", "icmp", "fixtures/ping-rev4.pcapng"],
    &["convert", "--to", "pcapng", PING],
    &["convert", "--to", "pcap", "fixtures/ping-rev4.pcapng"],
    &["convert", "--revision", "4", PING],
    &["convert", "--to", "ndjson", PING],
    &["print", PING],
];

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn an_existing_file_is_replaced_only_with_force() {
    let folder = folder();
    for (index, command) in WRITING.iter().enumerate() {
        let path = folder.path().join(format!("{index}.pcap"));
        std::fs::write(&path, "precious").unwrap();
        let ran = run(&[command, &["-o", text(&path)][..]].concat());
        assert_eq!(ran.code, 2, "{command:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("--force"), "{}", ran.stderr);
        assert_eq!(std::fs::read(&path).unwrap(), b"precious");
        let ran = run(&[command, &["--force", "-o", text(&path)][..]].concat());
        assert_eq!(ran.code, 0, "{command:?}: {}", ran.stderr);
        assert_ne!(std::fs::read(&path).unwrap(), b"precious");
    }
    assert_eq!(listing(folder.path()).len(), WRITING.len(), "{:?}", listing(folder.path()));
}

#[test]
fn the_input_is_never_the_output() {
    let folder = folder();
    let (input, link, hard) =
        (folder.path().join("a.pcap"), folder.path().join("link.pcap"), folder.path().join("hard.pcap"));
    std::fs::write(&input, fixture_bytes("ping-rev3.pcap")).unwrap();
    std::os::unix::fs::symlink("a.pcap", &link).unwrap();
    std::fs::hard_link(&input, &hard).unwrap();
    for output in [&input, &link, &hard] {
        for command in [&["filter", "arp"][..], &["convert", "--to", "ndjson"], &["print"]] {
            let ran = run(&[command, &[text(&input), "--force", "-o", text(output)][..]].concat());
            assert_eq!(ran.code, 2, "{command:?} {output:?}: {}", ran.stderr);
            assert!(ran.stderr.contains("input"), "{}", ran.stderr);
        }
        // By descriptor: standard input is the file, or standard output is.
        let stdin = std::fs::File::open(&input).unwrap();
        let by_stdin =
            tool().args(["filter", "arp", "-", "--force", "-o", text(output)]).stdin(stdin).output().unwrap();
        assert_eq!(by_stdin.status.code(), Some(2));
        let stdout = std::fs::OpenOptions::new().append(true).open(output).unwrap();
        let by_stdout = tool().args(["filter", "arp", text(&input)]).stdout(stdout).output().unwrap();
        assert_eq!(by_stdout.status.code(), Some(2));
    }
    assert_eq!(std::fs::read(&input).unwrap(), fixture_bytes("ping-rev3.pcap"));
    assert_eq!(listing(folder.path()), ["a.pcap", "hard.pcap", "link.pcap"]);
}

/// The list of ends is one, too.
#[test]
fn a_list_of_ends_is_never_the_output() {
    let folder = folder();
    let list = "ip_output delivered\n";
    std::fs::write(folder.path().join("my.ends"), list).unwrap();
    std::fs::write(folder.path().join("a.pcap"), fixture_bytes("ping-rev3.pcap")).unwrap();
    std::os::unix::fs::symlink("my.ends", folder.path().join("link")).unwrap();
    std::fs::hard_link(folder.path().join("my.ends"), folder.path().join("hard")).unwrap();
    for line in [
        "\"$0\" drops --ends my.ends a.pcap --force -o my.ends",
        "\"$0\" drops --ends link a.pcap --force -o my.ends",
        "\"$0\" drops --ends my.ends a.pcap --force -o hard",
        "\"$0\" drops --ends my.ends a.pcap >>my.ends",
        "\"$0\" drops --ends - a.pcap <my.ends --force -o my.ends",
        "MTRACE_ENDS=my.ends \"$0\" drops a.pcap --force -o link",
    ] {
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", line, env!("CARGO_BIN_EXE_mtrace-tool")]);
        let ended = shell.current_dir(folder.path()).output().unwrap();
        let stderr = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(2), "{line}: {stderr}");
        assert!(stderr.contains("also the input"), "{line}: {stderr}");
        assert_eq!(std::fs::read_to_string(folder.path().join("my.ends")).unwrap(), list, "{line}");
    }
}

/// As a shell gives descriptors. `>` empties its file before any program begins; `>>` and `<>` do not.
#[test]
fn the_input_is_never_the_output_by_descriptor() {
    let folder = folder();
    let input = folder.path().join("a.pcap");
    std::fs::write(&input, fixture_bytes("ping-rev3.pcap")).unwrap();
    for line in [
        "filter arp - <a.pcap >>a.pcap",
        "filter arp - <a.pcap 1<>a.pcap",
        "filter arp /dev/stdin <a.pcap --force -o /dev/stdout >>a.pcap",
        "filter arp /dev/fd/0 <a.pcap --force -o a.pcap",
        "filter arp /proc/self/fd/0 <a.pcap --force -o a.pcap",
        "filter arp a.pcap --force -o /dev/fd/3 3>>a.pcap",
        "convert --to ndjson a.pcap --force -o /proc/self/fd/3 3>>a.pcap",
        "diff a.pcap - <a.pcap >>a.pcap",
        "check a.pcap >>a.pcap",
        "info - <a.pcap >>a.pcap",
    ] {
        if line.contains("/proc/") && !cfg!(target_os = "linux") {
            continue;
        }
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", &format!("\"$0\" {line}"), env!("CARGO_BIN_EXE_mtrace-tool")]);
        let ended = shell.current_dir(folder.path()).output().unwrap();
        let stderr = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(2), "{line}: {stderr}");
        assert!(stderr.contains("also the input"), "{line}: {stderr}");
        assert!(std::fs::read(&input).unwrap() == fixture_bytes("ping-rev3.pcap"), "{line}");
    }
    assert_eq!(listing(folder.path()), ["a.pcap"]);
}

/// With `--force`, an older output stays where nothing could be read.
#[test]
fn nothing_is_written_of_nothing() {
    let folder = folder();
    let out = folder.path().join("out");
    for command in [&["filter", "arp"][..], &["convert", "--to", "ndjson"], &["print"], &["flamegraph"]]
        .into_iter()
        .chain([&["graph"][..], &["stats"], &["paths"], &["drops"], &["diff", PING]])
    {
        for input in ["no-such-file", "README.md"] {
            std::fs::write(&out, "precious").unwrap();
            let ran = run(&[command, &[input, "--force", "-o", text(&out)]].concat());
            assert_eq!(ran.code, 3, "{command:?}: {}", ran.stderr);
            assert!(ran.stderr.contains(input), "{command:?}: {}", ran.stderr);
            assert_eq!(std::fs::read(&out).unwrap(), b"precious", "{command:?}");
        }
    }
    assert_eq!(listing(folder.path()), ["out"]);
}

#[test]
fn a_link_stays_a_link() {
    let folder = folder();
    let (target, link) = (folder.path().join("target.pcap"), folder.path().join("link.pcap"));
    std::fs::write(&target, "old").unwrap();
    std::os::unix::fs::symlink("target.pcap", &link).unwrap();
    let ran = run(&["filter", "frame", PING, "--force", "-o", text(&link)]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(link.is_symlink());
    assert_eq!(std::fs::read(&target).unwrap(), fixture_bytes("ping-rev3.pcap"));
}

#[test]
fn a_full_disk_is_noticed() {
    for command in WRITING.into_iter().chain([&["info", PING][..], &["check", PING], &["fields"], &["man"]]) {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = tool().args(command).stdout(full).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(4), "{command:?}: {stderr}");
        assert!(stderr.contains("No space left"), "{command:?}: {stderr}");
    }
    for command in WRITING {
        let ran = run(&[command, &["-o", "/dev/full", "--force"]].concat());
        assert_eq!(ran.code, 4, "{command:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("No space left"), "{command:?}: {}", ran.stderr);
    }
}

#[test]
fn what_cannot_be_opened() {
    for (input, message) in [("no-such-file", "No such file"), ("fixtures", "directory")] {
        let ran = run(&["print", input]);
        assert_eq!(ran.code, 3, "{input}");
        assert!(ran.stderr.contains(message) && ran.stderr.contains(input), "{}", ran.stderr);
    }
    assert_eq!(run_with_input(&["print"], b"").code, 3);
    assert_eq!(run_with_input(&["print"], b"hello, world").code, 3);
    let ran = run(&["filter", "arp", PING, "-o", "no/such/folder/x.pcap"]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
}

#[test]
fn usage_errors() {
    for arguments in
        [&["print", "--range", "5..3", PING][..], &["print", "--no-such"], &["nothing"], &["convert", PING]]
    {
        let ran = run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}");
        assert!(!ran.stderr.is_empty() && ran.stdout.is_empty());
    }
    let help = run(&["--help"]);
    assert_eq!((help.code, help.stderr.as_str()), (0, ""));
}

#[test]
fn help_is_what_it_was() {
    for command in ["", "print", "filter", "convert", "stats", "info", "check"] {
        let arguments: Vec<&str> = [command, "--help"].into_iter().filter(|word| !word.is_empty()).collect();
        let mut tool = tool();
        let output = tool.env("COLUMNS", "100").args(&arguments).output().unwrap();
        insta::assert_snapshot!(format!("help_{command}"), String::from_utf8(output.stdout).unwrap());
    }
}

/// As nohup(1) starts it: its end is that of its input, and the output is whole.
#[test]
fn a_hangup_that_is_ignored_at_the_start_stays_ignored() {
    let folder = folder();
    let path = folder.path().join("out.pcap");
    let mut shell = std::process::Command::new("sh");
    shell.args([
        "-c",
        "trap '' HUP; exec \"$0\" filter frame - -o \"$1\"",
        env!("CARGO_BIN_EXE_mtrace-tool"),
    ]);
    let mut child = shell.arg(&path).stdin(Stdio::piped()).spawn().unwrap();
    while listing(folder.path()).is_empty() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let kill = std::process::Command::new("kill").args(["-s", "HUP", &child.id().to_string()]).status();
    assert!(kill.unwrap().success());
    child.stdin.take().unwrap().write_all(&fixture_bytes("ping-rev3.pcap")).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(std::fs::read(&path).unwrap(), fixture_bytes("ping-rev3.pcap"));
}

#[test]
fn a_kill_leaves_the_old_file() {
    let folder = folder();
    let path = folder.path().join("out.pcap");
    std::fs::write(&path, "old").unwrap();
    let mut command = tool();
    command.args(["filter", "frame", "-", "--force", "-o", text(&path)]).stdin(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&fixture_bytes("ping-rev3.pcap")).unwrap();
    while listing(folder.path()).len() < 2 {
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"old");
}

#[test]
fn a_new_file_has_the_usual_permissions() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let (ours, usual) = (folder.path().join("ours.pcap"), folder.path().join("usual"));
    std::fs::write(&usual, "").unwrap();
    assert_eq!(run(&["filter", "frame", PING, "-o", text(&ours)]).code, 0);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&ours), mode(&usual));
}
