//! Which revision a packet is said to have, and how sure that is, for packets that fit one, several or none.

use mbuf_trace::{ByteOrder, Detector};

/// Records with their types, big-endian, the count included.
fn frame(records: &[(u16, &[u8])]) -> Vec<u8> {
    build(records, u16::to_be_bytes)
}

/// The same with everything of the framing little-endian.
fn reversed(records: &[(u16, &[u8])]) -> Vec<u8> {
    build(records, u16::to_le_bytes)
}

fn build(records: &[(u16, &[u8])], pair: fn(u16) -> [u8; 2]) -> Vec<u8> {
    let mut frame = pair(u16::try_from(records.len()).unwrap()).to_vec();
    for (code, payload) in records {
        frame.extend(pair(u16::try_from(payload.len()).unwrap()));
        frame.extend(pair(*code));
        frame.extend_from_slice(payload);
    }
    frame
}

/// Revision, byte order where it is the wrong one, and certainty, as a new detector gives them.
fn told(packet: &[u8], original_len: usize) -> String {
    match Detector::default().read(packet, original_len) {
        Err(fault) => format!("{:?}", fault.kind),
        Ok(trace) => {
            let encoding = trace.encoding();
            let order = if encoding.byte_order == ByteOrder::Little { " reversed" } else { "" };
            format!("{}{order}, {:?}", encoding.revision.number(), trace.certainty())
        }
    }
}

/// An ARP request of 42 bytes.
const ARP: &[u8] = b"\xff\xff\xff\xff\xff\xff\0\xa0\x98\x27\x8d\x55\x08\x06\0\x01\x08\0\x06\x04\0\x01\
    \0\xa0\x98\x27\x8d\x55\x0a\0\0\x01\0\0\0\0\0\0\x0a\0\0\x02";
/// No text, no packet, and long enough for a header.
const ODD: &[u8] = b"\xa5\xd1\xa5\xb1\xa5\xc3\xa5\xc8\xa4\xf2\xc7\xcb\xb4\xfe\xa1\xa2";
/// A text with one odd byte in it, which is no UTF-8.
const SPOILT: &[u8] = b"pf_test: rule \xff matched\0";
const TEXT: &[u8] = b"if.c:7: +ip_output\0";
const HEADER: &[u8] = b"mtrc\x01\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0";

/// An 802.3 packet that says its length so, with so many bytes behind its header.
fn ieee_802_3(length: u16, there: usize) -> Vec<u8> {
    [&ARP[..12], &length.to_be_bytes(), &vec![0xaa; there]].concat()
}

#[test]
fn whole_packets() {
    let magic_reversed = [b"crtm", &HEADER[4..]].concat();
    for (name, packet, expected) in [
        ("no record", frame(&[]), "3, Guessed"),
        ("no record, and a packet", [&frame(&[]), ARP].concat(), "1, Certain"),
        ("no record, and 802.3", [&frame(&[]), &ieee_802_3(40, 46)[..]].concat(), "1, Certain"),
        ("802.3 without padding", [&frame(&[]), &ieee_802_3(46, 46)[..]].concat(), "1, Certain"),
        ("802.3 longer than the packet", [&frame(&[]), &ieee_802_3(47, 46)[..]].concat(), "3, Guessed"),
        ("802.3 of next to nothing", [&frame(&[]), &ieee_802_3(2, 46)[..]].concat(), "3, Guessed"),
        ("802.3 too long", [&frame(&[]), &ieee_802_3(1500, 1501)[..]].concat(), "3, Guessed"),
        ("no record, and bytes", [&frame(&[]), ODD].concat(), "3, Guessed"),
        ("a text", frame(&[(1, TEXT)]), "3, Certain"),
        ("letters and spaces", frame(&[(1, "größer als vorher\0".as_bytes())]), "3, Certain"),
        ("a cut letter", frame(&[(1, b"gr\xc3\0")]), "3, Certain"),
        ("a packet and a text", frame(&[(0, ARP), (1, TEXT)]), "3, Certain"),
        ("a packet alone", frame(&[(0, ARP)]), "3, Certain"),
        ("an empty string", frame(&[(1, b""), (1, TEXT)]), "3, Certain"),
        ("an odd string", frame(&[(1, b"odd"), (1, TEXT)]), "3, Guessed"),
        ("an odd string and a packet", frame(&[(1, b"odd"), (0, ARP)]), "3, Certain"),
        ("a control character", frame(&[(1, b"odd\x1b\0"), (1, TEXT)]), "3, Guessed"),
        ("a spoilt text alone", frame(&[(1, SPOILT)]), "3, Guessed"),
        ("a spoilt text and a text", frame(&[(1, SPOILT), (1, TEXT)]), "3, Guessed"),
        ("text where a packet belongs", frame(&[(0, TEXT), (1, TEXT)]), "3, Certain"),
        ("a packet of revision 2", frame(&[(1, ARP)]), "2, Certain"),
        ("odd bytes in type 1", frame(&[(1, ODD)]), "2, Guessed"),
        ("odd bytes too few for a packet", frame(&[(1, &ODD[..13])]), "3, Guessed"),
        ("a static string", frame(&[(2, TEXT)]), "2, Certain"),
        ("a dynamic string", frame(&[(3, TEXT)]), "2, Certain"),
        ("a static string and a packet", frame(&[(2, TEXT), (1, ARP)]), "2, Certain"),
        ("packets in string types", frame(&[(2, ARP), (3, ARP)]), "2, Certain"),
        ("both revisions", frame(&[(0, ARP), (2, TEXT)]), "3, Guessed"),
        ("more of one", frame(&[(0, ARP), (2, TEXT), (3, TEXT)]), "2, Guessed"),
        ("unknown types", frame(&[(77, TEXT)]), "3, Guessed"),
        ("a frame header", frame(&[(0x100, HEADER)]), "4, Certain"),
        ("a frame header without magic", frame(&[(0x100, ODD)]), "4, Certain"),
        ("a frame header in the wrong place", frame(&[(1, TEXT), (0x100, HEADER)]), "3, Certain"),
        ("a text, reversed", reversed(&[(1, TEXT)]), "3 reversed, Certain"),
        ("a frame header, reversed", reversed(&[(0x100, HEADER)]), "4 reversed, Certain"),
        ("all reversed", reversed(&[(0x100, &magic_reversed)]), "4 reversed, Certain"),
        ("no magic, reversed", reversed(&[(0x100, ODD)]), "3 reversed, Guessed"),
        ("strings", b"\0\x02\0\x06first\0\0\x07second\0".to_vec(), "1, Certain"),
        ("strings, reversed", b"\x02\0\x06\0first\0\x07\0second\0".to_vec(), "1 reversed, Certain"),
        ("strings and a packet", [b"\0\x01\0\x06first\0", ARP].concat(), "1, Certain"),
        ("strings and bytes", [b"\0\x01\0\x06first\0", ODD].concat(), "1, Guessed"),
        ("a string that is none", b"\0\x02\0\x06first\0\0\x03\x01\x02\x03".to_vec(), "1, Guessed"),
        ("trailing bytes", [&frame(&[(1, TEXT)])[..], &[9; 5]].concat(), "3, Guessed"),
        ("only reversed in part", [&reversed(&[(1, TEXT)])[..], &[9; 5]].concat(), "NotATrace"),
        ("a packet without a trace", ARP.to_vec(), "NotATrace"),
        ("a text without a trace", b"hello, world".to_vec(), "NotATrace"),
    ] {
        assert_eq!(told(&packet, packet.len()), expected, "{name}");
    }
}

/// Packets of which the capture kept only the beginning.
#[test]
fn cut_packets() {
    let spoilt_magic = [b"mtrX", &HEADER[4..]].concat();
    for (name, packet, kept, expected) in [
        ("the count alone", frame(&[(1, TEXT)]), 2, "3, Guessed"),
        ("half a header", frame(&[(2, TEXT)]), 5, "3, Guessed"),
        ("a text", frame(&[(1, TEXT)]), 14, "3, Certain"),
        ("a string of which nothing is left", frame(&[(1, TEXT)]), 6, "3, Guessed"),
        ("an odd string", frame(&[(1, ODD)]), 14, "2, Guessed"),
        ("a packet without its EtherType", frame(&[(0, ARP)]), 19, "3, Guessed"),
        ("a packet with its EtherType", frame(&[(0, ARP)]), 20, "3, Certain"),
        ("the same of revision 2", frame(&[(1, ARP)]), 19, "2, Guessed"),
        ("and with its EtherType", frame(&[(1, ARP)]), 20, "2, Certain"),
        ("a static string", frame(&[(2, TEXT)]), 14, "2, Certain"),
        ("an odd static string", frame(&[(2, ODD)]), 14, "2, Guessed"),
        ("an unknown type", frame(&[(77, TEXT)]), 14, "NotATrace"),
        ("a beginning of the magic", frame(&[(0x100, HEADER)]), 8, "4, Certain"),
        ("all of the magic", frame(&[(0x100, HEADER)]), 10, "4, Certain"),
        ("another magic", frame(&[(0x100, &spoilt_magic)]), 10, "NotATrace"),
        ("a cut behind a text", frame(&[(1, TEXT), (1, ODD)]), 35, "3, Certain"),
        ("a cut behind a packet", frame(&[(1, ARP), (3, TEXT)]), 60, "2, Certain"),
        ("strings", b"\0\x02\0\x06first\0\0\x07second\0".to_vec(), 14, "1, Certain"),
        ("the first string", b"\0\x02\0\x06first\0\0\x07second\0".to_vec(), 7, "1, Guessed"),
        ("nothing of the first string", b"\0\x02\0\x06first\0\0\x07second\0".to_vec(), 4, "3, Guessed"),
    ] {
        assert_eq!(told(&packet[..kept], packet.len()), expected, "{name}");
    }
}
