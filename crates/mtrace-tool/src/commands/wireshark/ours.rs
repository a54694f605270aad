//! Telling files that `install` wrote from all others.
//!
//! What is installed ends in a line that names this tool and a checksum of everything before it. So a file
//! that somebody changed is somebody's, and a file of another version of this tool is still the tool's.

use std::io::{self, Read};
use std::path::Path;

/// Files of ours are far shorter; a longer one is not read to its end.
const LONGEST: u64 = 16 << 20;

const STAMP: &str = "Installed by mtrace-tool ";
const CHECKSUM: &str = ", checksum ";

/// What there is at a place where `install` writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing.
    Absent,
    /// What `install` would write now.
    Current,
    /// What another version of `install` wrote.
    Other,
    /// A file that `install` did not write, or that was changed since.
    Foreign,
}

/// The text of a file to install; `comment` begins a comment line in its language.
pub(super) fn stamped(text: &str, comment: &str) -> String {
    let end = if text.ends_with('\n') { "" } else { "\n" };
    let text = format!("{text}{end}");
    let sum = checksum(text.as_bytes());
    format!("{text}{comment} {STAMP}{}{CHECKSUM}{sum:016x}\n", env!("CARGO_PKG_VERSION"))
}

/// What is at this path, where `stamped` would be written.
///
/// # Errors
///
/// Where something is there that cannot be read.
pub(super) fn state(path: &Path, stamped: &str) -> io::Result<State> {
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(State::Absent),
        Err(error) => return Err(error),
        // A link was made by somebody else, whatever it points to.
        Ok(there) if !there.is_file() => return Ok(State::Foreign),
        Ok(_) => {}
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(LONGEST).read_to_end(&mut bytes)?;
    Ok(if bytes == stamped.as_bytes() {
        State::Current
    } else if is_intact(&bytes) {
        State::Other
    } else {
        State::Foreign
    })
}

/// Whether the last line is a stamp, and its checksum that of the lines before it.
fn is_intact(bytes: &[u8]) -> bool {
    let Some(lines) = bytes.strip_suffix(b"\n") else { return false };
    let start = lines.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at.saturating_add(1));
    let Some((text, stamp)) = lines.split_at_checked(start) else { return false };
    let Ok(stamp) = std::str::from_utf8(stamp) else { return false };
    let sum = stamp.split_once(STAMP).and_then(|(_, rest)| rest.split_once(CHECKSUM));
    sum.is_some_and(|(_, sum)| sum == format!("{:016x}", checksum(text)))
}

/// FNV-1a with 64 bits: notices changes, and is no protection from anybody who wants to deceive.
fn checksum(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_installed_is_ours() {
        assert_eq!(checksum(b"foobar"), 0x8594_4171_f739_67e8, "FNV-1a's own test vector");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let stamped = stamped("-- a dissector\nreturn", "--");
        let state_of = |text: &str| {
            std::fs::write(&path, text).unwrap();
            state(&path, &stamped).unwrap()
        };
        assert_eq!(state_of(&stamped), State::Current);
        assert_eq!(state_of(&super::stamped("-- an older one\n", "--")), State::Other);
        assert_eq!(state_of(&super::stamped("", "#")), State::Other);
        for changed in [
            stamped.replace("dissector", "Dissector"),
            format!("{stamped}more\n"),
            stamped.trim_end().to_owned(),
            "-- a dissector\nreturn\n".to_owned(),
            String::new(),
            "\n".to_owned(),
        ] {
            assert_eq!(state_of(&changed), State::Foreign, "{changed:?}");
        }
        std::fs::write(&path, &stamped).unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert_eq!(state(&link, &stamped).unwrap(), State::Foreign);
        assert_eq!(state(&folder.path().join("none"), &stamped).unwrap(), State::Absent);
    }
}
