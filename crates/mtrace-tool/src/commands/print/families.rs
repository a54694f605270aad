//! `print --by-family`: the packets of a family together, where the last of them is in the file.
//!
//! Files are read ahead, to know which packets are of one family and how many. Packets of a family are then held until
//! it is whole; all others are written as they come. Where there is no memory to hold more, all that is held is written,
//! and the families that it was of are shown in parts.

use super::Grouped;
use crate::failure::Failure;
use crate::family::{require_files, tell_left_out};
use crate::format::Formatted;
use crate::messages;
use crate::output::Output;
use crate::pipeline::{Reading, Seen, Sink, Wants};
use crate::relay::Batch;
use capture_file::{Container, Packet};
use mbuf_trace::Ends;
use std::collections::HashMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use trace_view::Counted;
use trace_view::family::{Families, Links, order};

/// Bytes of packets that are held; the lists that they are in may be twice as long.
const MOST_HELD: usize = 8 << 20;
/// Bytes that a family costs beside its packets.
const FAMILY_COST: usize = 512;

/// Reads the files and writes what the format makes of them.
pub(super) fn run<F: Grouped>(
    reading: &Reading,
    files: &[PathBuf],
    out: Output,
    format: F,
) -> Result<Formatted, Failure> {
    require_files(files, "--by-family")?;
    let mut links = Links::default();
    reading.look_ahead(files, None, &mut |_, seen| {
        let (id, parent_id) = seen.ids();
        links.add(id, parent_id);
    })?;
    let is_lacking = tell_left_out(&links);
    let families = links.families();
    let selection = reading.select(files)?;
    let mut awaited: HashMap<u32, u64> = HashMap::new();
    reading.look_ahead(files, Some(&selection), &mut |_, seen| {
        let (id, parent_id) = seen.ids();
        if let Some(family) = families.of(id, parent_id) {
            let count = awaited.entry(family).or_default();
            *count = count.saturating_add(1);
        }
    })?;
    // A family of which one packet is kept need not be held.
    awaited.retain(|_, count| *count > 1);
    let mut sink = FamilySink {
        out,
        ends: &reading.ends,
        format,
        families,
        awaited,
        held: HashMap::new(),
        size: 0,
        arrived: 0,
        split: 0,
        packets: 0,
        files: Vec::new(),
        shown_file: None,
    };
    let read = reading.run_selected(files, &selection, &mut sink);
    let finished = match &read {
        Err(failure) if failure.is_about_output() => Ok(()),
        _ => sink.write_all_held(),
    };
    let status = read?;
    finished.map_err(|error| Failure::output(sink.out.path(), error))?;
    if sink.split > 0 {
        let families = Counted(sink.split, "part");
        messages::warning(&format_args!(
            "{families} of families shown apart: there was no memory to hold more packets"
        ));
    }
    let status = status.with_faults(is_lacking || sink.split > 0);
    Ok(Formatted { status, out: sink.out, packets: sink.packets })
}

/// Packets of a family that is not whole yet.
#[derive(Default)]
struct Held {
    batch: Batch,
    /// Of each packet its file, its id and its parent's.
    about: Vec<(usize, u64, u64)>,
    /// When the first one came.
    arrived: u64,
}

struct FamilySink<'r, F> {
    out: Output,
    ends: &'r Ends,
    format: F,
    families: Families,
    /// How many packets of each family are yet to come, where there are several.
    awaited: HashMap<u32, u64>,
    held: HashMap<u32, Held>,
    /// Bytes that are held.
    size: usize,
    arrived: u64,
    /// How often a family was written before it was whole.
    split: u64,
    packets: u64,
    files: Vec<PathBuf>,
    /// The file that the last packet was of.
    shown_file: Option<usize>,
}

impl<F: Grouped> FamilySink<'_, F> {
    fn take(&mut self, packet: &Packet<'_>, seen: &Seen<'_>) -> io::Result<()> {
        let (id, parent_id) = seen.ids();
        let file = self.files.len().saturating_sub(1);
        let family = self.families.of(id, parent_id);
        let awaited = family.and_then(|family| Some((family, self.awaited.get_mut(&family)?)));
        let Some((family, count)) = awaited else {
            return self.write(file, 0, packet, seen);
        };
        *count = count.saturating_sub(1);
        let is_last = *count == 0;
        self.arrived = self.arrived.saturating_add(1);
        let arrived = self.arrived;
        let held = self.held.entry(family).or_insert_with(|| Held { arrived, ..Held::default() });
        let (before, cost) = (held.batch.size(), if held.about.is_empty() { FAMILY_COST } else { 0 });
        held.batch.push_copy(packet, seen);
        held.about.push((file, id, parent_id));
        let grown = held.batch.size().saturating_sub(before).saturating_add(cost);
        self.size = self.size.saturating_add(grown);
        if is_last {
            self.awaited.remove(&family);
            let held = self.held.remove(&family).unwrap_or_default();
            let size = held.batch.size().saturating_add(FAMILY_COST);
            self.size = self.size.saturating_sub(size);
            return self.write_family(&held);
        }
        if self.size > MOST_HELD {
            self.split = self.split.saturating_add(self.held.len() as u64);
            return self.write_all_held();
        }
        Ok(())
    }

    /// Writes what is held, in the order in which it came.
    fn write_all_held(&mut self) -> io::Result<()> {
        let mut all: Vec<Held> = std::mem::take(&mut self.held).into_values().collect();
        all.sort_unstable_by_key(|held| held.arrived);
        self.size = 0;
        all.iter().try_for_each(|held| self.write_family(held))
    }

    fn write_family(&mut self, held: &Held) -> io::Result<()> {
        let ids: Vec<(u64, u64)> = held.about.iter().map(|(_, id, parent_id)| (*id, *parent_id)).collect();
        for member in order(&ids) {
            let about = held.about.get(member.place).zip(held.batch.get(member.place, self.ends));
            let Some(((file, ..), (packet, seen))) = about else { continue };
            self.write(*file, member.generation, &packet, &seen)?;
        }
        Ok(())
    }

    fn write(
        &mut self,
        file: usize,
        generation: usize,
        packet: &Packet<'_>,
        seen: &Seen<'_>,
    ) -> io::Result<()> {
        if self.shown_file != Some(file) {
            self.shown_file = Some(file);
            if let Some(path) = self.files.get(file) {
                self.format.show_from(&mut self.out, path)?;
            }
        }
        self.packets = self.packets.saturating_add(1);
        self.format.show_generation(generation);
        self.format.packet(&mut self.out, packet, seen)
    }
}

impl<F: Grouped> Sink for FamilySink<'_, F> {
    fn begin(&mut self, path: &Path, _container: &Container) -> Result<(), Failure> {
        self.files.push(path.to_path_buf());
        self.format.read_from(&mut self.out).map_err(|error| Failure::output(self.out.path(), error))
    }

    fn packet(&mut self, packet: &Packet<'_>, seen: &Seen<'_>) -> Result<(), Failure> {
        self.take(packet, seen).map_err(|error| Failure::output(self.out.path(), error))
    }

    fn idle(&mut self) -> Result<(), Failure> {
        self.out.flush().map_err(|error| Failure::output(self.out.path(), error))
    }

    fn wants(&self) -> Wants {
        self.format.wants()
    }
}
