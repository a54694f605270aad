//! The fields of the captured packet itself are those of tshark, and every field of Wireshark's is declared as it is
//! there.

mod packets;

use capture_file::{Item, Reader};
use packets::{has_tshark, tshark};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::ops::ControlFlow;
use std::process::Command;
use trace_fields::{Absent, Base, Field, FieldType, Scope, Scratch, Subject};

#[test]
fn as_tshark_has_them() {
    if !has_tshark("as_tshark_has_them") {
        return;
    }
    let captures = [("packets.pcapng", packets::pcapng::capture()), ("packets.pcap", plain())];
    for (name, capture) in captures {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(name);
        std::fs::write(&file, &capture).unwrap();
        let mut arguments = vec!["-T", "fields"];
        for field in fields() {
            arguments.extend(["-e", field.name]);
        }
        assert_eq!(ours(&capture), tshark(&file, &arguments).unwrap(), "{name}");
    }
}

/// Those of the captured packet, but `frame` itself: tshark describes protocols in words.
fn fields() -> impl Iterator<Item = &'static Field> {
    Field::all().iter().filter(|field| field.scope == Scope::Packet && field.ty != FieldType::Protocol)
}

fn plain() -> Vec<u8> {
    let packets: Vec<_> =
        packets::packets().into_iter().take(3).map(|(_, bytes)| (bytes.clone(), bytes.len() + 7)).collect();
    packets::pcap(&packets)
}

fn ours(capture: &[u8]) -> String {
    let mut out = String::new();
    let mut scratch = Scratch::default();
    let mut reader = Reader::new(capture).unwrap();
    while let Some(item) = reader.next_item().unwrap() {
        let Item::Packet(packet) = item else { continue };
        for (at, field) in fields().enumerate() {
            out.push_str(if at > 0 { "\t" } else { "" });
            let mut between = "";
            let _ = Subject::new(&packet).visit(field.id, &mut scratch, &mut |value| {
                let _ = write!(out, "{between}{}", field.show(value));
                between = ",";
                ControlFlow::Continue(())
            });
        }
        out.push('\n');
    }
    out
}

/// A table of tshark's: the lines of `tshark -G WHAT`.
fn glossary(what: &str) -> Vec<Vec<String>> {
    let output = Command::new("tshark").args(["-G", what]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

#[test]
fn declared_as_in_wireshark() {
    if !has_tshark("declared_as_in_wireshark") {
        return;
    }
    let lines = glossary("fields");
    let declared: BTreeMap<&str, (&str, &str)> = lines
        .iter()
        .filter_map(|line| match line.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["F", _, name, ty, _, base, ..] => Some((name, (ty, base))),
            ["P", _, name, ..] => Some((name, ("FT_PROTOCOL", ""))),
            _ => None,
        })
        .collect();
    let mut report = String::new();
    for field in Field::all().iter().filter(|field| !field.name.starts_with("mbuf_trace")) {
        let theirs = declared.get(field.name);
        let (ty, bases): (&str, &[&str]) = match (field.ty, field.base) {
            (FieldType::Protocol, _) => ("FT_PROTOCOL", &[""]),
            (FieldType::Boolean, _) => ("FT_BOOLEAN", &[]),
            (FieldType::String, _) => ("FT_STRING", &[""]),
            (FieldType::Bytes, _) => ("FT_BYTES", &[""]),
            (FieldType::Ipv4, _) => ("FT_IPv4", &[""]),
            (FieldType::Ipv6, _) => ("FT_IPv6", &[""]),
            (FieldType::Ether, _) => ("FT_ETHER", &[""]),
            (FieldType::AbsoluteTime, _) => ("FT_ABSOLUTE_TIME", &[""]),
            (FieldType::RelativeTime, _) => ("FT_RELATIVE_TIME", &[""]),
            (number, base) => (
                match number {
                    FieldType::Uint8 => "FT_UINT8",
                    FieldType::Uint16 => "FT_UINT16",
                    FieldType::Uint24 => "FT_UINT24",
                    FieldType::Uint32 => "FT_UINT32",
                    _ => "FT_UINT64",
                },
                match base {
                    Base::Hex => &["BASE_HEX", "BASE_HEX_DEC"],
                    _ => &["BASE_DEC", "BASE_DEC_HEX", "BASE_PT_TCP", "BASE_PT_UDP", "BASE_PT_SCTP"],
                },
            ),
        };
        let same = theirs
            .is_some_and(|(their_ty, base)| *their_ty == ty && (bases.is_empty() || bases.contains(base)));
        if !same {
            let _ = writeln!(report, "{}: here {ty} {bases:?}, there {theirs:?}", field.name);
        }
    }
    assert!(report.is_empty(), "{report}");
}

#[test]
fn names_of_values_as_in_wireshark() {
    if !has_tshark("names_of_values_as_in_wireshark") {
        return;
    }
    let lines = glossary("values");
    let mut known: BTreeMap<&str, Vec<(u64, &str)>> = BTreeMap::new();
    for line in &lines {
        let number = |text: &str| match text.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16).ok(),
            None => text.parse().ok(),
        };
        match line.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["V", field, value, name] => {
                if let Some(value) = number(value) {
                    known.entry(field).or_default().push((value, name));
                }
            }
            ["T", field, yes, no] => known.entry(field).or_default().extend([(1, yes), (0, no)]),
            _ => {}
        }
    }
    // Those of mbuf_trace are the specification's.
    for field in Field::all().iter().filter(|field| !field.name.starts_with("mbuf_trace")) {
        for (value, name) in field.names {
            let theirs = known.get(field.name).into_iter().flatten();
            // Of a name that stands twice, the first value counts.
            let first = theirs.clone().find(|(_, known)| known.eq_ignore_ascii_case(name));
            assert_eq!(first.map(|(value, _)| value), Some(value), "{}: {name}", field.name);
        }
    }
}

#[test]
fn absent_ones_are_in_wireshark() {
    if !has_tshark("absent_ones_are_in_wireshark") {
        return;
    }
    let lines = glossary("fields");
    let theirs: BTreeSet<&str> = lines.iter().filter_map(|line| line.get(2)).map(String::as_str).collect();
    for absent in Absent::all() {
        let below = format!("{}.", absent.name);
        let is_there = theirs.contains(absent.name)
            || theirs.range(&*below..).next().is_some_and(|name| name.starts_with(&below));
        assert!(is_there, "{} is unknown to tshark, too", absent.name);
        assert!(Field::by_name(absent.name).is_none(), "{} is there", absent.name);
    }
}
