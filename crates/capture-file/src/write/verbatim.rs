//! Items as they stand in the file.

use crate::Item;
use std::io::{self, Write};

/// Writes an item's own bytes. All items of a file one after the other are that file again, byte for byte; and those
/// of a pcapng without some packets are a pcapng, everything else in it kept.
///
/// # Errors
/// When the output fails.
///
/// ```
/// use capture_file::{Item, Reader, write_item};
/// # let mut file = vec![0xa1, 0xb2, 0x3c, 0x4d, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 1];
/// # file.extend([0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 7]);
/// let mut reader = Reader::new(file.as_slice())?;
/// let mut copy = Vec::new();
/// while let Some(item) = reader.next_item()? {
///     let keep = match &item {
///         Item::Packet(packet) => packet.captured_len > 0,
///         _ => true,
///     };
///     if keep {
///         write_item(&item, &mut copy)?;
///     }
/// }
/// assert_eq!(copy, file);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_item(item: &Item<'_>, out: &mut impl Write) -> io::Result<()> {
    out.write_all(item.raw())
}
