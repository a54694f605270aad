//! Compression of what is written.

use crate::Compression;
#[cfg(feature = "gzip")]
use flate2::write::GzEncoder;
#[cfg(feature = "lz4")]
use lz4_flex::frame::FrameEncoder;
use std::io::{self, Write};

/// Compresses what is written to it, or passes it on as it is. Give it writes of some size: it has no buffer.
///
/// Once a write failed, all others do: nobody knows how much of it the compressed stream took, and lz4's encoder panics.
///
/// ```
/// # #[cfg(feature = "zstd")] {
/// use capture_file::{Compression, Compressor};
/// use std::io::Write;
/// let mut out = Compressor::new(Vec::new(), Some(Compression::Zstd))?;
/// out.write_all(b"packets")?;
/// let compressed = out.finish()?;
/// assert_eq!(compressed[..4], [0x28, 0xb5, 0x2f, 0xfd]);
/// # }
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Compressor<W: Write> {
    encoder: Encoder<W>,
    is_broken: bool,
}

enum Encoder<W: Write> {
    Plain(W),
    #[cfg(feature = "gzip")]
    Gzip(GzEncoder<W>),
    #[cfg(feature = "zstd")]
    Zstd(zstd::Encoder<'static, W>),
    #[cfg(feature = "lz4")]
    Lz4(FrameEncoder<W>),
}

impl<W: Write> Compressor<W> {
    /// Compresses to `out` at the usual level of the compression; `None` passes everything on.
    ///
    /// # Errors
    /// When zstd cannot get its memory, or the feature of the compression's name is off.
    pub fn new(out: W, compression: Option<Compression>) -> io::Result<Self> {
        let encoder = match compression {
            None => Encoder::Plain(out),
            #[cfg(feature = "gzip")]
            Some(Compression::Gzip) => Encoder::Gzip(GzEncoder::new(out, flate2::Compression::default())),
            #[cfg(feature = "zstd")]
            Some(Compression::Zstd) => {
                Encoder::Zstd(zstd::Encoder::new(out, zstd::DEFAULT_COMPRESSION_LEVEL)?)
            }
            #[cfg(feature = "lz4")]
            Some(Compression::Lz4) => Encoder::Lz4(FrameEncoder::new(out)),
            #[cfg(not(all(feature = "gzip", feature = "zstd", feature = "lz4")))]
            Some(compression) => {
                let without = format!("built without the feature `{compression}` of capture-file");
                return Err(io::Error::new(io::ErrorKind::Unsupported, without));
            }
        };
        Ok(Self { encoder, is_broken: false })
    }

    /// The output, which may lack what the compression holds back until a flush.
    pub fn get_ref(&self) -> &W {
        match &self.encoder {
            Encoder::Plain(out) => out,
            #[cfg(feature = "gzip")]
            Encoder::Gzip(encoder) => encoder.get_ref(),
            #[cfg(feature = "zstd")]
            Encoder::Zstd(encoder) => encoder.get_ref(),
            #[cfg(feature = "lz4")]
            Encoder::Lz4(encoder) => encoder.get_ref(),
        }
    }

    /// Ends the compressed stream and flushes. Without it the output is cut off.
    ///
    /// # Errors
    /// When the output fails, or has failed before.
    pub fn finish(self) -> io::Result<W> {
        self.check()?;
        #[cfg_attr(
            not(any(feature = "gzip", feature = "zstd", feature = "lz4")),
            expect(clippy::infallible_destructuring_match, reason = "with a feature there are more")
        )]
        let mut out = match self.encoder {
            Encoder::Plain(out) => out,
            #[cfg(feature = "gzip")]
            Encoder::Gzip(encoder) => encoder.finish()?,
            #[cfg(feature = "zstd")]
            Encoder::Zstd(encoder) => encoder.finish()?,
            #[cfg(feature = "lz4")]
            Encoder::Lz4(encoder) => encoder.finish().map_err(io::Error::from)?,
        };
        out.flush()?;
        Ok(out)
    }

    fn check(&self) -> io::Result<()> {
        if self.is_broken { Err(io::Error::other("an earlier write failed")) } else { Ok(()) }
    }

    /// Notes a failure, but for an interruption, behind which every encoder goes on.
    fn noting<T>(&mut self, done: io::Result<T>) -> io::Result<T> {
        self.is_broken = done.as_ref().is_err_and(|error| error.kind() != io::ErrorKind::Interrupted);
        done
    }
}

impl<W: Write> Write for Compressor<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.check()?;
        let written = match &mut self.encoder {
            Encoder::Plain(out) => out.write(buf),
            #[cfg(feature = "gzip")]
            Encoder::Gzip(encoder) => encoder.write(buf),
            #[cfg(feature = "zstd")]
            Encoder::Zstd(encoder) => encoder.write(buf),
            #[cfg(feature = "lz4")]
            Encoder::Lz4(encoder) => encoder.write(buf),
        };
        self.noting(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.check()?;
        let flushed = match &mut self.encoder {
            Encoder::Plain(out) => out.flush(),
            #[cfg(feature = "gzip")]
            Encoder::Gzip(encoder) => encoder.flush(),
            #[cfg(feature = "zstd")]
            Encoder::Zstd(encoder) => encoder.flush(),
            #[cfg(feature = "lz4")]
            Encoder::Lz4(encoder) => encoder.flush(),
        };
        self.noting(flushed)
    }
}
