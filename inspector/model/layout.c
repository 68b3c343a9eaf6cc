/* SPDX-License-Identifier: MIT */
/*
 * layout.c: reads and checks the prologue and the three tables that it leads to.
 *
 * After this, every section lies within the segment and every known field within its section's
 * entries, so that nobody else has to check an offset again: only indices against capacities.
 */
#include "layout.h"

#include "../source/text.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SECTIONS_MOST = 1024, FIELDS_MOST = 1 << 14, NAMES_MOST = 1 << 14 };

/* ---- what we know, from the tables of abi.h ---- */

#define KNOWN_SECTION(section, type) { #section, sizeof(type) },
static const struct {
	const char *name;
	size_t bytes;
} known_sections[] = { TL_ABI_SECTIONS(KNOWN_SECTION) };

#define KNOWN_FIELD(section, type, member, kind, count)                                         \
	{ SECTION_##section, #member, TL_KIND_##kind, offsetof(struct type, member),             \
	  sizeof(((struct type *)0)->member) / (count), count },
static const struct known_field {
	enum layout_section_id section;
	const char *name;
	enum tl_abi_kind kind;
	uint32_t offset, size, count;
} known_fields[] = { TL_ABI_FIELDS(KNOWN_FIELD) };

/* Fields of a section follow each other in the table: where each section's begin, for
 * layout_decode(). */
static void fields_of(enum layout_section_id section, size_t *first, size_t *end)
{
	static uint16_t starts[SECTION_COUNT], ends[SECTION_COUNT];
	static bool is_ready;
	if (!is_ready) {
		for (size_t i = FIELD_COUNT; i-- > 0;) {
			starts[known_fields[i].section] = (uint16_t)i;
			if (ends[known_fields[i].section] == 0)
				ends[known_fields[i].section] = (uint16_t)(i + 1);
		}
		is_ready = true;
	}
	*first = starts[section];
	*end = ends[section];
}

/* ---- reading the tables ---- */

static void *read_table(struct segment *segment, uint64_t offset, uint32_t count, size_t entry,
			size_t most, int *error)
{
	if (count > most || offset > segment->bytes || count * entry > segment->bytes - offset) {
		*error = -EBADMSG;
		return NULL;
	}
	void *table = malloc(count * entry + 1);
	*error = !table ? -ENOMEM : segment_read(segment, offset, table, count * entry);
	if (*error) {
		free(table);
		return NULL;
	}
	return table;
}

static void cleanup_free(void *pointer)
{
	free(*(void **)pointer);
}

static bool name_is(const char *name, size_t room, const char *known)
{
	size_t length = strlen(known);
	return length < room && memcmp(name, known, length + 1) == 0;
}

static int check_prologue(const struct tl_abi_prologue *prologue, const struct segment *segment,
			  const char *label, struct problem *problem)
{
	if (memcmp(prologue->magic, TL_ABI_MAGIC, sizeof prologue->magic) != 0)
		return problem_set(problem, EBADMSG,
				   "%s: its segment is not ready, or none of ours (no magic)",
				   label);
	if (prologue->byte_order == __builtin_bswap32(TL_ABI_BYTE_ORDER))
		return problem_set(
			problem, ENOTSUP,
			"%s: its segment is of the other byte order: look at it on such a machine",
			label);
	if (prologue->byte_order != TL_ABI_BYTE_ORDER)
		return problem_set(problem, EBADMSG,
				   "%s: its segment is damaged (byte order 0x%08x)", label,
				   prologue->byte_order);
	if (prologue->abi != TL_ABI_NUMBER)
		return problem_set(
			problem, ENOTSUP,
			"%s: its segment has ABI %u, these tools know %u: use those that came "
			"with its library",
			label, prologue->abi, TL_ABI_NUMBER);
	if (prologue->segment_bytes > segment->bytes)
		return problem_set(problem, EBADMSG,
				   "%s: its segment is damaged (says %llu bytes, has %llu)", label,
				   (unsigned long long)prologue->segment_bytes,
				   (unsigned long long)segment->bytes);
	return 0;
}

enum { SECTION_UNKNOWN = -1, SECTION_BAD = -2 };

/* Take the section if we know it: its id, SECTION_UNKNOWN, or SECTION_BAD: it lies outside of the
 * segment. */
static int take_section(struct layout *layout, const struct segment *segment,
			const struct tl_abi_section *raw)
{
	int id = 0;
	while (id < SECTION_COUNT && !name_is(raw->name, sizeof raw->name, known_sections[id].name))
		id++;
	if (id == SECTION_COUNT || layout->sections[id].is_known)
		return SECTION_UNKNOWN;
	if (raw->entry_bytes == 0 || raw->entry_bytes > LAYOUT_ENTRY_BYTES ||
	    raw->offset > segment->bytes ||
	    raw->capacity > (segment->bytes - raw->offset) / raw->entry_bytes)
		return SECTION_BAD;
	layout->sections[id] = (struct layout_section){
		.offset = raw->offset,
		.entry_bytes = raw->entry_bytes,
		.capacity = raw->capacity,
		.is_known = true,
	};
	return id;
}

static bool has_good_size(const struct known_field *known, const struct tl_abi_field *raw)
{
	if (raw->count == 0)
		return false;
	if (known->kind == TL_KIND_TEXT)
		return raw->size >= 1;
	return raw->size == 1 || raw->size == 2 || raw->size == 4 || raw->size == 8;
}

/* Take the field if we know it.  False: it lies outside of its entry. */
static bool take_field(struct layout *layout, const struct tl_abi_field *raw,
		       const int *section_ids, size_t section_count)
{
	if (raw->section >= section_count)
		return false;
	int section = section_ids[raw->section];
	if (section < 0)
		return true;
	size_t first, end;
	fields_of((enum layout_section_id)section, &first, &end);
	while (first < end && !name_is(raw->name, sizeof raw->name, known_fields[first].name))
		first++;
	if (first == end || layout->fields[first].is_known)
		return true;
	uint64_t entry = layout->sections[section].entry_bytes;
	if (raw->offset > entry || (uint64_t)raw->size * raw->count > entry - raw->offset)
		return false;
	if (has_good_size(&known_fields[first], raw))
		layout->fields[first] = (struct layout_field){
			.offset = raw->offset,
			.size = raw->size,
			.count = raw->count,
			.is_known = true,
		};
	return true;
}

static void find_native_sections(struct layout *layout)
{
	for (size_t id = 0; id < SECTION_COUNT; id++)
		layout->sections[id].is_native = layout->sections[id].is_known &&
						 layout->sections[id].entry_bytes ==
							 known_sections[id].bytes;
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		const struct layout_field *field = &layout->fields[i];
		const struct known_field *known = &known_fields[i];
		if (!field->is_known || field->offset != known->offset ||
		    field->size != known->size || field->count != known->count)
			layout->sections[known->section].is_native = false;
	}
}

static void take_names(struct layout *layout, const struct tl_abi_name *names, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (names[i].set >= LAYOUT_SETS || names[i].value >= LAYOUT_NAMES)
			continue;
		text_make_safe(layout->names[names[i].set][names[i].value], LAYOUT_NAME_BYTES,
			       names[i].name, sizeof names[i].name);
	}
}

static int damaged(const char *label, const char *what, const char *name, struct problem *problem)
{
	return problem_set(problem, EBADMSG, "%s: its segment is damaged (%s %.24s)", label, what,
			   name);
}

static int take_tables(struct segment *segment, const struct tl_abi_prologue *prologue,
		       const char *label, struct layout *layout, struct problem *problem)
{
	int error, errors[3];
	struct tl_abi_section *sections __attribute__((cleanup(cleanup_free))) =
		read_table(segment, prologue->sections, prologue->section_count, sizeof *sections,
			   SECTIONS_MOST, &errors[0]);
	struct tl_abi_field *fields __attribute__((cleanup(cleanup_free))) =
		read_table(segment, prologue->fields, prologue->field_count, sizeof *fields,
			   FIELDS_MOST, &errors[1]);
	struct tl_abi_name *names __attribute__((cleanup(cleanup_free))) =
		read_table(segment, prologue->names, prologue->name_count, sizeof *names,
			   NAMES_MOST, &errors[2]);
	if (!sections || !fields || !names) {
		error = errors[0] ? errors[0] : errors[1] ? errors[1] : errors[2];
		return problem_set(problem, -error, "%s: its segment's tables cannot be read: %s",
				   label, strerror(-error));
	}
	int ids[SECTIONS_MOST];
	for (uint32_t i = 0; i < prologue->section_count; i++) {
		ids[i] = take_section(layout, segment, &sections[i]);
		if (ids[i] == SECTION_BAD)
			return damaged(label, "section", sections[i].name, problem);
	}
	for (uint32_t i = 0; i < prologue->field_count; i++)
		if (!take_field(layout, &fields[i], ids, prologue->section_count))
			return damaged(label, "field", fields[i].name, problem);
	take_names(layout, names, prologue->name_count);
	return 0;
}

/* The magic is written last: one that is being made gets it in a moment. */
static int read_prologue(struct segment *segment, struct tl_abi_prologue *prologue)
{
	static const struct timespec pause = { .tv_nsec = 10000000 };
	int error = segment_read(segment, 0, prologue, sizeof *prologue);
	int tries = source_is_patient(segment->source) ? 50 : 0;
	for (; tries > 0 && !error && prologue->magic[0] == '\0'; tries--) {
		nanosleep(&pause, NULL);
		error = segment_read(segment, 0, prologue, sizeof *prologue);
	}
	return error;
}

int layout_read(struct segment *segment, const char *label, struct layout *ret,
		struct problem *problem)
{
	struct tl_abi_prologue prologue;
	memset(ret, 0, sizeof *ret);
	int error = read_prologue(segment, &prologue);
	if (error)
		return problem_set(problem, -error, "%s: its segment cannot be read: %s", label,
				   strerror(-error));
	error = check_prologue(&prologue, segment, label, problem);
	if (error)
		return error;
	error = take_tables(segment, &prologue, label, ret, problem);
	if (error)
		return error;
	find_native_sections(ret);
	static const enum layout_field_id needed[] = { FIELD_header_record_high,
						       FIELD_records_serial, FIELD_records_wait };
	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
		if (!layout_knows(ret, needed[i]) ||
		    ret->sections[known_fields[needed[i]].section].capacity == 0)
			return damaged(label, "it lacks", known_fields[needed[i]].name, problem);
	return 0;
}

/* ---- entries ---- */

static uint64_t load_value(const unsigned char *from, uint32_t size, bool is_signed)
{
	uint64_t value = 0;
	memcpy(&value, from, size); /* little-endian, as every target of this byte order */
	if (is_signed && size < 8 && value >> (size * 8 - 1))
		value |= ~UINT64_C(0) << (size * 8);
	return value;
}

/* A value too large for our struct becomes the largest: an index that no check lets through. */
static void store_value(unsigned char *to, uint32_t size, bool is_signed, uint64_t value)
{
	if (size < 8 && !is_signed && value >> (size * 8))
		value = ~UINT64_C(0);
	memcpy(to, &value, size);
}

static void decode_text(unsigned char *to, uint32_t room, const unsigned char *from, uint32_t size)
{
	uint32_t bytes = size < room ? size : room;
	memcpy(to, from, bytes);
	bool is_long = size > 5 && from[size - 5] == (unsigned char)TL_NAME_LONG;
	if (size == room)
		return;
	if (is_long && room > 5) {
		to[room - 5] = (unsigned char)TL_NAME_LONG;
		memcpy(to + room - 4, from + size - 4, 4);
	} else if (size > room) {
		to[room - 1] = '\0';
	}
}

void layout_decode(const struct layout *layout, enum layout_section_id section, const void *raw,
		   void *native)
{
	if (layout->sections[section].is_native) {
		memcpy(native, raw, known_sections[section].bytes);
		return;
	}
	memset(native, 0, known_sections[section].bytes);
	size_t first, end;
	fields_of(section, &first, &end);
	for (size_t i = first; i < end; i++) {
		const struct layout_field *field = &layout->fields[i];
		const struct known_field *known = &known_fields[i];
		const unsigned char *from = (const unsigned char *)raw + field->offset;
		unsigned char *to = (unsigned char *)native + known->offset;
		if (!field->is_known)
			continue;
		if (known->kind == TL_KIND_TEXT) {
			decode_text(to, known->size, from, field->size);
			continue;
		}
		bool is_signed = known->kind == TL_KIND_SIGNED;
		uint32_t count = field->count < known->count ? field->count : known->count;
		for (uint32_t k = 0; k < count; k++)
			store_value(to + k * known->size, known->size, is_signed,
				    load_value(from + k * field->size, field->size, is_signed));
	}
}

/* ---- names ---- */

#define OUR_NAME(n, v, s) { v, s },
static const struct our_name {
	unsigned value;
	const char *name;
} our_states[] = { TL_STATES(OUR_NAME) }, our_waits[] = { TL_WAITS(OUR_NAME) },
  our_objects[] = { TL_OBJECTS(OUR_NAME) }, our_events[] = { TL_EVENTS(OUR_NAME) },
  our_reasons[] = { TL_REASONS(OUR_NAME) }, our_clocks[] = { TL_CLOCKS(OUR_NAME) },
  our_places[] = { TL_PLACES(OUR_NAME) }, our_capabilities[] = { TL_CAPABILITIES(OUR_NAME) };

#define OUR_SET(names) { names, sizeof names / sizeof *names }
static const struct {
	const struct our_name *names;
	size_t count;
} our_sets[LAYOUT_SETS] = {
	[TL_SET_STATE] = OUR_SET(our_states),   [TL_SET_WAIT] = OUR_SET(our_waits),
	[TL_SET_OBJECT] = OUR_SET(our_objects), [TL_SET_EVENT] = OUR_SET(our_events),
	[TL_SET_REASON] = OUR_SET(our_reasons), [TL_SET_CLOCK] = OUR_SET(our_clocks),
	[TL_SET_PLACE] = OUR_SET(our_places),   [TL_SET_CAPABILITY] = OUR_SET(our_capabilities),
};

const char *layout_name(const struct layout *layout, enum tl_abi_set set, unsigned value)
{
	if (value < LAYOUT_NAMES && layout->names[set][value][0])
		return layout->names[set][value];
	for (size_t i = 0; i < our_sets[set].count; i++)
		if (our_sets[set].names[i].value == value)
			return our_sets[set].names[i].name;
	return NULL;
}
