//! Outputs that take no more: a file system that is full, a file that may not grow, a reader that goes away.

use crate::faults::{TO_FILE, TO_STDOUT};
use crate::support::{capture_of, fixture_bytes, folder, listing, skip, tool};
use std::io::Read;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The inputs, in a folder that has room for them.
fn inputs(folder: &Path) -> [String; 2] {
    let texts: Vec<Vec<String>> = (0..1500)
        .map(|number| {
            vec![format!("a.c:{number}: +function_{number}({})", "x".repeat(100)), "if.c:1: data".to_owned()]
        })
        .collect();
    let (pcap, pcapng) = (folder.join("in.pcap"), folder.join("in.pcapng"));
    std::fs::write(&pcap, capture_of(&texts)).unwrap();
    std::fs::write(&pcapng, fixture_bytes("tcp-rev4.pcap")).unwrap();
    [pcap, pcapng].map(|path| path.to_str().unwrap().to_owned())
}

fn arguments<'a>(command: &'a [&str], [pcap, pcapng]: &'a [String; 2]) -> Vec<&'a str> {
    let of = |word: &&'a str| match *word {
        "@" => pcap,
        "@ng" => pcapng,
        word => word,
    };
    command.iter().map(of).collect()
}

/// The tool in a shell that has set a limit before.
fn limited(limit: &str, arguments: &[&str]) -> Output {
    let tool = tool();
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{limit}; exec \"$0\" \"$@\"")]).arg(tool.get_program()).args(arguments);
    shell.env("NO_COLOR", "1").stdin(Stdio::null()).output().expect("a shell")
}

#[test]
fn a_file_that_may_not_grow() {
    let folder = folder();
    let inputs = inputs(folder.path());
    let out = folder.path().join("out");
    let mut refused = 0;
    for (command, name) in TO_FILE {
        // Its own place, as the format may follow the name.
        let out = out.with_file_name(name);
        std::fs::write(&out, "precious").unwrap();
        let whole = tool().args(arguments(command, &inputs)).output().unwrap();
        let command = [&arguments(command, &inputs)[..], &["--force", "-o", out.to_str().unwrap()]].concat();
        // Four blocks of 512 bytes.
        let ran = limited("ulimit -f 4", &command);
        let stderr = String::from_utf8_lossy(&ran.stderr);
        if ran.status.code() == whole.status.code() {
            assert!(std::fs::metadata(&out).unwrap().len() <= 4 * 1024, "{command:?}");
        } else {
            refused += 1;
            assert_eq!(ran.status.code(), Some(4), "{command:?}: {} {stderr}", ran.status);
            assert!(stderr.contains("File too large") && stderr.contains(out.to_str().unwrap()), "{stderr}");
            assert!(!stderr.contains(".mtrace-tool-"), "{stderr}");
            assert_eq!(std::fs::read(&out).unwrap(), b"precious", "{command:?}");
        }
        std::fs::remove_file(&out).unwrap();
        assert_eq!(listing(folder.path()), ["in.pcap", "in.pcapng"], "{command:?}");
    }
    assert!(refused > 10, "only {refused}");
}

/// A file system of 64 KiB, for as long as this lives.
struct Tiny(tempfile::TempDir);

impl Tiny {
    fn mount() -> Option<Self> {
        let folder = folder();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"]).arg(folder.path());
        mount.output().is_ok_and(|ran| ran.status.success()).then_some(Self(folder))
    }
}

impl Drop for Tiny {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).output();
    }
}

#[test]
fn a_file_system_that_is_full() {
    let Some(tiny) = Tiny::mount() else {
        skip("a full file system", "only root may mount one", "MTRACE_TEST_REQUIRE_MOUNT");
        return;
    };
    let folder = folder();
    let inputs = inputs(folder.path());
    let mut refused = 0;
    for (command, name) in TO_FILE {
        let out = tiny.0.path().join(name);
        std::fs::write(&out, "precious").unwrap();
        let whole = tool().args(arguments(command, &inputs)).output().unwrap();
        let mut tool = tool();
        tool.args(arguments(command, &inputs)).args(["--force", "-o", out.to_str().unwrap()]);
        let ran = tool.output().unwrap();
        let stderr = String::from_utf8_lossy(&ran.stderr);
        if ran.status.code() != whole.status.code() {
            refused += 1;
            assert_eq!(ran.status.code(), Some(4), "{command:?}: {stderr}");
            assert!(stderr.contains("No space left") && stderr.contains(out.to_str().unwrap()), "{stderr}");
            assert_eq!(std::fs::read(&out).unwrap(), b"precious", "{command:?}");
        } else {
            assert!(std::fs::metadata(&out).unwrap().len() <= 64 << 10, "{command:?}");
        }
        std::fs::remove_file(&out).unwrap();
        assert_eq!(listing(tiny.0.path()), Vec::<String>::new(), "{command:?}");
    }
    assert!(refused > 5, "only {refused}");
}

#[test]
fn a_reader_that_goes_away_anywhere() {
    let folder = folder();
    let inputs = inputs(folder.path());
    let all = TO_FILE.iter().map(|(command, _)| *command).chain(TO_STDOUT.iter().copied());
    for command in all {
        let command = arguments(command, &inputs);
        let whole = tool().args(&command).output().unwrap();
        let length = whole.stdout.len();
        for taken in [0, 1, 100, length / 2, length.saturating_sub(1)] {
            let mut tool = tool();
            let mut child =
                tool.args(&command).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            let mut stdout = child.stdout.take().unwrap();
            stdout.read_exact(&mut vec![0; taken.min(length)]).unwrap();
            drop(stdout);
            let ended = child.wait_with_output().unwrap();
            let stderr = String::from_utf8_lossy(&ended.stderr);
            let code = ended.status.code();
            // Nothing of the end can be said any more, unless it was reached.
            assert!(
                code == Some(0) || code == whole.status.code(),
                "{command:?}, {taken}: {} {stderr}",
                ended.status
            );
            assert!(!stderr.contains("pipe"), "{command:?}, {taken}: {stderr}");
        }
    }
}
