//! The Wireshark dissector in a real tshark: the same values as the tool, nothing passed over in silence, and
//! statistics as those of an ordinary Ethernet capture.

mod ethernet;
mod field_options;
mod globals;
mod mutants;
pub(crate) mod tshark;

use crate::support::{fixtures, folder, run};
use std::collections::BTreeMap;
use std::path::Path;
use tshark::{Shell, is_here, show};

/// The fields of the registry, without the protocol itself: tshark shows that in words.
fn fields() -> Vec<&'static str> {
    let ours = trace_fields::Field::all().iter().map(|field| field.name);
    ours.filter(|name| name.starts_with("mbuf_trace.")).collect()
}

/// What the tool says of every packet: a line a packet, a column a field.
fn of_the_tool(file: &Path) -> String {
    let mut arguments = vec!["print".to_owned()];
    for field in fields() {
        arguments.extend(["-e".to_owned(), field.to_owned()]);
    }
    arguments.push(file.to_str().expect("UTF-8").to_owned());
    run(&arguments).text().to_owned()
}

/// The same as tshark says it.
fn of_tshark(shell: &Shell, file: &Path) -> String {
    let mut arguments =
        vec!["-T", "fields", "-E", "separator=/t", "-E", "occurrence=a", "-E", "aggregator=,"];
    for field in fields() {
        arguments.extend(["-e", field]);
    }
    shell.read(file, &arguments)
}

/// A column in a form that both have. Odd characters each shows in its own way: the tool doubles backslashes,
/// tshark shows most controls as they are, and says `<MISSING>` of no bytes and, since 4.2, `True`.
fn settled(column: &str) -> String {
    let column = column.replace("<MISSING>", "").replace("True", "1").replace("False", "0");
    let mut out = String::new();
    for letter in column.chars() {
        match u32::from(letter) {
            code if code < 0x20 || code == 0x7f => out += &format!("\\x{code:02x}"),
            code if mbuf_trace::text::is_unsafe(letter) => out += &format!("\\u{{{code:x}}}"),
            _ => out.push(letter),
        }
    }
    while out.contains("\\\\") {
        out = out.replace("\\\\", "\\");
    }
    for (short, long) in [("\\a", "\\x07"), ("\\b", "\\x08"), ("\\v", "\\x0b"), ("\\f", "\\x0c")] {
        out = out.replace(short, long);
    }
    out
}

/// Differences between both, with the packet's number and the field.
fn differences(theirs: &str, ours: &str) -> Vec<String> {
    let mut found = Vec::new();
    let (theirs, ours): (Vec<_>, Vec<_>) = (theirs.lines().collect(), ours.lines().collect());
    if theirs.len() != ours.len() {
        found.push(format!("{} packets in tshark, {} in the tool", theirs.len(), ours.len()));
    }
    for (number, (theirs, ours)) in theirs.iter().zip(&ours).enumerate() {
        for (name, (theirs, ours)) in fields().iter().zip(theirs.split('\t').zip(ours.split('\t'))) {
            if settled(theirs) != settled(ours) {
                found.push(format!("packet {} {name}:\n  tshark {theirs}\n  tool   {ours}", number + 1));
            }
        }
    }
    found
}

#[test]
fn every_field_is_as_the_tool_has_it() {
    let Some(shell) = is_here() else { return };
    let mut found = Vec::new();
    let real = ["interface-rev4", "interface-rev3", "short-rev4"].map(|name| format!("real/{name}.pcap"));
    for name in fixtures().into_iter().chain(real) {
        let file = Path::new("fixtures").join(&name);
        let differences = differences(&of_tshark(&shell, &file), &of_the_tool(&file));
        found.extend(differences.into_iter().map(|difference| format!("{name}: {difference}")));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn mutants_are_as_the_tool_has_them() {
    let Some(shell) = is_here() else { return };
    let folder = folder();
    let file = folder.path().join("mutants.pcap");
    mutants::write(&file, mutants::count());
    shell.share(folder.path());
    let (theirs, ours) = (of_tshark(&shell, &file), of_the_tool(&file));
    let found = differences(&theirs, &ours);
    assert!(found.is_empty(), "{} of them:\n{}", found.len(), found[..found.len().min(20)].join("\n"));
}

#[test]
fn no_mutant_is_a_lua_error() {
    let Some(shell) = is_here() else { return };
    let folder = folder();
    let file = folder.path().join("mutants.pcap");
    mutants::write(&file, mutants::count());
    shell.share(folder.path());
    let preferences: [&[&str]; 3] = [
        &[],
        &[
            "-o",
            "mbuf_trace.order:wire",
            "-o",
            "mbuf_trace.all_snapshots:true",
            "-o",
            "mbuf_trace.primary:oldest",
        ],
        &["-2", "-o", "mbuf_trace.revision:4", "-o", "mbuf_trace.snapshot_link:ip"],
    ];
    for preferences in preferences {
        let arguments: Vec<&str> = preferences.iter().copied().chain(["-O", "mbuf_trace"]).collect();
        let text = shell.read(&file, &arguments);
        let errors: Vec<&str> = text.lines().filter(|line| line.contains("Lua Error")).collect();
        assert!(errors.is_empty(), "{preferences:?}: {errors:#?}");
    }
}

#[test]
fn every_fault_has_its_expert_information() {
    let Some(shell) = is_here() else { return };
    for name in fixtures() {
        let file = Path::new("fixtures").join(&name);
        let experts = shell.read(
            &file,
            &["-T", "fields", "-e", "frame.number", "-e", "_ws.expert.message", "-E", "aggregator=;"],
        );
        let experts: BTreeMap<&str, &str> =
            experts.lines().filter_map(|line| line.split_once('\t')).collect();
        for line in run(&["check", file.to_str().expect("UTF-8")]).text().lines() {
            let Some((_, rest)) = line.split_once(": packet ") else { continue };
            let (place, sentence) = rest.split_once(": ").expect("a place and a sentence");
            let sentence = sentence.strip_prefix("note: ").unwrap_or(sentence);
            let number = place.split(' ').next().expect("a number");
            let expert = experts.get(number).copied().unwrap_or_default();
            assert!(expert.contains(sentence), "{name}: packet {number}: {sentence}\n  tshark: {expert}");
        }
    }
}

/// Of every fault by name, on a capture that has it: a filter finds it, with the right severity.
#[test]
fn faults_are_filters() {
    let Some(shell) = is_here() else { return };
    let table = [
        ("too-short", "no_count", "error"),
        ("count-too-high", "records_missing", "error"),
        ("header-cut", "record_header_cut", "error"),
        ("length-past-end", "record_cut", "error"),
        ("length-wrapped", "length_wrapped", "error"),
        ("count-too-low", "records_uncounted", "error"),
        ("trailing-bytes", "trailing_bytes", "error"),
        ("little-endian", "little_endian", "error"),
        ("frame-header-cut", "frame_header_cut", "error"),
        ("bad-magic", "bad_magic", "error"),
        ("higher-major", "unsupported_major", "error"),
        ("repeated-frame-header", "repeated_frame_header", "error"),
        ("event-header-cut", "event_header_cut", "error"),
        ("event-body-cut", "event_body_cut", "error"),
        ("not-mbuf-trace", "not_a_trace", "error"),
        ("cut-by-capture", "cut_by_capture", "note"),
    ];
    for (name, fault, severity) in table {
        let file = format!("fixtures/malformed/{name}.pcap");
        let filter = format!("mbuf_trace.fault.{fault} && _ws.expert.severity == {severity}");
        assert!(!shell.read(Path::new(&file), &["-Y", &filter]).is_empty(), "{name}: {filter}");
    }
    let cut = shell.read(Path::new("fixtures/malformed/cut-by-capture.pcap"), &["-Y", "_ws.malformed"]);
    assert_eq!(cut, "", "what the capture cut is not malformed");
}

#[test]
fn loads_twice() {
    let Some(shell) = is_here() else { return };
    let text = shell.read(Path::new("fixtures/ping-rev3.pcap"), &["-X", tshark::SCRIPT, "-c", "1"]);
    assert!(text.contains("ARP"), "{text}");
}

/// What has taken a name before: the protocol's, its description, or a field's.
#[test]
fn leaves_a_name_that_is_taken() {
    let Some(shell) = is_here() else { return };
    let folder = folder();
    shell.share(folder.path());
    let table = [
        ("Proto('mbuf_trace', 'x')", false),
        ("Proto('other', 'mbuf_trace packet trace')", false),
        ("Proto('other', 'x').fields = { ProtoField.uint32('mbuf_trace.data', 'x') }", true),
        (
            "local other = Proto('other', 'x')\n\
             function other.dissector() end\n\
             DissectorTable.get('wtap_encap'):add(wtap.USER0, other)",
            true,
        ),
    ];
    for (other, loads) in table {
        let script = folder.path().join("other.lua");
        std::fs::write(&script, other).expect("a file");
        let option = format!("lua_script:{}", script.display());
        let text =
            shell.read_with(&[&option, tshark::SCRIPT], Path::new("fixtures/ping-rev3.pcap"), &["-c", "1"]);
        assert_eq!(text.contains("ARP"), loads, "{other}: {text}");
    }
}

#[test]
fn statistics() {
    let Some(shell) = is_here() else { return };
    let file = Path::new("fixtures/nat-rev4.pcapng");
    let arguments = ["-q", "-z", "mbuf_trace,functions,udp"];
    insta::assert_snapshot!("functions", shell.read(file, &arguments));
    insta::assert_snapshot!("paths", shell.read(file, &["-q", "-z", "mbuf_trace,paths"]));
}

#[test]
fn preferences() {
    let Some(shell) = is_here() else { return };
    let file = Path::new("fixtures/nat-rev3.pcap");
    let ask = |preference: &str, field: &str| {
        let preference = format!("mbuf_trace.{preference}");
        shell.read(file, &["-o", &preference, "-c", "1", "-T", "fields", "-e", field])
    };
    // Others before it are dissected from 4.2 on.
    assert!(ask("primary:newest", "ip.src").ends_with("203.0.113.1\n"));
    assert!(ask("primary:oldest", "ip.src").ends_with("192.168.1.10\n"));
    let steps = ask("order:wire", "mbuf_trace.step");
    assert!(steps.starts_with("19,18,17,") && steps.ends_with(",2,1\n"), "{steps}");
    assert_eq!(
        ask("revision:2", "mbuf_trace.expert.revision_override"),
        ask("revision:1", "mbuf_trace.expert.revision_override"),
    );
    assert_ne!(ask("revision:2", "mbuf_trace.expert.revision_override"), "\n");
    assert_eq!(ask("revision:3", "mbuf_trace.expert.revision_override"), "\n");
    assert!(ask("snapshot_link:ethernet", "mbuf_trace.link_type").ends_with("1,1,1,1,1\n"));
    assert!(ask("snapshot_link:auto", "mbuf_trace.link_type").contains("101"));
}

#[test]
fn what_people_see() {
    let Some(shell) = is_here() else { return };
    for name in ["ping-rev3.pcap", "drop-rev4.pcapng", "mixed.pcapng", "malformed/count-too-high.pcap"] {
        let file = Path::new("fixtures").join(name);
        let columns = ["-T", "fields", "-e", "frame.number", "-e", "_ws.col.Protocol", "-e", "_ws.col.Info"];
        let text = format!(
            "-- columns\n{}-- expert\n{}",
            shell.read(&file, &columns),
            ours_only(&shell.read(&file, &["-q", "-z", "expert"])),
        );
        let tree = show(&shell.read(&file, &["-c", "2", "-O", "mbuf_trace"]));
        // A page for each packet, and for its later events.
        let mut pages: Vec<String> = Vec::new();
        for line in tree.split_inclusive('\n') {
            if ["mbuf_trace ", "Step 6:", "Step 11:"].iter().any(|start| line.trim_start().starts_with(start))
            {
                pages.push(String::new());
            }
            pages.last_mut().expect("a packet").push_str(line);
        }
        let name = name.replace('/', "__");
        insta::with_settings!({ description => format!("tshark {name}"), omit_expression => true }, {
            insta::assert_snapshot!(format!("dissector_{name}"), text);
            for (page, text) in pages.into_iter().enumerate() {
                assert!(text.lines().count() < 150, "{name}, page {page}: too long to review");
                insta::assert_snapshot!(format!("dissector_{name}_tree_{page}"), text);
            }
        });
    }
}

/// What our dissector contributes to a list of expert information.
fn ours_only(text: &str) -> String {
    text.lines()
        .filter(|line| line.contains("MBUF_TRACE"))
        .fold(String::new(), |text, line| text + line + "\n")
}

/// Traces of a TCP connection with two snapshots each, which differ, have the statistics of the same packets
/// without traces.
#[test]
fn statistics_are_those_of_ethernet() {
    let Some(shell) = is_here() else { return };
    let folder = folder();
    let (traces, plain) = (folder.path().join("traces.pcap"), folder.path().join("plain.pcap"));
    ethernet::write(&traces, &plain);
    shell.share(folder.path());
    for statistic in
        ["conv,eth", "conv,ip", "conv,tcp", "endpoints,eth", "endpoints,ip", "endpoints,tcp", "io,phs"]
    {
        let ask = |file: &Path| ethernet::without_bytes(&shell.read(file, &["-q", "-n", "-z", statistic]));
        assert_eq!(ask(&traces), ask(&plain), "{statistic}");
    }
    let analysis = ["-Y", "tcp.analysis.flags"];
    assert_eq!(shell.read(&plain, &analysis), "");
    assert_eq!(shell.read(&traces, &analysis), "", "no retransmissions out of snapshots");
    // The newest snapshot's values come last, as it is at the top of the tree.
    let ttl = shell.read(&traces, &["-T", "fields", "-e", "ip.ttl", "-E", "occurrence=l"]);
    assert!(ttl.lines().all(|ttl| ttl == "63"), "{ttl}");
}
