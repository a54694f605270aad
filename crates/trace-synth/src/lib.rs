//! Captures with realistic packet paths, made up from a seed: as many packets as are asked for, in every revision of
//! the format. For tests and measurements; no part of what users run.
//!
//! A router with two Ethernet interfaces and a VLAN forwards, translates, delivers, reassembles and drops the packets
//! of many flows. A few flows have most of the packets, and a few protocols most of the flows, about as Zipf's law has
//! it. Each trace has 4 to 12 texts and one or two snapshots, taken before and after what changes the packet.
//!
//! The same [`Recipe`] gives the same bytes, and a capture begins with all shorter ones of the same recipe. Changing
//! this crate changes the captures: a test should ask the packets what they are, not know it.
//!
//! ```
//! use trace_synth::{Protocol, Recipe};
//!
//! let recipe = Recipe { seed: 7, ..Recipe::default() };
//! let capture: Vec<u8> = recipe.capture(1000);
//! let mut packets = recipe.packets();
//! let (data, facts) = packets.next_packet();
//! assert!(capture.windows(data.len()).any(|window| window == data));
//! assert!(Protocol::ALL.contains(&facts.protocol));
//! ```

mod file;
mod flow;
mod headers;
mod route;
mod trail;

pub use file::Amount;
pub use flow::Protocol;
pub use route::Route;

use capture_file::{Format, Timestamp};
use flow::Flows;
use mbuf_trace::{Encoding, Revision};
use trail::Trail;

/// What a capture is to be like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// Chooses among all captures that are otherwise alike.
    pub seed: u64,
    /// Of all traces.
    pub encoding: Encoding,
    /// The file around them.
    pub format: Format,
    /// Protocols of the packets, most frequent first. None are taken for all.
    pub protocols: Vec<Protocol>,
}

/// A pcap of revision 3 with all protocols.
impl Default for Recipe {
    fn default() -> Self {
        Self {
            seed: 1,
            encoding: Encoding::new(Revision::Three),
            format: Format::Pcap,
            protocols: Protocol::ALL.to_vec(),
        }
    }
}

impl Recipe {
    /// The packets, one after another without end.
    #[must_use]
    pub fn packets(&self) -> Packets {
        let protocols = if self.protocols.is_empty() { &Protocol::ALL[..] } else { &self.protocols };
        let mut random = fastrand::Rng::with_seed(self.seed);
        Packets {
            flows: Flows::new(protocols, &mut random),
            random,
            encoding: self.encoding,
            time: BEGINNING,
            number: 0,
            trail: Trail::default(),
            data: Vec::new(),
        }
    }
}

/// 2026-01-14T08:00:00Z in nanoseconds.
const BEGINNING: u64 = 1_768_377_600_000_000_000;

/// Makes packet after packet.
#[derive(Debug)]
pub struct Packets {
    flows: Flows,
    random: fastrand::Rng,
    encoding: Encoding,
    /// Nanoseconds since 1970.
    time: u64,
    number: u64,
    trail: Trail,
    data: Vec<u8>,
}

/// What a packet was made to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// From 1.
    pub number: u64,
    /// When it was captured; whole microseconds, but in revision 4.
    pub time: Timestamp,
    /// Of its snapshots.
    pub protocol: Protocol,
    /// Its way through the stack.
    pub route: Route,
    /// Texts in its trace.
    pub texts: usize,
    /// Snapshots in its trace.
    pub snapshots: usize,
}

impl Packets {
    /// The next packet: its bytes, which are a frame of the recipe's revision, and what they say.
    pub fn next_packet(&mut self) -> (&[u8], Facts) {
        let random = &mut self.random;
        self.number += 1;
        // Around ten thousand a second, in bursts.
        let pause =
            if random.u8(..) < 16 { random.u64(200_000..2_000_000) } else { random.u64(2_000..90_000) };
        self.time += pause;
        let tick = if self.encoding.revision == Revision::Four { 1 } else { 1000 };
        let time = self.time - self.time % tick;
        let flow = self.flows.choose(random);
        self.trail.begin(random);
        let route = route::take(flow, &mut self.trail, random);
        self.data.clear();
        self.trail.write(self.encoding, self.number, &mut self.data);
        let facts = Facts {
            number: self.number,
            time: file::timestamp(time),
            protocol: flow.protocol,
            route,
            texts: self.trail.texts(),
            snapshots: self.trail.snapshots(self.encoding),
        };
        (&self.data, facts)
    }
}
