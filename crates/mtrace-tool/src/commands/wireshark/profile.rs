//! The Wireshark profile `mbuf_trace`: columns and colours for traces.

use std::path::{Path, PathBuf};

/// Its name, and that of its folder.
pub(super) const NAME: &str = "mbuf_trace";

/// Colouring rules, generated beside the dissector.
const COLOURS: &str = include_str!("../../../../../lua/colorfilters");

/// Titles and formats of the columns, as `tshark -G column-formats` lists them.
const COLUMNS: [(&str, &str); 8] = [
    ("No.", "%m"),
    ("Time", "%t"),
    ("Source", "%s"),
    ("Destination", "%d"),
    ("Protocol", "%p"),
    ("Ended in", "%Cus:mbuf_trace.end_function:0:R"),
    ("Path", "%Cus:mbuf_trace.path:0:R"),
    ("Info", "%i"),
];

/// The folder of the profile, below the user's configuration.
pub(super) fn folder(configuration: &Path) -> PathBuf {
    configuration.join("profiles").join(NAME)
}

/// The files of the profile: their names and texts.
pub(super) fn files() -> [(&'static str, String); 2] {
    [("preferences", preferences()), ("colorfilters", COLOURS.to_owned())]
}

fn preferences() -> String {
    let columns: Vec<String> =
        COLUMNS.iter().map(|(title, format)| format!("\t\"{title}\", \"{format}\"")).collect();
    format!(
        "# Preferences of the profile {NAME}: columns that tell the way of a packet.\n\
         # What you change in Wireshark while it is in use replaces this file.\n\
         gui.column.format:\n{}\n",
        columns.join(",\n")
    )
}
