//! What is generated for others' languages, tested by what reads it.

mod c_header;
mod kaitai;
mod support;
