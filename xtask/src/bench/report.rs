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

    /// What was reached, in the limit's unit, what may be, and whether that is kept, where there is a limit.
    fn reached(&self) -> (String, String, Option<bool>) {
        let ratio = self.ratio().unwrap_or(f64::NAN);
        let peak = self.ours.peak();
        match self.limit {
            Limit::Times(most) if most < 0.1 => (inverse(ratio), inverse(most), Some(ratio <= most)),
            Limit::Times(most) => (format!("{ratio:.2}"), format!("{most}"), Some(ratio <= most)),
            Limit::Growth(most, mib) => (
                format!("{ratio:.2}, {:.1} MiB", mebibytes(peak)),
                format!("{most}, {mib} MiB"),
                Some(ratio <= most && peak <= mib << 10),
            ),
            Limit::Millis(most) => {
                let millis = self.ours.median() * 1000.0;
                (format!("{millis:.1} ms"), format!("{most} ms"), Some(millis <= most))
            }
            Limit::Any => (format!("{ratio:.2}"), "–".to_owned(), None),
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
            match good {
                Some(true) => "yes",
                Some(false) => "**no**",
                None => "–",
            },
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
pub(super) fn write(root: &Path, outcomes: &[Outcome], size: u64, lua: &Path) -> Result<()> {
    let path = root.join("docs/performance.md");
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let (before, rest) = text.split_once(BEGIN).context("the document has no place for the results")?;
    let (_, after) = rest.split_once(END).context("the place for the results has no end")?;
    let mut table = format!("{before}{BEGIN}\n{}\n\n", machine(root, size, lua));
    table.push_str("| work | ours (shortest–longest) | peer | its time | ratio | at most | kept |\n");
    table.push_str("| --- | --- | --- | --- | --- | --- | --- |\n");
    for outcome in outcomes {
        writeln!(table, "{}", outcome.row())?;
    }
    std::fs::write(&path, format!("{table}\n{END}{after}"))?;
    Ok(())
}

/// A program's version. Tells nothing of other lines: tshark warns first when root runs it, and tcpdump tells its
/// version on standard error.
fn version(root: &Path, name: &str) -> Option<String> {
    let told = output(program(root, "sh", &["-c", &format!("{name} --version 2>&1")]))?;
    version_in(&told, name).map(str::to_owned)
}

/// The first number in the line that begins with the program's name.
fn version_in<'a>(told: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = told.lines().map(|line| line.split_whitespace());
    let mut words = lines.find_map(|mut words| words.next()?.eq_ignore_ascii_case(name).then_some(words))?;
    words.find(|word| word.starts_with(|c: char| c.is_ascii_digit())).map(|word| word.trim_end_matches('.'))
}

/// The machine, the programs, and the dissector that tshark runs with.
fn machine(root: &Path, size: u64, lua: &Path) -> String {
    let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let models: Vec<&str> = cpus
        .lines()
        .filter_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map(|(_, model)| model)
        .collect();
    let model = models.first().copied().unwrap_or("unknown processor");
    let peers = ["tcpdump", "tshark", "editcap", "capinfos"]
        .map(|name| format!("{name} {}", version(root, name).unwrap_or_else(|| "not there".to_owned())));
    format!(
        "{} × {model}; a capture of {} MB made by `cargo xtask synth`; {}; tshark runs with {}.",
        models.len(),
        size / 1_000_000,
        peers.join(", "),
        if lua.starts_with(root) { "our dissector" } else { "the dissector given with `--lua`" },
    )
}

#[cfg(test)]
mod tests {
    use super::version_in;

    #[test]
    fn versions() {
        let as_root = "Running as user \"root\" and group \"root\". This could be dangerous.\n\
                       TShark (Wireshark) 4.0.17 (Git v4.0.17 packaged as 4.0.17-0+deb12u2).\n";
        let tcpdump = "tcpdump version 4.99.3\nlibpcap version 1.10.3 (with TPACKET_V3)\n";
        assert_eq!(version_in(as_root, "tshark"), Some("4.0.17"));
        assert_eq!(version_in("TShark (Wireshark) 4.4.18.\n", "tshark"), Some("4.4.18"));
        assert_eq!(version_in(tcpdump, "tcpdump"), Some("4.99.3"));
        assert_eq!(version_in("sh: 1: editcap: not found\n", "editcap"), None);
    }
}
