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
    option.map(Path::to_path_buf).or_else(by_variable)
}

fn by_variable() -> Option<PathBuf> {
    environment::value(environment::ENDS).map(PathBuf::from)
}

/// The built-in list, and the lines of the option's file, which come first.
pub(crate) fn read(option: Option<&Path>) -> Result<Ends, Failure> {
    let mut ends = Ends::default();
    option.map_or(Ok(()), |path| add_file(&mut ends, path))?;
    Ok(ends)
}

/// The same with the variable's file, if there is one.
pub(crate) fn read_by_variable() -> Result<Ends, Failure> {
    read(by_variable().as_deref()).map_err(|failure| environment::named_by(environment::ENDS, failure))
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
