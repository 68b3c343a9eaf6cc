/* SPDX-License-Identifier: MIT */
/*
 * segment_writer.c: see segment_writer.h.  It writes what abi.h describes, and shares no code with
 * the runtime: so it is also a second reading of the ABI.
 */
#define _GNU_SOURCE
#include "segment_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

enum { WIDER_BY = 64, PAGE_BYTES = 4096 };

#define SECTION_ENUM(name, type) SECTION_##name,
enum section { TL_ABI_SECTIONS(SECTION_ENUM) SECTIONS };

#define SECTION_ROW(name, type) { #name, sizeof(type) },
static const struct {
	const char *name;
	size_t bytes;
} sections[] = { TL_ABI_SECTIONS(SECTION_ROW) };

#define FIELD_ROW(section, type, member, kind, n)                                               \
	{ #member, SECTION_##section, TL_KIND_##kind, offsetof(struct type, member),             \
	  sizeof(((struct type *)0)->member) / (n), n },
static const struct tl_abi_field fields[] = { TL_ABI_FIELDS(FIELD_ROW) };

#define STATE_ROW(n, v, s) { TL_SET_STATE, v, s },
#define WAIT_ROW(n, v, s) { TL_SET_WAIT, v, s },
#define OBJECT_ROW(n, v, s) { TL_SET_OBJECT, v, s },
#define EVENT_ROW(n, v, s) { TL_SET_EVENT, v, s },
#define REASON_ROW(n, v, s) { TL_SET_REASON, v, s },
static const struct tl_abi_name names[] = {
	TL_STATES(STATE_ROW) TL_WAITS(WAIT_ROW) TL_OBJECTS(OBJECT_ROW) TL_EVENTS(EVENT_ROW)
	TL_REASONS(REASON_ROW)
};

static bool is_widened(unsigned flags, size_t section)
{
	return (flags & SEGMENT_WIDE) && (section == SECTION_records || section == SECTION_objects);
}

static uint32_t or_default(uint32_t value, uint32_t fallback)
{
	return value ? value : fallback;
}

/* ---- laying out ---- */

static size_t set_capacities(const struct segment_shape *shape, uint64_t capacities[SECTIONS])
{
	uint64_t schedulers = or_default(shape->schedulers, 4);
	uint64_t records = or_default(shape->records, 1024);
	const uint64_t wanted[SECTIONS] = {
		[SECTION_header] = 1,
		[SECTION_schedulers] = schedulers,
		[SECTION_records] = records,
		[SECTION_bases] = records,
		[SECTION_labels] = records,
		[SECTION_occupancy] = (records + 63) / 64,
		[SECTION_objects] = or_default(shape->objects, 256),
		[SECTION_selects] = or_default(shape->selects, 64),
		[SECTION_sites] = or_default(shape->sites, 64),
		[SECTION_runtimes] = 1,
		[SECTION_layouts] = 1,
		[SECTION_slabs] = or_default(shape->slabs, 8),
		[SECTION_strings] = or_default(shape->strings, 1 << 16),
		[SECTION_rings] = schedulers * or_default(shape->ring_records, 256),
		[SECTION_rare_rings] = schedulers * or_default(shape->rare_records, 64),
	};
	memcpy(capacities, wanted, sizeof wanted);
	size_t offset = PAGE_BYTES +
			sizeof sections / sizeof *sections * sizeof(struct tl_abi_section) +
			sizeof fields + sizeof names;
	return (offset + PAGE_BYTES - 1) & ~(size_t)(PAGE_BYTES - 1);
}

static void *section_at(struct segment_writer *writer, enum section section)
{
	return writer->base + writer->section_table[section].offset;
}

static void describe(struct segment_writer *writer, const uint64_t capacities[SECTIONS],
		     size_t offset)
{
	unsigned char *base = writer->base;
	struct tl_abi_prologue *prologue = (struct tl_abi_prologue *)base;
	writer->section_table = (struct tl_abi_section *)(base + PAGE_BYTES);
	writer->field_table = (struct tl_abi_field *)(writer->section_table + SECTIONS);
	writer->name_table = (struct tl_abi_name *)(writer->field_table +
						    sizeof fields / sizeof *fields);
	for (size_t i = 0; i < SECTIONS; i++) {
		struct tl_abi_section *section = &writer->section_table[i];
		snprintf(section->name, sizeof section->name, "%s", sections[i].name);
		section->entry_bytes = sections[i].bytes +
				       (is_widened(writer->flags, i) ? WIDER_BY : 0);
		section->capacity = capacities[i];
		section->offset = i == SECTION_header ? 0 : offset;
		if (i != SECTION_header)
			offset += (section->entry_bytes * capacities[i] + PAGE_BYTES - 1) &
				  ~(size_t)(PAGE_BYTES - 1);
	}
	memcpy(writer->field_table, fields, sizeof fields);
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (is_widened(writer->flags, fields[i].section))
			writer->field_table[i].offset += WIDER_BY;
	memcpy(writer->name_table, names, sizeof names);
	*prologue = (struct tl_abi_prologue){
		.byte_order = TL_ABI_BYTE_ORDER,
		.abi = TL_ABI_NUMBER,
		.segment_bytes = writer->bytes,
		.section_count = SECTIONS,
		.field_count = sizeof fields / sizeof *fields,
		.name_count = sizeof names / sizeof *names,
		.sections = PAGE_BYTES,
		.fields = (uint64_t)((unsigned char *)writer->field_table - base),
		.names = (uint64_t)((unsigned char *)writer->name_table - base),
	};
	memcpy(prologue->magic, TL_ABI_MAGIC, sizeof prologue->magic);
	if (writer->flags & SEGMENT_SWAPPED)
		prologue->byte_order = __builtin_bswap32(TL_ABI_BYTE_ORDER);
}

static void set_pointers(struct segment_writer *writer)
{
	writer->header = section_at(writer, SECTION_header);
	writer->schedulers = section_at(writer, SECTION_schedulers);
	if (!(writer->flags & SEGMENT_WIDE)) {
		writer->records = section_at(writer, SECTION_records);
		writer->objects = section_at(writer, SECTION_objects);
	}
	writer->bases = section_at(writer, SECTION_bases);
	writer->labels = section_at(writer, SECTION_labels);
	writer->occupancy = section_at(writer, SECTION_occupancy);
	writer->selects = section_at(writer, SECTION_selects);
	writer->sites = section_at(writer, SECTION_sites);
	writer->runtimes = section_at(writer, SECTION_runtimes);
	writer->layouts = section_at(writer, SECTION_layouts);
	writer->slabs = section_at(writer, SECTION_slabs);
	writer->strings = section_at(writer, SECTION_strings);
	writer->rings = section_at(writer, SECTION_rings);
	writer->rare_rings = section_at(writer, SECTION_rare_rings);
}

static void fill_header(struct segment_writer *writer, const struct segment_shape *shape)
{
	struct tl_header *header = writer->header;
	header->pid = getpid();
	header->trace = 1;
	header->address = (uintptr_t)writer->base;
	header->scheduler_high = 1;
	header->record_high = header->object_high = header->site_high = header->slab_high = 1;
	header->select_high = 1;
	header->runtime_high = header->layout_high = 1;
	header->ring_records = or_default(shape->ring_records, 256);
	header->rare_records = or_default(shape->rare_records, 64);
	header->strings_high = 8;
	header->clock = TL_CLOCK_VIRTUAL;
	header->anchor0_clock = header->anchor0_ns = SEGMENT_NOW - UINT64_C(60000000000);
	header->anchor1_clock = header->anchor1_ns = SEGMENT_NOW;
	header->clock_now = SEGMENT_NOW;
	snprintf(writer->runtimes[0].name, sizeof writer->runtimes[0].name, "writer");
	snprintf(writer->runtimes[0].version, sizeof writer->runtimes[0].version, "1");
	writer->schedulers[0].generation = 1;
	writer->schedulers[0].tid = getpid();
	writer->schedulers[0].started = header->anchor0_clock;
}

int segment_writer_init(struct segment_writer *writer, const struct segment_shape *shape)
{
	static const struct segment_shape standard;
	uint64_t capacities[SECTIONS];
	if (!shape)
		shape = &standard;
	*writer = (struct segment_writer){ .descriptor = -1, .flags = shape->flags };
	size_t first = set_capacities(shape, capacities);
	writer->bytes = first;
	for (size_t i = 1; i < SECTIONS; i++)
		writer->bytes += (capacities[i] * (sections[i].bytes + WIDER_BY) + PAGE_BYTES - 1) &
				 ~(size_t)(PAGE_BYTES - 1);
	writer->descriptor = memfd_create(TL_ABI_MEMFD, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (writer->descriptor < 0 || ftruncate(writer->descriptor, (off_t)writer->bytes) != 0)
		return -errno;
	writer->base = mmap(NULL, writer->bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
			    writer->descriptor, 0);
	if (writer->base == MAP_FAILED)
		return -errno;
	if (!(shape->flags & SEGMENT_UNSEALED) &&
	    fcntl(writer->descriptor, F_ADD_SEALS,
		  F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) != 0)
		return -errno;
	describe(writer, capacities, first);
	set_pointers(writer);
	fill_header(writer, shape);
	writer->next_serial = writer->next_ticket = 1;
	return 0;
}

void segment_writer_fini(struct segment_writer *writer)
{
	if (writer->base && writer->base != MAP_FAILED)
		munmap(writer->base, writer->bytes);
	if (writer->descriptor >= 0)
		close(writer->descriptor);
	*writer = (struct segment_writer){ .descriptor = -1 };
}

/* ---- strings ---- */

uint32_t segment_string(struct segment_writer *writer, const char *text)
{
	size_t bytes = strlen(text) + 1;
	uint64_t at = writer->header->strings_high;
	if (at + bytes > writer->section_table[SECTION_strings].capacity)
		abort();
	memcpy(writer->strings + at, text, bytes);
	writer->header->strings_high += bytes;
	return (uint32_t)at;
}

void segment_name(struct segment_writer *writer, char *field, size_t bytes, const char *name)
{
	size_t length = strlen(name);
	memset(field, 0, bytes);
	if (length < bytes) {
		memcpy(field, name, length);
		return;
	}
	uint32_t offset = segment_string(writer, name);
	memcpy(field, name, bytes - 5);
	field[bytes - 5] = TL_NAME_LONG;
	memcpy(field + bytes - 4, &offset, 4);
}

/* ---- tasklets and objects ---- */

struct tl_record *segment_record(struct segment_writer *writer, uint32_t slot)
{
	const struct tl_abi_section *section = &writer->section_table[SECTION_records];
	unsigned char *entry = writer->base + section->offset + slot * section->entry_bytes;
	return (struct tl_record *)(entry +
				    (is_widened(writer->flags, SECTION_records) ? WIDER_BY : 0));
}

struct tl_object *segment_object_entry(struct segment_writer *writer, uint32_t slot)
{
	const struct tl_abi_section *section = &writer->section_table[SECTION_objects];
	unsigned char *entry = writer->base + section->offset + slot * section->entry_bytes;
	return (struct tl_object *)(entry +
				    (is_widened(writer->flags, SECTION_objects) ? WIDER_BY : 0));
}

uint64_t segment_task_serial(const struct segment_writer *writer, uint32_t slot)
{
	return slot ? segment_record((struct segment_writer *)writer, slot)->serial : 0;
}

uint32_t segment_task(struct segment_writer *writer, const struct segment_task *task)
{
	uint32_t slot = writer->header->record_high++;
	if (slot >= writer->section_table[SECTION_records].capacity)
		abort();
	struct tl_record *record = segment_record(writer, slot);
	bool is_running = task->state == TL_STATE_RUNNING;
	*record = (struct tl_record){
		.counter = task->switches * 2 - (is_running && task->switches ? 1 : 0),
		.wait = tl_wait_word(is_running ? TL_STATE_READY : task->state, task->wait,
				     task->wait_flags, task->target),
		.since = SEGMENT_NOW - task->age_ns,
		.run = task->run_ns,
		.ready = task->ready_ns,
		.scheduler = (uint16_t)task->scheduler,
		.level = (int8_t)task->level,
		.flags = (uint8_t)task->flags,
		.serial = writer->next_serial++,
		.spawned = SEGMENT_NOW - (task->life_ns ? task->life_ns : UINT64_C(10000000000)),
		.ticket = task->ticket ? task->ticket : writer->next_ticket++,
		.site = task->site,
		.parent = task->parent,
		.waker = task->waker,
	};
	if (is_running) {
		record->counter |= 1;
		writer->schedulers[task->scheduler].current =
			slot * (uint32_t)writer->section_table[SECTION_records].entry_bytes;
	}
	if (task->flags & TL_RECORD_MAIN)
		writer->schedulers[task->scheduler].main =
			slot * (uint32_t)writer->section_table[SECTION_records].entry_bytes;
	if (task->scheduler >= writer->header->scheduler_high)
		writer->header->scheduler_high = task->scheduler + 1;
	writer->schedulers[task->scheduler].generation |= 1;
	writer->schedulers[task->scheduler].spawned++;
	if (task->name)
		segment_name(writer, record->name, sizeof record->name, task->name);
	if (task->group)
		writer->labels[slot] = segment_string(writer, task->group);
	writer->occupancy[slot / 64] |= UINT64_C(1) << slot % 64;
	return slot;
}

uint32_t segment_object(struct segment_writer *writer, const struct segment_object *object)
{
	uint32_t slot = writer->header->object_high++;
	if (slot >= writer->section_table[SECTION_objects].capacity)
		abort();
	struct tl_object *entry = segment_object_entry(writer, slot);
	uint64_t serial = slot;
	uint64_t holder_serial = segment_task_serial(writer, object->holder);
	*entry = (struct tl_object){
		.kind = (uint8_t)(object->kind ? object->kind : TL_OBJECT_CHANNEL),
		.flags = (uint8_t)object->flags,
		.preference = (int8_t)object->preference,
		.balance = object->balance,
		.tag = (uint32_t)serial,
		.element_bytes = object->element_bytes,
		.capacity = object->capacity,
		.length = object->length,
		.count = object->count,
		.sender = (uint32_t)segment_task_serial(writer, object->senders[0]),
		.receiver = (uint32_t)segment_task_serial(writer, object->receivers[0]),
		.holder = object->holder ?
				  (uint64_t)(uint32_t)holder_serial << 32 | object->holder :
				  0,
		.serial = serial,
		.created = SEGMENT_NOW - object->age_ns,
	};
	for (int i = 0; i < TL_ABI_USERS; i++) {
		entry->senders[i] = (uint32_t)segment_task_serial(writer, object->senders[i + 1]);
		entry->receivers[i] =
			(uint32_t)segment_task_serial(writer, object->receivers[i + 1]);
	}
	if (object->name)
		segment_name(writer, entry->name, sizeof entry->name, object->name);
	return slot;
}

uint32_t segment_site(struct segment_writer *writer, uint64_t address, uint64_t spawned,
		      uint64_t ended)
{
	uint32_t index = writer->header->site_high++;
	if (index >= writer->section_table[SECTION_sites].capacity)
		abort();
	writer->sites[index] =
		(struct tl_site){ .address = address, .spawned = spawned, .ended = ended };
	return index;
}

void segment_event(struct segment_writer *writer, uint32_t scheduler, bool is_rare, uint64_t ago_ns,
		   struct tl_event_record event)
{
	uint32_t records = is_rare ? writer->header->rare_records : writer->header->ring_records;
	uint64_t *head = is_rare ? &writer->schedulers[scheduler].rare_head :
				   &writer->schedulers[scheduler].head;
	struct tl_event_record *ring = (is_rare ? writer->rare_rings : writer->rings) +
				       (size_t)scheduler * records;
	event.stamp = SEGMENT_NOW - ago_ns;
	/* The old record is gone before the new one is there. */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	ring[*head % records] = event;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
}

/* ---- the tables ---- */

struct tl_abi_section *segment_find_section(struct segment_writer *writer, const char *section)
{
	for (size_t i = 0; i < SECTIONS; i++)
		if (strcmp(writer->section_table[i].name, section) == 0)
			return &writer->section_table[i];
	return NULL;
}

struct tl_abi_field *segment_find_field(struct segment_writer *writer, const char *section,
					const char *field)
{
	struct tl_abi_section *owner = segment_find_section(writer, section);
	for (size_t i = 0; owner && i < sizeof fields / sizeof *fields; i++)
		if (&writer->section_table[writer->field_table[i].section] == owner &&
		    strcmp(writer->field_table[i].name, field) == 0)
			return &writer->field_table[i];
	return NULL;
}

void segment_drop_field(struct segment_writer *writer, const char *section, const char *field)
{
	struct tl_abi_field *row = segment_find_field(writer, section, field);
	if (!row)
		abort();
	snprintf(row->name, sizeof row->name, "x_of_later");
}

void segment_drop_section(struct segment_writer *writer, const char *section)
{
	struct tl_abi_section *row = segment_find_section(writer, section);
	if (!row)
		abort();
	snprintf(row->name, sizeof row->name, "x_of_later");
}
