/* SPDX-License-Identifier: MIT */
/*
 * end.c: how tasklets end: by returning, or before they ever ran.  What a result below zero means,
 * and who gets an error that nobody caught, is in SEMANTICS terms at tl_fn in tasklet.h.
 */
#include "hooks.h"
#include "idle.h"
#include "stack.h"
#include "switch.h"
#include "task.h"

/* ---- the plain case: nobody joins, nothing is wrong, somebody is next ---- */

ALWAYS_INLINE __attribute__((noreturn)) void exit_plain(struct scheduler *s, struct tl_record *c,
							struct stack_node *node, int result,
							const int mode)
{
	struct tl_record *n = RECORD(s, c->next);
	RECORD(s, c->prev)->next = c->next;
	n->prev = c->prev;
	s->run_count--;
	segment.sites[c->site].ended++;
	s->shared->ended++;
	s->current = n;
	s->shared->current = LINK(s, n);
	if (TRACED(s, mode)) {
		uint64_t at = stamp(s, mode);
		account(s, c, n, at, false, mode);
		emit_rare(s, at, TL_EVENT_EXIT, 0, (uint32_t)c->serial, (uint32_t)n->serial,
			  (uint64_t)(int64_t)result);
	}
	record_release(s, c);
	s->stack_credit++;
	stack_give(s, node);
	/* even, before anybody else can get the stack; release: all of the above comes first */
	__atomic_store_n(&c->counter, c->counter + 1, __ATOMIC_RELEASE);
	if (unlikely(n->flags & TL_RECORD_ATTENTION)) {
		if (likely((n->flags & TL_RECORD_ATTENTION) == TL_RECORD_FRESH)) {
			struct stack_node *top = stack_take(s, n);
			struct task_private *p = private_of(s, n);
			void *arg = p->value;
			n->flags &= (uint8_t)~TL_RECORD_ATTENTION;
			p->value = p->error_value;
			p->error_value = NULL;
			tl_start_go(NULL, n, top, s->errno_address, p->fn, arg);
		}
		go_attention(s, n);
	}
	tl_go(n, s->errno_address, 0);
}

/* ---- every other case ---- */

static struct tl_record *deliver(struct scheduler *s, struct tl_record *t, int error)
{
	struct tl_record *to = RECORD(s, s->runner ? s->runner : s->main);
	void *value = private_of(s, t)->error_value;
	if (s->trace)
		emit_rare(s, clock_stamp(segment.header), TL_EVENT_UNCAUGHT, 0, (uint32_t)t->serial,
			  (uint32_t)to->serial, (uint64_t)(int64_t)error);
	s->uncaught.who = task_handle(s, t);
	s->uncaught.error = error;
	s->uncaught.receiver = LINK(s, to);
	s->uncaught.counter = to == s->current ? to->counter : to->counter + 1;
	if (task_state(to) != TL_STATE_READY) {
		task_unwait(s, to);
		task_make_ready(s, to, TL_REASON_UNCAUGHT, NULL);
	}
	if (to == s->current)
		private_of(s, to)->error_value = value;
	else
		task_set_result(s, to, error, value);
	return to;
}

struct tl_record *task_settle(struct scheduler *s, struct tl_record *t, int result)
{
	private_of(s, t)->result = result;
	bool joined = join_wake(s, t, result);
	if (joined)
		t->flags &= (uint8_t)~TL_RECORD_JOINABLE;
	if (result >= 0 || joined || result == -ECANCELED || result == -EPIPE)
		return NULL;
	result = hook_error(s, t, result);
	return result ? deliver(s, t, result) : NULL;
}

void task_retire(struct scheduler *s, struct tl_record *t, bool joined)
{
	if (t->flags & TL_RECORD_KEPT && extra_of(s, t)->released)
		t->flags &= (uint8_t)~(TL_RECORD_KEPT | TL_RECORD_JOINABLE);
	if (t->flags & TL_RECORD_KEPT || (t->flags & TL_RECORD_JOINABLE && !joined)) {
		t->stack = 0;
		t->wait = tl_wait_word(TL_STATE_ENDED, TL_WAIT_NONE, 0, 0);
		return;
	}
	record_release(s, t);
	s->stack_credit++;
}

static void count_end(struct scheduler *s, struct tl_record *t)
{
	/* a bound-again tasklet was counted once as spawned; only its last end counts */
	if (!(t->flags & TL_RECORD_KEPT)) {
		segment.sites[t->site].ended++;
		s->shared->ended++;
	}
}

void task_end_unrun(struct scheduler *s, struct tl_record *t, int result)
{
	t->flags &= (uint8_t)~TL_RECORD_ATTENTION;
	count_end(s, t);
	if (s->trace) {
		uint64_t at = clock_stamp(segment.header);
		t->since = at;
		emit_rare(s, at, TL_EVENT_EXIT, 0, (uint32_t)t->serial, 0,
			  (uint64_t)(int64_t)result);
	}
	task_retire(s, t, false);
}

/* Who runs after `c`, which has settled its result: `to`, or the next of the ring. */
static struct tl_record *next_after(struct scheduler *s, struct tl_record *c, struct tl_record *to)
{
	if (to)
		return to;
	struct tl_record *n = ring_pick_without(s, c);
	const struct leaving how = { .ends = true };
	if (!n)
		(void)ring_empty(s, c, &how, &n);
	return n;
}

static COLD __attribute__((noreturn)) void exit_careful(struct scheduler *s, struct tl_record *c,
						   struct stack_node *node, int result)
{
	if (!stack_is_whole(node))
		stack_overflowed(node->word);
	struct tl_record *n = next_after(s, c, task_settle(s, c, result));
	ring_remove(s, c);
	count_end(s, c);
	if (n != s->idle)
		before_switch(s, c, n);
	if (s->trace) {
		uint64_t at = clock_stamp(segment.header);
		if (n == s->idle) {
			c->run += at - c->since;
			c->since = at;
		} else {
			account(s, c, n, at, false, MODE_CAREFUL);
		}
		emit_rare(s, at, TL_EVENT_EXIT, 0, (uint32_t)c->serial, (uint32_t)n->serial,
			  (uint64_t)(int64_t)result);
	}
	task_retire(s, c, false);
	stack_give(s, node);
	__atomic_store_n(&c->counter, c->counter + 1, __ATOMIC_RELEASE); /* as in exit_plain() */
	if (n == s->idle)
		idle_go(s);
	s->current = n;
	s->shared->current = LINK(s, n);
	go_attention(s, n);
}

static COLD __attribute__((noreturn)) void exit_look(struct scheduler *s, int result, void *top)
{
	scheduler_look(s);
	task_exit(result, top);
}

void task_exit(int result, void *top)
{
	struct scheduler *s = SELF;
	struct tl_record *c = s->current;
	struct stack_node *node = top;
	if (unlikely(--s->countdown < 0))
		exit_look(s, result, top); /* ends alone must not starve who sleeps */
	bool plain = result >= 0 && !(c->flags & (TL_RECORD_KEPT | TL_RECORD_JOINABLE)) &&
		     c->next != LINK(s, c) && stack_is_whole(node);
	if (likely(plain)) {
		if (likely(s->mode == MODE_FULL))
			exit_plain(s, c, node, result, MODE_FULL);
		if (likely(s->mode == MODE_OFF))
			exit_plain(s, c, node, result, MODE_OFF);
	}
	exit_careful(s, c, node, result);
}

TL_API int tl_uncaught(tl_task *who, int *error)
{
	struct scheduler *s = SELF;
	if (!s->mode || !s->uncaught.receiver || s->uncaught.receiver != LINK(s, s->current) ||
	    s->uncaught.counter != s->current->counter)
		return 0;
	if (who)
		*who = s->uncaught.who;
	if (error)
		*error = s->uncaught.error;
	return 1;
}
