/* SPDX-License-Identifier: MIT */
/*
 * names.h: texts of the segment, made safe: inline in a field, continued in the strings, or there
 * whole.
 */
#ifndef INSPECTOR_NAMES_H
#define INSPECTOR_NAMES_H

#include "inside.h"

struct names {
	const char *strings;
	uint64_t bytes;
};

/* Look at the strings that the header says are there. */
void names_init(struct names *names, struct model *model, const struct tl_header *header);

/* The string at an offset; "" when there is none.  Returns its length. */
size_t names_string(const struct names *names, uint64_t offset, char *to, size_t room);

/* The text of a TEXT field of `size` bytes. */
size_t names_field(const struct names *names, const char *field, size_t size, char *to,
		   size_t room);

#endif
