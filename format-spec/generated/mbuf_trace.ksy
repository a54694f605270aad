# Generated from format-spec/ by `cargo xtask generate`; do not edit.

meta:
  id: mbuf_trace
  title: mbuf_trace frame
  license: BSD-2-Clause
  ks-version: '0.9'
  endian:
    switch-on: little_endian
    cases:
      true: le
      false: be
doc: |
  The way of one packet through the FreeBSD network stack, as its mbuf recorded it. One frame is one
  packet of link type 147 (USER0) of a pcap or pcapng file; format-spec/README.md of the mbuf_trace
  toolkit tells all of it. Nothing in a frame of revisions 1 to 3 says which revision it has:
  whoever reads it does. Records are in wire order: newest first, unless the frame header of
  revision 4 says otherwise. A frame that is damaged, or that the capture cut, ends in an error of
  the parser.
params:
  - id: revision
    type: u1
    doc: |
      Revision of the format, 1 to 4
  - id: little_endian
    type: bool
    doc: |
      Whether integers are little-endian: never, but for code that was published with revision 1
seq:
  - id: count
    type: u2
    doc: |
      Records that follow; in revision 1, strings that follow
  - id: strings
    type: untyped_record
    repeat: expr
    repeat-expr: count
    if: revision == 1
    doc: |
      The strings of revision 1
  - id: snapshot
    size-eos: true
    if: revision == 1
    doc: |
      The snapshot of revision 1, an Ethernet frame and the oldest event; there is none if it is
      empty
  - id: records
    type: typed_record
    repeat: expr
    repeat-expr: count
    if: revision == 2 or revision == 3 or revision == 4
    doc: |
      The records of all later revisions
  - id: trailing
    size-eos: true
    if: revision == 2 or revision == 3 or revision == 4
    doc: |
      Bytes behind the last record, of which there should be none
types:
  untyped_record:
    doc: |
      A record of revision 1
    seq:
      - id: length
        type: u2
        doc: |
          Length of the string, its trailing NUL included
      - id: payload
        type: nul_text
        size: length
        doc: |
          The string
  typed_record:
    doc: |
      A record of every revision but the first
    seq:
      - id: length
        type: u2
        doc: |
          Length of the payload; a string's trailing NUL is included
      - id: type
        type: u2
        doc: |
          What the payload is
      - id: payload
        size: length
        type:
          switch-on: record_type
          cases:
            record_type::rev2_data: ethernet
            record_type::rev2_static: nul_text
            record_type::rev2_dynamic: nul_text
            record_type::rev3_data: ethernet
            record_type::rev3_string: nul_text
            record_type::rev4_plain_data: ethernet
            record_type::rev4_plain_string: nul_text
            record_type::rev4_frame_header: frame_header
            record_type::rev4_start: start_event
            record_type::rev4_static: text_event
            record_type::rev4_dynamic: text_event
            record_type::rev4_position: bare_event
            record_type::rev4_function: text_event
            record_type::rev4_enter: text_event
            record_type::rev4_leave: text_event
            record_type::rev4_data: snapshot_event
            record_type::rev4_drop: drop_event
        doc: |
          What the type makes of it; plain bytes where it is not known. 0x0110 to 0x7fff: Reserved
          for later revisions. 0x8000 to 0xffff: Free for experiments.
    instances:
      record_type:
        value: _root.revision * 0x10000 + type
        enum: record_type
        doc: |
          Revision and type in one number, since types mean something else in each revision
  ethernet:
    doc: |
      A snapshot: an Ethernet frame, or from ip_input on an IP packet, its Ethernet header stripped
    seq:
      - id: bytes
        size-eos: true
        doc: |
          The packet's bytes at that moment
  nul_text:
    doc: |
      Trace text, and a NUL behind it
    seq:
      - id: bytes
        size-eos: true
        doc: |
          All of it as it was recorded; should be UTF-8, and may be anything
    instances:
      has_nul:
        value: bytes.size > 0 and bytes[bytes.size - 1] == 0
        doc: |
          Whether the last byte is a NUL; any other NUL is part of the text
      text:
        pos: 0
        size: 'has_nul ? bytes.size - 1 : bytes.size'
        type: str
        encoding: UTF-8
        doc: |
          The text: a position, a call or anything else, by the grammar of trace text
  start_event:
    seq:
      - id: header
        type: event_header
        doc: |
          What every event of revision 4 tells
      - id: body
        type: start
        doc: |
          What this type of event tells
  text_event:
    seq:
      - id: header
        type: event_header
        doc: |
          What every event of revision 4 tells
      - id: body
        type: text
        doc: |
          What this type of event tells
  bare_event:
    seq:
      - id: header
        type: event_header
        doc: |
          What every event of revision 4 tells
  snapshot_event:
    seq:
      - id: header
        type: event_header
        doc: |
          What every event of revision 4 tells
      - id: body
        type: snapshot
        doc: |
          What this type of event tells
  drop_event:
    seq:
      - id: header
        type: event_header
        doc: |
          What every event of revision 4 tells
      - id: body
        type: drop
        doc: |
          What this type of event tells
  frame_header:
    doc: |
      Payload of the first record of a revision 4 frame
    seq:
      - id: magic
        type: u4
        valid: 0x6d747263
        doc: |
          The letters `mtrc`
      - id: major
        type: u1
        valid: 0x4
        doc: |
          A reader stops at a higher one
      - id: minor
        type: u1
        doc: |
          A reader goes on at a higher one
      - id: flags
        type: u2
        doc: |
          What holds for the whole trace
      - id: packet_id
        type: u8
        doc: |
          Identity of this packet's trace; 0 is unknown
      - id: parent_id
        type: u8
        doc: |
          The trace that this mbuf was copied, split or fragmented from; 0 is none
      - id: lost
        type: u4
        doc: |
          Events that could not be recorded
      - id: more
        size-eos: true
        doc: |
          What a later minor revision put behind the fields above
  event_header:
    doc: |
      Before the body of every revision 4 event
    seq:
      - id: age
        type: u8
        doc: |
          Time before the packet's capture time; all ones is unknown, in nanoseconds
      - id: thread
        type: u4
        doc: |
          Thread that recorded the event; 0 is unknown
      - id: vnet
        type: u4
        doc: |
          Virtual network stack; 0 is the default one, or unknown
      - id: cpu
        type: u2
        doc: |
          CPU that recorded the event; 0xffff is unknown
      - id: flags
        type: u2
        doc: |
          0 for now; a reader ignores bits it does not know
      - id: line
        type: u4
        doc: |
          Source line; 0 is no position
      - id: file_length
        type: u2
        doc: |
          Length of the file name, in bytes
      - id: function_length
        type: u2
        doc: |
          Length of the function name, in bytes
      - id: file_bytes
        size: file_length
        doc: |
          Source file, UTF-8 without NUL
      - id: function_bytes
        size: function_length
        doc: |
          Function, UTF-8 without NUL
    instances:
      file:
        value: file_bytes.to_s('UTF-8')
        doc: |
          Source file, UTF-8 without NUL
      function:
        value: function_bytes.to_s('UTF-8')
        doc: |
          Function, UTF-8 without NUL
  start:
    doc: |
      Body of a start event
    seq:
      - id: origin
        type: u2
        enum: origin
        doc: |
          What switched tracing on for this packet
      - id: label_bytes
        size-eos: true
        doc: |
          Which one: an interface's name, a rule's number
    instances:
      label:
        value: label_bytes.to_s('UTF-8')
        doc: |
          Which one: an interface's name, a rule's number
  text:
    doc: |
      Body of a string, function, enter or leave event
    seq:
      - id: text_bytes
        size-eos: true
        doc: |
          The string, or the arguments of the function
    instances:
      text:
        value: text_bytes.to_s('UTF-8')
        doc: |
          The string, or the arguments of the function
  snapshot:
    doc: |
      Body of a data event
    seq:
      - id: link_type
        type: u2
        enum: link_type
        doc: |
          Link type of the bytes, a LINKTYPE_ number: 1 is Ethernet, 101 raw IP; 65535 is no header
      - id: reserved
        type: u2
        doc: |
          Written as 0, ignored when read
      - id: packet_length
        type: u4
        doc: |
          Length of the whole packet (m_pkthdr.len); more than the bytes that follow if they were
          cut, in bytes
      - id: bytes
        size-eos: true
        doc: |
          The packet's bytes at that moment
  drop:
    doc: |
      Body of a drop event
    seq:
      - id: errno
        type: u2
        doc: |
          Error that the sender of the packet would get, as errno(2) numbers it; 0 is none
      - id: reason_bytes
        size-eos: true
        doc: |
          Why the packet was dropped
    instances:
      reason:
        value: reason_bytes.to_s('UTF-8')
        doc: |
          Why the packet was dropped
enums:
  record_type:
    0x20001:
      id: rev2_data
      doc: |
        Bytes of the packet, as Ethernet
    0x20002:
      id: rev2_static
      doc: |
        String that lives in the kernel
    0x20003:
      id: rev2_dynamic
      doc: |
        String that was copied
    0x30000:
      id: rev3_data
      doc: |
        Bytes of the packet, as Ethernet
    0x30001:
      id: rev3_string
      doc: |
        String
    0x40000:
      id: rev4_plain_data
      doc: |
        Bytes of the packet, as in revision 3
    0x40001:
      id: rev4_plain_string
      doc: |
        String, as in revision 3
    0x40100:
      id: rev4_frame_header
      doc: |
        First record of the frame, once; not an event
    0x40101:
      id: rev4_start
      doc: |
        Tracing begins
    0x40102:
      id: rev4_static
      doc: |
        String that lives in the kernel, no NUL
    0x40103:
      id: rev4_dynamic
      doc: |
        String that was copied, no NUL
    0x40104:
      id: rev4_position
      doc: |
        The packet passed here
    0x40105:
      id: rev4_function
      doc: |
        The packet is in this function; the body is its arguments, which may be empty
    0x40106:
      id: rev4_enter
      doc: |
        This function begins; the body is its arguments, which may be empty
    0x40107:
      id: rev4_leave
      doc: |
        This function ends; the body is its arguments, which may be empty
    0x40108:
      id: rev4_data
      doc: |
        Bytes of the packet
    0x40109:
      id: rev4_drop
      doc: |
        The packet is dropped
  origin:
    0:
      id: unspecified
      doc: |
        Not told
    1:
      id: interface
      doc: |
        An interface
    2:
      id: pf_rule
      doc: |
        A rule of pf(4)
    3:
      id: ipfw_rule
      doc: |
        A rule of ipfw(4)
    4:
      id: netgraph_node
      doc: |
        A node of netgraph(4)
    5:
      id: socket
      doc: |
        A socket
    6:
      id: process
      doc: |
        A process
  link_type:
    1:
      id: ethernet
      doc: |
        The bytes begin with an Ethernet header, without FCS
    101:
      id: raw_ip
      doc: |
        The bytes begin with an IPv4 or IPv6 header
    65535:
      id: no_header
      doc: |
        The bytes begin with no link-layer or IP header, or with an unknown one: ARP without
        Ethernet, payload in a socket buffer; no LINKTYPE_ number
  ether_type:
    2048:
      id: ipv4
      doc: |
        IPv4
    2054:
      id: arp
      doc: |
        ARP
    2114:
      id: wake_on_lan
      doc: |
        Wake-on-LAN
    8944:
      id: avtp
      doc: |
        Audio video transport (IEEE 1722)
    32821:
      id: rarp
      doc: |
        Reverse ARP
    32923:
      id: appletalk
      doc: |
        AppleTalk
    33011:
      id: appletalk_arp
      doc: |
        AppleTalk ARP
    33024:
      id: vlan
      doc: |
        VLAN tag (IEEE 802.1Q)
    33079:
      id: ipx
      doc: |
        IPX
    34525:
      id: ipv6
      doc: |
        IPv6
    34824:
      id: flow_control
      doc: |
        Pause frames (IEEE 802.3x)
    34825:
      id: slow
      doc: |
        Slow protocols: LACP, OAM
    34827:
      id: ppp
      doc: |
        PPP
    34887:
      id: mpls
      doc: |
        MPLS
    34888:
      id: mpls_multicast
      doc: |
        MPLS, multicast
    34915:
      id: pppoe_discovery
      doc: |
        PPP over Ethernet, discovery
    34916:
      id: pppoe_session
      doc: |
        PPP over Ethernet, session
    34928:
      id: jumbo
      doc: |
        Jumbo frames
    34958:
      id: eapol
      doc: |
        Port authentication (IEEE 802.1X)
    34962:
      id: profinet
      doc: |
        PROFINET
    34969:
      id: realtek
      doc: |
        Realtek protocols
    34978:
      id: ata
      doc: |
        ATA over Ethernet
    34980:
      id: ethercat
      doc: |
        EtherCAT
    34984:
      id: provider_vlan
      doc: |
        Service VLAN tag (IEEE 802.1ad)
    34997:
      id: experiment_1
      doc: |
        Local experiments
    34998:
      id: experiment_2
      doc: |
        Local experiments
    34999:
      id: oui_extended
      doc: |
        Extended by a manufacturer's number
    35000:
      id: goose
      doc: |
        GOOSE (IEC 61850)
    35002:
      id: sampled_values
      doc: |
        Sampled values (IEC 61850)
    35015:
      id: preauthentication
      doc: |
        Pre-authentication (IEEE 802.11i)
    35020:
      id: lldp
      doc: |
        LLDP
    35041:
      id: homeplug
      doc: |
        HomePlug AV
    35043:
      id: media_redundancy
      doc: |
        Media redundancy (IEC 62439)
    35045:
      id: macsec
      doc: |
        MACsec
    35047:
      id: provider_backbone
      doc: |
        Provider backbone bridge (IEEE 802.1ah)
    35061:
      id: mvrp
      doc: |
        VLAN registration
    35063:
      id: ptp
      doc: |
        Precision time protocol
    35067:
      id: prp
      doc: |
        Parallel redundancy
    35074:
      id: cfm
      doc: |
        Connectivity fault management
    35078:
      id: fcoe
      doc: |
        Fibre Channel over Ethernet
    35092:
      id: fip
      doc: |
        FCoE initialisation
    35093:
      id: roce
      doc: |
        RDMA over Ethernet
    35119:
      id: hsr
      doc: |
        High-availability seamless redundancy
    35130:
      id: ieee_1905
      doc: |
        IEEE 1905
    35151:
      id: nsh
      doc: |
        Network service header
    36864:
      id: loopback
      doc: |
        Configuration test
    37120:
      id: old_qinq
      doc: |
        VLAN tag, as used before IEEE 802.1ad
  frame_flag:
    1:
      id: oldest_first
      doc: |
        The records lie in the order in which they happened; otherwise newest first
    2:
      id: incomplete
      doc: |
        The trace is known to lack events
