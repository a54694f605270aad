//! What is measured, and against what. In commands, `TOOL` is the tool, `IN` the capture, `OUT` a file to write,
//! `LUA` the dissector.

/// A job for the tool, and the same or a smaller one for a peer.
pub(crate) struct Work {
    pub(crate) name: &'static str,
    pub(crate) ours: &'static str,
    /// Empty where there is none.
    pub(crate) peer: &'static str,
    /// The peer in words.
    pub(crate) peer_name: &'static str,
    pub(crate) limit: Limit,
    /// The peer takes so long that it runs once.
    pub(crate) slow: bool,
}

/// The most that a job may take.
#[derive(Clone, Copy)]
pub(crate) enum Limit {
    /// So many times the peer's time.
    Times(f64),
    /// So many times the time for the small capture, with so many MiB at the peak.
    Growth(f64, u64),
    /// So many milliseconds.
    Millis(f64),
    /// As long as it takes: told to compare the others with.
    Any,
}

const TCPDUMP: &str = "tcpdump -r IN -w OUT";
const TEN_TERMS: &str = "TOOL filter 'ip.src == 192.168.0.0/16 and ip.dst != 10.0.0.1 and tcp.port == 443 and \
    ip.ttl > 1 and frame.len < 20000 and mbuf_trace.function == \"pf_test\" and not icmp and \
    mbuf_trace.file contains \"pf.c\" and mbuf_trace.line >= 10 and mbuf_trace.path contains \"ip_tryforward\"' \
    IN --force -o OUT";

/// How fast a file can be read and written at all.
pub(crate) const COPY: Work = Work {
    name: "filter of everything",
    ours: "TOOL filter frame IN --force -o OUT",
    peer: "cat IN > OUT",
    peer_name: "cat IN",
    limit: Limit::Any,
    slow: false,
};

const fn work(name: &'static str, ours: &'static str, peer: &'static str, limit: f64, slow: bool) -> Work {
    Work { name, ours, peer, peer_name: peer, limit: Limit::Times(limit), slow }
}

pub(crate) const WORK: [Work; 13] = [
    work("filter icmp", "TOOL filter icmp IN --force -o OUT", TCPDUMP, 0.8, false),
    work(
        "filter a function",
        "TOOL filter 'mbuf_trace.function == \"pf_test\"' IN --force -o OUT",
        TCPDUMP,
        1.2,
        false,
    ),
    work("filter of ten terms", TEN_TERMS, TCPDUMP, 1.5, false),
    work(
        "convert to pcapng",
        "TOOL convert IN --force --to pcapng -o OUT",
        "editcap -F pcapng IN OUT",
        0.8,
        false,
    ),
    work("info", "TOOL info IN > OUT", "capinfos IN > OUT", 0.4, false),
    work(
        "filter icmp, tshark",
        "TOOL filter icmp IN --force -o OUT",
        "tshark -X lua_script:LUA -r IN -Y icmp -w OUT",
        1.0 / 75.0,
        true,
    ),
    work(
        "filter a function, tshark",
        "TOOL filter 'mbuf_trace.function == \"pf_test\"' IN --force -o OUT",
        "tshark -X lua_script:LUA -r IN -Y 'mbuf_trace.data contains \"pf_test\"' -w OUT",
        1.0 / 75.0,
        true,
    ),
    work(
        "convert to NDJSON",
        "TOOL convert IN --force --to ndjson -o OUT",
        "tshark -X lua_script:LUA -r IN -T json > OUT",
        1.0 / 60.0,
        true,
    ),
    work("print", "TOOL print IN --force -o OUT", "tshark -X lua_script:LUA -r IN > OUT", 1.0 / 15.0, true),
    work("paths", "TOOL paths IN > OUT", COUNT_SOURCES, 1.0 / 60.0, true),
    work("diff", "TOOL diff IN IN > OUT", COUNT_SOURCES, 1.0 / 30.0, true),
    work("stats --by ip.src", "TOOL stats --by ip.src IN > OUT", COUNT_SOURCES, 1.0 / 60.0, true),
    work("check", "TOOL check IN > OUT", TCPDUMP, 1.0, false),
];

const COUNT_SOURCES: &str = "tshark -X lua_script:LUA -r IN -T fields -e ip.src | sort | uniq -c > OUT";

/// From start to finish on a handful of packets.
pub(crate) const SMALL: Work = Work {
    name: "print of 4 packets",
    ours: "TOOL print --first 4 IN > OUT",
    peer: "",
    peer_name: "–",
    limit: Limit::Millis(5.0),
    slow: false,
};

/// What must not grow faster than the capture, nor in memory at all.
pub(crate) const LARGE: [Work; 2] = [
    Work {
        name: "filter, ten times as large",
        ours: "TOOL filter icmp IN --force -o OUT",
        peer: "",
        peer_name: "itself",
        limit: Limit::Growth(10.5, 16),
        slow: false,
    },
    Work {
        name: "convert, ten times as large",
        ours: "TOOL convert IN --force --to pcapng -o OUT",
        peer: "",
        peer_name: "itself",
        limit: Limit::Growth(10.5, 16),
        slow: false,
    },
];
