/* SPDX-License-Identifier: MIT */
/*
 * segment.c: makes the memfd, lays out its sections, describes them in its own tables, and seals
 * it: from then on nobody but this process can write to it, root included.
 *
 * Pages are had by fallocate() before they are touched: a page of a sparse memfd that cannot be had
 * would be a SIGBUS.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "segment.h"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

enum {
	PAGE = 4096,
	STEP = 2 << 20,
	HEADER_BYTES = 16384, /* the header and the three tables */
	OBJECTS = 1 << 20,
	SELECTS = 1 << 16,
	SITES = 4096,
	SLABS = 1 << TL_STACK_SLAB_BITS,
	STRINGS = 16 << 20,
	RARE_RECORDS = 4096,
};

struct segment segment = { .fd = -1 };

/* For debuggers and tools that look by symbol: the header's address. */
__attribute__((visibility("default"))) const struct tl_header *tl_segment;

static struct {
	uint64_t offset, bytes, entry_bytes, capacity;
	_Atomic uint64_t backed; /* bytes of it that are memory; grows under `lock` */
} layout[SECTION_COUNT];
static uint64_t segment_bytes;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static uint64_t round_up(uint64_t value, uint64_t to)
{
	return (value + to - 1) / to * to;
}

static void lay_out(const struct segment_options *options)
{
	const uint64_t capacities[SECTION_COUNT] = {
		[SECTION_header] = 1,
		[SECTION_schedulers] = TL_ABI_SCHEDULERS,
		[SECTION_records] = (uint64_t)options->records + 1,
		[SECTION_bases] = (uint64_t)options->records + 1,
		[SECTION_labels] = (uint64_t)options->records + 1,
		[SECTION_occupancy] = ((uint64_t)options->records + 1 + 63) / 64,
		[SECTION_objects] = OBJECTS,
		[SECTION_selects] = SELECTS,
		[SECTION_sites] = SITES,
		[SECTION_runtimes] = 8,
		[SECTION_layouts] = 8,
		[SECTION_slabs] = SLABS,
		[SECTION_strings] = STRINGS,
		[SECTION_frames] = 0,
		[SECTION_rings] = (uint64_t)TL_ABI_SCHEDULERS * options->ring_records,
		[SECTION_rare_rings] = (uint64_t)TL_ABI_SCHEDULERS * RARE_RECORDS,
	};
	const uint64_t entries[SECTION_COUNT] = {
#define ENTRY_BYTES(name, type) sizeof(type),
		TL_ABI_SECTIONS(ENTRY_BYTES)
	};
	uint64_t offset = 0;
	for (int i = 0; i < SECTION_COUNT; i++) {
		uint64_t bytes = i == SECTION_header ? HEADER_BYTES : capacities[i] * entries[i];
		layout[i].offset = offset;
		layout[i].bytes = round_up(bytes, PAGE);
		layout[i].entry_bytes = entries[i];
		layout[i].capacity = capacities[i];
		offset = round_up(offset + layout[i].bytes, PAGE);
	}
	segment_bytes = offset;
}

static void set_pointers(char *base)
{
	segment.header = (void *)base;
#define SET_POINTER(name, type) *(void **)&segment.name = base + layout[SECTION_##name].offset;
	TL_ABI_SECTIONS(SET_POINTER)
}

static void describe_sections(struct tl_abi_section *out)
{
	static const char *const names[SECTION_COUNT] = {
#define SECTION_NAME(name, type) #name,
		TL_ABI_SECTIONS(SECTION_NAME)
	};
	for (int i = 0; i < SECTION_COUNT; i++) {
		strncpy(out[i].name, names[i], sizeof out[i].name - 1);
		out[i].offset = layout[i].offset;
		out[i].entry_bytes = layout[i].entry_bytes;
		out[i].capacity = layout[i].capacity;
	}
}

/* Must stay true to struct tl_abi_field's order of members. */
static const struct tl_abi_field fields[] = {
#define FIELD_ROW(section, type, member, kind, n)                                            \
	{ #member, SECTION_##section, TL_KIND_##kind, offsetof(struct type, member),          \
	  sizeof(((struct type *)0)->member) / (n), n },
	TL_ABI_FIELDS(FIELD_ROW)
};

static const struct tl_abi_name names[] = {
#define NAME_ROW(set, v, s) { set, v, s },
#define STATE_ROW(n, v, s) NAME_ROW(TL_SET_STATE, v, s)
#define WAIT_ROW(n, v, s) NAME_ROW(TL_SET_WAIT, v, s)
#define OBJECT_ROW(n, v, s) NAME_ROW(TL_SET_OBJECT, v, s)
#define EVENT_ROW(n, v, s) NAME_ROW(TL_SET_EVENT, v, s)
#define REASON_ROW(n, v, s) NAME_ROW(TL_SET_REASON, v, s)
#define CLOCK_ROW(n, v, s) NAME_ROW(TL_SET_CLOCK, v, s)
#define PLACE_ROW(n, v, s) NAME_ROW(TL_SET_PLACE, v, s)
#define CAPABILITY_ROW(n, v, s) NAME_ROW(TL_SET_CAPABILITY, v, s)
	TL_STATES(STATE_ROW) TL_WAITS(WAIT_ROW) TL_OBJECTS(OBJECT_ROW) TL_EVENTS(EVENT_ROW)
	TL_REASONS(REASON_ROW) TL_CLOCKS(CLOCK_ROW) TL_PLACES(PLACE_ROW)
	TL_CAPABILITIES(CAPABILITY_ROW)
};

_Static_assert(sizeof(struct tl_header) <= 1024 &&
		       1024 + SECTION_COUNT * sizeof(struct tl_abi_section) + sizeof fields +
				       sizeof names <= HEADER_BYTES,
	       "the header and its tables must fit");

/* Everything but the magic, which says that the rest can be read. */
static void describe(const struct segment_options *options)
{
	struct tl_header *h = segment.header;
	char *base = (char *)h;
	h->prologue.byte_order = TL_ABI_BYTE_ORDER;
	h->prologue.abi = TL_ABI_NUMBER;
	h->prologue.segment_bytes = segment_bytes;
	h->prologue.section_count = SECTION_COUNT;
	h->prologue.field_count = sizeof fields / sizeof *fields;
	h->prologue.name_count = sizeof names / sizeof *names;
	h->prologue.sections = 1024;
	h->prologue.fields = h->prologue.sections + SECTION_COUNT * sizeof(struct tl_abi_section);
	h->prologue.names = h->prologue.fields + sizeof fields;
	describe_sections((void *)(base + h->prologue.sections));
	memcpy(base + h->prologue.fields, fields, sizeof fields);
	memcpy(base + h->prologue.names, names, sizeof names);
	h->pid = getpid();
	h->start_time = clock_process_start();
	h->address = (uintptr_t)h;
	h->trace = options->trace;
	h->ring_records = options->ring_records;
	h->rare_records = RARE_RECORDS;
	h->record_high = 1;
	h->object_high = 1;
	h->site_high = 1;
	h->slab_high = 1;
	h->select_high = 1;
	h->strings_high = 8;
}

/* A memfd of the segment's size, mapped at `at` (NULL: anywhere) and sealed.  The descriptor, or
 * -errno. */
static int make_memfd(void)
{
	struct rlimit limit;
	if (!getrlimit(RLIMIT_FSIZE, &limit) && limit.rlim_cur < segment_bytes)
		return -EFBIG; /* to try would be a SIGXFSZ */
	int fd = memfd_create(TL_ABI_MEMFD, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -errno;
	if (fchmod(fd, 0400) || ftruncate(fd, (off_t)segment_bytes)) {
		int error = -errno;
		close(fd);
		return error;
	}
	return fd;
}

static void seal(int fd)
{
	/* A kernel without the newest seal (before 5.1) leaves it writable by its owner's other
	 * processes; tools see that and do not map it. */
	if (fcntl(fd, F_ADD_SEALS,
		  F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL))
		(void)fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
}

/* A core holds what is backed, and not half a gigabyte of holes. */
static void dump_backed(char *base, uint64_t offset, uint64_t bytes)
{
	(void)madvise(base + offset, bytes, MADV_DODUMP);
}

static void advise(char *base)
{
	(void)madvise(base, segment_bytes, MADV_DONTFORK);
	(void)madvise(base, segment_bytes, MADV_NOHUGEPAGE);
	(void)madvise(base, segment_bytes, MADV_DONTDUMP);
	for (int i = 0; i < SECTION_COUNT; i++)
		if (layout[i].backed)
			dump_backed(base, layout[i].offset, layout[i].backed);
}

int segment_create(const struct segment_options *options)
{
	lay_out(options);
	int fd = make_memfd();
	if (fd < 0)
		return fd;
	segment.fd = fd;
	void *base = MAP_FAILED;
	int error = 0;
	/* the sections that exist from the start */
	const struct { enum segment_section section; uint64_t count; } first[] = {
		{ SECTION_header, 1 }, { SECTION_schedulers, 1 }, { SECTION_records, 2 },
		{ SECTION_bases, 2 }, { SECTION_occupancy, 1 }, { SECTION_objects, 2 },
		{ SECTION_sites, 2 }, { SECTION_runtimes, 1 }, { SECTION_layouts, 1 },
		{ SECTION_slabs, 2 }, { SECTION_strings, 8 },
	};
	for (size_t i = 0; i < sizeof first / sizeof *first && !error; i++)
		error = segment_back(first[i].section, first[i].count);
	if (!error) {
		base = mmap(NULL, segment_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (base == MAP_FAILED)
			error = -errno;
	}
	if (error) {
		close(fd);
		segment.fd = -1;
		for (int i = 0; i < SECTION_COUNT; i++)
			atomic_store(&layout[i].backed, 0);
		return error;
	}
	advise(base);
	seal(fd);
	set_pointers(base);
	describe(options);
	clock_start(segment.header, options->virtual_clock);
	tl_segment = segment.header;
	/* release: a tool that sees the magic sees all of the above */
	uint64_t magic;
	memcpy(&magic, TL_ABI_MAGIC, sizeof magic);
	__atomic_store_n((uint64_t *)segment.header->prologue.magic, magic, __ATOMIC_RELEASE);
	return 0;
}

int segment_back(enum segment_section section, uint64_t count)
{
	if (count > layout[section].capacity)
		return -ENOSPC;
	uint64_t need = section == SECTION_header ? HEADER_BYTES : count * layout[section].entry_bytes;
	/* acquire: pairs with the release below; the memory is there */
	if (need <= atomic_load_explicit(&layout[section].backed, memory_order_acquire))
		return 0;
	int error = 0;
	pthread_mutex_lock(&lock);
	uint64_t from = atomic_load_explicit(&layout[section].backed, memory_order_relaxed);
	if (need > from) {
		uint64_t to = round_up(need, from || need > STEP / 16 ? STEP : STEP / 16);
		if (to > layout[section].bytes)
			to = layout[section].bytes;
		if (fallocate(segment.fd, 0, (off_t)(layout[section].offset + from),
			      (off_t)(to - from))) {
			error = -ENOMEM;
			if (segment.header)
				__atomic_fetch_add(&segment.header->no_memory, 1, __ATOMIC_RELAXED);
		} else {
			if (segment.header)
				dump_backed((char *)segment.header, layout[section].offset + from,
					    to - from);
			/* release: see above */
			atomic_store_explicit(&layout[section].backed, to, memory_order_release);
		}
	}
	pthread_mutex_unlock(&lock);
	return error;
}

uint64_t segment_capacity(enum segment_section section)
{
	return layout[section].capacity;
}

/* ---- fork ---- */

static int copy_backed(int to)
{
	for (int i = 0; i < SECTION_COUNT; i++) {
		uint64_t backed = atomic_load(&layout[i].backed);
		if (!backed || i == SECTION_rings || i == SECTION_rare_rings)
			continue;
		if (fallocate(to, 0, (off_t)layout[i].offset, (off_t)backed))
			return -ENOMEM;
		const char *at = (const char *)segment.header + layout[i].offset;
		for (uint64_t done = 0; done < backed;) {
			ssize_t n = pwrite(to, at + done, backed - done,
					   (off_t)(layout[i].offset + done));
			if (n <= 0)
				return n < 0 ? -errno : -EIO;
			done += (uint64_t)n;
		}
	}
	return 0;
}

int segment_fork_copy(void)
{
	pthread_mutex_lock(&lock);
	int fd = make_memfd();
	int error = fd < 0 ? fd : copy_backed(fd);
	pthread_mutex_unlock(&lock);
	if (error && fd >= 0)
		close(fd);
	return error ? error : fd;
}

void segment_forget(void)
{
	pthread_mutex_init(&lock, NULL);
	for (int i = 0; i < SECTION_COUNT; i++)
		atomic_store(&layout[i].backed, 0);
	close(segment.fd);
	memset(&segment, 0, sizeof segment);
	segment.fd = -1;
	tl_segment = NULL;
}

int segment_fork_map(int fd)
{
	pthread_mutex_init(&lock, NULL);
	atomic_store(&layout[SECTION_rings].backed, 0); /* history is not copied */
	atomic_store(&layout[SECTION_rare_rings].backed, 0);
	void *base = mmap(segment.header, segment_bytes, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_FIXED, fd, 0);
	if (base == MAP_FAILED)
		return -errno;
	advise(base);
	seal(fd);
	close(segment.fd);
	segment.fd = fd;
	segment.header->pid = getpid();
	segment.header->start_time = clock_process_start();
	return 0;
}
