//! A field that depends on none of the bytes that differ between two headers has the same values in both.

mod packets;

use mbuf_trace::Link;
use packets::random::{self, Random};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use trace_fields::{Field, Header, HeaderBytes, cut_packet_headers};

fn values(header: &Header<'_>, field: &'static Field) -> Vec<String> {
    let mut out = Vec::new();
    let _ = header.visit(field.id, &mut |value| {
        out.push(field.show(value).to_string());
        ControlFlow::Continue(())
    });
    out
}

fn compare(one: &Header<'_>, other: &Header<'_>, changed: &mut BTreeSet<&'static str>) {
    let differing = one.differing_bytes(other);
    for field in one.fields() {
        let (before, now) = (values(one, field), values(other, field));
        if before != now {
            changed.insert(field.name);
            let says_so = field.id.depends_on().meets(differing);
            assert!(says_so, "{}: {before:?}, {now:?}\n{:?}\n{:?}", field.name, one.bytes(), other.bytes());
        }
    }
}

/// An IPv4 header as long as can be, whose last option has its length behind it.
fn long_ip_header() -> Vec<u8> {
    let fixed = b"\x4f\x00\x00\x45\x00\x07\x00\x05\x40\x01\xd9\x7b\x0a\x00\x00\x01\x0a\x00\x00\x02";
    let options = [b"\x83\x27".as_slice(), &[0; 37], b"\x07"].concat();
    [[2; 12].as_slice(), b"\x08\x00", fixed, &options, b"\x08\0\0\0\0\0\0\0\0"].concat()
}

#[test]
fn what_nothing_changes_stays() {
    let mut random = Random::new(5);
    let known = packets::packets().into_iter().map(|(_, bytes)| bytes).chain([long_ip_header()]);
    let known = known.map(|bytes| (bytes.len(), bytes));
    let made_up = (0..300).map(|_| {
        let (bytes, length) = random::captured(&mut random);
        (length, bytes)
    });
    let mut changed = BTreeSet::new();
    for (length, bytes) in known.chain(made_up) {
        for header in cut_packet_headers(&bytes, length, Link::Ethernet) {
            let mut other = header.bytes().to_vec();
            for place in 0..other.len().min(80) {
                for bit in [0x01, 0x0f, 0x40, 0xf0, 0xff] {
                    other[place] ^= bit;
                    let is_one = header.with_bytes(&other).differing_bytes(&header) == HeaderBytes::at(place);
                    assert!(is_one, "{place}");
                    compare(&header, &header.with_bytes(&other), &mut changed);
                    other[place] ^= bit;
                }
            }
            for end in 0..other.len().min(80) {
                compare(&header, &header.with_bytes(&other[..end]), &mut changed);
            }
        }
        // The same headers of a packet that was longer.
        let headers = cut_packet_headers(&bytes, length, Link::Ethernet);
        for (one, other) in headers.zip(cut_packet_headers(&bytes, length + 7, Link::Ethernet)) {
            if one.is_like(&other) {
                compare(&one, &other, &mut changed);
            }
        }
    }
    // Nearly all fields have been seen to change.
    let all = Field::all().iter().filter(|field| field.protocol.is_some()).count();
    assert!(changed.len() * 4 > all * 3, "{} of {all}", changed.len());
}
