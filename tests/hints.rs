//! What is said to fingers that are used to tcpdump and tshark, and to slips.

use crate::support::{capture_of, folder, run};

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
