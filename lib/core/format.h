/* SPDX-License-Identifier: MIT */
/*
 * format.h: a line of text put together without libc, for signal handlers, reports and errors.
 * What does not fit is cut.
 */
#ifndef TL_CORE_FORMAT_H
#define TL_CORE_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#ifndef TL_HIDDEN
#define TL_HIDDEN __attribute__((visibility("hidden")))
#endif

struct line {
	char text[512];
	size_t length;
};

TL_HIDDEN void line_text(struct line *line, const char *text);
/* The same, with control characters as '?': what a user gave. */
TL_HIDDEN void line_name(struct line *line, const char *text);
TL_HIDDEN void line_unsigned(struct line *line, uint64_t value);
TL_HIDDEN void line_hex(struct line *line, uint64_t value);
/* "8.31s", "12.0ms", "40us". */
TL_HIDDEN void line_duration(struct line *line, uint64_t ns);
/* Spaces up to a column. */
TL_HIDDEN void line_column(struct line *line, size_t column);

#endif
