/* SPDX-License-Identifier: MIT */
/*
 * format.h: the numbers that only a screen needs, in at most five characters; label.h of analysis/
 * has the others.  What is unknown reads "-".
 */
#ifndef VIEW_FORMAT_H
#define VIEW_FORMAT_H

#include <stdint.h>

struct text {
	char text[32];
};

const char *format_clock(struct text *ret, uint64_t ns);      /* 00:12:31, 3d 04:05:06 */
const char *format_rate(struct text *ret, double per_second); /* 0.0 51.2 320 49.8k */
const char *format_percent(struct text *ret, double percent); /* 0.0 99.8 100 */
const char *format_grouped(struct text *ret, uint64_t count); /* 1 902 347, however long */

#endif
