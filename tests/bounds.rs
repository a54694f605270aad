//! Memory and time are bounded whatever an input holds or claims: every command on captures that are made to grow.
//!
//! Measured by what the system counts of the tool until its end: its peak memory and its processor time.

use crate::support::{Cost, Ran, capture_of, fixture_bytes, folder, measured, run};
use capture_file::{Compression, Compressor};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

/// What reads, and every format that is written. `@` is the input.
const COMMANDS: &[&str] = &[
    "print @",
    "print --json @",
    "print --hex --no-fold @",
    "print --style function-graph @",
    "print -e mbuf_trace.path -e ip.src @",
    "print --csv -e mbuf_trace.path -e ip.src @",
    "print --json -e mbuf_trace.path -e ip.src @",
    "print --by-family @",
    "filter frame @",
    "convert --to pcap @",
    "convert --to pcapng @",
    "convert --revision 4 @",
    "convert --to ndjson @",
    "convert --to ethernet @",
    "convert --to mixed @",
    "convert --to csv @",
    "convert --to text @",
    "convert --to chrome @",
    "convert --to folded @",
    "convert --to speedscope @",
    "convert --to dot @",
    "flamegraph @",
    "graph @",
    "stats --by mbuf_trace.function @",
    "stats --by mbuf_trace.path -a quantize(frame.len) @",
    "info @",
    "paths @",
    "paths --json --top 0 @",
    "paths --steps --by mbuf_trace.path @",
    "drops --by mbuf_trace.path @",
    "diff @ @",
    "check @",
    "check --salvage @",
];

/// The most that any command may need, and those that pass packets on, in KiB. An unoptimised tool is larger itself.
const MOST: u64 = 64 << 10;
const MOST_OF_STREAM: u64 = if cfg!(debug_assertions) { 24 << 10 } else { 16 << 10 };

/// Runs a command, and says what it took.
fn cost(command: &str, input: &Path) -> (Ran, Cost) {
    let input = input.to_str().unwrap();
    let arguments = command.split(' ').map(|argument| if argument == "@" { input } else { argument });
    let (mut command, report) = measured(&arguments.collect::<Vec<_>>());
    let ran = command.stdout(Stdio::null()).stderr(Stdio::piped()).output().expect("the tool runs").into();
    (ran, Cost::of(&report))
}

fn every_command_is_bounded(input: &Path, codes: &[i32]) {
    let mut wrong = Vec::new();
    for command in COMMANDS {
        let (ran, cost) = cost(command, input);
        // The others gather, or hold what they say of all events of a packet.
        let streams = ["filter", "convert --to pcap", "convert --revision", "convert --to ethernet"];
        let is_stream = streams.iter().any(|stream| command.starts_with(stream));
        let most = if is_stream { MOST_OF_STREAM } else { MOST };
        if cost.memory > most || !codes.contains(&ran.code) {
            wrong.push(format!("{command}: {} KiB, exit {}: {}", cost.memory, ran.code, ran.stderr));
        }
    }
    assert!(wrong.is_empty(), "{input:?}\n{}", wrong.join("\n"));
}

/// Fewer of everything where the tool is not optimised, yet more than there would be room for.
fn many(count: usize) -> usize {
    if cfg!(debug_assertions) { count / 5 } else { count }
}

fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let padded = body.len().next_multiple_of(4);
    let length = u32::try_from(padded + 12).unwrap().to_le_bytes();
    let padding = vec![0; padded - body.len()];
    [&kind.to_le_bytes()[..], &length, body, &padding, &length].concat()
}

fn section() -> Vec<u8> {
    block(0x0a0d_0d0a, &[&0x1a2b_3c4d_u32.to_le_bytes()[..], &[1, 0, 0, 0], &[0xff; 8]].concat())
}

fn option(code: u16, value: &[u8]) -> Vec<u8> {
    let padding = vec![0; value.len().next_multiple_of(4) - value.len()];
    [&code.to_le_bytes()[..], &u16::try_from(value.len()).unwrap().to_le_bytes(), value, &padding].concat()
}

fn interface(options: &[u8]) -> Vec<u8> {
    block(1, &[&[147, 0, 0, 0, 0, 0, 4, 0][..], options].concat())
}

fn packet(interface: u32, frame: &[u8], options: &[u8]) -> Vec<u8> {
    let length = u32::try_from(frame.len()).unwrap().to_le_bytes();
    let padding = vec![0; frame.len().next_multiple_of(4) - frame.len()];
    block(6, &[&interface.to_le_bytes()[..], &[0; 8], &length, &length, frame, &padding, options].concat())
}

/// A frame of revision 3 with this text.
fn frame(text: &[u8]) -> Vec<u8> {
    capture_of(&[vec![text]]).split_off(40)
}

/// Frames as the packets of a pcap.
fn pcap_of(frames: &[Vec<u8>]) -> Vec<u8> {
    let mut pcap = capture_of::<&[u8]>(&[]);
    for frame in frames {
        let length = u32::try_from(frame.len()).unwrap().to_le_bytes();
        pcap.extend_from_slice(&[&[0; 8][..], &length, &length, frame].concat());
    }
    pcap
}

#[test]
fn many_sections_and_interfaces() {
    let folder = folder();
    let path = folder.path().join("many.pcapng");
    let one = [section(), interface(&[]), packet(0, &frame(b"if.c:7: +ip_input"), &[])].concat();
    std::fs::write(&path, one.repeat(many(200_000))).unwrap();
    // `info` lists a thousand of the interfaces.
    every_command_is_bounded(&path, &[0, 1]);

    let mut file = File::create(&path).unwrap();
    let name = option(2, b"a name of some length");
    file.write_all(&[section(), interface(&name).repeat(many(200_000))].concat()).unwrap();
    for number in 0..1000 {
        file.write_all(&packet(number * 7, &frame(b"if.c:7: +ip_input"), &[])).unwrap();
    }
    // A pcap has no place for interfaces, which is told.
    every_command_is_bounded(&path, &[0, 1]);
}

/// More families than there is room for, of packets that all wait for their parents. What there is no memory for is told,
/// and every packet is shown.
#[test]
fn families() {
    let folder = folder();
    let path = folder.path().join("families.pcap");
    let count = 300_000;
    let children = (1..=count).map(|id| (id, count + id));
    let parents = (1..=count).map(|id| (count + id, 0));
    std::fs::write(&path, crate::family::capture(&children.chain(parents).collect::<Vec<_>>())).unwrap();
    for command in ["print --family 7 -e frame.number @", "print --by-family -e frame.number @"] {
        let (ran, cost) = cost(command, &path);
        assert_eq!(ran.code, 1, "{command}: {}", ran.stderr);
        assert!(cost.memory <= MOST, "{command}: {} KiB", cost.memory);
        assert!(ran.stderr.contains("links between packets left out"), "{command}: {}", ran.stderr);
    }
    let ran = crate::support::run(&["print", "--by-family", "-e", "frame.number", path.to_str().unwrap()]);
    assert_eq!(ran.text().lines().count(), 600_000);
}

#[test]
fn long_options_and_names() {
    let folder = folder();
    let path = folder.path().join("options.pcapng");
    let (empty, comments) = (option(77, b"").repeat(1 << 19), option(1, &[b'c'; 60_000]).repeat(30));
    let names = interface(&option(2, &[b'n'; 60_000])).repeat(many(2000));
    let frame = frame(b"if.c:7: +ip_input");
    let packets = [packet(0, &frame, &empty), packet(1, &frame, &comments)].concat().repeat(5);
    std::fs::write(&path, [section(), interface(&empty), names, packets].concat()).unwrap();
    every_command_is_bounded(&path, &[0, 1]);
}

/// A filter on a name that was left out keeps nothing, which is not all there is to say.
#[test]
fn interface_names_that_are_left_out_are_told() {
    let folder = folder();
    let path = folder.path().join("names.pcapng");
    let mut bytes = section();
    for number in 0..20 {
        let name = format!("if{number}-{:x<60000}", "");
        bytes.extend(interface(&option(2, name.as_bytes())));
    }
    bytes.extend(packet(19, &frame(b"if.c:7: +ip_input"), &[]));
    std::fs::write(&path, bytes).unwrap();
    let path = path.to_str().unwrap();
    for command in [
        &["filter", "frame.interface_name contains \"if19-\""][..],
        &["print", "-e", "frame.interface_name"],
        &["stats", "--by", "frame.interface_name"],
        &["info"],
        &["info", "--json"],
        &["check"],
    ] {
        let ran = run(&[command, &[path]].concat());
        let said = format!("{}{}", String::from_utf8_lossy(&ran.stdout), ran.stderr);
        assert_eq!(ran.code, 1, "{command:?}: {said}");
        assert!(said.contains("bytes of interface names"), "{command:?}: {said}");
        assert!(!said.contains("\"complete\":true"), "{command:?}: {said}");
    }
}

#[test]
fn long_texts_and_many_records() {
    let folder = folder();
    let path = folder.path().join("records.pcap");
    let text = [&b"if.c:7: +ip_input"[..], &[b'x'; 65_000]].concat();
    std::fs::write(&path, capture_of(&vec![vec![&text; 4]; 20])).unwrap();
    every_command_is_bounded(&path, &[0, 1]);

    let records = |record: &[u8]| {
        // As many as a packet can have, or hold.
        let count = u16::try_from((1 << 18) / record.len() - 1).unwrap_or(u16::MAX);
        [&count.to_be_bytes()[..], &record.repeat(count.into())].concat()
    };
    let frames = [&b"\0\0\0\x01"[..], b"\0\0\0\0", b"\0\x02\0\x01+\0"].map(records);
    std::fs::write(&path, pcap_of(&frames)).unwrap();
    every_command_is_bounded(&path, &[0, 1]);
}

#[test]
fn deep_nesting() {
    let folder = folder();
    let path = folder.path().join("deep.pcap");
    let enter = (0..3_000).map(|depth| format!("f.c:{depth}: +f{depth}"));
    let leave = (0..3_000).rev().map(|depth| format!("f.c:{depth}: -f{depth}"));
    let there_and_back: Vec<String> = enter.clone().chain(leave).collect();
    let no_way_back: Vec<String> = enter.chain((0..3_500).map(|_| "f.c:1: +f".to_owned())).collect();
    std::fs::write(&path, capture_of(&[there_and_back, no_way_back])).unwrap();
    every_command_is_bounded(&path, &[0]);
}

#[test]
fn as_many_paths_and_functions_as_packets() {
    let folder = folder();
    let path = folder.path().join("paths.pcap");
    let packets: Vec<Vec<String>> = (0..many(1_000_000))
        .map(|number| {
            vec!["a.c:1: +ip_input".to_owned(), format!("a.c:{number}: +function_of_its_own_{number}")]
        })
        .collect();
    std::fs::write(&path, capture_of(&packets)).unwrap();
    // What is more than is kept is told, by exports with status 1.
    every_command_is_bounded(&path, &[0, 1]);
    for command in ["paths @", "drops --all @", "diff @ @", "stats --by mbuf_trace.function @"] {
        let arguments: Vec<&str> =
            command.split(' ').map(|word| if word == "@" { path.to_str().unwrap() } else { word }).collect();
        let ran = run(&arguments);
        assert_eq!(ran.code, 1, "{command}: {}", ran.stderr);
        let told = format!("{}{}", ran.text(), ran.stderr);
        assert!(
            ["than are kept", "left out"].iter().any(|words| told.contains(words)),
            "{command}: {}",
            ran.stderr
        );
    }
}

#[test]
fn lengths_that_cannot_be() {
    let folder = folder();
    let path = folder.path().join("claims.pcapng");
    let claim = [&6_u32.to_le_bytes()[..], &0xffff_fffc_u32.to_le_bytes()].concat();
    let pcap_claim = [capture_of::<&[u8]>(&[]), vec![0; 8], vec![0xff; 8]].concat();
    for (beginning, length) in [
        ([section(), interface(&[]), claim.clone()].concat(), 1000),
        ([section(), interface(&[]), claim].concat(), 100 << 30),
        ([section(), interface(&[])].concat(), 100 << 30),
        (pcap_claim.clone(), 1000),
        (pcap_claim, 100 << 30),
    ] {
        std::fs::write(&path, beginning).unwrap();
        // A hole: it takes no place on the disk, and reads as zeros.
        File::options().write(true).open(&path).unwrap().set_len(length).unwrap();
        let salvages = |command: &&&str| command.contains("--salvage");
        for command in COMMANDS.iter().filter(|command| length < 1 << 30 || !salvages(command)) {
            let (ran, cost) = cost(command, &path);
            assert!(ran.code == 1 && cost.memory < MOST_OF_STREAM, "{command} {length}: {ran:?} {cost:?}");
            let told =
                ["impossible", " zeros where a packet should begin"].map(|word| ran.stderr.contains(word));
            assert!(told.contains(&true) || ran.stderr.is_empty(), "{command}: {ran:?} {cost:?}");
            // What it takes to read 100 GB would be seen.
            assert!(cost.time < Duration::from_secs(3), "{command} {length}: {ran:?} {cost:?}");
        }
    }
}

#[test]
fn little_that_becomes_much() {
    let folder = folder();
    let compress = |bytes: &[u8], compression| {
        let mut out = Compressor::new(Vec::new(), Some(compression)).unwrap();
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    };
    let zeros = block(0x0bad, &vec![0; 1 << 20]).repeat(8);
    for (compression, name) in
        [(Compression::Gzip, "bomb.gz"), (Compression::Zstd, "bomb.zst"), (Compression::Lz4, "bomb.lz4")]
    {
        let path = folder.path().join(name);
        let head = compress(&[section(), interface(&[])].concat(), compression);
        // Members behind one another are one stream: a gigabyte.
        let bomb = [head, compress(&zeros, compression).repeat(many(128))].concat();
        assert!(bomb.len() < 8 << 20, "{name}: {} bytes", bomb.len());
        std::fs::write(&path, &bomb).unwrap();
        for command in ["info @", "check @", "filter frame @", "print @", "convert --to pcapng @"] {
            let (ran, cost) = cost(command, &path);
            assert!(ran.code == 0 && cost.memory < 2 * MOST_OF_STREAM, "{command} {name}: {ran:?} {cost:?}");
        }
        let nested = folder.path().join("nested");
        std::fs::write(&nested, compress(&bomb, Compression::Gzip)).unwrap();
        for command in COMMANDS {
            let (ran, cost) = cost(command, &nested);
            assert!(
                ran.code == 3 && cost.memory < MOST_OF_STREAM,
                "{command} nested {name}: {ran:?} {cost:?}"
            );
            assert!(ran.stderr.contains("decompress it once before"), "{command}: {ran:?} {cost:?}");
        }
    }
}

#[test]
fn a_line_without_end() {
    let folder = folder();
    let path = folder.path().join("line.ndjson");
    let head = "{\"schema\":\"mbuf_trace/1\",\"packet\":";
    for beginning in [head.to_owned(), format!("{head}\""), format!("{head}{}", "[".repeat(10_000_000))] {
        std::fs::write(&path, beginning).unwrap();
        File::options().write(true).open(&path).unwrap().set_len(1 << 30).unwrap();
        for command in COMMANDS {
            let (ran, cost) = cost(command, &path);
            assert!(ran.code == 3 && cost.memory < 2 * MOST_OF_STREAM, "{command}: {ran:?} {cost:?}");
            assert!(ran.stderr.contains("line 1"), "{command}: {ran:?} {cost:?}");
        }
    }
}

/// As long as one argument may be on Linux.
#[test]
fn long_expressions() {
    let folder = folder();
    let path = folder.path().join("ping.pcap");
    std::fs::write(&path, fixture_bytes("ping-rev3.pcap")).unwrap();
    for expression in [
        "(".repeat(131_000),
        "!".repeat(131_000),
        format!("{}frame{}", "(".repeat(60_000), ")".repeat(60_000)),
        vec!["icmp"; 16_000].join("||"),
        format!("tcp.port in {{{}}}", vec!["1..2"; 20_000].join(",")),
        format!("mbuf_trace.text matches \"{}\"", "(a*)*".repeat(20_000)),
        format!("mbuf_trace.text matches \"{}\"", "a{1000}".repeat(10_000)),
        format!("frame.len == {}1", "-".repeat(120_000)),
        "frame.len + ".repeat(10_000),
    ] {
        for command in [&["filter"][..], &["print", "-f"], &["stats", "-f"]] {
            let (name, file) = (path.to_str().unwrap(), &expression);
            let ran = run(&[command, &[file, name]].concat());
            assert!(matches!(ran.code, 0 | 2), "{}: exit {}", &expression[..20], ran.code);
            assert!(ran.stderr.len() < 2000, "{}: {} bytes of message", &expression[..20], ran.stderr.len());
        }
    }
}

/// Eight times as much takes about eight times as long; twenty-four times is none but a quadratic cost.
#[test]
fn time_is_linear() {
    let folder = folder();
    let path = folder.path().join("growing.pcap");
    let mut wrong = Vec::new();
    let capture = |size: usize| {
        let packets = (0..size).map(|packet| {
            let enter = (0..40).map(|depth| format!("f.c:{depth}: +f{}", depth * packet % 1000));
            enter.chain((0..40).map(|depth| format!("f.c:{depth}: -f{}", depth * packet % 1000))).collect()
        });
        capture_of(&packets.collect::<Vec<Vec<String>>>())
    };
    let deep = |depth: usize| {
        let enter = (0..depth).map(|depth| format!("f.c:{depth}: +f{depth}"));
        capture_of(&[enter.chain((0..depth).rev().map(|depth| format!("f.c:{depth}: -f{depth}"))).collect()])
    };
    let snapshots = |count: usize| {
        pcap_of(&[[
            &u16::try_from(count).unwrap().to_be_bytes()[..],
            &(0..count)
                .flat_map(|at| [0, 4, 0, 0, 0x45, 0, u8::try_from(at % 251).unwrap(), 0])
                .collect::<Vec<u8>>(),
        ]
        .concat()])
    };
    let small_and_large =
        [(capture(50), capture(400)), (deep(2500), deep(20_000)), (snapshots(8000), snapshots(64_000))];
    for (kind, (small, large)) in small_and_large.iter().enumerate() {
        for command in COMMANDS {
            let of = |bytes: &[u8]| {
                std::fs::write(&path, bytes).unwrap();
                cost(command, &path).1.time
            };
            let (little, much) = (of(small), of(large));
            // So little is no measure.
            if much > 24 * little.max(Duration::from_millis(20)) {
                wrong.push(format!("{command}, kind {kind}: {little:?}, then {much:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
