//! The crate from outside, as its callers use it. One program, since each is linked anew for every change.

mod allocation;
mod calls;
mod conversion;
mod detect;
mod encoding;
mod end;
mod ending;
mod malformed;
mod round_trip;
mod snapshot;
mod specification;
mod words;
