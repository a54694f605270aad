//! Running another program so that it can neither hang this one nor fill its memory.

use std::fmt;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

/// Longer than Wireshark takes to start on a slow machine.
const PATIENCE: Duration = Duration::from_secs(30);
/// What is kept of an output; the rest is read and forgotten.
const KEPT: u64 = 1 << 20;

/// What a program that ended left behind.
#[derive(Debug)]
pub(super) struct Ran {
    /// Whether it says that it succeeded.
    pub(super) success: bool,
    /// Its standard output, as far as it was kept.
    pub(super) stdout: String,
    /// Its standard error, likewise.
    pub(super) stderr: String,
}

/// Why there is nothing of a program.
#[derive(Debug)]
pub(super) enum RunError {
    /// It cannot be run.
    Start(std::io::Error),
    /// It does not end.
    Patience,
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start(error) => write!(f, "cannot be run: {error}"),
            Self::Patience => write!(f, "did not end within {} seconds", PATIENCE.as_secs()),
        }
    }
}

/// Runs it to its end, without standard input. Bytes of its output that are not UTF-8 are replaced.
pub(super) fn run(program: &Path, args: &[&str]) -> Result<Ran, RunError> {
    run_patiently(program, args, PATIENCE)
}

fn run_patiently(program: &Path, args: &[&str], patience: Duration) -> Result<Ran, RunError> {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(RunError::Start)?;
    let (stdout, stderr) = (drain(child.stdout.take()), drain(child.stderr.take()));
    let deadline = Instant::now() + patience;
    let success = wait(&mut child, deadline).map_err(RunError::Start)?.ok_or(RunError::Patience)?;
    // A child of the program's own may still hold the pipes: it gets no more time than the program had.
    let rest = |output: Receiver<Vec<u8>>| {
        let patience = deadline.saturating_duration_since(Instant::now());
        let bytes = output.recv_timeout(patience).map_err(|_| RunError::Patience)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    Ok(Ran { success, stdout: rest(stdout)?, stderr: rest(stderr)? })
}

/// Waits for the end; at the deadline the program is ended, and there is no answer.
fn wait(child: &mut Child, deadline: Instant) -> std::io::Result<Option<bool>> {
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status.success()));
        }
        if Instant::now() >= deadline {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

/// Reads a pipe to its end beside us, keeping what may be kept.
fn drain(pipe: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        if let Some(mut pipe) = pipe {
            // What cannot be read is as if it had not been said.
            let _ = pipe.by_ref().take(KEPT).read_to_end(&mut kept);
            let _ = std::io::copy(&mut pipe, &mut std::io::sink());
        }
        let _ = sender.send(kept);
    });
    receiver
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, patience: Duration) -> Result<Ran, RunError> {
        run_patiently(Path::new("/bin/sh"), &["-c", script], patience)
    }

    #[test]
    fn outputs_are_kept_apart_and_within_bounds() {
        let ran = shell("echo out; echo err >&2; exit 3", PATIENCE).unwrap();
        assert_eq!((ran.success, ran.stdout.as_str(), ran.stderr.as_str()), (false, "out\n", "err\n"));
        let ran = shell("head -c 3000000 /dev/zero", PATIENCE).unwrap();
        assert!(ran.success);
        assert_eq!(ran.stdout.len() as u64, KEPT);
    }

    #[test]
    fn nothing_hangs() {
        let short = Duration::from_millis(200);
        for script in ["exec sleep 60", "sleep 5 & exit 0"] {
            let start = Instant::now();
            assert!(matches!(shell(script, short), Err(RunError::Patience)), "{script}");
            assert!(start.elapsed() < Duration::from_secs(4), "{script}");
        }
        let missing = run(Path::new("/nonexistent/tshark"), &[]);
        assert!(matches!(missing, Err(RunError::Start(_))));
    }
}
