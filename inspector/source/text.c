/* SPDX-License-Identifier: MIT */
/*
 * text.c: the one function that makes a string safe for a terminal.
 *
 * Escape sequences begin with ESC or a C1 control; bidirectional controls let a name rearrange the
 * line that it is shown in; broken UTF-8 makes a terminal swallow what follows.  All become '?',
 * one each, so that something is seen where something was.
 */
#include "text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* One character at `from`.  Returns its bytes; 0 when they are not valid UTF-8. */
static size_t decode(const unsigned char *from, size_t bytes, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length = from[0] < 0x80 ? 1 : from[0] >= 0xf0 ? 4 : from[0] >= 0xe0 ? 3 : 2;
	if (length == 1) {
		*ret = from[0];
		return 1;
	}
	if (from[0] < 0xc2 || from[0] > 0xf4 || length > bytes)
		return 0;
	uint32_t value = from[0] & (0xff >> (length + 1));
	for (size_t i = 1; i < length; i++) {
		if ((from[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (from[i] & 0x3f);
	}
	if (value < least[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
		return 0;
	*ret = value;
	return length;
}

static bool is_harmful(uint32_t c)
{
	static const struct {
		uint32_t low, high;
	} ranges[] = {
		{ 0x00, 0x1f },       /* C0 */
		{ 0x7f, 0x9f },       /* DEL, C1 */
		{ 0xad, 0xad },       /* soft hyphen */
		{ 0x61c, 0x61c },     /* Arabic letter mark */
		{ 0x180e, 0x180e },
		{ 0x200b, 0x200f },   /* zero widths, left-to-right and right-to-left marks */
		{ 0x2028, 0x202e },   /* line and paragraph separators, embeddings, overrides */
		{ 0x2060, 0x206f },   /* isolates and other invisible ones */
		{ 0xfe00, 0xfe0f },   /* variation selectors */
		{ 0xfeff, 0xfeff },
		{ 0xfff0, 0xfffb },
		{ 0xfffe, 0xffff },
		{ 0xe0000, 0xe0fff }, /* tags, more selectors */
	};
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
		if (c >= ranges[i].low && c <= ranges[i].high)
			return true;
	return (c & 0xfffe) == 0xfffe;
}

size_t text_make_safe(char *to, size_t room, const char *from, size_t bytes)
{
	if (room == 0)
		return 0;
	size_t out = 0;
	for (size_t in = 0; in < bytes && from[in] != '\0';) {
		unsigned char first = (unsigned char)from[in];
		if (first >= 0x20 && first < 0x7f) {
			if (out + 1 >= room)
				break;
			to[out++] = from[in++];
			continue;
		}
		uint32_t c;
		size_t length = decode((const unsigned char *)from + in, bytes - in, &c);
		bool is_bad = length == 0 || is_harmful(c);
		size_t wanted = is_bad ? 1 : length;
		if (out + wanted >= room)
			break;
		if (is_bad)
			to[out] = '?';
		else
			memcpy(to + out, from + in, length);
		out += wanted;
		in += length ? length : 1;
	}
	to[out] = '\0';
	return out;
}
