//! Where readers differ and why; the table in capture-file's documentation tells the same to its users.

use super::ours::Ours;
use super::peers::Found;

/// Another reader of captures.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Peer {
    /// Wireshark's library.
    Capinfos,
    /// libpcap.
    Tcpdump,
}

impl Peer {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Capinfos => "capinfos",
            Self::Tcpdump => "tcpdump",
        }
    }
}

/// What differs, if anything does: the number of packets, or the times where both have them.
pub(super) fn difference(ours: &Ours, theirs: &Found) -> Option<String> {
    if ours.found.packets != theirs.packets {
        return Some(format!("{} packets, not {}", theirs.packets, ours.found.packets));
    }
    let ((our_first, our_last), (first, last)) = (ours.times?, theirs.times.as_ref()?);
    let same = is_printed_as(our_first, first) && is_printed_as(our_last, last);
    (!same).then(|| format!("{first} to {last}, not {our_first} to {our_last} ns"))
}

/// Whether nanoseconds are what was printed, as far as it has digits. Before the epoch, capinfos prints the second
/// before, and how much later it is.
fn is_printed_as(nanoseconds: i128, printed: &str) -> bool {
    let (seconds, fraction) = printed.split_once('.').unwrap_or((printed, ""));
    let (Ok(seconds), Ok(parts)) = (seconds.parse::<i128>(), format!("{fraction:0<9}").parse::<i128>())
    else {
        return false;
    };
    let printed = seconds * 1_000_000_000 + parts;
    let digit = 10_i128.pow(9_u32.saturating_sub(u32::try_from(fraction.len()).unwrap_or(9)));
    (printed..printed + digit).contains(&nanoseconds)
}

/// A reason why a peer may differ: who, what it is called, and when it holds.
type Reason = (Peer, &'static str, fn(&Ours, &Found) -> bool);

/// Custom blocks.
const CUSTOM: [u32; 2] = [0x0bad, 0x4000_0bad];

/// Blocks of names, statistics, journal entries and secrets: what Wireshark looks into, and we leave alone.
const KNOWN: [u32; 4] = [4, 5, 9, 10];

const SECOND: i128 = 1_000_000_000;

/// Seconds that fit 32 and 63 bits, in nanoseconds.
const SECONDS_32: i128 = (1 << 32) * SECOND;
const SECONDS_63: i128 = (1 << 63) * SECOND;

/// Whether the peer stopped because of something that it describes with these words.
fn says(theirs: &Found, words: &[&str]) -> bool {
    theirs.end.as_ref().is_some_and(|end| words.iter().any(|word| end.contains(word)))
}

/// The length of a block that we call impossible.
fn block_length(end: &str) -> Option<u64> {
    end.split_once("impossible block length of ")?.1.split(' ').next()?.parse().ok()
}

/// Whether we stopped because of something that we describe with these words.
fn we_say(ours: &Ours, words: &[&str]) -> bool {
    says(&ours.found, words)
}

/// What we say of zeros, and of the header of an appended capture that cannot be read.
const ZEROS: &str = "where a packet should begin";
const APPENDED: &str = "another capture begins here";

const REASONS: &[Reason] = &[
    (Peer::Capinfos, "neither pcap nor pcapng, and Wireshark takes it for something else", |ours, theirs| {
        ours.refused && !theirs.format.contains("pcap")
    }),
    (Peer::Capinfos, "Wireshark guesses a variant of pcap that says no magic of its own", |_, theirs| {
        ["aix", "nokia", "rh6", "suse"].iter().any(|variant| theirs.format.contains(variant))
    }),
    (Peer::Capinfos, "Wireshark reads pcaps of any version", |ours, theirs| {
        ours.refused && we_say(ours, &["pcap version"]) && theirs.format.contains("pcap")
    }),
    (Peer::Capinfos, "custom blocks are packets to Wireshark", |ours, theirs| {
        ours.other_blocks.iter().any(|kind| CUSTOM.contains(kind)) && theirs.packets > ours.found.packets
    }),
    (Peer::Capinfos, "Wireshark does not heed the second length of the first blocks", |ours, _| {
        ours.is_pcapng && we_say(ours, &["lengths differ"])
    }),
    (Peer::Capinfos, "Wireshark rounds lengths of blocks up to a multiple of four", |ours, _| {
        ours.is_pcapng
            && ours.found.end.as_deref().and_then(block_length).is_some_and(|length| length % 4 != 0)
    }),
    (
        Peer::Capinfos,
        "Wireshark seeks the end of a simple packet where its snap length puts it",
        |ours, theirs| ours.simple_of_other_length && theirs.end.is_some() || ours.stopped_at_simple,
    ),
    (Peer::Capinfos, "damaged options end the file in Wireshark", |ours, theirs| {
        ours.is_pcapng && says(theirs, &["option"])
    }),
    (
        Peer::Capinfos,
        "damage within blocks of names, statistics or secrets ends the file in Wireshark",
        |ours, theirs| {
            let any = ours.other_blocks.iter().any(|kind| KNOWN.contains(kind));
            any && theirs.end.is_some() || says(theirs, &["Sysdig"])
        },
    ),
    (Peer::Capinfos, "Wireshark does not know the link type", |_, theirs| says(theirs, &["network type"])),
    (
        Peer::Capinfos,
        "a packet is shorter than the header that Wireshark expects of its link type",
        |_, theirs| says(theirs, &["too small to have", "file has a ", "capture has a packet"]),
    ),
    (Peer::Capinfos, "Wireshark does not carry a second and more of microseconds", |ours, theirs| {
        ours.beyond_second && ours.found.packets == theirs.packets
    }),
    (
        Peer::Capinfos,
        "capinfos compares times in 32 bits, which fails at more than 2^31 seconds",
        |ours, theirs| {
            ours.found.packets == theirs.packets
                && ours.times.is_some_and(|(first, last)| {
                    last.div_euclid(SECOND) - first.div_euclid(SECOND) >= 1 << 31
                })
        },
    ),
    (
        Peer::Capinfos,
        "Wireshark's arithmetic overflows at resolutions finer than 10^-10 s",
        |ours, theirs| ours.found.packets == theirs.packets && ours.fine_resolution,
    ),
    (Peer::Capinfos, "Wireshark's seconds are 64 bits, and wrap", |ours, theirs| {
        ours.found.packets == theirs.packets
            && ours.times.is_some_and(|(first, last)| first < -SECONDS_63 || last >= SECONDS_63)
    }),
    (Peer::Capinfos, "to Wireshark, zeros are packets of no bytes", |ours, _| we_say(ours, &[ZEROS])),
    (Peer::Capinfos, "to Wireshark, the header of an appended capture is a packet or damage", |ours, _| {
        ours.has_appended || we_say(ours, &[APPENDED])
    }),
    (Peer::Tcpdump, "to libpcap, zeros are packets of no bytes", |ours, _| we_say(ours, &[ZEROS])),
    (Peer::Tcpdump, "to libpcap, the header of an appended capture is a packet or damage", |ours, _| {
        ours.has_appended || we_say(ours, &[APPENDED])
    }),
    (Peer::Tcpdump, "damaged options of an interface end the file in libpcap", |ours, theirs| {
        ours.is_pcapng && says(theirs, &["block of type 1 in pcapng dump file is too short"])
    }),
    (Peer::Tcpdump, "libpcap wants one link type and one snap length", |_, theirs| {
        says(theirs, &["an interface has a type", "an interface has a snapshot length"])
    }),
    (Peer::Tcpdump, "libpcap refuses packets longer than the snap length", |_, theirs| {
        says(theirs, &["bigger than snaplen"])
    }),
    (Peer::Tcpdump, "libpcap bounds blocks by the snap length", |_, theirs| {
        says(theirs, &["pcapng block size"])
    }),
    (Peer::Tcpdump, "libpcap does not know the version", |_, theirs| {
        says(theirs, &["savefile version", "unsupported pcapng savefile version"])
    }),
    (Peer::Tcpdump, "libpcap does not heed the version of later sections", |ours, _| {
        we_say(ours, &["a section of pcapng version"])
    }),
    (Peer::Tcpdump, "libpcap reads pcaps of version 543.0, too", |ours, _| {
        ours.refused && we_say(ours, &["pcap version 543.0"])
    }),
    (Peer::Tcpdump, "libpcap knows no resolution that fine", |_, theirs| says(theirs, &["is too high"])),
    (Peer::Tcpdump, "tcpdump does not know the link type", |_, theirs| {
        says(theirs, &["unknown data link type"])
    }),
    (Peer::Tcpdump, "libpcap does not heed the second length of the first section header", |ours, _| {
        ours.refused && we_say(ours, &["lengths differ"])
    }),
    (Peer::Tcpdump, "libpcap does not carry a second and more of microseconds", |ours, theirs| {
        ours.beyond_second && ours.found.packets == theirs.packets
    }),
    (Peer::Tcpdump, "what tcpdump writes has 32 bits for seconds", |ours, theirs| {
        ours.found.packets == theirs.packets
            && ours.times.is_some_and(|(first, last)| first < 0 || last >= SECONDS_32)
    }),
];

/// The known reason of a difference.
pub(super) fn reason(peer: Peer, ours: &Ours, theirs: &Found) -> Option<&'static str> {
    let mut known = REASONS.iter().filter(|(of, ..)| *of == peer);
    known.find(|(.., holds)| holds(ours, theirs)).map(|(_, reason, _)| *reason)
}
