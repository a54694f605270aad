//! Making traces: what the kernel's `mtrace_*` calls do, for userland stacks and for tests.
//!
//! [`Recorder`] has one method for each of the kernel's twelve calls, of the same name. The macros of the
//! same names, at the root of the crate, call them with the [`Site`] at which they stand.
//!
//! ```
//! use mbuf_trace::{Encoding, Recorder, Revision, mtrace_data, mtrace_enter, mtrace_printf, mtrace_start};
//!
//! fn ip_input(packet: &[u8], trace: &mut Recorder) {
//!     mtrace_enter!(trace);
//!     mtrace_data!(trace, packet);
//!     mtrace_printf!(trace, "ttl {}", packet[8]);
//! }
//!
//! let mut trace = Recorder::new();
//! mtrace_start!(trace);
//! ip_input(&[0x45; 20], &mut trace);
//! let mut frame = Vec::new();
//! let losses = trace.write(Encoding::new(Revision::Four), &mut frame)?;
//! assert!(losses.is_empty());
//! # Ok::<(), mbuf_trace::write::WriteError>(())
//! ```

mod macros;
mod recorder;
mod site;

pub use recorder::{Options, Recorder};
pub use site::{Site, function_name};
