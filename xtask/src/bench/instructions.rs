//! `cargo xtask bench --instructions`: how many instructions the tool takes for a small capture, counted by valgrind.
//!
//! Counts hardly depend on what else the machine does, so a change that makes a hot path slower shows anywhere. Those
//! of the last time they were written stand in `instructions.toml`; they are of one compiler and one C library, so
//! elsewhere only a comparison with counts made there says something.

use super::Place;
use super::work::WORK;
use crate::run::{output, program, succeeds};
use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use trace_synth::{Amount, Recipe};

/// Names of the work in `work.rs` that is counted.
const COUNTED: [&str; 9] = [
    "filter icmp",
    "filter a function",
    "filter of ten terms",
    "convert to pcapng",
    "convert to NDJSON",
    "print",
    "info",
    "paths",
    "stats --by ip.src",
];

/// Packets of the capture: enough to make starting the tool small beside them.
const PACKETS: u64 = 5_000;

/// What is no change, in hundredths: where memory lies changes a count a little.
const TOLERANCE: f64 = 2.0;

const HEADER: &str = "# Instructions of the tool for 5,000 packets. Written by \
    `cargo xtask bench --instructions --write`.\n";

/// What is kept.
#[derive(Debug, Default, Deserialize, Serialize)]
struct Kept {
    /// The compiler that they were counted with.
    rustc: String,
    /// By the work's name.
    instructions: BTreeMap<String, u64>,
}

/// Counts what is wanted, and writes the counts or holds them against those that are kept.
pub(super) fn count(root: &Path, place: &Place, write: bool, wanted: impl Fn(&str) -> bool) -> Result<()> {
    ensure!(
        succeeds(program(root, "valgrind", &["--version"])),
        "valgrind is not there, so nothing was counted (Debian, Ubuntu: apt-get install valgrind)"
    );
    let capture = place.folder.join("instructions.pcap");
    Recipe::default().write(Amount::Packets(PACKETS), &std::fs::File::create(&capture)?)?;
    let path = root.join("xtask/src/bench/instructions.toml");
    let mut kept: Kept = match std::fs::read_to_string(&path) {
        Ok(text) => toml::from_str(&text).with_context(|| format!("cannot read {}", path.display()))?,
        Err(_) => Kept::default(),
    };
    let rustc = output(program(root, "rustc", &["--version"])).context("cannot ask rustc for its version")?;
    if kept.rustc != rustc {
        eprintln!("the counts that are kept are of {:?}, these are of {rustc:?}", kept.rustc);
    }
    let mut worse = Vec::new();
    for work in WORK.iter().filter(|work| COUNTED.contains(&work.name) && wanted(work.name)) {
        let counted = instructions(root, place, &place.line(work.ours, &capture))?;
        let before = kept.instructions.insert(work.name.to_owned(), counted);
        let change = before.map(|before| percent(before, counted));
        let told = change.map_or_else(|| "not kept yet".to_owned(), |change| format!("{change:+.1} %"));
        println!("{:<24} {:>8.1} M  {told}", work.name, millions(counted));
        if change.is_some_and(|change| change > TOLERANCE) {
            worse.push(work.name);
        }
    }
    if write {
        kept.rustc = rustc;
        std::fs::write(&path, format!("{HEADER}\n{}", toml::to_string(&kept)?))?;
    } else if !worse.is_empty() {
        bail!("more than {TOLERANCE} % more instructions than are kept: {}", worse.join(", "));
    }
    Ok(())
}

/// How many instructions a command takes.
fn instructions(root: &Path, place: &Place, line: &str) -> Result<u64> {
    let log = place.folder.join("callgrind.log");
    let line = format!(
        "valgrind --tool=callgrind --callgrind-out-file=/dev/null --log-file='{}' {line}",
        log.display()
    );
    ensure!(succeeds(program(root, "sh", &["-c", &line])), "{line} failed");
    let told = std::fs::read_to_string(&log).with_context(|| format!("{line} told nothing"))?;
    collected(&told).with_context(|| format!("{line} told no count"))
}

/// The count in what callgrind says.
fn collected(told: &str) -> Option<u64> {
    told.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok())
}

#[expect(clippy::cast_precision_loss, reason = "shown with one digit")]
fn millions(count: u64) -> f64 {
    count as f64 / 1e6
}

/// How many hundredths more there are now.
fn percent(before: u64, now: u64) -> f64 {
    (millions(now) / millions(before) - 1.0) * 100.0
}

#[cfg(test)]
mod tests {
    use super::{COUNTED, Kept, WORK, collected};

    #[test]
    fn what_callgrind_says() {
        let told = "==7== Events    : Ir\n==7== Collected : 371903\n==7==\n==7== I   refs:      371,903\n";
        assert_eq!(collected(told), Some(371_903));
        assert_eq!(collected("==7== nothing\n"), None);
    }

    #[test]
    fn what_is_counted_is_kept() {
        let kept: Kept = toml::from_str(include_str!("instructions.toml")).unwrap();
        for name in COUNTED {
            assert!(WORK.iter().any(|work| work.name == name), "{name}");
            assert!(kept.instructions.contains_key(name), "{name}");
        }
        assert_eq!(kept.instructions.len(), COUNTED.len());
    }
}
