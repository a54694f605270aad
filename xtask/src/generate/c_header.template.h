/* @NOTICE@ */

/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
@LICENSE@
 */

/*
 * Writes mbuf_trace frames: what a kernel, or a program in its place, puts
 * into the packets of link type @LINK_TYPE@. format-spec/README.md says what the
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

@CONSTANTS@
@STRUCTURES@
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

@PARTS@
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

@RECORDS@
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
