//! What ends a command, and the exit status of each: the only place that knows them.

use crate::hints;
use crate::messages::{self, Name};
use capture_file::{OpenError, ReadError, WriteError};
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

/// How a command that came to its end fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    /// Everything was as it should be.
    Done,
    /// Done, but damaged or malformed input was met, or something was not found, or two captures differ, or the memory
    /// set aside was not enough for all of the answer.
    Faults,
    /// An input could not be read, which has been told; the others were.
    Unreadable,
}

impl Status {
    /// At least [`Status::Faults`] where there is something of that kind.
    pub(crate) fn with_faults(self, any: bool) -> Self {
        if any { self.max(Self::Faults) } else { self }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        match status {
            Status::Done => Self::SUCCESS,
            Status::Faults => Self::from(1),
            Status::Unreadable => Self::from(3),
        }
    }
}

/// What ends a command before its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The options contradict each other or ask for what cannot be.
    #[error("{0}")]
    Usage(String),
    /// A filter expression is none; the text is whole, with its caret.
    #[error("{0}")]
    Filter(String),
    /// The input cannot be opened.
    #[error("{}: {source}", Name(path))]
    Input {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The input failed while it was read: a disk or a network, and no damage of the capture. What would be written of
    /// the part that was read might replace a whole file, so none is.
    #[error(
        "{}: {source}; the input failed, which says nothing of the capture; no file is written",
        Name(path)
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// Why, and where.
        #[source]
        source: ReadError,
    },
    /// The input is no capture.
    #[error("{}: {source}", Name(path))]
    NoCapture {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: OpenError,
    },
    /// Nothing in the input can be mbuf_trace.
    #[error("{}: {link_type} carries no mbuf_trace; if it does here, say `--linktype {}`", Name(path), .link_type.0)]
    OtherLinkType {
        /// The file.
        path: PathBuf,
        /// The link type that it has.
        link_type: capture_file::LinkType,
    },
    /// None of the inputs could be read, and each was told.
    #[error("nothing could be read")]
    NothingRead,
    /// The output cannot be written.
    #[error("{}: {source}", Name(path))]
    Output {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The capture does not fit into the format asked for.
    #[error("{}: {source}", Name(path))]
    Unfit {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: WriteError,
    },
    /// Whoever read the output has gone away: nothing to tell anybody.
    #[error("broken pipe")]
    BrokenPipe,
}

impl Failure {
    /// The output at `path` failed.
    pub(crate) fn output(path: impl Into<PathBuf>, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::BrokenPipe => Self::BrokenPipe,
            _ => Self::Output { path: path.into(), source },
        }
    }

    /// The writer of a capture failed.
    pub(crate) fn writer(path: impl Into<PathBuf>, error: WriteError) -> Self {
        match error {
            WriteError::Io(source) => Self::output(path, source),
            source => Self::Unfit { path: path.into(), source },
        }
    }

    /// Whether only one input is concerned, and others could still be read.
    pub(crate) const fn is_about_input(&self) -> bool {
        matches!(self, Self::Input { .. } | Self::NoCapture { .. } | Self::OtherLinkType { .. })
    }

    /// Whether there is no use in writing more.
    pub(crate) const fn is_about_output(&self) -> bool {
        matches!(self, Self::Output { .. } | Self::BrokenPipe)
    }

    fn exit_code(&self) -> u8 {
        match self {
            Self::BrokenPipe => 0,
            Self::Usage(_) | Self::Filter(_) | Self::Unfit { .. } => 2,
            Self::Input { .. }
            | Self::Read { .. }
            | Self::NoCapture { .. }
            | Self::OtherLinkType { .. }
            | Self::NothingRead => 3,
            Self::Output { .. } => 4,
        }
    }

    /// Tells the user, and gives the exit status.
    pub(crate) fn report(&self) -> ExitCode {
        match self {
            Self::BrokenPipe | Self::NothingRead => {}
            // Rendered with its own heading.
            Self::Filter(text) => messages::raw(text),
            _ => messages::error(self),
        }
        ExitCode::from(self.exit_code())
    }
}

/// What clap has to say: help and version on standard output, errors with status 2.
pub(crate) fn usage_by_clap(mut error: clap::Error) -> ExitCode {
    hints::add_to(&mut error);
    let code = u8::try_from(error.exit_code()).unwrap_or(2);
    match error.print() {
        // An error goes to standard error; if that fails, there is nobody to tell, and it is still an error.
        Err(failed) if !error.use_stderr() && failed.kind() != io::ErrorKind::BrokenPipe => ExitCode::from(4),
        _ => ExitCode::from(code),
    }
}
