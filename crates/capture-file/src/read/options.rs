//! Options of pcapng blocks (draft-ietf-opsawg-pcapng, section 3.5).

use crate::{ByteOrder, OptionError};

/// `opt_comment`, in any block.
pub const OPT_COMMENT: u16 = 1;
/// `epb_packetid`, in enhanced packet blocks.
pub const EPB_PACKETID: u16 = 5;
/// `shb_hardware`, in section headers.
pub const SHB_HARDWARE: u16 = 2;
/// `shb_os`, in section headers.
pub const SHB_OS: u16 = 3;
/// `shb_userappl`, in section headers.
pub const SHB_USERAPPL: u16 = 4;
/// `epb_dropcount`.
pub(crate) const EPB_DROPCOUNT: u16 = 4;
pub(crate) const OPT_END: u16 = 0;
/// Those of interface statistics.
pub(crate) const ISB_IFRECV: u16 = 4;
pub(crate) const ISB_IFDROP: u16 = 5;
pub(crate) const ISB_FILTERACCEPT: u16 = 6;
pub(crate) const ISB_OSDROP: u16 = 7;
pub(crate) const ISB_USRDELIV: u16 = 8;
pub(crate) const IF_NAME: u16 = 2;
pub(crate) const IF_DESCRIPTION: u16 = 3;
pub(crate) const IF_TSRESOL: u16 = 9;
pub(crate) const IF_FCSLEN: u16 = 13;
pub(crate) const IF_TSOFFSET: u16 = 14;

/// One option: its code means something else in every type of block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockOption<'a> {
    /// What it is.
    pub code: u16,
    /// Its value, without padding, in the section's byte order.
    pub value: &'a [u8],
}

/// The options of a block, in file order, up to the end-of-options mark or the end of the block. After an error there
/// is nothing more.
#[derive(Clone, Debug)]
pub struct Options<'a> {
    order: ByteOrder,
    rest: &'a [u8],
    at: usize,
}

impl<'a> Options<'a> {
    pub(crate) fn new(order: ByteOrder, bytes: &'a [u8]) -> Self {
        Self { order, rest: bytes, at: 0 }
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = Result<BlockOption<'a>, OptionError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let rest = std::mem::take(&mut self.rest);
        let failed = |code, length| OptionError { code, at: self.at, length, available: rest.len() };
        let (Some(code), Some(length)) = (self.order.u16_at(rest, 0), self.order.u16_at(rest, 2)) else {
            return Some(Err(failed(0, 4)));
        };
        if code == OPT_END {
            return None;
        }
        let length = usize::from(length);
        let padded = length.next_multiple_of(4).saturating_add(4);
        let (Some(value), Some((_, after))) =
            (rest.get(4..length.saturating_add(4)), rest.split_at_checked(padded))
        else {
            return Some(Err(failed(code, padded)));
        };
        self.rest = after;
        self.at = self.at.saturating_add(padded);
        Some(Ok(BlockOption { code, value }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walks_to_the_end_mark_or_the_end() {
        let with_end = [1, 0, 3, 0, b'a', b'b', b'c', 9, 5, 0, 0, 0, 0, 0, 0, 0, 9, 9, 9, 9];
        let all: Vec<_> = Options::new(ByteOrder::Little, &with_end).map(Result::unwrap).collect();
        let comment = BlockOption { code: 1, value: b"abc" };
        assert_eq!(all, [comment, BlockOption { code: 5, value: b"" }]);
        let without_end = with_end.get(..8).unwrap();
        let all: Vec<_> = Options::new(ByteOrder::Little, without_end).collect();
        assert_eq!(all, [Ok(comment)]);
    }

    #[test]
    fn every_cut_is_an_error_once() {
        let whole = [0, 1, 0, 5, 1, 2, 3, 4, 5, 0, 0, 0];
        for cut in 1..whole.len() {
            let all: Vec<_> = Options::new(ByteOrder::Big, whole.get(..cut).unwrap()).collect();
            assert_eq!(all.len(), 1);
            assert_eq!(all.first().unwrap().as_ref().unwrap_err().available, cut);
        }
    }
}
