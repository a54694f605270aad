/*
 * Writes frames with the generated header, for the test beside it: each as
 * four bytes of length, most significant first, and the frame.
 *
 *	emit		a frame for every case below
 *	emit cut	every case into every buffer that is too small for it;
 *			fails where a byte behind the buffer is touched
 *
 * xtask/tests/generated/c_header.rs knows the same cases, made by the
 * library. Both have to be the same bytes.
 */

#include <errno.h>	/* defines errno, which the header must put up with */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../generated/mbuf_trace.h"

#define	BUFFER	(1 << 18)
#define	GUARD	0xa5

/* Text with its length. */
#define	S(text)	(text), sizeof(text) - 1

static const uint8_t arp[42] = {
	0x02, 0, 0, 0, 0, 0x02, 0x02, 0, 0, 0, 0, 0x01, 0x08, 0x06, 0, 1, 8, 0,
	6, 4, 0, 1, 0x02, 0, 0, 0, 0, 0x01, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0,
	192, 0, 2, 2
};

static void
rev1(struct mbuf_trace_frame *frame)
{

	mbuf_trace_rev1_string(frame, S("if_transmit(vtnet0)"));
	mbuf_trace_rev1_string(frame, S("/usr/src/sys/net/if.c:9: +arp_request"));
	mbuf_trace_rev1_string(frame, NULL, 0);
	mbuf_trace_rev1_snapshot(frame, arp, sizeof(arp));
}

static void
rev1_without_snapshot(struct mbuf_trace_frame *frame)
{

	mbuf_trace_rev1_string(frame, S("free text, \xc3\xa4\xff\x1b["));
}

static void
rev2(struct mbuf_trace_frame *frame)
{

	mbuf_trace_rev2_data(frame, arp, 20);
	mbuf_trace_rev2_dynamic(frame, S("ttl 64"));
	mbuf_trace_rev2_static(frame, S("ip.c:7: -ip_output"));
	mbuf_trace_rev2_data(frame, arp, sizeof(arp));
	mbuf_trace_other_record(frame, 0x0029, "\xde\xad\xbe", 3);
}

static void
rev3(struct mbuf_trace_frame *frame)
{

	mbuf_trace_rev3_string(frame, S("ip.c:40: +ip_output"));
	mbuf_trace_rev3_data(frame, arp, sizeof(arp));
	mbuf_trace_rev3_string(frame, S("an inner\0NUL"));
	mbuf_trace_rev3_string(frame, S("ip.c:42"));
	mbuf_trace_rev3_data(frame, NULL, 0);
	mbuf_trace_other_record(frame, 0x8001, NULL, 0);
}

/* Every record of revision 4, with all that its headers can tell. */
static void
rev4(struct mbuf_trace_frame *frame)
{
	struct mbuf_trace_frame_header header;
	struct mbuf_trace_event_header event;

	header.flags = MBUF_TRACE_FRAME_OLDEST_FIRST;
	header.packet_id = UINT64_C(0x0102030405060708);
	header.parent_id = UINT64_C(0xfffffffffffffffe);
	header.lost = 0x01020304;
	mbuf_trace_rev4_frame_header(frame, &header);

	event.age = UINT64_C(0x1112131415161718);
	event.thread = 100012;
	event.vnet = 0x21222324;
	event.cpu = 0x3132;
	event.flags = 0x4142;
	event.line = 0x51525354;
	event.file = "/usr/src/sys/netinet/ip_input.c";
	event.file_length = strlen(event.file);
	event.function = "ip_input";
	event.function_length = 8;
	mbuf_trace_rev4_start(frame, &event, MBUF_TRACE_ORIGIN_PF_RULE,
	    S("rule 7"));
	mbuf_trace_rev4_static(frame, &event, S("static"));
	mbuf_trace_rev4_dynamic(frame, &event, S("dynamic"));
	mbuf_trace_rev4_function(frame, &event, S("vtnet0"));
	mbuf_trace_rev4_enter(frame, &event, S("a, b"));
	mbuf_trace_rev4_data(frame, &event, 1, 1514, arp, sizeof(arp));
	mbuf_trace_rev4_leave(frame, &event, NULL, 0);
	mbuf_trace_rev4_drop(frame, &event, 13, S("blocked"));
	event.function = NULL;
	event.function_length = 0;
	mbuf_trace_rev4_position(frame, &event);
}

/* The same with headers that tell nothing, and the plain records. */
static void
rev4_bare(struct mbuf_trace_frame *frame)
{
	struct mbuf_trace_frame_header header;
	struct mbuf_trace_event_header event;

	/* A buffer that was used before must not shine through. */
	memset(&header, GUARD, sizeof(header));
	memset(&event, GUARD, sizeof(event));
	mbuf_trace_frame_header_init(&header);
	mbuf_trace_rev4_frame_header(frame, &header);
	mbuf_trace_event_header_init(&event);
	mbuf_trace_rev4_drop(frame, &event, 0, NULL, 0);
	mbuf_trace_rev4_data(frame, &event, 101, 0, NULL, 0);
	mbuf_trace_rev4_dynamic(frame, &event, S("a dynamic one"));
	mbuf_trace_rev4_plain_string(frame, S("passed on to pf"));
	mbuf_trace_rev4_plain_data(frame, arp, sizeof(arp));
	mbuf_trace_rev4_static(frame, &event, S("a static one"));
	mbuf_trace_rev4_start(frame, &event, 999, NULL, 0);
	mbuf_trace_other_record(frame, 0x8001, "\x01\x02", 2);
}

/* The longest payloads; what is one byte longer is refused. */
static void
longest(struct mbuf_trace_frame *frame)
{
	static char text[MBUF_TRACE_MAX_PAYLOAD];

	memset(text, 'x', sizeof(text));
	mbuf_trace_rev3_string(frame, text, sizeof(text) - 1);
	mbuf_trace_rev3_string(frame, text, sizeof(text));
	mbuf_trace_rev3_string(frame, text, SIZE_MAX);
	mbuf_trace_rev3_data(frame, text, sizeof(text));
	mbuf_trace_rev3_data(frame, text, sizeof(text) + 1);
	mbuf_trace_rev3_data(frame, text, SIZE_MAX);
}

/* What is refused counts as lost. */
static void
refused(struct mbuf_trace_frame *frame)
{
	static char text[MBUF_TRACE_MAX_PAYLOAD];
	struct mbuf_trace_frame_header header;
	struct mbuf_trace_event_header event;

	mbuf_trace_event_header_init(&event);
	/* No frame header yet. */
	mbuf_trace_rev4_position(frame, &event);
	mbuf_trace_frame_header_init(&header);
	header.flags = MBUF_TRACE_FRAME_OLDEST_FIRST;
	header.lost = 5;
	mbuf_trace_rev4_frame_header(frame, &header);
	/* A second one, records of other revisions, and too much text. */
	mbuf_trace_rev4_frame_header(frame, &header);
	mbuf_trace_rev3_string(frame, S("no"));
	mbuf_trace_rev1_snapshot(frame, arp, sizeof(arp));
	event.file = text;
	event.file_length = sizeof(text) - MBUF_TRACE_EVENT_HEADER_LEN + 1;
	mbuf_trace_rev4_position(frame, &event);
	event.file_length = SIZE_MAX;
	mbuf_trace_rev4_position(frame, &event);
	event.file = "if.c";
	event.file_length = 4;
	event.line = 12;
	mbuf_trace_rev4_enter(frame, &event, text, SIZE_MAX);
	mbuf_trace_rev4_position(frame, &event);
}

/* As many records as a frame can count, and one more. */
static void
most(struct mbuf_trace_frame *frame)
{
	int i;

	for (i = 0; i <= MBUF_TRACE_MAX_RECORDS; i++)
		mbuf_trace_other_record(frame, 0x0029, NULL, 0);
}

static const struct {
	uint8_t revision;
	void (*write)(struct mbuf_trace_frame *);
} cases[] = {
	{ 1, rev1 },
	{ 1, rev1_without_snapshot },
	{ 2, rev2 },
	{ 3, rev3 },
	{ 4, rev4 },
	{ 4, rev4_bare },
	{ 3, longest },
	{ 4, refused },
	{ 3, most },
};
#define	CASES	(sizeof(cases) / sizeof(cases[0]))
/* Those whose frames are small enough for every shorter buffer to be tried. */
#define	SMALL	6

static uint8_t buffer[BUFFER];

static void
fail(const char *what, size_t number, size_t capacity)
{

	fprintf(stderr, "case %u, capacity %lu: %s\n", (unsigned int)number,
	    (unsigned long)capacity, what);
	exit(1);
}

/* Makes one case in this many bytes of the buffer, and looks behind them. */
static size_t
make(size_t number, size_t capacity, uint32_t *refused_records)
{
	struct mbuf_trace_frame frame;
	size_t at, length;

	memset(buffer, GUARD, sizeof(buffer));
	mbuf_trace_frame_begin(&frame, cases[number].revision, buffer, capacity);
	cases[number].write(&frame);
	length = mbuf_trace_frame_end(&frame);
	if (length > capacity)
		fail("it says more than there is", number, capacity);
	for (at = length; at < sizeof(buffer); at++)
		if (buffer[at] != GUARD)
			fail("bytes behind the frame", number, capacity);
	*refused_records = frame.refused;
	return (length);
}

/* How long the frame would be. */
static size_t
measure(size_t number)
{
	struct mbuf_trace_frame frame;

	mbuf_trace_frame_begin(&frame, cases[number].revision, NULL, SIZE_MAX);
	cases[number].write(&frame);
	return (mbuf_trace_frame_end(&frame));
}

static void
print(size_t length)
{
	uint8_t header[4];

	mbuf_trace_put_(header, 4, length);
	fwrite(header, 1, sizeof(header), stdout);
	fwrite(buffer, 1, length, stdout);
}

int
main(int argc, char **argv)
{
	struct mbuf_trace_frame frame;
	size_t capacity, length, number, whole;
	uint32_t count, shorter;
	int cut;

	cut = argc > 1 && strcmp(argv[1], "cut") == 0;
	for (number = 0; number < (cut ? SMALL : CASES); number++) {
		whole = make(number, sizeof(buffer), &count);
		if (measure(number) != whole)
			fail("measured otherwise", number, sizeof(buffer));
		if (!cut) {
			print(whole);
			continue;
		}
		for (capacity = 0; capacity < whole; capacity++) {
			length = make(number, capacity, &shorter);
			if (shorter <= count)
				fail("nothing was refused", number, capacity);
			if (length > 0)
				print(length);
		}
		make(number, whole, &shorter);
		if (shorter != count)
			fail("a buffer of the right size", number, whole);
	}
	if (mbuf_trace_frame_begin(&frame, 5, buffer, sizeof(buffer)) != 0 ||
	    mbuf_trace_frame_begin(&frame, 0, buffer, sizeof(buffer)) != 0 ||
	    mbuf_trace_frame_end(&frame) != 0)
		fail("a revision that there is not", 0, sizeof(buffer));
	return (fflush(stdout) != 0 || ferror(stdout));
}
