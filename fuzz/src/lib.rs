//! Fuzz targets: plain functions that take any bytes and panic where a promise is broken. libFuzzer calls them, and so
//! do ordinary tests, with every input in `regressions/` and every fixture.
//!
//! A new target is a function and a row in [`TARGETS`]; a dictionary is a file in `dictionaries/`.

mod captures;
mod filters;
mod frames;
mod ndjson;
mod seeds;

use std::path::Path;

/// A function to feed, and what to begin with.
#[derive(Debug)]
pub struct Target {
    /// Name on the command line and of the folders.
    pub name: &'static str,
    /// Panics where a promise is broken.
    pub run: fn(&[u8]),
    /// Inputs that are worth changing, made of the fixtures in this folder.
    pub seeds: fn(&Path) -> Vec<Vec<u8>>,
    /// The file in `dictionaries/`, without its ending.
    pub dictionary: Option<&'static str>,
}

/// All targets.
pub const TARGETS: &[Target] = &[
    Target { name: "pcap", run: captures::pcap, seeds: seeds::pcaps, dictionary: Some("pcap") },
    Target { name: "pcapng", run: captures::pcapng, seeds: seeds::pcapngs, dictionary: Some("pcapng") },
    Target { name: "writers", run: captures::writers, seeds: seeds::captures, dictionary: Some("pcapng") },
    Target { name: "peers", run: captures::peers, seeds: seeds::captures, dictionary: Some("pcap") },
    Target { name: "payload", run: frames::payload, seeds: seeds::frames, dictionary: Some("payload") },
    Target { name: "revisions", run: frames::revisions, seeds: seeds::frames, dictionary: Some("payload") },
    Target { name: "filter", run: filters::filter, seeds: seeds::filters, dictionary: Some("filter") },
    Target { name: "ndjson", run: ndjson::read, seeds: seeds::ndjson, dictionary: Some("ndjson") },
    Target { name: "ndjson-write", run: ndjson::written, seeds: seeds::captures, dictionary: Some("pcapng") },
];

/// The target of this name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

/// Panics where text holds what a terminal would obey: control characters but newline and tab, and marks that turn
/// the direction of writing.
pub(crate) fn assert_harmless(text: &[u8]) {
    let text = std::str::from_utf8(text).expect("output is UTF-8");
    let bad = text.chars().find(|letter| {
        let is_control = letter.is_control() && !matches!(letter, '\n' | '\t');
        is_control
            || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
    });
    assert_eq!(bad, None, "in {text:?}");
}
