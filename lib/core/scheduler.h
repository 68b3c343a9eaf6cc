/* SPDX-License-Identifier: MIT */
/*
 * scheduler.h: one scheduler an OS thread, its run ring, and the switch.
 *
 * The ring is circular and starts at the current tasklet: [current, next, ..., last].  With
 * tasklets of several levels ready there is one ring a level; `first` is where each starts.
 *
 * Every operation exists three times, compiled from one always-inline template with a constant
 * mode:
 *
 *   MODE_OFF      tracing off, nothing unusual
 *   MODE_FULL     tracing on, clock = TSC, nothing unusual
 *   MODE_CAREFUL  anything: callbacks, a switch trap, several levels, another clock, canary guards
 *
 * so that the first two test nothing of it.  Whoever makes something unusual true calls
 * scheduler_choose_mode().  MODE_NONE, all zero, is a thread that has not used the runtime.
 *
 * The private parts below are this thread's alone; what tools see is in the records (abi.h).
 */
#ifndef TL_CORE_SCHEDULER_H
#define TL_CORE_SCHEDULER_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../arch/switch.h"
#include "../tasklet.h"
#include "../trace/clock.h"
#include "../trace/segment.h"

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define COLD __attribute__((noinline, cold))

enum mode { MODE_NONE, MODE_OFF, MODE_FULL, MODE_CAREFUL };

enum {
	LEVELS = TL_LEVEL_MAX - TL_LEVEL_MIN + 1,
	LEVEL_PASSES = 64,    /* a level passed over so often gets one turn */
	LOOK_EVERY = 64,      /* operations between two looks at timers */
	AHEAD = 16,           /* how many switches ahead to prefetch */
	AHEAD_FROM = 1000,    /* ready tasklets from which on it pays */
	FREE_BLOCK = 1024,    /* slots and serials are handed to schedulers in blocks */
};

/* What no tool needs of a tasklet, by slot.  The first is touched by every spawn and end. */
struct task_private {
	tl_fn fn;
	void *value;          /* its argument until it first runs, then the value slot */
	void *error_value;    /* came with the last error; the value slot until it first runs */
	int32_t result;       /* THROWN: what its next resume returns; ended: its result */
	uint32_t joiners;     /* link of the first who joins it; 0 */
};

/* The second only by those that use what is in it. */
struct task_extra {
	uint32_t timer;       /* its place in the heap of timers; 0: none */
	uint32_t joiners_tail;
	uint32_t outer_run;   /* in tl_run(): the tasklet whose run is the next outer one; 0 */
	uint32_t in_run;      /* 1: it is in the stack of runs */
	uint32_t group;       /* string; 0 */
	uint16_t released;    /* 1: kept only until it ends */
	uint16_t dying;       /* 1: it never ran, and the error handler is just told of it */
	void *fake_stack;     /* AddressSanitizer's */
};

struct timer;

struct scheduler {
	/* what every operation touches */
	uint8_t mode;         /* enum mode */
	uint8_t trace;        /* 0 off, 1 full */
	uint16_t index;       /* in segment.schedulers */
	int32_t countdown;    /* operations until the next look at timers */
	struct tl_record *current;
	char *records;        /* segment.records, to add links to */
	int *errno_address;
	struct tl_scheduler *shared;
	struct tl_event_record *ring;
	uint64_t ring_mask;
	uint32_t run_count;
	uint32_t free;        /* link of the first free record, last freed first */
	struct stack_node *stacks; /* the free stack that was freed last: see stack.h */
	int64_t stack_credit; /* stacks reserved and promised to nobody */
	struct task_private *private;
	uint64_t serial_next, serial_end;
	struct site_cache *sites;
	uint64_t ticket;
	uint32_t recent_index;
	uint32_t recent[AHEAD]; /* who was switched to lately */

	/* levels; used while `mixed` */
	bool mixed;           /* members of more than one level are in the ring */
	uint8_t populated;    /* bit l: level l has members */
	uint32_t first[LEVELS];
	uint32_t members[LEVELS];
	uint32_t passed[LEVELS];
	uint32_t lone;        /* idle: the first who was made ready */
	uint32_t turn;        /* while a schedule callback runs: who gets the turn, and starts the ring; else 0 */

	/* runs, timers, errors */
	uint32_t runner;      /* link of the innermost tasklet in tl_run(); 0 */
	uint32_t main;        /* link */
	int32_t trap;         /* switch trap level */
	uint32_t in_callback; /* inside a callback: no switching */
	uint32_t in_channel_callback;
	struct task_extra *extra;
	struct timer *timers; /* heap, from 1 on */
	uint32_t timer_count, timer_room;
	uint64_t timer_order;
	uint32_t acting;      /* timers of tasklets that tl_run() waits for */
	struct { tl_task who; int error; uint32_t receiver; uint64_t counter; } uncaught;

	/* stores */
	uint32_t block_next, block_end;   /* slots handed to this scheduler, not used yet */
	struct block_list *blocks;        /* all that were handed to it */
	uint32_t object_free, object_next, object_end; /* the same of objects; slots */
	struct tl_event_record *rare_ring;
	uint64_t rare_mask;
	struct stack_range *stack_range;
	struct tl_record *idle; /* the idle context: counter and sp alone; no tool sees it */
	char *idle_stack;      /* NULL: it has not run yet */
	int wake_fd, poll_fd;  /* core/wait.c */
};

extern TL_HIDDEN __thread struct scheduler scheduler_self
	__attribute__((tls_model("initial-exec")));
#define SELF (&scheduler_self)

/* Make this thread a scheduler.  0; -ENOMEM, -EAGAIN and what segment_create() returns. */
TL_HIDDEN COLD int scheduler_start(struct scheduler *s);

/* First line of every public function that may be a thread's first use. */
#define START_OR_RETURN(s)                                       \
	do {                                                      \
		if (unlikely(!(s)->mode)) {                       \
			int start_error = scheduler_start(s);     \
			if (start_error)                          \
				return start_error;               \
		}                                                 \
	} while (0)

TL_HIDDEN void scheduler_choose_mode(struct scheduler *s);

/* The countdown reached zero, or an operation is slow anyway: look at timers, publish counts, check
 * the stack's canary.  It may change the mode. */
TL_HIDDEN COLD void scheduler_look(struct scheduler *s);

/* The thread ends: note.c forgets its literals. */
TL_HIDDEN void note_finish(void);

/* ---- records and links ---- */

#define RECORD(s, link) ((struct tl_record *)((s)->records + (link)))
#define LINK(s, record) ((uint32_t)((char *)(record) - (s)->records))

ALWAYS_INLINE uint32_t record_slot(const struct scheduler *s, const struct tl_record *r)
{
	return LINK(s, r) / (uint32_t)sizeof(struct tl_record);
}

ALWAYS_INLINE struct task_private *private_of(struct scheduler *s, const struct tl_record *r)
{
	return &s->private[record_slot(s, r)];
}

ALWAYS_INLINE struct task_extra *extra_of(struct scheduler *s, const struct tl_record *r)
{
	return &s->extra[record_slot(s, r)];
}

ALWAYS_INLINE tl_task task_handle(struct scheduler *s, const struct tl_record *r)
{
	return (tl_task){ r->serial, record_slot(s, r) };
}

ALWAYS_INLINE unsigned wait_state(uint64_t wait)
{
	return wait & TL_WAIT_STATE_MASK;
}

ALWAYS_INLINE unsigned wait_kind(uint64_t wait)
{
	return wait >> TL_WAIT_KIND_SHIFT & TL_WAIT_KIND_MASK;
}

/* The state of a tasklet that somebody else changes: the sequence goes up. */
ALWAYS_INLINE void set_state(struct tl_record *r, enum tl_state state, uint64_t flags)
{
	uint64_t sequence = (r->wait + (1u << TL_WAIT_SEQUENCE_SHIFT)) &
			    0xffffu << TL_WAIT_SEQUENCE_SHIFT;
	/* release: a tool that sees it sees what made it so */
	__atomic_store_n(&r->wait, sequence | state | flags, __ATOMIC_RELEASE);
}

ALWAYS_INLINE void set_ready(struct tl_record *r)
{
	set_state(r, TL_STATE_READY, 0);
}

/* ---- the trace ---- */

#define TRACED(s, mode) ((mode) == MODE_FULL || ((mode) == MODE_CAREFUL && (s)->trace))

/* One stamp an operation; 0 when tracing is off. */
ALWAYS_INLINE uint64_t stamp(struct scheduler *s, const int mode)
{
	if (mode == MODE_FULL)
		return clock_tsc();
	if (mode == MODE_CAREFUL && s->trace)
		return clock_stamp(segment.header);
	return 0;
}

ALWAYS_INLINE void event_write(struct tl_event_record *e, uint64_t *head, uint64_t at,
			       unsigned event, unsigned flags, uint32_t tasklet, uint64_t a,
			       uint64_t b)
{
	const uint64_t what = event | flags << 16 | (uint64_t)tasklet << 32;
	/* a reader that sees any of this record sees head at least as it was: it keeps nothing of
	 * it */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	e->stamp = at;
	__builtin_memcpy((char *)e + offsetof(struct tl_event_record, event), &what, sizeof what);
	e->a = a;
	e->b = b;
	/* release: pairs with the reader's acquire of head (abi.h) */
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
}

ALWAYS_INLINE void emit(struct scheduler *s, uint64_t at, unsigned event, unsigned flags,
			uint32_t tasklet, uint64_t a, uint64_t b)
{
	event_write(&s->ring[s->shared->head & s->ring_mask], &s->shared->head, at, event, flags,
		    tasklet, a, b);
}

ALWAYS_INLINE void emit_rare(struct scheduler *s, uint64_t at, unsigned event, unsigned flags,
			     uint32_t tasklet, uint64_t a, uint64_t b)
{
	event_write(&s->rare_ring[s->shared->rare_head & s->rare_mask], &s->shared->rare_head, at,
		    event, flags, tasklet, a, b);
}

/* Two halves of an event's word. */
ALWAYS_INLINE uint64_t halves(uint64_t low, uint64_t high)
{
	return (uint32_t)low | high << 32;
}

/* The histogram bucket of a duration: lzcnt64(d) & 63.  scheduler_start() checked that there is
 * lzcnt, or chose MODE_CAREFUL. */
ALWAYS_INLINE unsigned bucket(uint64_t duration, const int mode)
{
#if defined __x86_64__
	if (mode != MODE_CAREFUL) {
		uint64_t zeros;
		__asm__("lzcntq %1, %0" : "=r"(zeros) : "r"(duration) : "cc");
		return (unsigned)zeros & (TL_ABI_BUCKETS - 1);
	}
#endif
	return duration ? (unsigned)__builtin_clzll(duration) & (TL_ABI_BUCKETS - 1) : 0;
}

/* `c` leaves the CPU and `n` gets it, at `at`.  `handoff`: n was not ready but waiting. */
ALWAYS_INLINE void account(struct scheduler *s, struct tl_record *c, struct tl_record *n,
			   uint64_t at, const bool handoff, const int mode)
{
	uint64_t slice = at - c->since, delay = at - n->since;
	c->run += slice;
	c->since = at;
	if (!handoff)
		n->ready += delay;
	n->since = at;
	/* One event late: a store whose address depends on the stamp makes later loads wait for it. */
	struct tl_scheduler *shared = s->shared;
	shared->slices[bucket(shared->slice_pending, mode)]++;
	shared->delays[bucket(shared->delay_pending, mode)]++;
	shared->slice_pending = slice;
	shared->delay_pending = handoff ? 0 : delay;
}

/* ---- the switch ---- */

/* Who ran AHEAD switches ago learns that `n` follows it so much later; fetch what n's own lesson
 * says. */
ALWAYS_INLINE void prefetch_ahead(struct scheduler *s, struct tl_record *n)
{
	if (likely(s->run_count < AHEAD_FROM))
		return;
	uint32_t *place = &s->recent[s->recent_index++ & (AHEAD - 1)];
	if (likely(*place))
		RECORD(s, *place)->ahead = LINK(s, n);
	*place = LINK(s, n);
	struct tl_record *z = RECORD(s, n->ahead);
	__builtin_prefetch((char *)z->sp, 1, 3);
	__builtin_prefetch((char *)z->sp + 64, 1, 3);
	struct tl_record *y = RECORD(s, z->ahead);
	__builtin_prefetch(y, 1, 3);
	__builtin_prefetch((char *)y + 64, 0, 3);
}

/* The first run of n, in the plain modes. */
TL_HIDDEN int switch_fresh(struct scheduler *s, struct tl_record *c, struct tl_record *n);

/* The slow half of switch_to(): n is fresh or has an error pending, or the mode is careful. */
TL_HIDDEN COLD int switch_attention(struct scheduler *s, struct tl_record *c, struct tl_record *n);
TL_HIDDEN COLD __attribute__((noreturn)) void go_attention(struct scheduler *s,
							   struct tl_record *n);

/* switch.c: the schedule callback, and what else the careful mode does before a switch. */
TL_HIDDEN void before_switch(struct scheduler *s, struct tl_record *c, struct tl_record *n);

/* Park `c`, the current tasklet, whose wait word and links are in order, and go on with `n`.
 * Returns when somebody switches to c, with what that one decided. */
ALWAYS_INLINE int switch_to(struct scheduler *s, struct tl_record *c, struct tl_record *n,
			    const unsigned event, unsigned reason, const struct tl_object *object,
			    uint32_t object_slot, const int mode)
{
	if (mode == MODE_CAREFUL)
		before_switch(s, c, n);
	s->current = n;
	s->shared->current = LINK(s, n);
	prefetch_ahead(s, n);
	if (TRACED(s, mode)) {
		uint64_t at = stamp(s, mode);
		account(s, c, n, at, event == TL_EVENT_HANDOFF, mode);
		emit(s, at, event, reason, (uint32_t)c->serial, halves(n->serial, object_slot),
		     object ? object->tag : 0);
	}
	if (mode == MODE_CAREFUL)
		return switch_attention(s, c, n);
	if (unlikely(n->flags & TL_RECORD_ATTENTION))
		return (n->flags & TL_RECORD_ATTENTION) == TL_RECORD_FRESH ?
			       switch_fresh(s, c, n) :
			       switch_attention(s, c, n);
	return tl_switch(c, n, s->errno_address, 0);
}

/* ---- the ring ---- */

/* The level logic, out of line: ring.c. */
TL_HIDDEN COLD struct tl_record *ring_next_mixed(struct scheduler *s, struct tl_record *c);
/* Alone in the ring, or in the highest level that has members. */
TL_HIDDEN COLD bool ring_would_stay(const struct scheduler *s, const struct tl_record *c);

/* Between p and p->next, by links. */
ALWAYS_INLINE void ring_link_before(struct scheduler *s, struct tl_record *at, struct tl_record *t)
{
	uint32_t p = at->prev;
	t->prev = p;
	t->next = LINK(s, at);
	RECORD(s, p)->next = LINK(s, t);
	at->prev = LINK(s, t);
}

ALWAYS_INLINE void ring_link_after(struct scheduler *s, struct tl_record *at, struct tl_record *t)
{
	uint32_t n = at->next;
	t->next = n;
	t->prev = LINK(s, at);
	RECORD(s, n)->prev = LINK(s, t);
	at->next = LINK(s, t);
}

/* Generic versions, for what is not hot; each assumes nothing of the mode. */
TL_HIDDEN void ring_insert_end(struct scheduler *s, struct tl_record *t);
TL_HIDDEN void ring_insert_next(struct scheduler *s, struct tl_record *t);
TL_HIDDEN void ring_remove(struct scheduler *s, struct tl_record *t);
/* Who runs next if the current one leaves the ring (which it has not yet); NULL: nobody. */
TL_HIDDEN struct tl_record *ring_pick_without(struct scheduler *s, struct tl_record *c);
/* Note that `c` stays in its ring while `n` gets the turn: at the end of it, or at its beginning. */
TL_HIDDEN void ring_leave_turn(struct scheduler *s, struct tl_record *c, bool at_end);

/* ---- generic steps, for what is not hot ---- */

/* Park the current tasklet, whose wait word and links are in order, and go on with `n` (the idle
 * context too), in the careful mode whatever the mode is. */
TL_HIDDEN int switch_away(struct scheduler *s, struct tl_record *n, unsigned reason,
			  const struct tl_object *object);

/* Take `t`, which waits, sleeps, is paused or in tl_run(), out of what it waits for; its state is
 * then that of nobody's: the caller inserts it. */
TL_HIDDEN void task_unwait(struct scheduler *s, struct tl_record *t);

/* Make `t`, which is in no chain, ready at the end of the ring. */
TL_HIDDEN void task_make_ready(struct scheduler *s, struct tl_record *t, unsigned reason,
			       const struct tl_object *object);

/* What the next resume of `t` returns. */
TL_HIDDEN void task_set_result(struct scheduler *s, struct tl_record *t, int result, void *value);

/* The record of a handle that is alive or kept; NULL: stale. */
ALWAYS_INLINE struct tl_record *task_record(tl_task task)
{
	if (!segment.records ||
	    task.slot >= __atomic_load_n(&segment.header->record_high, __ATOMIC_ACQUIRE))
		return NULL;
	struct tl_record *r = &segment.records[task.slot];
	return task.id && r->serial == task.id ? r : NULL;
}

ALWAYS_INLINE unsigned task_state(const struct tl_record *r)
{
	return wait_state(__atomic_load_n(&r->wait, __ATOMIC_RELAXED));
}

/* Alive: bound and not ended. */
ALWAYS_INLINE bool task_is_alive(const struct tl_record *r)
{
	unsigned state = task_state(r);
	return state >= TL_STATE_PAUSED && state <= TL_STATE_WAITING;
}

/* May not switch now: the user's trap, or inside a callback. */
ALWAYS_INLINE bool is_trapped(const struct scheduler *s)
{
	return s->trap > 0 || s->in_callback;
}

/* A switching call fails without a switch: what tl_uncaught() said before is over. */
ALWAYS_INLINE int fail(struct scheduler *s, int error)
{
	s->uncaught.receiver = 0;
	return error;
}

#endif
