//! `fields`: the fields that filters and `print -e` know.

use crate::args::FieldsArgs;
use crate::failure::{Failure, Status};
use crate::output::{Content, Target};
use std::io::Write;
use std::path::Path;
use trace_fields::Field;

pub(crate) fn run(args: &FieldsArgs) -> Result<Status, Failure> {
    let mut out = Target::check(Path::new("-"), false, Content::Text, &[])?.open(None)?;
    let pattern = args.pattern.as_deref().unwrap_or_default().to_lowercase();
    let mut found = false;
    for field in Field::all() {
        if !field.name.contains(&pattern) && !field.doc.to_lowercase().contains(&pattern) {
            continue;
        }
        found = true;
        writeln!(out, "{:<34} {:<26} {}", field.name, field.ty.name(), field.doc)
            .map_err(|error| Failure::output(out.path(), error))?;
    }
    out.finish()?;
    Ok(if found { Status::Done } else { Status::Faults })
}
