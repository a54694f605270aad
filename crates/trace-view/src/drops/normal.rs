//! Which ends of a trace are no drops.
//!
//! The functions are those of FreeBSD 14 and 15, in `sys/`. A user adds others; nothing else here is by hand.

/// What became of a packet at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// It is gone, and nobody has it.
    Dropped,
    /// A protocol or a socket took it.
    Delivered,
    /// A driver or another interface took it.
    Transmitted,
    /// It went on as a part of another packet, or as others: reassembled, fragmented, copied.
    Absorbed,
}

impl Fate {
    /// All, in the order in which they are told.
    pub(crate) const ALL: [Self; 4] = [Self::Delivered, Self::Transmitted, Self::Absorbed, Self::Dropped];

    /// Its name: `delivered`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dropped => "dropped",
            Self::Delivered => "delivered",
            Self::Transmitted => "transmitted",
            Self::Absorbed => "absorbed",
        }
    }

    /// The fate of this name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fate| fate.name() == name)
    }
}

/// When an end in a function is a normal one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    /// Whenever the packet was last seen in it: who gets there has the packet.
    Seen,
    /// Only when it returned: before that, it may still have dropped the packet.
    Returned,
}

use Fate::{Absorbed, Delivered, Transmitted};
use When::{Returned, Seen};

/// What is known of FreeBSD's functions.
const KNOWN: &[(&str, Fate, When)] = &[
    // net/if.c, net/ifq.h, net/if_var.h: the driver takes the packet off its queue.
    ("if_dequeue", Transmitted, Seen),
    ("ifq_dequeue", Transmitted, Seen),
    ("IFQ_DEQUEUE", Transmitted, Seen),
    ("IFQ_DEQUEUE_NOLOCK", Transmitted, Seen),
    ("IFQ_DRV_DEQUEUE", Transmitted, Seen),
    ("_IF_DEQUEUE", Transmitted, Seen),
    ("IF_DEQUEUE", Transmitted, Seen),
    ("drbr_dequeue", Transmitted, Seen),
    ("drbr_dequeue_cond", Transmitted, Seen),
    ("drbr_advance", Transmitted, Seen),
    // Handing it to the interface below; it returns whether or not the queue is full, so a drop there tells itself.
    ("if_transmit", Transmitted, Returned),
    ("if_transmit_default", Transmitted, Returned),
    ("ether_output", Transmitted, Returned),
    ("ether_output_frame", Transmitted, Returned),
    ("vlan_transmit", Transmitted, Returned),
    ("bridge_enqueue", Transmitted, Returned),
    ("bridge_transmit", Transmitted, Returned),
    ("epair_transmit", Transmitted, Returned),
    ("lagg_transmit_ethernet", Transmitted, Returned),
    ("looutput", Transmitted, Returned),
    ("if_simloop", Transmitted, Returned),
    ("iflib_if_transmit", Transmitted, Returned),
    ("iflib_encap", Transmitted, Returned),
    ("vtnet_txq_encap", Transmitted, Seen),
    // net/if_tuntap.c: a program reads it.
    ("tunread", Delivered, Seen),
    // netinet, netinet6: protocols.
    ("tcp_input", Delivered, Seen),
    ("tcp_input_with_port", Delivered, Seen),
    ("tcp6_input", Delivered, Seen),
    ("tcp_do_segment", Delivered, Seen),
    ("tcp_twcheck", Delivered, Seen),
    ("tcp_twstart", Delivered, Seen),
    ("tcp_reass", Delivered, Seen),
    ("syncache_add", Delivered, Seen),
    ("syncache_expand", Delivered, Seen),
    ("syncache_socket", Delivered, Seen),
    ("udp_input", Delivered, Returned),
    ("udp6_input", Delivered, Returned),
    ("udp_append", Delivered, Returned),
    ("udp6_append", Delivered, Returned),
    ("sctp_input", Delivered, Returned),
    ("sctp6_input", Delivered, Returned),
    ("icmp_input", Delivered, Returned),
    ("icmp6_input", Delivered, Returned),
    ("rip_input", Delivered, Returned),
    ("rip6_input", Delivered, Returned),
    ("igmp_input", Delivered, Returned),
    ("mld_input", Delivered, Returned),
    ("in_arpinput", Delivered, Returned),
    ("arpintr", Delivered, Returned),
    ("nd6_ns_input", Delivered, Returned),
    ("nd6_na_input", Delivered, Returned),
    ("nd6_ra_input", Delivered, Returned),
    // kern/uipc_sockbuf.c, uipc_socket.c: a socket has it, or its reader.
    ("sbappendstream_locked", Delivered, Seen),
    ("sbappendaddr_locked", Delivered, Seen),
    ("soreceive", Delivered, Seen),
    ("soreceive_dgram", Delivered, Seen),
    ("soreceive_stream", Delivered, Seen),
    // A reply is made of it.
    ("icmp_reflect", Delivered, Returned),
    // kern/uipc_mbuf.c, netinet/ip_reass.c, ip_output.c: other packets go on with what was in it.
    ("m_cat", Absorbed, Seen),
    ("m_catpkt", Absorbed, Seen),
    ("m_unshare", Absorbed, Seen),
    ("m_defrag", Absorbed, Seen),
    ("ip_fragment", Absorbed, Returned),
];

/// The list of normal ends: the built-in one, and what a user adds or takes out.
#[derive(Debug, Clone, Default)]
pub struct NormalEnds {
    own: Vec<(String, Fate)>,
}

/// A line of a list that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct NormalEndsError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: String,
}

impl NormalEnds {
    /// What is said of this function comes before the built-in list and before what was said of it earlier.
    pub fn add(&mut self, function: &str, fate: Fate) {
        self.own.push((function.to_owned(), fate));
    }

    /// Reads `FUNCTION` or `FUNCTION FATE` from each line; `#` begins a comment. Without a word, the fate is
    /// delivered.
    ///
    /// # Errors
    ///
    /// When a line is something else.
    pub fn add_lines(&mut self, text: &str) -> Result<(), NormalEndsError> {
        for (line, text) in (1..).zip(text.lines()) {
            let text = text.split_once('#').map_or(text, |(before, _)| before);
            let mut words = text.split_whitespace();
            let Some(function) = words.next() else { continue };
            let fate = match words.next() {
                None => Fate::Delivered,
                Some(word) => Fate::by_name(word).ok_or_else(|| NormalEndsError {
                    line,
                    problem: format!(
                        "`{}` is none of delivered, transmitted, absorbed and dropped",
                        mbuf_trace::Text(word.as_bytes())
                    ),
                })?,
            };
            if words.next().is_some() {
                let problem = "a function and what becomes of packets there, and nothing else".to_owned();
                return Err(NormalEndsError { line, problem });
            }
            self.add(function, fate);
        }
        Ok(())
    }

    /// The fate of a packet that was last seen in this function, where it is known.
    pub(crate) fn fate(&self, function: &[u8], returned: bool) -> Option<Fate> {
        if let Some((_, fate)) = self.own.iter().rev().find(|(own, _)| own.as_bytes() == function) {
            return Some(*fate);
        }
        let known =
            KNOWN.iter().find(|(known, _, when)| known.as_bytes() == function && (returned || *when == Seen));
        known.map(|(_, fate, _)| *fate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_listed_once() {
        for (place, (name, ..)) in KNOWN.iter().enumerate() {
            assert!(KNOWN.iter().skip(place + 1).all(|(other, ..)| other != name), "{name}");
        }
    }

    #[test]
    fn what_a_user_says_comes_first() {
        let mut ends = NormalEnds::default();
        assert_eq!(ends.fate(b"tcp_input", false), Some(Fate::Delivered));
        assert_eq!(ends.fate(b"ether_output", false), None);
        assert_eq!(ends.fate(b"ether_output", true), Some(Fate::Transmitted));
        ends.add_lines("# mine\n  my_driver_start  transmitted # out\n\ntcp_input dropped\nmy_sink\n")
            .unwrap();
        assert_eq!(ends.fate(b"my_driver_start", false), Some(Fate::Transmitted));
        assert_eq!(ends.fate(b"my_sink", false), Some(Fate::Delivered));
        assert_eq!(ends.fate(b"tcp_input", true), Some(Fate::Dropped));
        ends.add("tcp_input", Fate::Absorbed);
        assert_eq!(ends.fate(b"tcp_input", true), Some(Fate::Absorbed));
    }

    #[test]
    fn lines_that_say_something_else_are_refused() {
        let mut ends = NormalEnds::default();
        assert_eq!(ends.add_lines("a\nb eaten").unwrap_err().line, 2);
        assert_eq!(ends.add_lines("a dropped today").unwrap_err().line, 1);
    }
}
