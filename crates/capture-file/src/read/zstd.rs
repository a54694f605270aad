//! zstd, a block at a time. What zstd made in the same call is lost when it meets damage; but all before the damaged
//! block has to come out, however the bytes arrive.

use crate::OpenError;
use std::io;
use zstd::stream::raw::{self, DParameter, InBuffer, Operation, OutBuffer, WriteBuf};
use zstd::stream::zio;

/// The largest window that is accepted, as a power of two: 32 MiB, which `zstd -19` stays below. `zstd --ultra` and
/// `--long` can ask for more; a bound keeps a few hostile bytes from claiming gigabytes.
const WINDOW_LOG_MAX: u32 = 25;

/// Bytes of the header of a block (RFC 8878, 3.1.1.2). What zstd says that it needs next has that of the next block in it.
const BLOCK_HEADER: usize = 3;

/// The decompressed bytes of a zstd stream of any number of frames.
pub(super) type Zstd<R> = zio::Reader<R, BlockByBlock>;

pub(super) fn reader<R>(input: R) -> Result<Zstd<R>, OpenError> {
    let mut decoder = raw::Decoder::new()?;
    decoder.set_parameter(DParameter::WindowLogMax(WINDOW_LOG_MAX))?;
    Ok(zio::Reader::new(input, BlockByBlock { decoder, needed: 0 }))
}

/// A decoder that is given no more than up to the end of a block.
pub(super) struct BlockByBlock {
    decoder: raw::Decoder<'static>,
    /// What it said that it needs next; nothing between frames.
    needed: usize,
}

impl Operation for BlockByBlock {
    fn run<C: WriteBuf + ?Sized>(
        &mut self,
        input: &mut InBuffer<'_>,
        output: &mut OutBuffer<'_, C>,
    ) -> io::Result<usize> {
        let most = if self.needed > BLOCK_HEADER { self.needed.saturating_sub(BLOCK_HEADER) } else { 1 };
        let end = input.src.len().min(input.pos.saturating_add(most));
        let mut part = InBuffer { src: input.src.get(..end).unwrap_or_default(), pos: input.pos };
        let outcome = self.decoder.run(&mut part, output);
        input.pos = part.pos;
        self.needed = outcome.map_err(explain_window)?;
        Ok(self.needed)
    }

    fn reinit(&mut self) -> io::Result<()> {
        self.decoder.reinit()
    }

    fn finish<C: WriteBuf + ?Sized>(
        &mut self,
        output: &mut OutBuffer<'_, C>,
        finished_frame: bool,
    ) -> io::Result<usize> {
        self.decoder.finish(output, finished_frame)
    }
}

/// Says what to do about a window beyond the bound; zstd tells it from damage by its text only.
fn explain_window(error: io::Error) -> io::Error {
    if error.to_string() == "Frame requires too much memory for decoding" {
        io::Error::other("its window is larger than 32 MiB: decompress it with `zstd -d --long=31` first")
    } else {
        error
    }
}
