//! `cargo xtask synth`: captures of any size for tests and measurements, made by the `trace-synth` crate. For large
//! ones, `cargo run --release --package xtask -- synth` is many times faster.

use anyhow::{Context, Result};
use capture_file::Format;
use mbuf_trace::Encoding;
use std::fs::File;
use std::path::PathBuf;
use trace_synth::{Amount, Protocol, Recipe};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many packets
    #[arg(long, value_name = "N", required_unless_present = "size")]
    packets: Option<u64>,
    /// As many packets as this much of a file takes: 400M, 4G
    #[arg(long, value_name = "BYTES", value_parser = size, conflicts_with = "packets")]
    size: Option<u64>,
    /// Revision of the traces: 1, 1le (little-endian), 2, 3 or 4
    #[arg(long, value_name = "REV", default_value = "3")]
    revision: Encoding,
    #[arg(long, default_value = "pcap")]
    container: Container,
    /// Another number gives another capture
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Only these, the most frequent first: tcp, udp, icmp, icmpv6, arp
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    protocols: Vec<Protocol>,
    /// File to write; it is replaced if it exists
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Container {
    Pcap,
    Pcapng,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let recipe = Recipe {
        seed: args.seed,
        encoding: args.revision,
        format: match args.container {
            Container::Pcap => Format::Pcap,
            Container::Pcapng => Format::Pcapng,
        },
        protocols: args.protocols.clone(),
    };
    let amount = match (args.packets, args.size) {
        (Some(packets), _) => Amount::Packets(packets),
        (None, size) => Amount::Bytes(size.unwrap_or_default()),
    };
    let name = args.output.display();
    let file = File::create(&args.output).with_context(|| format!("cannot make {name}"))?;
    let packets = recipe.write(amount, &file).with_context(|| format!("cannot write {name}"))?;
    let bytes = file.metadata()?.len();
    println!("{name}: {packets} packets, {bytes} bytes");
    Ok(())
}

/// A number of bytes, with `K`, `M` or `G` for powers of 1000.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    let (digits, unit) = match text.as_bytes().last() {
        Some(b'K') => (&text[..text.len() - 1], 1_000),
        Some(b'M') => (&text[..text.len() - 1], 1_000_000),
        Some(b'G') => (&text[..text.len() - 1], 1_000_000_000),
        _ => (text, 1),
    };
    let number: u64 = digits.parse().map_err(|_| format!("{text:?} is no number of bytes"))?;
    number.checked_mul(unit).ok_or_else(|| format!("{text} is too much"))
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes() {
        assert_eq!(size("17"), Ok(17));
        assert_eq!(size("400M"), Ok(400_000_000));
        assert_eq!(size("4G"), Ok(4_000_000_000));
        for bad in ["", "M", "4T", "-1", "99999999999999999999", "99999999999999999G"] {
            assert!(size(bad).is_err(), "{bad}");
        }
    }
}
