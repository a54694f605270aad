//! Fuzz targets: plain functions that take any bytes and panic where a promise is broken. libFuzzer calls them, and so
//! do ordinary tests, with every input in `regressions/` and every fixture.
//!
//! A new target is a function and a row in [`TARGETS`]; a dictionary is a file in `dictionaries/`.

mod captures;
mod filters;
mod frames;
mod ndjson;
mod peers;
mod seeds;
mod writers;

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
    pub dictionary: &'static str,
    /// Longest input that is worth its time, in bytes.
    pub max_len: usize,
}

/// A row of [`TARGETS`].
const fn target(
    name: &'static str,
    run: fn(&[u8]),
    seeds: fn(&Path) -> Vec<Vec<u8>>,
    dictionary: &'static str,
    max_len: usize,
) -> Target {
    Target { name, run, seeds, dictionary, max_len }
}

/// All targets.
pub const TARGETS: &[Target] = &[
    target("pcap", captures::pcap, seeds::pcaps, "pcap", 768),
    target("pcapng", captures::pcapng, seeds::pcapngs, "pcapng", 768),
    target("arrival", captures::arrival, seeds::captures, "pcapng", 1024),
    target("salvage", captures::salvage, seeds::captures, "pcapng", 1024),
    target("writers", writers::writers, seeds::captures, "pcapng", 1024),
    target("peers", peers::peers, seeds::captures, "pcap", 1024),
    target("payload", frames::payload, seeds::frames, "payload", 768),
    target("fields", frames::fields, seeds::frames, "payload", 512),
    target("revisions", frames::revisions, seeds::frames, "payload", 768),
    target("filter", filters::filter, seeds::filters, "filter", 256),
    target("ndjson", ndjson::read, seeds::ndjson, "ndjson", 2048),
    target("ndjson-write", ndjson::written, seeds::captures, "pcapng", 1024),
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
