//! `fields`: the fields that filters and `print -e` know, and those of Wireshark's that they do not.

use crate::args::FieldsArgs;
use crate::failure::{Failure, Status};
use crate::messages;
use crate::output::{Content, Target};
use mbuf_trace::Text;
use std::io::{self, Write};
use std::path::Path;
use trace_fields::{Absent, Field};

pub(crate) fn run(args: &FieldsArgs) -> Result<Status, Failure> {
    let mut out = Target::check(Path::new("-"), false, Content::Text, &[])?.open(None)?;
    let pattern = args.pattern.as_deref().unwrap_or_default().trim();
    let found = list(&mut out, pattern).map_err(|error| Failure::output(out.path(), error))?;
    out.finish()?;
    if !found {
        let pattern = Text(pattern.as_bytes());
        messages::warning(&format_args!("no field's name or meaning contains `{pattern}`"));
    }
    Ok(Status::Done.with_faults(!found))
}

/// Writes the fields that the pattern finds, those that are not available too, and says whether there are any.
fn list(out: &mut impl Write, pattern: &str) -> io::Result<bool> {
    let lower = pattern.to_lowercase();
    let mut found = false;
    for field in Field::all() {
        if !field.name.contains(&lower) && !field.doc.to_lowercase().contains(&lower) {
            continue;
        }
        found = true;
        writeln!(out, "{:<34} {:<26} {}", field.name, field.ty.name(), field.doc)?;
        if field.name == lower {
            for (value, name) in field.names {
                writeln!(out, "{value:>40} = \"{name}\"")?;
            }
        }
    }
    if !lower.is_empty() {
        let above = Absent::by_name(&lower);
        for absent in Absent::all() {
            if absent.name.starts_with(&lower) || above == Some(absent) {
                found = true;
                write!(out, "{:<34} not available: {}", absent.name, absent.reason)?;
                match absent.instead {
                    Some(instead) => writeln!(out, "; instead: {instead}")?,
                    None => writeln!(out)?,
                }
            }
        }
    }
    Ok(found)
}
