/* SPDX-License-Identifier: MIT */
/* note.c: the program's own marks and spans in the trace.  Literals are known by their address. */
#include <stdlib.h>

#include "scheduler.h"

enum { LITERALS = 256 };

/* This thread's literals, by address; when full, the shared table is asked every time. */
static __thread struct { const char *literal; uint32_t string; } *literals;

static uint32_t string_of(const char *literal)
{
	if (!literals && !(literals = calloc(LITERALS, sizeof *literals)))
		return segment_string(literal);
	uint32_t h = (uint32_t)((uintptr_t)literal * UINT64_C(0x9e3779b97f4a7c15) >> 56);
	if (literals[h].literal != literal) {
		literals[h].string = segment_string(literal);
		literals[h].literal = literal;
	}
	return literals[h].string;
}

void note_finish(void)
{
	free(literals);
	literals = NULL;
}

static void note(unsigned event, const char *literal, uint64_t value)
{
	struct scheduler *s = SELF;
	if (unlikely(!s->mode) && scheduler_start(s))
		return;
	if (s->trace)
		emit(s, clock_stamp(segment.header), event, 0, (uint32_t)s->current->serial,
		     literal ? string_of(literal) : 0, value);
}

TL_API void tl_mark(const char *literal, uint64_t value)
{
	note(TL_EVENT_MARK, literal, value);
}

TL_API void tl_span_begin(const char *literal)
{
	note(TL_EVENT_SPAN_BEGIN, literal, 0);
}

TL_API void tl_span_end(void)
{
	note(TL_EVENT_SPAN_END, NULL, 0);
}
