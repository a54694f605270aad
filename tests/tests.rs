//! The tool from outside: what it prints, writes and exits with. One module a command or a promise.

mod changes;
mod check;
mod convert;
mod corpus;
mod damage;
mod diff;
mod dissector;
mod docs;
mod drops;
mod export;
mod faults;
mod filter;
mod follow;
mod info;
mod live;
mod output;
mod paths;
mod print;
mod processors;
mod readme;
mod salvage;
mod select;
mod speedscope;
mod stats;
mod support;
mod wireshark;
