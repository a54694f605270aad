//! `--salvage`: what is behind damage is read, and what was skipped is told.

use crate::support::{folder, run};
use capture_file::{Format, Item, Reader};
use std::path::{Path, PathBuf};
use trace_synth::Recipe;

/// A capture with 64 bytes of the 40th and of the 90th packet overwritten, headers among them.
fn damaged(folder: &Path, format: Format) -> (PathBuf, Vec<u8>) {
    let recipe = Recipe { format, ..Recipe::default() };
    let sound = recipe.capture(120);
    let mut reader = Reader::new(sound.as_slice()).unwrap();
    let mut bytes = sound.clone();
    while let Some(item) = reader.next_item().unwrap() {
        if let Item::Packet(packet) = item
            && matches!(packet.number, 40 | 90)
        {
            let at = usize::try_from(packet.offset).unwrap();
            bytes[at + 4..at + 68].fill(0xf7);
        }
    }
    let path = folder.join(format!("damaged.{format}"));
    std::fs::write(&path, &bytes).unwrap();
    (path, sound)
}

#[test]
fn packets_behind_damage_are_read_and_the_rest_is_told() {
    for format in [Format::Pcap, Format::Pcapng] {
        let folder = folder();
        let (path, _) = damaged(folder.path(), format);
        let path = path.to_str().unwrap();
        let plain = run(&["print", "-e", "frame.number", path]);
        assert_eq!((plain.code, plain.text().lines().count()), (1, 39), "{}", plain.stderr);
        assert!(plain.stderr.contains("--salvage looks for more behind it"), "{}", plain.stderr);
        let salvaged = run(&["print", "-e", "frame.number", "--salvage", path]);
        assert_eq!((salvaged.code, salvaged.text().lines().count()), (1, 118), "{}", salvaged.stderr);
        assert_eq!(salvaged.stderr.matches("bytes skipped, going on at byte offset").count(), 2);
        let last = run(&["print", "-e", "frame.number", "--salvage", "--last", "3", path]);
        assert_eq!((last.code, last.text()), (1, "116\n117\n118\n"), "{}", last.stderr);
        let check = run(&["check", "--salvage", path]);
        assert_eq!(check.code, 1);
        assert!(
            check.text().contains("gone on behind damage") && check.stderr.is_empty(),
            "{}",
            check.text()
        );
        let info = run(&["info", "--json", "--salvage", path]);
        let info: serde_json::Value = serde_json::from_slice(&info.stdout).unwrap();
        assert_eq!(
            (&info["packets"], &info["salvaged"], &info["complete"]),
            (&118.into(), &2.into(), &false.into())
        );
        let gaps = info["gaps"].as_array().unwrap();
        let skipped: u64 = gaps.iter().map(|gap| gap["skipped"].as_u64().unwrap()).sum();
        assert_eq!(info["skipped_bytes"], skipped);
        assert_eq!((&gaps[0]["before_packet"], &gaps[1]["before_packet"]), (&40.into(), &89.into()));
    }
}

#[test]
fn a_salvaged_capture_is_sound() {
    for format in [Format::Pcap, Format::Pcapng] {
        let folder = folder();
        let (path, _) = damaged(folder.path(), format);
        let out = folder.path().join("out");
        let arguments = ["filter", "frame", "--salvage", path.to_str().unwrap(), "-o", out.to_str().unwrap()];
        let filtered = run(&arguments);
        assert_eq!(filtered.code, 1, "{}", filtered.stderr);
        let check = run(&["check", out.to_str().unwrap()]);
        assert_eq!(check.code, 0, "{}{}", check.text(), check.stderr);
        assert!(check.text().contains("118 of 118 packets"), "{}", check.text());
    }
}

#[test]
fn a_sound_capture_is_read_the_same() {
    for name in crate::support::fixtures() {
        let path = crate::support::fixture(&name);
        let path = path.to_str().unwrap();
        let (plain, salvaged) = (run(&["print", path]), run(&["print", "--salvage", path]));
        assert_eq!(
            (plain.code, plain.text()),
            (salvaged.code, salvaged.text()),
            "{name}: {}",
            salvaged.stderr
        );
    }
}

/// Each line is a record: a bad one is one gap, told with its place, and all others are read.
#[test]
fn a_bad_line_of_ndjson_is_one_gap() {
    let folder = folder();
    let path = folder.path().join("bad.ndjson");
    let json =
        run(&["convert", "--to", "ndjson", crate::support::fixture("ping-rev3.pcap").to_str().unwrap()]);
    let sound: Vec<&str> = json.text().lines().collect();
    for bad in [vec![1], vec![2, 3], vec![sound.len() - 1]] {
        let spoilt = |line: &str, number| match number % 2 {
            0 => line.replace("\"schema\"", "\"schem\""),
            _ => line[..line.len() / 2].to_owned(),
        };
        let lines: Vec<String> = (0..)
            .zip(&sound)
            .map(|(number, line)| match bad.contains(&number) {
                true => spoilt(line, number),
                false => (*line).to_owned(),
            })
            .collect();
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        std::fs::write(&path, &text).unwrap();
        let path = path.to_str().unwrap();
        let plain = run(&["print", "-e", "frame.number", path]);
        assert_eq!((plain.code, plain.text().lines().count()), (1, bad[0]), "{}", plain.stderr);
        assert!(plain.stderr.contains("--salvage looks for more behind it"), "{}", plain.stderr);
        let salvaged = run(&["print", "-e", "frame.time", "--salvage", path]);
        let whole =
            run(&["print", "-e", "frame.time", crate::support::fixture("ping-rev3.pcap").to_str().unwrap()]);
        let expected = (0..).zip(whole.text().lines()).filter(|(number, _)| !bad.contains(number));
        assert_eq!(salvaged.code, 1);
        assert!(salvaged.text().lines().eq(expected.map(|(_, line)| line)), "{}", salvaged.stderr);
        let info = run(&["info", "--json", "--salvage", path]);
        let info: serde_json::Value = serde_json::from_slice(&info.stdout).unwrap();
        let places: Vec<(u64, u64)> = info["gaps"]
            .as_array()
            .unwrap()
            .iter()
            .map(|gap| (gap["offset"].as_u64().unwrap(), gap["skipped"].as_u64().unwrap()))
            .collect();
        let length = |number: usize| lines[number].len() as u64 + 1;
        let expected: Vec<_> =
            bad.iter().map(|number| ((0..*number).map(length).sum(), length(*number))).collect();
        assert_eq!(places, expected);
        assert_eq!(info["skipped_bytes"], expected.iter().map(|(_, length)| length).sum::<u64>());
        assert_eq!(info["complete"], false);
    }
    std::fs::write(&path, json.text().replacen("schema", "schem", 1)).unwrap();
    assert_eq!(run(&["check", "--salvage", path.to_str().unwrap()]).code, 3, "the first line has the header");
}
