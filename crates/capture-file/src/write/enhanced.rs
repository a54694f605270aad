//! An enhanced packet block around data of another length.

use crate::ByteOrder;
use crate::read::pcapng::{ENHANCED_PACKET, field};

/// Where a block says its length.
const TOTAL: usize = 4;

/// Makes what stands before and after the data of an enhanced packet block (as
/// [`Packet::around_data`](crate::Packet::around_data) gives it) fit data of another length: sets the lengths and the
/// padding. Options stay, an `epb_hash` among them.
///
/// `None` where the parts are not those of such a block or the block gets too long for its length; then they are to be
/// thrown away.
#[must_use]
pub fn resize_enhanced_packet(
    head: &mut [u8],
    tail: &mut Vec<u8>,
    captured_len: u32,
    original_len: u32,
) -> Option<()> {
    let order = [ByteOrder::Little, ByteOrder::Big]
        .into_iter()
        .find(|order| order.u32_at(head, 0) == Some(ENHANCED_PACKET))?;
    if head.len() != field::DATA {
        return None;
    }
    let padding = |length: u32| usize::try_from(length.wrapping_neg() % 4).unwrap_or_default();
    let old = padding(order.u32_at(head, field::CAPTURED)?);
    tail.get(old..)?;
    tail.splice(..old, std::iter::repeat_n(0, padding(captured_len)));
    let length = head.len().checked_add(tail.len())?.checked_add(usize::try_from(captured_len).ok()?)?;
    let total = u32::try_from(length).ok()?;
    for (at, value) in [(TOTAL, total), (field::CAPTURED, captured_len), (field::ORIGINAL, original_len)] {
        *head.get_mut(at..)?.first_chunk_mut()? = order.u32_bytes(value);
    }
    *tail.last_chunk_mut()? = order.u32_bytes(total);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A block with a comment of one letter, and where its data lies.
    fn block(order: ByteOrder, data: &[u8], original: u32) -> (Vec<u8>, Vec<u8>) {
        let total = u32::try_from(28 + data.len().next_multiple_of(4) + 16).unwrap();
        let captured = u32::try_from(data.len()).unwrap();
        let head = [6, total, 0, 1, 2, captured, original];
        let mut tail = vec![0; data.len().next_multiple_of(4) - data.len()];
        tail.extend([1, 0, 1, 0, b'c', 0, 0, 0, 0, 0, 0, 0]);
        tail.extend(order.u32_bytes(total));
        (head.into_iter().flat_map(|word| order.u32_bytes(word)).collect(), tail)
    }

    #[test]
    fn every_length_becomes_every_other() {
        for order in [ByteOrder::Little, ByteOrder::Big] {
            for (from, to) in (0..9_usize).flat_map(|from| (0..9_usize).map(move |to| (from, to))) {
                let (mut head, mut tail) = block(order, &vec![7; from], 20);
                let captured = u32::try_from(to).unwrap();
                assert_eq!(resize_enhanced_packet(&mut head, &mut tail, captured, 30), Some(()));
                assert_eq!((head, tail), block(order, &vec![7; to], 30));
            }
        }
    }

    #[test]
    fn what_is_no_such_block_is_refused() {
        let (head, tail) = block(ByteOrder::Little, &[7; 3], 3);
        for length in 0..head.len() {
            let mut short = head[..length].to_vec();
            assert_eq!(resize_enhanced_packet(&mut short, &mut tail.clone(), 1, 1), None);
        }
        assert_eq!(resize_enhanced_packet(&mut head.clone(), &mut Vec::new(), 1, 1), None);
        assert_eq!(resize_enhanced_packet(&mut head.clone(), &mut tail.clone(), u32::MAX, 1), None);
        let mut other = head;
        other[0] = 3;
        assert_eq!(resize_enhanced_packet(&mut other, &mut tail.clone(), 1, 1), None);
    }
}
