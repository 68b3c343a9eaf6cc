/* SPDX-License-Identifier: MIT */
#include "names.h"

#include "../source/text.h"

#include <string.h>

void names_init(struct names *names, struct model *model, const struct tl_header *header)
{
	uint64_t count = header->strings_high;
	const unsigned char *bytes = model_section(model, SECTION_strings, &count, NULL);
	*names = (struct names){ .strings = (const char *)bytes, .bytes = bytes ? count : 0 };
}

size_t names_string(const struct names *names, uint64_t offset, char *to, size_t room)
{
	if (offset == 0 || offset >= names->bytes) {
		to[0] = '\0';
		return 0;
	}
	return text_make_safe(to, room, names->strings + offset, names->bytes - offset);
}

size_t names_field(const struct names *names, const char *field, size_t size, char *to, size_t room)
{
	if (field[0] == '\0') {
		to[0] = '\0';
		return 0;
	}
	if (size > 5 && field[size - 5] == TL_NAME_LONG) {
		uint32_t offset;
		memcpy(&offset, field + size - 4, sizeof offset);
		size_t length = names_string(names, offset, to, room);
		if (length > 0)
			return length;
		size -= 5; /* the strings are not there: its beginning will do */
	}
	return text_make_safe(to, room, field, size);
}
