/* SPDX-License-Identifier: MIT */
/*
 * fork.c: see fork.h.  The copy is made before the fork, while the forking thread's state stands
 * still: after it the parent goes on at once.
 */
#include <string.h>
#include <unistd.h>

#include "fork.h"
#include "object.h"

static pthread_mutex_t *const locks[] = { &scheduler_lock, &record_lock, &stack_lock, &wait_lock,
					  &string_lock };
static int copy = -1; /* the child's memfd, from prepare() on */

static void unlock_all(void)
{
	for (size_t i = sizeof locks / sizeof *locks; i-- > 0;)
		pthread_mutex_unlock(locks[i]);
}

static void prepare(void)
{
	for (size_t i = 0; i < sizeof locks / sizeof *locks; i++)
		pthread_mutex_lock(locks[i]);
	copy = segment_fork_copy();
}

static void in_parent(void)
{
	if (copy >= 0)
		close(copy);
	copy = -1;
	unlock_all();
}

enum { NOBODYS = 0xffff };

/* Whoever is not of scheduler `own` did not survive. */
static void lose_others(int own)
{
	for (uint32_t i = 0; i < segment.header->scheduler_high; i++)
		if ((int)i != own && segment.schedulers[i].generation & 1)
			segment.schedulers[i].generation++;
	for (uint32_t slot = 1; slot < segment.header->record_high; slot++) {
		struct tl_record *t = &segment.records[slot];
		if (!t->serial || t->scheduler == own)
			continue;
		t->counter += t->counter & 1;
		t->wait = tl_wait_word(TL_STATE_LOST, TL_WAIT_NONE, 0, 0);
		t->scheduler = NOBODYS; /* not the next thread's that gets the entry */
	}
	for (uint32_t i = 1; i < segment.header->object_high; i++) {
		struct tl_object *o = &segment.objects[i];
		o->lock = 0;
		if (!o->serial || o->home == own)
			continue;
		o->home = OBJECT_GONE; /* and nobody waits: they are lost */
		o->head = o->tail = 0;
		o->balance = 0;
		o->inside = 0;
	}
}

static void go_on(struct scheduler *s, pid_t parent)
{
	s->shared->tid = getpid();
	s->shared->head = s->shared->rare_head = 0;
	s->shared->thread_pointer = (uintptr_t)__builtin_thread_pointer();
	if (segment_back(SECTION_rings, (uint64_t)(s->index + 1) * segment.header->ring_records) ||
	    segment_back(SECTION_rare_rings,
			 (uint64_t)(s->index + 1) * segment.header->rare_records)) {
		s->trace = 0; /* no memory for history: truth goes on */
		scheduler_choose_mode(s);
		return;
	}
	if (s->trace)
		emit_rare(s, clock_stamp(segment.header), TL_EVENT_FORK, 0, 0, (uint64_t)parent, 0);
}

static void in_child(void)
{
	struct scheduler *s = SELF;
	pid_t parent = segment.header ? getppid() : 0;
	if (copy < 0 || segment_fork_map(copy)) {
		/* no runtime is left; the next use starts one anew */
		segment_forget();
		memset(s, 0, sizeof *s);
		wait_forked(NULL);
	} else {
		segment.header->parent_pid = (uint32_t)parent;
		lose_others(s->mode ? s->index : -1);
		wait_forked(s->mode ? s : NULL);
		if (s->mode)
			go_on(s, parent);
	}
	copy = -1;
	unlock_all();
}

void fork_handlers_install(void)
{
	static bool done; /* under the start-up lock */
	if (!done)
		(void)pthread_atfork(prepare, in_parent, in_child);
	done = true;
}
