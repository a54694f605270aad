//! Running a command, its time and its memory.

use anyhow::{Context, Result, bail};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// One run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) time: Duration,
    /// Most memory in use at once, in KiB; 0 where the run was too short to be looked at.
    pub(crate) peak: u64,
}

/// Several runs of one command.
#[derive(Debug, Default)]
pub(crate) struct Samples(Vec<Sample>);

impl Samples {
    pub(crate) fn add(&mut self, sample: Sample) {
        self.0.push(sample);
        self.0.sort_by_key(|sample| sample.time);
    }

    /// In seconds.
    pub(crate) fn median(&self) -> f64 {
        self.0.get(self.0.len() / 2).map_or(f64::NAN, |sample| sample.time.as_secs_f64())
    }

    /// Shortest and longest, in seconds.
    pub(crate) fn spread(&self) -> (f64, f64) {
        let seconds = |sample: Option<&Sample>| sample.map_or(f64::NAN, |sample| sample.time.as_secs_f64());
        (seconds(self.0.first()), seconds(self.0.last()))
    }

    /// In KiB.
    pub(crate) fn peak(&self) -> u64 {
        self.0.iter().map(|sample| sample.peak).max().unwrap_or_default()
    }
}

/// Runs a command in a shell. A pipe's memory is that of its last part.
pub(crate) fn once(command: &str) -> Result<Sample> {
    let line = if command.contains('|') { command.to_owned() } else { format!("exec {command}") };
    let start = Instant::now();
    let mut child = Command::new("sh")
        .args(["-c", &line])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot run a shell")?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let ended = loop {
        if let Some(ended) = child.try_wait()? {
            break ended;
        }
        peak =
            peak.max(std::fs::read_to_string(&status).ok().and_then(|text| high_water(&text)).unwrap_or(0));
        // As often as makes the time right to a twentieth; what looking costs is the same for both sides.
        let pause = start.elapsed() / 20;
        std::thread::sleep(pause.clamp(Duration::from_micros(100), Duration::from_millis(2)));
    };
    let time = start.elapsed();
    if !ended.success() {
        bail!("{command}: {ended}");
    }
    Ok(Sample { time, peak })
}

/// `VmHWM` of a process's status, in KiB.
fn high_water(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}
