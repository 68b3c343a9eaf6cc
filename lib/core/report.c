/* SPDX-License-Identifier: MIT */
/*
 * report.c: tl_report(), the list of tasklets from inside.  It reads the tables as any tool would,
 * so that it can be called from a deadlock handler, or by hand from a debugger; it allocates
 * nothing and locks nothing.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>

#include "format.h"
#include "object.h"
#include "scheduler.h"

static int put(int fd, const struct line *line)
{
	for (size_t done = 0; done < line->length;) {
		ssize_t n = write(fd, line->text + done, line->length - done);
		if (n < 0 && errno != EINTR)
			return -errno;
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* "function+0x12 (file)", or what of it is known. */
static void line_place(struct line *line, uint64_t address)
{
	Dl_info info;
	line_hex(line, address);
	if (!address || !dladdr((void *)(uintptr_t)(address - 1), &info))
		return;
	line_text(line, " ");
	if (info.dli_sname) {
		line_text(line, info.dli_sname);
		line_text(line, "+");
		line_hex(line, address - (uintptr_t)info.dli_saddr);
	} else if (info.dli_fname) {
		line_text(line, info.dli_fname);
		line_text(line, "+");
		line_hex(line, address - (uintptr_t)info.dli_fbase);
	}
}

static const char *const state_words[] = {
#define STATE_WORD(n, v, word) [v] = word,
	TL_STATES(STATE_WORD)
};

static const char *const wait_words[] = {
#define WAIT_WORD(n, v, word) [v] = word,
	TL_WAITS(WAIT_WORD)
};

static void line_wait(struct line *line, uint64_t wait)
{
	unsigned kind = wait_kind(wait);
	uint32_t slot = (uint32_t)(wait >> TL_WAIT_OBJECT_SHIFT);
	char name[64];
	if (kind < sizeof wait_words / sizeof *wait_words)
		line_text(line, wait_words[kind]);
	if (kind == TL_WAIT_JOIN) {
		line_text(line, " ");
		line_unsigned(line, segment.records[slot].serial);
	} else if (kind >= TL_WAIT_SEND && kind <= TL_WAIT_LOCK) {
		segment_name_get(segment.objects[slot].name, TL_ABI_OBJECT_NAME_BYTES, name,
				 sizeof name);
		line_text(line, name[0] ? " " : " object ");
		if (name[0])
			line_name(line, name);
		else
			line_unsigned(line, segment.objects[slot].serial);
	}
}

static void line_since(struct line *line, const struct tl_record *t)
{
	const struct tl_header *h = segment.header;
	if (!t->since)
		return;
	uint64_t age = clock_stamp(h) - t->since;
	if (h->clock == TL_CLOCK_TSC) {
		uint64_t ticks = clock_tsc() - h->anchor0_clock;
		uint64_t ns = clock_monotonic_ns() - h->anchor0_ns;
		age = ticks ? (uint64_t)((__uint128_t)age * ns / ticks) : 0;
	}
	line_text(line, " for ");
	line_duration(line, age);
}

static int report_task(int fd, const struct tl_record *t)
{
	struct line line = { .length = 0 };
	char name[64];
	uint64_t wait = __atomic_load_n(&t->wait, __ATOMIC_ACQUIRE);
	uint64_t counter = __atomic_load_n(&t->counter, __ATOMIC_ACQUIRE);
	unsigned state = wait_state(wait);
	line_text(&line, "  ");
	line_unsigned(&line, t->serial);
	segment_name_get(t->name, sizeof t->name, name, sizeof name);
	line_column(&line, 10);
	line_name(&line, name);
	line_column(&line, 28);
	if (state == TL_STATE_READY && counter & 1)
		line_text(&line, "running");
	else if (state == TL_STATE_WAITING)
		line_wait(&line, wait);
	else if (state < sizeof state_words / sizeof *state_words)
		line_text(&line, state_words[state]);
	line_since(&line, t);
	line_column(&line, 56);
	if (t->site) {
		line_text(&line, "spawned at ");
		line_place(&line, segment.sites[t->site].address);
	}
	/* another thread's stack may be gone at any time */
	if (!(counter & 1) && t->sp && state != TL_STATE_ENDED && t->scheduler == SELF->index) {
		line_text(&line, ", resumes at ");
		line_place(&line, *(uint64_t *)(uintptr_t)(t->sp + ARCH_PC_OFFSET));
	}
	line_text(&line, "\n");
	return put(fd, &line);
}

TL_API int tl_report(int fd)
{
	struct scheduler *s = SELF;
	START_OR_RETURN(s);
	int saved_errno = errno;
	struct line line = { .length = 0 };
	line_text(&line, "tasklets of process ");
	line_unsigned(&line, (uint64_t)getpid());
	line_text(&line, " (backtraces: tldump bt ");
	line_unsigned(&line, (uint64_t)getpid());
	line_text(&line, "):\n");
	int error = put(fd, &line);
	uint32_t high = __atomic_load_n(&segment.header->record_high, __ATOMIC_ACQUIRE);
	for (uint32_t slot = 1; slot < high && !error; slot++)
		if (segment.records[slot].serial)
			error = report_task(fd, &segment.records[slot]);
	errno = saved_errno;
	return error;
}
