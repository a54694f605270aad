//! The README's first command prints what the README shows.

use crate::support::run;

#[test]
fn the_first_command() {
    let readme = include_str!("../README.md");
    let (_, rest) = readme.split_once("cargo run --quiet -- ").expect("the first command");
    let (command, rest) = rest.split_once('\n').expect("a line");
    let (_, rest) = rest.split_once("```text\n").expect("its output");
    let (shown, _) = rest.split_once("```").expect("the end of its output");
    let arguments: Vec<&str> = command.split_whitespace().collect();
    let ran = run(&arguments);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.text().starts_with(shown.trim_end_matches("…\n")),
        "the README shows another output than\n{}",
        ran.text()
    );
}
