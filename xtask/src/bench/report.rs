//! What was measured, on the terminal and in `docs/performance.md`.

use super::Outcome;
use super::work::Limit;
use crate::run::{output, program};
use anyhow::{Context, Result};
use std::fmt::Write;
use std::path::Path;

const BEGIN: &str = "<!-- measured: cargo xtask bench --write -->\n";
const END: &str = "<!-- end -->";

impl Outcome {
    fn ratio(&self) -> Option<f64> {
        Some(self.ours.median() / self.theirs.as_ref()?.median())
    }

    /// What was reached, in the limit's unit, and what may be.
    fn reached(&self) -> (String, String, bool) {
        let ratio = self.ratio().unwrap_or(f64::NAN);
        let peak = self.ours.peak();
        match self.limit {
            Limit::Times(most) if most < 0.1 => (inverse(ratio), inverse(most), ratio <= most),
            Limit::Times(most) => (format!("{ratio:.2}"), format!("{most}"), ratio <= most),
            Limit::Growth(most, mib) => (
                format!("{ratio:.2}, {:.1} MiB", mebibytes(peak)),
                format!("{most}, {mib} MiB"),
                ratio <= most && peak <= mib << 10,
            ),
            Limit::Millis(most) => {
                let millis = self.ours.median() * 1000.0;
                (format!("{millis:.1} ms"), format!("{most} ms"), millis <= most)
            }
        }
    }

    fn row(&self) -> String {
        let (reached, limit, good) = self.reached();
        let (shortest, longest) = self.ours.spread();
        let theirs = self.theirs.as_ref().map_or_else(|| "–".to_owned(), |theirs| seconds(theirs.median()));
        let peer = self.peer.replace('|', "\\|").replace(" > OUT", "").replace("-X lua_script:LUA ", "");
        format!(
            "| {} | {} ({}–{}) | `{peer}` | {theirs} | {reached} | {limit} | {} |",
            self.name,
            seconds(self.ours.median()),
            seconds(shortest),
            seconds(longest),
            if good { "yes" } else { "**no**" },
        )
    }
}

/// A small ratio as `1/N`.
fn inverse(ratio: f64) -> String {
    format!("1/{:.0}", 1.0 / ratio)
}

fn seconds(seconds: f64) -> String {
    if seconds < 0.1 { format!("{:.1} ms", seconds * 1000.0) } else { format!("{seconds:.2} s") }
}

#[expect(clippy::cast_precision_loss, reason = "shown with one digit")]
fn mebibytes(kib: u64) -> f64 {
    kib as f64 / 1024.0
}

pub(super) fn one(outcome: Option<&Outcome>) {
    if let Some(outcome) = outcome {
        println!("{}", outcome.row());
    }
}

/// Puts the table into the document, between the markers.
pub(super) fn write(root: &Path, outcomes: &[Outcome], size: u64) -> Result<()> {
    let path = root.join("docs/performance.md");
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let (before, rest) = text.split_once(BEGIN).context("the document has no place for the results")?;
    let (_, after) = rest.split_once(END).context("the place for the results has no end")?;
    let mut table = format!("{before}{BEGIN}\n{}\n\n", machine(root, size));
    table.push_str("| work | ours (shortest–longest) | peer | its time | ratio | at most | kept |\n");
    table.push_str("| --- | --- | --- | --- | --- | --- | --- |\n");
    for outcome in outcomes {
        writeln!(table, "{}", outcome.row())?;
    }
    std::fs::write(&path, format!("{table}\n{END}{after}"))?;
    Ok(())
}

/// The machine and the programs.
fn machine(root: &Path, size: u64) -> String {
    let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let models: Vec<&str> = cpus
        .lines()
        .filter_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map(|(_, model)| model)
        .collect();
    let model = models.first().copied().unwrap_or("unknown processor");
    let version = |name: &str| {
        // tcpdump tells its version on standard error.
        let told =
            output(program(root, "sh", &["-c", &format!("{name} --version 2>&1")])).unwrap_or_default();
        let first = told.lines().next().unwrap_or_default();
        first
            .split_whitespace()
            .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))
            .map(str::to_owned)
    };
    let peers = ["tcpdump", "tshark", "editcap", "capinfos"]
        .map(|name| format!("{name} {}", version(name).unwrap_or_else(|| "not there".to_owned())));
    format!(
        "{} × {model}; a capture of {} MB made by `cargo xtask synth`; {}.",
        models.len(),
        size / 1_000_000,
        peers.join(", ")
    )
}
