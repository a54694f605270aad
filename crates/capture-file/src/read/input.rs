//! The input: compression recognised by content and undone, errors of the stream told from errors of the input.

#[cfg(feature = "gzip")]
use super::gzip::Gzip;
#[cfg(feature = "lz4")]
use super::lz4::Lz4;
#[cfg(feature = "zstd")]
use super::zstd::{self, Zstd};
use crate::{Compression, OpenError};
#[cfg(any(feature = "gzip", feature = "zstd"))]
use std::io::BufReader;
use std::io::{self, Read};

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
pub(super) fn is_skippable(first: &[u8]) -> bool {
    matches!(first, [0x50..=0x5f, 0x2a, 0x4d, 0x18])
}

/// Reads over the rest of a skippable frame, behind its magic number.
pub(super) fn skip_frame(input: &mut impl Read) -> io::Result<()> {
    let cut_off = || io::Error::new(io::ErrorKind::UnexpectedEof, "it ends within a skippable frame");
    let length = first_bytes(input)?;
    let length =
        length.first_chunk().map(|length| u64::from(u32::from_le_bytes(*length))).ok_or_else(cut_off)?;
    let skipped = io::copy(&mut input.take(length), &mut io::sink())?;
    if skipped < length { Err(cut_off()) } else { Ok(()) }
}

/// The next four bytes, fewer only at the end.
pub(super) fn first_bytes(input: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut first = Vec::with_capacity(PEEK);
    input.take(PEEK as u64).read_to_end(&mut first)?;
    Ok(first)
}

/// The caller's input, with the bytes that were looked at put back. Retries interrupted reads and remembers whether
/// an error came from here, because decompressors hand it on in the same type as their own.
pub(super) struct Raw<R> {
    input: R,
    peeked: io::Cursor<Vec<u8>>,
    pub(super) failed: bool,
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
    #[cfg(feature = "gzip")]
    Gzip(Box<Gzip<BufReader<Raw<R>>>>),
    #[cfg(feature = "zstd")]
    Zstd(Box<Zstd<BufReader<Raw<R>>>>),
    #[cfg(feature = "lz4")]
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
                    OpenError::Compressed { compression, error: source }
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
            #[cfg(feature = "gzip")]
            Some(Compression::Gzip) => Stream::Gzip(Box::new(Gzip::new(BufReader::new(raw)))),
            #[cfg(feature = "zstd")]
            Some(Compression::Zstd) => Stream::Zstd(Box::new(zstd::reader(BufReader::new(raw))?)),
            #[cfg(feature = "lz4")]
            Some(Compression::Lz4) => Stream::Lz4(Lz4::new(raw)),
            #[cfg(not(all(feature = "gzip", feature = "zstd", feature = "lz4")))]
            Some(compression) => return Err(OpenError::LeftOut { compression }),
        };
        Ok(Self(stream))
    }

    pub(super) fn compression(&self) -> Option<Compression> {
        match &self.0 {
            Stream::Plain(_) => None,
            #[cfg(feature = "gzip")]
            Stream::Gzip(_) => Some(Compression::Gzip),
            #[cfg(feature = "zstd")]
            Stream::Zstd(_) => Some(Compression::Zstd),
            #[cfg(feature = "lz4")]
            Stream::Lz4(_) => Some(Compression::Lz4),
        }
    }

    /// The compression that an error of [`Read::read`] is about; `None` when the input itself failed.
    pub(super) fn broken_compression(&self) -> Option<Compression> {
        let failed = match &self.0 {
            Stream::Plain(_) => true,
            #[cfg(feature = "gzip")]
            Stream::Gzip(decoder) => decoder.get_ref().get_ref().failed,
            #[cfg(feature = "zstd")]
            Stream::Zstd(decoder) => decoder.reader().get_ref().failed,
            #[cfg(feature = "lz4")]
            Stream::Lz4(lz4) => lz4.input_failed(),
        };
        if failed { None } else { self.compression() }
    }
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Stream::Plain(raw) => raw.read(buf),
            #[cfg(feature = "gzip")]
            Stream::Gzip(decoder) => decoder.read(buf),
            #[cfg(feature = "zstd")]
            Stream::Zstd(decoder) => decoder.read(buf),
            #[cfg(feature = "lz4")]
            Stream::Lz4(lz4) => lz4.read(buf),
        }
    }
}
