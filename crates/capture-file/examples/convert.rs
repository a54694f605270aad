//! Converts a capture: `cargo run --example convert IN OUT`, where OUT ends in `.pcap` or `.pcapng`, and then perhaps
//! in `.gz`, `.zst` or `.lz4`.

use capture_file::{Compression, Compressor, PcapResolution, PcapWriter, PcapngWriter, Reader};
use std::fs::File;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (input, output) = (arguments.next().ok_or("which file?")?, arguments.next().ok_or("to where?")?);
    let (name, compression) = match output.rsplit_once('.') {
        Some((name, "gz")) => (name, Some(Compression::Gzip)),
        Some((name, "zst")) => (name, Some(Compression::Zstd)),
        Some((name, "lz4")) => (name, Some(Compression::Lz4)),
        _ => (output.as_str(), None),
    };
    let mut reader = Reader::new(File::open(input)?)?;
    let out = Compressor::new(File::create(&output)?, compression)?;
    let (out, losses) = if name.ends_with(".pcapng") {
        let mut writer = PcapngWriter::new(out);
        while let Some(item) = reader.next_item()? {
            writer.write(&item)?;
        }
        writer.finish()?
    } else {
        let mut writer = PcapWriter::new(out, PcapResolution::Auto);
        while let Some(item) = reader.next_item()? {
            writer.write(&item)?;
        }
        writer.finish()?
    };
    out.finish()?;
    if !losses.is_empty() {
        eprintln!("{losses}");
    }
    Ok(())
}
