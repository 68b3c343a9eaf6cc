/* SPDX-License-Identifier: MIT */
/* format.c: see format.h. */
#include "format.h"

static void put(struct line *line, char c)
{
	if (line->length < sizeof line->text - 1) { /* room for a newline stays */
		line->text[line->length++] = c;
	} else if (c == '\n') {
		line->text[sizeof line->text - 1] = c;
		line->length = sizeof line->text;
	}
}

void line_text(struct line *line, const char *text)
{
	for (; *text; text++)
		put(line, *text);
}

void line_name(struct line *line, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		/* C0, DEL, and C1 as UTF-8 writes it (c2 80 .. c2 9f) */
		if (c == 0xc2 && (unsigned char)text[1] >= 0x80 && (unsigned char)text[1] < 0xa0) {
			put(line, '?');
			text++;
		} else {
			put(line, c < 0x20 || c == 0x7f ? '?' : (char)c);
		}
	}
}

static void number(struct line *line, uint64_t value, unsigned base)
{
	char digits[24];
	int n = 0;
	do
		digits[n++] = "0123456789abcdef"[value % base];
	while (value /= base);
	while (n)
		put(line, digits[--n]);
}

void line_unsigned(struct line *line, uint64_t value)
{
	number(line, value, 10);
}

void line_hex(struct line *line, uint64_t value)
{
	line_text(line, "0x");
	number(line, value, 16);
}

void line_duration(struct line *line, uint64_t ns)
{
	uint64_t unit = ns >= 1000000000 ? 1000000000 : ns >= 1000000 ? 1000000 : 1000;
	number(line, ns / unit, 10);
	if (unit > 1000) {
		uint64_t hundredths = ns % unit / (unit / 100);
		put(line, '.');
		put(line, (char)('0' + hundredths / 10));
		put(line, (char)('0' + hundredths % 10));
	}
	line_text(line, unit == 1000000000 ? "s" : unit == 1000000 ? "ms" : "us");
}

void line_column(struct line *line, size_t column)
{
	do
		put(line, ' ');
	while (line->length < column);
}
