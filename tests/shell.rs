//! `completions`: what bash itself makes of the script.

use crate::support::{folder, is_there, run};
use std::process::Command;

/// What bash offers for the last of these words, sorted.
fn offered(words: &[&str]) -> Vec<String> {
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
    let mut bash = Command::new("bash");
    bash.args(["--norc", "-c", TAB, "bash"]).arg(script).args(words);
    let output = bash.output().expect("bash runs");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{words:?}");
    let mut offered: Vec<_> =
        String::from_utf8(output.stdout).unwrap().split_whitespace().map(str::to_owned).collect();
    offered.sort();
    offered
}

#[test]
fn bash_completes_behind_a_command() {
    if !is_there("bash", "--version", "MTRACE_TEST_REQUIRE_BASH") {
        return;
    }
    let table: [(&[&str], &[&str]); 5] = [
        (&["mtrace-tool", "conv"], &["convert"]),
        (
            &["mtrace-tool", "convert", "--to", ""],
            &[
                "chrome",
                "csv",
                "dot",
                "ethernet",
                "folded",
                "mixed",
                "ndjson",
                "pcap",
                "pcapng",
                "speedscope",
                "text",
            ],
        ),
        (&["mtrace-tool", "convert", "--to", "pcap"], &["pcap", "pcapng"]),
        (&["mtrace-tool", "print", "--s"], &["--salvage", "--snapshot-link", "--strip-prefix", "--style"]),
        (&["mtrace-tool", "wireshark", "un"], &["uninstall"]),
    ];
    for (words, expected) in table {
        assert_eq!(offered(words), expected, "{words:?}");
    }
}
