//! Every generated file of the project, made from `format-spec/` and held against it.

mod c_header;
mod display_fields;
mod format_codes;
mod json_schema;
mod kaitai;
mod lua;
mod markdown;

use crate::{fixtures, spec};
use anyhow::{Context, Result, bail};
use mbuf_trace::Ends;
use mbuf_trace::end::Rule;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// The line that every generated file begins with, behind its language's comment sign.
const NOTICE: &str = "Generated from format-spec/ by `cargo xtask generate`; do not edit.";

/// The specification in prose, whose tables are generated.
const PROSE: &str = "format-spec/README.md";

/// What each function says about the end of a packet.
const ENDS: &str = "format-spec/normal_ends.txt";

/// Makes all files anew; with `check`, only tells which are not what they should be.
pub(crate) fn run(root: &Path, check: bool) -> Result<()> {
    let (spec, wireshark) = spec::load(root)?;
    let ends = ends(&read(root, ENDS)?).with_context(|| format!("in {ENDS}"))?;
    let files = [
        ("crates/mbuf-trace/src/generated.rs", rustfmt(root, &format_codes::rust(&spec, &ends))?),
        ("crates/trace-fields/src/generated.rs", rustfmt(root, &display_fields::rust(&spec, &wireshark))?),
        (c_header::PATH, c_header::text(&spec, &read(root, "LICENSE")?)?),
        (kaitai::PATH, kaitai::text(&spec)),
        ("format-spec/mbuf_trace.schema.json", json_schema::schema(&spec)),
        (lua::PATH, lua::dissector(&spec, &ends, &read(root, lua::COLOURING_RULES)?)?),
        (PROSE, markdown::fill(&read(root, PROSE)?, &spec).with_context(|| format!("in {PROSE}"))?),
    ];
    let mut stale = Vec::new();
    for (name, text) in &files {
        if read(root, name).is_ok_and(|old| old == *text) {
            continue;
        }
        if check {
            stale.push((*name).to_owned());
        } else {
            std::fs::write(root.join(name), text).with_context(|| format!("cannot write {name}"))?;
            println!("wrote {name}");
        }
    }
    stale.extend(fixtures::generate(root, check)?);
    if !stale.is_empty() {
        bail!("not as the specification has it: {}\nmend with: cargo xtask generate", stale.join(", "));
    }
    Ok(())
}

/// The list of functions that tell what became of a packet, sorted by their names.
fn ends(text: &str) -> Result<Vec<(String, Rule)>> {
    let mut ends: Vec<(String, Rule)> = Vec::new();
    for (line, text) in (1..).zip(text.lines()) {
        let rule = Ends::parse_line(text).map_err(|problem| anyhow::anyhow!("line {line}: {problem}"))?;
        let Some((function, rule)) = rule else { continue };
        if ends.iter().any(|(other, same)| other == function && *same == rule) {
            bail!("line {line}: {function} is there twice");
        }
        ends.push((function.to_owned(), rule));
    }
    ends.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(ends)
}

fn read(root: &Path, name: &str) -> Result<String> {
    std::fs::read_to_string(root.join(name)).with_context(|| format!("cannot read {name}"))
}

/// Rust source as the project's own formatting has it.
fn rustfmt(root: &Path, source: &str) -> Result<String> {
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--config-path"])
        .arg(root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run rustfmt (rustup component add rustfmt)")?;
    let mut stdin = child.stdin.take().context("rustfmt has no standard input")?;
    let source = source.to_owned();
    let feed = std::thread::spawn(move || stdin.write_all(source.as_bytes()));
    let output = child.wait_with_output()?;
    feed.join().map_err(|_| anyhow::anyhow!("writing to rustfmt panicked"))??;
    if !output.status.success() {
        bail!("rustfmt refused generated source");
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// `some_name` as a Rust type's or variant's name.
fn camel(name: &str) -> String {
    name.split(['_', '.', '-'])
        .map(|word| {
            let mut letters = word.chars();
            letters
                .next()
                .map_or(String::new(), |first| first.to_ascii_uppercase().to_string() + letters.as_str())
        })
        .collect()
}

/// `some.name` as a Rust constant's name.
fn upper(name: &str) -> String {
    name.replace(['.', '-'], "_").to_ascii_uppercase()
}
