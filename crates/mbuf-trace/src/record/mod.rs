//! Making traces.
