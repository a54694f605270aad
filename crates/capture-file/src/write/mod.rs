//! The writing side. Its files bear the names of those of the reading side.
//!
//! Nothing is written on drop that matters: an output is whole when `finish` has returned without an error, and not
//! before. After an error the output is to be thrown away.

mod compress;
mod copy;
mod enhanced;
mod error;
mod fresh;
mod joined;
mod losses;
mod pcap;
mod pcapng;
mod plain;
mod rewrite;
mod verbatim;

pub use compress::Compressor;
pub use copy::CopyWriter;
pub use enhanced::resize_enhanced_packet;
pub use error::WriteError;
pub use fresh::{FreshPacket, FreshPcapng};
pub use joined::{Fit, Joined};
pub use losses::{Loss, Losses};
pub use pcap::{PcapResolution, PcapWriter};
pub use pcapng::PcapngWriter;
pub use plain::PlainRecords;
pub use rewrite::{rewrite_packet, write_packet_with};
pub use verbatim::write_item;

use crate::{PcapHeader, PcapVariant};

/// Size of a writer's buffer.
const BUFFER: usize = 128 * 1024;

/// The answer of a writer that has lost its output to an error, or got a packet before any header.
fn failed() -> WriteError {
    WriteError::Io(std::io::Error::other("nothing to write to: an error came before, or no header"))
}

/// Counts what of a pcap's header no other header can say.
fn note_header(losses: &mut Losses, header: &PcapHeader) {
    if header.version != (2, 4) {
        losses.add(Loss::Version, 1);
    }
    let stray_fcs = header.fcs_bits().is_none() && header.network >> 28 != 0;
    if header.network & PcapHeader::UNASSIGNED != 0 || stray_fcs {
        losses.add(Loss::NetworkBits, 1);
    }
    if header.variant == PcapVariant::Modified {
        losses.add(Loss::ModifiedHeaders, 1);
    }
}
