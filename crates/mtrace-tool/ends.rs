//! The list of functions that tell what became of a packet, with what the user's file says.

use crate::environment;
use crate::failure::Failure;
use crate::input;
use crate::messages::Name;
use mbuf_trace::Ends;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Bytes of a list; a longer file is not one.
const LONGEST: u64 = 1 << 20;

/// The user's file: that of the option, or of the variable.
pub(crate) fn path(option: Option<&Path>) -> Option<PathBuf> {
    let variable = || environment::value(environment::ENDS).map(PathBuf::from);
    option.map(Path::to_path_buf).or_else(variable)
}

/// The built-in list, and the lines of the user's file, which come first.
pub(crate) fn read(option: Option<&Path>) -> Result<Ends, Failure> {
    let mut ends = Ends::default();
    let Some(path) = path(option) else { return Ok(ends) };
    match add_file(&mut ends, &path) {
        Err(failure) if option.is_none() => Err(environment::named_by(environment::ENDS, failure)),
        added => added.map(|()| ends),
    }
}

fn add_file(ends: &mut Ends, path: &Path) -> Result<(), Failure> {
    let mut text = String::new();
    let failed = |source| Failure::Input { path: path.to_path_buf(), source };
    input::file(path)?.take(LONGEST.saturating_add(1)).read_to_string(&mut text).map_err(failed)?;
    if text.len() as u64 > LONGEST {
        return Err(Failure::Usage(format!("{}: longer than 1 MiB, so not a list of ends", Name(path))));
    }
    ends.add_lines(&text).map_err(|error| Failure::Usage(format!("{}: {error}", Name(path))))
}
