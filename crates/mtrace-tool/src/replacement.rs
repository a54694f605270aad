//! Why a file cannot be replaced by another one, though it can be written into: said before an hour of work, where that
//! can be known, and with what helps.

use crate::messages::Name;
use rustix::fs::Access;
use std::ffi::OsString;
use std::fs::Metadata;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The bit of a folder in which only a file's owner may replace it.
const STICKY: u32 = 0o1000;

/// Fails where the folder of a file that is not there is not there either.
pub(crate) fn check_folder(path: &Path) -> io::Result<()> {
    let is_folder = path.as_os_str().as_bytes().ends_with(b"/");
    let folder = if is_folder { path } else { folder(path) };
    match std::fs::metadata(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(io::Error::new(error.kind(), format!("there is no directory {}: {error}", Name(folder))))
        }
        _ => Ok(()),
    }
}

/// Fails where it can be known that the file that is there cannot be replaced.
pub(crate) fn check(path: &Path) -> io::Result<()> {
    let there = std::fs::metadata(path);
    match there.ok().and_then(|there| hindrance(path, &there)) {
        Some(why) => Err(io::Error::new(io::ErrorKind::ResourceBusy, helped(why, path))),
        None => Ok(()),
    }
}

/// What to say where no file can be made beside the one that is to be replaced, or in the folder of a new one.
pub(crate) fn no_temporary(path: &Path, error: &io::Error) -> io::Error {
    let error = plain(error);
    let folder = Name(folder(path));
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem if path.exists() => {
            let why = format!("{error}: to replace it, a file has to be made in its directory, {folder}");
            io::Error::new(error.kind(), helped(&why, path))
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            io::Error::new(error.kind(), format!("no file can be made in the directory {folder}: {error}"))
        }
        _ => error,
    }
}

/// What to say where the new file does not get the name of the old one.
pub(crate) fn not_renamed(path: &Path, error: io::Error) -> io::Error {
    let why = match error.kind() {
        io::ErrorKind::ResourceBusy => format!("{error}: {MOUNTED}"),
        io::ErrorKind::PermissionDenied => format!("{error}: {OTHERS}"),
        _ => return error,
    };
    io::Error::new(error.kind(), helped(&why, path))
}

const MOUNTED: &str = "a mount point cannot be replaced";
const OTHERS: &str = "a file of another user cannot be replaced in this directory";

fn helped(why: &str, path: &Path) -> String {
    match rustix::fs::access(path, Access::WRITE_OK) {
        Ok(()) => format!("{why}; leave out -o: `> {}` writes into it", Name(path)),
        Err(_) => why.to_owned(),
    }
}

fn hindrance(path: &Path, there: &Metadata) -> Option<&'static str> {
    if is_mount_point(path) {
        return Some(MOUNTED);
    }
    let folder = std::fs::metadata(folder(path)).ok()?;
    let own = rustix::process::geteuid();
    let is_others = folder.mode() & STICKY != 0 && ![there.uid(), folder.uid()].contains(&own.as_raw());
    (is_others && !own.is_root()).then_some(OTHERS)
}

/// Whether something is mounted there, as far as Linux says so.
fn is_mount_point(path: &Path) -> bool {
    let mounts = std::fs::read("/proc/self/mountinfo").unwrap_or_default();
    let mut points =
        mounts.split(|byte| *byte == b'\n').filter_map(|line| line.split(|byte| *byte == b' ').nth(4));
    points.any(|point| unescaped(point) == path.as_os_str())
}

/// Spaces and the like stand as a backslash and three octal digits.
fn unescaped(mut text: &[u8]) -> OsString {
    let mut bytes = Vec::with_capacity(text.len());
    while let Some((byte, rest)) = text.split_first() {
        let digits =
            rest.get(..3).filter(|_| *byte == b'\\').and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(escaped) => {
                bytes.push(escaped);
                text = rest.get(3..).unwrap_or_default();
            }
            None => {
                bytes.push(*byte);
                text = rest;
            }
        }
    }
    OsString::from_vec(bytes)
}

/// The folder that a file is in.
fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The system's words, of an error whose text names the temporary file after them.
fn plain(error: &io::Error) -> io::Error {
    let text = error.to_string();
    let words = text.split_once(" at path ").map_or(text.as_str(), |(words, _)| words);
    io::Error::new(error.kind(), words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mount_points_have_escapes() {
        for (text, is) in [
            ("/a", "/a"),
            (r"/a\040b", "/a b"),
            (r"/\134x", r"/\x"),
            (r"/a\04", r"/a\04"),
            (r"/a\999", r"/a\999"),
            ("", ""),
        ] {
            assert_eq!(unescaped(text.as_bytes()), is, "{text}");
        }
        assert!(!cfg!(target_os = "linux") || is_mount_point(Path::new("/proc")));
        assert!(!is_mount_point(Path::new("/no/such")));
    }
}
