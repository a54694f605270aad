//! Fuzz targets: plain functions that take any bytes and panic where a promise is broken. libFuzzer calls them, and so
//! do ordinary tests, with every input in `regressions/` and every fixture.
//!
//! A new target is a function and a row in a table below; a dictionary is a file in `dictionaries/`.

mod captures;
mod check;
mod exports;
mod filters;
mod frames;
mod ndjson;
mod peers;
mod reports;
mod seeds;
mod shown;
mod traces;
mod writers;

pub use traces::BETWEEN;

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

/// A row of the tables below.
const fn target(
    name: &'static str,
    run: fn(&[u8]),
    seeds: fn(&Path) -> Vec<Vec<u8>>,
    dictionary: &'static str,
    max_len: usize,
) -> Target {
    Target { name, run, seeds, dictionary, max_len }
}

/// Targets of single captures, frames and texts.
const OF_BYTES: &[Target] = &[
    target("pcap", captures::pcap, seeds::pcaps, "pcap", 768),
    target("pcapng", captures::pcapng, seeds::pcapngs, "pcapng", 768),
    target("arrival", captures::arrival, seeds::captures, "pcapng", 1024),
    target("salvage", captures::salvage, seeds::captures, "pcapng", 1024),
    target("writers", writers::writers, seeds::captures, "pcapng", 1024),
    target("peers", peers::peers, seeds::captures, "pcapng", 1024),
    target("payload", frames::payload, seeds::frames, "payload", 768),
    target("fields", frames::fields, seeds::frames, "payload", 512),
    target("revisions", frames::revisions, seeds::frames, "payload", 768),
    target("filter", filters::filter, seeds::filters, "filter", 256),
    target("ndjson", ndjson::read, seeds::ndjson, "ndjson", 2048),
    target("ndjson-write", ndjson::written, seeds::captures, "pcapng", 1024),
];

/// Targets of several frames, with [`BETWEEN`] between them: everything that is shown of them.
pub const OF_TRACES: &[Target] = &[
    target("print", shown::timeline, seeds::traces, "payload", 512),
    target("print-graph", shown::function_graph, seeds::traces, "payload", 512),
    target("print-json", shown::json, seeds::traces, "payload", 512),
    target("packets", exports::packets, seeds::traces, "payload", 512),
    target("csv", exports::csv, seeds::traces, "payload", 512),
    target("folded", exports::folded, seeds::traces, "payload", 512),
    target("speedscope", exports::speedscope, seeds::traces, "payload", 512),
    target("chrome", exports::chrome, seeds::traces, "payload", 512),
    target("dot", exports::dot, seeds::traces, "payload", 512),
    target("flamegraph", exports::flamegraph, seeds::traces, "payload", 512),
    target("graph", exports::graph, seeds::traces, "payload", 512),
    target("stats", reports::stats, seeds::traces, "payload", 512),
    target("paths", reports::paths, seeds::traces, "payload", 512),
    target("drops", reports::drops, seeds::traces, "payload", 512),
    target("diff", reports::diff, seeds::traces, "payload", 512),
];

/// All targets.
pub fn targets() -> impl Iterator<Item = &'static Target> {
    OF_BYTES.iter().chain(OF_TRACES)
}

/// The target of this name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Target> {
    targets().find(|target| target.name == name)
}
