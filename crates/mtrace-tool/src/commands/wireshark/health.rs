//! What was found in an examination, and how it is told.

use crate::failure::Failure;
use mbuf_trace::Text;
use serde::Serialize;
use std::fmt::{self, Write};
use trace_view::{Counted, json};

/// How one thing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Standing {
    /// As it should be.
    Ok,
    /// Worth knowing, and no obstacle.
    Note,
    /// In the way.
    Problem,
    /// Could not be looked at, because of something above.
    Skipped,
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Problem => "problem",
            Self::Skipped => "skipped",
        })
    }
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    name: &'static str,
    standing: Standing,
    message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

/// All of them. Texts of other programs and names of files are escaped when they get here.
#[derive(Debug, Default)]
pub(super) struct Health {
    findings: Vec<Finding>,
}

/// The JSON form. Its names are an interface: they change with the tool's major version only.
#[derive(Serialize)]
struct HealthJson<'a> {
    ok: bool,
    checks: &'a [Finding],
}

impl Health {
    pub(super) fn ok(&mut self, name: &'static str, message: &dyn fmt::Display) {
        self.add(name, Standing::Ok, message, None);
    }

    pub(super) fn skipped(&mut self, name: &'static str, message: &dyn fmt::Display) {
        self.add(name, Standing::Skipped, message, None);
    }

    pub(super) fn note(&mut self, name: &'static str, message: &dyn fmt::Display, advice: &str) {
        self.add(name, Standing::Note, message, Some(advice));
    }

    pub(super) fn problem(&mut self, name: &'static str, message: &dyn fmt::Display, advice: &str) {
        self.add(name, Standing::Problem, message, Some(advice));
    }

    fn add(
        &mut self,
        name: &'static str,
        standing: Standing,
        message: &dyn fmt::Display,
        advice: Option<&str>,
    ) {
        let advice = advice.filter(|advice| !advice.is_empty()).map(str::to_owned);
        self.findings.push(Finding { name, standing, message: message.to_string(), advice });
    }

    /// Whether nothing is in the way.
    pub(super) fn is_good(&self) -> bool {
        self.findings.iter().all(|finding| finding.standing != Standing::Problem)
    }

    /// One JSON object on a line.
    pub(super) fn json(&self) -> Result<String, Failure> {
        let mut out = Vec::new();
        let health = HealthJson { ok: self.is_good(), checks: &self.findings };
        json::write(&mut out, &health).map_err(|error| Failure::output("standard output", error))?;
        out.push(b'\n');
        Ok(String::from_utf8_lossy(&out).into_owned())
    }

    /// A line for each finding, and one for what to do.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        for Finding { name, standing, message, advice } in &self.findings {
            let _ = writeln!(out, "{standing:<8} {name:<10} {message}");
            if let Some(advice) = advice {
                let _ = writeln!(out, "{:<19} {advice}", "");
            }
        }
        let count = |standing| self.findings.iter().filter(|finding| finding.standing == standing).count();
        let (problems, skipped) = (count(Standing::Problem), count(Standing::Skipped));
        let _ = match (problems, skipped) {
            (0, 0) => writeln!(out, "Wireshark is ready for traces"),
            (0, _) => writeln!(out, "nothing is in the way, as far as could be seen"),
            _ => writeln!(out, "{}", Counted(problems, "problem")),
        };
        out
    }
}

/// What another program said, on one harmless line and of bearable length.
pub(super) fn quoted(text: &str) -> String {
    const LONGEST: usize = 300;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = line.chars().take(LONGEST).collect();
    let cut = if short.len() < line.len() { "…" } else { "" };
    format!("{}{cut}", Text(short.as_bytes()))
}
