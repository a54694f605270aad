//! mtrace-tool.
fn main() {}
