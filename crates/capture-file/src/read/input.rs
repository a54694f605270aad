//! The input: compression recognised by content and undone, errors of the stream told from errors of the input.

use super::gzip::Gzip;
use super::zstd::{self, Zstd};
use crate::{Compression, OpenError};
use lz4_flex::frame::FrameDecoder;
use std::io::{self, BufReader, Read};

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

/// Whether a frame of zstd or lz4 begins with these four bytes that holds nothing of the stream. Both formats have the
/// same.
fn is_skippable(first: &[u8]) -> bool {
    matches!(first, [0x50..=0x5f, 0x2a, 0x4d, 0x18])
}

/// Reads over the rest of a skippable frame, behind its magic number.
fn skip_frame(input: &mut impl Read) -> io::Result<()> {
    let cut_off = || io::Error::new(io::ErrorKind::UnexpectedEof, "it ends within a skippable frame");
    let length = first_bytes(input)?;
    let length =
        length.first_chunk().map(|length| u64::from(u32::from_le_bytes(*length))).ok_or_else(cut_off)?;
    let skipped = io::copy(&mut input.take(length), &mut io::sink())?;
    if skipped < length { Err(cut_off()) } else { Ok(()) }
}

/// The next four bytes, fewer only at the end.
fn first_bytes(input: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut first = Vec::with_capacity(PEEK);
    input.take(PEEK as u64).read_to_end(&mut first)?;
    Ok(first)
}

/// The caller's input, with the bytes that were looked at put back. Retries interrupted reads and remembers whether
/// an error came from here, because decompressors hand it on in the same type as their own.
struct Raw<R> {
    input: R,
    peeked: io::Cursor<Vec<u8>>,
    failed: bool,
}

impl<R: Read> Raw<R> {
    fn new(input: R) -> Self {
        Self { input, peeked: io::Cursor::default(), failed: false }
    }

    /// The first four bytes, fewer only at the end of the input.
    fn peek(&mut self) -> io::Result<&[u8]> {
        self.peeked = io::Cursor::new(first_bytes(self)?);
        Ok(self.peeked.get_ref())
    }
}

impl<R: Read> Read for Raw<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.peeked.read(buf)?;
        if count > 0 {
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
        let mut raw = Raw::new(input);
        let mut skipped = false;
        while is_skippable(raw.peek()?) {
            raw.peeked = io::Cursor::default();
            skipped = true;
            if let Err(source) = skip_frame(&mut raw) {
                let compression = Compression::Zstd;
                return Err(if raw.failed {
                    source.into()
                } else {
                    OpenError::Compressed { compression, source }
                });
            }
        }
        let compression = match compression_of(raw.peeked.get_ref()) {
            // Frames of lz4, then, or none: its reader tells what is neither.
            None | Some(Compression::Gzip) if skipped => Some(Compression::Lz4),
            compression => compression,
        };
        let stream = match compression {
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
    fn input_failed(&self) -> bool {
        match self {
            Self::Between(input) => input.get_ref().failed,
            Self::Frame(decoder) => decoder.get_ref().input.get_ref().1.get_ref().failed,
            Self::Changing => false,
        }
    }

    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
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
