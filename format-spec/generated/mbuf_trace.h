/* Generated from format-spec/ by `cargo xtask generate`; do not edit. */

/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the mbuf_trace toolkit contributors
 *
 * Redistribution and use in source and binary forms, with or without
 * modification, are permitted provided that the following conditions are met:
 *
 * 1. Redistributions of source code must retain the above copyright notice, this
 *    list of conditions and the following disclaimer.
 *
 * 2. Redistributions in binary form must reproduce the above copyright notice,
 *    this list of conditions and the following disclaimer in the documentation
 *    and/or other materials provided with the distribution.
 *
 * THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS"
 * AND ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE
 * IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE
 * DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE
 * FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL
 * DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR
 * SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER
 * CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY,
 * OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE
 * OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
 */

/*
 * Writes mbuf_trace frames: what a kernel, or a program in its place, puts
 * into the packets of link type 147. format-spec/README.md says what the
 * bytes mean.
 *
 *	struct mbuf_trace_frame frame;
 *	struct mbuf_trace_frame_header header;
 *	struct mbuf_trace_event_header event;
 *	size_t length;
 *
 *	mbuf_trace_frame_begin(&frame, 4, buffer, sizeof(buffer));
 *	mbuf_trace_frame_header_init(&header);
 *	mbuf_trace_rev4_frame_header(&frame, &header);
 *	mbuf_trace_event_header_init(&event);
 *	event.function = "ip_input";
 *	event.function_length = 8;
 *	mbuf_trace_rev4_enter(&frame, &event, NULL, 0);
 *	length = mbuf_trace_frame_end(&frame);
 *
 * Records come in wire order: newest first, or oldest first with the flag
 * MBUF_TRACE_FRAME_OLDEST_FIRST in the header of revision 4.
 *
 * Every function returns how many bytes it wrote. What does not fit is refused
 * as a whole: 0 is returned, nothing is written, and the frame counts it in
 * `refused`. Nothing is ever written behind the buffer's capacity. Where the
 * buffer is null, nothing is written at all, and everything is counted as if
 * it were: that tells how large a buffer has to be.
 *
 * Text is bytes with a length; no NUL is looked for. Where a length is 0, its
 * pointer may be null.
 *
 * Nothing is allocated, locked or called but memcpy(3). C99, or C++11 and later.
 */

#ifndef MBUF_TRACE_H
#define	MBUF_TRACE_H

#ifdef _KERNEL
#include <sys/param.h>
#include <sys/stdint.h>
#include <sys/systm.h>
#else
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#endif

/*
 * Link type USER0: Packets of the pseudo-interface mbuf_trace; reserved for
 * private use by LINKTYPE_USER0
 */
#define	MBUF_TRACE_LINK_TYPE 147
/* Bytes in a record's payload: the length is 16 bits wide */
#define	MBUF_TRACE_MAX_PAYLOAD 65535
/* Records in a frame: the count is 16 bits wide */
#define	MBUF_TRACE_MAX_RECORDS 65535

/*
 * Revisions
 */
/* Of 2025-12-30: Length-prefixed strings, then one Ethernet frame to the end */
#define	MBUF_TRACE_REVISION_1 1
/* Of 2026-01-01: Typed records: Ethernet data, static and dynamic strings */
#define	MBUF_TRACE_REVISION_2 2
/* Of 2026-01-11: Typed records: Ethernet data and strings */
#define	MBUF_TRACE_REVISION_3 3
/*
 * Of 2026-11-21: Typed events in the framing of revision 3, with a frame
 * header, times, threads and VNETs
 */
#define	MBUF_TRACE_REVISION_4 4
/* The oldest of them */
#define	MBUF_TRACE_FIRST_REVISION 1
/* The newest of them */
#define	MBUF_TRACE_LAST_REVISION 4

/*
 * Record types, by revision
 */
/* Bytes of the packet, as Ethernet */
#define	MBUF_TRACE_REV2_DATA 0x0001U
/* String that lives in the kernel */
#define	MBUF_TRACE_REV2_STATIC 0x0002U
/* String that was copied */
#define	MBUF_TRACE_REV2_DYNAMIC 0x0003U
/* Bytes of the packet, as Ethernet */
#define	MBUF_TRACE_REV3_DATA 0x0000U
/* String */
#define	MBUF_TRACE_REV3_STRING 0x0001U
/* Bytes of the packet, as in revision 3 */
#define	MBUF_TRACE_REV4_PLAIN_DATA 0x0000U
/* String, as in revision 3 */
#define	MBUF_TRACE_REV4_PLAIN_STRING 0x0001U
/* First record of the frame, once; not an event */
#define	MBUF_TRACE_REV4_FRAME_HEADER 0x0100U
/* Tracing begins */
#define	MBUF_TRACE_REV4_START 0x0101U
/* String that lives in the kernel, no NUL */
#define	MBUF_TRACE_REV4_STATIC 0x0102U
/* String that was copied, no NUL */
#define	MBUF_TRACE_REV4_DYNAMIC 0x0103U
/* The packet passed here */
#define	MBUF_TRACE_REV4_POSITION 0x0104U
/*
 * The packet is in this function; the body is its arguments, which may be empty
 */
#define	MBUF_TRACE_REV4_FUNCTION 0x0105U
/* This function begins; the body is its arguments, which may be empty */
#define	MBUF_TRACE_REV4_ENTER 0x0106U
/* This function ends; the body is its arguments, which may be empty */
#define	MBUF_TRACE_REV4_LEAVE 0x0107U
/* Bytes of the packet */
#define	MBUF_TRACE_REV4_DATA 0x0108U
/* The packet is dropped */
#define	MBUF_TRACE_REV4_DROP 0x0109U
/* First of the types 0x0110 to 0x7fff: Reserved for later revisions */
#define	MBUF_TRACE_TYPES_FROM_0110 0x0110U
/* First of the types 0x8000 to 0xffff: Free for experiments */
#define	MBUF_TRACE_TYPES_FROM_8000 0x8000U

/*
 * What switched tracing on for a packet
 */
/* Not told */
#define	MBUF_TRACE_ORIGIN_UNSPECIFIED 0
/* An interface */
#define	MBUF_TRACE_ORIGIN_INTERFACE 1
/* A rule of pf(4) */
#define	MBUF_TRACE_ORIGIN_PF_RULE 2
/* A rule of ipfw(4) */
#define	MBUF_TRACE_ORIGIN_IPFW_RULE 3
/* A node of netgraph(4) */
#define	MBUF_TRACE_ORIGIN_NETGRAPH_NODE 4
/* A socket */
#define	MBUF_TRACE_ORIGIN_SOCKET 5
/* A process */
#define	MBUF_TRACE_ORIGIN_PROCESS 6

/*
 * Link types that a snapshot usually has, as LINKTYPE_ numbers them
 */
/* The bytes begin with an Ethernet header, without FCS */
#define	MBUF_TRACE_LINK_TYPE_ETHERNET 1
/* The bytes begin with an IPv4 or IPv6 header */
#define	MBUF_TRACE_LINK_TYPE_RAW_IP 101
/*
 * The bytes begin with no link-layer or IP header, or with an unknown one: ARP
 * without Ethernet, payload in a socket buffer; no LINKTYPE_ number
 */
#define	MBUF_TRACE_LINK_TYPE_NO_HEADER 65535

/*
 * EtherTypes that a snapshot of revisions 1 to 3 is recognised as Ethernet by
 */
/* IPv4 */
#define	MBUF_TRACE_ETHER_TYPE_IPV4 2048
/* ARP */
#define	MBUF_TRACE_ETHER_TYPE_ARP 2054
/* Wake-on-LAN */
#define	MBUF_TRACE_ETHER_TYPE_WAKE_ON_LAN 2114
/* Audio video transport (IEEE 1722) */
#define	MBUF_TRACE_ETHER_TYPE_AVTP 8944
/* Reverse ARP */
#define	MBUF_TRACE_ETHER_TYPE_RARP 32821
/* AppleTalk */
#define	MBUF_TRACE_ETHER_TYPE_APPLETALK 32923
/* AppleTalk ARP */
#define	MBUF_TRACE_ETHER_TYPE_APPLETALK_ARP 33011
/* VLAN tag (IEEE 802.1Q) */
#define	MBUF_TRACE_ETHER_TYPE_VLAN 33024
/* IPX */
#define	MBUF_TRACE_ETHER_TYPE_IPX 33079
/* IPv6 */
#define	MBUF_TRACE_ETHER_TYPE_IPV6 34525
/* Pause frames (IEEE 802.3x) */
#define	MBUF_TRACE_ETHER_TYPE_FLOW_CONTROL 34824
/* Slow protocols: LACP, OAM */
#define	MBUF_TRACE_ETHER_TYPE_SLOW 34825
/* PPP */
#define	MBUF_TRACE_ETHER_TYPE_PPP 34827
/* MPLS */
#define	MBUF_TRACE_ETHER_TYPE_MPLS 34887
/* MPLS, multicast */
#define	MBUF_TRACE_ETHER_TYPE_MPLS_MULTICAST 34888
/* PPP over Ethernet, discovery */
#define	MBUF_TRACE_ETHER_TYPE_PPPOE_DISCOVERY 34915
/* PPP over Ethernet, session */
#define	MBUF_TRACE_ETHER_TYPE_PPPOE_SESSION 34916
/* Jumbo frames */
#define	MBUF_TRACE_ETHER_TYPE_JUMBO 34928
/* Port authentication (IEEE 802.1X) */
#define	MBUF_TRACE_ETHER_TYPE_EAPOL 34958
/* PROFINET */
#define	MBUF_TRACE_ETHER_TYPE_PROFINET 34962
/* Realtek protocols */
#define	MBUF_TRACE_ETHER_TYPE_REALTEK 34969
/* ATA over Ethernet */
#define	MBUF_TRACE_ETHER_TYPE_ATA 34978
/* EtherCAT */
#define	MBUF_TRACE_ETHER_TYPE_ETHERCAT 34980
/* Service VLAN tag (IEEE 802.1ad) */
#define	MBUF_TRACE_ETHER_TYPE_PROVIDER_VLAN 34984
/* Local experiments */
#define	MBUF_TRACE_ETHER_TYPE_EXPERIMENT_1 34997
/* Local experiments */
#define	MBUF_TRACE_ETHER_TYPE_EXPERIMENT_2 34998
/* Extended by a manufacturer's number */
#define	MBUF_TRACE_ETHER_TYPE_OUI_EXTENDED 34999
/* GOOSE (IEC 61850) */
#define	MBUF_TRACE_ETHER_TYPE_GOOSE 35000
/* Sampled values (IEC 61850) */
#define	MBUF_TRACE_ETHER_TYPE_SAMPLED_VALUES 35002
/* Pre-authentication (IEEE 802.11i) */
#define	MBUF_TRACE_ETHER_TYPE_PREAUTHENTICATION 35015
/* LLDP */
#define	MBUF_TRACE_ETHER_TYPE_LLDP 35020
/* HomePlug AV */
#define	MBUF_TRACE_ETHER_TYPE_HOMEPLUG 35041
/* Media redundancy (IEC 62439) */
#define	MBUF_TRACE_ETHER_TYPE_MEDIA_REDUNDANCY 35043
/* MACsec */
#define	MBUF_TRACE_ETHER_TYPE_MACSEC 35045
/* Provider backbone bridge (IEEE 802.1ah) */
#define	MBUF_TRACE_ETHER_TYPE_PROVIDER_BACKBONE 35047
/* VLAN registration */
#define	MBUF_TRACE_ETHER_TYPE_MVRP 35061
/* Precision time protocol */
#define	MBUF_TRACE_ETHER_TYPE_PTP 35063
/* Parallel redundancy */
#define	MBUF_TRACE_ETHER_TYPE_PRP 35067
/* Connectivity fault management */
#define	MBUF_TRACE_ETHER_TYPE_CFM 35074
/* Fibre Channel over Ethernet */
#define	MBUF_TRACE_ETHER_TYPE_FCOE 35078
/* FCoE initialisation */
#define	MBUF_TRACE_ETHER_TYPE_FIP 35092
/* RDMA over Ethernet */
#define	MBUF_TRACE_ETHER_TYPE_ROCE 35093
/* High-availability seamless redundancy */
#define	MBUF_TRACE_ETHER_TYPE_HSR 35119
/* IEEE 1905 */
#define	MBUF_TRACE_ETHER_TYPE_IEEE_1905 35130
/* Network service header */
#define	MBUF_TRACE_ETHER_TYPE_NSH 35151
/* Configuration test */
#define	MBUF_TRACE_ETHER_TYPE_LOOPBACK 36864
/* VLAN tag, as used before IEEE 802.1ad */
#define	MBUF_TRACE_ETHER_TYPE_OLD_QINQ 37120

/*
 * Flags of the revision 4 frame header
 */
/*
 * The records lie in the order in which they happened; otherwise newest first
 */
#define	MBUF_TRACE_FRAME_OLDEST_FIRST 0x0001U
/* The trace is known to lack events */
#define	MBUF_TRACE_FRAME_INCOMPLETE 0x0002U

/*
 * What every captured packet begins with
 */
/* Records that follow; in revision 1, strings that follow (16 bits) */
#define	MBUF_TRACE_FRAME_COUNT_OFFSET 0
/* Bytes that its fixed fields take */
#define	MBUF_TRACE_FRAME_LEN 2

/*
 * Before each string of revision 1
 */
/* Length of the string, its trailing NUL included (16 bits, in bytes) */
#define	MBUF_TRACE_UNTYPED_RECORD_LENGTH_OFFSET 0
/* Bytes that its fixed fields take */
#define	MBUF_TRACE_UNTYPED_RECORD_LEN 2

/*
 * Before each payload of revisions 2 to 4
 */
/*
 * Length of the payload; a string's trailing NUL is included (16 bits, in
 * bytes)
 */
#define	MBUF_TRACE_TYPED_RECORD_LENGTH_OFFSET 0
/* What the payload is (16 bits) */
#define	MBUF_TRACE_TYPED_RECORD_TYPE_OFFSET 2
/* Bytes that its fixed fields take */
#define	MBUF_TRACE_TYPED_RECORD_LEN 4

/*
 * Payload of the first record of a revision 4 frame
 */
/* The letters `mtrc` (32 bits) */
#define	MBUF_TRACE_FRAME_HEADER_MAGIC_OFFSET 0
/* What it has to be */
#define	MBUF_TRACE_FRAME_HEADER_MAGIC_VALUE 0x6d747263U
/* A reader stops at a higher one (8 bits) */
#define	MBUF_TRACE_FRAME_HEADER_MAJOR_OFFSET 4
/* What it has to be */
#define	MBUF_TRACE_FRAME_HEADER_MAJOR_VALUE 0x04U
/* A reader goes on at a higher one (8 bits) */
#define	MBUF_TRACE_FRAME_HEADER_MINOR_OFFSET 5
/* What it has to be */
#define	MBUF_TRACE_FRAME_HEADER_MINOR_VALUE 0x00U
/* What holds for the whole trace (16 bits) */
#define	MBUF_TRACE_FRAME_HEADER_FLAGS_OFFSET 6
/* Identity of this packet's trace; 0 is unknown (64 bits) */
#define	MBUF_TRACE_FRAME_HEADER_PACKET_ID_OFFSET 8
/*
 * The trace that this mbuf was copied, split or fragmented from; 0 is none (64
 * bits)
 */
#define	MBUF_TRACE_FRAME_HEADER_PARENT_ID_OFFSET 16
/* Events that could not be recorded (32 bits) */
#define	MBUF_TRACE_FRAME_HEADER_LOST_OFFSET 24
/* Bytes that its fixed fields take */
#define	MBUF_TRACE_FRAME_HEADER_LEN 28

/*
 * Before the body of every revision 4 event
 */
/*
 * Time before the packet's capture time; all ones is unknown (64 bits, in
 * nanoseconds)
 */
#define	MBUF_TRACE_EVENT_HEADER_AGE_OFFSET 0
/* Where there is none */
#define	MBUF_TRACE_EVENT_HEADER_AGE_NONE UINT64_C(0xffffffffffffffff)
/* Thread that recorded the event; 0 is unknown (32 bits) */
#define	MBUF_TRACE_EVENT_HEADER_THREAD_OFFSET 8
/* Where there is none */
#define	MBUF_TRACE_EVENT_HEADER_THREAD_NONE 0x00000000U
/* Virtual network stack; 0 is the default one, or unknown (32 bits) */
#define	MBUF_TRACE_EVENT_HEADER_VNET_OFFSET 12
/* Where there is none */
#define	MBUF_TRACE_EVENT_HEADER_VNET_NONE 0x00000000U
/* CPU that recorded the event; 0xffff is unknown (16 bits) */
#define	MBUF_TRACE_EVENT_HEADER_CPU_OFFSET 16
/* Where there is none */
#define	MBUF_TRACE_EVENT_HEADER_CPU_NONE 0xffffU
/* 0 for now; a reader ignores bits it does not know (16 bits) */
#define	MBUF_TRACE_EVENT_HEADER_FLAGS_OFFSET 18
/* Source line; 0 is no position (32 bits) */
#define	MBUF_TRACE_EVENT_HEADER_LINE_OFFSET 20
/* Where there is none */
#define	MBUF_TRACE_EVENT_HEADER_LINE_NONE 0x00000000U
/* Length of the file name (16 bits, in bytes) */
#define	MBUF_TRACE_EVENT_HEADER_FILE_LENGTH_OFFSET 24
/* Length of the function name (16 bits, in bytes) */
#define	MBUF_TRACE_EVENT_HEADER_FUNCTION_LENGTH_OFFSET 26
/* Bytes that its fixed fields take */
#define	MBUF_TRACE_EVENT_HEADER_LEN 28

/*
 * Body of a start event
 */
/* What switched tracing on for this packet (16 bits) */
#define	MBUF_TRACE_START_ORIGIN_OFFSET 0
/* Bytes that its fixed fields take */
#define	MBUF_TRACE_START_LEN 2

/*
 * Body of a string, function, enter or leave event
 */
/* Bytes that its fixed fields take */
#define	MBUF_TRACE_TEXT_LEN 0

/*
 * Body of a data event
 */
/*
 * Link type of the bytes, a LINKTYPE_ number: 1 is Ethernet, 101 raw IP; 65535
 * is no header (16 bits)
 */
#define	MBUF_TRACE_SNAPSHOT_LINK_TYPE_OFFSET 0
/* Written as 0, ignored when read (16 bits) */
#define	MBUF_TRACE_SNAPSHOT_RESERVED_OFFSET 2
/*
 * Length of the whole packet (m_pkthdr.len); more than the bytes that follow if
 * they were cut (32 bits, in bytes)
 */
#define	MBUF_TRACE_SNAPSHOT_PACKET_LENGTH_OFFSET 4
/* Bytes that its fixed fields take */
#define	MBUF_TRACE_SNAPSHOT_LEN 8

/*
 * Body of a drop event
 */
/*
 * Error that the sender of the packet would get, as errno(2) numbers it; 0 is
 * none (16 bits)
 */
#define	MBUF_TRACE_DROP_ERRNO_OFFSET 0
/* Bytes that its fixed fields take */
#define	MBUF_TRACE_DROP_LEN 2

/* Payload of the first record of a revision 4 frame */
struct mbuf_trace_frame_header {
	/* What holds for the whole trace */
	uint16_t flags;
	/* Identity of this packet's trace; 0 is unknown */
	uint64_t packet_id;
	/*
	 * The trace that this mbuf was copied, split or fragmented from; 0 is
	 * none
	 */
	uint64_t parent_id;
	/* Events that could not be recorded */
	uint32_t lost;
};

/* Says of everything that it is not known, or not there. */
static inline void
mbuf_trace_frame_header_init(struct mbuf_trace_frame_header *it)
{

	it->flags = 0;
	it->packet_id = 0;
	it->parent_id = 0;
	it->lost = 0;
}

/* Before the body of every revision 4 event */
struct mbuf_trace_event_header {
	/* Time before the packet's capture time; all ones is unknown */
	uint64_t age;
	/* Thread that recorded the event; 0 is unknown */
	uint32_t thread;
	/* Virtual network stack; 0 is the default one, or unknown */
	uint32_t vnet;
	/* CPU that recorded the event; 0xffff is unknown */
	uint16_t cpu;
	/* 0 for now; a reader ignores bits it does not know */
	uint16_t flags;
	/* Source line; 0 is no position */
	uint32_t line;
	/* Source file, UTF-8 without NUL */
	const char *file;
	size_t file_length;
	/* Function, UTF-8 without NUL */
	const char *function;
	size_t function_length;
};

/* Says of everything that it is not known, or not there. */
static inline void
mbuf_trace_event_header_init(struct mbuf_trace_event_header *it)
{

	it->age = MBUF_TRACE_EVENT_HEADER_AGE_NONE;
	it->thread = 0;
	it->vnet = 0;
	it->cpu = MBUF_TRACE_EVENT_HEADER_CPU_NONE;
	it->flags = 0;
	it->line = 0;
	it->file = NULL;
	it->file_length = 0;
	it->function = NULL;
	it->function_length = 0;
}

/*
 * A frame in the making. The functions set its members; others only read
 * them.
 */
struct mbuf_trace_frame {
	/* The caller's buffer; null where only sizes are wanted */
	uint8_t *bytes;
	/* Bytes that the buffer holds */
	size_t capacity;
	/* Bytes of the frame so far */
	size_t used;
	/* Records so far, the frame header included */
	uint32_t count;
	/* Records that did not fit, or did not belong into the frame */
	uint32_t refused;
	/* Revision of all its records */
	uint8_t revision;
	/* Nothing may follow: the snapshot of revision 1 is there */
	uint8_t closed;
	/* Of the frame header, to be completed at the end */
	uint16_t flags;
	uint32_t lost;
	size_t header;
};

/*
 * What the other functions are made of. A name that ends in an underscore is
 * no part of the interface.
 */

/* Writes an integer of this many bytes; returns the place behind it. */
static inline uint8_t *
mbuf_trace_put_(uint8_t *at, unsigned int width, uint64_t value)
{

	while (width-- > 0)
		*at++ = (uint8_t)(value >> (8 * width));
	return (at);
}

/* Writes bytes; returns the place behind them. */
static inline uint8_t *
mbuf_trace_copy_(uint8_t *at, const void *bytes, size_t length)
{

	if (length > 0)
		memcpy(at, bytes, length);
	return (at + length);
}

/* A sum that stays at the largest number rather than wrap. */
static inline size_t
mbuf_trace_sum_(size_t a, size_t b)
{

	return (b > SIZE_MAX - a ? SIZE_MAX : a + b);
}

static inline size_t
mbuf_trace_refuse_(struct mbuf_trace_frame *frame)
{

	if (frame->refused < UINT32_MAX)
		frame->refused++;
	return (0);
}

/*
 * Takes this many bytes of the frame, which is of this revision. Returns how
 * many, and where they lie: null if they are only counted.
 */
static inline size_t
mbuf_trace_take_(struct mbuf_trace_frame *frame, uint8_t revision, size_t size,
    uint8_t **at)
{

	*at = NULL;
	if (frame->revision != revision || frame->closed != 0 ||
	    size > frame->capacity - frame->used)
		return (mbuf_trace_refuse_(frame));
	if (frame->bytes != NULL)
		*at = frame->bytes + frame->used;
	frame->used += size;
	return (size);
}

/*
 * Begins a record of revision 1: its length. Returns the size of the record,
 * and where its payload goes.
 */
static inline size_t
mbuf_trace_untyped_(struct mbuf_trace_frame *frame, size_t length, uint8_t **at)
{
	size_t size;

	*at = NULL;
	if (length > MBUF_TRACE_MAX_PAYLOAD ||
	    frame->count >= MBUF_TRACE_MAX_RECORDS)
		return (mbuf_trace_refuse_(frame));
	size = mbuf_trace_take_(frame, 1,
	    MBUF_TRACE_UNTYPED_RECORD_LEN + length, at);
	if (size > 0)
		frame->count++;
	if (*at != NULL)
		*at = mbuf_trace_put_(*at, 2, length);
	return (size);
}

/* Begins a record of a later revision: its length and its type. */
static inline size_t
mbuf_trace_typed_(struct mbuf_trace_frame *frame, uint8_t revision,
    uint16_t type, size_t length, uint8_t **at)
{
	size_t size;

	*at = NULL;
	/* Of revision 4, the first record is the frame header, and no other is. */
	if (length > MBUF_TRACE_MAX_PAYLOAD ||
	    frame->count >= MBUF_TRACE_MAX_RECORDS || (revision == 4 &&
	    (frame->count == 0) != (type == MBUF_TRACE_REV4_FRAME_HEADER)))
		return (mbuf_trace_refuse_(frame));
	size = mbuf_trace_take_(frame, revision,
	    MBUF_TRACE_TYPED_RECORD_LEN + length, at);
	if (size > 0)
		frame->count++;
	if (*at != NULL) {
		*at = mbuf_trace_put_(*at, 2, length);
		*at = mbuf_trace_put_(*at, 2, type);
	}
	return (size);
}

/* A record that holds just these bytes. */
static inline size_t
mbuf_trace_plain_(struct mbuf_trace_frame *frame, uint8_t revision,
    uint16_t type, const void *bytes, size_t length)
{
	uint8_t *at;
	size_t size;

	size = mbuf_trace_typed_(frame, revision, type, length, &at);
	if (at != NULL)
		mbuf_trace_copy_(at, bytes, length);
	return (size);
}

/* A record that holds this text and a NUL. */
static inline size_t
mbuf_trace_string_(struct mbuf_trace_frame *frame, uint8_t revision,
    uint16_t type, const char *text, size_t length)
{
	uint8_t *at;
	size_t size;

	size = mbuf_trace_typed_(frame, revision, type,
	    mbuf_trace_sum_(length, 1), &at);
	if (at != NULL) {
		at = mbuf_trace_copy_(at, text, length);
		*at = 0;
	}
	return (size);
}

static inline uint8_t *
mbuf_trace_put_frame_header_(uint8_t *at,
    const struct mbuf_trace_frame_header *it)
{

	at = mbuf_trace_put_(at, 4, MBUF_TRACE_FRAME_HEADER_MAGIC_VALUE);
	at = mbuf_trace_put_(at, 1, MBUF_TRACE_FRAME_HEADER_MAJOR_VALUE);
	at = mbuf_trace_put_(at, 1, MBUF_TRACE_FRAME_HEADER_MINOR_VALUE);
	at = mbuf_trace_put_(at, 2, it->flags);
	at = mbuf_trace_put_(at, 8, it->packet_id);
	at = mbuf_trace_put_(at, 8, it->parent_id);
	at = mbuf_trace_put_(at, 4, it->lost);
	return (at);
}

static inline size_t
mbuf_trace_event_header_size_(const struct mbuf_trace_event_header *it)
{
	size_t length;

	length = MBUF_TRACE_EVENT_HEADER_LEN;
	length = mbuf_trace_sum_(length, it->file_length);
	length = mbuf_trace_sum_(length, it->function_length);
	return (length);
}

static inline uint8_t *
mbuf_trace_put_event_header_(uint8_t *at,
    const struct mbuf_trace_event_header *it)
{

	at = mbuf_trace_put_(at, 8, it->age);
	at = mbuf_trace_put_(at, 4, it->thread);
	at = mbuf_trace_put_(at, 4, it->vnet);
	at = mbuf_trace_put_(at, 2, it->cpu);
	at = mbuf_trace_put_(at, 2, it->flags);
	at = mbuf_trace_put_(at, 4, it->line);
	at = mbuf_trace_put_(at, 2, it->file_length);
	at = mbuf_trace_put_(at, 2, it->function_length);
	at = mbuf_trace_copy_(at, it->file, it->file_length);
	at = mbuf_trace_copy_(at, it->function, it->function_length);
	return (at);
}

/*
 * Begins a frame of this revision in this buffer. Returns 0 where there is no
 * such revision, or no room even for the count; every record is then refused.
 */
static inline size_t
mbuf_trace_frame_begin(struct mbuf_trace_frame *frame, uint8_t revision,
    void *buffer, size_t capacity)
{

	frame->bytes = (uint8_t *)buffer;
	frame->capacity = capacity;
	frame->used = 0;
	frame->count = 0;
	frame->refused = 0;
	frame->revision = revision;
	frame->closed = 1;
	frame->flags = 0;
	frame->lost = 0;
	frame->header = 0;
	if (revision < MBUF_TRACE_FIRST_REVISION ||
	    revision > MBUF_TRACE_LAST_REVISION || capacity < MBUF_TRACE_FRAME_LEN)
		return (0);
	frame->closed = 0;
	frame->used = MBUF_TRACE_FRAME_LEN;
	return (frame->used);
}

/*
 * Ends the frame. Returns the length of the whole frame; 0 where none was
 * begun. If records of revision 4 were refused, its header says so: they count
 * as lost, and the trace as incomplete.
 */
static inline size_t
mbuf_trace_frame_end(struct mbuf_trace_frame *frame)
{
	uint8_t *at;

	if (frame->used == 0 || frame->bytes == NULL)
		return (frame->used);
	mbuf_trace_put_(frame->bytes + MBUF_TRACE_FRAME_COUNT_OFFSET, 2,
	    frame->count);
	if (frame->header != 0 && frame->refused > 0) {
		at = frame->bytes + frame->header;
		mbuf_trace_put_(at + MBUF_TRACE_FRAME_HEADER_FLAGS_OFFSET, 2,
		    frame->flags | (uint64_t)MBUF_TRACE_FRAME_INCOMPLETE);
		mbuf_trace_put_(at + MBUF_TRACE_FRAME_HEADER_LOST_OFFSET, 4,
		    frame->refused > UINT32_MAX - frame->lost ? UINT32_MAX :
		    (uint64_t)frame->lost + frame->refused);
	}
	return (frame->used);
}

/*
 * Revision 1: a string of trace text, to which a NUL is added. The snapshot
 * comes behind all strings.
 */
static inline size_t
mbuf_trace_rev1_string(struct mbuf_trace_frame *frame, const char *text,
    size_t length)
{
	uint8_t *at;
	size_t size;

	size = mbuf_trace_untyped_(frame, mbuf_trace_sum_(length, 1), &at);
	if (at != NULL) {
		at = mbuf_trace_copy_(at, text, length);
		*at = 0;
	}
	return (size);
}

/*
 * Revision 1: the bytes of the packet, as Ethernet. Once, and last; no bytes
 * are no snapshot.
 */
static inline size_t
mbuf_trace_rev1_snapshot(struct mbuf_trace_frame *frame, const void *bytes,
    size_t length)
{
	uint8_t *at;
	size_t size, refused;

	refused = frame->refused;
	size = mbuf_trace_take_(frame, 1, length, &at);
	if (at != NULL)
		mbuf_trace_copy_(at, bytes, length);
	if (frame->refused == refused)
		frame->closed = 1;
	return (size);
}

/* Revision 2: Bytes of the packet, as Ethernet */
static inline size_t
mbuf_trace_rev2_data(struct mbuf_trace_frame *frame, const void *bytes,
    size_t length)
{

	return (mbuf_trace_plain_(frame, 2, MBUF_TRACE_REV2_DATA,
	    bytes, length));
}

/* Revision 2: String that lives in the kernel; a NUL is added */
static inline size_t
mbuf_trace_rev2_static(struct mbuf_trace_frame *frame, const char *text,
    size_t length)
{

	return (mbuf_trace_string_(frame, 2, MBUF_TRACE_REV2_STATIC,
	    text, length));
}

/* Revision 2: String that was copied; a NUL is added */
static inline size_t
mbuf_trace_rev2_dynamic(struct mbuf_trace_frame *frame, const char *text,
    size_t length)
{

	return (mbuf_trace_string_(frame, 2, MBUF_TRACE_REV2_DYNAMIC,
	    text, length));
}

/* Revision 3: Bytes of the packet, as Ethernet */
static inline size_t
mbuf_trace_rev3_data(struct mbuf_trace_frame *frame, const void *bytes,
    size_t length)
{

	return (mbuf_trace_plain_(frame, 3, MBUF_TRACE_REV3_DATA,
	    bytes, length));
}

/* Revision 3: String; a NUL is added */
static inline size_t
mbuf_trace_rev3_string(struct mbuf_trace_frame *frame, const char *text,
    size_t length)
{

	return (mbuf_trace_string_(frame, 3, MBUF_TRACE_REV3_STRING,
	    text, length));
}

/* Revision 4: Bytes of the packet, as in revision 3 */
static inline size_t
mbuf_trace_rev4_plain_data(struct mbuf_trace_frame *frame, const void *bytes,
    size_t length)
{

	return (mbuf_trace_plain_(frame, 4, MBUF_TRACE_REV4_PLAIN_DATA,
	    bytes, length));
}

/* Revision 4: String, as in revision 3; a NUL is added */
static inline size_t
mbuf_trace_rev4_plain_string(struct mbuf_trace_frame *frame, const char *text,
    size_t length)
{

	return (mbuf_trace_string_(frame, 4, MBUF_TRACE_REV4_PLAIN_STRING,
	    text, length));
}

/* Revision 4: First record of the frame, once; not an event */
static inline size_t
mbuf_trace_rev4_frame_header(struct mbuf_trace_frame *frame,
    const struct mbuf_trace_frame_header *header)
{
	uint8_t *at;
	size_t length, size;

	length = MBUF_TRACE_FRAME_HEADER_LEN;
	size = mbuf_trace_typed_(frame, 4, MBUF_TRACE_REV4_FRAME_HEADER,
	    length, &at);
	if (at != NULL)
		mbuf_trace_put_frame_header_(at, header);
	if (size > 0) {
		frame->flags = header->flags;
		frame->lost = header->lost;
		frame->header = frame->used - length;
	}
	return (size);
}

/* Revision 4: Tracing begins */
static inline size_t
mbuf_trace_rev4_start(struct mbuf_trace_frame *frame,
    const struct mbuf_trace_event_header *header, uint16_t origin,
    const char *label, size_t label_length)
{
	uint8_t *at;
	size_t length, size;

	length = mbuf_trace_event_header_size_(header);
	length = mbuf_trace_sum_(length, MBUF_TRACE_START_LEN);
	length = mbuf_trace_sum_(length, label_length);
	size = mbuf_trace_typed_(frame, 4, MBUF_TRACE_REV4_START,
	    length, &at);
	if (at != NULL) {
		at = mbuf_trace_put_event_header_(at, header);
		at = mbuf_trace_put_(at, 2, origin);
		mbuf_trace_copy_(at, label, label_length);
	}
	return (size);
}

/* Revision 4: String that lives in the kernel, no NUL */
static inline size_t
mbuf_trace_rev4_static(struct mbuf_trace_frame *frame,
    const struct mbuf_trace_event_header *header, const char *text,
    size_t text_length)
{
	uint8_t *at;
	size_t length, size;

	length = mbuf_trace_event_header_size_(header);
	length = mbuf_trace_sum_(length, text_length);
	size = mbuf_trace_typed_(frame, 4, MBUF_TRACE_REV4_STATIC,
	    length, &at);
	if (at != NULL) {
		at = mbuf_trace_put_event_header_(at, header);
		mbuf_trace_copy_(at, text, text_length);
	}
	return (size);
}

/* Revision 4: String that was copied, no NUL */
static inline size_t
mbuf_trace_rev4_dynamic(struct mbuf_trace_frame *frame,
    const struct mbuf_trace_event_header *header, const char *text,
    size_t text_length)
{
	uint8_t *at;
	size_t length, size;

	length = mbuf_trace_event_header_size_(header);
	length = mbuf_trace_sum_(length, text_length);
	size = mbuf_trace_typed_(frame, 4, MBUF_TRACE_REV4_DYNAMIC,
	    length, &at);
	if (at != NULL) {
		at = mbuf_trace_put_event_header_(at, header);
		mbuf_trace_copy_(at, text, text_length);
	}
	return (size);
}

/* Revision 4: The packet passed here */
static inline size_t
mbuf_trace_rev4_position(struct mbuf_trace_frame *frame,
    const struct mbuf_trace_event_header *header)
{
	uint8_t *at;
	size_t length, size;

	length = mbuf_trace_event_header_size_(header);
	size = mbuf_trace_typed_(frame, 4, MBUF_TRACE_REV4_POSITION,
	    length, &at);
	if (at != NULL)
		mbuf_trace_put_event_header_(at, header);
	return (size);
}

/*
 * Revision 4: The packet is in this function; the body is its arguments, which
 * may be empty
 */
static inline size_t
mbuf_trace_rev4_function(struct mbuf_trace_frame *frame,
    const struct mbuf_trace_event_header *header, const char *text,
    size_t text_length)
{
	uint8_t *at;
	size_t length, size;

	length = mbuf_trace_event_header_size_(header);
	length = mbuf_trace_sum_(length, text_length);
	size = mbuf_trace_typed_(frame, 4, MBUF_TRACE_REV4_FUNCTION,
	    length, &at);
	if (at != NULL) {
		at = mbuf_trace_put_event_header_(at, header);
		mbuf_trace_copy_(at, text, text_length);
	}
	return (size);
}

/*
 * Revision 4: This function begins; the body is its arguments, which may be
 * empty
 */
static inline size_t
mbuf_trace_rev4_enter(struct mbuf_trace_frame *frame,
    const struct mbuf_trace_event_header *header, const char *text,
    size_t text_length)
{
	uint8_t *at;
	size_t length, size;

	length = mbuf_trace_event_header_size_(header);
	length = mbuf_trace_sum_(length, text_length);
	size = mbuf_trace_typed_(frame, 4, MBUF_TRACE_REV4_ENTER,
	    length, &at);
	if (at != NULL) {
		at = mbuf_trace_put_event_header_(at, header);
		mbuf_trace_copy_(at, text, text_length);
	}
	return (size);
}

/*
 * Revision 4: This function ends; the body is its arguments, which may be empty
 */
static inline size_t
mbuf_trace_rev4_leave(struct mbuf_trace_frame *frame,
    const struct mbuf_trace_event_header *header, const char *text,
    size_t text_length)
{
	uint8_t *at;
	size_t length, size;

	length = mbuf_trace_event_header_size_(header);
	length = mbuf_trace_sum_(length, text_length);
	size = mbuf_trace_typed_(frame, 4, MBUF_TRACE_REV4_LEAVE,
	    length, &at);
	if (at != NULL) {
		at = mbuf_trace_put_event_header_(at, header);
		mbuf_trace_copy_(at, text, text_length);
	}
	return (size);
}

/* Revision 4: Bytes of the packet */
static inline size_t
mbuf_trace_rev4_data(struct mbuf_trace_frame *frame,
    const struct mbuf_trace_event_header *header, uint16_t link_type,
    uint32_t packet_length, const void *bytes, size_t bytes_length)
{
	uint8_t *at;
	size_t length, size;

	length = mbuf_trace_event_header_size_(header);
	length = mbuf_trace_sum_(length, MBUF_TRACE_SNAPSHOT_LEN);
	length = mbuf_trace_sum_(length, bytes_length);
	size = mbuf_trace_typed_(frame, 4, MBUF_TRACE_REV4_DATA,
	    length, &at);
	if (at != NULL) {
		at = mbuf_trace_put_event_header_(at, header);
		at = mbuf_trace_put_(at, 2, link_type);
		at = mbuf_trace_put_(at, 2, 0);
		at = mbuf_trace_put_(at, 4, packet_length);
		mbuf_trace_copy_(at, bytes, bytes_length);
	}
	return (size);
}

/* Revision 4: The packet is dropped */
static inline size_t
mbuf_trace_rev4_drop(struct mbuf_trace_frame *frame,
    const struct mbuf_trace_event_header *header, uint16_t error,
    const char *reason, size_t reason_length)
{
	uint8_t *at;
	size_t length, size;

	length = mbuf_trace_event_header_size_(header);
	length = mbuf_trace_sum_(length, MBUF_TRACE_DROP_LEN);
	length = mbuf_trace_sum_(length, reason_length);
	size = mbuf_trace_typed_(frame, 4, MBUF_TRACE_REV4_DROP,
	    length, &at);
	if (at != NULL) {
		at = mbuf_trace_put_event_header_(at, header);
		at = mbuf_trace_put_(at, 2, error);
		mbuf_trace_copy_(at, reason, reason_length);
	}
	return (size);
}

/*
 * A record of a type that is not declared here, for experiments; of revisions
 * 2 to 4.
 */
static inline size_t
mbuf_trace_other_record(struct mbuf_trace_frame *frame, uint16_t type,
    const void *payload, size_t length)
{

	if (frame->revision < 2)
		return (mbuf_trace_refuse_(frame));
	return (mbuf_trace_plain_(frame, frame->revision, type, payload, length));
}

#endif /* MBUF_TRACE_H */
