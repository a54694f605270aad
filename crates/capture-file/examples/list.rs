//! Lists the packets of a capture: number, interface, link type, lengths, time. `cargo run --example list FILE`

use capture_file::{Item, Reader};
use std::io::Write;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args_os().nth(1).ok_or("which file?")?;
    let mut reader = Reader::new(std::fs::File::open(path)?)?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    while let Some(item) = reader.next_item()? {
        if let Item::Packet(packet) = item {
            let time = packet.time.map(|time| time.epoch().to_string()).unwrap_or_default();
            let (number, interface) = (packet.number, packet.interface);
            let (captured, original) = (packet.captured_len, packet.original_len);
            writeln!(out, "{number}\t{interface}\t{}\t{captured}\t{original}\t{time}", packet.link_type)?;
        }
    }
    for warning in reader.take_warnings() {
        writeln!(out, "warning: {warning}")?;
    }
    out.flush()?;
    Ok(())
}
