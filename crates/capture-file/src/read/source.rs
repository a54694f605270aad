//! A stream whose compression is undone and whose beginning can be looked at.

use super::buffer::Buffer;
use super::input::Input;
use crate::{Compression, OpenError};
use std::io::{self, Read};

/// An input before it is known what it holds: compression recognised and undone, the first bytes on view.
///
/// ```
/// use capture_file::{Reader, Source};
/// # let mut file = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0];
/// # file.extend([0, 0, 4, 0, 147, 0, 0, 0]);
/// let mut source = Source::new(file.as_slice())?;
/// assert_eq!(source.peek(4)?, [0xd4, 0xc3, 0xb2, 0xa1]);
/// let reader = Reader::from_source(source)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Source<R: Read> {
    pub(super) input: Input<R>,
    pub(super) buffer: Buffer,
}

impl<R: Read> Source<R> {
    /// Looks at the first bytes of `input` for a compression.
    ///
    /// # Errors
    /// When the input cannot be read.
    pub fn new(input: R) -> Result<Self, OpenError> {
        Ok(Self { input: Input::new(input)?, buffer: Buffer::new() })
    }

    /// The compression around it.
    #[must_use]
    pub fn compression(&self) -> Option<Compression> {
        self.input.compression()
    }

    /// The next bytes, decompressed: `length` of them, or fewer at the end.
    ///
    /// # Errors
    /// When the input cannot be read, or its compressed stream is broken.
    pub fn peek(&mut self, length: usize) -> Result<&[u8], OpenError> {
        self.fill(length)?;
        let there = self.buffer.available();
        Ok(there.get(..length).unwrap_or(there))
    }

    /// Reads until so many bytes are there; `false` at the end.
    pub(super) fn fill(&mut self, needed: usize) -> Result<bool, OpenError> {
        let Self { input, buffer } = self;
        buffer.fill(input, needed).map_err(|source| match input.broken_compression() {
            Some(compression) => OpenError::Compressed { compression, error: source },
            None => OpenError::Io(source),
        })
    }
}

/// The decompressed bytes.
impl<R: Read> Read for Source<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.buffer.available().is_empty() {
            return self.input.read(out);
        }
        let length = self.buffer.available().len().min(out.len());
        self.buffer.take(length).read(out)
    }
}
