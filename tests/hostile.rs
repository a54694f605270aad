//! Hostile text is harmless: whatever a capture, a file's name or an argument holds, no control character, bidirectional
//! or invisible mark reaches an output or a message, one record stays one line, and the files are what their format is.

use crate::support::{at, capture_of, folder, tool};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// What a terminal obeys, what hides or turns text, and what means something to some format.
const HOSTILE: &[&[u8]] = &[
    b"\x1b[2J",
    b"\x1b]0;title\x07",
    b"\x1b]8;;http://example.org\x1b\\",
    b"two\nlines",
    b"over\rwritten",
    b"\x08\x0b\x0c\x0e\x7f",
    b"\x9b31m",
    "\u{9b}31m\u{85}".as_bytes(),
    "\u{202e}txet\u{202d}".as_bytes(),
    "\u{2066}\u{2069}\u{61c}\u{200e}\u{200f}".as_bytes(),
    "\u{200b}\u{200d}\u{feff}\u{2060}".as_bytes(),
    "hid\u{ad}den\u{180e}\u{fff9}\u{fffb} \u{e0001}\u{e0041}\u{e007f}".as_bytes(),
    "\u{2028}\u{2029}".as_bytes(),
    "\u{34f}\u{115f}\u{3164}\u{fe0f}\u{ffa0}\u{1bca0}\u{1d173}\u{e0100}\u{17b4}\u{180b}".as_bytes(),
    b"\xff\xfe\xc3",
    b"</title><script>alert(1)</script>]]>",
    b"\"quoted\" 'quoted' \\ ` & %s%n ${x} $(x) {path}",
    b"=cmd|' /C calc'!A0",
    b";stack;2",
    b"\ttab",
];

/// Whether a character has no business in what people look at.
fn is_hostile(character: char) -> bool {
    match character {
        '\n' | '\t' => false,
        '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' => true,
        '\u{ad}'
        | '\u{180b}'..='\u{180f}'
        | '\u{feff}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}' => true,
        '\u{34f}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' => true,
        '\u{ffa0}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' => true,
        character => character.is_control(),
    }
}

fn harmless(what: &str, bytes: &[u8]) -> String {
    let text = std::str::from_utf8(bytes).unwrap_or_else(|error| panic!("{what}: not UTF-8: {error}"));
    if let Some(at) = text.find(is_hostile) {
        let around: String =
            text[..at].chars().rev().take(60).collect::<Vec<_>>().into_iter().rev().collect();
        panic!("{what}: {:?} behind {around:?}", text[at..].chars().next());
    }
    text.to_owned()
}

fn option(code: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).unwrap().to_le_bytes();
    let padding = vec![0; value.len().next_multiple_of(4) - value.len()];
    [&code.to_le_bytes()[..], &length, value, &padding].concat()
}

fn block(kind: u32, body: &[&[u8]]) -> Vec<u8> {
    let body = body.concat();
    let length = u32::try_from(body.len() + 12).unwrap().to_le_bytes();
    [&kind.to_le_bytes()[..], &length, &body, &length].concat()
}

/// A pcapng of two packets with this text wherever there is room for any: in events, and in options of every kind.
fn pcapng(hostile: &[u8]) -> Vec<u8> {
    let with = |before: &[u8], after: &[u8]| [before, hostile, after].concat();
    let colon_free: Vec<u8> = hostile.iter().copied().filter(|byte| *byte != b':').collect();
    let texts = vec![
        with(b"f.c:1: +ip_input(", b")"),
        with(b"f.c:2: +", b""),
        [&colon_free[..], b".c:3: +pf_test"].concat(),
        with(b"f.c:4: some text ", b""),
        with(b"", b""),
        with(b"f.c:5: -pf_test(", b")"),
        with(b"f.c:6: drop: ", b""),
    ];
    let frame = capture_of(&[texts]).split_off(40);
    let length = u32::try_from(frame.len()).unwrap().to_le_bytes();
    let padding = vec![0; frame.len().next_multiple_of(4) - frame.len()];
    let all = |codes: &[u16]| codes.iter().flat_map(|code| option(*code, hostile)).collect::<Vec<u8>>();
    let filter = option(11, &with(b"\0", b""));
    let name = with(&[10, 0, 0, 1], b"\0");
    [
        block(0x0a0d_0d0a, &[&0x1a2b_3c4d_u32.to_le_bytes(), &[1, 0, 0, 0], &[0xff; 8], &all(&[1, 2, 3, 4])]),
        block(1, &[&[147, 0, 0, 0, 0, 0, 4, 0], &all(&[1, 2, 3, 12, 15]), &filter]),
        block(4, &[&option(1, &name), &[0; 4], &all(&[1, 2])]),
        block(6, &[&[0; 12], &length, &length, &frame, &padding, &all(&[1])]).repeat(2),
    ]
    .concat()
}

fn run(arguments: &[&OsStr]) -> (String, std::process::Output) {
    let what = format!("{arguments:?}");
    let output = tool().args(arguments).env("COLUMNS", "100").output().expect("the tool runs");
    assert!(output.status.code().is_some(), "{what}: {}", output.status);
    harmless(&format!("{what}, its messages"), &output.stderr);
    (what, output)
}

/// What prints text. `@` is the capture.
const COMMANDS: &[&str] = &[
    "print @",
    "print --hex --wire-order @",
    "print --style function-graph @",
    "print @ @",
    "print -e mbuf_trace.text -e mbuf_trace.function -e mbuf_trace.file -e frame.comment -e frame.interface_name @",
    "convert --to text @",
    "convert --to dot @",
    "stats --by mbuf_trace.text @",
    "stats --by mbuf_trace.function -a quantize(frame.len) @",
    "info @",
    "info @ @",
    "paths @",
    "paths --steps --by mbuf_trace.file @",
    "paths --show 1 @",
    "drops --all --by mbuf_trace.function @",
    "diff @ fixtures/ping-rev3.pcap",
    "diff fixtures/ping-rev3.pcap @ --steps",
    "check @",
];

/// What has a line for each thing that it tells, whatever is in it: how many, of this capture.
const LINES: &[(&str, usize)] = &[
    ("print -e frame.number -e mbuf_trace.text -e frame.comment @", 2),
    ("print --json @", 2),
    ("convert --to csv @", 1 + 2 * 7),
    ("info --json @", 1),
    ("paths --json @", 1),
    ("drops --json --all @", 1),
    ("diff --json @ @", 1),
];

fn replaced<'a>(command: &'a str, path: &'a Path) -> Vec<&'a OsStr> {
    let of = |word: &'a str| if word == "@" { path.as_os_str() } else { OsStr::new(word) };
    command.split(' ').map(of).collect()
}

/// A capture for each text, in a file that has it in its name, and whole or cut off.
fn captures(folder: &Path) -> Vec<(Vec<u8>, PathBuf)> {
    let mut captures = Vec::new();
    for (number, hostile) in HOSTILE.iter().enumerate() {
        let name: Vec<u8> = hostile.iter().copied().filter(|byte| *byte != b'/').collect();
        let path =
            folder.join(OsString::from_vec([format!("{number}").as_bytes(), &name, b".pcapng"].concat()));
        let mut bytes = pcapng(hostile);
        bytes.truncate(bytes.len() - number % 2);
        std::fs::write(&path, bytes).unwrap();
        captures.push((hostile.to_vec(), path));
    }
    captures
}

#[test]
fn text_of_captures_and_names_of_files() {
    let folder = folder();
    for (_, path) in captures(folder.path()) {
        for command in COMMANDS {
            let (what, ran) = run(&replaced(command, &path));
            harmless(&what, &ran.stdout);
            // Not every text is one to a field.
            assert!(!ran.stdout.is_empty() || command.starts_with("stats"), "{what}");
        }
    }
}

#[test]
fn one_thing_is_one_line() {
    let folder = folder();
    for (_, path) in captures(folder.path()).into_iter().step_by(2) {
        for (command, lines) in LINES {
            let (what, ran) = run(&replaced(command, &path));
            // A row of CSV ends in CR and LF.
            let stdout = String::from_utf8(ran.stdout).unwrap().replace("\r\n", "\n");
            assert_eq!(harmless(&what, stdout.as_bytes()).lines().count(), *lines, "{what}: {stdout}");
        }
    }
}

#[test]
fn exports_are_what_their_format_is() {
    let folder = folder();
    for (hostile, path) in captures(folder.path()) {
        let of = |command: &str| {
            let (what, ran) = run(&replaced(command, &path));
            (
                harmless(&what, &String::from_utf8(ran.stdout).unwrap().replace("\r\n", "\n").into_bytes()),
                what,
            )
        };
        for command in ["flamegraph @", "graph @", "flamegraph --stacks path @"] {
            let (svg, what) = of(command);
            let picture = roxmltree::Document::parse(&svg).unwrap_or_else(|error| panic!("{what}: {error}"));
            let scripts = picture.descendants().filter(|node| node.has_tag_name("script")).count();
            assert!(scripts <= 1, "{what}");
        }
        for command in [
            "convert --to speedscope @",
            "convert --to chrome @",
            "print --json @",
            "info --json @",
            "paths --json @",
            "drops --json @",
            "stats --json --by mbuf_trace.text @",
        ] {
            let (json, what) = of(command);
            for value in serde_json::Deserializer::from_str(&json).into_iter::<serde_json::Value>() {
                value.unwrap_or_else(|error| panic!("{what}: {error}"));
            }
        }
        let (folded, what) = of("convert --to folded @");
        for line in folded.lines() {
            let (stack, count) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{what}: {line}"));
            assert!(
                count.parse::<u64>().is_ok() && stack.split(';').all(|name| !name.is_empty()),
                "{what}: {line}"
            );
        }
        let (csv, what) = of("convert --to csv @");
        let mut rows = csv::Reader::from_reader(csv.as_bytes());
        let rows = rows.records().filter(Result::is_ok).count();
        assert!(rows == 7 || rows == 14, "{what}: {rows} rows, not seven a packet: {csv}");
        // And back, byte for byte.
        let whole = pcapng(&hostile);
        std::fs::write(&path, &whole).unwrap();
        let (ndjson, _) = of("convert --to ndjson @");
        let json = folder.path().join("back.ndjson");
        std::fs::write(&json, ndjson).unwrap();
        let (what, back) = run(&replaced("convert --to pcapng @", &json));
        assert!(back.stdout == whole, "{what}: {hostile:?} is not the same after NDJSON");
    }
}

#[test]
fn arguments_in_messages() {
    let folder = folder();
    for hostile in HOSTILE {
        let words: Vec<u8> = hostile.iter().copied().filter(|byte| *byte != b'/').collect();
        let option = OsString::from_vec([b"--", &words[..]].concat());
        let nowhere = folder.path().join("no").join(OsStr::from_bytes(&words));
        let expression = OsString::from_vec([b"ip.src == \"", &words[..]].concat());
        let hostile = OsStr::from_bytes(&words);
        let (ping, ping4) = (OsStr::new("fixtures/ping-rev3.pcap"), OsStr::new("fixtures/ping-rev4.pcapng"));
        let [print, stats, filter, convert] = ["print", "stats", "filter", "convert"].map(OsStr::new);
        for arguments in [
            &[hostile][..],
            &[&option],
            &[print, &option, ping],
            &[print, nowhere.as_os_str()],
            &[print, OsStr::new("-e"), hostile, ping],
            &[print, OsStr::new("-f"), &expression, ping],
            &[print, OsStr::new("--range"), hostile, ping],
            &[print, OsStr::new("--revision"), hostile, ping],
            &[print, OsStr::new("--linktype"), hostile, ping],
            &[print, OsStr::new("--strip-prefix"), hostile, ping],
            &[print, OsStr::new("--style"), hostile, ping],
            &[filter, hostile, ping],
            &[filter, &expression, ping],
            &[filter, OsStr::new("frame"), ping, OsStr::new("-o"), nowhere.as_os_str()],
            &[
                filter,
                OsStr::new("frame"),
                ping,
                OsStr::new("--force"),
                OsStr::new("-o"),
                nowhere.as_os_str(),
            ],
            &[stats, OsStr::new("--by"), hostile, ping],
            &[stats, OsStr::new("-a"), hostile, ping],
            &[stats, OsStr::new("--interval"), hostile, ping],
            &[convert, OsStr::new("--to"), hostile, ping],
            &[convert, OsStr::new("--to"), OsStr::new("pcap"), ping4, OsStr::new("-o"), nowhere.as_os_str()],
            &[OsStr::new("drops"), OsStr::new("--ends"), nowhere.as_os_str(), ping],
            &[OsStr::new("fields"), hostile],
            &[OsStr::new("completions"), hostile],
            &[OsStr::new("wireshark"), hostile],
            &[OsStr::new("help"), hostile],
            &[OsStr::new("flamegraph"), OsStr::new("--title"), hostile, ping],
        ] {
            let (what, ran) = run(arguments);
            harmless(&what, &ran.stdout);
        }
        // A file's name that is taken, and one that is the input.
        let taken = folder.path().join(OsString::from_vec([b"taken", &words[..]].concat()));
        std::fs::copy(at(ping), &taken).unwrap();
        for arguments in [
            &[filter, OsStr::new("frame"), ping, OsStr::new("-o"), taken.as_os_str()][..],
            &[
                filter,
                OsStr::new("frame"),
                taken.as_os_str(),
                OsStr::new("--force"),
                OsStr::new("-o"),
                taken.as_os_str(),
            ],
        ] {
            let (what, ran) = run(arguments);
            assert_eq!(ran.status.code(), Some(2), "{what}");
        }
    }
}

/// Links are escape sequences of our own; what is in them is not.
#[test]
fn links_and_colours() {
    let folder = folder();
    for (_, path) in captures(folder.path()) {
        for template in ["vscode://file{path}:{line}", "\u{1b}]0;x\u{7}{path}\u{9b}", "{path}\u{202e}\n"] {
            let arguments = ["print", "--color", "always", "--link-template", template].map(OsStr::new);
            let (what, ran) = run(&[&arguments[..], &[path.as_os_str()]].concat());
            let mut plain = String::new();
            let stdout = String::from_utf8(ran.stdout).unwrap();
            let mut rest = stdout.as_str();
            while let Some((before, after)) = rest.split_once('\u{1b}') {
                plain.push_str(before);
                rest = match after.strip_prefix("]8;;") {
                    Some(link) => {
                        let (link, behind) = link.split_once("\u{1b}\\").unwrap_or_else(|| panic!("{what}"));
                        assert!(link.bytes().all(|byte| byte.is_ascii_graphic()), "{what}: {link:?}");
                        behind
                    }
                    None => {
                        let colour = after.strip_prefix('[').and_then(|colour| colour.split_once('m'));
                        let (numbers, behind) = colour.unwrap_or_else(|| panic!("{what}: {after:.20}"));
                        assert!(numbers.bytes().all(|byte| byte.is_ascii_digit() || byte == b';'), "{what}");
                        behind
                    }
                };
            }
            plain.push_str(rest);
            harmless(&what, plain.as_bytes());
        }
    }
}
