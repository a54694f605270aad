//! Variables of the environment. One that is empty is not set: that is how Makefiles, units and CI unset them.

use crate::failure::Failure;
use std::ffi::OsString;
use std::io;

/// The list of ends that `drops` knows beside its own.
pub(crate) const ENDS: &str = "MTRACE_ENDS";
/// Where source positions point to.
pub(crate) const EDITOR_URL: &str = "MTRACE_EDITOR_URL";

/// The value of a variable, if it has one.
pub(crate) fn value(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// The failure of what a variable names: nobody typed it.
pub(crate) fn named_by(name: &str, failure: Failure) -> Failure {
    let added = |text: &dyn std::fmt::Display| format!("{text}; the variable {name} says so");
    match failure {
        Failure::Usage(message) => Failure::Usage(added(&message)),
        Failure::Input { path, source } => {
            Failure::Input { path, source: io::Error::new(source.kind(), added(&source)) }
        }
        failure => failure,
    }
}

/// Whether the terminal is known to follow links (OSC 8), or is said to.
pub(crate) fn follows_links() -> bool {
    let text = |name: &str| value(name).and_then(|value| value.into_string().ok());
    let is_one_of =
        |name: &str, known: &[&str]| text(name).is_some_and(|value| known.contains(&value.as_str()));
    if let Some(forced) = text("FORCE_HYPERLINK") {
        return forced.trim() != "0";
    }
    let is_vte = text("VTE_VERSION").and_then(|version| version.parse::<u32>().ok()) >= Some(5000);
    is_vte
        || ["DOMTERM", "WT_SESSION", "KONSOLE_VERSION"].iter().any(|name| value(name).is_some())
        || is_one_of(
            "TERM_PROGRAM",
            &["Hyper", "iTerm.app", "terminology", "WezTerm", "vscode", "ghostty", "zed"],
        )
        || is_one_of("TERM", &["xterm-kitty", "alacritty", "alacritty-direct"])
        || is_one_of("COLORTERM", &["xfce4-terminal"])
}
