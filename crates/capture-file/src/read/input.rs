//! The input: compression recognised by content and undone, errors of the stream told from errors of the input.

use super::gzip::Gzip;
use super::zstd::{self, Zstd};
use crate::{Compression, OpenError};
use lz4_flex::frame::FrameDecoder;
use std::io::{self, BufRead, BufReader, Read};

/// Bytes of the first read; enough to see which compression it is.
const PEEK: usize = 4;

/// Recognises a compression by the first four bytes.
pub(super) fn compression_of(first: &[u8]) -> Option<Compression> {
    match first {
        [0x1f, 0x8b, 0x08, ..] => Some(Compression::Gzip),
        // The second is a skippable frame; pzstd begins with one.
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Compression::Zstd),
        [0x04, 0x22, 0x4d, 0x18, ..] => Some(Compression::Lz4),
        _ => None,
    }
}

/// The caller's input, with the bytes that were looked at put back. Retries interrupted reads and remembers whether
/// an error came from here, because decompressors hand it on in the same type as their own.
struct Raw<R> {
    input: R,
    peeked: [u8; PEEK],
    peeked_range: std::ops::Range<usize>,
    failed: bool,
}

impl<R: Read> Raw<R> {
    /// Reads up to four bytes, fewer only at the end of the input.
    fn peek(input: R) -> io::Result<Self> {
        let mut raw = Self { input, peeked: [0; PEEK], peeked_range: 0..0, failed: false };
        let mut filled = 0_usize;
        let mut peeked = [0; PEEK];
        while let Some(room) = peeked.get_mut(filled..).filter(|room| !room.is_empty()) {
            match raw.read(room)? {
                0 => break,
                count => filled = filled.saturating_add(count),
            }
        }
        raw.peeked = peeked;
        raw.peeked_range = 0..filled.min(PEEK);
        Ok(raw)
    }

    fn first(&self) -> &[u8] {
        self.peeked.get(self.peeked_range.clone()).unwrap_or_default()
    }
}

impl<R: Read> Read for Raw<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if !self.peeked_range.is_empty() {
            let count = self.peeked_range.len().min(buf.len());
            for (to, from) in buf.iter_mut().zip(self.first()) {
                *to = *from;
            }
            self.peeked_range.start = self.peeked_range.start.saturating_add(count);
            return Ok(count);
        }
        loop {
            match self.input.read(buf) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.failed = true;
                    return Err(error);
                }
                Ok(count) => return Ok(count.min(buf.len())),
            }
        }
    }
}

/// The decompressed stream.
pub(super) struct Input<R: Read>(Stream<R>);

enum Stream<R: Read> {
    Plain(Raw<R>),
    Gzip(Box<Gzip<BufReader<Raw<R>>>>),
    Zstd(Box<Zstd<BufReader<Raw<R>>>>),
    Lz4(Lz4<R>),
}

impl<R: Read> Input<R> {
    pub(super) fn new(input: R) -> Result<Self, OpenError> {
        let raw = Raw::peek(input)?;
        let stream = match compression_of(raw.first()) {
            None => Stream::Plain(raw),
            Some(Compression::Gzip) => Stream::Gzip(Box::new(Gzip::new(BufReader::new(raw)))),
            Some(Compression::Zstd) => Stream::Zstd(Box::new(zstd::reader(BufReader::new(raw))?)),
            Some(Compression::Lz4) => Stream::Lz4(Lz4::Between(BufReader::new(raw))),
        };
        Ok(Self(stream))
    }

    pub(super) fn compression(&self) -> Option<Compression> {
        match &self.0 {
            Stream::Plain(_) => None,
            Stream::Gzip(_) => Some(Compression::Gzip),
            Stream::Zstd(_) => Some(Compression::Zstd),
            Stream::Lz4(_) => Some(Compression::Lz4),
        }
    }

    /// The compression that an error of [`Read::read`] is about; `None` when the input itself failed.
    pub(super) fn broken_compression(&self) -> Option<Compression> {
        let failed = match &self.0 {
            Stream::Plain(_) => true,
            Stream::Gzip(decoder) => decoder.get_ref().get_ref().failed,
            Stream::Zstd(decoder) => decoder.reader().get_ref().failed,
            Stream::Lz4(lz4) => lz4.input_failed(),
        };
        if failed { None } else { self.compression() }
    }
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Stream::Plain(raw) => raw.read(buf),
            Stream::Gzip(decoder) => decoder.read(buf),
            Stream::Zstd(decoder) => decoder.read(buf),
            Stream::Lz4(lz4) => lz4.read(buf),
        }
    }
}

/// The frame decoder of lz4_flex returns 0 at the end of a frame, at the end of the input, and also where the input
/// ends within a frame; and it relies on all frames having the block size of the first. So each frame gets a decoder
/// of its own, and we take note when the input ends within one.
enum Lz4<R: Read> {
    Between(BufReader<Raw<R>>),
    Frame(Box<FrameDecoder<NotesEnd<R>>>),
    /// Only while one becomes the other.
    Changing,
}

struct NotesEnd<R: Read> {
    input: BufReader<Raw<R>>,
    ended: bool,
}

impl<R: Read> Read for NotesEnd<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buf)?;
        self.ended |= count == 0 && !buf.is_empty();
        Ok(count)
    }
}

impl<R: Read> Lz4<R> {
    fn input_failed(&self) -> bool {
        match self {
            Self::Between(input) => input.get_ref().failed,
            Self::Frame(decoder) => decoder.get_ref().input.get_ref().failed,
            Self::Changing => false,
        }
    }

    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        loop {
            *self = match std::mem::replace(self, Self::Changing) {
                Self::Between(mut input) => match input.fill_buf() {
                    Ok([]) => {
                        *self = Self::Between(input);
                        return Ok(0);
                    }
                    Ok(_) => Self::Frame(Box::new(FrameDecoder::new(NotesEnd { input, ended: false }))),
                    Err(error) => {
                        *self = Self::Between(input);
                        return Err(error);
                    }
                },
                Self::Frame(mut decoder) => match decoder.read(buf) {
                    Ok(0) if decoder.get_ref().ended => {
                        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it ends within a frame"));
                    }
                    Ok(0) => Self::Between(decoder.into_inner().input),
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
