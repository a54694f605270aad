// Generated from format-spec/ by `cargo xtask generate`; do not edit.

use crate::end::Rule;
use alloc::borrow::Cow;
use core::ops::Range;

/// Link type 147 (USER0). Packets of the pseudo-interface mbuf_trace; reserved for private use by LINKTYPE_USER0.
pub const LINK_TYPE: u16 = 147;
/// Name and version of the JSON form of a trace.
pub const SCHEMA: &str = "mbuf_trace/1";
/// Bytes in a record's payload: the length is 16 bits wide.
pub const MAX_PAYLOAD: usize = 65535;
/// Records in a frame: the count is 16 bits wide.
pub const MAX_RECORDS: usize = 65535;

/// Record types, by revision.
pub mod record_type {
    /// Revision 2: Bytes of the packet, as Ethernet.
    pub const REV2_DATA: u16 = 0x1;
    /// Revision 2: String that lives in the kernel.
    pub const REV2_STATIC: u16 = 0x2;
    /// Revision 2: String that was copied.
    pub const REV2_DYNAMIC: u16 = 0x3;
    /// Revision 3: Bytes of the packet, as Ethernet.
    pub const REV3_DATA: u16 = 0x0;
    /// Revision 3: String.
    pub const REV3_STRING: u16 = 0x1;
    /// Revision 4: Bytes of the packet, as in revision 3.
    pub const REV4_PLAIN_DATA: u16 = 0x0;
    /// Revision 4: String, as in revision 3.
    pub const REV4_PLAIN_STRING: u16 = 0x1;
    /// Revision 4: First record of the frame, once; not an event.
    pub const REV4_FRAME_HEADER: u16 = 0x100;
    /// Revision 4: Tracing begins.
    pub const REV4_START: u16 = 0x101;
    /// Revision 4: String that lives in the kernel, no NUL.
    pub const REV4_STATIC: u16 = 0x102;
    /// Revision 4: String that was copied, no NUL.
    pub const REV4_DYNAMIC: u16 = 0x103;
    /// Revision 4: The packet passed here.
    pub const REV4_POSITION: u16 = 0x104;
    /// Revision 4: The packet is in this function; the body is its arguments, which may be empty.
    pub const REV4_FUNCTION: u16 = 0x105;
    /// Revision 4: This function begins; the body is its arguments, which may be empty.
    pub const REV4_ENTER: u16 = 0x106;
    /// Revision 4: This function ends; the body is its arguments, which may be empty.
    pub const REV4_LEAVE: u16 = 0x107;
    /// Revision 4: Bytes of the packet.
    pub const REV4_DATA: u16 = 0x108;
    /// Revision 4: The packet is dropped.
    pub const REV4_DROP: u16 = 0x109;

    /// Whether this revision, 1 to 4, declares this type.
    #[must_use]
    pub fn is_declared(revision: u8, code: u16) -> bool {
        match revision {
            2 => [0x1, 0x2, 0x3].contains(&code),
            3 => [0x0, 0x1].contains(&code),
            4 => [0x0, 0x1, 0x100, 0x101, 0x102, 0x103, 0x104, 0x105, 0x106, 0x107, 0x108, 0x109]
                .contains(&code),
            _ => false,
        }
    }
}

/// Where the fields of each layout lie, in bytes from its start.
pub mod layout {
    /// What every captured packet begins with.
    pub mod frame {
        use super::super::Range;
        /// Records that follow; in revision 1, strings that follow.
        pub const COUNT: Range<usize> = 0..2;
        /// Bytes that the fixed fields take.
        pub const LEN: usize = 2;
    }

    /// Before each string of revision 1.
    pub mod untyped_record {
        use super::super::Range;
        /// Length of the string, its trailing NUL included.
        pub const LENGTH: Range<usize> = 0..2;
        /// Bytes that the fixed fields take.
        pub const LEN: usize = 2;
    }

    /// Before each payload of revisions 2 to 4.
    pub mod typed_record {
        use super::super::Range;
        /// Length of the payload; a string's trailing NUL is included.
        pub const LENGTH: Range<usize> = 0..2;
        /// What the payload is.
        pub const TYPE: Range<usize> = 2..4;
        /// Bytes that the fixed fields take.
        pub const LEN: usize = 4;
    }

    /// Payload of the first record of a revision 4 frame.
    pub mod frame_header {
        use super::super::Range;
        /// The letters `mtrc`.
        pub const MAGIC: Range<usize> = 0..4;
        /// What [`MAGIC`] has to be.
        pub const MAGIC_VALUE: u32 = 0x6d747263;
        /// A reader stops at a higher one.
        pub const MAJOR: Range<usize> = 4..5;
        /// What [`MAJOR`] has to be.
        pub const MAJOR_VALUE: u8 = 0x4;
        /// A reader goes on at a higher one.
        pub const MINOR: Range<usize> = 5..6;
        /// What [`MINOR`] has to be.
        pub const MINOR_VALUE: u8 = 0x0;
        /// What holds for the whole trace.
        pub const FLAGS: Range<usize> = 6..8;
        /// Identity of this packet's trace; 0 is unknown.
        pub const PACKET_ID: Range<usize> = 8..16;
        /// The trace that this mbuf was copied, split or fragmented from; 0 is none.
        pub const PARENT_ID: Range<usize> = 16..24;
        /// Events that could not be recorded.
        pub const LOST: Range<usize> = 24..28;
        /// Bytes that the fixed fields take.
        pub const LEN: usize = 28;
    }

    /// Before the body of every revision 4 event.
    pub mod event_header {
        use super::super::Range;
        /// Time before the packet's capture time; all ones is unknown.
        pub const AGE: Range<usize> = 0..8;
        /// Absent in [`AGE`].
        pub const AGE_NONE: u64 = 0xffffffffffffffff;
        /// Thread that recorded the event; 0 is unknown.
        pub const THREAD: Range<usize> = 8..12;
        /// Absent in [`THREAD`].
        pub const THREAD_NONE: u32 = 0x0;
        /// Virtual network stack; 0 is the default one, or unknown.
        pub const VNET: Range<usize> = 12..16;
        /// Absent in [`VNET`].
        pub const VNET_NONE: u32 = 0x0;
        /// CPU that recorded the event; 0xffff is unknown.
        pub const CPU: Range<usize> = 16..18;
        /// Absent in [`CPU`].
        pub const CPU_NONE: u16 = 0xffff;
        /// 0 for now; a reader ignores bits it does not know.
        pub const FLAGS: Range<usize> = 18..20;
        /// Source line; 0 is no position.
        pub const LINE: Range<usize> = 20..24;
        /// Absent in [`LINE`].
        pub const LINE_NONE: u32 = 0x0;
        /// Length of the file name.
        pub const FILE_LENGTH: Range<usize> = 24..26;
        /// Length of the function name.
        pub const FUNCTION_LENGTH: Range<usize> = 26..28;
        /// Bytes that the fixed fields take.
        pub const LEN: usize = 28;
    }

    /// Body of a start event.
    pub mod start {
        use super::super::Range;
        /// What switched tracing on for this packet.
        pub const ORIGIN: Range<usize> = 0..2;
        /// Bytes that the fixed fields take.
        pub const LEN: usize = 2;
    }

    /// Body of a string, function, enter or leave event.
    pub mod text {
        /// Bytes that the fixed fields take.
        pub const LEN: usize = 0;
    }

    /// Body of a data event.
    pub mod snapshot {
        use super::super::Range;
        /// Link type of the bytes, a LINKTYPE_ number: 1 is Ethernet, 101 raw IP; 65535 is no header.
        pub const LINK_TYPE: Range<usize> = 0..2;
        /// Written as 0, ignored when read.
        pub const RESERVED: Range<usize> = 2..4;
        /// Length of the whole packet (m_pkthdr.len); more than the bytes that follow if they were cut.
        pub const PACKET_LENGTH: Range<usize> = 4..8;
        /// Bytes that the fixed fields take.
        pub const LEN: usize = 8;
    }

    /// Body of a drop event.
    pub mod drop {
        use super::super::Range;
        /// Error that the sender of the packet would get, as errno(2) numbers it; 0 is none.
        pub const ERRNO: Range<usize> = 0..2;
        /// Bytes that the fixed fields take.
        pub const LEN: usize = 2;
    }
}

/// What an event says, whatever the revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A snapshot of the packet's bytes.
    Data,
    /// Free text, of a revision that does not tell static from dynamic strings.
    String,
    /// Free text from the kernel's own image.
    Static,
    /// Free text that was made while the packet was handled.
    Dynamic,
    /// The packet passed a source line.
    Position,
    /// The packet was seen in a function.
    Function,
    /// A function began to handle the packet.
    Enter,
    /// A function has handled the packet.
    Leave,
    /// Tracing of the packet began.
    Start,
    /// The packet was dropped.
    Drop,
    /// A record of a type that this reader does not know.
    Unknown,
}

impl Kind {
    /// All of them, in the specification's order.
    pub const ALL: &'static [Self] = &[
        Self::Data,
        Self::String,
        Self::Static,
        Self::Dynamic,
        Self::Position,
        Self::Function,
        Self::Enter,
        Self::Leave,
        Self::Start,
        Self::Drop,
        Self::Unknown,
    ];

    /// The name in filters, JSON and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::String => "string",
            Self::Static => "static",
            Self::Dynamic => "dynamic",
            Self::Position => "position",
            Self::Function => "function",
            Self::Enter => "enter",
            Self::Leave => "leave",
            Self::Start => "start",
            Self::Drop => "drop",
            Self::Unknown => "unknown",
        }
    }

    /// One sentence about it, without a full stop.
    #[must_use]
    pub const fn doc(self) -> &'static str {
        match self {
            Self::Data => "A snapshot of the packet's bytes",
            Self::String => "Free text, of a revision that does not tell static from dynamic strings",
            Self::Static => "Free text from the kernel's own image",
            Self::Dynamic => "Free text that was made while the packet was handled",
            Self::Position => "The packet passed a source line",
            Self::Function => "The packet was seen in a function",
            Self::Enter => "A function began to handle the packet",
            Self::Leave => "A function has handled the packet",
            Self::Start => "Tracing of the packet began",
            Self::Drop => "The packet was dropped",
            Self::Unknown => "A record of a type that this reader does not know",
        }
    }

    /// The one with this [`name`](Self::name).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.name() == name)
    }
}

/// What became of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Fate {
    /// A socket or a protocol of this host took it.
    Delivered,
    /// A driver took it.
    Transmitted,
    /// It became part of another packet, or other packets were made of it.
    Absorbed,
    /// It was thrown away.
    Dropped,
    /// The trace does not tell.
    Unknown,
}

impl Fate {
    /// All of them, in the specification's order.
    pub const ALL: &'static [Self] =
        &[Self::Delivered, Self::Transmitted, Self::Absorbed, Self::Dropped, Self::Unknown];

    /// The name in filters, JSON and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Transmitted => "transmitted",
            Self::Absorbed => "absorbed",
            Self::Dropped => "dropped",
            Self::Unknown => "unknown",
        }
    }

    /// One sentence about it, without a full stop.
    #[must_use]
    pub const fn doc(self) -> &'static str {
        match self {
            Self::Delivered => "A socket or a protocol of this host took it",
            Self::Transmitted => "A driver took it",
            Self::Absorbed => "It became part of another packet, or other packets were made of it",
            Self::Dropped => "It was thrown away",
            Self::Unknown => "The trace does not tell",
        }
    }

    /// The one with this [`name`](Self::name).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.name() == name)
    }
}

/// What `normal_ends.txt` says of functions, sorted by their names.
pub(crate) static END_RULES: [(&str, Rule); 232] = [
    ("IFQ_DEQUEUE", Rule::Seen(Fate::Transmitted)),
    ("IFQ_DEQUEUE_NOLOCK", Rule::Seen(Fate::Transmitted)),
    ("IFQ_DRV_DEQUEUE", Rule::Seen(Fate::Transmitted)),
    ("IFQ_ENQUEUE", Rule::Seen(Fate::Transmitted)),
    ("IFQ_HANDOFF", Rule::Seen(Fate::Transmitted)),
    ("IFQ_HANDOFF_ADJ", Rule::Seen(Fate::Transmitted)),
    ("IF_DEQUEUE", Rule::Seen(Fate::Transmitted)),
    ("IF_ENQUEUE", Rule::Seen(Fate::Transmitted)),
    ("IF_HANDOFF", Rule::Seen(Fate::Transmitted)),
    ("IF_HANDOFF", Rule::Returned(Fate::Transmitted, Some(Cow::Borrowed("1")))),
    ("IF_HANDOFF", Rule::Returned(Fate::Dropped, Some(Cow::Borrowed("0")))),
    ("IF_HANDOFF_ADJ", Rule::Seen(Fate::Transmitted)),
    ("IF_HANDOFF_ADJ", Rule::Returned(Fate::Transmitted, Some(Cow::Borrowed("1")))),
    ("IF_HANDOFF_ADJ", Rule::Returned(Fate::Dropped, Some(Cow::Borrowed("0")))),
    ("NG_FREE_ITEM", Rule::Helper),
    ("NG_FREE_M", Rule::Helper),
    ("_IF_DEQUEUE", Rule::Seen(Fate::Transmitted)),
    ("_IF_ENQUEUE", Rule::Seen(Fate::Transmitted)),
    ("altq_enqueue", Rule::Seen(Fate::Transmitted)),
    ("arpresolve_full", Rule::Held(Fate::Dropped, None)),
    ("bbr_do_segment", Rule::Seen(Fate::Delivered)),
    ("bbr_do_segment_nounlock", Rule::Seen(Fate::Delivered)),
    ("bpf_mtap", Rule::Helper),
    ("bpf_mtap2", Rule::Helper),
    ("bpf_mtap2_if", Rule::Helper),
    ("bpf_mtap_if", Rule::Helper),
    ("bpf_tap", Rule::Helper),
    ("bpf_tap_if", Rule::Helper),
    ("bridge_enqueue", Rule::Seen(Fate::Transmitted)),
    ("bridge_pfil", Rule::Returned(Fate::Dropped, Some(Cow::Borrowed("-1")))),
    ("bridge_transmit", Rule::Seen(Fate::Transmitted)),
    ("carp6_input", Rule::Seen(Fate::Delivered)),
    ("carp_input", Rule::Seen(Fate::Delivered)),
    ("carp_input_c", Rule::Seen(Fate::Delivered)),
    ("crypto_dispatch", Rule::Held(Fate::Unknown, None)),
    ("crypto_dispatch_async", Rule::Held(Fate::Unknown, None)),
    ("crypto_dispatch_batch", Rule::Held(Fate::Unknown, None)),
    ("ctf_do_queued_segments", Rule::Seen(Fate::Delivered)),
    ("ctf_process_inbound_raw", Rule::Seen(Fate::Delivered)),
    ("discoutput", Rule::Seen(Fate::Dropped)),
    ("dn_enqueue", Rule::Held(Fate::Unknown, None)),
    ("drbr_advance", Rule::Seen(Fate::Transmitted)),
    ("drbr_dequeue", Rule::Seen(Fate::Transmitted)),
    ("drbr_dequeue_cond", Rule::Seen(Fate::Transmitted)),
    ("drbr_enqueue", Rule::Seen(Fate::Transmitted)),
    ("drbr_flush", Rule::Seen(Fate::Dropped)),
    ("drbr_putback", Rule::Seen(Fate::Transmitted)),
    ("dummynet_io", Rule::Held(Fate::Unknown, None)),
    ("epair_menq", Rule::Seen(Fate::Transmitted)),
    ("epair_transmit", Rule::Seen(Fate::Transmitted)),
    ("ether_bpf_mtap_if", Rule::Helper),
    ("ether_output", Rule::Returned(Fate::Transmitted, None)),
    ("ether_output_frame", Rule::Seen(Fate::Transmitted)),
    ("frag6_freef", Rule::Seen(Fate::Dropped)),
    ("frag6_input", Rule::Held(Fate::Absorbed, Some(60000000000))),
    ("icmp6_error", Rule::Seen(Fate::Dropped)),
    ("icmp6_error2", Rule::Seen(Fate::Dropped)),
    ("icmp6_input", Rule::Seen(Fate::Delivered)),
    ("icmp6_redirect_input", Rule::Seen(Fate::Delivered)),
    ("icmp6_reflect", Rule::Revives),
    ("icmp6_rip6_input", Rule::Seen(Fate::Delivered)),
    ("icmp_error", Rule::Seen(Fate::Dropped)),
    ("icmp_reflect", Rule::Revives),
    ("ieee80211_parent_xmitpkt", Rule::Seen(Fate::Transmitted)),
    ("ieee80211_vap_xmitpkt", Rule::Seen(Fate::Transmitted)),
    ("if_dequeue", Rule::Seen(Fate::Transmitted)),
    ("if_handoff", Rule::Seen(Fate::Transmitted)),
    ("if_handoff", Rule::Returned(Fate::Transmitted, Some(Cow::Borrowed("1")))),
    ("if_handoff", Rule::Returned(Fate::Dropped, Some(Cow::Borrowed("0")))),
    ("if_qflush", Rule::Seen(Fate::Dropped)),
    ("if_transmit", Rule::Seen(Fate::Transmitted)),
    ("if_transmit_default", Rule::Seen(Fate::Transmitted)),
    ("ifdead_input", Rule::Seen(Fate::Dropped)),
    ("ifdead_output", Rule::Seen(Fate::Dropped)),
    ("ifdead_transmit", Rule::Seen(Fate::Dropped)),
    ("iflib_completed_tx_reclaim", Rule::Seen(Fate::Transmitted)),
    ("iflib_encap", Rule::Seen(Fate::Transmitted)),
    ("iflib_if_transmit", Rule::Seen(Fate::Transmitted)),
    ("iflib_simple_transmit", Rule::Seen(Fate::Transmitted)),
    ("iflib_tx_desc_free", Rule::Seen(Fate::Transmitted)),
    ("ifmp_ring_enqueue", Rule::Seen(Fate::Transmitted)),
    ("ifq_dequeue", Rule::Seen(Fate::Transmitted)),
    ("igmp_input", Rule::Seen(Fate::Delivered)),
    ("igmp_input_v1_query", Rule::Seen(Fate::Delivered)),
    ("igmp_input_v1_report", Rule::Seen(Fate::Delivered)),
    ("igmp_input_v2_query", Rule::Seen(Fate::Delivered)),
    ("igmp_input_v2_report", Rule::Seen(Fate::Delivered)),
    ("igmp_input_v3_query", Rule::Seen(Fate::Delivered)),
    ("in6_delayed_cksum", Rule::Helper),
    ("in_arpinput", Rule::Drop(Fate::Delivered, Cow::Borrowed("reply is used up"))),
    ("in_delayed_cksum", Rule::Helper),
    ("infiniband_output", Rule::Returned(Fate::Transmitted, None)),
    ("ip_reass", Rule::Held(Fate::Absorbed, Some(30000000000))),
    ("ipfw_check_frame", Rule::Returned(Fate::Dropped, Some(Cow::Borrowed("1")))),
    ("ipfw_check_frame", Rule::Returned(Fate::Dropped, Some(Cow::Borrowed("PFIL_DROPPED")))),
    ("ipfw_check_packet", Rule::Returned(Fate::Dropped, Some(Cow::Borrowed("1")))),
    ("ipfw_check_packet", Rule::Returned(Fate::Dropped, Some(Cow::Borrowed("PFIL_DROPPED")))),
    ("ipfw_check_packet", Rule::Returned(Fate::Dropped, Some(Cow::Borrowed("deny")))),
    ("ipfw_chk", Rule::Returned(Fate::Dropped, Some(Cow::Borrowed("1")))),
    ("ipfw_chk", Rule::Returned(Fate::Dropped, Some(Cow::Borrowed("IP_FW_DENY")))),
    ("ipq_drop", Rule::Seen(Fate::Dropped)),
    ("lagg_enqueue", Rule::Seen(Fate::Transmitted)),
    ("lagg_transmit", Rule::Seen(Fate::Transmitted)),
    ("lagg_transmit_ethernet", Rule::Seen(Fate::Transmitted)),
    ("lagg_transmit_infiniband", Rule::Seen(Fate::Transmitted)),
    ("llentry_free", Rule::Seen(Fate::Dropped)),
    ("lltable_append_entry_queue", Rule::Held(Fate::Dropped, None)),
    ("lltable_drop_entry_queue", Rule::Seen(Fate::Dropped)),
    ("m_cat", Rule::Helper),
    ("m_catpkt", Rule::Helper),
    ("m_collapse", Rule::Helper),
    ("m_defrag", Rule::Seen(Fate::Absorbed)),
    ("m_demote", Rule::Helper),
    ("m_demote_pkthdr", Rule::Helper),
    ("m_free", Rule::Helper),
    ("m_free_raw", Rule::Helper),
    ("m_freem", Rule::Helper),
    ("m_freemp", Rule::Helper),
    ("m_tag_delete", Rule::Helper),
    ("m_tag_delete_chain", Rule::Helper),
    ("m_tag_delete_nonpersistent", Rule::Helper),
    ("m_tag_free", Rule::Helper),
    ("m_tag_free_default", Rule::Helper),
    ("m_unshare", Rule::Seen(Fate::Absorbed)),
    ("mb_dtor_mbuf", Rule::Helper),
    ("mb_dtor_pack", Rule::Helper),
    ("mb_free_ext", Rule::Helper),
    ("mb_free_extpg", Rule::Helper),
    ("mb_free_mext_pgs", Rule::Helper),
    ("mb_free_notready", Rule::Helper),
    ("mbufq_drain", Rule::Seen(Fate::Dropped)),
    ("mbufq_enqueue", Rule::Held(Fate::Unknown, None)),
    ("mld_input", Rule::Seen(Fate::Delivered)),
    ("mld_v1_input_query", Rule::Seen(Fate::Delivered)),
    ("mld_v1_input_report", Rule::Seen(Fate::Delivered)),
    ("mld_v2_input_query", Rule::Seen(Fate::Delivered)),
    ("nd6_hold", Rule::Held(Fate::Dropped, None)),
    ("nd6_na_input", Rule::Seen(Fate::Delivered)),
    ("nd6_ns_input", Rule::Seen(Fate::Delivered)),
    ("nd6_ra_input", Rule::Seen(Fate::Delivered)),
    ("nd6_resolve_slow", Rule::Held(Fate::Dropped, None)),
    ("nd6_rs_input", Rule::Seen(Fate::Delivered)),
    ("netisr_queue", Rule::Held(Fate::Unknown, None)),
    ("netisr_queue_internal", Rule::Held(Fate::Unknown, None)),
    ("netisr_queue_src", Rule::Held(Fate::Unknown, None)),
    ("netisr_queue_workstream", Rule::Held(Fate::Unknown, None)),
    ("netmap_transmit", Rule::Seen(Fate::Transmitted)),
    ("ng_free_item", Rule::Helper),
    ("ng_queue_rw", Rule::Held(Fate::Unknown, None)),
    ("pf_check_in", Rule::Returned(Fate::Dropped, Some(Cow::Borrowed("1")))),
    ("pf_check_in", Rule::Returned(Fate::Dropped, Some(Cow::Borrowed("PFIL_DROPPED")))),
    ("pf_check_out", Rule::Returned(Fate::Dropped, Some(Cow::Borrowed("1")))),
    ("pf_check_out", Rule::Returned(Fate::Dropped, Some(Cow::Borrowed("PFIL_DROPPED")))),
    ("pf_test", Rule::Returned(Fate::Dropped, Some(Cow::Borrowed("1")))),
    ("pf_test", Rule::Returned(Fate::Dropped, Some(Cow::Borrowed("PF_DROP")))),
    ("pf_test6", Rule::Returned(Fate::Dropped, Some(Cow::Borrowed("1")))),
    ("pf_test6", Rule::Returned(Fate::Dropped, Some(Cow::Borrowed("PF_DROP")))),
    ("pfil_mbuf_in", Rule::Returned(Fate::Dropped, Some(Cow::Borrowed("1")))),
    ("pfil_mbuf_in", Rule::Returned(Fate::Dropped, Some(Cow::Borrowed("PFIL_DROPPED")))),
    ("pfil_mbuf_out", Rule::Returned(Fate::Dropped, Some(Cow::Borrowed("1")))),
    ("pfil_mbuf_out", Rule::Returned(Fate::Dropped, Some(Cow::Borrowed("PFIL_DROPPED")))),
    ("pfil_mem_in", Rule::Returned(Fate::Dropped, Some(Cow::Borrowed("1")))),
    ("pfil_mem_in", Rule::Returned(Fate::Dropped, Some(Cow::Borrowed("PFIL_DROPPED")))),
    ("pfil_run_hooks", Rule::Returned(Fate::Dropped, Some(Cow::Borrowed("1")))),
    ("pfil_run_hooks", Rule::Returned(Fate::Dropped, Some(Cow::Borrowed("PFIL_DROPPED")))),
    ("pfsync6_input", Rule::Seen(Fate::Delivered)),
    ("pfsync_input", Rule::Seen(Fate::Delivered)),
    ("rack_do_segment", Rule::Seen(Fate::Delivered)),
    ("rack_do_segment_nounlock", Rule::Seen(Fate::Delivered)),
    ("rip6_append", Rule::Seen(Fate::Delivered)),
    ("rip_append", Rule::Seen(Fate::Delivered)),
    ("sbappend", Rule::Seen(Fate::Delivered)),
    ("sbappend", Rule::Revives),
    ("sbappend_locked", Rule::Seen(Fate::Delivered)),
    ("sbappend_locked", Rule::Revives),
    ("sbappend_locked_internal", Rule::Seen(Fate::Delivered)),
    ("sbappend_locked_internal", Rule::Revives),
    ("sbappendaddr", Rule::Seen(Fate::Delivered)),
    ("sbappendaddr", Rule::Returned(Fate::Dropped, Some(Cow::Borrowed("0")))),
    ("sbappendaddr", Rule::Revives),
    ("sbappendaddr_locked", Rule::Seen(Fate::Delivered)),
    ("sbappendaddr_locked", Rule::Returned(Fate::Dropped, Some(Cow::Borrowed("0")))),
    ("sbappendaddr_locked", Rule::Revives),
    ("sbappendaddr_locked_internal", Rule::Seen(Fate::Delivered)),
    ("sbappendaddr_locked_internal", Rule::Returned(Fate::Dropped, Some(Cow::Borrowed("0")))),
    ("sbappendaddr_locked_internal", Rule::Revives),
    ("sbappendaddr_nospacecheck_locked", Rule::Seen(Fate::Delivered)),
    ("sbappendaddr_nospacecheck_locked", Rule::Returned(Fate::Dropped, Some(Cow::Borrowed("0")))),
    ("sbappendaddr_nospacecheck_locked", Rule::Revives),
    ("sbappendcontrol", Rule::Seen(Fate::Delivered)),
    ("sbappendcontrol", Rule::Returned(Fate::Dropped, Some(Cow::Borrowed("0")))),
    ("sbappendcontrol", Rule::Revives),
    ("sbappendcontrol_locked", Rule::Seen(Fate::Delivered)),
    ("sbappendcontrol_locked", Rule::Revives),
    ("sbappendrecord", Rule::Seen(Fate::Delivered)),
    ("sbappendrecord", Rule::Revives),
    ("sbappendrecord_locked", Rule::Seen(Fate::Delivered)),
    ("sbappendrecord_locked", Rule::Revives),
    ("sbappendstream", Rule::Seen(Fate::Delivered)),
    ("sbappendstream", Rule::Revives),
    ("sbappendstream_locked", Rule::Seen(Fate::Delivered)),
    ("sbappendstream_locked", Rule::Revives),
    ("sbcompress", Rule::Seen(Fate::Delivered)),
    ("sbcompress", Rule::Revives),
    ("sctp_common_input_processing", Rule::Seen(Fate::Delivered)),
    ("soreceive", Rule::Seen(Fate::Delivered)),
    ("soreceive_dgram", Rule::Seen(Fate::Delivered)),
    ("soreceive_generic", Rule::Seen(Fate::Delivered)),
    ("soreceive_generic_locked", Rule::Seen(Fate::Delivered)),
    ("soreceive_stream", Rule::Seen(Fate::Delivered)),
    ("soreceive_stream_locked", Rule::Seen(Fate::Delivered)),
    ("syncache_add", Rule::Seen(Fate::Delivered)),
    ("syncache_badack", Rule::Seen(Fate::Delivered)),
    ("syncache_chkrst", Rule::Seen(Fate::Delivered)),
    ("tcp_do_segment", Rule::Seen(Fate::Delivered)),
    ("tcp_dropwithreset", Rule::Seen(Fate::Dropped)),
    ("tcp_reass", Rule::Seen(Fate::Delivered)),
    ("tcp_respond", Rule::Seen(Fate::Dropped)),
    ("tcp_respond", Rule::Revives),
    ("tcp_tw_2msl_scan", Rule::Seen(Fate::Delivered)),
    ("tcp_twstart", Rule::Seen(Fate::Delivered)),
    ("tunread", Rule::Seen(Fate::Transmitted)),
    ("udp6_append", Rule::Seen(Fate::Delivered)),
    ("udp_append", Rule::Seen(Fate::Delivered)),
    ("uipc_soreceive_dgram", Rule::Seen(Fate::Delivered)),
    ("uma_zfree", Rule::Helper),
    ("uma_zfree_arg", Rule::Helper),
    ("vlan_transmit", Rule::Seen(Fate::Transmitted)),
    ("vtnet_txq_encap", Rule::Seen(Fate::Transmitted)),
    ("vtnet_txq_mq_start", Rule::Seen(Fate::Transmitted)),
    ("vtnet_txq_mq_start_locked", Rule::Seen(Fate::Transmitted)),
    ("vtnet_txq_offload", Rule::Seen(Fate::Transmitted)),
];

/// What switched tracing on for a packet. A code without a name is a value like any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Origin(pub u16);

impl Origin {
    /// Not told.
    pub const UNSPECIFIED: Self = Self(0);
    /// An interface.
    pub const INTERFACE: Self = Self(1);
    /// A rule of pf(4).
    pub const PF_RULE: Self = Self(2);
    /// A rule of ipfw(4).
    pub const IPFW_RULE: Self = Self(3);
    /// A node of netgraph(4).
    pub const NETGRAPH_NODE: Self = Self(4);
    /// A socket.
    pub const SOCKET: Self = Self(5);
    /// A process.
    pub const PROCESS: Self = Self(6);

    /// The name, where this code has one.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        match self.0 {
            0 => Some("unspecified"),
            1 => Some("interface"),
            2 => Some("pf_rule"),
            3 => Some("ipfw_rule"),
            4 => Some("netgraph_node"),
            5 => Some("socket"),
            6 => Some("process"),
            _ => None,
        }
    }
}

/// Link types that a snapshot usually has, as LINKTYPE_ numbers them.
pub mod link_type {
    /// The bytes begin with an Ethernet header, without FCS.
    pub const ETHERNET: u16 = 1;
    /// The bytes begin with an IPv4 or IPv6 header.
    pub const RAW_IP: u16 = 101;
    /// The bytes begin with no link-layer or IP header, or with an unknown one: ARP without Ethernet, payload in a socket buffer; no LINKTYPE_ number.
    pub const NO_HEADER: u16 = 65535;
    /// All of them.
    pub const ALL: [u16; 3] = [ETHERNET, RAW_IP, NO_HEADER];
}

/// EtherTypes that a snapshot of revisions 1 to 3 is recognised as Ethernet by.
pub mod ether_type {
    /// IPv4.
    pub const IPV4: u16 = 2048;
    /// ARP.
    pub const ARP: u16 = 2054;
    /// Wake-on-LAN.
    pub const WAKE_ON_LAN: u16 = 2114;
    /// Audio video transport (IEEE 1722).
    pub const AVTP: u16 = 8944;
    /// Reverse ARP.
    pub const RARP: u16 = 32821;
    /// AppleTalk.
    pub const APPLETALK: u16 = 32923;
    /// AppleTalk ARP.
    pub const APPLETALK_ARP: u16 = 33011;
    /// VLAN tag (IEEE 802.1Q).
    pub const VLAN: u16 = 33024;
    /// IPX.
    pub const IPX: u16 = 33079;
    /// IPv6.
    pub const IPV6: u16 = 34525;
    /// Pause frames (IEEE 802.3x).
    pub const FLOW_CONTROL: u16 = 34824;
    /// Slow protocols: LACP, OAM.
    pub const SLOW: u16 = 34825;
    /// PPP.
    pub const PPP: u16 = 34827;
    /// MPLS.
    pub const MPLS: u16 = 34887;
    /// MPLS, multicast.
    pub const MPLS_MULTICAST: u16 = 34888;
    /// PPP over Ethernet, discovery.
    pub const PPPOE_DISCOVERY: u16 = 34915;
    /// PPP over Ethernet, session.
    pub const PPPOE_SESSION: u16 = 34916;
    /// Jumbo frames.
    pub const JUMBO: u16 = 34928;
    /// Port authentication (IEEE 802.1X).
    pub const EAPOL: u16 = 34958;
    /// PROFINET.
    pub const PROFINET: u16 = 34962;
    /// Realtek protocols.
    pub const REALTEK: u16 = 34969;
    /// ATA over Ethernet.
    pub const ATA: u16 = 34978;
    /// EtherCAT.
    pub const ETHERCAT: u16 = 34980;
    /// Service VLAN tag (IEEE 802.1ad).
    pub const PROVIDER_VLAN: u16 = 34984;
    /// Local experiments.
    pub const EXPERIMENT_1: u16 = 34997;
    /// Local experiments.
    pub const EXPERIMENT_2: u16 = 34998;
    /// Extended by a manufacturer's number.
    pub const OUI_EXTENDED: u16 = 34999;
    /// GOOSE (IEC 61850).
    pub const GOOSE: u16 = 35000;
    /// Sampled values (IEC 61850).
    pub const SAMPLED_VALUES: u16 = 35002;
    /// Pre-authentication (IEEE 802.11i).
    pub const PREAUTHENTICATION: u16 = 35015;
    /// LLDP.
    pub const LLDP: u16 = 35020;
    /// HomePlug AV.
    pub const HOMEPLUG: u16 = 35041;
    /// Media redundancy (IEC 62439).
    pub const MEDIA_REDUNDANCY: u16 = 35043;
    /// MACsec.
    pub const MACSEC: u16 = 35045;
    /// Provider backbone bridge (IEEE 802.1ah).
    pub const PROVIDER_BACKBONE: u16 = 35047;
    /// VLAN registration.
    pub const MVRP: u16 = 35061;
    /// Precision time protocol.
    pub const PTP: u16 = 35063;
    /// Parallel redundancy.
    pub const PRP: u16 = 35067;
    /// Connectivity fault management.
    pub const CFM: u16 = 35074;
    /// Fibre Channel over Ethernet.
    pub const FCOE: u16 = 35078;
    /// FCoE initialisation.
    pub const FIP: u16 = 35092;
    /// RDMA over Ethernet.
    pub const ROCE: u16 = 35093;
    /// High-availability seamless redundancy.
    pub const HSR: u16 = 35119;
    /// IEEE 1905.
    pub const IEEE_1905: u16 = 35130;
    /// Network service header.
    pub const NSH: u16 = 35151;
    /// Configuration test.
    pub const LOOPBACK: u16 = 36864;
    /// VLAN tag, as used before IEEE 802.1ad.
    pub const OLD_QINQ: u16 = 37120;
    /// All of them.
    pub const ALL: [u16; 47] = [
        IPV4,
        ARP,
        WAKE_ON_LAN,
        AVTP,
        RARP,
        APPLETALK,
        APPLETALK_ARP,
        VLAN,
        IPX,
        IPV6,
        FLOW_CONTROL,
        SLOW,
        PPP,
        MPLS,
        MPLS_MULTICAST,
        PPPOE_DISCOVERY,
        PPPOE_SESSION,
        JUMBO,
        EAPOL,
        PROFINET,
        REALTEK,
        ATA,
        ETHERCAT,
        PROVIDER_VLAN,
        EXPERIMENT_1,
        EXPERIMENT_2,
        OUI_EXTENDED,
        GOOSE,
        SAMPLED_VALUES,
        PREAUTHENTICATION,
        LLDP,
        HOMEPLUG,
        MEDIA_REDUNDANCY,
        MACSEC,
        PROVIDER_BACKBONE,
        MVRP,
        PTP,
        PRP,
        CFM,
        FCOE,
        FIP,
        ROCE,
        HSR,
        IEEE_1905,
        NSH,
        LOOPBACK,
        OLD_QINQ,
    ];
}

/// Error numbers of FreeBSD, see errno(2). A code without a name is a value like any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Errno(pub u16);

impl Errno {
    /// Operation not permitted.
    pub const EPERM: Self = Self(1);
    /// No such file.
    pub const ENOENT: Self = Self(2);
    /// No such process, or no such route.
    pub const ESRCH: Self = Self(3);
    /// Interrupted.
    pub const EINTR: Self = Self(4);
    /// Input or output failed.
    pub const EIO: Self = Self(5);
    /// Device not there.
    pub const ENXIO: Self = Self(6);
    /// As in errno(2).
    pub const E2BIG: Self = Self(7);
    /// As in errno(2).
    pub const ENOEXEC: Self = Self(8);
    /// As in errno(2).
    pub const EBADF: Self = Self(9);
    /// As in errno(2).
    pub const ECHILD: Self = Self(10);
    /// As in errno(2).
    pub const EDEADLK: Self = Self(11);
    /// No memory.
    pub const ENOMEM: Self = Self(12);
    /// Refused, as by a firewall.
    pub const EACCES: Self = Self(13);
    /// As in errno(2).
    pub const EFAULT: Self = Self(14);
    /// As in errno(2).
    pub const ENOTBLK: Self = Self(15);
    /// Busy.
    pub const EBUSY: Self = Self(16);
    /// Exists already.
    pub const EEXIST: Self = Self(17);
    /// As in errno(2).
    pub const EXDEV: Self = Self(18);
    /// The device cannot do this.
    pub const ENODEV: Self = Self(19);
    /// As in errno(2).
    pub const ENOTDIR: Self = Self(20);
    /// As in errno(2).
    pub const EISDIR: Self = Self(21);
    /// Invalid.
    pub const EINVAL: Self = Self(22);
    /// As in errno(2).
    pub const ENFILE: Self = Self(23);
    /// As in errno(2).
    pub const EMFILE: Self = Self(24);
    /// As in errno(2).
    pub const ENOTTY: Self = Self(25);
    /// As in errno(2).
    pub const ETXTBSY: Self = Self(26);
    /// As in errno(2).
    pub const EFBIG: Self = Self(27);
    /// No space.
    pub const ENOSPC: Self = Self(28);
    /// As in errno(2).
    pub const ESPIPE: Self = Self(29);
    /// As in errno(2).
    pub const EROFS: Self = Self(30);
    /// As in errno(2).
    pub const EMLINK: Self = Self(31);
    /// Nobody reads the pipe.
    pub const EPIPE: Self = Self(32);
    /// As in errno(2).
    pub const EDOM: Self = Self(33);
    /// As in errno(2).
    pub const ERANGE: Self = Self(34);
    /// Not now.
    pub const EAGAIN: Self = Self(35);
    /// As in errno(2).
    pub const EINPROGRESS: Self = Self(36);
    /// As in errno(2).
    pub const EALREADY: Self = Self(37);
    /// As in errno(2).
    pub const ENOTSOCK: Self = Self(38);
    /// No destination.
    pub const EDESTADDRREQ: Self = Self(39);
    /// Too long for the interface or socket.
    pub const EMSGSIZE: Self = Self(40);
    /// As in errno(2).
    pub const EPROTOTYPE: Self = Self(41);
    /// As in errno(2).
    pub const ENOPROTOOPT: Self = Self(42);
    /// Protocol not supported.
    pub const EPROTONOSUPPORT: Self = Self(43);
    /// As in errno(2).
    pub const ESOCKTNOSUPPORT: Self = Self(44);
    /// Not supported.
    pub const EOPNOTSUPP: Self = Self(45);
    /// Protocol family not supported.
    pub const EPFNOSUPPORT: Self = Self(46);
    /// Address family not supported.
    pub const EAFNOSUPPORT: Self = Self(47);
    /// Address in use.
    pub const EADDRINUSE: Self = Self(48);
    /// No interface has this address.
    pub const EADDRNOTAVAIL: Self = Self(49);
    /// The interface is down.
    pub const ENETDOWN: Self = Self(50);
    /// No route to the network.
    pub const ENETUNREACH: Self = Self(51);
    /// As in errno(2).
    pub const ENETRESET: Self = Self(52);
    /// Connection aborted.
    pub const ECONNABORTED: Self = Self(53);
    /// Connection reset by the peer.
    pub const ECONNRESET: Self = Self(54);
    /// No buffer, or a full queue.
    pub const ENOBUFS: Self = Self(55);
    /// Already connected.
    pub const EISCONN: Self = Self(56);
    /// Not connected.
    pub const ENOTCONN: Self = Self(57);
    /// Shut down.
    pub const ESHUTDOWN: Self = Self(58);
    /// As in errno(2).
    pub const ETOOMANYREFS: Self = Self(59);
    /// No answer in time.
    pub const ETIMEDOUT: Self = Self(60);
    /// Connection refused.
    pub const ECONNREFUSED: Self = Self(61);
    /// As in errno(2).
    pub const ELOOP: Self = Self(62);
    /// As in errno(2).
    pub const ENAMETOOLONG: Self = Self(63);
    /// The host does not answer.
    pub const EHOSTDOWN: Self = Self(64);
    /// No route to the host.
    pub const EHOSTUNREACH: Self = Self(65);
    /// As in errno(2).
    pub const ENOTEMPTY: Self = Self(66);
    /// As in errno(2).
    pub const EPROCLIM: Self = Self(67);
    /// As in errno(2).
    pub const EUSERS: Self = Self(68);
    /// As in errno(2).
    pub const EDQUOT: Self = Self(69);
    /// As in errno(2).
    pub const ESTALE: Self = Self(70);
    /// As in errno(2).
    pub const EREMOTE: Self = Self(71);
    /// As in errno(2).
    pub const EBADRPC: Self = Self(72);
    /// As in errno(2).
    pub const ERPCMISMATCH: Self = Self(73);
    /// As in errno(2).
    pub const EPROGUNAVAIL: Self = Self(74);
    /// As in errno(2).
    pub const EPROGMISMATCH: Self = Self(75);
    /// As in errno(2).
    pub const EPROCUNAVAIL: Self = Self(76);
    /// As in errno(2).
    pub const ENOLCK: Self = Self(77);
    /// As in errno(2).
    pub const ENOSYS: Self = Self(78);
    /// As in errno(2).
    pub const EFTYPE: Self = Self(79);
    /// As in errno(2).
    pub const EAUTH: Self = Self(80);
    /// As in errno(2).
    pub const ENEEDAUTH: Self = Self(81);
    /// As in errno(2).
    pub const EIDRM: Self = Self(82);
    /// As in errno(2).
    pub const ENOMSG: Self = Self(83);
    /// As in errno(2).
    pub const EOVERFLOW: Self = Self(84);
    /// Cancelled.
    pub const ECANCELED: Self = Self(85);
    /// As in errno(2).
    pub const EILSEQ: Self = Self(86);
    /// As in errno(2).
    pub const ENOATTR: Self = Self(87);
    /// As in errno(2).
    pub const EDOOFUS: Self = Self(88);
    /// As in errno(2).
    pub const EBADMSG: Self = Self(89);
    /// As in errno(2).
    pub const EMULTIHOP: Self = Self(90);
    /// As in errno(2).
    pub const ENOLINK: Self = Self(91);
    /// Protocol error.
    pub const EPROTO: Self = Self(92);
    /// As in errno(2).
    pub const ENOTCAPABLE: Self = Self(93);
    /// As in errno(2).
    pub const ECAPMODE: Self = Self(94);
    /// As in errno(2).
    pub const ENOTRECOVERABLE: Self = Self(95);
    /// As in errno(2).
    pub const EOWNERDEAD: Self = Self(96);
    /// As in errno(2).
    pub const EINTEGRITY: Self = Self(97);

    /// The name, where this code has one.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        match self.0 {
            1 => Some("EPERM"),
            2 => Some("ENOENT"),
            3 => Some("ESRCH"),
            4 => Some("EINTR"),
            5 => Some("EIO"),
            6 => Some("ENXIO"),
            7 => Some("E2BIG"),
            8 => Some("ENOEXEC"),
            9 => Some("EBADF"),
            10 => Some("ECHILD"),
            11 => Some("EDEADLK"),
            12 => Some("ENOMEM"),
            13 => Some("EACCES"),
            14 => Some("EFAULT"),
            15 => Some("ENOTBLK"),
            16 => Some("EBUSY"),
            17 => Some("EEXIST"),
            18 => Some("EXDEV"),
            19 => Some("ENODEV"),
            20 => Some("ENOTDIR"),
            21 => Some("EISDIR"),
            22 => Some("EINVAL"),
            23 => Some("ENFILE"),
            24 => Some("EMFILE"),
            25 => Some("ENOTTY"),
            26 => Some("ETXTBSY"),
            27 => Some("EFBIG"),
            28 => Some("ENOSPC"),
            29 => Some("ESPIPE"),
            30 => Some("EROFS"),
            31 => Some("EMLINK"),
            32 => Some("EPIPE"),
            33 => Some("EDOM"),
            34 => Some("ERANGE"),
            35 => Some("EAGAIN"),
            36 => Some("EINPROGRESS"),
            37 => Some("EALREADY"),
            38 => Some("ENOTSOCK"),
            39 => Some("EDESTADDRREQ"),
            40 => Some("EMSGSIZE"),
            41 => Some("EPROTOTYPE"),
            42 => Some("ENOPROTOOPT"),
            43 => Some("EPROTONOSUPPORT"),
            44 => Some("ESOCKTNOSUPPORT"),
            45 => Some("EOPNOTSUPP"),
            46 => Some("EPFNOSUPPORT"),
            47 => Some("EAFNOSUPPORT"),
            48 => Some("EADDRINUSE"),
            49 => Some("EADDRNOTAVAIL"),
            50 => Some("ENETDOWN"),
            51 => Some("ENETUNREACH"),
            52 => Some("ENETRESET"),
            53 => Some("ECONNABORTED"),
            54 => Some("ECONNRESET"),
            55 => Some("ENOBUFS"),
            56 => Some("EISCONN"),
            57 => Some("ENOTCONN"),
            58 => Some("ESHUTDOWN"),
            59 => Some("ETOOMANYREFS"),
            60 => Some("ETIMEDOUT"),
            61 => Some("ECONNREFUSED"),
            62 => Some("ELOOP"),
            63 => Some("ENAMETOOLONG"),
            64 => Some("EHOSTDOWN"),
            65 => Some("EHOSTUNREACH"),
            66 => Some("ENOTEMPTY"),
            67 => Some("EPROCLIM"),
            68 => Some("EUSERS"),
            69 => Some("EDQUOT"),
            70 => Some("ESTALE"),
            71 => Some("EREMOTE"),
            72 => Some("EBADRPC"),
            73 => Some("ERPCMISMATCH"),
            74 => Some("EPROGUNAVAIL"),
            75 => Some("EPROGMISMATCH"),
            76 => Some("EPROCUNAVAIL"),
            77 => Some("ENOLCK"),
            78 => Some("ENOSYS"),
            79 => Some("EFTYPE"),
            80 => Some("EAUTH"),
            81 => Some("ENEEDAUTH"),
            82 => Some("EIDRM"),
            83 => Some("ENOMSG"),
            84 => Some("EOVERFLOW"),
            85 => Some("ECANCELED"),
            86 => Some("EILSEQ"),
            87 => Some("ENOATTR"),
            88 => Some("EDOOFUS"),
            89 => Some("EBADMSG"),
            90 => Some("EMULTIHOP"),
            91 => Some("ENOLINK"),
            92 => Some("EPROTO"),
            93 => Some("ENOTCAPABLE"),
            94 => Some("ECAPMODE"),
            95 => Some("ENOTRECOVERABLE"),
            96 => Some("EOWNERDEAD"),
            97 => Some("EINTEGRITY"),
            _ => None,
        }
    }
}

/// Flags of the revision 4 frame header.
pub mod frame_flag {
    /// The records lie in the order in which they happened; otherwise newest first.
    pub const OLDEST_FIRST: u16 = 1 << 0;
    /// The trace is known to lack events.
    pub const INCOMPLETE: u16 = 1 << 1;
}

/// What can be wrong with a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FaultKind {
    /// The packet is too short to hold the count field.
    NoCount,
    /// The count promises more records than there are; the whole ones are kept.
    RecordsMissing,
    /// The frame ends inside a record's header; the records before it are kept.
    RecordHeaderCut,
    /// A record's length reaches past the end of the frame; the records before it are kept.
    RecordCut,
    /// A record's length seems to have wrapped at 65,536, as a large TSO snapshot makes it; what lies behind it is not read.
    LengthWrapped,
    /// The bytes after the last counted record would parse as more records; the count is believed.
    RecordsUncounted,
    /// Bytes follow the last record.
    TrailingBytes,
    /// The headers are in little-endian byte order.
    LittleEndian,
    /// The frame header of revision 4 is shorter than its fields.
    FrameHeaderCut,
    /// The frame header of revision 4 does not begin with `mtrc`.
    BadMagic,
    /// The frame is of another major revision; its events are not read.
    UnsupportedMajor,
    /// A frame header that is not the first record.
    RepeatedFrameHeader,
    /// A record is too short for the event header of its type; it is kept as unknown.
    EventHeaderCut,
    /// A record is too short for the body of its type; it is kept as unknown.
    EventBodyCut,
    /// Nothing in the packet looks like an mbuf_trace frame.
    NotATrace,
    /// The capture kept fewer bytes than the frame had (tcpdump -s); the last record is short.
    CutByCapture,
}

impl FaultKind {
    /// All of them, in the specification's order.
    pub const ALL: &'static [Self] = &[
        Self::NoCount,
        Self::RecordsMissing,
        Self::RecordHeaderCut,
        Self::RecordCut,
        Self::LengthWrapped,
        Self::RecordsUncounted,
        Self::TrailingBytes,
        Self::LittleEndian,
        Self::FrameHeaderCut,
        Self::BadMagic,
        Self::UnsupportedMajor,
        Self::RepeatedFrameHeader,
        Self::EventHeaderCut,
        Self::EventBodyCut,
        Self::NotATrace,
        Self::CutByCapture,
    ];

    /// The name in filters, JSON and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoCount => "no_count",
            Self::RecordsMissing => "records_missing",
            Self::RecordHeaderCut => "record_header_cut",
            Self::RecordCut => "record_cut",
            Self::LengthWrapped => "length_wrapped",
            Self::RecordsUncounted => "records_uncounted",
            Self::TrailingBytes => "trailing_bytes",
            Self::LittleEndian => "little_endian",
            Self::FrameHeaderCut => "frame_header_cut",
            Self::BadMagic => "bad_magic",
            Self::UnsupportedMajor => "unsupported_major",
            Self::RepeatedFrameHeader => "repeated_frame_header",
            Self::EventHeaderCut => "event_header_cut",
            Self::EventBodyCut => "event_body_cut",
            Self::NotATrace => "not_a_trace",
            Self::CutByCapture => "cut_by_capture",
        }
    }

    /// One sentence about it, without a full stop.
    #[must_use]
    pub const fn doc(self) -> &'static str {
        match self {
            Self::NoCount => "The packet is too short to hold the count field",
            Self::RecordsMissing => "The count promises more records than there are; the whole ones are kept",
            Self::RecordHeaderCut => {
                "The frame ends inside a record's header; the records before it are kept"
            }
            Self::RecordCut => {
                "A record's length reaches past the end of the frame; the records before it are kept"
            }
            Self::LengthWrapped => {
                "A record's length seems to have wrapped at 65,536, as a large TSO snapshot makes it; what lies behind it is not read"
            }
            Self::RecordsUncounted => {
                "The bytes after the last counted record would parse as more records; the count is believed"
            }
            Self::TrailingBytes => "Bytes follow the last record",
            Self::LittleEndian => "The headers are in little-endian byte order",
            Self::FrameHeaderCut => "The frame header of revision 4 is shorter than its fields",
            Self::BadMagic => "The frame header of revision 4 does not begin with `mtrc`",
            Self::UnsupportedMajor => "The frame is of another major revision; its events are not read",
            Self::RepeatedFrameHeader => "A frame header that is not the first record",
            Self::EventHeaderCut => {
                "A record is too short for the event header of its type; it is kept as unknown"
            }
            Self::EventBodyCut => "A record is too short for the body of its type; it is kept as unknown",
            Self::NotATrace => "Nothing in the packet looks like an mbuf_trace frame",
            Self::CutByCapture => {
                "The capture kept fewer bytes than the frame had (tcpdump -s); the last record is short"
            }
        }
    }

    /// The one with this [`name`](Self::name).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.name() == name)
    }
}

impl FaultKind {
    /// Whether the frame is at fault; otherwise this only tells how it was captured.
    #[must_use]
    pub const fn is_malformed(self) -> bool {
        !matches!(self, Self::CutByCapture)
    }
}
