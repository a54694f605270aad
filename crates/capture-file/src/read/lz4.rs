//! lz4, a frame at a time.

use super::input::{Raw, first_bytes, is_skippable, skip_frame};
use lz4_flex::frame::FrameDecoder;
use std::io::{self, BufReader, Read};

/// The frame decoder of lz4_flex returns 0 at the end of a frame, at the end of the input, and also where the input
/// ends within a frame; and it relies on all frames having the block size of the first. So each frame gets a decoder
/// of its own, and we take note when the input ends within one.
pub(super) enum Lz4<R: Read> {
    Between(BufReader<Raw<R>>),
    Frame(Box<FrameDecoder<NotesEnd<R>>>),
    /// Only while one becomes the other.
    Changing,
}

pub(super) struct NotesEnd<R: Read> {
    /// Behind the bytes that were looked at.
    input: io::Chain<io::Cursor<Vec<u8>>, BufReader<Raw<R>>>,
    ended: bool,
}

impl<R: Read> Read for NotesEnd<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buf)?;
        self.ended |= count == 0 && !buf.is_empty();
        Ok(count)
    }
}

/// The first bytes of the next frame that is not skippable; none at the end.
fn next_frame(input: &mut impl Read) -> io::Result<Vec<u8>> {
    loop {
        let first = first_bytes(input)?;
        if !is_skippable(&first) {
            return Ok(first);
        }
        skip_frame(input)?;
    }
}

impl<R: Read> Lz4<R> {
    pub(super) fn new(input: Raw<R>) -> Self {
        Self::Between(BufReader::new(input))
    }

    /// Whether it was the input that failed.
    pub(super) fn input_failed(&self) -> bool {
        match self {
            Self::Between(input) => input.get_ref().failed,
            Self::Frame(decoder) => decoder.get_ref().input.get_ref().1.get_ref().failed,
            Self::Changing => false,
        }
    }

    pub(super) fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        loop {
            *self = match std::mem::replace(self, Self::Changing) {
                Self::Between(mut input) => match next_frame(&mut input) {
                    Ok(first) if first.is_empty() => {
                        *self = Self::Between(input);
                        return Ok(0);
                    }
                    Ok(first) => {
                        let input = io::Cursor::new(first).chain(input);
                        Self::Frame(Box::new(FrameDecoder::new(NotesEnd { input, ended: false })))
                    }
                    Err(error) => {
                        *self = Self::Between(input);
                        return Err(error);
                    }
                },
                Self::Frame(mut decoder) => match decoder.read(buf) {
                    Ok(0) if decoder.get_ref().ended => {
                        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it ends within a frame"));
                    }
                    Ok(0) => Self::Between(decoder.into_inner().input.into_inner().1),
                    outcome => {
                        *self = Self::Frame(decoder);
                        return outcome;
                    }
                },
                Self::Changing => return Ok(0),
            };
        }
    }
}
