//! What is said to fingers that are used to tcpdump and tshark, and to slips.

use crate::support::{capture_of, fixture_bytes, fixtures, folder, run};
use capture_file::{Item, Reader};

const PING: &str = "fixtures/ping-rev3.pcap";

#[test]
fn what_other_programs_have() {
    let table: [(&[&str], i32, &str); 19] = [
        (&["print", "-r", PING], 2, "`mtrace-tool print FILE`"),
        (&["-r", PING], 2, "`mtrace-tool print FILE`"),
        (&["print", PING, "-w", "out.pcap"], 2, "`-o FILE`"),
        (&["print", "-Y", "icmp", PING], 2, "`-f EXPR`"),
        (&["print", "-c", "3", PING], 2, "`--first N`"),
        (&["print", "-c3", PING], 2, "`--first N`"),
        (&["print", "-nr", PING], 2, "leave it out"),
        (&["stats", "-x", PING], 2, "`mtrace-tool print --hex`"),
        (&["print", "-T", "fields", PING], 2, "`mtrace-tool convert --to FORMAT`"),
        (&["print", "-V", PING], 2, "every step"),
        (&["-i", "mbuf_trace"], 2, "`tcpdump -i mbuf_trace -U -w - | mtrace-tool print`"),
        (&[PING], 2, "`mtrace-tool print fixtures/ping-rev3.pcap`"),
        (&["convert", PING, "b.pcapng"], 2, "`-o b.pcapng`"),
        (&["convert", PING, "a b"], 2, "`-o 'a b'`"),
        (&["print", PING, "icmp"], 3, "say `-f icmp`"),
        (&["info", PING, "ip.src == 10.0.0.1"], 3, "say `-f 'ip.src == 10.0.0.1'`"),
        (&["print", PING, "-e", "ip.src,ip.dst"], 2, "-e ip.src -e ip.dst"),
        (&["paths", PING, "--by", "ip.src ip.dst"], 2, "--by ip.src --by ip.dst"),
        (&["stats", PING, "--by", "last function"], 2, "names have no spaces"),
    ];
    for (arguments, code, expected) in table {
        let ran = run(arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(expected), "{arguments:?}: {}", ran.stderr);
        assert!(!ran.stderr.contains("as a value"), "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn no_hint_where_there_is_nothing_to_say() {
    for (arguments, code) in
        [(&["print", "no-such.pcap"][..], 3), (&["prnt", PING], 2), (&["fields", "a", "b"], 2)]
    {
        let ran = run(arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {}", ran.stderr);
        assert!(
            !ran.stderr.contains("mtrace-tool print ") && !ran.stderr.contains("say `"),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn fields_that_are_not_there() {
    let none = run(&["fields", "no-such"]);
    assert_eq!((none.code, none.text()), (1, ""));
    assert_eq!(none.stderr, "mtrace-tool: no field's name or meaning contains `no-such`\n");
    for pattern in ["dns", "tcp.analysis", "icmp"] {
        let ran = run(&["fields", pattern]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{pattern}");
        assert!(!ran.text().is_empty(), "{pattern}");
    }
}

/// The place where `1` stands before a plural, as in `1 packets` or `1 more functions`.
fn one_of_many(text: &str) -> Option<String> {
    let is_plural = |word: &str| {
        let word = word.trim_end_matches([',', ';', ':', '.', ')']);
        word.len() > 3
            && word.ends_with('s')
            && !word.ends_with("ss")
            && word.bytes().all(|byte| byte.is_ascii_lowercase())
    };
    let is_wrong = |line: &&str| {
        let words: Vec<&str> =
            line.split([' ', '\t', '>', '<', '"', '(']).filter(|word| *word != "more").collect();
        words.windows(2).any(|words| words[0] == "1" && is_plural(words[1]))
    };
    text.lines().find(is_wrong).map(str::to_owned)
}

#[test]
fn one_is_singular() {
    assert!(one_of_many("x, 1 packets, y").is_some() && one_of_many("1 more functions; x").is_some());
    let folder = folder();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let good = capture_of(&[vec!["ip_input", "tcp_input"]]);
    std::fs::write(path("one.pcap"), &good).unwrap();
    // Of a second packet only half is there; then one whose count promises a record more.
    std::fs::write(path("cut.pcap"), [&good[..], &good[24..50]].concat()).unwrap();
    let mut malformed = good;
    malformed[41] = 3;
    std::fs::write(path("malformed.pcap"), malformed).unwrap();
    let commands: [&[&str]; 13] = [
        &["print"],
        &["print", "--hex"],
        &["print", "--style", "function-graph"],
        &["info"],
        &["check"],
        &["check", "--salvage"],
        &["paths"],
        &["drops"],
        &["stats", "--by", "ip.src"],
        &["stats", "--interval", "1s"],
        &["graph"],
        &["flamegraph"],
        &["convert", "--to", "text"],
    ];
    for name in ["one.pcap", "cut.pcap", "malformed.pcap"] {
        for command in commands {
            let ran = run(&[command, &[path(name).as_str()]].concat());
            assert!(ran.code < 2, "{command:?} {name}: {}", ran.stderr);
            for text in [ran.text(), &ran.stderr] {
                assert_eq!(one_of_many(text), None, "{command:?} {name}: {text}");
            }
        }
    }
    let ran = run(&["check", &path("malformed.pcap")]);
    assert!(ran.text().contains("1 of 1 packet is mbuf_trace, 1 malformed"), "{}", ran.text());
}

/// Faults of frames that end anywhere, files that do, and what conversions cannot keep.
#[test]
fn one_is_singular_in_what_is_wrong() {
    let folder = folder();
    let path = folder.path().join("in.pcap");
    let path = path.to_str().unwrap();
    let check = |bytes: &[u8], revision: &str| {
        std::fs::write(path, bytes).unwrap();
        let ran = run(&["check", "--revision", revision, path]);
        for text in [ran.text(), &ran.stderr] {
            assert_eq!(one_of_many(text), None, "revision {revision}: {text}");
        }
        ran.text().to_owned()
    };
    let mut all = String::new();
    for revision in ["1", "1le", "2", "3", "4"] {
        let capture = fixture_bytes(&format!("tcp-rev{revision}.pcap"));
        let frame = {
            let mut reader = Reader::new(&capture[..]).unwrap();
            loop {
                if let Some(Item::Packet(packet)) = reader.next_item().unwrap() {
                    break packet.data.to_vec();
                }
            }
        };
        // Packets that are all that begins as the first one does; then the same, cut by the capture.
        for is_cut in [false, true] {
            let mut prefixes = fixture_bytes("tcp-rev3.pcap")[..24].to_vec();
            for length in 0..=frame.len() {
                let captured = u32::try_from(length).unwrap().to_le_bytes();
                let original =
                    if is_cut { u32::try_from(frame.len()).unwrap().to_le_bytes() } else { captured };
                prefixes.extend_from_slice(&[&[0; 8][..], &captured, &original, &frame[..length]].concat());
            }
            all.push_str(&check(&prefixes, revision));
        }
    }
    assert!(all.contains("1 byte"), "{all}");
    let one = capture_of(&[vec!["ip_input"]]);
    for length in 0..one.len() {
        check(&one[..length], "3");
    }
    for name in fixtures() {
        let name = format!("fixtures/{name}");
        for first in ["1", "9"] {
            for arguments in [
                &["convert", "--to", "pcap"][..],
                &["convert", "--to", "ethernet"],
                &["convert", "--to", "mixed"],
                &["convert", "--revision", "1"],
                &["convert", "--to", "csv"],
                &["print"],
                &["graph", "--nodes", "1"],
                &["stats", "-f", "tcp.port == 9"],
                &["diff", "fixtures/ping-rev3.pcap"],
            ] {
                let ran = run(&[arguments, &["--first", first, &name]].concat());
                let said = String::from_utf8_lossy(&ran.stdout);
                let is_text = !matches!(arguments[0], "convert");
                let said = if is_text { one_of_many(&said) } else { None };
                assert_eq!((said, one_of_many(&ran.stderr)), (None, None), "{arguments:?} {name}");
            }
        }
    }
    std::fs::write(path, one).unwrap();
    let ran = run(&["convert", "--to", "ethernet", path]);
    assert!(ran.stderr.contains("1 trace holds no snapshot and adds no packet"), "{}", ran.stderr);
}
