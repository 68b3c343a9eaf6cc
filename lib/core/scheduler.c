/* SPDX-License-Identifier: MIT */
/*
 * scheduler.c: a thread becomes a scheduler at its first use of the runtime, and is none any more
 * at its end. The process's segment is made by the first.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#if defined __x86_64__
#include <cpuid.h>
#endif

#include "environment.h"
#include "fork.h"
#include "hooks.h"
#include "idle.h"
#include "object.h"
#include "record.h"
#include "scheduler.h"
#include "stack.h"
#include "timer.h"
#include "wait.h"

__thread struct scheduler scheduler_self __attribute__((tls_model("initial-exec")));

pthread_mutex_t scheduler_lock = PTHREAD_MUTEX_INITIALIZER; /* starting and ending */
static struct task_private *privates;
static struct task_extra *extras;
static pthread_key_t end_key;
static bool fast_traces; /* clock and processor are what MODE_FULL assumes */

/* MODE_FULL uses lzcnt, which older processors take for bsr (AMD64 manual volume 3, CPUID 8000_0001
 * ECX). */
static bool has_lzcnt(void)
{
#if defined __x86_64__
	unsigned a, b, c, d;
	return __get_cpuid(0x80000001, &a, &b, &c, &d) && c & 1u << 5;
#else
	return false;
#endif
}

void scheduler_choose_mode(struct scheduler *s)
{
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__ || defined TASKLET_VALGRIND
	s->mode = MODE_CAREFUL;
#else
	bool careful = hooks.schedule || hooks.channel || hooks.spawn || is_trapped(s) || s->mixed ||
		       (s->trace && !fast_traces) || stack_check_always();
	s->mode = careful ? MODE_CAREFUL : s->trace ? MODE_FULL : MODE_OFF;
#endif
}

/* The tables of what the tools do not see: address space for all, memory for what is used. */
static void *private_table(uint64_t entry_bytes)
{
	uint64_t bytes = segment_capacity(SECTION_records) * entry_bytes;
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return p == MAP_FAILED ? NULL : p;
}

/* The linker sets these round the section that the Makefile puts all of the library's code in. */
extern TL_HIDDEN char __start_tasklet_text[], __stop_tasklet_text[];

static void publish_runtime(void)
{
	struct tl_runtime *runtime = &segment.runtimes[0];
	memcpy(runtime->name, "tasklet", sizeof "tasklet");
	memcpy(runtime->version, TASKLET_VERSION, sizeof TASKLET_VERSION);
	runtime->entry_low = (uintptr_t)tl_entry;
	runtime->entry_high = (uintptr_t)tl_entry_end;
	runtime->code_low = (uintptr_t)__start_tasklet_text;
	runtime->code_high = (uintptr_t)__stop_tasklet_text;
	struct tl_layout *layout = &segment.layouts[0];
	layout->machine = ARCH_MACHINE;
	layout->resume = (uintptr_t)tl_switch_resume;
	layout->pc_offset = ARCH_PC_OFFSET;
	layout->sp_offset = ARCH_SP_OFFSET;
#define ADD_REGISTER(number, place)                                              \
	layout->registers[layout->register_count].dwarf = (number);               \
	layout->registers[layout->register_count++].offset = (place);
	ARCH_SAVED_REGISTERS(ADD_REGISTER)
	segment.header->runtime_high = 1;
	segment.header->layout_high = 1;
}

static void thread_ends(void *unused);

/* What the process's first scheduler does, under scheduler_lock. */
static int process_start(void)
{
	environment_read();
	struct segment_options options = {
		.records = environment.tasklets,
		.ring_records = environment.ring_records,
		.trace = environment.trace,
		.virtual_clock = environment.virtual_clock,
	};
	int error = pthread_key_create(&end_key, thread_ends);
	if (error)
		return -error;
	error = segment_create(&options);
	if (error) {
		pthread_key_delete(end_key);
		return error;
	}
	fast_traces = segment.header->clock == TL_CLOCK_TSC && has_lzcnt();
	publish_runtime();
	overflow_handler_install();
	fork_handlers_install();
	return 0;
}

/* A free entry of the table of schedulers, with rings; -1: none. */
static int take_entry(void)
{
	uint32_t high = segment.header->scheduler_high, i = 0;
	while (i < high && segment.schedulers[i].generation & 1)
		i++;
	if (i >= TL_ABI_SCHEDULERS) {
		segment.header->lost_schedulers++;
		return -EAGAIN;
	}
	int error = segment_back(SECTION_schedulers, i + 1);
	if (!error)
		error = segment_back(SECTION_rings, (uint64_t)(i + 1) * environment.ring_records);
	if (!error)
		error = segment_back(SECTION_rare_rings,
				     (uint64_t)(i + 1) * segment.header->rare_records);
	if (error)
		return error;
	if (i == high)
		__atomic_store_n(&segment.header->scheduler_high, i + 1, __ATOMIC_RELEASE);
	return (int)i;
}

static void claim_entry(struct scheduler *s, uint32_t index)
{
	struct tl_scheduler *shared = &segment.schedulers[index];
	uint32_t generation = shared->generation;
	memset((char *)shared + sizeof generation, 0, sizeof *shared - sizeof generation);
	shared->tid = gettid();
	shared->thread_pointer = (uintptr_t)__builtin_thread_pointer();
	shared->started = clock_stamp(segment.header);
	s->shared = shared;
	s->index = (uint16_t)index;
	s->ring = segment.rings + (uint64_t)index * environment.ring_records;
	s->ring_mask = environment.ring_records - 1;
	s->rare_ring = segment.rare_rings + (uint64_t)index * segment.header->rare_records;
	s->rare_mask = segment.header->rare_records - 1;
	/* release: who sees it in use sees the rest */
	__atomic_store_n(&shared->generation, generation + 1, __ATOMIC_RELEASE);
}

/* The main tasklet: this thread as it is. */
static int make_main(struct scheduler *s)
{
	int error = 0;
	uint32_t link = record_new(s, &error);
	if (!link)
		return error;
	struct tl_record *m = RECORD(s, link);
	uint64_t at = s->trace ? clock_stamp(segment.header) : 0;
	uint64_t counter = m->counter;
	memset(m, 0, sizeof *m);
	m->counter = counter | 1;
	m->serial = record_serial(s);
	m->wait = tl_wait_word(TL_STATE_READY, TL_WAIT_NONE, 0, 0);
	m->since = m->spawned = at;
	m->next = m->prev = link;
	m->scheduler = s->index;
	m->flags = TL_RECORD_MAIN;
	memcpy(m->name, "main", sizeof "main");
	segment.bases[record_slot(s, m)] = counter / 2;
	record_occupy(record_slot(s, m));
	s->current = m;
	s->main = link;
	s->run_count = 1;
	s->shared->main = link;
	s->shared->current = link;
	if (s->trace)
		emit_rare(s, at, TL_EVENT_SPAWN, 0, (uint32_t)m->serial, m->serial, 0);
	return 0;
}

static void undo_start(struct scheduler *s)
{
	int saved = s->poll_fd;
	if (s->main)
		record_release(s, RECORD(s, s->main));
	if (s->records)
		record_finish(s);
	if (s->shared)
		__atomic_fetch_add(&s->shared->generation, 1, __ATOMIC_RELEASE);
	free(s->idle);
	free(s->stack_range);
	free(s->sites);
	memset(s, 0, sizeof *s);
	s->poll_fd = s->wake_fd = saved;
}

static int start_locked(struct scheduler *s)
{
	int error = segment.header ? 0 : process_start();
	if (error)
		return error;
	if (!privates && !(privates = private_table(sizeof *privates)))
		return -ENOMEM;
	if (!extras && !(extras = private_table(sizeof *extras)))
		return -ENOMEM;
	int index = take_entry();
	if (index < 0)
		return index;
	s->records = (char *)segment.records;
	s->private = privates;
	s->extra = extras;
	s->trace = (uint8_t)environment.trace;
	s->errno_address = &errno;
	s->poll_fd = s->wake_fd = -1;
	s->countdown = LOOK_EVERY;
	s->idle = calloc(1, sizeof *s->idle);
	if (!s->idle)
		return -ENOMEM;
	claim_entry(s, (uint32_t)index);
	error = site_start(s);
	if (!error)
		error = make_main(s);
	if (!error)
		error = stack_start(s);
	return error;
}

int scheduler_start(struct scheduler *s)
{
	int saved_errno = errno;
	pthread_mutex_lock(&scheduler_lock);
	int error = start_locked(s);
	if (error)
		undo_start(s);
	else
		scheduler_choose_mode(s);
	pthread_mutex_unlock(&scheduler_lock);
	if (!error) {
		(void)pthread_setspecific(end_key, s);
		overflow_stack_install();
		wait_join(s);
		hook_schedule(s, (tl_task){ 0, 0 }, task_handle(s, s->current));
	}
	errno = saved_errno;
	return error;
}

/* The thread ends: its tasklets end with it, without running again, and their handles are stale. */
static void thread_ends(void *unused)
{
	(void)unused;
	struct scheduler *s = SELF;
	if (!s->mode)
		return;
	uint32_t high = __atomic_load_n(&segment.header->record_high, __ATOMIC_ACQUIRE);
	for (uint32_t slot = 1; slot < high; slot++) {
		struct tl_record *r = &segment.records[slot];
		if (r->serial && r->scheduler == s->index && task_state(r) == TL_STATE_WAITING)
			task_unwait(s, r);
	}
	pthread_mutex_lock(&scheduler_lock);
	for (uint32_t slot = 1; slot < high; slot++) {
		struct tl_record *r = &segment.records[slot];
		if (r->serial && r->scheduler == s->index) {
			if (r->counter & 1)
				__atomic_fetch_add(&r->counter, 1, __ATOMIC_RELEASE);
			record_release(s, r);
			s->shared->ended++;
		}
	}
	wait_finish(s);
	record_finish(s);
	if (LINK(s, s->current) == s->main)
		stack_finish(s); /* else this runs on one of them: pthread_exit() in a tasklet */
	site_finish(s);
	object_home_gone(s);
	note_finish();
	free(s->timers);
	free(s->idle);
	idle_finish(s);
	/* release: a tool that sees the entry free sees all that happened in it */
	__atomic_fetch_add(&s->shared->generation, 1, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&scheduler_lock);
	memset(s, 0, sizeof *s);
}

void scheduler_look(struct scheduler *s)
{
	struct tl_record *c = s->current;
	s->countdown = LOOK_EVERY;
	s->shared->run_count = s->run_count;
	if (s->trace)
		clock_anchor(segment.header, c->since);
	if (c != s->idle && !(c->flags & TL_RECORD_MAIN) && !stack_is_whole(stack_node_of(c->stack)))
		stack_overflowed(c->stack);
	timer_run_due(s);
}
