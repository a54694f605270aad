//! What an output's name promises, held against what is written into it. Who writes a report over the name of a capture
//! may have meant another command.

use crate::args::Target as Format;
use crate::messages::{self, Name};
use capture_file::Compression;
use std::path::Path;

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// Text for people.
    Text,
    /// JSON, or text that a command could write as JSON.
    Report {
        /// Whether it is.
        json: bool,
    },
    /// A picture.
    Svg,
    /// What `convert --to` says.
    Format(Format),
}

/// Says so where the name promises something else, and gives the compression that it asks for.
pub(crate) fn check(path: &Path, written: Written) -> Option<Compression> {
    let (promised, compression) = Format::of_name(path);
    if let Some((is, instead)) = broken(path, promised, written) {
        let name = Name(path);
        messages::warning(&format_args!("{name} will be {is}; {instead} what the name says"));
    }
    compression
}

/// Whether a file's name promises a picture.
pub(crate) fn is_picture(name: &Path) -> bool {
    name.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("svg"))
}

/// Whether a file's name promises what no command writes.
fn is_foreign(name: &Path) -> bool {
    const FOREIGN: [&str; 12] =
        ["png", "jpg", "jpeg", "gif", "webp", "pdf", "ps", "html", "htm", "parquet", "arrow", "xlsx"];
    let inside = Format::of_name(name).1.map(|_| name.with_extension(""));
    let extension = inside.as_deref().unwrap_or(name).extension();
    extension.is_some_and(|extension| FOREIGN.iter().any(|foreign| extension.eq_ignore_ascii_case(foreign)))
}

/// What it is, and what would write what it should be.
fn broken(path: &Path, promised: Option<Format>, written: Written) -> Option<(&'static str, &'static str)> {
    let is_picture = is_picture(path);
    let is_foreign = is_foreign(path);
    let is_kept = match (written, promised) {
        (_, None) if is_foreign => false,
        (Written::Svg, None) => true,
        (Written::Svg, Some(_)) => false,
        (_, None) => !is_picture,
        (Written::Text | Written::Report { json: false }, Some(promised)) => promised == Format::Text,
        (Written::Report { json: true }, Some(promised)) => {
            matches!(promised, Format::Text | Format::Ndjson)
        }
        (Written::Format(written), Some(promised)) => match written {
            Format::Ethernet | Format::Mixed => matches!(promised, Format::Pcap | Format::Pcapng),
            // Whose names end in .json, too.
            Format::Chrome | Format::Speedscope => matches!(promised, Format::Ndjson | Format::Speedscope),
            written => written == promised,
        },
    };
    if is_kept {
        return None;
    }
    let is = match written {
        Written::Text | Written::Report { json: false } => "text",
        Written::Report { json: true } => "JSON",
        Written::Svg => "an SVG picture",
        Written::Format(format) => match format {
            Format::Pcap => "a pcap",
            Format::Pcapng | Format::Ethernet | Format::Mixed => "a pcapng",
            Format::Ndjson => "NDJSON",
            Format::Csv => "CSV",
            Format::Folded => "folded stacks",
            Format::Speedscope => "a speedscope profile",
            Format::Chrome => "a trace of Chrome's format",
            Format::Dot => "a graph for Graphviz",
            Format::Text => "text",
        },
    };
    let instead = match (promised, written) {
        _ if is_foreign => "no command writes",
        (Some(Format::Ndjson), Written::Report { json: false }) => "with `--json` it is",
        _ if is_picture => "`mtrace-tool flamegraph` and `mtrace-tool graph` draw",
        (Some(Format::Pcap | Format::Pcapng), Written::Text | Written::Report { .. } | Written::Svg) => {
            "`mtrace-tool filter` and `mtrace-tool convert` write"
        }
        (_, Written::Format(_)) => "without --to it is",
        _ => "`mtrace-tool convert` writes",
    };
    Some((is, instead))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_what_is_in_them() {
        let report = |json| Written::Report { json };
        let format = Written::Format;
        for (name, written, is) in [
            ("out", Written::Text, None),
            ("out.log", report(false), None),
            ("out.txt.gz", Written::Text, None),
            ("out.pcap", Written::Text, Some("text")),
            ("dir.pcap/out", Written::Text, None),
            ("OUT.PCAPNG.ZST", report(false), Some("text")),
            ("out.json", report(false), Some("text")),
            ("out.json", report(true), None),
            ("out.jsonl", report(true), None),
            ("out.csv", report(true), Some("JSON")),
            ("out.svg", report(true), Some("JSON")),
            ("out.svg", Written::Svg, None),
            ("out.dot", Written::Svg, Some("an SVG picture")),
            ("out.pcap", format(Format::Csv), Some("CSV")),
            ("out.pcap", format(Format::Ethernet), None),
            ("out.pcap", format(Format::Pcapng), Some("a pcapng")),
            ("out.json", format(Format::Chrome), None),
            ("out.svg", format(Format::Dot), Some("a graph for Graphviz")),
            ("out.gv", format(Format::Dot), None),
            ("out.PNG", Written::Svg, Some("an SVG picture")),
            ("out.html", format(Format::Csv), Some("CSV")),
            ("out.pdf", Written::Text, Some("text")),
            ("out.png.gz", Written::Text, Some("text")),
        ] {
            let promised = Format::of_name(Path::new(name)).0;
            assert_eq!(
                broken(Path::new(name), promised, written).map(|(is, _)| is),
                is,
                "{name} {written:?}"
            );
        }
    }
}
