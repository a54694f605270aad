//! Bytes to events.
//!
//! [`Detector`] finds out which revision a packet has, [`Trace`] is the view of one packet that it gives.
//! Nothing here allocates, and every walk over a frame takes time linear in its bytes.

mod detect;
mod ending;
mod event;
mod frame_header;
mod plausible;
mod records;
mod starts;
mod time_order;
mod trace;

pub use detect::{Certainty, Detector};
pub use event::RecordedEvent;
pub use frame_header::FrameHeader;
pub use records::{Record, Records};
pub use time_order::{Events, Snapshots};
pub use trace::{Faults, Trace};
