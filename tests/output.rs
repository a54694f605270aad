//! Outputs: whole or not there, never the input, every error noticed.

use crate::support::{at, fixture_bytes, folder, listing, run, run_with_input, tool};
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

/// In the system's words, and before anything is read.
#[test]
fn a_folder_that_is_not_there_is_named() {
    let folder = folder();
    let inner = folder.path().join("no/such/x.pcap");
    for (output, named) in
        [("nodir/x.pcap", "nodir"), ("nodir/", "nodir/"), (text(&inner), text(inner.parent().unwrap()))]
    {
        for command in WRITING {
            let ran = run(&[command, &["-o", output]].concat());
            let said = format!("{output}: there is no directory {named}: No such file or directory");
            assert!(ran.code == 4 && ran.stderr.contains(&said), "{command:?}: {}", ran.stderr);
        }
    }
    let ran = run(&["print", PING, "-o", "README.md/x"]);
    assert!(ran.code == 4 && ran.stderr.contains("Not a directory"), "{}", ran.stderr);
}

/// Runs a line of the shell in this folder, with the tool as `$0`.
fn shell(folder: &Path, line: &str) -> std::process::Output {
    let mut shell = std::process::Command::new("bash");
    shell.args(["--norc", "-c", line, env!("CARGO_BIN_EXE_mtrace-tool")]).current_dir(folder);
    shell.env("NO_COLOR", "1").stdin(Stdio::null()).output().unwrap()
}

/// Written to where it stands, and nothing replaced.
#[test]
fn paths_of_descriptors_mean_the_descriptor() {
    let folder = folder();
    std::fs::write(folder.path().join("in.pcap"), fixture_bytes("ping-rev3.pcap")).unwrap();
    for (name, target) in [("link", "/dev/stdout"), ("links", "link"), ("three", "/dev/fd/3")] {
        std::os::unix::fs::symlink(target, folder.path().join(name)).unwrap();
    }
    let numbers = "1\n2\n3\n4\n5\n";
    let paths = [
        ("/dev/stdout", ""),
        ("/dev/fd/1", ""),
        ("/proc/self/fd/1", ""),
        ("link", ""),
        ("links", ""),
        ("/dev/stderr", "2>&1"),
        ("/dev/fd/2", "2>&1"),
        ("/dev/fd/3", "3>&1"),
        ("/proc/self/fd/3", "3>&1"),
        ("three", "3>&1"),
        ("/dev/fd/13", "13>&1"),
    ];
    for (path, more) in paths {
        if path.contains("/proc/") && !cfg!(target_os = "linux") {
            continue;
        }
        for force in ["", "--force"] {
            for (open, expected) in [
                (">all.txt", format!("header\n{numbers}footer\n")),
                (">>all.txt", format!("before\nheader\n{numbers}footer\n")),
                ("| cat >all.txt", format!("header\n{numbers}footer\n")),
            ] {
                std::fs::write(folder.path().join("all.txt"), "before\n").unwrap();
                let print = format!("\"$0\" print -e frame.number in.pcap {force} -o {path} {more}");
                let ended = shell(folder.path(), &format!("(echo header; {print}; echo footer) {open}"));
                let all = std::fs::read_to_string(folder.path().join("all.txt")).unwrap();
                let said = String::from_utf8_lossy(&ended.stderr);
                assert_eq!((all, &*said), (expected, ""), "{print} {open}");
            }
        }
    }
    assert_eq!(listing(folder.path()), ["all.txt", "in.pcap", "link", "links", "three"]);
}

#[test]
fn descriptors_that_are_not_open_or_are_read_from() {
    let folder = folder();
    std::fs::write(folder.path().join("in.pcap"), fixture_bytes("ping-rev3.pcap")).unwrap();
    for descriptor in [3, 4, 5, 9, 250] {
        let ended = shell(folder.path(), &format!("\"$0\" print in.pcap -o /dev/fd/{descriptor}"));
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(4), "{descriptor}: {said}");
        assert!(said.contains("is not open") || said.contains("Bad file descriptor"), "{said}");
    }
    // Inputs: as the system opens them.
    for line in [
        "\"$0\" print -e frame.number /dev/stdin <in.pcap",
        "cat in.pcap | \"$0\" print -e frame.number /dev/stdin",
        "\"$0\" print -e frame.number /dev/fd/7 7<in.pcap",
        "\"$0\" print -e frame.number <(cat in.pcap)",
        "\"$0\" filter frame in.pcap -o >(cat >out.pcap); sleep .3; \"$0\" print -e frame.number out.pcap",
        "\"$0\" print -e frame.number --last 9 /dev/stdin <in.pcap",
        "\"$0\" filter frame in.pcap --force -o /dev/null; \"$0\" filter frame in.pcap -o /dev/null; echo 1; seq 2 5",
    ] {
        let ended = shell(folder.path(), line);
        let (out, said) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
        assert_eq!((&*out, &*said), ("1\n2\n3\n4\n5\n", ""), "{line}");
    }
}

/// A terminal is one by whatever name: script(1) makes one.
#[test]
fn no_capture_is_written_to_a_terminal_by_any_name() {
    let folder = folder();
    let tool = env!("CARGO_BIN_EXE_mtrace-tool");
    let input = at(PING);
    for output in ["-", "/dev/stdout", "/dev/fd/1", "/dev/stderr", "/dev/tty", "/dev/fd/3"] {
        let line = format!("{tool} filter frame {} -o {output} 3>&1; echo exit $?", text(&input));
        let mut script = std::process::Command::new("script");
        script.args(["-qec", &line, "/dev/null"]).current_dir(folder.path()).stdin(Stdio::null());
        let Ok(ended) = script.output() else {
            eprintln!("script is not here: not tried");
            return;
        };
        let said = String::from_utf8_lossy(&ended.stdout).into_owned();
        assert!(said.contains("is not written to a terminal") && said.contains("exit 2"), "{output}: {said}");
    }
}

/// What a name promises that a report is not.
#[test]
fn a_report_under_the_name_of_a_capture_is_told() {
    let folder = folder();
    for (command, name, said) in [
        (&["print"][..], "out.pcap", "text; `mtrace-tool filter` and `mtrace-tool convert` write what"),
        (&["print", "-e", "frame.number"], "out.pcapng.gz", "text; `mtrace-tool filter` and"),
        (&["print", "--json"], "out.pcap", "JSON; `mtrace-tool filter` and"),
        (&["stats"], "out.csv", "text; `mtrace-tool convert` writes what"),
        (&["paths"], "out.json", "text; with `--json` it is what the name says"),
        (&["drops"], "out.svg", "text; `mtrace-tool flamegraph` and `mtrace-tool graph` draw what"),
        (&["diff", PING], "out.pcap", "text; `mtrace-tool filter` and"),
        (&["flamegraph"], "out.pcap", "an SVG picture; `mtrace-tool filter` and"),
        (&["graph"], "out.dot", "an SVG picture; `mtrace-tool convert` writes what"),
        (&["convert", "--to", "csv"], "out.pcap", "CSV; without --to it is what the name says"),
    ] {
        let path = folder.path().join(name);
        let ran = run(&[command, &[PING, "--force", "-o", text(&path)]].concat());
        assert_eq!(ran.code, 0, "{command:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(&format!("{name} will be {said}")), "{command:?}: {}", ran.stderr);
    }
    for (command, name) in [
        (&["print"][..], "out.txt"),
        (&["print"], "out"),
        (&["print", "--json"], "out.ndjson"),
        (&["stats", "--json"], "out.jsonl"),
        (&["graph"], "g.svg"),
        (&["convert"], "c.csv"),
        (&["convert", "--to", "chrome"], "c.json"),
    ] {
        let ran = run(&[command, &[PING, "--force", "-o", text(&folder.path().join(name))]].concat());
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{command:?} {name}");
    }
    // Compressed, as the name says.
    for name in ["out.txt.gz", "out.txt.zst"] {
        let path = folder.path().join(name);
        assert_eq!(run(&["print", PING, "-o", text(&path)]).code, 0);
        assert!(matches!(std::fs::read(&path).unwrap()[..2], [0x1f, 0x8b] | [0x28, 0xb5]), "{name}");
    }
}

/// What keeps a file from being replaced is said with what helps, and before anything is read where it can be known.
#[test]
fn a_file_that_can_be_written_and_not_replaced() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let (target, source) = (folder.path().join("a mount.pcap"), folder.path().join("source"));
    std::fs::write(&target, "old").unwrap();
    std::fs::write(&source, "mounted").unwrap();
    let mount = |words: &[&str]| std::process::Command::new("mount").args(words).output();
    if mount(&["--bind", text(&source), text(&target)]).is_ok_and(|ran| ran.status.success()) {
        let ran = run(&["filter", "frame", PING, "--force", "-o", text(&target)]);
        let _ = std::process::Command::new("umount").arg(&target).output();
        assert_eq!(ran.code, 4, "{}", ran.stderr);
        let said = format!("a mount point cannot be replaced; leave out -o: `> {}` writes", text(&target));
        assert!(ran.stderr.contains(&said), "{}", ran.stderr);
        assert_eq!(std::fs::read(&source).unwrap(), b"mounted");
    } else {
        crate::support::skip("a mount point", "only root may mount", "MTRACE_TEST_REQUIRE_MOUNT");
    }
    // As another user, in a folder of root's.
    let own = std::process::Command::new("id").arg("-u").output().unwrap().stdout;
    if own != b"0\n" {
        crate::support::skip("other users", "only root may become one", "MTRACE_TEST_REQUIRE_MOUNT");
        return;
    }
    let (tool, input) = (folder.path().join("tool"), folder.path().join("in.pcap"));
    // By another process: what this one has open for writing, a child of another test may have, too.
    let copied = std::process::Command::new("cp").arg(env!("CARGO_BIN_EXE_mtrace-tool")).arg(&tool).status();
    assert!(copied.unwrap().success());
    std::fs::write(&input, fixture_bytes("ping-rev3.pcap")).unwrap();
    for (mode, file, said) in [
        (
            0o755,
            Some(0o666),
            "Permission denied (os error 13): to replace it, a file has to be made in its directory",
        ),
        (0o755, None, "no file can be made in the directory"),
        (0o1777, Some(0o666), "a file of another user cannot be replaced in this directory"),
        (0o1777, Some(0o444), "a file of another user cannot be replaced in this directory"),
    ] {
        let out = folder.path().join(format!("out-{mode:o}-{file:?}.pcap"));
        if let Some(file) = file {
            std::fs::write(&out, "old").unwrap();
            std::fs::set_permissions(&out, PermissionsExt::from_mode(file)).unwrap();
        }
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(mode)).unwrap();
        let mut other = std::process::Command::new("setpriv");
        other.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&tool);
        other.args(["filter", "frame", text(&input), "--force", "-o", text(&out)]).env("NO_COLOR", "1");
        let ended = other.stdin(Stdio::null()).output().unwrap();
        let stderr = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(4), "{mode:o} {file:?}: {stderr}");
        assert!(
            stderr.contains(said) && stderr.contains("writes into it") == (file == Some(0o666)),
            "{mode:o} {file:?}: {stderr}"
        );
        assert_eq!(std::fs::read(&out).ok(), file.map(|_| b"old".to_vec()));
    }
}

/// A variable that is set and empty is not set; a bad one is named, and only where it is used.
#[test]
fn variables() {
    let list = folder();
    let (bad, missing) = (list.path().join("bad"), list.path().join("missing"));
    std::fs::write(&bad, "a b c d\n").unwrap();
    let template = "MTRACE_EDITOR_URL: `no such`";
    let said = "the variable MTRACE_ENDS says so";
    let links = &["print", "--color", "always", PING][..];
    for (name, value, arguments, code, said) in [
        ("MTRACE_EDITOR_URL", "", links, 0, ""),
        ("MTRACE_EDITOR_URL", "", &["print", "--json", PING], 0, ""),
        ("MTRACE_EDITOR_URL", "no such", &["print", "--json", PING], 0, ""),
        ("MTRACE_EDITOR_URL", "no such", &["print", PING], 0, ""),
        ("MTRACE_EDITOR_URL", "no such", &["print", "-e", "frame.number", "--color", "always", PING], 0, ""),
        (
            "MTRACE_EDITOR_URL",
            "no such",
            &["print", "--color", "always", "--link-template", "{path}", PING],
            0,
            "",
        ),
        ("MTRACE_EDITOR_URL", "no such", &["stats", PING], 0, ""),
        ("MTRACE_EDITOR_URL", "no such", links, 2, template),
        ("MTRACE_ENDS", "", &["drops", PING], 0, ""),
        ("MTRACE_ENDS", text(&missing), &["fields"], 0, ""),
        ("MTRACE_ENDS", text(&missing), &["paths", PING], 0, ""),
        ("MTRACE_ENDS", text(&missing), &["paths", "--by", "mbuf_trace.fate", PING], 3, said),
        ("MTRACE_ENDS", text(&missing), &["paths", "--show", "1", PING], 3, said),
        ("MTRACE_ENDS", text(&missing), &["info", PING], 0, ""),
        ("MTRACE_ENDS", text(&missing), &["check", PING], 0, ""),
        ("MTRACE_ENDS", text(&missing), &["filter", "icmp", PING], 0, ""),
        ("MTRACE_ENDS", text(&missing), &["filter", "mbuf_trace.fate == dropped", PING], 3, said),
        ("MTRACE_ENDS", text(&missing), &["convert", "--to", "pcap", PING], 0, ""),
        ("MTRACE_ENDS", text(&missing), &["convert", "--to", "csv", PING], 3, said),
        ("MTRACE_ENDS", text(&missing), &["print", "-e", "frame.number", PING], 0, ""),
        ("MTRACE_ENDS", text(&missing), &["print", "-e", "mbuf_trace.end_function", PING], 3, said),
        ("MTRACE_ENDS", text(&missing), &["stats", PING], 0, ""),
        ("MTRACE_ENDS", text(&missing), &["stats", "--by", "mbuf_trace.fate", PING], 3, said),
        ("MTRACE_ENDS", text(&missing), &["drops", "--ends", "/dev/null", PING], 0, ""),
        ("MTRACE_ENDS", text(&missing), &["drops", PING], 3, said),
        ("MTRACE_ENDS", text(&bad), &["drops", PING], 2, said),
    ] {
        let output = tool().args(arguments).env(name, value).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{name}={value} {arguments:?}: {stderr}");
        assert!(
            stderr.contains(said) && stderr.is_empty() == said.is_empty(),
            "{name}={value} {arguments:?}: {stderr}"
        );
    }
    // Empty ones of others.
    let run = |set: &[(&str, &str)]| {
        let mut tool = tool();
        tool.args(["print", PING]).env_remove("NO_COLOR");
        tool.envs(set.iter().copied()).output().unwrap().stdout
    };
    let plain = run(&[]);
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "FORCE_HYPERLINK", "TERM", "COLUMNS"] {
        assert!(run(&[(name, "")]) == plain, "{name}");
    }
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
