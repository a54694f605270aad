//! Opening what is to be read: a file or standard input, a capture or NDJSON.

use crate::failure::Failure;
use crate::follow::Follow;
use crate::messages::Name;
use crate::progress::Progress;
use capture_file::{Reader, Source};
use std::fs::{File, Metadata};
use std::io::{self, BufReader, IsTerminal, Read};
use std::os::fd::AsFd;
use std::path::Path;
use trace_view::ndjson;

/// Any input, once opened.
pub(crate) type Input = Reader<Box<dyn Read + Send>>;

/// Bytes that tell what an input is.
const FIRST: usize = 16;

/// Opens a capture, or NDJSON as the capture that it was; `-` is standard input. With `progress`, a bar shows
/// how far the reading is. With `follow`, the end of a file is not the end.
pub(crate) fn open(path: &Path, progress: bool, follow: bool) -> Result<Input, Failure> {
    let failed = |source| Failure::Input { path: path.to_path_buf(), source };
    let no_capture = |source| Failure::NoCapture { path: path.to_path_buf(), source };
    let file = file(path)?;
    let metadata = file.metadata().map_err(failed)?;
    if metadata.is_dir() {
        return Err(failed(io::ErrorKind::IsADirectory.into()));
    }
    let bytes: Box<dyn Read + Send> = match follow && metadata.is_file() {
        true => Box::new(Follow::new(file, path)),
        false => Box::new(Progress::new(file, &metadata, progress)),
    };
    let mut source = Source::new(bytes).map_err(no_capture)?;
    let is_ndjson = ndjson::is_recognised(source.peek(FIRST).map_err(no_capture)?);
    if !is_ndjson {
        return Reader::from_source(source).map_err(no_capture);
    }
    let capture: Box<dyn Read + Send> =
        Box::new(ndjson::Capture::new(BufReader::with_capacity(1 << 16, source)));
    Reader::new(capture).map_err(no_capture)
}

/// The file itself.
pub(crate) fn file(path: &Path) -> Result<File, Failure> {
    let failed = |source| Failure::Input { path: path.to_path_buf(), source };
    if !is_standard(path) {
        return File::open(path).map_err(failed);
    }
    if io::stdin().is_terminal() {
        return Err(Failure::Usage(
            "no file to read; say which, or pipe a capture to standard input".to_owned(),
        ));
    }
    io::stdin().as_fd().try_clone_to_owned().map(File::from).map_err(failed)
}

/// What is known of the file at a path.
pub(crate) fn metadata(path: &Path) -> Result<Metadata, Failure> {
    let failed = |source| Failure::Input { path: path.to_path_buf(), source };
    file(path)?.metadata().map_err(failed)
}

/// Whether what comes next may be long in coming: all of a file is there, unless it is followed.
pub(crate) fn may_wait(path: &Path, follow: bool) -> Result<bool, Failure> {
    Ok(follow || !metadata(path)?.is_file())
}

/// Whether the path stands for a standard stream.
pub(crate) fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// A file that can be read from its beginning again.
pub(crate) fn require_file(path: &Path, option: &str) -> Result<(), Failure> {
    if !is_standard(path) && metadata(path)?.is_file() {
        return Ok(());
    }
    let name = Name(path);
    Err(Failure::Usage(format!(
        "{option} reads its input twice, and {name} can be read only once; save it to a file first"
    )))
}
