/*
 * The generated header as a kernel includes it: with _KERNEL, and nothing but
 * the kernel's own headers, for which those beside this file stand in.
 */

#include "../../generated/mbuf_trace.h"

size_t	trace_of_one_call(void *, size_t);

size_t
trace_of_one_call(void *buffer, size_t capacity)
{
	struct mbuf_trace_frame frame;
	struct mbuf_trace_frame_header header;
	struct mbuf_trace_event_header event;

	mbuf_trace_frame_begin(&frame, 4, buffer, capacity);
	mbuf_trace_frame_header_init(&header);
	mbuf_trace_rev4_frame_header(&frame, &header);
	mbuf_trace_event_header_init(&event);
	event.function = "ip_input";
	event.function_length = 8;
	mbuf_trace_rev4_enter(&frame, &event, NULL, 0);
	return (mbuf_trace_frame_end(&frame));
}
