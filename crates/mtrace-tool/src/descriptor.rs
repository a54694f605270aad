//! Paths that mean a descriptor that this process was given: `/dev/stdout`, `/dev/fd/3`, `/proc/self/fd/3`, and links to
//! them. What is written there goes where the descriptor stands, as if the shell had said `>&3`.

use std::fs::{File, canonicalize, read_link};
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

/// Links that are followed, as the system does.
const MOST_LINKS: usize = 40;

/// Folders whose names are the numbers of this process's own descriptors.
const FOLDERS: [&str; 4] = ["/dev/fd", "/proc/self/fd", "/proc/thread-self/fd", "/proc/curproc/fd"];

/// The names of the first descriptors, by number.
const NAMES: [&str; 3] = ["stdin", "stdout", "stderr"];

/// The descriptor that the path means, if it means one.
pub(crate) fn of(path: &Path) -> Option<i32> {
    let mut path = path.to_path_buf();
    for _ in 0..MOST_LINKS {
        let name = path.file_name()?.to_str()?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = canonicalize(folder.unwrap_or(Path::new("."))).ok()?;
        if FOLDERS.iter().any(|own| canonicalize(own).is_ok_and(|own| own == folder)) {
            return name.bytes().all(|byte| byte.is_ascii_digit()).then(|| name.parse().ok())?;
        }
        match read_link(folder.join(name)) {
            Ok(target) => path = folder.join(target),
            // Where they are devices, or missing.
            Err(_) if folder == Path::new("/dev") => {
                return NAMES.iter().position(|known| *known == name).and_then(|at| i32::try_from(at).ok());
            }
            Err(_) => return None,
        }
    }
    None
}

/// Another descriptor of the same open file: with the same place in it, and appending where that one does.
pub(crate) fn duplicate(number: i32) -> io::Result<File> {
    let standard = match number {
        0 => io::stdin().as_fd().try_clone_to_owned(),
        1 => io::stdout().as_fd().try_clone_to_owned(),
        2 => io::stderr().as_fd().try_clone_to_owned(),
        number => return duplicate_other(number),
    };
    standard.map(File::from)
}

#[cfg(target_os = "linux")]
fn duplicate_other(number: i32) -> io::Result<File> {
    use rustix::fs::OFlags;
    use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
    let is_closed = || io::Error::other(format!("descriptor {number} is not open"));
    let known = std::fs::read_to_string(format!("/proc/self/fdinfo/{number}")).map_err(|_| is_closed())?;
    let flags = known.lines().find_map(|line| line.strip_prefix("flags:"));
    let flags = flags.and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok()).unwrap_or(0);
    let flags = OFlags::from_bits_retain(flags);
    // What this program opened itself is not what anybody means.
    if flags.contains(OFlags::CLOEXEC) {
        return Err(is_closed());
    }
    let own = pidfd_open(getpid(), PidfdFlags::empty());
    if let Ok(file) = own.and_then(|own| pidfd_getfd(own, number, PidfdGetfdFlags::empty())) {
        return Ok(file.into());
    }
    // An old system, or one that forbids it. Another open file does as well if it has no place of its own.
    let path = PathBuf::from(format!("/proc/self/fd/{number}"));
    let appends = flags.contains(OFlags::APPEND);
    if !appends && std::fs::metadata(&path)?.is_file() {
        return Err(io::Error::other(format!(
            "this system cannot duplicate it; leave out -o and say `>&{number}`"
        )));
    }
    File::options().write(true).append(appends).open(path)
}

/// Elsewhere, opening the name duplicates the descriptor.
#[cfg(not(target_os = "linux"))]
fn duplicate_other(number: i32) -> io::Result<File> {
    let path = PathBuf::from(format!("/dev/fd/{number}"));
    File::options().write(true).open(&path).or_else(|_| File::open(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let folder = tempfile::tempdir().unwrap();
        let link = |name: &str, target: &str| {
            let path = folder.path().join(name);
            std::os::unix::fs::symlink(target, &path).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let (one, two, plain) = (link("one", "/dev/stdout"), link("two", "one"), link("plain", "/dev/null"));
        let (itself, fd) = (link("itself", "itself"), link("fd", "/dev/fd"));
        let deep = format!("{fd}/7");
        let (file, missing) = (folder.path().join("1"), folder.path().join("missing/1"));
        std::fs::write(&file, "").unwrap();
        for (path, number) in [
            ("/dev/stdin", Some(0)),
            ("/dev/stdout", Some(1)),
            ("/dev/../dev/stderr", Some(2)),
            ("/dev/fd/0", Some(0)),
            ("/dev/fd/63", Some(63)),
            (&one, Some(1)),
            (&two, Some(1)),
            (&deep, Some(7)),
            (&plain, None),
            (&itself, None),
            (file.to_str().unwrap(), None),
            (missing.to_str().unwrap(), None),
            ("/dev/null", None),
            ("/dev/fd", None),
            ("/dev/fd/x", None),
            ("/dev/fd/+1", None),
            ("/dev/fd/99999999999", None),
            ("stdout", None),
            ("-", None),
            ("", None),
            ("/", None),
            ("..", None),
        ] {
            assert_eq!(of(Path::new(path)), number, "{path}");
        }
        if cfg!(target_os = "linux") {
            let own = format!("/proc/{}/fd/2", std::process::id());
            assert_eq!(of(Path::new("/proc/self/fd/3")), Some(3));
            assert_eq!(of(Path::new(&own)), Some(2));
            assert_eq!(of(Path::new("/proc/1/fd/2")), None);
        }
    }
}
