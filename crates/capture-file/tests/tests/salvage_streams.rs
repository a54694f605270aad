//! Who expects damage never gets less than who does not: whatever of a capture is cut off or damaged, compressed or not.

use super::build::*;
use super::compression::{ALL, compress};
use capture_file::{Item, ReadErrorKind, Reader};

const PACKETS: u32 = 12;
const START: u32 = 1_700_000_000;

/// A small pcap and a small pcapng. The clock is set back once: to so many seconds after 1970.
fn captures(back_to: u32) -> [Vec<u8>; 2] {
    let mut pcap = Pcap::new(Little, MICRO, 0, 147);
    let mut pcapng = Pcapng::default().section(Little).interface(147, 0, |o| o);
    for number in 0..PACKETS {
        let seconds = if number == 7 { back_to } else { START + number };
        let data: Vec<u8> = (0..9 + number * 5).map(|at| (at * at + number) as u8).collect();
        pcap = pcap.record(seconds, number * 7919, data.len() as u32, &data);
        pcapng = pcapng.enhanced(0, u64::from(seconds) * 1_000_000, &data, |o| o);
    }
    [pcap.bytes(), pcapng.bytes]
}

/// The packets' records and blocks, and how the reading ended: with the last error. Reads on behind damage or not.
fn packets(file: &[u8], salvages: bool) -> (Vec<Vec<u8>>, Option<ReadErrorKind>) {
    let Ok(mut reader) = Reader::new(file) else { return (Vec::new(), None) };
    if salvages {
        reader.expect_damage();
    }
    let (mut found, mut last) = (Vec::new(), None);
    loop {
        match reader.next_item() {
            Ok(Some(Item::Packet(packet))) => found.push(packet.raw.to_vec()),
            Ok(Some(_)) => {}
            Ok(None) => return (found, last),
            Err(error) => {
                last = Some(error.kind);
                if salvages {
                    reader.salvage();
                }
            }
        }
    }
}

/// Every form of a capture.
fn forms(capture: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = vec![capture.to_vec()];
    forms.extend(ALL.map(|compression| compress(capture, compression)));
    forms
}

#[test]
fn nothing_less_of_a_cut_capture() {
    for capture in [5, START].into_iter().flat_map(captures) {
        let whole = packets(&capture, false).0;
        for form in forms(&capture) {
            for cut in 0..=form.len() {
                let (plain, error) = packets(&form[..cut], false);
                assert!(whole.starts_with(&plain));
                let (salvaged, same) = packets(&form[..cut], true);
                assert_eq!(salvaged.len(), plain.len(), "cut at {cut} of {}: {error:?}", form.len());
                assert_eq!(salvaged, plain);
                assert_eq!(error.map(|kind| kind.to_string()), same.map(|kind| kind.to_string()), "{cut}");
            }
        }
    }
}

/// Of packets that were in the capture: what damage made of others is for who reads it to judge. Where all that is behind
/// the damage of a compressed stream is other than it was, and makes sense, one packet may be lost to several.
#[test]
fn nothing_less_of_a_damaged_capture() {
    for capture in captures(START) {
        let whole = packets(&capture, false).0;
        for form in forms(&capture) {
            for at in 0..form.len() {
                for change in [1, 2, 4, 8, 16, 32, 64, 128, 0xff, form[at]] {
                    let mut damaged = form.clone();
                    damaged[at] ^= change;
                    let plain = packets(&damaged, false).0;
                    let salvaged = packets(&damaged, true).0;
                    let mut others = salvaged.iter();
                    let mut sound = plain.iter().filter(|packet| whole.contains(packet));
                    let all = sound.all(|packet| others.any(|other| other == packet));
                    let several = form != capture && salvaged.len() > plain.len();
                    assert!(all || several, "{change:#x} at {at} of {}: not all packets", form.len());
                }
            }
        }
    }
}

/// Damage of the capture and then of the stream: what is between is found, both are told, and all bytes counted.
#[test]
fn damage_before_the_end_of_a_broken_stream() {
    let [mut pcap, _] = captures(START);
    pcap[80..100].fill(0xff);
    let mut gzip = compress(&pcap, capture_file::Compression::Gzip);
    gzip.truncate(gzip.len() - 8);
    let expected = packets(&pcap, true).0;
    assert!(expected.len() > packets(&pcap, false).0.len());
    let (found, last) = packets(&gzip, true);
    assert_eq!(found, expected);
    assert!(matches!(last, Some(ReadErrorKind::Compressed { .. })), "{last:?}");
}
