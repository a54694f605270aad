//! What the expressions of `expressions/same.txt` answer, kept: with tshark, `tshark` shows that these are its answers,
//! too; this shows without it that they are still the same, and what is said about those that are refused.

use crate::packets::{packets, pcap};
use crate::parity::{Answer, captures, ours};
use crate::tshark::{SAME, reviewable, topics};

/// Numbers in order, and `3-5` for three that follow each other.
fn ranges(numbers: &[u64]) -> String {
    let runs = numbers.chunk_by(|before, number| before + 1 == *number);
    let shown = runs.map(|run| match run {
        [first, .., last] => format!("{first}-{last}"),
        _ => run[0].to_string(),
    });
    shown.collect::<Vec<_>>().join(",")
}

/// The first line of a complaint, and its help.
fn complaint(rendered: &str) -> String {
    let told = rendered.lines().filter(|line| line.starts_with("error") || line.contains("help:"));
    told.map(|line| line.trim_start_matches([' ', '=', '|'])).collect::<Vec<_>>().join(" | ")
}

#[test]
fn answers() {
    let kinds: Vec<_> = packets().into_iter().map(|(_, bytes)| (bytes.clone(), bytes.len())).collect();
    let captures = [pcap(&kinds), captures::ethernet(40), captures::traces(20)];
    for (topic, expressions) in topics(SAME) {
        let answers: Vec<Vec<Answer>> = captures.iter().map(|capture| ours(capture, &expressions)).collect();
        let mut shown = String::new();
        for (place, expression) in expressions.iter().enumerate() {
            shown.push_str(&format!("{expression}\n"));
            match &answers[0][place] {
                Ok(_) => {
                    for (name, answers) in ["kinds", "ethernet", "traces"].iter().zip(&answers) {
                        let numbers = answers[place].as_ref().unwrap();
                        if !numbers.is_empty() {
                            shown.push_str(&format!("    {name} {}\n", ranges(numbers)));
                        }
                    }
                }
                Err(error) => shown.push_str(&format!("    {}\n", complaint(error))),
            }
        }
        insta::assert_snapshot!(topic, reviewable(shown));
    }
}
