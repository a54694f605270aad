//! What a signal that ends the program leaves behind: nothing.

use crate::failure::Failure;
use signal_hook::consts::{SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// The output that is being written and has not got its name yet.
static UNFINISHED: Mutex<Option<PathBuf>> = Mutex::new(None);

/// Whether the first signal ends the waiting at the end of a file, and not the program.
static STOPS_AT_FIRST: AtomicBool = AtomicBool::new(false);

/// Whether that signal has come.
static STOPPED: AtomicBool = AtomicBool::new(false);

/// From now on the first signal only stops the waiting for more input, so that what was read is finished: who
/// follows a file has no other way to end. The second one ends the program.
pub(crate) fn stop_at_first() {
    STOPS_AT_FIRST.store(true, Ordering::Relaxed);
}

/// Whether a signal has stopped the waiting for more input.
pub(crate) fn has_stopped() -> bool {
    STOPPED.load(Ordering::Relaxed)
}

/// Ends the program on SIGINT and SIGTERM with status 128 + the signal's number, and removes an unfinished
/// output before. SIGXFSZ is taken and forgotten: so the write into a file that may not grow fails, as any other that
/// fails, and does not end the program. SIGHUP is left alone: nohup(1) has it ignored, and a handler would undo that.
pub(crate) fn watch() -> Result<(), Failure> {
    let failed = |error| Failure::Usage(format!("cannot watch for signals: {error}"));
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGXFSZ]).map_err(failed)?;
    let watching = std::thread::Builder::new().spawn(move || {
        for signal in signals.forever().filter(|signal| *signal != SIGXFSZ) {
            if STOPS_AT_FIRST.load(Ordering::Relaxed) && !STOPPED.swap(true, Ordering::Relaxed) {
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
