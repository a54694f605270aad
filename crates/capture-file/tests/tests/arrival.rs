//! The answer does not depend on how the bytes arrive, and no call waits for more than the next item needs.

use super::build::*;
use capture_file::{Compression, Compressor, Item, Reader, Source};
use proptest::prelude::*;
use std::collections::VecDeque;
use std::io::{self, Read, Write};

/// Hands out pieces of given sizes, an interruption before each, and counts what it handed out.
struct Pieces<'a> {
    bytes: &'a [u8],
    sizes: Vec<usize>,
    turn: usize,
    interrupt: bool,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.interrupt = !self.interrupt;
        if self.interrupt {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let size = self.sizes[self.turn % self.sizes.len()].clamp(1, buf.len());
        self.turn += 1;
        let count = size.min(self.bytes.len());
        let (now, later) = self.bytes.split_at(count);
        buf[..count].copy_from_slice(now);
        self.bytes = later;
        Ok(count)
    }
}

fn files() -> Vec<Vec<u8>> {
    let pcap = Pcap::new(Big, NANO, 0, 147).record(1, 2, 3, b"abc").record(4, 5, 6, &[7; 5000]).bytes();
    let plain = [pcap, rich_pcapng()];
    let mut files = Vec::new();
    for file in plain {
        for compression in [Compression::Gzip, Compression::Zstd, Compression::Lz4] {
            files.push(super::compression::compress(&file, compression));
        }
        files.push(file);
    }
    files
}

fn same_in_pieces(file: &[u8], sizes: Vec<usize>) {
    let pieces = Pieces { bytes: file, sizes, turn: 0, interrupt: false };
    assert_eq!(read_all(pieces).unwrap().0, items(file));
}

#[test]
fn byte_by_byte() {
    for file in files() {
        same_in_pieces(&file, vec![1]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn in_random_pieces(sizes in proptest::collection::vec(1..300_usize, 1..20)) {
        for file in files() {
            same_in_pieces(&file, sizes.clone());
        }
    }
}

/// Everything before the damage comes out, although decompressors drop what they made of a piece in which they meet it.
#[test]
fn damaged_compressed_streams() {
    let mut file = Pcap::new(Little, MICRO, 0, 147);
    for number in 0..40_u32 {
        file = file.record(number, 0, 40, &[number as u8; 40]);
    }
    let file = file.bytes();
    for compression in super::compression::ALL {
        // Flushed behind each part, then damage that no block can begin with.
        let mut damaged = Compressor::new(Vec::new(), Some(compression)).unwrap();
        for part in file.chunks(200) {
            damaged.write_all(part).unwrap();
            damaged.flush().unwrap();
        }
        let damaged = [damaged.get_ref(), [0xff; 40].as_slice()].concat();
        let (whole, error) = read_all(damaged.as_slice()).unwrap();
        assert_eq!(whole, items(&file), "{compression}");
        let error = error.unwrap().to_string();
        assert!(error.starts_with(&format!("broken {compression} stream: ")), "{error}");
        for sizes in [vec![1], vec![100], vec![3, 1, 77, 4096]] {
            let pieces = Pieces { bytes: &damaged, sizes, turn: 0, interrupt: false };
            let (found, error_in_pieces) = read_all(pieces).unwrap();
            assert_eq!(found, whole, "{compression}");
            assert_eq!(error_in_pieces.unwrap().to_string(), error);
        }
    }
}

/// A pipe whose writer has written so much and no more: a read beyond that would wait for ever.
struct LivePipe<'a> {
    written: &'a std::cell::RefCell<VecDeque<u8>>,
}

impl Read for LivePipe<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut written = self.written.borrow_mut();
        assert!(!written.is_empty(), "would wait");
        Read::read(&mut *written, buf)
    }
}

#[test]
fn a_live_pipe_is_never_waited_for_without_need() {
    for file in
        [rich_pcapng(), Pcap::new(Little, MICRO, 0, 1).record(0, 0, 3, b"abc").record(0, 1, 0, b"").bytes()]
    {
        let whole = items(&file);
        let written = std::cell::RefCell::new(VecDeque::new());
        let header = raw(&whole[..1]);
        written.borrow_mut().extend(&header);
        let mut reader = Reader::new(LivePipe { written: &written }).unwrap();
        for (index, expected) in whole.iter().enumerate() {
            if index > 0 {
                assert!(reader.needs_input(), "item {index}");
                written.borrow_mut().extend(raw(std::slice::from_ref(expected)));
            }
            let item = reader.next_item().unwrap().unwrap();
            assert_eq!(&owned(&item), expected);
        }
        assert!(reader.needs_input());
    }
}

#[test]
fn a_live_compressed_pipe_gives_what_was_flushed() {
    use std::io::Write;
    let whole = items(&rich_pcapng());
    for compression in super::compression::ALL {
        let written = std::cell::RefCell::new(VecDeque::new());
        let mut compressor = Compressor::new(Vec::new(), Some(compression)).unwrap();
        let mut sent = 0;
        let mut send = |item: &Owned| {
            compressor.write_all(&raw(std::slice::from_ref(item))).unwrap();
            compressor.flush().unwrap();
            written.borrow_mut().extend(&compressor.get_ref()[sent..]);
            sent = compressor.get_ref().len();
        };
        send(&whole[0]);
        let mut reader = Reader::new(LivePipe { written: &written }).unwrap();
        for (index, expected) in whole.iter().enumerate() {
            if index > 0 {
                send(expected);
            }
            let item = reader.next_item().unwrap().unwrap();
            assert_eq!(&owned(&item), expected, "{compression}");
        }
    }
}

#[test]
fn what_is_buffered_needs_no_input() {
    let file = rich_pcapng();
    let count = items(&file).len();
    let mut reader = Reader::new(file.as_slice()).unwrap();
    for _ in 0..count {
        assert!(!reader.needs_input());
        reader.next_item().unwrap().unwrap();
    }
    assert!(reader.needs_input(), "the end of the input has not been seen");
    assert!(reader.next_item().unwrap().is_none());
    assert!(!reader.needs_input());
}

/// Gives some bytes, then fails for good.
struct Failing<'a>(&'a [u8]);

impl Read for Failing<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buf)? {
            0 => Err(io::Error::other("the disk is gone")),
            count => Ok(count),
        }
    }
}

#[test]
fn a_failing_input_is_told_from_a_broken_one() {
    let file = rich_pcapng();
    let whole = items(&file);
    for cut in 0..=file.len() {
        let Ok((items, error)) = read_all(Failing(&file[..cut])) else {
            continue;
        };
        assert_eq!(items, whole[..items.len()]);
        assert!(error.unwrap().to_string().starts_with("cannot read: the disk is gone (packet"));
    }
    for compression in [Compression::Gzip, Compression::Zstd, Compression::Lz4] {
        let compressed = super::compression::compress(&file, compression);
        for cut in 0..compressed.len() {
            match read_all(Failing(&compressed[..cut])) {
                Ok((_, error)) => {
                    assert!(error.unwrap().to_string().starts_with("cannot read: the disk is gone"));
                }
                Err(error) => assert_eq!(error.to_string(), "cannot read: the disk is gone"),
            }
        }
    }
}

#[test]
fn items_stay_whole_while_the_buffer_wraps() {
    let mut file = Pcap::new(Little, MICRO, 0, 1);
    for number in 0..2000_u32 {
        let data = vec![number as u8; (number as usize * 37) % 1500];
        file = file.record(number, 0, 1500, &data);
    }
    let bytes = file.bytes();
    let mut reader =
        Reader::new(Pieces { bytes: &bytes, sizes: vec![1000, 7, 60_000], turn: 0, interrupt: false })
            .unwrap();
    let mut number = 0;
    while let Some(item) = reader.next_item().unwrap() {
        if let Item::Packet(packet) = item {
            assert_eq!(packet.data, vec![number as u8; (number as usize * 37) % 1500]);
            number += 1;
        }
    }
    assert_eq!(number, 2000);
}

#[test]
fn a_source_gives_every_byte_once() {
    let file = rich_pcapng();
    for peeked in [0, 1, 4, 100, file.len(), file.len() + 1] {
        for compression in [None, Some(Compression::Lz4)] {
            let input = compression.map_or(file.clone(), |kind| super::compression::compress(&file, kind));
            let mut source = Source::new(input.as_slice()).unwrap();
            assert_eq!(source.compression(), compression);
            assert_eq!(source.peek(peeked).unwrap(), &file[..peeked.min(file.len())]);
            assert_eq!(source.read(&mut []).unwrap(), 0);
            let mut read = vec![0; 3];
            source.read_exact(&mut read).unwrap();
            source.read_to_end(&mut read).unwrap();
            assert_eq!(read, file, "{peeked} bytes looked at, {compression:?}");
        }
    }
}
