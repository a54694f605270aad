//! Events to bytes.
