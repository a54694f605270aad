//! Memory stays bounded whatever the input claims.

use super::build::*;
use capture_file::{Item, MAX_BLOCK, MAX_INTERFACE_NAMES, MAX_INTERFACES, Reader, WarningKind};
use std::cell::Cell;
use std::io::{self, Read};

/// A beginning, then the same bytes for ever; counts what was asked for at once at most, and what was handed out.
struct Endless<'a> {
    beginning: &'a [u8],
    repeated: &'a [u8],
    largest: &'a Cell<usize>,
    given: &'a Cell<u64>,
}

impl Read for Endless<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.largest.set(self.largest.get().max(buf.len()));
        if self.beginning.is_empty() {
            self.beginning = self.repeated;
        }
        let count = self.beginning.read(buf)?;
        self.given.set(self.given.get() + count as u64);
        Ok(count)
    }
}

#[test]
fn zeros_after_a_pcap_header_need_one_small_buffer() {
    let header = Pcap::new(Little, MICRO, 0, 1).bytes();
    let (largest, given) = (Cell::new(0), Cell::new(0));
    let zeros = vec![0; 1 << 20];
    let input = Endless { beginning: &header, repeated: &zeros, largest: &largest, given: &given };
    let mut reader = Reader::new(input.take(64 << 20)).unwrap();
    reader.next_item().unwrap().unwrap();
    let error = reader.next_item().unwrap_err();
    let length = (64 << 20) - header.len();
    assert_eq!(
        error.to_string(),
        format!(
            "{length} zeros, up to the end of the file, where a packet should begin: never written, as after a \
             loss of power (packet 1, byte offset 24)"
        )
    );
    assert!(reader.next_item().unwrap().is_none());
    assert!(largest.get() <= 256 * 1024);
    assert_eq!(given.get(), 64 << 20);
}

#[test]
fn a_huge_length_is_refused_before_reading_on() {
    let huge_record = Pcap::new(Little, MICRO, u32::MAX, 1).0.u32(0).u32(0).u32(MAX_BLOCK + 1).u32(0).bytes;
    let mut huge_block = Pcapng::default().section(Little).bytes;
    huge_block.extend(Bytes::new(Little).u32(99).u32(u32::MAX - 3).u32(0).bytes);
    for beginning in [huge_record, huge_block] {
        let (largest, given) = (Cell::new(0), Cell::new(0));
        let input = Endless { beginning: &beginning, repeated: b"\0", largest: &largest, given: &given };
        let mut reader = Reader::new(input).unwrap();
        assert!(reader.next_item().unwrap().is_some());
        assert!(reader.next_item().is_err());
        assert_eq!(given.get(), beginning.len() as u64);
        assert!(reader.next_item().unwrap().is_none());
    }
}

#[test]
fn the_buffer_grows_with_what_arrives_and_no_further() {
    let beginning = Pcap::new(Little, MICRO, u32::MAX, 1).0.u32(0).u32(0).u32(MAX_BLOCK).u32(0).bytes;
    // A claim of 16 MiB of which 300 kB arrive.
    let mut file = beginning.clone();
    file.resize(300_000, 0);
    let (_, error) = read_all(file.as_slice()).unwrap();
    let error = error.unwrap().to_string();
    assert!(
        error.starts_with("cut off in the middle of a packet: 16777232 bytes needed, 299976 there"),
        "{error}"
    );
    // All 16 MiB of it.
    let (largest, given) = (Cell::new(0), Cell::new(0));
    let input = Endless { beginning: &beginning, repeated: &[0; 4096], largest: &largest, given: &given };
    let mut reader = Reader::new(input).unwrap();
    reader.next_item().unwrap();
    let Ok(Some(Item::Packet(packet))) = reader.next_item() else { panic!("a packet") };
    assert_eq!(packet.captured_len, MAX_BLOCK);
    assert!(largest.get() <= 32 << 20);
}

#[test]
fn sections_do_not_add_up() {
    let one = Pcapng::default().section(Big).interface(1, 0, |options| options.option(2, &[b'x'; 500])).bytes;
    let (largest, given) = (Cell::new(0), Cell::new(0));
    let input = Endless { beginning: &one, repeated: &one, largest: &largest, given: &given };
    let mut reader = Reader::new(input).unwrap();
    for _ in 0..400_000 {
        reader.next_item().unwrap().unwrap();
    }
    assert_eq!(reader.container().sections, 200_000);
    assert_eq!(reader.interfaces().len(), 1);
}

#[test]
fn interfaces_and_their_names_are_bounded_and_it_is_said() {
    let beginning = Pcapng::default().section(Little).bytes;
    let repeated = Pcapng { bytes: Vec::new(), ..Pcapng::default().section(Little) };
    let repeated = repeated.interface(1, 0, |options| options.option(2, &[b'x'; 1000])).bytes;
    let (largest, given) = (Cell::new(0), Cell::new(0));
    let input = Endless { beginning: &beginning, repeated: &repeated, largest: &largest, given: &given };
    let mut reader = Reader::new(input).unwrap();
    reader.next_item().unwrap();
    let mut last = 0;
    for _ in 0..100_000 {
        let Ok(Some(Item::Interface(block))) = reader.next_item() else { panic!("an interface") };
        last = block.info.id;
    }
    assert_eq!(last, 99_999);
    assert_eq!(reader.interfaces().len() as u64, MAX_INTERFACES);
    let names: usize =
        reader.interfaces().iter().filter_map(|interface| interface.name.as_ref()).map(|n| n.len()).sum();
    assert!(names <= MAX_INTERFACE_NAMES);
    let kinds: Vec<_> = reader.take_warnings().into_iter().map(|warning| warning.kind).collect();
    let names = WarningKind::TooManyNames { limit: MAX_INTERFACE_NAMES };
    assert_eq!(kinds, [names, WarningKind::TooManyInterfaces { limit: MAX_INTERFACES }]);
}

#[test]
fn a_packet_of_an_interface_beyond_the_bound_says_so() {
    let mut file = Pcapng::default().section(Little);
    for _ in 0..=MAX_INTERFACES {
        file = file.interface(1, 0, |options| options);
    }
    let interface = u32::try_from(MAX_INTERFACES).unwrap();
    let bytes = file.enhanced(interface - 1, 0, b"", |o| o).enhanced(interface, 0, b"", |o| o).bytes;
    let error = read_all(bytes.as_slice()).unwrap().1.unwrap();
    assert_eq!(error.packet, 2);
    assert!(error.to_string().contains("(no more are remembered)"), "{error}");
}

#[test]
fn four_million_options_in_one_block_are_only_walked() {
    let options = Bytes::new(Little).u16(77).u16(0).bytes.repeat((16 << 20) / 4 - 10);
    let file = Pcapng::default().section_with(Little, (1, 0), |b| b.raw(&options));
    let bytes = file.interface(1, 0, |b| b.raw(&options)).enhanced(0, 0, b"", |b| b.raw(&options)).bytes;
    let mut reader = Reader::new(bytes.as_slice()).unwrap();
    let mut count = 0;
    while let Some(item) = reader.next_item().unwrap() {
        count += match &item {
            Item::Header(header) => header.options().count(),
            Item::Interface(interface) => interface.options().count(),
            Item::Packet(packet) => packet.options().count(),
            Item::Other(_) => 0,
        };
    }
    assert_eq!(count, 3 * options.len() / 4);
}
