//! The items of a file as they stand, and what is said of captures that were appended to it in another form.

use crate::failure::Status;
use crate::messages::{self, Name};
use capture_file::{Fit, Item, Joined, Packet, WriteError};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use trace_view::Counted;

/// Writes items; copies count together.
#[derive(Debug, Clone, Default)]
pub(crate) struct AsTheyStand {
    joined: Joined,
    left_out: Arc<AtomicU64>,
    reduced: Arc<AtomicU64>,
}

impl AsTheyStand {
    pub(crate) fn packet(&self, out: &mut impl Write, packet: &Packet<'_>) -> io::Result<()> {
        let count = match self.joined.packet(out, packet)? {
            Fit::Whole => return Ok(()),
            Fit::Reduced => &self.reduced,
            Fit::None => &self.left_out,
        };
        count.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Anything but a packet.
    pub(crate) fn other(&mut self, out: &mut impl Write, item: &Item<'_>) -> io::Result<()> {
        self.joined.other(out, item).map_err(|error| match error {
            WriteError::Io(error) => error,
            error => io::Error::other(error),
        })
    }

    /// Says what of the appended captures the output lacks, and makes that a reservation.
    pub(crate) fn tell(&self, output: &Path, status: Status) -> Status {
        let name = Name(output);
        let [left_out, reduced] = [&self.left_out, &self.reduced].map(|count| count.load(Ordering::Relaxed));
        if left_out > 0 {
            let packets = Counted(left_out, "packet");
            messages::warning(&format_args!(
                "{name}: {packets} of an appended capture left out: a pcap holds one link type, and times from 1970 \
                 to 2106; `mtrace-tool convert --to pcapng` keeps all"
            ));
        }
        if reduced > 0 {
            let packets = Counted(reduced, "packet");
            messages::warning(&format_args!(
                "{name}: {packets} of an appended capture without what this pcap has no place for: digits of the \
                 time, options; `mtrace-tool convert --to pcapng` keeps all"
            ));
        }
        status.with_faults(left_out > 0)
    }
}
