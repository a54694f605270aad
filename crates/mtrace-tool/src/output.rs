//! What a command writes: a file that is whole or not there, or standard output.

use crate::descriptor;
use crate::failure::Failure;
use crate::input;
use crate::messages::Name;
use crate::replacement;
use crate::signals;
use crate::temporary::Temporary;
use crate::write_behind::WriteBehind;
use capture_file::{Compression, Compressor};
use rustix::fs::OFlags;
use std::fs::{File, Metadata, Permissions};
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// What is written into the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// Lines that a terminal can show.
    Text,
    /// Bytes that it cannot.
    Binary,
}

/// The place that an output goes to, checked before anything is read.
#[derive(Debug)]
pub(crate) struct Target {
    path: PathBuf,
    force: bool,
    place: Place,
    /// Whether what is written is seen on a terminal.
    is_terminal: bool,
}

#[derive(Debug)]
enum Place {
    /// Standard output.
    Stdout,
    /// A descriptor that the program was given: written to where it stands.
    Descriptor(i32),
    /// A device, a pipe: written to as it is.
    Direct,
    /// A file beside which the new one is made.
    File,
}

/// Whether the path stands for standard output.
pub(crate) fn is_stdout(path: &Path) -> bool {
    input::is_standard(path) || descriptor::of(path) == Some(1)
}

impl Place {
    fn of(path: &Path) -> io::Result<Self> {
        if input::is_standard(path) {
            return Ok(Self::Stdout);
        }
        match descriptor::of(path) {
            Some(1) => return Ok(Self::Stdout),
            Some(number) => return Ok(Self::Descriptor(number)),
            None => {}
        }
        // Written to where the link points, so that the link stays one.
        match std::fs::metadata(path) {
            Ok(there) if there.is_file() => Ok(Self::File),
            Ok(there) if there.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
            Ok(_) => Ok(Self::Direct),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                replacement::check_folder(path)?;
                Ok(Self::File)
            }
            Err(error) => Err(error),
        }
    }

    fn is_terminal(&self, path: &Path) -> io::Result<bool> {
        match self {
            Self::Stdout => Ok(io::stdout().is_terminal()),
            Self::Descriptor(number) => descriptor::duplicate(*number).map(|file| file.is_terminal()),
            // A pipe would wait for a reader.
            Self::Direct if !std::fs::metadata(path)?.file_type().is_char_device() => Ok(false),
            Self::Direct => {
                let flags = (OFlags::NOCTTY | OFlags::NONBLOCK).bits().cast_signed();
                Ok(File::options().write(true).custom_flags(flags).open(path)?.is_terminal())
            }
            Self::File => Ok(false),
        }
    }
}

impl Target {
    /// Checks that the output may be written: it is none of the inputs (seen through links and descriptors),
    /// it does not exist or may be replaced, and bytes do not go to a terminal.
    pub(crate) fn check(
        path: &Path,
        force: bool,
        content: Content,
        inputs: &[PathBuf],
    ) -> Result<Self, Failure> {
        let failed = |error| Failure::output(path, error);
        let place = Place::of(path).map_err(failed)?;
        let is_terminal = place.is_terminal(path).map_err(failed)?;
        if content == Content::Binary && is_terminal {
            let message = "a capture is not written to a terminal; say `-o FILE`, or pipe it on";
            return Err(Failure::Usage(message.to_owned()));
        }
        let target = Self { path: path.to_path_buf(), force, place, is_terminal };
        target.refuse_inputs(inputs)?;
        if matches!(target.place, Place::File) && std::fs::symlink_metadata(path).is_ok() {
            if !force {
                return Err(target.exists());
            }
            replacement::check(&target.resolved()).map_err(failed)?;
        }
        Ok(target)
    }

    fn exists(&self) -> Failure {
        Failure::Usage(format!("{} exists; --force replaces it", Name(&self.path)))
    }

    fn refuse_inputs(&self, inputs: &[PathBuf]) -> Result<(), Failure> {
        let own = match self.metadata() {
            Ok(own) if own.is_file() => own,
            Ok(_) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(Failure::output(self.path(), error)),
        };
        for input in inputs {
            let other = match input::metadata(input) {
                Ok(other) => other,
                // What is not there is told where it is opened. Whatever else kept us from looking may be over by then,
                // and the input overwritten.
                Err(Failure::Input { source, path }) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(Failure::Input { source, path });
                }
                Err(_) => continue,
            };
            if (own.dev(), own.ino()) == (other.dev(), other.ino()) {
                let message = format!("{} is also the input; write to another file", Name(self.path()));
                return Err(Failure::Usage(message));
            }
        }
        Ok(())
    }

    /// What is known of the file that is there already.
    fn metadata(&self) -> io::Result<Metadata> {
        match self.place {
            Place::Stdout => descriptor::duplicate(1)?.metadata(),
            Place::Descriptor(number) => descriptor::duplicate(number)?.metadata(),
            Place::Direct | Place::File => std::fs::metadata(&self.path),
        }
    }

    /// Whether what is written is seen on a terminal.
    pub(crate) const fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Its name in messages.
    pub(crate) fn path(&self) -> &Path {
        match self.place {
            Place::Stdout => Path::new("standard output"),
            Place::Descriptor(_) | Place::Direct | Place::File => &self.path,
        }
    }

    /// Opens it. Compressed where that is asked for.
    pub(crate) fn open(self, compression: Option<Compression>) -> Result<Output, Failure> {
        let opened = self.open_sink().and_then(|sink| Compressor::new(sink, compression));
        match opened {
            Ok(sink) => Ok(Output { target: self, writer: WriteBehind::new(sink) }),
            Err(error) => Err(Failure::output(self.path(), error)),
        }
    }

    fn open_sink(&self) -> io::Result<Sink> {
        match self.place {
            Place::Stdout => descriptor::duplicate(1).map(Sink::Direct),
            Place::Descriptor(number) => descriptor::duplicate(number).map(Sink::Direct),
            Place::Direct => File::options().write(true).open(&self.path).map(Sink::Direct),
            Place::File => {
                let path = self.resolved();
                let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
                let mode = std::fs::metadata(&path).map_or(0o666, |there| there.permissions().mode() & 0o777);
                let make = || {
                    tempfile::Builder::new()
                        .prefix(".mtrace-tool-")
                        .permissions(Permissions::from_mode(mode))
                        .tempfile_in(folder.unwrap_or(Path::new(".")))
                        .map_err(|error| replacement::no_temporary(&path, &error))
                };
                let file = signals::create(make, NamedTempFile::path)?;
                Ok(Sink::Temporary(Temporary::new(file)))
            }
        }
    }

    /// The path behind symbolic links.
    fn resolved(&self) -> PathBuf {
        std::fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone())
    }
}

enum Sink {
    Direct(File),
    Temporary(Temporary),
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Direct(file) => file.write(bytes),
            Self::Temporary(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Direct(file) => file.flush(),
            Self::Temporary(file) => file.flush(),
        }
    }
}

/// An open output. Dropped before [`Output::finish`], a file is as if it had never been begun.
pub(crate) struct Output {
    target: Target,
    writer: WriteBehind<Compressor<Sink>>,
}

impl Output {
    /// Its name in messages.
    pub(crate) fn path(&self) -> &Path {
        self.target.path()
    }

    /// See [`WriteBehind::write_here`].
    pub(crate) fn write_here(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.writer.write_here(bytes)
    }

    /// Ends the output: everything is on its way to the disk, and the file has its name.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        let Self { target, writer } = self;
        let ended = writer.into_inner().and_then(Compressor::finish).and_then(|sink| match sink {
            Sink::Direct(_) => Ok(true),
            Sink::Temporary(file) => {
                let file = file.finish()?;
                signals::keep(|| target.give_name(file))
            }
        });
        match ended {
            Ok(true) => Ok(()),
            Ok(false) => Err(target.exists()),
            Err(error) => Err(Failure::output(target.path(), error)),
        }
    }
}

impl Target {
    /// The last step; false where another program made a file of that name meanwhile.
    fn give_name(&self, file: NamedTempFile) -> io::Result<bool> {
        if self.force {
            let path = self.resolved();
            return match file.persist(&path) {
                Ok(_) => Ok(true),
                Err(error) => Err(replacement::not_renamed(&path, error.error)),
            };
        }
        match file.persist_noclobber(&self.path) {
            Ok(_) => Ok(true),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error.error),
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    /// As the buffer does it: most of what is written is a few bytes.
    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.writer.write_all(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}
