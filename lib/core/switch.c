/* SPDX-License-Identifier: MIT */
/*
 * switch.c: the slow half of every switch (a first run, a pending error, careful mode), and the
 * annotations of the sanitizer builds.
 */
#include "switch.h"

#include "hooks.h"
#if defined __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif
#if defined __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#endif

/* ---- annotations ---- */

#if defined __SANITIZE_ADDRESS__

static __thread void *idle_fake_stack;

static void **fake_stack_of(struct scheduler *s, struct tl_record *t)
{
	return t == s->idle ? &idle_fake_stack : &extra_of(s, t)->fake_stack;
}

static void leaving(struct scheduler *s, struct tl_record *c, struct tl_record *n)
{
	uintptr_t low = 0, high = 0;
	if (n == s->idle) {
		low = (uintptr_t)s->shared->idle_low;
		high = (uintptr_t)s->shared->idle_high;
	} else {
		(void)stack_range(n->stack, &low, &high);
	}
	/* NULL: the leaver dies, and its fake stack with it */
	__sanitizer_start_switch_fiber(c ? fake_stack_of(s, c) : NULL, (void *)low, high - low);
}

static void arrived(struct scheduler *s, struct tl_record *c)
{
	__sanitizer_finish_switch_fiber(c ? *fake_stack_of(s, c) : NULL, NULL, NULL);
}

#else

static void leaving(struct scheduler *s, struct tl_record *c, struct tl_record *n)
{
	(void)s;
	(void)c;
	(void)n;
}

static void arrived(struct scheduler *s, struct tl_record *c)
{
	(void)s;
	(void)c;
}

#endif

int careful_switch(struct scheduler *s, struct tl_record *c, struct tl_record *n, int value)
{
	leaving(s, c, n);
	int got = tl_switch(c, n, s->errno_address, value);
	arrived(s, c);
	return got;
}

void careful_go(struct scheduler *s, struct tl_record *n, int value)
{
	leaving(s, NULL, n);
	tl_go(n, s->errno_address, value);
}

#if defined __SANITIZE_ADDRESS__
/* A new stack must say so before anything else: the body is called through this. */
static __thread struct { tl_fn fn; void *arg; } first_call;

static int call_first(void *unused)
{
	(void)unused;
	tl_fn fn = first_call.fn;
	void *arg = first_call.arg;
	arrived(SELF, NULL);
	return fn(arg);
}
#define THROUGH_FIRST_CALL(fn, arg) \
	(first_call.fn = (fn), first_call.arg = (arg), (fn) = call_first, (arg) = NULL)
#else
#define THROUGH_FIRST_CALL(fn, arg) (void)0
#endif

int careful_start(struct scheduler *s, struct tl_record *c, struct tl_record *n, void *top,
		  tl_fn fn, void *arg)
{
	THROUGH_FIRST_CALL(fn, arg);
	leaving(s, c, n);
	int got = tl_start(c, n, top, s->errno_address, fn, arg);
	arrived(s, c);
	return got;
}

void careful_start_go(struct scheduler *s, struct tl_record *n, void *top, tl_fn fn, void *arg)
{
	THROUGH_FIRST_CALL(fn, arg);
	leaving(s, NULL, n);
	tl_start_go(NULL, n, top, s->errno_address, fn, arg);
}

/* ---- the slow half ---- */

void before_switch(struct scheduler *s, struct tl_record *c, struct tl_record *n)
{
	if (s->mixed)
		s->first[n->level - TL_LEVEL_MIN] = LINK(s, n);
	if (hooks.schedule) {
		s->turn = LINK(s, n);
		hook_schedule(s, c ? task_handle(s, c) : (tl_task){ 0, 0 }, task_handle(s, n));
		s->turn = 0;
	}
}

static void check_canary(const struct tl_record *n)
{
	struct stack_node *node = stack_node_of(n->stack);
	if (node && !stack_is_whole(node))
		stack_overflowed(n->stack);
}

/* The body of a tasklet that got an error before it ever ran: it ends with it. */
static int thrown_at_birth(void *error)
{
	return (int)(intptr_t)error;
}

/* What a fresh tasklet starts with. */
static struct stack_node *first_run(struct scheduler *s, struct tl_record *n, tl_fn *fn, void **arg)
{
	struct task_private *p = private_of(s, n);
	struct stack_node *node = stack_take(s, n);
	*fn = p->fn;
	*arg = p->value;
	p->value = p->error_value;
	if (!(n->flags & TL_RECORD_THROWN)) {
		p->error_value = NULL;
	} else {
		*fn = thrown_at_birth;
		*arg = (void *)(intptr_t)p->result;
		n->wait &= ~(uint64_t)TL_WAIT_FLAG_ERROR;
	}
	n->flags &= (uint8_t)~TL_RECORD_ATTENTION;
	return node;
}

/* The pending result of a tasklet that ran before. */
static int pending_result(struct scheduler *s, struct tl_record *n)
{
	if (!(n->flags & TL_RECORD_THROWN))
		return 0;
	n->flags &= (uint8_t)~TL_RECORD_THROWN;
	n->wait &= ~(uint64_t)TL_WAIT_FLAG_ERROR;
	return private_of(s, n)->result;
}

int switch_fresh(struct scheduler *s, struct tl_record *c, struct tl_record *n)
{
	struct stack_node *top = stack_take(s, n);
	struct task_private *p = private_of(s, n);
	void *arg = p->value;
	n->flags &= (uint8_t)~TL_RECORD_ATTENTION;
	p->value = p->error_value;
	p->error_value = NULL;
	return tl_start(c, n, top, s->errno_address, p->fn, arg);
}

int switch_attention(struct scheduler *s, struct tl_record *c, struct tl_record *n)
{
	if (n->flags & TL_RECORD_FRESH) {
		tl_fn fn;
		void *arg;
		struct stack_node *node = first_run(s, n, &fn, &arg);
		return careful_start(s, c, n, node, fn, arg);
	}
	if (stack_check_always())
		check_canary(n);
	return careful_switch(s, c, n, pending_result(s, n));
}

void go_attention(struct scheduler *s, struct tl_record *n)
{
	if (n->flags & TL_RECORD_FRESH) {
		tl_fn fn;
		void *arg;
		struct stack_node *node = first_run(s, n, &fn, &arg);
		careful_start_go(s, n, node, fn, arg);
	}
	if (stack_check_always())
		check_canary(n);
	careful_go(s, n, pending_result(s, n));
}
