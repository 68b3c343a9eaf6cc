/* SPDX-License-Identifier: MIT */
/*
 * source.c: what all sources have in common: opening one by what the user wrote, the list of
 * modules and when it is read again, and the way to the functions of each kind.
 */
#include "source.h"

#include "backing.h"
#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

int problem_set(struct problem *problem, int error, const char *format, ...)
{
	char text[1024];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	if (problem)
		text_make_safe(problem->text, sizeof problem->text, text, sizeof text);
	return -error;
}

/* A process id: digits alone, and no more than one can have. */
static pid_t parse_pid(const char *what)
{
	char *end;
	if (!isdigit((unsigned char)what[0]))
		return 0;
	errno = 0;
	long pid = strtol(what, &end, 10);
	return *end == '\0' && errno == 0 && pid > 0 && pid <= INT_MAX ? (pid_t)pid : 0;
}

int source_open(const char *what, const char *executable, struct source **ret,
		struct problem *problem)
{
	pid_t pid = parse_pid(what);
	if (pid > 0)
		return source_open_process(pid, ret, problem);
	return source_open_core(what, executable, ret, problem);
}

void source_close(struct source *source)
{
	if (!source)
		return;
	modules_free(source->modules, source->module_count);
	free(source->threads);
	source->ops->close(source);
}

void source_set_program(struct source *source, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	text_make_safe(source->program, sizeof source->program, name, strlen(name));
}

enum source_kind source_kind(const struct source *source)
{
	return source->kind;
}

const char *source_label(const struct source *source)
{
	return source->label;
}

const char *source_program(const struct source *source)
{
	return source->program;
}

pid_t source_pid(const struct source *source)
{
	return source->pid;
}

bool source_is_patient(const struct source *source)
{
	return source->is_patient;
}

enum source_state source_state(struct source *source)
{
	return source->ops->state(source);
}

/* ---- the segment and memory ---- */

uint64_t source_segment_bytes(const struct source *source)
{
	return source->segment_bytes;
}

int source_segment_read(struct source *source, uint64_t offset, void *buffer, size_t bytes)
{
	if (offset > source->segment_bytes || bytes > source->segment_bytes - offset)
		return -ERANGE;
	return source->ops->segment_read(source, offset, buffer, bytes);
}

uint64_t source_segment_holes(struct source *source, uint64_t offset, uint64_t bytes, uint64_t most)
{
	return source->segment_map ? source->ops->segment_holes(source, offset, bytes, most) : 0;
}

const void *source_segment_map(struct source *source)
{
	return source->segment_map;
}

void source_memory_read(struct source *source, struct source_span *spans, size_t count)
{
	source->ops->memory_read(source, spans, count);
}

const char *source_memory_problem(const struct source *source)
{
	return source->memory_problem[0] ? source->memory_problem : NULL;
}

void source_set_witness(struct source *source, uint64_t address, const void *bytes, size_t count)
{
	if (count > SOURCE_WITNESS_BYTES)
		count = SOURCE_WITNESS_BYTES;
	source->witness_address = address;
	source->witness_bytes = count;
	memcpy(source->witness, bytes, count);
}

static uint64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void source_clocks(const struct source *source, uint64_t *tsc, uint64_t *monotonic_ns)
{
	(void)source; /* its clocks are this machine's */
#if defined(__x86_64__)
	uint64_t before = __rdtsc();
	*monotonic_ns = now_ns();
	*tsc = before + (__rdtsc() - before) / 2;
#else
	*tsc = 0;
	*monotonic_ns = now_ns();
#endif
}

/* ---- modules and threads ---- */

static bool is_same_list(const struct source *source, const struct source_module *modules,
			 size_t count)
{
	if (count != source->module_count)
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct source_module *old = &source->modules[i];
		if (old->low != modules[i].low || old->high != modules[i].high ||
		    old->inode != modules[i].inode || strcmp(old->path, modules[i].path) != 0)
			return false;
	}
	return true;
}

static void read_modules(struct source *source)
{
	struct source_module *modules = NULL;
	size_t count = 0;
	source->module_missed = false;
	source->modules_read_ns = now_ns();
	if (source->ops->read_modules(source, &modules, &count) != 0)
		return; /* the process has ended, say: what was known stays */
	if (source->modules_read && is_same_list(source, modules, count)) {
		modules_free(modules, count);
		return;
	}
	modules_free(source->modules, source->module_count);
	source->modules = modules;
	source->module_count = count;
	source->module_last = 0;
	source->modules_read = true;
	source->modules_generation++;
}

size_t source_modules(struct source *source, const struct source_module **ret)
{
	if (!source->modules_read)
		read_modules(source);
	*ret = source->modules;
	return source->module_count;
}

unsigned source_modules_refresh(struct source *source)
{
	const uint64_t second = 1000000000;
	uint64_t age = now_ns() - source->modules_read_ns;
	if (!source->modules_read || age >= 10 * second || (source->module_missed && age >= second))
		read_modules(source);
	return source->modules_generation;
}

const struct source_module *source_module_at(struct source *source, uint64_t address)
{
	if (!source->modules_read)
		read_modules(source);
	struct source_module *modules = source->modules;
	size_t at = source->module_last;
	if (at >= source->module_count || address < modules[at].low ||
	    address >= modules[at].high) {
		size_t low = 0, high = source->module_count;
		while (low < high) {
			size_t middle = low + (high - low) / 2;
			if (modules[middle].high <= address)
				low = middle + 1;
			else
				high = middle;
		}
		at = low;
		if (at >= source->module_count || address < modules[at].low) {
			source->module_missed = true;
			return NULL;
		}
		source->module_last = at;
	}
	if (!modules[at].was_opened)
		module_open(source, &modules[at]);
	return &modules[at];
}

size_t source_threads(struct source *source, const struct source_thread **ret)
{
	struct source_thread *threads = NULL;
	size_t count = 0;
	if (source->ops->read_threads(source, &threads, &count) == 0) {
		free(source->threads);
		source->threads = threads;
		source->thread_count = count;
	}
	*ret = source->threads;
	return source->thread_count;
}

bool source_thread_read(struct source *source, pid_t tid, struct source_thread *ret)
{
	return source->ops->read_thread(source, tid, ret);
}
