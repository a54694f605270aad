//! The documentation shows what the tool prints: every `console` block of `README.md` and `docs/*.md` is run.
//!
//! A block holds commands, each after `$ `, and below each its output, both streams together. A line `…` stands for
//! any number of lines. Commands of one file run in order in one folder, with the fixtures in it, so a later one
//! can read what an earlier one wrote. `cargo run` runs the tool as built.
//! `UPDATE_DOCS=1 cargo test --test tests docs` writes what is printed.

use crate::support::{folder, is_there, tool};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What stands for any number of lines.
const CUT: &str = "…";

#[test]
fn every_example() {
    let mut wrong = String::new();
    for path in documents() {
        let text = std::fs::read_to_string(&path).expect("a document");
        let folder = folder();
        for name in ["fixtures", "lua"] {
            std::os::unix::fs::symlink(root().join(name), folder.path().join(name)).expect("a link");
        }
        let (mut now, mut examples) = (String::new(), 0);
        for part in Part::all(&text) {
            let shown = match &part {
                Part::Other(lines) => lines.clone(),
                Part::Example { command, output } => {
                    examples += 1;
                    // Without tshark, its output is taken as shown, which `is_there` reports or forbids.
                    let is_skipped = command.contains("tshark")
                        && !is_there("tshark", "--version", "MTRACE_TEST_REQUIRE_TSHARK");
                    match is_skipped {
                        true => format!("{command}{output}"),
                        false => {
                            format!("{command}{}", cut_like(output, &print(command, output, folder.path())))
                        }
                    }
                }
            };
            now.push_str(&shown);
        }
        // Counted without the parser: a command in any other block, or a block of none, is an example that never ran.
        let commands = text.lines().filter(|line| line.starts_with("$ ")).count();
        assert_eq!(examples, commands, "{}: commands outside of console blocks", path.display());
        let (blocks, begun) = (text.matches("```console").count(), text.matches("```console\n$ ").count());
        assert_eq!(begun, blocks, "{}: console blocks without a command", path.display());
        if now == text {
            continue;
        }
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, now).expect("the document is written");
        } else {
            let changes = similar::TextDiff::from_lines(&text, &now);
            write!(wrong, "{}:\n{}", path.display(), changes.unified_diff()).expect("a string");
        }
    }
    assert!(
        wrong.is_empty(),
        "UPDATE_DOCS=1 cargo test --test tests docs writes what is printed now\n{wrong}"
    );
}

/// A piece of a document.
enum Part {
    /// A command with its `$ `, and what is shown as its output.
    Example { command: String, output: String },
    /// Anything else.
    Other(String),
}

impl Part {
    /// The document's pieces in order; together they are the document.
    fn all(text: &str) -> Vec<Self> {
        let mut parts = Vec::new();
        let mut inside = false;
        let mut lines = text.split_inclusive('\n').peekable();
        while let Some(line) = lines.next() {
            if line.starts_with("```") {
                inside = line.trim_end() == "```console";
            }
            if !(inside && line.starts_with("$ ")) {
                parts.push(Self::Other(line.to_owned()));
                continue;
            }
            let mut command = line.to_owned();
            while command.ends_with("\\\n") {
                command.push_str(lines.next().unwrap_or_default());
            }
            let mut output = String::new();
            while let Some(line) = lines.next_if(|line| !line.starts_with("$ ") && !line.starts_with("```")) {
                output.push_str(line);
            }
            parts.push(Self::Example { command, output });
        }
        parts
    }
}

/// What the command prints, as a terminal would show it. One that fails is shown in full.
fn print(command: &str, shown: &str, folder: &Path) -> String {
    let programs = Path::new(tool().get_program()).parent().expect("a folder").to_path_buf();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let paths = std::iter::once(programs).chain(std::env::split_paths(&path));
    let shell =
        command.strip_prefix("$ ").expect("a command").replace("cargo run --quiet -- ", "mtrace-tool ");
    let mut run = Command::new("sh");
    run.args(["-c", &format!("exec 2>&1\n{shell}")]).current_dir(folder).stdin(Stdio::null());
    run.envs([("NO_COLOR", "1"), ("TZ", "UTC"), ("LC_ALL", "C.UTF-8")]).env("HOME", folder);
    run.env("PATH", std::env::join_paths(paths).expect("a path"));
    run.env_remove("CLICOLOR_FORCE").env_remove("FORCE_HYPERLINK").env_remove("MTRACE_EDITOR_URL");
    let printed = run.output().expect("a shell");
    assert!(printed.status.success() || !shown.lines().any(|line| line == CUT), "{command}{printed:?}");
    String::from_utf8(printed.stdout).expect("text")
}

/// What was printed, with lines left out where the document leaves them out; as it is if it is something else.
fn cut_like(shown: &str, printed: &str) -> String {
    let printed = if printed.is_empty() || printed.ends_with('\n') {
        printed.to_owned()
    } else {
        format!("{printed}\n")
    };
    let lines: Vec<&str> = printed.lines().collect();
    let pieces: Vec<Vec<&str>> =
        shown.lines().collect::<Vec<_>>().split(|line| *line == CUT).map(<[_]>::to_vec).collect();
    let [first, between @ .., last] = pieces.as_slice() else { return printed };
    if fits(&lines, first, between, last) {
        return shown.to_owned();
    }
    // Something changed: as many lines from the start as before.
    let kept: Vec<&str> = lines.iter().take(first.len()).copied().collect();
    match kept.len() < lines.len() {
        true => format!("{}\n{CUT}\n", kept.join("\n")),
        false => printed,
    }
}

/// Whether the lines are these pieces in order, with anything between them.
fn fits(lines: &[&str], first: &[&str], between: &[Vec<&str>], last: &[&str]) -> bool {
    let Some(mut rest) = lines.strip_prefix(first) else { return false };
    for piece in between {
        let Some(at) = (0..=rest.len()).find(|at| rest[*at..].starts_with(piece)) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last)
}

/// The documents for users.
fn documents() -> Vec<PathBuf> {
    let folder = std::fs::read_dir(root().join("docs")).expect("the folder of documents");
    let mut documents: Vec<PathBuf> = folder.map(|entry| entry.expect("an entry").path()).collect();
    documents.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    assert!(!documents.is_empty(), "no document was found");
    documents.push(root().join("README.md"));
    documents.sort();
    documents
}

fn root() -> &'static Path {
    Path::new(crate::support::ROOT)
}
