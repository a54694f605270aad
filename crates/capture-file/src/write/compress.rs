//! Compression of what is written.

use crate::Compression;
use flate2::write::GzEncoder;
use lz4_flex::frame::FrameEncoder;
use std::io::{self, Write};

/// Compresses what is written to it, or passes it on as it is. Give it writes of some size: it has no buffer.
///
/// ```
/// use capture_file::{Compression, Compressor};
/// use std::io::Write;
/// let mut out = Compressor::new(Vec::new(), Some(Compression::Zstd))?;
/// out.write_all(b"packets")?;
/// let compressed = out.finish()?;
/// assert_eq!(compressed[..4], [0x28, 0xb5, 0x2f, 0xfd]);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Compressor<W: Write>(Encoder<W>);

enum Encoder<W: Write> {
    Plain(W),
    Gzip(GzEncoder<W>),
    Zstd(zstd::Encoder<'static, W>),
    Lz4(FrameEncoder<W>),
}

impl<W: Write> Compressor<W> {
    /// Compresses to `out` at the usual level of the compression; `None` passes everything on.
    ///
    /// # Errors
    /// When zstd cannot get its memory.
    pub fn new(out: W, compression: Option<Compression>) -> io::Result<Self> {
        Ok(Self(match compression {
            None => Encoder::Plain(out),
            Some(Compression::Gzip) => Encoder::Gzip(GzEncoder::new(out, flate2::Compression::default())),
            Some(Compression::Zstd) => {
                Encoder::Zstd(zstd::Encoder::new(out, zstd::DEFAULT_COMPRESSION_LEVEL)?)
            }
            Some(Compression::Lz4) => Encoder::Lz4(FrameEncoder::new(out)),
        }))
    }

    /// The output, which may lack what the compression holds back until a flush.
    pub fn get_ref(&self) -> &W {
        match &self.0 {
            Encoder::Plain(out) => out,
            Encoder::Gzip(encoder) => encoder.get_ref(),
            Encoder::Zstd(encoder) => encoder.get_ref(),
            Encoder::Lz4(encoder) => encoder.get_ref(),
        }
    }

    /// Ends the compressed stream and flushes. Without it the output is cut off.
    ///
    /// # Errors
    /// When the output fails.
    pub fn finish(self) -> io::Result<W> {
        let mut out = match self.0 {
            Encoder::Plain(out) => out,
            Encoder::Gzip(encoder) => encoder.finish()?,
            Encoder::Zstd(encoder) => encoder.finish()?,
            Encoder::Lz4(encoder) => encoder.finish().map_err(io::Error::from)?,
        };
        out.flush()?;
        Ok(out)
    }
}

impl<W: Write> Write for Compressor<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            Encoder::Plain(out) => out.write(buf),
            Encoder::Gzip(encoder) => encoder.write(buf),
            Encoder::Zstd(encoder) => encoder.write(buf),
            Encoder::Lz4(encoder) => encoder.write(buf),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Encoder::Plain(out) => out.flush(),
            Encoder::Gzip(encoder) => encoder.flush(),
            Encoder::Zstd(encoder) => encoder.flush(),
            Encoder::Lz4(encoder) => encoder.flush(),
        }
    }
}
