//! The list of functions that tell what became of a packet, with what the user's file says.

use crate::failure::Failure;
use crate::input;
use crate::messages::Name;
use mbuf_trace::Ends;
use std::io::Read;
use std::path::Path;

/// Bytes of a list; a longer file is not one.
const LONGEST: u64 = 1 << 20;

/// The built-in list, and the file's lines, which come first.
pub(crate) fn read(path: Option<&Path>) -> Result<Ends, Failure> {
    let mut ends = Ends::default();
    let Some(path) = path else { return Ok(ends) };
    let mut text = String::new();
    let failed = |source| Failure::Input { path: path.to_path_buf(), source };
    input::file(path)?.take(LONGEST.saturating_add(1)).read_to_string(&mut text).map_err(failed)?;
    if text.len() as u64 > LONGEST {
        return Err(Failure::Usage(format!("{}: longer than 1 MiB, so not a list of ends", Name(path))));
    }
    ends.add_lines(&text).map_err(|error| Failure::Usage(format!("{}: {error}", Name(path))))?;
    Ok(ends)
}
