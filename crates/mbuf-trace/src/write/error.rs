//! Why a frame cannot be written.

use crate::generated::{MAX_PAYLOAD, MAX_RECORDS};

/// Why a frame cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// A record's length has 16 bits.
    #[error("an event takes {length} bytes, a record holds at most {MAX_PAYLOAD}")]
    PayloadTooLong {
        /// Bytes that the payload would take.
        length: usize,
    },
    /// The count has 16 bits.
    #[error("a frame holds at most {MAX_RECORDS} records")]
    TooManyRecords,
    /// A name's length has 16 bits.
    #[error("a file or function name takes {length} bytes, at most {} fit", u16::MAX)]
    NameTooLong {
        /// Bytes of the name.
        length: usize,
    },
}
