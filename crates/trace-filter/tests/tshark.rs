//! Every expression lets the same packets pass as tshark's display filter does, and both refuse the same ones.

use crate::packets::{has_tshark, packets, pcap};
use crate::parity::expressions::{Composer, Known};
use crate::parity::{Answer, Dice, agree, captures, differences};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Expressions that both have to take, or both refuse.
pub(crate) const SAME: &str = include_str!("expressions/same.txt");
/// Expressions that Wireshark takes and we refuse by name.
const REFUSED: &str = include_str!("expressions/refused.txt");
/// Expressions that Wireshark 4.0 refuses and we take.
const TAKEN: &str = include_str!("expressions/taken.txt");

/// One expression a line; lines that begin with `//` are remarks.
pub(crate) fn expressions(text: &str) -> Vec<String> {
    text.lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with("//"))
        .map(str::to_owned)
        .collect()
}

/// The same by topics, which are remarks after an empty line.
pub(crate) fn topics(text: &str) -> impl Iterator<Item = (String, Vec<String>)> {
    text.split("\n\n// ").skip(1).map(|topic| {
        let (name, rest) = topic.split_once('\n').unwrap();
        (name.replace(' ', "_"), expressions(rest))
    })
}

/// A snapshot, short enough for people to look at.
pub(crate) fn reviewable(shown: String) -> String {
    assert!(shown.lines().count() < 150, "{} lines, make two of it", shown.lines().count());
    shown
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// Packets of every kind that is decoded.
fn all_kinds(folder: &Path) -> PathBuf {
    let captured: Vec<_> = packets().into_iter().map(|(_, bytes)| (bytes.clone(), bytes.len())).collect();
    write(folder, "kinds.pcap", &pcap(&captured))
}

/// Asks of all captures, two at a time: most of the time is tshark's start.
fn check(captures: &[PathBuf], expressions: &[String], wanted: fn(&Answer, &Answer) -> bool) {
    let next = AtomicUsize::new(0);
    let found = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(capture) = captures.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let differences = differences(capture, expressions, wanted).into_iter();
                    let told = differences.map(|difference| format!("{}: {difference}", capture.display()));
                    found.lock().unwrap().extend(told);
                }
            });
        }
    });
    let found = found.into_inner().unwrap();
    let shown = found.iter().take(60).map(String::as_str).collect::<String>();
    assert!(found.is_empty(), "{} differences:\n{shown}", found.len());
}

#[test]
fn same_packets_and_same_refusals() {
    if !has_tshark("same_packets_and_same_refusals") {
        return;
    }
    let expressions = expressions(SAME);
    assert!(expressions.len() >= 300);
    let folder = tempfile::tempdir().unwrap();
    // Wireshark puts fragments together, of one packet and of several; this does not.
    let (fragments, mut files): (Vec<_>, Vec<_>) =
        captures::fixtures().into_iter().partition(|path| path.to_string_lossy().contains("fragments-"));
    files.push(all_kinds(folder.path()));
    files.push(write(folder.path(), "ethernet.pcap", &captures::ethernet(4_000)));
    files.push(write(folder.path(), "traces.pcap", &captures::traces(2_000)));
    check(&files, &expressions, agree);
    let inside = |expression: &String| ["udp", "contains", "#"].iter().any(|part| expression.contains(part));
    let others: Vec<_> = expressions.into_iter().filter(|expression| !inside(expression)).collect();
    check(&fragments, &others, agree);
}

#[test]
fn what_only_wireshark_takes_is_refused() {
    if !has_tshark("what_only_wireshark_takes_is_refused") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let files = [all_kinds(folder.path())];
    check(&files, &expressions(REFUSED), |theirs, ours| theirs.is_ok() && ours.is_err());
}

#[test]
fn what_only_we_take() {
    if !has_tshark("what_only_we_take") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let files = [all_kinds(folder.path())];
    check(&files, &expressions(TAKEN), |theirs, ours| theirs.is_err() && ours.is_ok());
}

/// Expressions made up by chance. `MTRACE_TEST_EXPRESSIONS` says how many, `MTRACE_TEST_SEED` which ones.
#[test]
fn random_expressions() {
    if !has_tshark("random_expressions") {
        return;
    }
    let asked = |name: &str, default: usize| {
        std::env::var(name).ok().map_or(default, |text| text.parse().expect("a number"))
    };
    let count = asked("MTRACE_TEST_EXPRESSIONS", 2_000);
    let seed = u64::try_from(asked("MTRACE_TEST_SEED", 1)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let files = [
        all_kinds(folder.path()),
        write(folder.path(), "ethernet.pcap", &captures::ethernet(300)),
        write(folder.path(), "traces.pcap", &captures::traces(300)),
    ];
    for file in files {
        let known = Known::of(&std::fs::read(&file).unwrap());
        let dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let mut composer = Composer { known: &known, dice };
        let expressions: Vec<_> = (0..count).map(|_| composer.expression(2)).collect();
        check(&[file], &expressions, agree);
    }
}
