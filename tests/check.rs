//! `check`: every class of malformed input, its place and its reason.

use crate::support::{fixtures, run};

#[test]
fn every_malformed_fixture() {
    let mut by_code = std::collections::BTreeMap::<_, String>::new();
    for name in fixtures().iter().filter(|name| name.starts_with("malformed/")) {
        let ran = run(&["check", &format!("fixtures/{name}")]);
        *by_code.entry(ran.code).or_default() += &format!("{}{}\n", ran.text(), ran.stderr);
    }
    assert!(by_code.keys().eq(&[0, 1, 3]), "{by_code:?}");
    for (code, all) in by_code {
        assert!(all.lines().count() < 150, "exit {code}: too long to review");
        insta::assert_snapshot!(format!("malformed_fixtures_exit_{code}"), all);
    }
}

#[test]
fn sound_captures_have_no_faults() {
    for name in fixtures().iter().filter(|name| !name.starts_with("malformed/")) {
        let ran = run(&["check", &format!("fixtures/{name}")]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{name}: {}", ran.text());
        // Events that the kernel lost are notes.
        let notes =
            ran.text().lines().filter(|line| line.contains(": note: ") || line.contains(" incomplete: "));
        let lost = if name.starts_with("drop-rev4") { 2 } else { 0 };
        assert_eq!(notes.count(), lost, "{name}: {}", ran.text());
        assert_eq!(ran.text().lines().count(), 1 + lost, "{name}: {}", ran.text());
    }
}

#[test]
fn nothing_but_other_packets() {
    let ran = run(&["print", "fixtures/malformed/not-mbuf-trace.pcap"]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("0 of 3 packets are mbuf_trace"), "{}", ran.stderr);
}

#[test]
fn another_link_type_says_which_and_how_to_override() {
    for command in ["print", "check"] {
        let ran = run(&[command, "fixtures/malformed/other-link-type.pcap"]);
        assert_eq!(ran.code, 3, "{command}");
        assert!(ran.stderr.contains("Ethernet (1)") && ran.stderr.contains("--linktype 1"), "{}", ran.stderr);
    }
}

#[test]
fn a_filter_does_not_hide_damage() {
    for name in ["length-past-end.pcap", "not-mbuf-trace.pcap", "count-too-high.pcap"] {
        let path = format!("fixtures/malformed/{name}");
        for arguments in [
            &["filter", "frame.number == 1000", &path][..],
            &["print", "-f", "frame.number == 1000", &path],
            &["check", "-f", "frame.number == 1000", &path],
        ] {
            let ran = run(arguments);
            assert_eq!(ran.code, 1, "{arguments:?}");
            let told = !ran.stderr.is_empty() || ran.text().contains("did not match the filter");
            assert!(told, "{arguments:?}");
        }
    }
    let sound = run(&["print", "-f", "frame.number == 1", "fixtures/two-revisions.pcapng"]);
    assert_eq!((sound.code, sound.stderr.as_str()), (0, ""));
}
