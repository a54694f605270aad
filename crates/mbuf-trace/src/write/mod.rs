//! Events to bytes, in every revision.
//!
//! [`FrameWriter`] takes events in wire order and appends a frame; [`convert`] moves a whole trace from one
//! revision to another. An older revision cannot say everything that a later one can: what it could not is
//! counted in [`Losses`], never dropped in silence.

mod convert;
mod error;
mod event;
mod frame;
mod loss;

pub use convert::{ConvertError, convert};
pub use error::WriteError;
pub use frame::FrameWriter;
pub use loss::{Loss, Losses};
