//! gzip, member by member. What flate2's own reader made of a piece of input is lost when it meets damage in that
//! piece; but all before the damage has to come out, as of `gzip -dc`, and however the bytes arrive.

use flate2::bufread::GzDecoder;
use flate2::{Crc, Decompress, FlushDecompress, Status};
use std::io::{self, BufRead, Read};
use std::ops::Range;

/// Bytes of the window of deflate: with less room, what is left of it when damage is met could not be asked for.
const WINDOW: usize = 32 << 10;

/// Bytes of a member's trailer: checksum and length.
const TRAILER: usize = 8;

/// The decompressed bytes of a gzip stream of any number of members.
pub(super) struct Gzip<R> {
    input: R,
    place: Place,
    inflate: Decompress,
    checksum: Crc,
    window: Box<[u8]>,
    /// Those of the window that are yet to be given.
    ready: Range<usize>,
}

/// What comes next in the input.
#[derive(Clone, Copy)]
enum Place {
    Header,
    Body,
    Damage,
    Trailer,
}

impl<R: BufRead> Gzip<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            place: Place::Header,
            inflate: Decompress::new(false),
            checksum: Crc::new(),
            window: vec![0; WINDOW].into_boxed_slice(),
            ready: 0..0,
        }
    }

    pub(super) const fn get_ref(&self) -> &R {
        &self.input
    }

    /// Decompresses until there is something to give; gives nothing at the end.
    fn decompressed(&mut self) -> io::Result<&[u8]> {
        while self.ready.is_empty() {
            let place = self.place;
            self.place = match place {
                Place::Header if self.is_over()? => break,
                Place::Header => self.header()?,
                Place::Body => self.body()?,
                Place::Damage => return Err(damaged("corrupt deflate stream")),
                Place::Trailer => self.trailer()?,
            };
        }
        Ok(self.window.get(self.ready.clone()).unwrap_or_default())
    }

    /// Whether there is no further member. Zeros behind the last one are none: tapes and disks are filled up with them.
    fn is_over(&mut self) -> io::Result<bool> {
        loop {
            let input = self.input.fill_buf()?;
            let is_end = input.is_empty();
            let zeros = input.iter().take_while(|byte| **byte == 0).count();
            if is_end || zeros < input.len() {
                self.input.consume(zeros);
                return Ok(is_end);
            }
            self.input.consume(zeros);
        }
    }

    fn header(&mut self) -> io::Result<Place> {
        let mut decoder = GzDecoder::new(&mut self.input);
        if decoder.header().is_none() {
            // It keeps what it met for the first read.
            let error = decoder.read(&mut [0]).err();
            return Err(error.unwrap_or_else(|| io::ErrorKind::UnexpectedEof.into()));
        }
        self.inflate.reset(false);
        self.checksum.reset();
        Ok(Place::Body)
    }

    fn body(&mut self) -> io::Result<Place> {
        let input = self.input.fill_buf()?;
        let is_over = input.is_empty();
        let (taken, made) = (self.inflate.total_in(), self.inflate.total_out());
        let outcome = self.inflate.decompress(input, &mut self.window, FlushDecompress::None);
        let length = |before: u64, now: u64| usize::try_from(now.saturating_sub(before)).unwrap_or(WINDOW);
        let taken = length(taken, self.inflate.total_in());
        self.ready = 0..length(made, self.inflate.total_out());
        self.input.consume(taken);
        self.checksum.update(self.window.get(self.ready.clone()).unwrap_or_default());
        match outcome {
            Ok(Status::StreamEnd) => Ok(Place::Trailer),
            Ok(_) if taken > 0 || !self.ready.is_empty() => Ok(Place::Body),
            Ok(_) if is_over => {
                Err(io::Error::new(io::ErrorKind::UnexpectedEof, "incomplete deflate stream"))
            }
            Ok(_) | Err(_) => Ok(Place::Damage),
        }
    }

    fn trailer(&mut self) -> io::Result<Place> {
        let mut trailer = [0; TRAILER];
        self.input.read_exact(&mut trailer).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => io::Error::new(error.kind(), "it ends within its checksum"),
            _ => error,
        })?;
        let expected = u64::from_le_bytes(trailer);
        let found = u64::from(self.checksum.amount()) << 32 | u64::from(self.checksum.sum());
        if found != expected {
            return Err(damaged("corrupt gzip stream does not have a matching checksum"));
        }
        Ok(Place::Header)
    }
}

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.decompressed()?.read(buf)?;
        self.ready.start = self.ready.start.saturating_add(count);
        Ok(count)
    }
}

fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, what)
}
