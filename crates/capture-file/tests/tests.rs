//! The crate from outside, as its callers use it.

#[path = "tests/arrival.rs"]
mod arrival;
#[path = "tests/batch.rs"]
mod batch;
#[path = "tests/bounds.rs"]
mod bounds;
#[path = "tests/build.rs"]
mod build;
#[path = "tests/compression.rs"]
mod compression;
#[path = "tests/conversion.rs"]
mod conversion;
#[path = "tests/corpus.rs"]
mod corpus;
#[path = "tests/damage.rs"]
mod damage;
#[path = "tests/faults.rs"]
mod faults;
#[path = "tests/output.rs"]
mod output;
#[path = "tests/pcap.rs"]
mod pcap;
#[path = "tests/pcapng.rs"]
mod pcapng;
#[path = "tests/rewrite.rs"]
mod rewrite;
#[path = "tests/salvage.rs"]
mod salvage;
#[path = "tests/salvage_measured.rs"]
mod salvage_measured;
#[path = "tests/salvage_streams.rs"]
mod salvage_streams;
#[path = "tests/salvage_tiny.rs"]
mod salvage_tiny;
#[path = "tests/seam.rs"]
mod seam;
#[path = "tests/words.rs"]
mod words;
