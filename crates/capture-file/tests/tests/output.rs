//! Every failure of the output reaches the caller.

use super::build::*;
use super::compression::ALL;
use capture_file::{
    Compressor, CopyWriter, Item, PcapResolution, PcapWriter, PcapngWriter, Reader, WriteError,
};
use std::io::{self, Write};

/// A disk with so much room; writes short when it gets full, then fails.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let count = buf.len().min(self.0);
        self.0 -= count;
        if count == 0 && !buf.is_empty() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(count) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Takes everything and fails to flush.
struct BadFlush;

impl Write for BadFlush {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Err(io::Error::other("bad flush"))
    }
}

fn pcap() -> Vec<u8> {
    let mut pcap = Pcap::new(Little, MICRO, 0, 1);
    for number in 0..200 {
        pcap = pcap.record(number, 0, 2000, &[5; 2000]);
    }
    pcap.bytes()
}

fn convert_to_pcap<W: Write>(out: W) -> Result<(), WriteError> {
    let bytes = pcap();
    let mut reader = Reader::new(bytes.as_slice()).unwrap();
    let mut writer = PcapWriter::new(out, PcapResolution::Auto);
    while let Some(item) = reader.next_item().unwrap() {
        writer.write(&item)?;
    }
    writer.finish().map(drop)
}

fn convert_to_pcapng<W: Write>(out: W, bytes: &[u8]) -> Result<(), WriteError> {
    let mut reader = Reader::new(bytes).unwrap();
    let mut writer = PcapngWriter::new(out);
    while let Some(item) = reader.next_item().unwrap() {
        writer.write(&item)?;
    }
    writer.finish().map(drop)
}

fn copy<W: Write>(out: W, files: &[Vec<u8>]) -> Result<W, WriteError> {
    let mut writer = CopyWriter::new(out);
    for file in files {
        let mut reader = Reader::new(file.as_slice()).unwrap();
        while let Some(item) = reader.next_item().unwrap() {
            match &item {
                Item::Packet(packet) => writer.write_with(packet, packet.data, packet.original_len)?,
                item => writer.write(item)?,
            }
        }
    }
    writer.finish()
}

#[test]
fn several_captures_into_one() {
    let pcap = |order, snaplen, link| Pcap::new(order, MICRO, snaplen, link).record(1, 2, 1, b"x").bytes();
    let joined = copy(Vec::new(), &[pcap(Little, 9, 1), pcap(Little, 5, 1)]).unwrap();
    assert_eq!(joined, Pcap::new(Little, MICRO, 9, 1).record(1, 2, 1, b"x").record(1, 2, 1, b"x").bytes());
    let joined = copy(Vec::new(), &[rich_pcapng(), rich_pcapng()]).unwrap();
    assert_eq!(joined, [rich_pcapng(), rich_pcapng()].concat());
    for (first, second, message) in [
        (pcap(Little, 9, 1), pcap(Big, 9, 1), "the header of this pcap differs"),
        (pcap(Little, 9, 1), pcap(Little, 9, 147), "the header of this pcap differs"),
        (pcap(Little, 9, 1), rich_pcapng(), "a pcapng cannot follow a pcap"),
        (rich_pcapng(), pcap(Little, 9, 1), "a pcap cannot follow a pcapng"),
    ] {
        let error = copy(Vec::new(), &[first, second]).unwrap_err().to_string();
        assert!(error.starts_with(message), "{error}");
    }
}

#[test]
fn a_full_disk_is_noticed_wherever_it_gets_full() {
    let mut written = Vec::new();
    convert_to_pcapng(&mut written, &pcap()).unwrap();
    for room in (0..written.len()).step_by(4001).chain([0, 1, 27, written.len() - 1]) {
        assert!(matches!(convert_to_pcapng(Full(room), &pcap()), Err(WriteError::Io(_))), "{room}");
    }
    let length = pcap().len();
    for room in (0..length).step_by(4001).chain([0, 1, 23, length - 1]) {
        assert!(matches!(convert_to_pcap(Full(room)), Err(WriteError::Io(_))), "{room}");
    }
    convert_to_pcap(Full(length)).unwrap();
    let rich = rich_pcapng();
    for room in 0..rich.len() {
        let copied = copy(Full(room), std::slice::from_ref(&rich));
        assert!(matches!(copied, Err(WriteError::Io(_))), "{room}");
        assert!(matches!(convert_to_pcapng(Full(room), &rich), Err(WriteError::Io(_))), "{room}");
    }
}

#[test]
fn a_failing_flush_is_noticed() {
    assert!(convert_to_pcap(BadFlush).is_err());
    assert!(copy(BadFlush, &[pcap()]).is_err());
    assert!(convert_to_pcapng(BadFlush, &pcap()).is_err());
    for compression in ALL.map(Some).into_iter().chain([None]) {
        assert!(Compressor::new(BadFlush, compression).unwrap().finish().is_err());
    }
}

#[test]
fn compression_passes_failures_on() {
    let bytes = pcap();
    for compression in ALL {
        let length = super::compression::compress(&bytes, compression).len();
        for room in (0..length).step_by(31).chain(length - 20..length) {
            let mut out = Compressor::new(Full(room), Some(compression)).unwrap();
            let outcome = out.write_all(&bytes).and_then(|()| out.finish().map(drop));
            assert!(outcome.is_err(), "{compression} with room for {room} of {length}");
        }
    }
}

#[test]
fn flush_hands_on_what_is_whole() {
    let bytes = Pcap::new(Little, MICRO, 0, 1).record(0, 0, 1, b"x").bytes();
    let mut reader = Reader::new(bytes.as_slice()).unwrap();
    let shared = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    struct Shared(std::rc::Rc<std::cell::RefCell<Vec<u8>>>);
    impl Write for Shared {
        fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().write(buf)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut writer = PcapWriter::new(Shared(shared.clone()), PcapResolution::Auto);
    while let Some(item) = reader.next_item().unwrap() {
        writer.write(&item).unwrap();
        writer.flush().unwrap();
    }
    assert_eq!(*shared.borrow(), bytes);
}

/// What was lost stays lost: a writer that an error left without an output refuses everything after it.
#[test]
fn after_a_failed_header_nothing_is_taken() {
    let file = Pcap::new(Big, NANO, 0, 1).bytes();
    let mut writer = PcapngWriter::new(Full(1000));
    let mut headers = 0;
    let mut header = |writer: &mut PcapngWriter<Full>| {
        headers += 1;
        assert!(headers < 10_000, "the disk is never full");
        let mut reader = Reader::new(file.as_slice()).unwrap();
        writer.write(&reader.next_item().unwrap().unwrap())
    };
    while header(&mut writer).is_ok() {}
    let says_so = |result: Result<(), WriteError>| {
        assert!(result.unwrap_err().to_string().ends_with("an error came before, or no header"));
    };
    says_so(header(&mut writer));
    says_so(writer.flush());
    says_so(writer.finish().map(drop));
}

#[test]
fn a_flush_hands_over_what_there_is() {
    let file = Pcap::new(Little, MICRO, 0, 1).record(1, 2, 3, b"abc").bytes();
    let mut reader = Reader::new(file.as_slice()).unwrap();
    let (mut pcap, mut pcapng) = (Vec::new(), Vec::new());
    let mut to_pcap = PcapWriter::new(&mut pcap, PcapResolution::Auto);
    let mut to_pcapng = PcapngWriter::new(&mut pcapng);
    to_pcap.flush().unwrap();
    while let Some(item) = reader.next_item().unwrap() {
        to_pcap.write(&item).unwrap();
        to_pcapng.write(&item).unwrap();
    }
    to_pcap.flush().unwrap();
    to_pcapng.flush().unwrap();
    assert!(to_pcap.losses().is_empty() && to_pcapng.losses().is_empty());
    std::mem::forget((to_pcap, to_pcapng));
    assert_eq!(pcap, file);
    assert_eq!(times(&items(&pcapng)), times(&items(&file)));
}
