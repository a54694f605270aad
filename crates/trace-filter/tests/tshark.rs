//! Every expression lets the same packets pass as `tshark -Y` does, and both refuse the same ones.

#[path = "../../trace-fields/tests/packets/mod.rs"]
mod packets;

use capture_file::{Item, Reader};
use packets::{has_tshark, pcap, tshark};
use std::fmt::Write;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use trace_fields::Subject;
use trace_filter::{Filter, Scratch};

/// Expressions that both have to take, or both refuse.
const SAME: &str = include_str!("expressions/same.txt");
/// Expressions that Wireshark takes and we refuse by name.
const REFUSED: &str = include_str!("expressions/refused.txt");
/// Expressions that Wireshark 4.0 refuses and we take.
const TAKEN: &str = include_str!("expressions/taken.txt");

/// One expression a line; lines that begin with `//` are remarks.
fn expressions(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with("//")).collect()
}

/// Numbers of the packets that pass, or the complaint.
fn theirs(file: &Path, expression: &str) -> Result<String, String> {
    let output = tshark(file, &["-Y", expression, "-T", "fields", "-e", "frame.number"])?;
    Ok(output.lines().collect::<Vec<_>>().join(" "))
}

fn ours(capture: &[u8], expression: &str) -> Result<String, String> {
    let filter = Filter::compile(expression).map_err(|error| error.render(false))?;
    let mut scratch = Scratch::default();
    let mut reader = Reader::new(capture).unwrap();
    let mut passed = Vec::new();
    while let Some(item) = reader.next_item().unwrap() {
        if let Item::Packet(packet) = item
            && filter.matches(&mut scratch, &Subject::new(&packet))
        {
            passed.push(packet.number.to_string());
        }
    }
    Ok(passed.join(" "))
}

/// Runs `check` on every expression with both answers, two at a time, and fails with all that it says.
fn compare(
    test: &str,
    text: &'static str,
    check: fn(&Result<String, String>, &Result<String, String>) -> bool,
) {
    if !has_tshark(test) {
        return;
    }
    let captured: Vec<_> =
        packets::packets().into_iter().map(|(_, bytes)| (bytes.clone(), bytes.len())).collect();
    let capture = pcap(&captured);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("packets.pcap");
    std::fs::write(&file, &capture).unwrap();

    // Starting tshark takes most of the time: without the variable, every fourth expression has to do.
    let all = std::env::var_os("MTRACE_TEST_REQUIRE_TSHARK").is_some();
    let step = if all || expressions(text).len() < 20 { 1 } else { 4 };
    let expressions: Vec<_> = expressions(text).into_iter().step_by(step).collect();
    assert!(!expressions.is_empty());
    let next = AtomicUsize::new(0);
    let report = Mutex::new(String::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(expression) = expressions.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let theirs = theirs(&file, expression);
                    let ours = ours(&capture, expression);
                    if !check(&theirs, &ours) {
                        let mut report = report.lock().unwrap_or_else(PoisonError::into_inner);
                        let _ = writeln!(report, "{expression}\n  tshark: {theirs:?}\n  here:   {ours:?}");
                    }
                }
            });
        }
    });
    let report = report.into_inner().unwrap_or_else(PoisonError::into_inner);
    assert!(report.is_empty(), "of {} expressions:\n{report}", expressions.len());
}

#[test]
fn same_packets_and_same_refusals() {
    assert!(expressions(SAME).len() >= 60);
    compare("same_packets_and_same_refusals", SAME, |theirs, ours| match (theirs, ours) {
        (Ok(theirs), Ok(ours)) => theirs == ours,
        (Err(_), Err(_)) => true,
        _ => false,
    });
}

#[test]
fn what_only_wireshark_takes_is_refused() {
    compare("what_only_wireshark_takes_is_refused", REFUSED, |theirs, ours| theirs.is_ok() && ours.is_err());
}

#[test]
fn what_only_we_take() {
    compare("what_only_we_take", TAKEN, |theirs, ours| theirs.is_err() && ours.is_ok());
}
