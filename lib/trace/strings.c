/* SPDX-License-Identifier: MIT */
/*
 * strings.c: texts in the segment.  Each is stored once, NUL-terminated, at a multiple of 8; offset
 * 0 is "none".  What is full loses names, never tasklets, and counts them.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "segment.h"

enum { TEXT_MOST = 1024 };

/* An open hash of offsets; private, since tools need none. */
static struct {
	uint32_t *slots;
	uint32_t size, used; /* a power of two */
} table;
pthread_mutex_t string_lock = PTHREAD_MUTEX_INITIALIZER; /* on the table and the section's end */

static uint32_t hash(const char *text, size_t bytes)
{
	uint32_t h = 2166136261u; /* FNV-1a */
	for (size_t i = 0; i < bytes; i++)
		h = (h ^ (unsigned char)text[i]) * 16777619u;
	return h;
}

static bool grow(void)
{
	uint32_t size = table.size ? table.size * 2 : 256;
	uint32_t *slots = calloc(size, sizeof *slots);
	if (!slots)
		return false;
	for (uint32_t i = 0; i < table.size; i++) {
		if (!table.slots[i])
			continue;
		const char *text = segment.strings + table.slots[i];
		uint32_t h = hash(text, strlen(text)) & (size - 1);
		while (slots[h])
			h = (h + 1) & (size - 1);
		slots[h] = table.slots[i];
	}
	free(table.slots);
	table.slots = slots;
	table.size = size;
	return true;
}

/* Append; 0 when there is no room. */
static uint32_t append(const char *text, size_t bytes)
{
	uint64_t at = segment.header->strings_high;
	uint64_t end = (at + bytes + 1 + 7) & ~UINT64_C(7);
	if (segment_back(SECTION_strings, end))
		return 0;
	memcpy(segment.strings + at, text, bytes);
	segment.strings[at + bytes] = 0;
	/* release: a tool that sees the mark sees the text */
	__atomic_store_n(&segment.header->strings_high, end, __ATOMIC_RELEASE);
	return (uint32_t)at;
}

uint32_t segment_string(const char *text)
{
	size_t bytes = strnlen(text, TEXT_MOST);
	bytes = utf8_cut(text, bytes);
	uint32_t found = 0;
	pthread_mutex_lock(&string_lock);
	if (table.used * 2 >= table.size && !grow() && table.used + 1 >= table.size)
		goto out;
	uint32_t h = hash(text, bytes) & (table.size - 1);
	for (; (found = table.slots[h]); h = (h + 1) & (table.size - 1)) {
		const char *there = segment.strings + found;
		if (!strncmp(there, text, bytes) && !there[bytes])
			goto out;
	}
	found = append(text, bytes);
	if (found) {
		table.slots[h] = found;
		table.used++;
	}
out:
	pthread_mutex_unlock(&string_lock);
	if (!found)
		__atomic_fetch_add(&segment.header->lost_strings, 1, __ATOMIC_RELAXED);
	return found;
}

size_t utf8_cut(const char *text, size_t bytes)
{
	if (!text[bytes])
		return bytes;
	size_t at = bytes;
	while (at > 0 && bytes - at < 3 && ((unsigned char)text[at] & 0xc0) == 0x80)
		at--;
	return ((unsigned char)text[at] & 0xc0) == 0x80 ? bytes : at;
}

void segment_name_set(char *field, size_t bytes, const char *name)
{
	char value[TL_ABI_OBJECT_NAME_BYTES] = { 0 };
	size_t length = name ? strnlen(name, TEXT_MOST) : 0;
	if (length <= bytes) { /* one that fills the field has no NUL */
		if (name)
			memcpy(value, name, length);
		if (value[bytes - 5] == TL_NAME_LONG)
			value[bytes - 5] = '?'; /* not UTF-8 anyway */
	} else {
		uint32_t where = segment_string(name);
		memcpy(value, name, utf8_cut(name, where ? bytes - 5 : bytes - 1));
		if (where) {
			value[bytes - 5] = TL_NAME_LONG;
			memcpy(value + bytes - 4, &where, 4);
		} else if (value[bytes - 5] == TL_NAME_LONG) {
			value[bytes - 5] = '?';
		}
	}
	memcpy(field, value, bytes);
}

void segment_name_get(const char *field, size_t bytes, char *buffer, size_t buffer_bytes)
{
	const char *text = field;
	size_t length = strnlen(field, bytes);
	if (field[bytes - 5] == TL_NAME_LONG) {
		uint32_t where;
		memcpy(&where, field + bytes - 4, 4);
		text = segment.strings + where;
		length = strlen(text);
	}
	if (length >= buffer_bytes)
		length = utf8_cut(text, buffer_bytes - 1);
	memcpy(buffer, text, length);
	buffer[length] = 0;
}
