//! `drops`.

use crate::support::{capture_of, fixtures, folder, run, run_with_input, tool};
use serde_json::Value;

fn json(arguments: &[&str]) -> Value {
    let ran = run(&[&["drops", "--json"], arguments].concat());
    serde_json::from_slice(&ran.stdout).unwrap_or_else(|_| panic!("{arguments:?}: {}", ran.stderr))
}

/// Fate, function and position of the end of one trace with these texts.
fn end_of(texts: &[&str]) -> (String, String, String) {
    let pcap = capture_of(&[texts.to_vec()]);
    let ran = run_with_input(&["drops", "--json", "--all"], &pcap);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let report: Value = serde_json::from_slice(&ran.stdout).expect("JSON");
    let end = &report["ends"][0];
    let text = |name: &str| end[name].as_str().unwrap_or("").to_owned();
    let function = match end["returned"].as_str() {
        Some(returned) => format!("{}({returned})", text("function")),
        None => text("function"),
    };
    (
        text("fate"),
        function,
        end["line"].as_u64().map_or(String::new(), |line| format!("{}:{line}", text("file"))),
    )
}

#[test]
fn text() {
    for (name, arguments) in [
        ("drop", &["fixtures/drop-rev4.pcap"][..]),
        ("all", &["--all", "fixtures/drop-rev3.pcap", "fixtures/fragments-rev3.pcap"]),
        ("by", &["--by", "ip.dst", "fixtures/drop-rev4.pcap"]),
        ("top", &["--all", "--top", "1", "fixtures/tcp-rev4.pcap"]),
        ("none", &["fixtures/ping-rev3.pcap"]),
        ("cut", &["fixtures/malformed/cut-by-capture.pcap"]),
        ("coloured", &["--color", "always", "fixtures/drop-rev4.pcap"]),
    ] {
        insta::assert_snapshot!(name, run(&[&["drops"], arguments].concat()).all());
    }
}

#[test]
fn where_a_trace_ends() {
    for (texts, fate, function, position) in [
        // The last function, and the newest position that belongs to it.
        (&["a.c:1: +ip_input", "a.c:2: foo"][..], "unknown", "foo", "a.c:2"),
        // Functions that only free are looked through.
        (&["a.c:1: +ip_input", "a.c:2: m_freem"], "unknown", "ip_input", "a.c:1"),
        (&["a.c:1: +ip_input", "a.c:7"], "unknown", "ip_input", "a.c:7"),
        (&["a.c:1: +ip_input", "a.c:7: bad checksum"], "unknown", "ip_input", "a.c:7"),
        (&["a.c:1: +ip_input", "b.c:2: +pf_test", "pf_norm"], "unknown", "pf_norm", ""),
        // The innermost of those that return at the end.
        (
            &["a.c:1: +ip_input", "b.c:2: +pf_test", "b.c:9: -pf_test(PF_DROP)", "a.c:5: -ip_input"],
            "dropped",
            "pf_test(PF_DROP)",
            "b.c:9",
        ),
        // What is noted between two returns was done by the outer one.
        (
            &["a.c:1: +ip_input", "b.c:9: -pf_test(PF_PASS)", "a.c:4: no route", "a.c:5: -ip_input"],
            "unknown",
            "ip_input",
            "a.c:5",
        ),
        (&["a.c:1: +ether_output"], "unknown", "ether_output", "a.c:1"),
        (&["a.c:1: +ether_output", "a.c:2: -ether_output"], "transmitted", "ether_output", "a.c:2"),
        // pf dropped it inside; that its caller returned does not mean that it was transmitted.
        (
            &["+ether_output", "b.c:9: -pf_test(PF_DROP)", "a.c:2: -ether_output"],
            "dropped",
            "pf_test(PF_DROP)",
            "b.c:9",
        ),
        (
            &["+tcp_do_segment", "b.c:3: -sorwakeup", "a.c:2: -tcp_do_segment"],
            "delivered",
            "tcp_do_segment",
            "a.c:2",
        ),
        (&["a.c:3: drop: no route", "a.c:5: -ip_input"], "dropped", "", "a.c:3"),
        (&["+ip_input", "a.c:3: drop: no route", "a.c:5: -tcp_input"], "dropped", "ip_input", "a.c:3"),
        (&["nothing of note"], "unknown", "", ""),
        (&[], "unknown", "", ""),
    ] {
        let expected = (fate.to_owned(), function.to_owned(), position.to_owned());
        assert_eq!(end_of(texts), expected, "{texts:?}");
    }
}

#[test]
fn all_revisions_end_alike() {
    for scene in ["drop", "fragments", "ipv6", "nat", "ping", "tcp", "vnet"] {
        let fates =
            |revision: &str| json(&[&format!("fixtures/{scene}-rev{revision}.pcap")])["fates"].clone();
        let mut expected = fates("4");
        if scene == "fragments" {
            // How long fragments were held, nobody knows before revision 4.
            let held = expected["absorbed"].as_u64().unwrap();
            expected["unknown"] = (expected["unknown"].as_u64().unwrap() + held).into();
            expected["absorbed"] = 0.into();
        }
        for revision in ["1", "1le", "2", "3"] {
            assert_eq!(fates(revision), expected, "{scene}-rev{revision}");
        }
    }
}

/// `print` says of each packet what `drops` counts.
#[test]
fn print_ends_each_packet_in_the_same_place() {
    let keys = ["fate", "function", "returned", "file", "line", "reason", "errno", "errno_name"];
    let words = |end: &Value| keys.map(|key| end[key].to_string()).join(" ");
    // Where the newest events may be missing, `print` has the place where the packet was last seen.
    let of_packet = |end: &Value| match end["missing"] == true {
        true => words(&serde_json::json!({ "fate": end["fate"] })),
        false => words(end),
    };
    let mut all = 0_usize;
    for name in fixtures().iter().filter(|name| !name.ends_with("other-link-type.pcap")) {
        let name = format!("fixtures/{name}");
        let report = json(&["--all", &name]);
        let told = report["ends"].as_array().expect("ends").iter();
        let packets = |end: &Value| end["packets"].as_u64().and_then(|count| count.try_into().ok());
        let mut counted: Vec<_> =
            told.flat_map(|end| vec![words(end); packets(end).expect("packets")]).collect();
        let printed = run(&["print", "--json", &name]).stdout;
        let mut printed: Vec<_> = serde_json::Deserializer::from_slice(&printed)
            .into_iter::<Value>()
            .filter_map(|packet| packet.expect("JSON").get("end").map(of_packet))
            .collect();
        counted.sort();
        printed.sort();
        assert_eq!(printed, counted, "{name}");
        all += printed.len();
    }
    assert!(all > 100, "{all}");
    let returned = capture_of(&[vec!["+pf_test", "b.c:9: -pf_test(PF_DROP)", "a.c:5: -ip_input"]]);
    let ran = run_with_input(&["print"], &returned);
    assert!(
        ran.text().ends_with("dropped in pf_test(PF_DROP), b.c:9: inferred, no drop was recorded\n"),
        "{}",
        ran.text()
    );
}

#[test]
fn without_returns_the_ends_are_those_of_last_function() {
    let names = ["ip_input", "pf_test", "in_gif_output", "ip_forward"];
    let packets: Vec<Vec<String>> = (0..200)
        .map(|number| {
            (0..1 + number % 3)
                .map(|step| format!("a.c:{step}: {}", names[(number * 7 + step) % 4]))
                .collect()
        })
        .collect();
    let pcap = capture_of(&packets);
    let report: Value =
        serde_json::from_slice(&run_with_input(&["drops", "--json"], &pcap).stdout).expect("JSON");
    let printed = run_with_input(&["print", "-e", "mbuf_trace.last_function"], &pcap);
    for name in names {
        let expected = printed.text().lines().filter(|line| *line == name).count();
        let ends = report["ends"].as_array().unwrap().iter().filter(|end| end["function"] == name);
        let packets: u64 = ends.map(|end| end["packets"].as_u64().unwrap()).sum();
        assert_eq!(packets, u64::try_from(expected).unwrap(), "{name}");
        assert!(expected > 0);
    }
}

#[test]
fn the_user_has_the_last_word() {
    let file = "fixtures/drop-rev4.pcap";
    let dropped = |report: &Value| report["fates"]["dropped"].as_u64().unwrap();
    assert_eq!(dropped(&json(&[file])), 2);
    // A drop that the kernel told is one, whatever the list says.
    assert_eq!(dropped(&json(&["--normal", "pf_test", file])), 2);
    assert_eq!(dropped(&json(&["--not-normal", "syncache_add", file])), 3);
    let folder = folder();
    let list = folder.path().join("ends");
    std::fs::write(&list, "if_dequeue dropped # by us\nm_cat\n").unwrap();
    let ping = json(&["--ends", list.to_str().unwrap(), "fixtures/ping-rev3.pcap"]);
    assert_eq!(dropped(&ping), 5);
    let by_environment = tool()
        .args(["drops", "--json", "fixtures/ping-rev3.pcap"])
        .env("MTRACE_ENDS", &list)
        .output()
        .unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&by_environment.stdout).unwrap(), ping);
    std::fs::write(&list, "if_dequeue\nm_cat eaten\n").unwrap();
    let ran = run(&["drops", "--ends", list.to_str().unwrap(), file]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("line 2: `eaten` is not one of"), "{}", ran.stderr);
    let ran = run(&["drops", "--ends", "/nonexistent", file]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
}

#[test]
fn hostile_names_are_harmless() {
    let pcap = capture_of(&[
        vec![b"\x1b[2J.c:1: drop: \x1b[31m \xff \xe2\x80\xae".to_vec()],
        vec![b"a\x07b.c:1: -f(\x1b]0;x\x07)".to_vec()],
    ]);
    for arguments in [&["drops"][..], &["drops", "--json"], &["drops", "--by", "mbuf_trace.data"]] {
        let ran = run_with_input(arguments, &pcap);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let text = std::str::from_utf8(&ran.stdout).expect("UTF-8");
        let harmless = |letter: char| letter == '\n' || !mbuf_trace::text::is_unsafe(letter);
        assert!(text.chars().all(harmless), "{text:?}");
    }
}

#[test]
fn different_ends_without_number_take_bounded_memory() {
    let packets: Vec<Vec<String>> =
        (0..150_000).map(|number| vec!["+ip_input".to_owned(), format!("+f{number:0>200}")]).collect();
    let ran = run_with_input(&["drops", "--json", "--all"], &capture_of(&packets));
    assert_eq!(ran.code, 1, "not all of the answer is there");
    let report: Value = serde_json::from_slice(&ran.stdout).expect("JSON");
    assert!(report["other_packets"].as_u64().unwrap() > 10_000, "{}", report["other_packets"]);
}

#[test]
fn a_list_of_ends_is_no_longer_than_it_can_be() {
    let folder = crate::support::folder();
    let ends = folder.path().join("ends");
    std::fs::write(&ends, "a dropped\n".repeat(200_000)).unwrap();
    let ran = run(&["drops", "--ends", ends.to_str().unwrap(), "fixtures/drop-rev4.pcap"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("longer than 1 MiB"), "{}", ran.stderr);
}
