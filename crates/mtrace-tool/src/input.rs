//! Opening what is to be read: a file or standard input, a capture or NDJSON.

use crate::descriptor;
use crate::failure::Failure;
use crate::follow::Follow;
use crate::live::{Live, WhileWaiting};
use crate::messages::Name;
use crate::progress::Progress;
use capture_file::{Reader, Source};
use rustix::fs::OFlags;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, BufReader, IsTerminal, Read, Seek, SeekFrom};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;
use std::sync::OnceLock;
use trace_view::ndjson;

/// Any input, once opened.
pub(crate) type Input = Reader<Box<dyn Read + Send>>;

/// Bytes that tell what an input is.
const FIRST: usize = 16;

/// An input, and what kind of file it comes from.
pub(crate) struct Opened {
    pub(crate) input: Input,
    /// Whether it can keep us waiting, and a signal is its end.
    pub(crate) is_live: bool,
}

/// Opens a capture, or NDJSON as the capture that it was; `-` is standard input. With `progress`, a bar shows
/// how far the reading is. With `follow`, the end of a file is not the end.
pub(crate) fn open(
    path: &Path,
    progress: bool,
    follow: bool,
    while_waiting: Option<&WhileWaiting>,
) -> Result<Opened, Failure> {
    let while_waiting = while_waiting.cloned();
    let failed = |source| Failure::Input { path: path.to_path_buf(), source };
    let no_capture = |source| Failure::NoCapture { path: path.to_path_buf(), source };
    let file = file_to_wait_for(path)?;
    let metadata = file.metadata().map_err(failed)?;
    if metadata.is_dir() {
        return Err(failed(io::ErrorKind::IsADirectory.into()));
    }
    let is_live = is_live(&metadata);
    let bytes: Box<dyn Read + Send> = match (is_live, follow && metadata.is_file()) {
        (true, _) => Box::new(Live::new(file, while_waiting)),
        (false, true) => Box::new(Follow::new(file, path, while_waiting)),
        (false, false) => Box::new(Progress::new(file, &metadata, progress)),
    };
    let is_live = is_live || follow;
    let mut source = Source::new(bytes).map_err(no_capture)?;
    let is_ndjson = ndjson::is_recognised(source.peek(FIRST).map_err(no_capture)?);
    if !is_ndjson {
        return Ok(Opened { input: Reader::from_source(source).map_err(no_capture)?, is_live });
    }
    let capture: Box<dyn Read + Send> =
        Box::new(ndjson::Capture::new(BufReader::with_capacity(1 << 16, source)));
    Ok(Opened { input: Reader::new(capture).map_err(no_capture)?, is_live })
}

/// Whether somebody may go on writing it: a pipe, a socket, a device that is no disk.
fn is_live(metadata: &Metadata) -> bool {
    !metadata.is_file() && !metadata.file_type().is_block_device()
}

/// Whether a signal is its end, rather than the program's: a pipe and the like, or any file that is followed.
pub(crate) fn will_be_live(path: &Path, follow: bool) -> bool {
    follow || metadata(path).is_ok_and(|metadata| is_live(&metadata))
}

/// The file itself.
pub(crate) fn file(path: &Path) -> Result<File, Failure> {
    open_with(path, File::options().read(true))
}

/// The file, opened without waiting for somebody who writes to it: the first read waits, and can be interrupted.
fn file_to_wait_for(path: &Path) -> Result<File, Failure> {
    let mut options = File::options();
    options.read(true);
    if metadata(path)?.file_type().is_fifo() {
        options.custom_flags(OFlags::NONBLOCK.bits().cast_signed());
    }
    open_with(path, &options)
}

fn open_with(path: &Path, options: &OpenOptions) -> Result<File, Failure> {
    let opened = match is_standard(path) {
        true => standard_input(),
        false => options.open(path).or_else(|error| match descriptor::of(path) {
            // A socket cannot be opened again, and a file may be somebody else's.
            Some(number) => descriptor::duplicate(number).map_err(|_| error),
            None => Err(error),
        }),
    };
    let file = opened.map_err(|source| Failure::Input { path: path.to_path_buf(), source })?;
    if file.is_terminal() {
        return Err(Failure::Usage(
            "no file to read; say which, or pipe a capture to standard input".to_owned(),
        ));
    }
    Ok(file)
}

/// Standard input, from where it stood at first: a file there can be read more than once.
fn standard_input() -> io::Result<File> {
    static FIRST: OnceLock<u64> = OnceLock::new();
    let mut file = descriptor::duplicate(0)?;
    if file.metadata()?.is_file() {
        let position = file.stream_position()?;
        file.seek(SeekFrom::Start(*FIRST.get_or_init(|| position)))?;
    }
    Ok(file)
}

/// What is known of the file at a path, without opening it: who opens a pipe and goes away has closed it for the other.
pub(crate) fn metadata(path: &Path) -> Result<Metadata, Failure> {
    let known = match is_standard(path) {
        true => descriptor::duplicate(0).and_then(|file| file.metadata()),
        false => std::fs::metadata(path),
    };
    known.map_err(|source| Failure::Input { path: path.to_path_buf(), source })
}

/// Whether the path stands for a standard stream.
pub(crate) fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// A file that can be read from its beginning again.
pub(crate) fn require_file(path: &Path, option: &str) -> Result<(), Failure> {
    if metadata(path)?.is_file() {
        return Ok(());
    }
    let name = Name(path);
    Err(Failure::Usage(format!(
        "{option} reads its input twice, and {name} can be read only once; save it to a file first"
    )))
}
