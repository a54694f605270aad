//! Signals: the first one ends a live input, and otherwise the program, which leaves nothing behind.

use crate::failure::Failure;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;
use std::io::{self, PipeReader};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// The output that is being written and has not got its name yet.
static UNFINISHED: Mutex<Option<PathBuf>> = Mutex::new(None);

/// Whether the first signal ends the input, and not the program.
static STOPS_AT_FIRST: AtomicBool = AtomicBool::new(false);

/// Whether that signal has come.
static STOPPED: AtomicBool = AtomicBool::new(false);

/// A pipe whose other end is closed when that signal comes, so that whoever waits for it wakes up.
static STOP: OnceLock<PipeReader> = OnceLock::new();

/// A terminal that is closed sends SIGHUP, and so does its shell: within this time, they are one.
const ONE_HANGUP: Duration = Duration::from_millis(500);

/// From now on the first signal only ends the input, so that what was read is finished: a live capture has no other
/// end. The second one ends the program.
pub(crate) fn stop_at_first() {
    STOPS_AT_FIRST.store(true, Ordering::Relaxed);
}

/// Whether a signal has ended the input.
pub(crate) fn has_stopped() -> bool {
    STOPPED.load(Ordering::Relaxed)
}

/// Waits until there is something to read, its end included, until a signal ends the input, or for so long. Gives
/// whether there is something to read. After that signal, only the input and the time count.
pub(crate) fn wait(input: Option<BorrowedFd<'_>>, at_most: Option<Duration>) -> bool {
    let stop = STOP.get().filter(|_| !has_stopped()).map(AsFd::as_fd);
    let mut fds: Vec<PollFd<'_>> =
        input.iter().chain(&stop).map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN)).collect();
    let at_most = at_most.and_then(|time| Timespec::try_from(time).ok());
    match poll(&mut fds, at_most.as_ref()) {
        Ok(_) => input.is_some() && fds.first().is_some_and(|fd| !fd.revents().is_empty()),
        // A signal came, perhaps that one.
        Err(rustix::io::Errno::INTR) => false,
        // What cannot be waited for is read.
        Err(_) => true,
    }
}

/// Ends the input, where [`stop_at_first`] says so, or the program on SIGHUP, SIGINT and SIGTERM with status 128 + the signal's number, and removes an unfinished
/// output before. SIGXFSZ is taken and forgotten: so the write into a file that may not grow fails, as any other that
/// fails, and does not end the program. SIGHUP is left alone where nohup(1) has it ignored: a handler would undo that.
pub(crate) fn watch() -> Result<(), Failure> {
    let failed = |error| Failure::Usage(format!("cannot watch for signals: {error}"));
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGXFSZ]).map_err(failed)?;
    if !ignores_hangup() {
        signals.add_signal(SIGHUP).map_err(failed)?;
    }
    let (reader, writer) = io::pipe().map_err(failed)?;
    let mut writer = STOP.set(reader).is_ok().then_some(writer);
    let watching = std::thread::Builder::new().spawn(move || {
        let mut hung_up: Option<Instant> = None;
        for signal in signals.forever().filter(|signal| *signal != SIGXFSZ) {
            if STOPS_AT_FIRST.load(Ordering::Relaxed) && !STOPPED.swap(true, Ordering::Relaxed) {
                drop(writer.take());
                hung_up = (signal == SIGHUP).then(Instant::now);
                continue;
            }
            if signal == SIGHUP && hung_up.is_some_and(|first| first.elapsed() < ONE_HANGUP) {
                continue;
            }
            // Held until the end, so that no file gets its name meanwhile.
            let unfinished = UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(path) = unfinished.as_deref() {
                let _ = std::fs::remove_file(path);
            }
            std::process::exit(128_i32.saturating_add(signal));
        }
    });
    watching.map(drop).map_err(failed)
}

/// Whether SIGHUP is ignored since the start. Without unsafe code a program cannot ask that of itself: Linux says it in a
/// file, elsewhere a shell finds out. Where neither answers, it counts as ignored.
fn ignores_hangup() -> bool {
    let by_status = std::fs::read_to_string("/proc/self/status").ok();
    by_status.and_then(|status| ignored_by_status(&status)).unwrap_or_else(ignored_by_shell)
}

/// Takes the mask of ignored signals, hexadecimal with signal 1 lowest, from Linux' `/proc/self/status`.
fn ignored_by_status(status: &str) -> Option<bool> {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
    let mask = u64::from_str_radix(mask.trim(), 16).ok()?;
    Some(mask & 1 << SIGHUP.saturating_sub(1) != 0)
}

/// Fails where SIGHUP was not ignored: a shell cannot set a trap for a signal that is ignored when it starts (POSIX).
const TRY_HANGUP: &str = "trap 'exit 1' HUP; kill -HUP $$; exit 0";

fn ignored_by_shell() -> bool {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", TRY_HANGUP]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    shell.status().map_or(true, |status| status.success())
}

/// Makes a file that has to go when a signal comes; a signal waits until it is noted.
pub(crate) fn create<T>(
    make: impl FnOnce() -> io::Result<T>,
    path: impl FnOnce(&T) -> &Path,
) -> io::Result<T> {
    let mut unfinished = UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner);
    let made = make()?;
    *unfinished = Some(path(&made).to_path_buf());
    Ok(made)
}

/// Does the last step, after which the file stays; a signal waits for it.
pub(crate) fn keep<T>(last_step: impl FnOnce() -> T) -> T {
    let mut unfinished = UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner);
    let done = last_step();
    *unfinished = None;
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_and_shell_agree_on_what_is_ignored() {
        for (trap, ignored) in [("trap - HUP", false), ("trap '' HUP", true)] {
            let shell = |line: &str| {
                let mut shell = Command::new("sh");
                shell.args(["-c", &format!("{trap}; exec {line}"), TRY_HANGUP]).output().unwrap()
            };
            assert_eq!(shell("sh -c \"$0\"").status.success(), ignored, "{trap}");
            if cfg!(target_os = "linux") {
                let status = String::from_utf8(shell("cat /proc/self/status").stdout).unwrap();
                assert_eq!(ignored_by_status(&status), Some(ignored), "{trap}");
            }
        }
        assert_eq!(ignored_by_status("Name:\tx\n"), None);
    }
}
