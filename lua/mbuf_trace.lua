-- Generated from format-spec/ by `cargo xtask generate`; do not edit.
--
-- Wireshark dissector for mbuf_trace: the way of one packet through the FreeBSD network stack.
--
-- Copy this file into the personal plugin folder (Help > About Wireshark > Folders), or name it with
-- `tshark -X lua_script:mbuf_trace.lua`. It needs Wireshark 4.0 or later with Lua 5.2 or later.
--
-- Packets of link type USER0 (147) are taken apart. For another link type, set the preference
-- "DLT_USER > Encapsulations Table" to the payload dissector mbuf_trace.
--
-- Things worth knowing before changing anything here:
--
--  * A frame holds records, newest first as a rule. A record is an event, and some events are snapshots:
--    bytes of the traced packet, which Wireshark's own dissectors take apart.
--  * Building tree items is what costs time. Unless the tree is shown or a field is asked for, events are
--    not even read. `dissect` is the path that every packet takes.
--  * The newest snapshot is dissected last and at the top of the tree, so that columns, conversations and
--    statistics are those of an ordinary Ethernet capture.
--  * Offsets count from 0 and are those of the captured packet. Lua's string functions count from 1.
--  * Strings in the tree are the bytes of the capture where these are UTF-8 without NUL. All others would
--    be cut by Wireshark, so they are escaped as a whole: \n, \t, \r, \\, \x1b, \xff, \u{202e}.

-- A second copy, or a compiled plugin that is already there, has the name: leave the packets to it.
if Dissector.get("mbuf_trace") then
  return
end

local byte, find, format, match, sub = string.byte, string.find, string.format, string.match, string.sub
local concat = table.concat
local min, max = math.min, math.max

-- What the preferences say, in the form in which it is asked for; read again whenever they change.
local setting = {}

----------------------------------------------------------------------------------------------------------
-- Declarations, as format-spec/mbuf_trace.toml has them.

-- Packets of the pseudo-interface mbuf_trace; reserved for private use by LINKTYPE_USER0.
local ENCAPSULATION = "USER0"

-- Codes of the record types, by revision and name.
local TYPE = {
  rev2_data = 0x0001,
  rev2_static = 0x0002,
  rev2_dynamic = 0x0003,
  rev3_data = 0x0000,
  rev3_string = 0x0001,
  rev4_plain_data = 0x0000,
  rev4_plain_string = 0x0001,
  rev4_frame_header = 0x0100,
  rev4_start = 0x0101,
  rev4_static = 0x0102,
  rev4_dynamic = 0x0103,
  rev4_position = 0x0104,
  rev4_function = 0x0105,
  rev4_enter = 0x0106,
  rev4_leave = 0x0107,
  rev4_data = 0x0108,
  rev4_drop = 0x0109,
}

-- Record types by revision and code: the kind of the event, and what the payload is.
local RECORDS = {
  [1] = {
  },
  [2] = {
    -- Bytes of the packet, as Ethernet.
    [0x0001] = { name = "data", kind = "data", content = "ethernet" },
    -- String that lives in the kernel.
    [0x0002] = { name = "static", kind = "static", content = "string" },
    -- String that was copied.
    [0x0003] = { name = "dynamic", kind = "dynamic", content = "string" },
  },
  [3] = {
    -- Bytes of the packet, as Ethernet.
    [0x0000] = { name = "data", kind = "data", content = "ethernet" },
    -- String.
    [0x0001] = { name = "string", kind = "string", content = "string" },
  },
  [4] = {
    -- Bytes of the packet, as in revision 3.
    [0x0000] = { name = "plain_data", kind = "data", content = "ethernet" },
    -- String, as in revision 3.
    [0x0001] = { name = "plain_string", kind = "string", content = "string" },
    -- First record of the frame, once; not an event.
    [0x0100] = { name = "frame_header", kind = nil, content = "frame_header" },
    -- Tracing begins.
    [0x0101] = { name = "start", kind = "start", content = "start" },
    -- String that lives in the kernel, no NUL.
    [0x0102] = { name = "static", kind = "static", content = "text" },
    -- String that was copied, no NUL.
    [0x0103] = { name = "dynamic", kind = "dynamic", content = "text" },
    -- The packet passed here.
    [0x0104] = { name = "position", kind = "position", content = nil },
    -- The packet is in this function; the body is its arguments, which may be empty.
    [0x0105] = { name = "function", kind = "function", content = "text" },
    -- This function begins; the body is its arguments, which may be empty.
    [0x0106] = { name = "enter", kind = "enter", content = "text" },
    -- This function ends; the body is its arguments, which may be empty.
    [0x0107] = { name = "leave", kind = "leave", content = "text" },
    -- Bytes of the packet.
    [0x0108] = { name = "data", kind = "data", content = "snapshot" },
    -- The packet is dropped.
    [0x0109] = { name = "drop", kind = "drop", content = "drop" },
  },
}
-- Those that are snapshots.
local SNAPSHOT_TYPES = {
  [1] = {  },
  [2] = { [0x0001] = true },
  [3] = { [0x0000] = true },
  [4] = { [0x0000] = true, [0x0108] = true },
}
-- Revision 1 has one sort of record, which has no type.
local REVISION_1_STRING = { name = "string", kind = "string", content = "string" }

-- Events with an event header, by code: the bytes that the body has before its text.
local EVENT_BODIES = {
  [0x0101] = 2, -- start
  [0x0102] = 0, -- static
  [0x0103] = 0, -- dynamic
  [0x0104] = 0, -- position
  [0x0105] = 0, -- function
  [0x0106] = 0, -- enter
  [0x0107] = 0, -- leave
  [0x0108] = 8, -- data
  [0x0109] = 2, -- drop
}

-- Payload of the first record of a revision 4 frame.
local FRAME_HEADER = {
  magic = 0, -- The letters `mtrc`
  magic_value = 0x6d747263,
  major = 4, -- A reader stops at a higher one
  major_value = 0x4,
  minor = 5, -- A reader goes on at a higher one
  minor_value = 0x0,
  flags = 6, -- What holds for the whole trace
  packet_id = 8, -- Identity of this packet's trace; 0 is unknown
  parent_id = 16, -- The trace that this mbuf was copied, split or fragmented from; 0 is none
  lost = 24, -- Events that could not be recorded
  size = 28,
}

-- Before the body of every revision 4 event.
local EVENT_HEADER = {
  age = 0, -- Time before the packet's capture time; all ones is unknown
  thread = 8, -- Thread that recorded the event; 0 is unknown
  thread_none = 0x0,
  vnet = 12, -- Virtual network stack; 0 is the default one, or unknown
  vnet_none = 0x0,
  cpu = 16, -- CPU that recorded the event; 0xffff is unknown
  cpu_none = 0xffff,
  flags = 18, -- 0 for now; a reader ignores bits it does not know
  line = 20, -- Source line; 0 is no position
  line_none = 0x0,
  file_length = 24, -- Length of the file name
  function_length = 26, -- Length of the function name
  size = 28,
}

-- Body of a data event.
local SNAPSHOT = {
  link_type = 0, -- Link type of the bytes, a LINKTYPE_ number: 1 is Ethernet, 101 raw IP; 65535 is no header
  reserved = 2, -- Written as 0, ignored when read
  packet_length = 4, -- Length of the whole packet (m_pkthdr.len); more than the bytes that follow if they were cut
  size = 8,
}

-- The magic of the frame header as bytes.
local MAGIC = string.char(0x6d, 0x74, 0x72, 0x63)
-- An age that is not known.
local AGE_NONE = UInt64(0xffffffff, 0xffffffff)

-- Flags of the revision 4 frame header.
local FLAG = {
  oldest_first = 0x0001, -- The records lie in the order in which they happened; otherwise newest first
  incomplete = 0x0002, -- The trace is known to lack events
}

local function has_flag(flags, bit)
  return flags % (bit * 2) >= bit
end

-- What switched tracing on for a packet.
local ORIGIN = {
  [0] = "unspecified", -- Not told
  [1] = "interface", -- An interface
  [2] = "pf_rule", -- A rule of pf(4)
  [3] = "ipfw_rule", -- A rule of ipfw(4)
  [4] = "netgraph_node", -- A node of netgraph(4)
  [5] = "socket", -- A socket
  [6] = "process", -- A process
}

-- Link types that a snapshot usually has, as LINKTYPE_ numbers them.
local LINK_TYPE = {
  ethernet = 1, -- The bytes begin with an Ethernet header, without FCS
  raw_ip = 101, -- The bytes begin with an IPv4 or IPv6 header
  no_header = 65535, -- The bytes begin with no link-layer or IP header, or with an unknown one: ARP without Ethernet, payload in a socket buffer; no LINKTYPE_ number
}

-- EtherTypes that a snapshot of revisions 1 to 3 is recognised as Ethernet by.
local ETHER_TYPE = {
  ipv4 = 2048, -- IPv4
  arp = 2054, -- ARP
  wake_on_lan = 2114, -- Wake-on-LAN
  avtp = 8944, -- Audio video transport (IEEE 1722)
  rarp = 32821, -- Reverse ARP
  appletalk = 32923, -- AppleTalk
  appletalk_arp = 33011, -- AppleTalk ARP
  vlan = 33024, -- VLAN tag (IEEE 802.1Q)
  ipx = 33079, -- IPX
  ipv6 = 34525, -- IPv6
  flow_control = 34824, -- Pause frames (IEEE 802.3x)
  slow = 34825, -- Slow protocols: LACP, OAM
  ppp = 34827, -- PPP
  mpls = 34887, -- MPLS
  mpls_multicast = 34888, -- MPLS, multicast
  pppoe_discovery = 34915, -- PPP over Ethernet, discovery
  pppoe_session = 34916, -- PPP over Ethernet, session
  jumbo = 34928, -- Jumbo frames
  eapol = 34958, -- Port authentication (IEEE 802.1X)
  profinet = 34962, -- PROFINET
  realtek = 34969, -- Realtek protocols
  ata = 34978, -- ATA over Ethernet
  ethercat = 34980, -- EtherCAT
  provider_vlan = 34984, -- Service VLAN tag (IEEE 802.1ad)
  experiment_1 = 34997, -- Local experiments
  experiment_2 = 34998, -- Local experiments
  oui_extended = 34999, -- Extended by a manufacturer's number
  goose = 35000, -- GOOSE (IEC 61850)
  sampled_values = 35002, -- Sampled values (IEC 61850)
  preauthentication = 35015, -- Pre-authentication (IEEE 802.11i)
  lldp = 35020, -- LLDP
  homeplug = 35041, -- HomePlug AV
  media_redundancy = 35043, -- Media redundancy (IEC 62439)
  macsec = 35045, -- MACsec
  provider_backbone = 35047, -- Provider backbone bridge (IEEE 802.1ah)
  mvrp = 35061, -- VLAN registration
  ptp = 35063, -- Precision time protocol
  prp = 35067, -- Parallel redundancy
  cfm = 35074, -- Connectivity fault management
  fcoe = 35078, -- Fibre Channel over Ethernet
  fip = 35092, -- FCoE initialisation
  roce = 35093, -- RDMA over Ethernet
  hsr = 35119, -- High-availability seamless redundancy
  ieee_1905 = 35130, -- IEEE 1905
  nsh = 35151, -- Network service header
  loopback = 36864, -- Configuration test
  old_qinq = 37120, -- VLAN tag, as used before IEEE 802.1ad
}

-- Error numbers of FreeBSD, see errno(2).
local ERRNO = {
  [1] = "EPERM", -- Operation not permitted
  [2] = "ENOENT", -- No such file
  [3] = "ESRCH", -- No such process, or no such route
  [4] = "EINTR", -- Interrupted
  [5] = "EIO", -- Input or output failed
  [6] = "ENXIO", -- Device not there
  [7] = "E2BIG", -- As in errno(2)
  [8] = "ENOEXEC", -- As in errno(2)
  [9] = "EBADF", -- As in errno(2)
  [10] = "ECHILD", -- As in errno(2)
  [11] = "EDEADLK", -- As in errno(2)
  [12] = "ENOMEM", -- No memory
  [13] = "EACCES", -- Refused, as by a firewall
  [14] = "EFAULT", -- As in errno(2)
  [15] = "ENOTBLK", -- As in errno(2)
  [16] = "EBUSY", -- Busy
  [17] = "EEXIST", -- Exists already
  [18] = "EXDEV", -- As in errno(2)
  [19] = "ENODEV", -- The device cannot do this
  [20] = "ENOTDIR", -- As in errno(2)
  [21] = "EISDIR", -- As in errno(2)
  [22] = "EINVAL", -- Invalid
  [23] = "ENFILE", -- As in errno(2)
  [24] = "EMFILE", -- As in errno(2)
  [25] = "ENOTTY", -- As in errno(2)
  [26] = "ETXTBSY", -- As in errno(2)
  [27] = "EFBIG", -- As in errno(2)
  [28] = "ENOSPC", -- No space
  [29] = "ESPIPE", -- As in errno(2)
  [30] = "EROFS", -- As in errno(2)
  [31] = "EMLINK", -- As in errno(2)
  [32] = "EPIPE", -- Nobody reads the pipe
  [33] = "EDOM", -- As in errno(2)
  [34] = "ERANGE", -- As in errno(2)
  [35] = "EAGAIN", -- Not now
  [36] = "EINPROGRESS", -- As in errno(2)
  [37] = "EALREADY", -- As in errno(2)
  [38] = "ENOTSOCK", -- As in errno(2)
  [39] = "EDESTADDRREQ", -- No destination
  [40] = "EMSGSIZE", -- Too long for the interface or socket
  [41] = "EPROTOTYPE", -- As in errno(2)
  [42] = "ENOPROTOOPT", -- As in errno(2)
  [43] = "EPROTONOSUPPORT", -- Protocol not supported
  [44] = "ESOCKTNOSUPPORT", -- As in errno(2)
  [45] = "EOPNOTSUPP", -- Not supported
  [46] = "EPFNOSUPPORT", -- Protocol family not supported
  [47] = "EAFNOSUPPORT", -- Address family not supported
  [48] = "EADDRINUSE", -- Address in use
  [49] = "EADDRNOTAVAIL", -- No interface has this address
  [50] = "ENETDOWN", -- The interface is down
  [51] = "ENETUNREACH", -- No route to the network
  [52] = "ENETRESET", -- As in errno(2)
  [53] = "ECONNABORTED", -- Connection aborted
  [54] = "ECONNRESET", -- Connection reset by the peer
  [55] = "ENOBUFS", -- No buffer, or a full queue
  [56] = "EISCONN", -- Already connected
  [57] = "ENOTCONN", -- Not connected
  [58] = "ESHUTDOWN", -- Shut down
  [59] = "ETOOMANYREFS", -- As in errno(2)
  [60] = "ETIMEDOUT", -- No answer in time
  [61] = "ECONNREFUSED", -- Connection refused
  [62] = "ELOOP", -- As in errno(2)
  [63] = "ENAMETOOLONG", -- As in errno(2)
  [64] = "EHOSTDOWN", -- The host does not answer
  [65] = "EHOSTUNREACH", -- No route to the host
  [66] = "ENOTEMPTY", -- As in errno(2)
  [67] = "EPROCLIM", -- As in errno(2)
  [68] = "EUSERS", -- As in errno(2)
  [69] = "EDQUOT", -- As in errno(2)
  [70] = "ESTALE", -- As in errno(2)
  [71] = "EREMOTE", -- As in errno(2)
  [72] = "EBADRPC", -- As in errno(2)
  [73] = "ERPCMISMATCH", -- As in errno(2)
  [74] = "EPROGUNAVAIL", -- As in errno(2)
  [75] = "EPROGMISMATCH", -- As in errno(2)
  [76] = "EPROCUNAVAIL", -- As in errno(2)
  [77] = "ENOLCK", -- As in errno(2)
  [78] = "ENOSYS", -- As in errno(2)
  [79] = "EFTYPE", -- As in errno(2)
  [80] = "EAUTH", -- As in errno(2)
  [81] = "ENEEDAUTH", -- As in errno(2)
  [82] = "EIDRM", -- As in errno(2)
  [83] = "ENOMSG", -- As in errno(2)
  [84] = "EOVERFLOW", -- As in errno(2)
  [85] = "ECANCELED", -- Cancelled
  [86] = "EILSEQ", -- As in errno(2)
  [87] = "ENOATTR", -- As in errno(2)
  [88] = "EDOOFUS", -- As in errno(2)
  [89] = "EBADMSG", -- As in errno(2)
  [90] = "EMULTIHOP", -- As in errno(2)
  [91] = "ENOLINK", -- As in errno(2)
  [92] = "EPROTO", -- Protocol error
  [93] = "ENOTCAPABLE", -- As in errno(2)
  [94] = "ECAPMODE", -- As in errno(2)
  [95] = "ENOTRECOVERABLE", -- As in errno(2)
  [96] = "EOWNERDEAD", -- As in errno(2)
  [97] = "EINTEGRITY", -- As in errno(2)
}

-- What functions tell of the end of a packet, as normal_ends.txt has it.
local END_RULES = {
  ["IFQ_DEQUEUE"] = { seen = "transmitted" },
  ["IFQ_DEQUEUE_NOLOCK"] = { seen = "transmitted" },
  ["IFQ_DRV_DEQUEUE"] = { seen = "transmitted" },
  ["IFQ_ENQUEUE"] = { seen = "transmitted" },
  ["IFQ_HANDOFF"] = { seen = "transmitted" },
  ["IFQ_HANDOFF_ADJ"] = { seen = "transmitted" },
  ["IF_DEQUEUE"] = { seen = "transmitted" },
  ["IF_ENQUEUE"] = { seen = "transmitted" },
  ["IF_HANDOFF"] = { seen = "transmitted", values = { ["1"] = "transmitted", ["0"] = "dropped" } },
  ["IF_HANDOFF_ADJ"] = { seen = "transmitted", values = { ["1"] = "transmitted", ["0"] = "dropped" } },
  ["NG_FREE_ITEM"] = { helper = true },
  ["NG_FREE_M"] = { helper = true },
  ["_IF_DEQUEUE"] = { seen = "transmitted" },
  ["_IF_ENQUEUE"] = { seen = "transmitted" },
  ["altq_enqueue"] = { seen = "transmitted" },
  ["arpresolve_full"] = { held = "dropped" },
  ["bbr_do_segment"] = { seen = "delivered" },
  ["bbr_do_segment_nounlock"] = { seen = "delivered" },
  ["bpf_mtap"] = { helper = true },
  ["bpf_mtap2"] = { helper = true },
  ["bpf_mtap2_if"] = { helper = true },
  ["bpf_mtap_if"] = { helper = true },
  ["bpf_tap"] = { helper = true },
  ["bpf_tap_if"] = { helper = true },
  ["bridge_enqueue"] = { seen = "transmitted" },
  ["bridge_pfil"] = { values = { ["-1"] = "dropped" } },
  ["bridge_transmit"] = { seen = "transmitted" },
  ["carp6_input"] = { seen = "delivered" },
  ["carp_input"] = { seen = "delivered" },
  ["carp_input_c"] = { seen = "delivered" },
  ["crypto_dispatch"] = { held = "unknown" },
  ["crypto_dispatch_async"] = { held = "unknown" },
  ["crypto_dispatch_batch"] = { held = "unknown" },
  ["ctf_do_queued_segments"] = { seen = "delivered" },
  ["ctf_process_inbound_raw"] = { seen = "delivered" },
  ["discoutput"] = { seen = "dropped" },
  ["dn_enqueue"] = { held = "unknown" },
  ["drbr_advance"] = { seen = "transmitted" },
  ["drbr_dequeue"] = { seen = "transmitted" },
  ["drbr_dequeue_cond"] = { seen = "transmitted" },
  ["drbr_enqueue"] = { seen = "transmitted" },
  ["drbr_flush"] = { seen = "dropped" },
  ["drbr_putback"] = { seen = "transmitted" },
  ["dummynet_io"] = { held = "unknown" },
  ["epair_menq"] = { seen = "transmitted" },
  ["epair_transmit"] = { seen = "transmitted" },
  ["ether_bpf_mtap_if"] = { helper = true },
  ["ether_output"] = { returned = "transmitted" },
  ["ether_output_frame"] = { seen = "transmitted" },
  ["frag6_freef"] = { seen = "dropped" },
  ["frag6_input"] = { held = "absorbed", limit = 60000000000 },
  ["icmp6_error"] = { seen = "dropped" },
  ["icmp6_error2"] = { seen = "dropped" },
  ["icmp6_input"] = { seen = "delivered" },
  ["icmp6_redirect_input"] = { seen = "delivered" },
  ["icmp6_reflect"] = { revives = true },
  ["icmp6_rip6_input"] = { seen = "delivered" },
  ["icmp_error"] = { seen = "dropped" },
  ["icmp_reflect"] = { revives = true },
  ["ieee80211_parent_xmitpkt"] = { seen = "transmitted" },
  ["ieee80211_vap_xmitpkt"] = { seen = "transmitted" },
  ["if_dequeue"] = { seen = "transmitted" },
  ["if_handoff"] = { seen = "transmitted", values = { ["1"] = "transmitted", ["0"] = "dropped" } },
  ["if_qflush"] = { seen = "dropped" },
  ["if_transmit"] = { seen = "transmitted" },
  ["if_transmit_default"] = { seen = "transmitted" },
  ["ifdead_input"] = { seen = "dropped" },
  ["ifdead_output"] = { seen = "dropped" },
  ["ifdead_transmit"] = { seen = "dropped" },
  ["iflib_completed_tx_reclaim"] = { seen = "transmitted" },
  ["iflib_encap"] = { seen = "transmitted" },
  ["iflib_if_transmit"] = { seen = "transmitted" },
  ["iflib_simple_transmit"] = { seen = "transmitted" },
  ["iflib_tx_desc_free"] = { seen = "transmitted" },
  ["ifmp_ring_enqueue"] = { seen = "transmitted" },
  ["ifq_dequeue"] = { seen = "transmitted" },
  ["igmp_input"] = { seen = "delivered" },
  ["igmp_input_v1_query"] = { seen = "delivered" },
  ["igmp_input_v1_report"] = { seen = "delivered" },
  ["igmp_input_v2_query"] = { seen = "delivered" },
  ["igmp_input_v2_report"] = { seen = "delivered" },
  ["igmp_input_v3_query"] = { seen = "delivered" },
  ["in6_delayed_cksum"] = { helper = true },
  ["in_arpinput"] = { drops = { ["reply is used up"] = "delivered" } },
  ["in_delayed_cksum"] = { helper = true },
  ["infiniband_output"] = { returned = "transmitted" },
  ["ip_reass"] = { held = "absorbed", limit = 30000000000 },
  ["ipfw_check_frame"] = { values = { ["1"] = "dropped", ["PFIL_DROPPED"] = "dropped" } },
  ["ipfw_check_packet"] = { values = { ["1"] = "dropped", ["PFIL_DROPPED"] = "dropped", ["deny"] = "dropped" } },
  ["ipfw_chk"] = { values = { ["1"] = "dropped", ["IP_FW_DENY"] = "dropped" } },
  ["ipq_drop"] = { seen = "dropped" },
  ["lagg_enqueue"] = { seen = "transmitted" },
  ["lagg_transmit"] = { seen = "transmitted" },
  ["lagg_transmit_ethernet"] = { seen = "transmitted" },
  ["lagg_transmit_infiniband"] = { seen = "transmitted" },
  ["llentry_free"] = { seen = "dropped" },
  ["lltable_append_entry_queue"] = { held = "dropped" },
  ["lltable_drop_entry_queue"] = { seen = "dropped" },
  ["m_cat"] = { helper = true },
  ["m_catpkt"] = { helper = true },
  ["m_collapse"] = { helper = true },
  ["m_defrag"] = { seen = "absorbed" },
  ["m_demote"] = { helper = true },
  ["m_demote_pkthdr"] = { helper = true },
  ["m_free"] = { helper = true },
  ["m_free_raw"] = { helper = true },
  ["m_freem"] = { helper = true },
  ["m_freemp"] = { helper = true },
  ["m_tag_delete"] = { helper = true },
  ["m_tag_delete_chain"] = { helper = true },
  ["m_tag_delete_nonpersistent"] = { helper = true },
  ["m_tag_free"] = { helper = true },
  ["m_tag_free_default"] = { helper = true },
  ["m_unshare"] = { seen = "absorbed" },
  ["mb_dtor_mbuf"] = { helper = true },
  ["mb_dtor_pack"] = { helper = true },
  ["mb_free_ext"] = { helper = true },
  ["mb_free_extpg"] = { helper = true },
  ["mb_free_mext_pgs"] = { helper = true },
  ["mb_free_notready"] = { helper = true },
  ["mbufq_drain"] = { seen = "dropped" },
  ["mbufq_enqueue"] = { held = "unknown" },
  ["mld_input"] = { seen = "delivered" },
  ["mld_v1_input_query"] = { seen = "delivered" },
  ["mld_v1_input_report"] = { seen = "delivered" },
  ["mld_v2_input_query"] = { seen = "delivered" },
  ["nd6_hold"] = { held = "dropped" },
  ["nd6_na_input"] = { seen = "delivered" },
  ["nd6_ns_input"] = { seen = "delivered" },
  ["nd6_ra_input"] = { seen = "delivered" },
  ["nd6_resolve_slow"] = { held = "dropped" },
  ["nd6_rs_input"] = { seen = "delivered" },
  ["netisr_queue"] = { held = "unknown" },
  ["netisr_queue_internal"] = { held = "unknown" },
  ["netisr_queue_src"] = { held = "unknown" },
  ["netisr_queue_workstream"] = { held = "unknown" },
  ["netmap_transmit"] = { seen = "transmitted" },
  ["ng_free_item"] = { helper = true },
  ["ng_queue_rw"] = { held = "unknown" },
  ["pf_check_in"] = { values = { ["1"] = "dropped", ["PFIL_DROPPED"] = "dropped" } },
  ["pf_check_out"] = { values = { ["1"] = "dropped", ["PFIL_DROPPED"] = "dropped" } },
  ["pf_test"] = { values = { ["1"] = "dropped", ["PF_DROP"] = "dropped" } },
  ["pf_test6"] = { values = { ["1"] = "dropped", ["PF_DROP"] = "dropped" } },
  ["pfil_mbuf_in"] = { values = { ["1"] = "dropped", ["PFIL_DROPPED"] = "dropped" } },
  ["pfil_mbuf_out"] = { values = { ["1"] = "dropped", ["PFIL_DROPPED"] = "dropped" } },
  ["pfil_mem_in"] = { values = { ["1"] = "dropped", ["PFIL_DROPPED"] = "dropped" } },
  ["pfil_run_hooks"] = { values = { ["1"] = "dropped", ["PFIL_DROPPED"] = "dropped" } },
  ["pfsync6_input"] = { seen = "delivered" },
  ["pfsync_input"] = { seen = "delivered" },
  ["rack_do_segment"] = { seen = "delivered" },
  ["rack_do_segment_nounlock"] = { seen = "delivered" },
  ["rip6_append"] = { seen = "delivered" },
  ["rip_append"] = { seen = "delivered" },
  ["sbappend"] = { revives = true, seen = "delivered" },
  ["sbappend_locked"] = { revives = true, seen = "delivered" },
  ["sbappend_locked_internal"] = { revives = true, seen = "delivered" },
  ["sbappendaddr"] = { revives = true, seen = "delivered", values = { ["0"] = "dropped" } },
  ["sbappendaddr_locked"] = { revives = true, seen = "delivered", values = { ["0"] = "dropped" } },
  ["sbappendaddr_locked_internal"] = { revives = true, seen = "delivered", values = { ["0"] = "dropped" } },
  ["sbappendaddr_nospacecheck_locked"] = { revives = true, seen = "delivered", values = { ["0"] = "dropped" } },
  ["sbappendcontrol"] = { revives = true, seen = "delivered", values = { ["0"] = "dropped" } },
  ["sbappendcontrol_locked"] = { revives = true, seen = "delivered" },
  ["sbappendrecord"] = { revives = true, seen = "delivered" },
  ["sbappendrecord_locked"] = { revives = true, seen = "delivered" },
  ["sbappendstream"] = { revives = true, seen = "delivered" },
  ["sbappendstream_locked"] = { revives = true, seen = "delivered" },
  ["sbcompress"] = { revives = true, seen = "delivered" },
  ["sctp_common_input_processing"] = { seen = "delivered" },
  ["soreceive"] = { seen = "delivered" },
  ["soreceive_dgram"] = { seen = "delivered" },
  ["soreceive_generic"] = { seen = "delivered" },
  ["soreceive_generic_locked"] = { seen = "delivered" },
  ["soreceive_stream"] = { seen = "delivered" },
  ["soreceive_stream_locked"] = { seen = "delivered" },
  ["syncache_add"] = { seen = "delivered" },
  ["syncache_badack"] = { seen = "delivered" },
  ["syncache_chkrst"] = { seen = "delivered" },
  ["tcp_do_segment"] = { seen = "delivered" },
  ["tcp_dropwithreset"] = { seen = "dropped" },
  ["tcp_reass"] = { seen = "delivered" },
  ["tcp_respond"] = { revives = true, seen = "dropped" },
  ["tcp_tw_2msl_scan"] = { seen = "delivered" },
  ["tcp_twstart"] = { seen = "delivered" },
  ["tunread"] = { seen = "transmitted" },
  ["udp6_append"] = { seen = "delivered" },
  ["udp_append"] = { seen = "delivered" },
  ["uipc_soreceive_dgram"] = { seen = "delivered" },
  ["uma_zfree"] = { helper = true },
  ["uma_zfree_arg"] = { helper = true },
  ["vlan_transmit"] = { seen = "transmitted" },
  ["vtnet_txq_encap"] = { seen = "transmitted" },
  ["vtnet_txq_mq_start"] = { seen = "transmitted" },
  ["vtnet_txq_mq_start_locked"] = { seen = "transmitted" },
  ["vtnet_txq_offload"] = { seen = "transmitted" },
}

-- What can be wrong with a frame.
local FAULTS = {
  no_count = {
    severity = "malformed",
    doc = "The packet is too short to hold the count field",
  },
  records_missing = {
    severity = "malformed",
    doc = "The count promises more records than there are; the whole ones are kept",
  },
  record_header_cut = {
    severity = "malformed",
    doc = "The frame ends inside a record's header; the records before it are kept",
  },
  record_cut = {
    severity = "malformed",
    doc = "A record's length reaches past the end of the frame; the records before it are kept",
  },
  length_wrapped = {
    severity = "malformed",
    doc = "A record's length seems to have wrapped at 65,536, as a large TSO snapshot makes it; what lies "
      .. "behind it is not read",
  },
  records_uncounted = {
    severity = "malformed",
    doc = "The bytes after the last counted record would parse as more records; the count is believed",
  },
  trailing_bytes = {
    severity = "malformed",
    doc = "Bytes follow the last record",
  },
  little_endian = {
    severity = "malformed",
    doc = "The headers are in little-endian byte order",
  },
  frame_header_cut = {
    severity = "malformed",
    doc = "The frame header of revision 4 is shorter than its fields",
  },
  bad_magic = {
    severity = "malformed",
    doc = "The frame header of revision 4 does not begin with `mtrc`",
  },
  unsupported_major = {
    severity = "malformed",
    doc = "The frame is of another major revision; its events are not read",
  },
  repeated_frame_header = {
    severity = "malformed",
    doc = "A frame header that is not the first record",
  },
  event_header_cut = {
    severity = "malformed",
    doc = "A record is too short for the event header of its type; it is kept as unknown",
  },
  event_body_cut = {
    severity = "malformed",
    doc = "A record is too short for the body of its type; it is kept as unknown",
  },
  not_a_trace = {
    severity = "malformed",
    doc = "Nothing in the packet looks like an mbuf_trace frame",
  },
  cut_by_capture = {
    severity = "note",
    doc = "The capture kept fewer bytes than the frame had (tcpdump -s); the last record is short",
  },
}

local PROTOCOL_DOC = "mbuf_trace packet trace"

-- Display fields with one value in a packet.
local field = {
  revision = ProtoField.uint8("mbuf_trace.revision", "Revision", base.DEC, nil, nil,
    "Revision of the record format, 1 to 4"),
  revision_guessed = ProtoField.bool("mbuf_trace.revision_guessed", "Revision guessed", base.NONE, nil, nil,
    "Whether the revision is a guess: nothing in the frame or before it made it certain"),
  order = ProtoField.string("mbuf_trace.order", "Order", base.NONE,
    "How the records lie on the wire: newest_first or oldest_first"),
  count = ProtoField.uint16("mbuf_trace.count", "Count", base.DEC, nil, nil,
    "Records that the frame announces"),
  path = ProtoField.string("mbuf_trace.path", "Path", base.NONE,
    "Functions that handled the packet (events enter and function), oldest first, joined by ' > '"),
  last_function = ProtoField.string("mbuf_trace.last_function", "Last function", base.NONE,
    "Function of the newest event that has one"),
  fate = ProtoField.string("mbuf_trace.fate", "Fate", base.NONE,
    "What became of the packet: delivered, transmitted, absorbed, dropped or unknown"),
  end_function = ProtoField.string("mbuf_trace.end_function", "End function", base.NONE,
    "Function where the packet ended; absent where the newest events may be missing"),
  drop = ProtoField.string("mbuf_trace.drop", "Drop", base.NONE,
    "Why the packet was dropped: the reason of the newest drop (an event of revision 4, the text 'drop: "
      .. "REASON' of older ones), empty where it gives none; absent where no drop was recorded"),
  fault = ProtoField.string("mbuf_trace.fault", "Fault", base.NONE,
    "Name of each fault found in the frame, as the specification lists them"),
  flags = ProtoField.uint16("mbuf_trace.flags", "Flags", base.HEX, nil, nil,
    "Flags of the frame header"),
  incomplete = ProtoField.bool("mbuf_trace.incomplete", "Incomplete", base.NONE, nil, nil,
    "Whether the trace is known to lack events: the kernel says so, it lost some, or the capture cut "
      .. "them; before revision 4 only where it is"),
  packet_id = ProtoField.uint64("mbuf_trace.packet_id", "Packet id", base.DEC, nil, nil,
    "Identity of this packet's trace; absent where it is unknown"),
  parent_id = ProtoField.uint64("mbuf_trace.parent_id", "Parent id", base.DEC, nil, nil,
    "The trace that this packet was copied, split or fragmented from; absent where there is none"),
  lost = ProtoField.uint32("mbuf_trace.lost", "Lost", base.DEC, nil, nil,
    "Events that could not be recorded"),

  -- Display fields with a value for each event that has one.
  step = ProtoField.uint32("mbuf_trace.step", "Step", base.DEC, nil, nil,
    "Number of the event, from 1, oldest first"),
  wire_index = ProtoField.uint32("mbuf_trace.wire_index", "Wire index", base.DEC, nil, nil,
    "Place of the event's record in the frame, from 0, as it was captured"),
  kind = ProtoField.string("mbuf_trace.kind", "Kind", base.NONE,
    "What the event is: data, string, static, dynamic, position, function, enter, leave, start, drop or "
      .. "unknown"),
  record_type = ProtoField.uint16("mbuf_trace.record_type", "Record type", base.HEX, nil, nil,
    "Type of the record"),
  length = ProtoField.uint16("mbuf_trace.length", "Length", base.DEC, nil, nil,
    "Length of the record's payload in bytes, as the record says it"),
  data = ProtoField.string("mbuf_trace.data", "Data", base.NONE,
    "The whole text of the event: position, sign, function and arguments, or free text"),
  text = ProtoField.string("mbuf_trace.text", "Text", base.NONE,
    "The text of the event without its position"),
  file = ProtoField.string("mbuf_trace.file", "File", base.NONE,
    "Source file that recorded the event"),
  line = ProtoField.uint32("mbuf_trace.line", "Line", base.DEC, nil, nil,
    "Line in the source file"),
  func = ProtoField.string("mbuf_trace.function", "Function", base.NONE,
    "Function that recorded the event"),
  args = ProtoField.string("mbuf_trace.args", "Args", base.NONE,
    "Arguments of the function as text"),
  age = ProtoField.uint64("mbuf_trace.age", "Age", base.DEC, nil, nil,
    "Nanoseconds before the packet's capture time; absent where it is unknown"),
  thread = ProtoField.uint32("mbuf_trace.thread", "Thread", base.DEC, nil, nil,
    "Thread that recorded the event; absent where it is unknown"),
  vnet = ProtoField.uint32("mbuf_trace.vnet", "Vnet", base.DEC, nil, nil,
    "Virtual network stack; 0 is the default one, or unknown"),
  cpu = ProtoField.uint16("mbuf_trace.cpu", "Cpu", base.DEC, nil, nil,
    "CPU that recorded the event; absent where it is unknown"),
  event_flags = ProtoField.uint16("mbuf_trace.event_flags", "Event flags", base.HEX, nil, nil,
    "Flags of the event header; none are defined yet"),
  origin = ProtoField.uint16("mbuf_trace.origin", "Origin", base.DEC, ORIGIN, nil,
    "What switched tracing on for this packet"),
  errno = ProtoField.uint16("mbuf_trace.errno", "Errno", base.DEC, ERRNO, nil,
    "Error number that goes with the drop; absent where it is 0"),
  bytes = ProtoField.bytes("mbuf_trace.bytes", "Bytes", base.NONE,
    "Bytes of a snapshot, or of a record that could not be read"),
  link_type = ProtoField.uint16("mbuf_trace.link_type", "Link type", base.DEC, nil, nil,
    "Link type of a snapshot: 1 is Ethernet, 101 raw IP, 65535 no header that is known"),
  packet_length = ProtoField.uint32("mbuf_trace.packet_length", "Packet length", base.DEC, nil, nil,
    "Length of the whole packet (m_pkthdr.len) at the moment of a snapshot"),
  snapshot_changed = ProtoField.bool("mbuf_trace.snapshot.changed", "Snapshot changed", base.NONE, nil, nil,
    "Whether a snapshot differs from the one before it in the same trace; absent on the first, and where "
      .. "the kernel or the capture cut off what would tell"),
}

local FIELD_LIST = {
  field.revision,
  field.revision_guessed,
  field.order,
  field.count,
  field.path,
  field.last_function,
  field.fate,
  field.end_function,
  field.drop,
  field.fault,
  field.flags,
  field.incomplete,
  field.packet_id,
  field.parent_id,
  field.lost,
  field.step,
  field.wire_index,
  field.kind,
  field.record_type,
  field.length,
  field.data,
  field.text,
  field.file,
  field.line,
  field.func,
  field.args,
  field.age,
  field.thread,
  field.vnet,
  field.cpu,
  field.event_flags,
  field.origin,
  field.errno,
  field.bytes,
  field.link_type,
  field.packet_length,
  field.snapshot_changed,
}

-- Colouring rules to import or to copy into the profile's file colorfilters.
local COLOURING_RULES = [[
@mbuf_trace: malformed@mbuf_trace.fault && !(mbuf_trace.fault == "cut_by_capture")@[52428,0,0][65535,65535,65535]
@mbuf_trace: dropped@mbuf_trace.drop@[65535,52428,52428][20560,0,0]
@mbuf_trace: trace incomplete@mbuf_trace.incomplete == 1 || mbuf_trace.lost > 0@[65535,62194,47802][16448,16448,16448]
@mbuf_trace: packet changed on its way@mbuf_trace.snapshot.changed == 1@[56797,60395,65535][0,0,40000]
]]

----------------------------------------------------------------------------------------------------------
-- Text: UTF-8, escaping, and the grammar of what the kernel writes.
--
-- Character classes such as %a and %s depend on the locale, so none are used here.

-- Length of the UTF-8 character at position `at` of `text`, which ends at `last`. Where there is none:
-- nil, and whether more bytes could have made it one.
local function utf8_length(text, at, last)
  local lead = byte(text, at)
  if lead < 0x80 then
    return 1
  end
  local length
  local low, high = 0x80, 0xbf
  if lead >= 0xc2 and lead <= 0xdf then
    length = 2
  elseif lead >= 0xe0 and lead <= 0xef then
    length = 3
    if lead == 0xe0 then low = 0xa0 elseif lead == 0xed then high = 0x9f end
  elseif lead >= 0xf0 and lead <= 0xf4 then
    length = 4
    if lead == 0xf0 then low = 0x90 elseif lead == 0xf4 then high = 0x8f end
  else
    return nil, false
  end
  for place = at + 1, at + length - 1 do
    if place > last then
      return nil, true
    end
    local follower = byte(text, place)
    if follower < low or follower > high then
      return nil, false
    end
    low, high = 0x80, 0xbf
  end
  return length
end

-- Code point of the character of `length` bytes at position `at`.
local function code_point(text, at, length)
  if length == 1 then
    return byte(text, at)
  end
  local point = byte(text, at) % 2 ^ (7 - length)
  for place = at + 1, at + length - 1 do
    point = point * 64 + byte(text, place) % 64
  end
  return point
end

-- Characters that are valid and still change how a terminal shows their neighbours, or hide: C1 controls,
-- separators, bidirectional formatting, annotations, and all that Unicode lets a display ignore. First and last.
local UNSAFE = {
  { 0x7f, 0x9f }, { 0xad, 0xad }, { 0x34f, 0x34f }, { 0x61c, 0x61c }, { 0x115f, 0x1160 }, { 0x17b4, 0x17b5 },
  { 0x180b, 0x180f }, { 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0x3164, 0x3164 },
  { 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 }, { 0xfff0, 0xfffb }, { 0x1bca0, 0x1bca3 },
  { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
}

local function is_unsafe(point)
  for _, range in ipairs(UNSAFE) do
    if point <= range[2] then
      return point >= range[1]
    end
  end
  return false
end

local ESCAPES = { ["\n"] = "\\n", ["\t"] = "\\t", ["\r"] = "\\r", ["\\"] = "\\\\" }

local function escape(text)
  local out, at, last = {}, 1, #text
  while at <= last do
    local length = utf8_length(text, at, last)
    local letter = sub(text, at, at + (length or 1) - 1)
    if not length then
      letter = format("\\x%02x", byte(letter))
    elseif ESCAPES[letter] then
      letter = ESCAPES[letter]
    else
      local point = code_point(text, at, length)
      if point < 0x20 or point == 0x7f then
        letter = format("\\x%02x", point)
      elseif is_unsafe(point) then
        letter = format("\\u{%x}", point)
      end
    end
    out[#out + 1] = letter
    at = at + (length or 1)
  end
  return concat(out)
end

-- The text as Wireshark can hold it: itself, or escaped where it has a NUL or is not UTF-8.
local function clean(text)
  if not find(text, "[\0\128-\255]") then
    return text
  end
  local at, last = 1, #text
  while at <= last do
    local length = utf8_length(text, at, last)
    if not length or byte(text, at) == 0 then
      return escape(text)
    end
    at = at + length
  end
  return text
end

-- The text for a label, a column or a terminal, where nothing may act: always escaped.
local function display(text)
  if find(text, "[^ -%[%]-~]") then
    return escape(text)
  end
  return text
end

-- A number with its noun: 1 event, 2 events.
local function counted(number, noun)
  return format("%d %s%s", number, noun, number == 1 and "" or "s")
end

-- A position that the text begins with: file, line, how many digits that has, and where what follows begins.
local function leading_position(text, from)
  local file, digits, rest = match(text, "^([^:\0-\32\127]+):([1-9][0-9]*)()", from)
  if not file then
    return nil
  elseif find(file, "/", 1, true) then
    if byte(file, -1) == 47 then
      return nil
    end
  elseif not find(file, "^.+%.[A-Za-z][A-Za-z0-9]?[A-Za-z0-9]?[A-Za-z0-9]?$") then
    return nil
  end
  local line = tonumber(digits)
  if line > 4294967295 then
    return nil
  end
  if rest <= #text then
    local colon, space = byte(text, rest, rest + 1)
    if colon ~= 58 or space ~= 32 then
      return nil
    end
    rest = rest + 2
  end
  return file, line, #digits, rest
end

-- Takes a trace text apart, into the event. `at` is the offset of the text in the packet. What keeps to no
-- rule of the grammar is free text, never an error; then the event keeps the kind that it has.
local function take_apart(event, text, at)
  local from = 1
  local file, line, digits, rest = leading_position(text, 1)
  if file then
    event.file, event.file_at = file, at
    event.line, event.line_at, event.line_digits = line, at + #file + 1, digits
    from = rest
    -- With kern.mbuf_trace.source_position the kernel repeats a position.
    while from <= #text do
      local again, same_line, _, after = leading_position(text, from)
      if again ~= file or same_line ~= line then
        break
      end
      from = after
    end
    if from > #text then
      event.kind = "position"
      return
    end
  end
  event.text, event.text_at = from > 1 and sub(text, from) or text, at + from - 1
  local kind, call = "function", from
  local sign = byte(text, from)
  if sign == 43 then
    kind, call = "enter", from + 1
  elseif sign == 45 then
    kind, call = "leave", from + 1
  end
  local name = match(text, "^[A-Za-z_][A-Za-z0-9_]*", call)
  if not name then
    return
  end
  local after = call + #name
  if after <= #text then
    -- Balanced parentheses around all that is left.
    local _, last = find(text, "^%b()", after)
    if last ~= #text then
      return
    end
    event.args, event.args_at = sub(text, after + 1, -2), at + after
  end
  event.kind, event.func, event.func_at = kind, name, at + call - 1
end

----------------------------------------------------------------------------------------------------------
-- What bytes look like: text, an Ethernet frame, an IP packet, ARP.

local function u16(raw, at)
  local high, low = byte(raw, at + 1, at + 2)
  return high * 256 + low
end

local function u32(raw, at)
  local a, b, c, d = byte(raw, at + 1, at + 4)
  return ((a * 256 + b) * 256 + c) * 256 + d
end

-- UTF-8 without control characters but white space. The last character may be cut.
local function is_printable(text)
  if not find(text, "[^ -~]") then
    return true
  end
  local at, last = 1, #text
  while at <= last do
    local length, is_cut = utf8_length(text, at, last)
    if not length then
      return is_cut
    end
    local point = code_point(text, at, length)
    if (point < 0x20 or point >= 0x7f and point <= 0x9f) and not (point >= 9 and point <= 13 or point == 0x85) then
      return false
    end
    at = at + length
  end
  return true
end

-- Whether a payload is text as the kernel writes it: printable, not empty, with one NUL at its end.
local function is_text(raw, at, length)
  -- Most text is ASCII: one pattern decides.
  local _, last = find(raw, "^[ -~]+\0", at + 1)
  if last == at + length then
    return true
  end
  return length > 1 and byte(raw, at + length) == 0 and is_printable(sub(raw, at + 1, at + length - 1))
end

-- Length of an Ethernet header without VLAN tags.
local ETHERNET_HEADER = 14

-- IPv4, ARP, IPv6 and the two VLAN tags.
local ETHERTYPES = { [0x0800] = true, [0x0806] = true, [0x86dd] = true, [0x8100] = true, [0x88a8] = true }

local function has_known_ethertype(raw, at, length)
  return length >= ETHERNET_HEADER and ETHERTYPES[u16(raw, at + 12)] or false
end

-- The Internet checksum over bytes that include their own: whether it is right.
local function checksum_is_right(raw, at, length)
  local sum = 0
  for place = at, at + length - 2, 2 do
    sum = sum + u16(raw, place)
  end
  sum = sum % 65536 + (sum - sum % 65536) / 65536
  sum = sum % 65536 + (sum - sum % 65536) / 65536
  return sum == 0xffff
end

-- Whether the bytes are consistent as an IPv4 or IPv6 packet from their first one on. `recorded` tells how many
-- there were before the capture cut them.
local function starts_with_ip(raw, at, length, recorded)
  if length < ETHERNET_HEADER then
    return false
  end
  local first, said = byte(raw, at + 1), nil
  if first >= 0x40 and first <= 0x4f then
    local header, total = (first - 0x40) * 4, u16(raw, at + 2)
    -- A total of 0 stands in segments that the card has yet to cut (TSO).
    if header < 20 or header > recorded or total ~= 0 and total < header then
      return false
    end
    if header <= length then
      if checksum_is_right(raw, at, header) then
        return true
      elseif u16(raw, at + 10) ~= 0 then
        return false
      end
    end
    -- A checksum that the card has yet to fill in is 0, and part of the header may be cut off.
    said = total
  elseif first >= 0x60 and first <= 0x6f then
    said = u16(raw, at + 4) + 40
  end
  return said == recorded and not has_known_ethertype(raw, at, length)
end

-- The EtherTypes that are in use, and the LLC headers.
local USED_ETHERTYPES = {}
for _, code in pairs(ETHER_TYPE) do
  USED_ETHERTYPES[code] = true
end
local USED_LLC = {
  ["\xaa\xaa\x03"] = true, ["\x42\x42\x03"] = true, ["\xe0\xe0\x03"] = true, ["\xf0\xf0\x03"] = true,
  ["\xfe\xfe\x03"] = true,
}

-- Whether the bytes, the first of `whole`, are an ARP packet for IPv4 over Ethernet.
local function starts_with_arp(raw, at, length, whole)
  return length >= 8 and whole >= 28 and sub(raw, at + 1, at + 7) == "\0\1\8\0\6\4\0"
    and byte(raw, at + 8) >= 1 and byte(raw, at + 8) <= 9
end

-- Whether everything but the checksum says IPv4, up to the padding of Ethernet.
local function is_ipv4_with_a_wrong_checksum(raw, at, length, recorded)
  if length < ETHERNET_HEADER then
    return false
  end
  local first, total = byte(raw, at + 1), u16(raw, at + 2)
  local header = (first - 0x40) * 4
  return first >= 0x45 and first <= 0x4f and total >= header and length >= header
    and (total == recorded or total < recorded and recorded == 46)
    and not USED_ETHERTYPES[u16(raw, at + 12)]
end

local function starts_with_ethernet(raw, at, length)
  if length < ETHERNET_HEADER then
    return false
  end
  local code = u16(raw, at + 12)
  if code >= 3 and code <= 1500 then
    return length >= 17 and USED_LLC[sub(raw, at + 15, at + 17)]
      or length >= 16 and sub(raw, at + 15, at + 16) == "\xff\xff" or false
  end
  return USED_ETHERTYPES[code] or false
end

-- What the bytes of a snapshot of revisions 1 to 3 begin with, as a LINKTYPE_ number.
local function recognise(raw, at, length, recorded)
  if starts_with_ip(raw, at, length, recorded) then
    return LINK_TYPE.raw_ip
  elseif starts_with_arp(raw, at, length, recorded) then
    return LINK_TYPE.no_header
  elseif is_ipv4_with_a_wrong_checksum(raw, at, length, recorded) then
    return LINK_TYPE.raw_ip
  elseif starts_with_ethernet(raw, at, length) then
    return LINK_TYPE.ethernet
  end
  return LINK_TYPE.no_header
end

-- Whether bytes that have version 6 in the place of IP's version are an IPv4 header all the same: its checksum is
-- right, for them as they are or had they version 4.
local function is_ipv4_of_version_6(raw, at, length)
  local first = length > 0 and byte(raw, at + 1) or 0
  local header = (first - 0x60) * 4
  if first < 0x65 or first > 0x6f or header > length then
    return false
  end
  local sum = 0
  for place = at, at + header - 2, 2 do
    sum = sum + u16(raw, place)
  end
  sum = sum % 65536 + (sum - sum % 65536) / 65536
  sum = sum % 65536 + (sum - sum % 65536) / 65536
  return sum == 0xffff or sum == 0x2000
end

-- Whether the bytes look like a packet that an interface could carry: IP, or Ethernet with a known
-- EtherType or the length of IEEE 802.3. `recorded` is as above.
local function looks_like_a_packet(raw, at, length, recorded)
  if starts_with_ip(raw, at, length, recorded) or has_known_ethertype(raw, at, length) then
    return true
  elseif length < ETHERNET_HEADER then
    return false
  end
  local claimed, rest = u16(raw, at + 12), recorded - ETHERNET_HEADER
  return claimed >= 3 and claimed <= 1500 and claimed <= rest and rest <= 1500
end

-- Whether a payload can be a packet: long enough for a header and not text, odd bytes in it or not.
local function can_be_a_packet(raw, at, length)
  if is_text(raw, at, length) then
    return false
  end
  if length >= ETHERNET_HEADER then
    local _, printable = string.gsub(sub(raw, at + 1, at + length), "[ -~]", "")
    if printable * 4 < length * 3 then
      return true
    end
  end
  return looks_like_a_packet(raw, at, length, length)
end

----------------------------------------------------------------------------------------------------------
-- Framing, and which revision a frame has.
--
-- Nothing in the frames of revisions 1 to 3 tells it. What decides is the structure: lengths that use up
-- the frame to the byte, strings that are text with one NUL at their end, and which types there are. A frame
-- that is certain decides for those after it, of the same interface, which leave it open.

-- How a frame can be read. A little-endian frame of revision 2 or later is a fault, but can be read.
local ENCODINGS = {}
for _, revision in ipairs({ 1, 2, 3, 4 }) do
  local typed = revision > 1
  ENCODINGS[tostring(revision)] = { revision = revision, little = false, typed = typed }
  ENCODINGS[revision .. "le"] = { revision = revision, little = true, typed = typed, reversed = typed }
end
local DEFAULT = ENCODINGS["3"]

-- The records of a frame, in the order of the wire: where they start, their lengths as they claim them and
-- their types, `whole` of them, up to the offset `finish`. `stop` tells why there are fewer than announced;
-- where it is "payload", the record that is short stands behind the last whole one.
local function walk(raw, size, typed, little)
  -- Room for a usual frame at once, as growing costs more than reading; what is behind `whole` means nothing.
  local starts = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
  local lengths = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
  local types = typed and { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 } or {}
  local a, b = byte(raw, 1, 2)
  local announced = little and b * 256 + a or a * 256 + b
  local header, at, whole, stop = typed and 4 or 2, 2, 0, nil
  while whole < announced do
    local start = at + header
    if start > size then
      stop = at < size and "header" or "nothing"
      break
    end
    local c, d
    a, b, c, d = byte(raw, at + 1, start)
    local place = whole + 1
    local length = little and b * 256 + a or a * 256 + b
    starts[place], lengths[place] = at, length
    if typed then
      types[place] = little and d * 256 + c or c * 256 + d
    end
    if start + length > size then
      stop = "payload"
      break
    end
    at, whole = start + length, place
  end
  return {
    starts = starts, lengths = lengths, types = types,
    announced = announced, whole = whole, finish = at, stop = stop,
    header = header, typed = typed, little = little,
  }
end

-- Whether a payload begins with the magic of a frame header, in whichever byte order, or is the start of it.
local function begins_with_magic(raw, at, size, whole, little)
  if not little then
    local there = min(4, size - at)
    return whole or there > 0 and sub(raw, at + 1, at + there) == sub(MAGIC, 1, there)
  end
  local start = sub(raw, at + 1, at + 4)
  return start == MAGIC or start == string.reverse(MAGIC)
end

-- How well a frame fits records with types: the encoding, whether nothing speaks against it, whether the
-- records use up the frame, how many of them make sense, and the records.
local function survey_typed(raw, size, cut, little)
  local records = walk(raw, size, true, little)
  local starts, lengths, types, whole = records.starts, records.lengths, records.types, records.whole
  local second, third, fourth, plausible = 0, 0, 0, 0
  local decisive, doubtful = false, false
  for place = 1, whole do
    local code = types[place]
    if code <= 3 then
      -- Types 0, 2 and 3 have one meaning each in revisions 2 and 3; only type 1 has two.
      local at, length = starts[place] + 4, lengths[place]
      local fits = false
      if code == TYPE.rev3_data then
        third = third + 1
        fits = not is_text(raw, at, length)
        decisive = decisive or fits
      elseif code ~= TYPE.rev3_string then
        second = second + 1
        fits = not can_be_a_packet(raw, at, length)
        decisive = decisive or fits
      elseif is_text(raw, at, length) then
        third, fits = third + 1, true
      elseif can_be_a_packet(raw, at, length) then
        -- Bytes that are no text may still be an odd string: only a real packet leaves no doubt.
        second, fits = second + 1, true
        doubtful = doubtful or not looks_like_a_packet(raw, at, length, length)
      else
        -- An odd string of revision 3, or a runt of revision 2.
        doubtful = doubtful or length > 0
      end
      if fits then
        plausible = plausible + 1
      end
    elseif code == TYPE.rev4_frame_header and place == 1
      and begins_with_magic(raw, starts[1] + 4, starts[1] + 4 + lengths[1], true, little)
    then
      -- Big-endian, the type alone says so; in the other order it is type 1 of an earlier revision.
      fourth, plausible = 1, plausible + 1
    end
  end
  local ends_well = cut
  if not records.stop then
    ends_well = records.finish == size
  elseif records.stop == "payload" and (cut or whole == 0) then
    -- A record that ends too early: its text has no NUL, its packet no end.
    local at, code = starts[whole + 1] + 4, types[whole + 1]
    local length = size - at
    local text = length > 0 and is_printable(sub(raw, at + 1, size))
    -- Of a packet that the capture cut in its first record there is nothing else to go by than the type.
    local lenient = cut and whole == 0
    local packet = looks_like_a_packet(raw, at, length, lengths[whole + 1])
    local vote, fits
    if code == TYPE.rev4_frame_header and whole == 0 and begins_with_magic(raw, at, size, false, little) then
      vote, fits = 4, true
    elseif code == TYPE.rev3_data then
      vote, fits = 3, packet
    elseif code == TYPE.rev3_string and (text or length == 0 and lenient) then
      vote, fits = 3, text
    elseif code == TYPE.rev2_data then
      vote, fits = 2, packet
    elseif code == TYPE.rev2_static or code == TYPE.rev2_dynamic then
      vote, fits = 2, text
    end
    if vote and (fits or lenient) then
      second = second + (vote == 2 and 1 or 0)
      third = third + (vote == 3 and 1 or 0)
      fourth = fourth + (vote == 4 and 1 or 0)
      plausible = plausible + 1
      -- The type's word alone makes nothing certain.
      doubtful = doubtful or not fits
    end
  end
  local agreed = fourth > 0 or (decisive or not doubtful) and (second == 0) ~= (third == 0)
  local revision = fourth > 0 and "4" or second > third and "2" or "3"
  local exact = ends_well and whole > 0
  return {
    encoding = ENCODINGS[little and revision .. "le" or revision],
    certain = ends_well and agreed,
    exact = exact,
    -- Records of unknown types count only where the whole frame makes sense. And a frame is not said to be
    -- reversed and damaged without need.
    score = exact and max(whole, plausible) or little and 0 or plausible,
    records = records,
  }
end

-- The same for revision 1: strings, then a packet.
local function survey_untyped(raw, size, cut, little)
  local records = walk(raw, size, false, little)
  local texts = 0
  for place = 1, records.whole do
    if is_text(raw, records.starts[place] + 2, records.lengths[place]) then
      texts = texts + 1
    end
  end
  local all_text = texts > 0 and texts == records.whole
  if records.stop == "payload" and cut and records.whole == 0 then
    local at = records.starts[1] + 2
    if at < size and is_printable(sub(raw, at + 1, size)) then
      texts = 1
    end
  end
  local rest = size - records.finish
  local ends_well = cut or not records.stop and (rest == 0 or looks_like_a_packet(raw, records.finish, rest, rest))
  return {
    encoding = ENCODINGS[little and "1le" or "1"],
    certain = all_text and ends_well,
    exact = all_text and not records.stop,
    score = texts,
    records = records,
  }
end

-- Whether one survey is better than another: the certain before the exact before the plausible.
local function is_better(one, other)
  if one.certain ~= other.certain then
    return one.certain
  end
  local exact = one.exact and one.score > 0
  if exact ~= (other.exact and other.score > 0) then
    return exact
  end
  return one.score > other.score
end

-- What a frame says of its own encoding: the best, whether no other fits, and the records as that has them.
-- Nil where nothing in the frame looks like a trace.
local function opinion(raw, size, original)
  local cut = size < original
  if size < 2 then
    return DEFAULT, false
  end
  local a, b, c, d = byte(raw, 1, 4)
  if a == 0 and b == 0 then
    -- No record: all that can tell is a packet where revision 1 would have one.
    if looks_like_a_packet(raw, 2, size - 2, max(size, original) - 2) then
      return ENCODINGS["1"], true
    end
    return DEFAULT, false
  end
  if cut and size < 6 then
    -- Not even the first record's header was kept.
    return DEFAULT, false
  end
  local best = survey_typed(raw, size, cut, false)
  -- The usual case. The whole frame makes sense, so revision 1 cannot have found more strings, and in
  -- reversed byte order the first record would not even fit.
  if best.certain and not cut and best.exact and best.score > 0 and d * 256 + c > size - 4 then
    return best.encoding, true, best.records
  end
  for _, other in ipairs({
    survey_untyped(raw, size, cut, false),
    survey_untyped(raw, size, cut, true),
    survey_typed(raw, size, cut, true),
  }) do
    if is_better(other, best) then
      best = other
    end
  end
  if best.score > 0 then
    return best.encoding, best.certain, best.records
  end
end

-- Which interface a packet is of. Wireshark has the number only as a field, and a file has it for all of its
-- packets or for none.
local interface_id, section_number = Field.new("frame.interface_id"), Field.new("frame.section_number")
local has_interfaces = true

local function interface_of()
  local id = has_interfaces and interface_id()
  if not id then
    has_interfaces = false
    return 0
  end
  local section = section_number()
  return section and section.value * 65536 + id.value or id.value
end

-- What each interface was found to have: its encodings and the numbers of the packets that showed them, in
-- order. Wireshark asks for packets again, in any order, and has to get the same answers.
local history = {}

local function forget_decisions()
  history, has_interfaces = {}, true
end

-- The encoding that an interface was known to have before this packet.
local function known_before(changes, number)
  local low, high = 0, changes and #changes or 0
  if high > 0 and changes[high].number < number then
    return changes[high].encoding
  end
  while low < high do
    local middle = low + high + 1
    middle = (middle - middle % 2) / 2
    if changes[middle].number < number then
      low = middle
    else
      high = middle - 1
    end
  end
  return low > 0 and changes[low].encoding or nil
end

-- The records of a frame of a known revision, where it is plain without a look at the payloads that it can be
-- no other: the records use up the frame, and one is of a type that no frame certain to be of another revision
-- has. In other framings the first payload would begin with the bytes of that type, so it would be no text.
local function records_as_known(raw, size, known)
  local _, _, c, d = byte(raw, 1, 4)
  if known.little or not known.typed or not d or d * 256 + c <= size - 4 then
    return nil
  end
  local records = walk(raw, size, true, false)
  local types, revision = records.types, known.revision
  if records.stop or records.finish ~= size or records.whole == 0 then
    return nil
  elseif revision == 4 then
    return types[1] == TYPE.rev4_frame_header and records or nil
  elseif types[1] > 0xff then
    return nil
  end
  for place = records.whole, 1, -1 do
    local code = types[place]
    if revision == 3 and code == TYPE.rev3_data
      or revision == 2 and (code == TYPE.rev2_static or code == TYPE.rev2_dynamic)
    then
      return records
    end
  end
end

-- The encoding of a frame and how that is known: "forced", "certain", "inherited" or "guessed". Nil where
-- the frame is no trace. Then the records, where they were read on the way, and what the frame itself says
-- if it was certain and the user said something else. With `quick`, "inherited" can also be "certain".
local function decide(raw, size, original, pinfo, quick)
  local forced = setting.forced
  if forced then
    local own, certain, records = opinion(raw, size, original)
    return forced, "forced", records, certain and own ~= forced and own or nil
  end
  local interface, number = interface_of(), pinfo.number
  local known = known_before(history[interface], number)
  if quick and known and size >= original then
    local records = records_as_known(raw, size, known)
    if records then
      return known, "inherited", records
    end
  end
  local own, certain, records = opinion(raw, size, original)
  if certain then
    -- A frame without records tells too little to change what is known, and reversed headers are a fault of
    -- one frame.
    if own ~= known and not own.reversed and (not known or byte(raw, 1) ~= 0 or byte(raw, 2) ~= 0)
      and not pinfo.visited
    then
      local changes = history[interface] or {}
      history[interface] = changes
      changes[#changes + 1] = { number = number, encoding = own }
    end
    return own, "certain", records
  elseif known then
    return known, "inherited", records
  end
  return own, own and "guessed", records
end

----------------------------------------------------------------------------------------------------------
-- A frame: its header, what is wrong with it, and where its events are.

-- The sentence of each fault: what, where, how much; a number may have its noun with it, in the singular. Names, severities and docs are in FAULTS.
local SENTENCES = {
  no_count = "no count field: %{needed byte} needed, %{available} available",
  records_missing = "%{missing} of %{needed record} missing at offset %{offset}",
  record_header_cut = "record %{record} at offset %{offset}: header needs %{needed byte}, %{available} available",
  record_cut = "record %{record} at offset %{offset}: %{needed byte} needed, %{available} available",
  length_wrapped = "record %{record} at offset %{offset}: its length %{available} may have wrapped at 65536 "
    .. "(really %{needed}, as a large TSO snapshot makes it)",
  records_uncounted = "the %{available byte} at offset %{offset} parse as %{needed more record} than counted",
  trailing_bytes = "%{available trailing byte} at offset %{offset}",
  little_endian = "looks little-endian: record headers in reversed byte order",
  little_endian_count = "looks little-endian: the count reads %{available}, reversed %{needed}",
  frame_header_cut = "frame header at offset %{offset}: %{needed byte} needed, %{available} available",
  bad_magic = "no frame header at offset %{offset}: magic %{found}, not %{expected}",
  unsupported_major = "frame of major revision %{available} at offset %{offset}: only %{needed} can be read",
  repeated_frame_header = "record %{record} at offset %{offset}: a second frame header",
  event_header_cut = "record %{record} at offset %{offset}: event header needs %{needed byte}, %{available} available",
  event_body_cut = "record %{record} at offset %{offset}: header and body need %{needed byte}, %{available} available",
  not_a_trace = "not mbuf_trace: no record can be found in its %{available byte}",
  cut_by_capture = "cut by the capture at offset %{offset}: %{available} of %{needed byte} kept",
}

local function sentence(fault)
  local name = fault.name
  if name == "little_endian" and fault.needed > 0 then
    name = "little_endian_count"
  end
  return (string.gsub(SENTENCES[name], "%%{(%l+) ?(.-)}", function(word, noun)
    if word == "missing" then
      return format("%d", max(fault.needed - fault.available, 0))
    elseif word == "found" then
      return format("0x%08x", fault.available)
    elseif word == "expected" then
      return format("0x%08x", fault.needed)
    end
    local count = format("%d", fault[word])
    return noun == "" and count or count .. " " .. noun .. (fault[word] == 1 and "" or "s")
  end))
end

-- Notes a fault: its place, how much was needed and how much there was, as the sentence has them.
local function note(frame, name, offset, needed, available, record)
  local faults = frame.faults or {}
  frame.faults = faults
  faults[#faults + 1] = { name = name, offset = offset, needed = needed, available = available, record = record }
end

-- Where the header of a revision 4 event ends, with its names: as an offset, and whether all of it is there.
local function event_header_end(raw, at, length)
  local finish = at + EVENT_HEADER.size
  if length >= EVENT_HEADER.file_length + 2 then
    finish = finish + u16(raw, at + EVENT_HEADER.file_length)
  end
  if length >= EVENT_HEADER.function_length + 2 then
    finish = finish + u16(raw, at + EVENT_HEADER.function_length)
  end
  return finish, finish <= at + length
end

-- What is wrong with a whole record of revision 4: the fault's name and what was needed. The record is then
-- an unknown event.
local function record_fault(raw, code, at, length)
  if code == TYPE.rev4_frame_header then
    return "repeated_frame_header", 0
  end
  local fixed = EVENT_BODIES[code]
  if fixed then
    local finish, whole = event_header_end(raw, at, length)
    if not whole then
      return "event_header_cut", finish - at
    elseif finish + fixed > at + length then
      return "event_body_cut", finish + fixed - at
    end
  end
end

-- What an event of a whole record is, roughly: "data", "unknown", "string" with a NUL to end it, or "typed".
local function sort_of(frame, code, at, length)
  local known = RECORDS[frame.encoding.revision][code]
  if not known or not known.kind or EVENT_BODIES[code] and record_fault(frame.raw, code, at, length) then
    return "unknown"
  elseif known.kind == "data" then
    return "data"
  end
  return known.content == "string" and "string" or "typed"
end

-- Whether the frame goes on at this offset as it should: with a record that can be read, or, behind the
-- last one, with nothing.
local function goes_on(frame, at, is_last)
  local raw, size = frame.raw, frame.size
  if is_last or at + 4 > size then
    return is_last and at == size
  end
  local a, b, c, d = byte(raw, at + 1, at + 4)
  if frame.records.little then
    a, b, c, d = b, a, d, c
  end
  local length = a * 256 + b
  local finish = at + 4 + length
  if finish > size then
    return false
  end
  local sort = sort_of(frame, c * 256 + d, at + 4, length)
  if sort == "data" then
    -- A snapshot of nothing is what zeros in the middle of a packet look like.
    return length > 0
  elseif sort == "string" then
    return length > 0 and byte(raw, finish) == 0
  end
  return sort == "typed"
end

-- Ends the frame at a snapshot whose length has wrapped at 65,536, as that of a large TSO packet does: where
-- its length ends, no record begins; 65,536 bytes later, or a multiple of them, one does.
local function end_at_wrapped_length(frame)
  local records, size = frame.records, frame.size
  if size < 65536 or not records.typed then
    return false
  end
  for place = 1, records.whole do
    local start, length = records.starts[place], records.lengths[place]
    local finish, is_last = start + 4 + length, place == records.announced
    local wrap
    if sort_of(frame, records.types[place], start + 4, length) == "data" and not goes_on(frame, finish, is_last) then
      for more = 65536, size - finish, 65536 do
        if goes_on(frame, finish + more, is_last) then
          wrap = more
          break
        end
      end
    end
    if wrap then
      note(frame, "length_wrapped", start, length + wrap, length, place - 1)
      if is_last then
        note(frame, "trailing_bytes", finish, 0, size - finish)
      else
        note(frame, "records_missing", finish, records.announced, place)
      end
      frame.whole = place
      return true
    end
  end
  return false
end

-- How many more records there are behind the last counted one, if nothing else is. In revision 1, strings,
-- with or without a packet behind them.
local function uncounted_records(frame)
  local records, raw, size = frame.records, frame.raw, frame.size
  local known, header = RECORDS[frame.encoding.revision], records.header
  local at, found = records.finish, 0
  while at + header <= size do
    local a, b, c, d = byte(raw, at + 1, at + header)
    if records.little then
      a, b, c, d = b, a, d, c
    end
    local length = a * 256 + b
    local finish = at + header + length
    if finish > size then
      break
    elseif records.typed then
      if not known[c * 256 + d] then
        break
      end
    elseif not is_text(raw, at + header, length) then
      break
    end
    at, found = finish, found + 1
  end
  if at == size or not records.typed and looks_like_a_packet(raw, at, size - at, size - at) then
    return found
  end
  return 0
end

-- Bytes behind the last counted record: records that were not counted, or anything else. In revision 1 the
-- packet is there, and nothing is wrong.
local function check_rest(frame)
  local records = frame.records
  local at, rest = records.finish, frame.size - records.finish
  if not records.typed and looks_like_a_packet(frame.raw, at, rest, rest) then
    return
  end
  local found = uncounted_records(frame)
  if found > 0 then
    note(frame, "records_uncounted", at, found, rest)
  elseif records.typed then
    note(frame, "trailing_bytes", at, 0, rest)
  end
end

-- The bytes end before the count is reached.
local function check_short(frame)
  local records, size = frame.records, frame.size
  local announced, whole, at = records.announced, records.whole, records.finish
  if records.stop == "nothing" then
    -- The count's bytes, read in the other order.
    local reversed = announced % 256 * 256 + (announced - announced % 256) / 256
    if whole > 0 and reversed == whole then
      note(frame, "little_endian", 0, reversed, announced)
      return
    end
  elseif records.stop == "header" then
    note(frame, "record_header_cut", at, records.header, size - at, whole)
  else
    note(frame, "record_cut", at, records.lengths[whole + 1], size - at - records.header, whole)
  end
  note(frame, "records_missing", at, announced, whole)
end

-- Reads the first record of revision 4. What it says stands in `frame.header`.
local function read_frame_header(frame)
  local records, raw = frame.records, frame.raw
  if frame.whole == 0 then
    -- What there is of a cut frame header is no event.
    frame.partial = false
    return
  end
  local code, start, length = records.types[1], records.starts[1], records.lengths[1]
  local at = start + records.header
  if code ~= TYPE.rev4_frame_header then
    note(frame, "bad_magic", start, TYPE.rev4_frame_header, code, 0)
    return
  end
  frame.first = 2
  local magic = length >= 4 and u32(raw, at + FRAME_HEADER.magic)
  local major = length >= 5 and byte(raw, at + FRAME_HEADER.major + 1)
  if magic and magic ~= FRAME_HEADER.magic_value then
    note(frame, "bad_magic", at, FRAME_HEADER.magic_value, magic)
  elseif major and major ~= FRAME_HEADER.major_value then
    note(frame, "unsupported_major", at + FRAME_HEADER.major, FRAME_HEADER.major_value, major)
    frame.whole, frame.partial = 0, false
  elseif length < FRAME_HEADER.size then
    note(frame, "frame_header_cut", at, FRAME_HEADER.size, length)
  else
    local flags = u16(raw, at + FRAME_HEADER.flags)
    frame.header = { at = at, minor = byte(raw, at + FRAME_HEADER.minor + 1), flags = flags }
    frame.oldest_first = has_flag(flags, FLAG.oldest_first)
  end
end

-- Reads a frame as one of this encoding, without its events. It always gives something: what is wrong
-- stands in `faults`, and everything that can be read is given.
--
-- Events are records from `first` to `last`, in the order of the wire. The last of them can be one that
-- the capture cut (`partial`), or the snapshot behind the strings of revision 1.
local function read_frame(raw, original, encoding, records)
  local size = #raw
  local cut = size < original
  local frame = {
    raw = raw, size = size, missing = max(original - size, 0), encoding = encoding, first = 1, last = 0,
    records = nil, announced = nil, whole = nil, partial = nil, snapshot_behind = nil,
    header = nil, oldest_first = nil, faults = nil, events = nil, ending = nil,
  }
  if cut then
    note(frame, "cut_by_capture", size, original, size)
  end
  if size < 2 then
    if not cut then
      note(frame, "no_count", 0, 2, size)
    end
    frame.announced = 0
    return frame
  end
  if encoding.little and encoding.typed then
    note(frame, "little_endian", 0, 0, 0)
  end
  if not records or records.typed ~= encoding.typed or records.little ~= encoding.little then
    records = walk(raw, size, encoding.typed, encoding.little)
  end
  frame.records, frame.announced, frame.whole = records, records.announced, records.whole
  if cut then
    frame.partial = records.stop == "payload"
  elseif (records.stop or records.finish < size) and not end_at_wrapped_length(frame) then
    if records.stop then
      check_short(frame)
    else
      check_rest(frame)
    end
  end
  if encoding.revision == 4 then
    read_frame_header(frame)
  end
  local last = frame.whole
  if frame.partial then
    last = last + 1
  elseif encoding.revision == 1 and not records.stop and records.finish < size then
    last = last + 1
    frame.snapshot_behind = last
  end
  frame.last = last
  if encoding.revision == 4 then
    for place = frame.first, frame.whole do
      local start, length = records.starts[place], records.lengths[place]
      local name, needed = record_fault(raw, records.types[place], start + 4, length)
      if name then
        note(frame, name, start, needed, length, place - 1)
      end
    end
  end
  return frame
end

local function event_count(frame)
  return max(frame.last - frame.first + 1, 0)
end

-- The place on the wire of a step, and the other way round: steps count from 1, oldest first.
local function place_of(frame, step)
  if frame.oldest_first then
    return frame.first + step - 1
  end
  return frame.last - step + 1
end

----------------------------------------------------------------------------------------------------------
-- Events.

-- The event of the record at this place. Texts have their offset in the packet beside them: `file_at` for
-- `file`, and so on.
local function read_event(frame, place)
  local raw, records, revision = frame.raw, frame.records, frame.encoding.revision
  if place == frame.snapshot_behind then
    local at = records.finish
    local length = frame.size - at
    return {
      kind = "data", place = place, start = at, at = at, length = length, missing = frame.missing, has_record = false,
      bytes_at = at, bytes_length = length, link = LINK_TYPE.ethernet,
    }
  end
  local start, length, code = records.starts[place], records.lengths[place], records.types[place]
  local at, missing = start + records.header, 0
  if at + length > frame.size then
    missing = at + length - frame.size
    length = length - missing
  end
  local known = revision == 1 and REVISION_1_STRING or RECORDS[revision][code]
  if known and known.content == "ethernet" then
    return {
      kind = "data", place = place, start = start, code = code, at = at, length = length, missing = missing,
      has_record = true, bytes_at = at, bytes_length = length, link = LINK_TYPE.ethernet,
      step = nil, resolved_link = nil, before = nil, changed = nil, same_as = nil,
    }
  end
  -- All that an event can have, so that the table never has to grow.
  local event = {
    kind = known and known.kind or "unknown",
    place = place, start = start, code = code, at = at, length = length, missing = missing, has_record = true,
    data_at = nil, data_length = nil, text = nil, text_at = nil, file = nil, file_at = nil,
    line = nil, line_at = nil, line_digits = nil, func = nil, func_at = nil, args = nil, args_at = nil, step = nil,
  }
  if event.kind == "unknown" then
    return event
  elseif known.content == "string" then
    -- The length counts one trailing NUL, which is not part of the text.
    local last = at + length
    local text = sub(raw, at + 1, length > 0 and byte(raw, last) == 0 and last - 1 or last)
    if missing > 0 then
      -- What a cut left of a name or number would be taken for another one.
      event.text, event.text_at = text, at
    else
      take_apart(event, text, at)
    end
    event.data_at, event.data_length = at, #text
    return event
  end

  -- Revision 4: header, file, function, body.
  if record_fault(raw, code, at, length) then
    event.kind = "unknown"
    return event
  end
  local body = event_header_end(raw, at, length)
  local func_length = u16(raw, at + EVENT_HEADER.function_length)
  local file_at = at + EVENT_HEADER.size
  local func_at = body - func_length
  event.header = at
  local line = u32(raw, at + EVENT_HEADER.line)
  if line ~= EVENT_HEADER.line_none then
    event.file, event.file_at = sub(raw, file_at + 1, func_at), file_at
    event.line, event.line_at = line, at + EVENT_HEADER.line
  end
  if func_length > 0 then
    event.func, event.func_at = sub(raw, func_at + 1, body), func_at
  end
  event.data_at, event.data_length = file_at, at + length - file_at
  local kind = event.kind
  if kind == "data" then
    event.bytes_at, event.bytes_length = body + SNAPSHOT.size, at + length - body - SNAPSHOT.size
    event.link, event.packet_length_at = u16(raw, body + SNAPSHOT.link_type), body + SNAPSHOT.packet_length
  elseif kind == "start" or kind == "drop" then
    event.text, event.text_at = sub(raw, body + 3, at + length), body + 2
    if kind == "start" then
      event.origin, event.origin_at = u16(raw, body), body
    elseif u16(raw, body) ~= 0 then
      event.errno, event.errno_at = u16(raw, body), body
    end
  elseif kind == "function" or kind == "enter" or kind == "leave" then
    if body < at + length then
      event.args, event.args_at = sub(raw, body + 1, at + length), body
    end
  elseif kind ~= "position" then
    local text = sub(raw, body + 1, at + length)
    if missing == 0 and not event.line and not event.func then
      -- A string of an older revision, carried over as it was.
      take_apart(event, text, body)
    else
      event.text, event.text_at = text, body
    end
  end
  return event
end

-- The event of a step, read once.
local function event_of(frame, step)
  local events = frame.events
  if not events then
    events = {}
    frame.events = events
  end
  local event = events[step]
  if not event then
    event = read_event(frame, place_of(frame, step))
    event.step = step
    events[step] = event
  end
  return event
end

local SIGNS = { enter = "+", leave = "-", ["function"] = "" }

-- The event in words without its position, as revisions 1 to 3 write it. Nil where it has none.
local function text_of(event)
  local kind = event.kind
  if kind == "data" or kind == "position" or kind == "unknown" then
    return nil
  elseif SIGNS[kind] and event.func and not event.text then
    return SIGNS[kind] .. event.func .. (event.args and "(" .. event.args .. ")" or "")
  end
  return event.text or ""
end

-- The whole text of the event, position first. Nil where it has none.
local function data_of(event)
  if event.kind == "data" or event.kind == "unknown" then
    return nil
  elseif not event.line then
    return text_of(event)
  end
  local position = event.file .. format(":%d", event.line)
  return event.kind == "position" and position or position .. ": " .. text_of(event)
end

-- The function of the newest event that has one.
local function last_function(frame)
  for step = event_count(frame), 1, -1 do
    local func = event_of(frame, step).func
    if func then
      return func
    end
  end
end

-- The reason of a drop that an older revision tells in words: `drop: no route (errno 65)`. Nil where it is none.
local function told_reason(event)
  local said = event.text and (event.kind == "string" or event.kind == "static" or event.kind == "dynamic")
    and match(event.text, "^drop: (.*)$")
  local reason, errno = match(said or "", "^(.*) %(errno ([1-9]%d*)%)$")
  return reason and #errno <= 5 and tonumber(errno) <= 65535 and reason or said
end

-- What the newest events tell of a drop: its reason, where an event says one.
local function drop_reason(frame, event)
  if event.kind == "drop" then
    return event.text
  end
  return frame.encoding.revision < 4 and told_reason(event) or nil
end

local NO_RULE = {}

-- What the list of ends says of a function.
local function rule_of(func)
  return func and END_RULES[func] or NO_RULE
end

-- The age of an event in nanoseconds, or nil: as a number, which is exact as far as it is compared here.
local function age_of(frame, event)
  if not event.header then
    return nil
  end
  local high = u32(frame.raw, event.header + EVENT_HEADER.age)
  local low = u32(frame.raw, event.header + EVENT_HEADER.age + 4)
  return not (high == 4294967295 and low == 4294967295) and high * 4294967296 + low or nil
end

-- The thread of an event, or nil.
local function thread_of(frame, event)
  local thread = event.header and u32(frame.raw, event.header + EVENT_HEADER.thread)
  return thread ~= EVENT_HEADER.thread_none and thread or nil
end

-- Which functions are handling the packet after the events up to this step: the rules are those of Calls in
-- mbuf-trace. Open calls are in `open`, each with its function, file and the event that entered it.
local QUEUED, CALLED, DEEPEST_CALL = 10000000, 5000, 256

local function take_call(frame, calls, event)
  local open = calls.open
  local function keep(count)
    if count < #open or calls.beyond > 0 then
      calls.beyond, calls.seen = 0, nil
    end
    for place = #open, count + 1, -1 do
      open[place] = nil
    end
  end
  local function place_of_call(key, value)
    for place = #open, 1, -1 do
      if open[place][key] == value then
        return place
      end
    end
  end
  local kind, func = event.kind, event.func
  local before, is_own, opens = #open, false, false
  local thread, age = thread_of(frame, event), age_of(frame, event)
  if thread and calls.thread and calls.thread ~= thread then
    keep(0)
  end
  calls.thread = thread or calls.thread
  local paused = age and calls.age and math.max(calls.age - age, 0)
  local has_waited = paused and paused >= QUEUED
  calls.age = age or calls.age
  local is_new = kind == "enter" or kind == "function"
  local is_outer = kind ~= "enter" and func and place_of_call("func", func)
  local last = calls.beyond == 0 and open[#open] or nil
  local entered = last and last.entered
  local is_again = kind == "enter" and (not paused or paused >= CALLED) and entered
    and event.line == entered.line and event.file == entered.file
    and func == last.func and event.args == entered.args
  -- Whoever took the packet off a queue, and not a function that the one calls that put it there.
  local held = calls.held
  local is_same_file = held and held.line and event.line and held.file == event.file
  local is_off_queue = held and not is_same_file and (not paused or paused >= CALLED) and not rule_of(func).held
  local is_next = (is_off_queue or has_waited) and is_new and not is_outer and not rule_of(func).helper
  -- The leave is that of another call, which took the packet off the queue.
  local is_released = kind == "drop" or kind == "leave" and func and rule_of(func).held
  if is_again or is_next or has_waited and is_released then
    keep(0)
  elseif kind ~= "enter" and kind ~= "leave" then
    local around
    if func then
      around = is_outer
    elseif event.line and #open > 0 and calls.beyond == 0 and open[#open].file then
      around = place_of_call("file", event.file)
    end
    if around then
      keep(around)
    end
  end
  if kind == "enter" then
    calls.seen = nil
    if #open == DEEPEST_CALL then
      calls.beyond = calls.beyond + 1
    else
      opens = true
      open[#open + 1] = { func = func, file = event.line and event.file, entered = event.line and event }
    end
  elseif kind == "leave" then
    if calls.beyond > 0 then
      calls.beyond = calls.beyond - 1
    else
      local place = not func and #open > 0 and #open or func and place_of_call("func", func)
      if place then
        keep(place - 1)
        calls.seen, is_own = nil, true
      end
    end
  else
    if func then
      calls.seen = { func = func, file = event.line and event.file }
    end
  end
  local left, around = opens and #open - 1 or #open, #open + calls.beyond
  local depth = kind == "enter" and around - 1 or around
  if func and not rule_of(func).helper then
    calls.held = kind ~= "leave" and rule_of(func).held and event or nil
  end
  return { closes = before - left, is_own = is_own, opens = opens, depth = depth }
end

local function new_calls()
  return { open = {}, beyond = 0, seen = nil, thread = nil, age = nil, held = nil }
end

-- Whether records are missing at the end of the frame.
local LACKS = {
  records_missing = true, record_header_cut = true, record_cut = true, length_wrapped = true, unsupported_major = true,
}

local function lacks_records(frame)
  if frame.missing > 0 then
    return true
  end
  for _, fault in ipairs(frame.faults or {}) do
    if LACKS[fault.name] then
      return true
    end
  end
  return false
end

local function lost_of(frame)
  return frame.header and u32(frame.raw, frame.header.at + FRAME_HEADER.lost) or 0
end

-- Whether the trace is known to lack events, and whether those may be the newest.
local function is_incomplete(frame)
  local header = frame.header
  local lost = lost_of(frame) > 0 or header and has_flag(header.flags, FLAG.incomplete)
  local cut = lacks_records(frame)
  return lost or cut, lost or frame.oldest_first and cut
end

-- Looks for the end of a packet, from its oldest event on. Lua has room for 200 local names in a file.
local find_end
do
  -- The function that an event without one was recorded in: the innermost call, or a function seen since then.
  local function function_at(calls, event)
    local seen, innermost = calls.seen, calls.beyond == 0 and calls.open[#calls.open] or nil
    local file = event.line and event.file
    if innermost and not (seen and file and seen.file == file and innermost.file ~= file) then
      return innermost.func
    end
    return seen and seen.func
  end

  local function is_of_driver(event)
    local file = event.line and event.file
    if not file then
      return false
    end
    for _, folder in ipairs({ "/dev/", "/net80211/" }) do
      if find(file, folder, 1, true) or file:sub(1, #folder - 1) == folder:sub(2) then
        return true
      end
    end
    return file:sub(-11) == "net/iflib.c"
  end

  local function is_waiting(value)
    return value == "EWOULDBLOCK" or value == "EAGAIN" or value == "35"
  end

  local NO_ERROR = { ["0"] = true, EJUSTRETURN = true, EINPROGRESS = true, ["36"] = true }

  -- Whether a function returned an error, other than that the packet waits.
  local function is_error(value)
    if not value or is_waiting(value) or NO_ERROR[value] then
      return false
    end
    local digits = match(value, "^%+?(%d+)$")
    return digits and tonumber(digits) <= 65535 or match(value, "^E[%u%d]+$") ~= nil
  end

  local PASSES = {
    ["0"] = true, [""] = true, pass = true, accept = true, pf_pass = true, pfil_pass = true, pfil_realloced = true,
    ip_fw_pass = true,
  }
  local REFUSES = { drop = true, deny = true, block = true, reject = true }

  -- What it says that a function returned this: how, and the fate.
  local function what_returned(func, value)
    local rule = rule_of(func)
    local of_value = value and rule.values and rule.values[value]
    if of_value then
      return "returned", of_value
    end
    local how, fate
    if rule.returned then
      how, fate = "returned", rule.returned
    elseif rule.seen and rule.seen ~= "absorbed" then
      how, fate = "seen", rule.seen
    elseif rule.held and value and is_waiting(value) then
      return "held", rule.held
    end
    if fate == "transmitted" and is_error(value) then
      return "returned", "dropped"
    elseif not how and value and rule.values then
      local said = string.lower(value)
      local is_judge = false
      for _, of in pairs(rule.values) do
        is_judge = is_judge or of == "dropped"
      end
      if is_judge and not PASSES[said] then
        return "returned", REFUSES[said] and "dropped" or "unknown"
      end
    end
    return how, fate
  end

  -- What is known after an event, if it is the last. `how` is nil, "seen", "held" or "returned".
  local function state_of(event, how, fate)
    local kind = event.kind
    local is_note = kind ~= "enter" and kind ~= "leave" and kind ~= "function"
    return {
      func = event.func, is_return = kind == "leave", is_note = is_note, how = how, fate = fate,
      rule = rule_of(event.func),
    }
  end

  local function transmits(func)
    local rule = rule_of(func)
    return rule.seen == "transmitted" or rule.returned == "transmitted"
  end

  -- A packet that was dropped lives on, if it is seen after that in a function that shows it, and was not handling it.
  local function revive(search, event)
    local dropped, rule = search.dropped, rule_of(event.func)
    if not dropped or not (event.kind == "enter" or not dropped.by[event.func]) then
      return
    end
    if event.kind == "leave" then
      if rule.returned == "transmitted" then
        search.dropped = nil
      end
    elseif rule.seen == "transmitted" or rule.revives then
      search.dropped = nil
    end
  end

  local function search_driver(search, event)
    local now = search.now
    if now.how == "returned" and now.fate == "dropped" then
      return
    elseif (now.how == "seen" or now.how == "returned") and now.fate == "transmitted" then
      search.now = state_of(event, now.how, now.fate)
    elseif transmits(now.func) then
      search.now = state_of(event, "seen", "transmitted")
    else
      search.now = state_of(event)
    end
  end

  -- Any event in a function but a leave.
  local function search_see(search, frame, event)
    local now, kind, func, open = search.now, event.kind, event.func, search.calls.open
    local rule = rule_of(func)
    if kind ~= "enter" and kind ~= "function" and now.how == "returned" then
      local is_around = #open == 0
      for _, call in ipairs(open) do
        is_around = is_around or call.func == func
      end
      if is_around then
        return
      end
    end
    local how = rule.seen and "seen" or rule.held and "held" or nil
    local innermost = search.calls.beyond == 0 and open[#open] or nil
    if not how and frame.encoding.revision < 4 and kind == "function" and not event.args
      and (now.how == "seen" or now.how == "returned") and event.line
      and innermost and innermost.file == event.file then
      return
    elseif kind == "data" and now.is_return and #search.before == 0 then
      return
    end
    search.now = state_of(event, how, rule.seen or rule.held)
  end

  local function search_leave(search, event, taken, before)
    local now = search.now
    local how, fate = what_returned(event.func, event.args)
    local is_own = now.func == event.func and not now.is_return
    if now.how == "returned" or now.how == "held" and not is_own
      or now.how == "seen" and now.fate ~= "absorbed" and not is_own
      and not (how == "returned" and fate == "dropped") and not (now.is_note and fate == now.fate) then
      return
    elseif how then
      search.now = state_of(event, how, fate)
    elseif before and before.func then
      search.now = before
    elseif taken.depth == 0 and not now.is_return then
      search.now = state_of(event)
    end
  end

  -- Takes the next event, oldest first.
  local function search_take(search, frame, event)
    local taken = take_call(frame, search.calls, event)
    local count = #search.before
    for _ = 1, taken.closes - (taken.is_own and 1 or 0) do
      search.before[count] = nil
      count = count - 1
    end
    local before
    if taken.is_own then
      before = search.before[count]
      search.before[count] = nil
    end
    if taken.opens then
      search.before[#search.before + 1] = search.now
    end
    local reason = drop_reason(frame, event)
    if reason then
      local func, by = event.func or function_at(search.calls, event), {}
      for _, call in ipairs(search.calls.open) do
        if call.func then
          by[call.func] = true
        end
      end
      if func then
        by[func] = true
      end
      local drops = rule_of(func).drops
      local fate = drops and drops[reason] or "dropped"
      search.dropped = { fate = fate, func = func, reason = reason, errno = event.errno, by = by }
      search.now = { func = func, rule = NO_RULE }
      return
    end
    local now = search.now
    if not event.func then
      if now.is_return and not now.how and event.kind ~= "data" and event.kind ~= "unknown" then
        search.now = { rule = NO_RULE }
      end
      return
    elseif rule_of(event.func).helper then
      return
    end
    revive(search, event)
    if is_of_driver(event) then
      search_driver(search, event)
    elseif event.kind == "leave" then
      search_leave(search, event, taken, before)
    else
      search_see(search, frame, event)
    end
  end

  function find_end(frame)
    local search = { calls = new_calls(), now = { rule = NO_RULE }, before = {} }
    local count = event_count(frame)
    for step = 1, count do
      search_take(search, frame, event_of(frame, step))
    end
    local _, is_missing = is_incomplete(frame)
    if search.dropped then
      search.dropped.is_missing = is_missing
      return search.dropped
    end
    local now = search.now
    if is_missing then
      return { fate = "unknown", func = now.func, is_missing = true }
    end
    local fate = now.fate or "unknown"
    if now.how == "held" and now.rule.limit then
      local freed_after = count > 0 and age_of(frame, event_of(frame, count)) or nil
      fate = not freed_after and "unknown" or freed_after >= now.rule.limit and "dropped" or fate
    end
    return { fate = fate, func = now.func }
  end
end

-- What became of the packet: its fate, the function where it ended, and the reason of a drop. The rules are those of
-- End in mbuf-trace.
local function end_of(frame)
  local ending = frame.ending
  if not ending then
    ending = find_end(frame)
    frame.ending = ending
  end
  return ending
end

-- The functions that handled the packet, oldest first.
local function path_of(frame)
  local functions = {}
  for step = 1, event_count(frame) do
    local event = event_of(frame, step)
    if event.func and (event.kind == "enter" or event.kind == "function") then
      functions[#functions + 1] = event.func
    end
  end
  return functions[1] and concat(functions, " > ")
end

----------------------------------------------------------------------------------------------------------
-- Preferences: -o mbuf_trace.order:wire, or Edit > Preferences > Protocols > MBUF_TRACE.

-- A protocol of this name that has no dissector is in the way, too.
local name_is_free, mbuf_trace = pcall(Proto, "mbuf_trace", PROTOCOL_DOC)
if not name_is_free then
  return
end

-- What an enumerated preference takes: for each word its name, how it is shown, and its number.
local function choices(words)
  local list = {}
  for number, word in ipairs(words) do
    list[number] = { word, word, number - 1 }
  end
  return list
end

local REVISION_WORDS = { "auto", "1", "1le", "2", "3", "4" }
local LINK_WORDS = { "auto", "ethernet", "ip" }

local prefs = mbuf_trace.prefs
prefs.revision = Pref.enum("Revision", 0,
  "Revision of the record format. auto finds it out for each interface by the structure of its packets; "
    .. "1le is revision 1 in little-endian byte order.",
  choices(REVISION_WORDS), false)
prefs.order = Pref.enum("Order of the events", 0,
  "oldest_first shows events as they happened, nested by enter and leave; wire as they lie in the packet.",
  choices({ "oldest_first", "wire" }), false)
prefs.primary = Pref.enum("Primary snapshot", 0,
  "The snapshot of the packet that columns, conversations and statistics are taken from.",
  choices({ "newest", "oldest" }), false)
prefs.all_snapshots = Pref.bool("Dissect all snapshots", false,
  "Before Wireshark 4.2, dissect differing snapshots too. TCP analysis then takes them for retransmissions, "
    .. "and conversations count them. From 4.2 on they are always dissected, without these effects.")
prefs.snapshot_link = Pref.enum("Snapshots begin with", 0,
  "Revisions 1 to 3 call every snapshot Ethernet, also those that begin with an IP header. auto recognises "
    .. "these by their length and checksum.",
  choices(LINK_WORDS), false)
prefs.url_template = Pref.string("URL of a source line", "vscode://file{path}:{line}",
  "What is opened for a source position; {path} and {line} are filled in.")
prefs.editor = Pref.string("Editor command", "",
  "A command to run instead of opening a URL, such as: gvim +{line} {path}")
prefs.source_root = Pref.string("Source root", "",
  "Where the sources are on this computer: /usr/src=/home/me/src replaces the beginning of every path.")
prefs.info = Pref.statictext("Colouring rules and a list of all steps are in the Tools menu.", "")

local function read_preferences()
  local revision = REVISION_WORDS[prefs.revision + 1]
  setting.forced = revision ~= "auto" and ENCODINGS[revision] or nil
  setting.wire_order = prefs.order == 1
  setting.oldest_is_primary = prefs.primary == 1
  setting.all_snapshots = prefs.all_snapshots
  setting.link = LINK_WORDS[prefs.snapshot_link + 1]
end

function mbuf_trace.prefs_changed()
  read_preferences()
end

mbuf_trace.fields = FIELD_LIST

-- Expert information: one for each fault, and what is worth knowing besides.
local expert_info = {
  revision_guessed = ProtoExpert.new("mbuf_trace.expert.revision_guessed",
    "The revision is a guess", expert.group.ASSUMPTION, expert.severity.NOTE),
  revision_override = ProtoExpert.new("mbuf_trace.expert.revision_override",
    "The frame is of another revision than the preference says", expert.group.PROTOCOL, expert.severity.WARN),
  incomplete = ProtoExpert.new("mbuf_trace.expert.incomplete",
    "The trace lacks events", expert.group.UNDECODED, expert.severity.WARN),
  snapshot_changed = ProtoExpert.new("mbuf_trace.expert.snapshot_changed",
    "The packet was changed on its way", expert.group.SEQUENCE, expert.severity.CHAT),
  snapshot_cut = ProtoExpert.new("mbuf_trace.expert.snapshot_cut",
    "The snapshot does not hold the whole packet", expert.group.UNDECODED, expert.severity.NOTE),
  snapshot_failed = ProtoExpert.new("mbuf_trace.expert.snapshot_failed",
    "A dissector stopped in the middle of the snapshot", expert.group.UNDECODED, expert.severity.NOTE),
}
for name, fault in pairs(FAULTS) do
  local malformed = fault.severity == "malformed"
  expert_info[name] = ProtoExpert.new("mbuf_trace.fault." .. name, fault.doc,
    malformed and expert.group.MALFORMED or expert.group.UNDECODED,
    malformed and expert.severity.ERROR or expert.severity.NOTE)
end
do
  local list = {}
  for _, info in pairs(expert_info) do
    list[#list + 1] = info
  end
  mbuf_trace.experts = list
end

----------------------------------------------------------------------------------------------------------
-- Snapshots.

local ethernet = Dissector.get("eth_withoutfcs")
local ip, ipv6, arp = Dissector.get("ip"), Dissector.get("ipv6"), Dissector.get("arp")

-- The length of the whole packet, as far as the record tells it.
local function whole_length(frame, event)
  local told = event.packet_length_at and u32(frame.raw, event.packet_length_at) or 0
  return max(told, event.bytes_length + event.missing)
end

-- What a snapshot begins with, as a LINKTYPE_ number. Revision 4 says it itself and is believed.
local function link_of(frame, event)
  local link = event.resolved_link
  if not link then
    link = event.link
    if not event.packet_length_at then
      if setting.link == "ip" then
        link = LINK_TYPE.raw_ip
      elseif setting.link == "auto" then
        link = recognise(frame.raw, event.bytes_at, event.bytes_length, event.bytes_length + event.missing)
      end
    end
    event.resolved_link = link
  end
  return link
end

-- Whether a snapshot that says no link type is an ARP packet without its Ethernet header.
local function is_bare_arp(frame, event)
  return link_of(frame, event) == LINK_TYPE.no_header
    and starts_with_arp(frame.raw, event.bytes_at, event.bytes_length, whole_length(frame, event))
end

local function bytes_of(frame, event)
  return sub(frame.raw, event.bytes_at + 1, event.bytes_at + event.bytes_length)
end

-- The snapshots of a frame, oldest first. Of the other events none is read.
local function snapshots_of(frame)
  local snapshots, count = {}, event_count(frame)
  if count == 0 then
    return snapshots
  end
  local types, known, behind = frame.records.types, SNAPSHOT_TYPES[frame.encoding.revision], frame.snapshot_behind
  local first, direction = frame.last, -1
  if frame.oldest_first then
    first, direction = frame.first, 1
  end
  for step = 1, count do
    local place = first + (step - 1) * direction
    if place == behind or known[types[place]] then
      local event = read_event(frame, place)
      if event.kind == "data" then
        event.step = step
        snapshots[#snapshots + 1] = event
      end
    end
  end
  return snapshots
end

-- Whether two snapshots with the same bytes begin with the same, too.
local function links_agree(frame, one, other)
  local both_say_it = one.packet_length_at and other.packet_length_at
  local none_says_it = not one.packet_length_at and not other.packet_length_at
  return none_says_it or both_say_it and one.link == other.link or link_of(frame, one) == link_of(frame, other)
end

-- Whether the kernel or the capture cut a snapshot.
local function is_cut(frame, event)
  return event.bytes_length < whole_length(frame, event)
end

-- Whether two snapshots are the same, in their bytes and in what these begin with. Nil where they agree as far as
-- both reach, and one of them was cut.
local function are_same(frame, one, other)
  if whole_length(frame, one) ~= whole_length(frame, other) then
    return false
  end
  local raw, common = frame.raw, min(one.bytes_length, other.bytes_length)
  if sub(raw, one.bytes_at + 1, one.bytes_at + common) ~= sub(raw, other.bytes_at + 1, other.bytes_at + common) then
    return false
  elseif is_cut(frame, one) or is_cut(frame, other) then
    return nil
  end
  return links_agree(frame, one, other)
end

-- Finds out how the snapshots of a frame compare, oldest first: whether each has changed since the one `before` it,
-- and which earlier one it is identical to (`same_as`).
local function compare_snapshots(frame, snapshots)
  -- Of three and more, the first of each sort, by their bytes.
  local firsts = #snapshots > 2 and {}
  for place, event in ipairs(snapshots) do
    local before = snapshots[place - 1]
    local same
    if before then
      same = are_same(frame, event, before)
      event.before = before
      if same ~= nil then
        event.changed = not same
      end
    end
    if same then
      event.same_as = before.same_as or before
    elseif firsts and not is_cut(frame, event) then
      local bytes = bytes_of(frame, event)
      local alike = firsts[bytes] or {}
      firsts[bytes] = alike
      -- Several with the same bytes and other links are rare, and few are enough.
      for _, other in ipairs(alike) do
        if links_agree(frame, event, other) then
          event.same_as = other
          break
        end
      end
      if not event.same_as then
        alike[#alike + 1] = event
      end
    end
  end
end

-- Which bytes of a snapshot differ from the one before: at most `most` ranges of offset and length within the
-- newer, and whether there are more. Where one begins with the Ethernet header that the other lacks, what follows it
-- is compared. The third result is how much longer the packet is, as far as that is known.
local function changed_ranges(frame, event, most)
  local raw, before = frame.raw, event.before
  local at, old = event.bytes_at, before.bytes_at
  local finish, old_finish = at + event.bytes_length, old + before.bytes_length
  local link, old_link = link_of(frame, event), link_of(frame, before)
  local longer = whole_length(frame, event) - whole_length(frame, before)
  local function without_header(one)
    return link_of(frame, one) == LINK_TYPE.raw_ip or is_bare_arp(frame, one)
  end
  if old_link == LINK_TYPE.ethernet and without_header(event) then
    old, longer = min(old + 14, old_finish), longer + 14
  elseif link == LINK_TYPE.ethernet and without_header(before) then
    at, longer = min(at + 14, finish), longer - 14
  end
  local ranges, length = {}, min(finish - at, old_finish - old)
  local place = 0
  while place < length do
    local block = min(64, length - place)
    if sub(raw, at + place + 1, at + place + block) == sub(raw, old + place + 1, old + place + block) then
      place = place + block
    else
      while byte(raw, at + place + 1) == byte(raw, old + place + 1) do
        place = place + 1
      end
      local start = place
      while place < length and byte(raw, at + place + 1) ~= byte(raw, old + place + 1) do
        place = place + 1
      end
      if #ranges == most then
        return ranges, true
      end
      ranges[#ranges + 1] = { at = at + start, old = old + start, length = place - start }
    end
  end
  return ranges, false, longer
end

local LINK_NAMES = {
  [LINK_TYPE.ethernet] = "Ethernet", [LINK_TYPE.raw_ip] = "IP", [LINK_TYPE.no_header] = "no known header",
}

-- What a link type is called, and what is recognised though it has none.
local function link_name(link)
  return LINK_NAMES[link] or format("link type %d", link)
end

-- The EtherType of what follows an Ethernet header and its VLAN tags, and where that is; nil where they are cut.
local function behind_ethernet(raw, at, finish)
  at = at + 14
  if at > finish then
    return nil
  end
  local ethertype = u16(raw, at - 2)
  while (ethertype == 0x8100 or ethertype == 0x88a8 or ethertype == 0x9100) and at + 4 <= finish do
    ethertype, at = u16(raw, at + 2), at + 4
  end
  return ethertype, at
end

-- Where the headers of a snapshot end: Ethernet, IP, and TCP, UDP or ICMP, those of a fragment with IP. Nil where
-- they are not all there, or are others. The second result tells that a quoted packet has to end there.
--
-- Wireshark puts a fragment together with the others even if it is quoted, and then leaves out the one that counts.
-- What UDP carries it hangs beside our item, where statistics count it, unless the tree is shown.
local function headers_end(raw, at, finish, link)
  local ethertype
  if link == LINK_TYPE.ethernet then
    ethertype, at = behind_ethernet(raw, at, finish)
    if not ethertype then
      return nil
    end
  elseif link == LINK_TYPE.no_header then
    ethertype = 0x0806
  elseif at < finish then
    local version = byte(raw, at + 1)
    ethertype = version >= 0x60 and version <= 0x6f and 0x86dd or 0x0800
  end
  local protocol, is_fragment
  if ethertype == 0x0800 and at + 20 <= finish then
    is_fragment = u16(raw, at + 6) % 0x4000 ~= 0
    protocol, at = byte(raw, at + 10), at + byte(raw, at + 1) % 16 * 4
  elseif ethertype == 0x86dd and at + 40 <= finish then
    protocol, at = byte(raw, at + 7), at + 40
    -- Hop-by-hop options, routing and destination options; behind these, the header of a fragment.
    while (protocol == 0 or protocol == 43 or protocol == 60) and at + 2 <= finish do
      protocol, at = byte(raw, at + 1), at + 8 + byte(raw, at + 2) * 8
    end
    if protocol == 44 then
      is_fragment, at = true, at + 8
    end
  elseif ethertype == 0x0806 and at + 28 <= finish then
    return at + 28
  end
  if is_fragment then
    return at <= finish and at or nil, true
  elseif protocol == 6 and at + 20 <= finish then
    at = at + (byte(raw, at + 13) - byte(raw, at + 13) % 16) / 4
  elseif protocol == 17 or protocol == 1 or protocol == 58 then
    at = at + 8
  else
    return nil
  end
  return at <= finish and at or nil, protocol == 17
end

-- Whether this Wireshark can be told that a packet is only quoted: then TCP analysis, conversations and
-- statistics pass over it, and nobody complains that it is short. From 4.2 on; found out with the first packet.
local can_quote

-- What dissects a snapshot, if anything does, and how many of its bytes. IPv6 goes to its own dissector: on the way
-- through that of IPv4 it would count as a layer of both. What has version 6 and is not IPv6 goes to none, so that no
-- address is made up: behind the EtherType of IPv4, Wireshark would decide for IPv6.
local function dissector_of(frame, event)
  local raw, at, length = frame.raw, event.bytes_at, event.bytes_length
  local link = link_of(frame, event)
  if link == LINK_TYPE.ethernet then
    local ethertype, payload = behind_ethernet(raw, at, at + length)
    local first = ethertype == 0x0800 and payload < at + length and byte(raw, payload + 1) or 0
    return ethernet, first - first % 16 == 0x60 and payload - at or length
  elseif link == LINK_TYPE.raw_ip then
    local first = byte(raw, at + 1)
    local is_version_6 = first and first - first % 16 == 0x60
    if is_version_6 and is_ipv4_of_version_6(raw, at, length) then
      return nil, length
    end
    return is_version_6 and ipv6 or ip, length
  elseif is_bare_arp(frame, event) then
    return arp, length
  end
  return nil, length
end

-- Hands a snapshot to Wireshark's own dissector, and tells whether there was one. What goes wrong in there must
-- not end our own work.
--
-- Of a snapshot that the capture cut, only the headers are dissected, and quoted: Lua cannot tell Wireshark that
-- there was more, so whatever missed a byte would be called malformed.
local function dissect_snapshot(frame, event, tvb, pinfo, tree, root, quoted)
  local dissector, length = dissector_of(frame, event)
  if event.missing > 0 and not setting.all_snapshots then
    local finish = can_quote and headers_end(frame.raw, event.bytes_at, event.bytes_at + length, link_of(frame, event))
    length, quoted = finish and min(finish - event.bytes_at, length) or 0, true
  elseif quoted and can_quote then
    local finish, ends_there = headers_end(frame.raw, event.bytes_at, event.bytes_at + length, link_of(frame, event))
    length = finish and ends_there and finish - event.bytes_at or length
  end
  if not dissector or length == 0 then
    return false
  end
  quoted = quoted and can_quote
  local before = quoted and pinfo.in_error_pkt
  if quoted then
    pinfo.in_error_pkt = true
  end
  local bytes = tvb:range(event.bytes_at, length)
  local good, problem = pcall(dissector.call, dissector, bytes:tvb(), pinfo, tree)
  if quoted then
    pinfo.in_error_pkt = before
  end
  if not good then
    root:add_tvb_expert_info(expert_info.snapshot_failed, bytes,
      format("step %d: %s", event.step, display(tostring(problem))))
  end
  return true
end

----------------------------------------------------------------------------------------------------------
-- The tree.

-- The deepest nesting of functions that is shown; Wireshark refuses trees that are much deeper.
local DEEPEST = 32
-- The most changed ranges of a snapshot that are shown.
local MOST_CHANGES = 32

local CERTAINTIES = {
  certain = "certain", inherited = "as earlier packets of the interface",
  guessed = "a guess", forced = "by preference",
}

-- How each field is shown: pairs of its name and a function. Those of the trace get our item, those of an event
-- the node of its step or, where the tree is not shown, our item too.
local TRACE_FIELDS, EVENT_FIELDS = {}, {}

local function of_trace(name, show)
  TRACE_FIELDS[#TRACE_FIELDS + 1] = { name, show }
end

-- A text that is found in the whole frame, where it has one.
local function text_of_trace(name, find_text)
  of_trace(name, function(item, tvb, frame)
    local text = find_text(frame)
    if text then
      item:add(field[name], tvb:range(0, 0), clean(text)):set_generated()
    end
  end)
end

local function of_event(name, show)
  EVENT_FIELDS[#EVENT_FIELDS + 1] = { name, show }
end

of_trace("revision", function(item, tvb, frame, certainty)
  local encoding = frame.encoding
  item:add(field.revision, tvb:range(0, 0), encoding.revision)
    :append_text(format(" (%s%s)", encoding.little and "little-endian, " or "", CERTAINTIES[certainty]))
    :set_generated()
end)
of_trace("revision_guessed", function(item, tvb, _, certainty)
  item:add(field.revision_guessed, tvb:range(0, 0), certainty == "guessed"):set_generated()
end)
of_trace("order", function(item, tvb, frame)
  item:add(field.order, tvb:range(0, 0), frame.oldest_first and "oldest_first" or "newest_first"):set_generated()
end)
of_trace("count", function(item, tvb, frame)
  item:add(field.count, tvb:range(0, min(frame.size, 2)), frame.announced)
end)
text_of_trace("path", path_of)
text_of_trace("last_function", last_function)
text_of_trace("fate", function(frame)
  return end_of(frame).fate
end)
text_of_trace("end_function", function(frame)
  local ending = end_of(frame)
  return (not ending.is_missing or ending.reason) and ending.func
end)
text_of_trace("drop", function(frame)
  local ending = end_of(frame)
  return ending.fate == "dropped" and ending.reason
end)
of_trace("flags", function(item, tvb, frame)
  if frame.header then
    item:add(field.flags, tvb:range(frame.header.at + FRAME_HEADER.flags, 2))
  end
end)
of_trace("incomplete", function(item, tvb, frame)
  local header, incomplete = frame.header, is_incomplete(frame)
  if header then
    item:add(field.incomplete, tvb:range(header.at + FRAME_HEADER.flags, 2), incomplete)
  elseif incomplete then
    item:add(field.incomplete, tvb:range(0, 0), true):set_generated()
  end
end)
for _, name in ipairs({ "packet_id", "parent_id" }) do
  of_trace(name, function(item, tvb, frame)
    local range = frame.header and tvb:range(frame.header.at + FRAME_HEADER[name], 8)
    if range and range:uint64() ~= UInt64(0) then
      item:add(field[name], range)
    end
  end)
end
of_trace("lost", function(item, tvb, frame)
  if frame.header then
    item:add(field.lost, tvb:range(frame.header.at + FRAME_HEADER.lost, 4))
  end
end)

of_event("wire_index", function(node, tvb, event)
  node:add(field.wire_index, tvb:range(event.start, 0), event.place - 1):set_generated()
end)
of_event("kind", function(node, tvb, event)
  node:add(field.kind, tvb:range(event.start, 0), event.kind):set_generated()
end)
of_event("length", function(node, tvb, event)
  -- The snapshot of revision 1 takes what is left; no record says its length.
  if event.has_record then
    node:add(field.length, tvb:range(event.start, 2), event.length + event.missing)
  end
end)
of_event("record_type", function(node, tvb, event)
  if event.code then
    node:add(field.record_type, tvb:range(event.start + 2, 2), event.code)
  end
end)
of_event("age", function(node, tvb, event)
  local range = event.header and tvb:range(event.header + EVENT_HEADER.age, 8)
  if range and range:uint64() ~= AGE_NONE then
    node:add(field.age, range):append_text(" ns before the capture time")
  end
end)
of_event("thread", function(node, tvb, event, frame)
  local at = event.header and event.header + EVENT_HEADER.thread
  if at and u32(frame.raw, at) ~= EVENT_HEADER.thread_none then
    node:add(field.thread, tvb:range(at, 4))
  end
end)
of_event("vnet", function(node, tvb, event)
  if event.header then
    node:add(field.vnet, tvb:range(event.header + EVENT_HEADER.vnet, 4))
  end
end)
of_event("cpu", function(node, tvb, event, frame)
  local at = event.header and event.header + EVENT_HEADER.cpu
  if at and u16(frame.raw, at) ~= EVENT_HEADER.cpu_none then
    node:add(field.cpu, tvb:range(at, 2))
  end
end)
of_event("event_flags", function(node, tvb, event)
  if event.header then
    node:add(field.event_flags, tvb:range(event.header + EVENT_HEADER.flags, 2))
  end
end)
of_event("data", function(node, tvb, event)
  local data = data_of(event)
  if data then
    local item = node:add(field.data, tvb:range(event.data_at, event.data_length), clean(data))
    -- Of revision 4, it is put together from several fields.
    if event.header then
      item:set_generated()
    end
  end
end)
of_event("text", function(node, tvb, event)
  local text = text_of(event)
  if event.text then
    node:add(field.text, tvb:range(event.text_at, #text), clean(text))
  elseif text then
    node:add(field.text, tvb:range(event.data_at, event.data_length), clean(text)):set_generated()
  end
end)
of_event("file", function(node, tvb, event)
  if event.line then
    node:add(field.file, tvb:range(event.file_at, #event.file), clean(event.file))
  end
end)
of_event("line", function(node, tvb, event)
  if event.line then
    node:add(field.line, tvb:range(event.line_at, event.line_digits or 4), event.line)
  end
end)
of_event("func", function(node, tvb, event)
  local func = event.func
  if func then
    node:add(field.func, tvb:range(event.func_at, #func), clean(func))
  end
end)
of_event("args", function(node, tvb, event)
  if event.args then
    node:add(field.args, tvb:range(event.args_at, #event.args), clean(event.args))
  end
end)
of_event("origin", function(node, tvb, event)
  if event.origin then
    node:add(field.origin, tvb:range(event.origin_at, 2))
  end
end)
of_event("errno", function(node, tvb, event)
  if event.errno then
    node:add(field.errno, tvb:range(event.errno_at, 2))
  end
end)
of_event("link_type", function(node, tvb, event, frame)
  if event.kind ~= "data" then
    return
  end
  local link, told = link_of(frame, event), event.packet_length_at
  local range = told and tvb:range(told + SNAPSHOT.link_type - SNAPSHOT.packet_length, 2)
    or tvb:range(event.bytes_at, 0)
  local item = node:add(field.link_type, range, link):append_text(format(" (%s)", link_name(link)))
  if not told then
    item:set_generated()
  end
end)
of_event("packet_length", function(node, tvb, event)
  if event.packet_length_at then
    node:add(field.packet_length, tvb:range(event.packet_length_at, 4))
  end
end)
of_event("bytes", function(node, tvb, event)
  if event.kind == "data" then
    node:add(field.bytes, tvb:range(event.bytes_at, event.bytes_length))
  elseif event.kind == "unknown" then
    node:add(field.bytes, tvb:range(event.at, event.length))
  end
end)
of_event("snapshot_changed", function(node, tvb, event)
  if event.changed ~= nil then
    node:add(field.snapshot_changed, tvb:range(event.bytes_at, event.bytes_length), event.changed):set_generated()
  end
end)

-- Which fields are asked for: all where the tree is shown, otherwise those that a filter or a column names.
local function plan_for(tree, visible)
  local function chosen(fields)
    local list = {}
    for _, pair in ipairs(fields) do
      if visible or tree:referenced(field[pair[1]]) then
        list[#list + 1] = pair[2]
      end
    end
    return list
  end
  return {
    visible = visible,
    trace = chosen(TRACE_FIELDS),
    event = chosen(EVENT_FIELDS),
    step = visible or tree:referenced(field.step),
    fault = visible or tree:referenced(field.fault),
  }
end

-- Expert information for whatever is wrong. Here nothing is lazy: a fault is never passed over in silence.
local function show_faults(frame, tvb, item, plan)
  for _, fault in ipairs(frame.faults) do
    local text = sentence(fault)
    local at = min(fault.offset, frame.size)
    local range = tvb:range(at, frame.size - at)
    if fault.record and frame.records then
      range = tvb:range(at, min(frame.records.header, frame.size - at))
    end
    local target = item
    if plan and plan.fault then
      target = item:add(field.fault, range, fault.name):append_text(": " .. text):set_generated()
    end
    target:add_proto_expert_info(expert_info[fault.name], text)
  end
end

-- One line that says what an event says.
local function describe(frame, event)
  local words = { format("Step %d: %s", event.step, event.kind) }
  if event.kind == "data" then
    words[#words + 1] = format(", %s, %s", link_name(link_of(frame, event)), counted(event.bytes_length, "byte"))
    if is_cut(frame, event) then
      words[#words + 1] = format(" of %d", whole_length(frame, event))
    end
    if event.same_as then
      words[#words + 1] = format(", identical to step %d", event.same_as.step)
    elseif event.changed then
      words[#words + 1] = format(", changed since step %d", event.before.step)
    end
  elseif event.kind == "unknown" then
    words[#words + 1] = event.code and format(" 0x%04x, %s", event.code, counted(event.length, "byte"))
  elseif event.kind == "start" then
    words[#words + 1] = format(" %s %s", ORIGIN[event.origin] or event.origin, display(event.text))
  elseif event.kind == "drop" then
    words[#words + 1] = " " .. display(event.text) .. (event.errno and format(" (errno %d)", event.errno) or "")
  elseif event.kind ~= "position" then
    local text = display(text_of(event))
    words[#words + 1] = " " .. (SIGNS[event.kind] and match(text, "^[+-]?(.*)$") or text)
  end
  if event.func and not (SIGNS[event.kind] and event.func) then
    words[#words + 1] = " in " .. display(event.func)
  end
  if event.line then
    words[#words + 1] = format(" at %s:%d", display(event.file), event.line)
  end
  if event.missing > 0 then
    words[#words + 1] = format(", %s cut by the capture", counted(event.missing, "byte"))
  end
  return concat(words)
end

-- The first bytes in hexadecimal.
local function hex(raw, at, length)
  local shown = min(length, 16)
  local digits = string.gsub(sub(raw, at + 1, at + shown), ".", function(letter)
    return format("%02x", byte(letter))
  end)
  return shown < length and digits .. "…" or digits
end

-- Which bytes of a snapshot have changed. Only where the tree is shown.
local function show_changes(frame, event, tvb, node)
  local before = event.before
  if link_of(frame, event) ~= link_of(frame, before) then
    node:add(tvb:range(event.bytes_at, event.bytes_length),
      format("Begins with %s, before with %s", link_name(link_of(frame, event)), link_name(link_of(frame, before))))
      :set_generated()
  end
  local ranges, more, longer = changed_ranges(frame, event, MOST_CHANGES)
  for _, changed in ipairs(ranges) do
    local first, length = changed.at - event.bytes_at, changed.length
    local where = length == 1 and format("byte %d", first) or format("bytes %d to %d", first, first + length - 1)
    node:add(tvb:range(changed.at, length), format("Changed: %s, from %s to %s", where,
      hex(frame.raw, changed.old, length), hex(frame.raw, changed.at, length))):set_generated()
  end
  if more then
    node:add(tvb:range(event.bytes_at, event.bytes_length), "More bytes have changed"):set_generated()
  elseif longer ~= 0 then
    node:add(tvb:range(event.bytes_at, event.bytes_length),
      format("%s %s than before", counted(math.abs(longer), "byte"), longer < 0 and "shorter" or "longer"))
      :set_generated()
  end
end

-- All events, oldest first or as they lie in the packet. Gives the nodes of the steps, where the tree is shown.
local function show_events(frame, tvb, item, plan)
  local fields, visible, with_step = plan.event, plan.visible, plan.step
  local count, nodes = event_count(frame), {}
  local first, last, direction = 1, count, 1
  local opens, closes = "enter", "leave"
  if setting.wire_order and not frame.oldest_first then
    first, last, direction = count, 1, -1
    -- Seen backwards, functions begin with their end.
    opens, closes = closes, opens
  end
  if not (visible or with_step or fields[1]) then
    return nodes
  end
  local parents, depth, node = { [0] = item }, 0, item
  for step = first, last, direction do
    local event = event_of(frame, step)
    if visible then
      local kind = event.kind
      if kind == closes and depth > 0 then
        depth = depth - 1
      end
      local header = event.has_record and frame.records.header or 0
      node = parents[min(depth, DEEPEST)]:add(field.step, tvb:range(event.start, header + event.length), step)
      node:set_text(describe(frame, event))
      nodes[step] = node
      if kind == opens then
        depth = depth + 1
        if depth <= DEEPEST then
          parents[depth] = node
        end
      end
    elseif with_step then
      item:add(field.step, tvb:range(event.start, 0), step)
    end
    for place = 1, #fields do
      fields[place](node, tvb, event, frame)
    end
    if visible and event.changed then
      show_changes(frame, event, tvb, node)
    end
  end
  return nodes
end

----------------------------------------------------------------------------------------------------------
-- Opening the source.

-- Paths come from the capture, so only harmless ones are ever opened.
local function is_harmless_path(path)
  return find(path, "^/[A-Za-z0-9._/+-]+$") ~= nil and not find(path, "..", 1, true)
end

-- The path on this computer: the beginning that the preference names is replaced.
local function local_path(path)
  local from, to = match(prefs.source_root, "^(.-)=(.*)$")
  if from and from ~= "" and sub(path, 1, #from) == from then
    return to .. sub(path, #from + 1)
  end
  return path
end

-- Opens a source position. Gives nil, or why it could not.
local function open_source(path, line)
  if not is_harmless_path(path) then
    return format("%s:%d is no absolute path of letters, digits and . _ / + - only, and is not opened",
      display(path), line)
  end
  local target = local_path(path)
  -- The source root can have any characters: a URL has them in hexadecimal, a shell in quotes.
  local function fill(template, safe_path)
    return (string.gsub(template, "{(%a+)}", { path = safe_path, line = format("%d", line) }))
  end
  if prefs.editor ~= "" then
    -- In the background: Wireshark waits for what it starts.
    local quoted = "'" .. string.gsub(target, "'", "'\\''") .. "'"
    os.execute(fill(prefs.editor, quoted) .. " &")
  else
    local encoded = string.gsub(target, "[^A-Za-z0-9._/+~:-]", function(letter)
      return format("%%%02X", byte(letter))
    end)
    browser_open_url(fill(prefs.url_template, encoded))
  end
end

-- What the packet that was shown last says of its way: its number, and for each step a line of text and
-- the source position.
local shown_packet

local function remember_steps(frame, number)
  local steps = {}
  for step = 1, event_count(frame) do
    local event = event_of(frame, step)
    steps[step] = { text = describe(frame, event), file = event.line and event.file, line = event.line }
  end
  shown_packet = { number = number, steps = steps }
end

-- The most buttons that a window of steps gets: more make it wider than a screen.
local MOST_BUTTONS = 16

-- A window that lists steps, with a button for each that has another source position than those before it. The
-- button shows the number of the step.
local function show_steps(title, steps)
  local window = TextWindow.new(title)
  local lines, buttons, seen = {}, 0, {}
  for _, step in ipairs(steps) do
    lines[#lines + 1] = step.text
  end
  window:set(concat(lines, "\n") .. "\n")
  for number, step in ipairs(steps) do
    local position = step.line and step.file .. ":" .. step.line
    if position and not seen[position] and buttons < MOST_BUTTONS and is_harmless_path(step.file) then
      seen[position] = true
      buttons = buttons + 1
      window:add_button(tostring(number), function()
        local problem = open_source(step.file, step.line)
        if problem then
          window:append(problem .. "\n")
        end
      end)
    end
  end
end

local function show_problem(text)
  TextWindow.new("mbuf_trace"):set(text .. "\n")
end

-- The newest step with a source position.
local function open_last_source(steps)
  for place = #steps, 1, -1 do
    local step = steps[place]
    if step.line then
      local problem = open_source(step.file, step.line)
      if problem then
        show_problem(problem)
      end
      return
    end
  end
  show_problem("No step of this packet tells its source position.")
end

-- The steps out of the fields that a packet menu is given: those of the packet it was opened on.
local function steps_of_fields(fields)
  local steps, current = {}, nil
  for _, info in ipairs(fields) do
    local name = info.name
    if name == "mbuf_trace.step" then
      -- What Wireshark displays of a field leaves out what stands before a colon.
      current = { text = format("Step %d: %s", info.value, (string.gsub(info.display, "^Step %d+: ", ""))) }
      steps[info.value] = current
    elseif current and name == "mbuf_trace.file" then
      current.file = info.value
    elseif current and name == "mbuf_trace.line" then
      current.line = info.value
    end
  end
  for _, step in ipairs(steps) do
    if not (step.file and step.line) then
      step.file, step.line = nil, nil
    end
  end
  return steps
end

----------------------------------------------------------------------------------------------------------
-- Statistics: tshark -z mbuf_trace,functions and -z mbuf_trace,paths, and the same in the Tools menu.

-- How many statistics are being taken, and the frame that was dissected last: what they look at.
local takers, last_seen = 0, nil

-- A count by text, most frequent first.
local function new_count()
  local numbers, count = {}, {}
  function count.add(text)
    numbers[text] = (numbers[text] or 0) + 1
  end
  function count.clear()
    numbers = {}
  end
  function count.lines(what)
    local texts = {}
    for text in pairs(numbers) do
      texts[#texts + 1] = text
    end
    table.sort(texts, function(one, other)
      if numbers[one] ~= numbers[other] then
        return numbers[one] > numbers[other]
      end
      return one < other
    end)
    local lines = { format("%10s  %s", "count", what) }
    for _, text in ipairs(texts) do
      lines[#lines + 1] = format("%10d  %s", numbers[text], text)
    end
    return concat(lines, "\n") .. "\n"
  end
  return count
end

local STATISTICS = {
  functions = {
    title = "Functions",
    heading = "function (events that it recorded)",
    count = function(frame, count)
      for step = 1, event_count(frame) do
        local func = event_of(frame, step).func
        if func then
          count.add(display(func))
        end
      end
    end,
  },
  paths = {
    title = "Paths",
    heading = "path (packets that took it)",
    count = function(frame, count)
      local path = path_of(frame)
      count.add(path and display(path) or "(no function)")
    end,
  },
}

-- Starts to take a statistic of the packets that the filter leaves. `show` gets the text at the end.
local function take(statistic, filter, show)
  local count = new_count()
  local listener = Listener.new("frame", filter)
  takers = takers + 1
  function listener.packet(pinfo)
    if last_seen and last_seen.number == pinfo.number then
      statistic.count(last_seen.frame, count)
    end
  end
  function listener.draw()
    show(count.lines(statistic.heading))
  end
  function listener.reset()
    count.clear()
  end
  return listener
end

for name, statistic in pairs(STATISTICS) do
  if register_stat_cmd_arg then
    register_stat_cmd_arg("mbuf_trace," .. name, function(argument)
      -- What follows the name is a display filter: -z mbuf_trace,functions,icmp
      local filter = argument and match(argument, "^mbuf_trace,%a+,(.+)$")
      take(statistic, filter, function(text)
        local line = string.rep("=", 67)
        print(line .. "\nmbuf_trace " .. name .. "\nFilter: " .. (filter or "<No Filter>"))
        io.write(text, line, "\n")
      end)
    end)
  end
  if gui_enabled() then
    register_menu("mbuf_trace/" .. statistic.title, function()
      local window = TextWindow.new("mbuf_trace: " .. statistic.title)
      local listener = take(statistic, nil, function(text)
        window:set(text)
      end)
      window:set_atclose(function()
        takers = takers - 1
        listener:remove()
      end)
      retap_packets()
    end, MENU_TOOLS_UNSORTED)
  end
end

----------------------------------------------------------------------------------------------------------
-- The dissector.

-- Wireshark's own bytes view, for what is no trace.
local plain_data = Dissector.get("data")
local own

local function not_a_trace(tvb, pinfo, tree)
  local frame = {}
  note(frame, "not_a_trace", 0, 0, tvb:len())
  local text = sentence(frame.faults[1])
  pinfo.cols.protocol = "USER0"
  pinfo.cols.info = text
  -- Not below our protocol: the filter mbuf_trace is for packets that are one.
  tree:add_tvb_expert_info(expert_info.not_a_trace, tvb:range(0, tvb:len()), text)
  return plain_data:call(tvb, pinfo, tree)
end

-- The snapshot that stands for the packet: the newest, or the oldest by preference, that the capture did not
-- cut, if there is one.
local function primary_of(snapshots)
  local first, last, direction = #snapshots, 1, -1
  if setting.oldest_is_primary then
    first, last, direction = last, first, 1
  end
  for place = first, last, direction do
    if snapshots[place].missing == 0 then
      return snapshots[place]
    end
  end
  return snapshots[first]
end

-- Hands the snapshots to their dissectors, the primary one last and at the top of the tree. Tells whether
-- there was a dissector for that.
local function dissect_snapshots(frame, snapshots, nodes, tvb, pinfo, tree, item)
  local primary = primary_of(snapshots)
  local others = false
  for _, event in ipairs(snapshots) do
    -- One of several that are identical is enough, and the primary one is that for its own.
    if event ~= primary and not event.same_as and primary.same_as ~= event then
      if not can_quote and not setting.all_snapshots then
        if nodes[event.step] then
          nodes[event.step]:append_text(" (not dissected: see the preference all_snapshots)")
        end
      else
        others = dissect_snapshot(frame, event, tvb, pinfo, nodes[event.step] or item, item, true) or others
      end
    end
  end
  if others then
    -- What they left in the columns is not what the packet was in the end.
    pinfo.cols.info:clear_fence()
    pinfo.cols.info:clear()
    pinfo.cols.protocol = "mbuf_trace"
  end
  return dissect_snapshot(frame, primary, tvb, pinfo, tree, item, false)
end

-- Outside of the graphical interface, what is asked for does not change between packets, only between the
-- first and the second pass over them.
local remembered = not gui_enabled() and {} or nil

-- What has to be done for this packet: its plan, and whether there are columns.
local function demands(pinfo, tree)
  local pass = pinfo.visited and 2 or 1
  local known = remembered and remembered[pass]
  if known then
    return known
  end
  own = own or Dissector.get("mbuf_trace")
  local visible = tree.visible
  local cols = pinfo.cols
  known = {
    plan = (visible or tree:referenced(own)) and plan_for(tree, visible) or nil,
    -- What a column says of itself where it is not shown.
    columns = tostring(cols.info) ~= "(info)" or tostring(cols.protocol) ~= "(protocol)",
  }
  if remembered then
    remembered[pass] = known
  end
  return known
end

-- Expert information on what is worth knowing, and no fault.
local function show_notes(frame, certainty, contradiction, snapshots, nodes, item)
  if certainty == "guessed" then
    item:add_proto_expert_info(expert_info.revision_guessed, format(
      "revision %d is a guess: nothing in this packet or before it made it certain", frame.encoding.revision))
  elseif contradiction then
    item:add_proto_expert_info(expert_info.revision_override, format(
      "read as revision %s by preference, but the packet is certainly one of revision %s",
      REVISION_WORDS[prefs.revision + 1], contradiction.revision .. (contradiction.little and "le" or "")))
  end
  local lost = lost_of(frame)
  if lost > 0 then
    item:add_proto_expert_info(expert_info.incomplete, counted(lost, "event") .. " lost by the kernel")
  elseif frame.header and has_flag(frame.header.flags, FLAG.incomplete) then
    item:add_proto_expert_info(expert_info.incomplete, "incomplete, the kernel says")
  end
  for place = 1, #snapshots do
    local event = snapshots[place]
    if event.changed then
      (nodes[event.step] or item):add_proto_expert_info(expert_info.snapshot_changed,
        format("step %d: the packet differs from step %d", event.step, event.before.step))
    end
    local whole = event.packet_length_at and u32(frame.raw, event.packet_length_at) or 0
    if whole > event.bytes_length + event.missing then
      (nodes[event.step] or item):add_proto_expert_info(expert_info.snapshot_cut,
        format("step %d: %d of %d bytes of the packet were recorded", event.step, event.bytes_length, whole))
    end
  end
end

-- The inner protocol's columns, followed by the function where it ended; the path where there is no inner protocol.
local function finish_columns(frame, pinfo, dissected)
  local info = pinfo.cols.info
  if dissected then
    local ending = end_of(frame)
    if ending.is_missing and not ending.reason then
      info:append(" [end not recorded]")
    elseif ending.func then
      info:append(format(" [%s in %s]", ending.fate == "unknown" and "last seen" or ending.fate, display(ending.func)))
    end
    if is_incomplete(frame) then
      info:append(" [incomplete]")
    end
  else
    local path = path_of(frame)
    info:set(path and display(path) or counted(event_count(frame), "event"))
  end
end

local NO_NODES = {}

function mbuf_trace.dissector(tvb, pinfo, tree)
  local raw, original = tvb:raw(), tvb:reported_len()
  local size = #raw
  if can_quote == nil then
    can_quote = pcall(function() pinfo.in_error_pkt = pinfo.in_error_pkt end)
  end
  local demand = demands(pinfo, tree)
  local plan, nodes = demand.plan, NO_NODES
  local encoding, certainty, records, contradiction =
    decide(raw, size, original, pinfo, not (plan and plan.visible))
  if not encoding then
    return not_a_trace(tvb, pinfo, tree)
  end
  local frame = read_frame(raw, original, encoding, records)
  local item = tree:add(mbuf_trace, tvb:range(0, size))
  local snapshots = snapshots_of(frame)
  if #snapshots > 1 then
    compare_snapshots(frame, snapshots)
  end

  if plan then
    -- What is known of the snapshots now has to be found with their steps.
    frame.events = {}
    for place = 1, #snapshots do
      frame.events[snapshots[place].step] = snapshots[place]
    end
    for place = 1, #plan.trace do
      plan.trace[place](item, tvb, frame, certainty)
    end
  end
  if frame.faults then
    show_faults(frame, tvb, item, plan)
  end
  if plan then
    nodes = show_events(frame, tvb, item, plan)
  end
  show_notes(frame, certainty, contradiction, snapshots, nodes, item)
  if plan and plan.visible then
    local path = path_of(frame)
    item:append_text(format(", revision %d, %s", encoding.revision, counted(event_count(frame), "event")))
    if path then
      item:append_text(": " .. display(path))
    end
    if not remembered and pinfo.visited then
      remember_steps(frame, pinfo.number)
    end
  end

  if demand.columns then
    pinfo.cols.protocol = "mbuf_trace"
  end
  local dissected = snapshots[1] and dissect_snapshots(frame, snapshots, nodes, tvb, pinfo, tree, item)
  if demand.columns then
    finish_columns(frame, pinfo, dissected)
  end
  if takers > 0 then
    last_seen = { number = pinfo.number, frame = frame }
  end
  return size
end

-- A new capture, or the same one read anew.
function mbuf_trace.init()
  forget_decisions()
  last_seen, shown_packet = nil, nil
  read_preferences()
end

read_preferences()
DissectorTable.get("wtap_encap"):add(wtap[ENCAPSULATION], mbuf_trace)

----------------------------------------------------------------------------------------------------------
-- Menus.

if gui_enabled() then
  local function of_shown_packet(action)
    return function()
      if shown_packet then
        action(shown_packet.steps, shown_packet.number)
      else
        show_problem("Select a packet of mbuf_trace first.")
      end
    end
  end
  local function list_steps(steps, number)
    show_steps(number and format("mbuf_trace: steps of packet %d", number) or "mbuf_trace: steps", steps)
  end

  register_menu("mbuf_trace/Steps of the selected packet", of_shown_packet(list_steps), MENU_TOOLS_UNSORTED)
  register_menu("mbuf_trace/Open source of the last step", of_shown_packet(open_last_source), MENU_TOOLS_UNSORTED)
  register_menu("mbuf_trace/Suggested colouring rules", function()
    TextWindow.new("mbuf_trace: colouring rules"):set(COLOURING_RULES)
  end, MENU_TOOLS_UNSORTED)

  -- From 4.2 on, also where the mouse is.
  if register_packet_menu then
    register_packet_menu("mbuf_trace/Open source…", function(...)
      open_last_source(steps_of_fields({ ... }))
    end, "mbuf_trace.file")
    register_packet_menu("mbuf_trace/Steps…", function(...)
      list_steps(steps_of_fields({ ... }))
    end, "mbuf_trace.step")
  end
end
