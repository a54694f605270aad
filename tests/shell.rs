//! `completions`: what bash itself makes of the script.

use crate::support::{folder, is_there, run};
use std::process::Command;

/// What bash offers for the last of these words, sorted, in a folder with these files; a name that ends with a slash is
/// one.
fn offered(words: &[&str], files: &[&str]) -> Vec<String> {
    /// What readline does at Tab: it calls the registered function with the program, the word and the word before.
    const TAB: &str = r#"
        source "$1"; shift
        [[ $(complete -p mtrace-tool) =~ -F\ ([^ ]+) ]] || exit
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        "${BASH_REMATCH[1]}" "$1" "${@: -1}" "${@: -2:1}"
        printf '%s\n' "${COMPREPLY[@]}""#;
    let folder = folder();
    let script = folder.path().join("completions");
    let ran = run(&["completions", "bash"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    std::fs::write(&script, ran.stdout).unwrap();
    let there = folder.path().join("there");
    std::fs::create_dir(&there).unwrap();
    for name in files {
        match name.strip_suffix('/') {
            Some(name) => std::fs::create_dir(there.join(name)).unwrap(),
            None => std::fs::write(there.join(name), "").unwrap(),
        }
    }
    let mut bash = Command::new("bash");
    bash.args(["--norc", "-c", TAB, "bash"]).arg(script).args(words).current_dir(there);
    let output = bash.output().expect("bash runs");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{words:?}");
    let mut offered: Vec<_> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    offered.retain(|word| !word.is_empty());
    offered.sort();
    offered
}

#[test]
fn bash_completes_after_a_command() {
    if !is_there("bash", "--version", "MTRACE_TEST_REQUIRE_BASH") {
        return;
    }
    const FILES: &[&str] = &["my capture.pcap", "other.pcap", "sub dir/", "--odd"];
    let formats = "chrome csv dot ethernet folded mixed ndjson pcap pcapng speedscope text";
    let table: [(&str, &[&str]); 35] = [
        ("conv", &["convert"]),
        ("convert --to ", &formats.split(' ').collect::<Vec<_>>()),
        ("convert --to pcap", &["pcap", "pcapng"]),
        ("convert --to = pcapn", &["pcapng"]),
        ("print --s", &["--salvage", "--snapshot-link", "--strip-prefix", "--style"]),
        ("wireshark un", &["uninstall"]),
        // Names whole, and folders, where a file is expected.
        ("print my", &["my capture.pcap"]),
        ("print ", FILES),
        ("print other.pcap my", &["my capture.pcap"]),
        ("print -o my", &["my capture.pcap"]),
        ("print --output = my", &["my capture.pcap"]),
        ("print --output =", FILES),
        ("print -e ip.src my", &["my capture.pcap"]),
        ("print --json my", &["my capture.pcap"]),
        ("print -- --o", &["--odd"]),
        ("filter icmp my", &["my capture.pcap"]),
        ("filter -o out.pcap icmp my", &["my capture.pcap"]),
        ("convert su", &["sub dir"]),
        ("diff other.pcap my", &["my capture.pcap"]),
        ("diff other.pcap other.pcap my", &["my capture.pcap"]),
        ("drops --ends my", &["my capture.pcap"]),
        ("wireshark install --dir ", &["sub dir"]),
        ("wireshark doctor --", &["--help", "--json"]),
        // Nothing, or the values, where none is.
        ("print --first ", &[]),
        ("print --range ", &[]),
        ("print --width ", &[]),
        ("stats --interval m", &[]),
        ("fields m", &[]),
        ("print --snapshot-link e", &["ethernet"]),
        ("completions b", &["bash"]),
        // Fields.
        ("print -e icmp.ty", &["icmp.type"]),
        ("paths --by icmp.ty", &["icmp.type"]),
        ("paths --by ip.src,icmp.ty", &["ip.src,icmp.type"]),
        ("print -f icmp.ty", &["icmp.type"]),
        ("filter icmp.ty", &["icmp.type"]),
    ];
    for (line, expected) in table {
        let mut expected = expected.to_vec();
        let words: Vec<&str> = std::iter::once("mtrace-tool").chain(line.split(' ')).collect();
        let expected: Vec<String> = {
            expected.sort_unstable();
            expected.iter().map(|name| name.trim_end_matches('/').to_owned()).collect()
        };
        assert_eq!(offered(&words, FILES), expected, "{line}");
    }
}

/// Of every shell: a script that says which arguments are files.
#[test]
fn every_shell_has_its_script() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ran = run(&["completions", shell]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{shell}");
        assert!(ran.text().contains("mtrace-tool") && ran.text().contains("snapshot-link"), "{shell}");
        if Command::new(shell).arg("-c").arg(":").output().is_ok_and(|output| output.status.success()) {
            let folder = folder();
            let script = folder.path().join("script");
            std::fs::write(&script, &ran.stdout).unwrap();
            let checked = Command::new(shell).arg("-n").arg(&script).output().unwrap();
            assert!(checked.status.success(), "{shell}: {}", String::from_utf8_lossy(&checked.stderr));
        }
    }
    let zsh = run(&["completions", "zsh"]);
    assert!(zsh.text().contains(":FILE:_files'") && !zsh.text().contains(":FIELD:_"), "{}", zsh.text());
}
