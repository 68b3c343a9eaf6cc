/* SPDX-License-Identifier: MIT */
/* info.c: asking about tasklets, and setting what does not move them. */
#include <string.h>

#include "object.h"
#include "stack.h"
#include "task.h"
#include "timer.h"

static tl_task none(void)
{
	return (tl_task){ 0, 0 };
}

TL_API tl_task tl_current(void)
{
	struct scheduler *s = SELF;
	if (unlikely(!s->mode) && scheduler_start(s))
		return none();
	return task_handle(s, s->current);
}

TL_API tl_task tl_main(void)
{
	struct scheduler *s = SELF;
	if (unlikely(!s->mode) && scheduler_start(s))
		return none();
	return task_handle(s, RECORD(s, s->main));
}

TL_API int tl_run_count(void)
{
	struct scheduler *s = SELF;
	START_OR_RETURN(s);
	return (int)s->run_count;
}

TL_API int tl_switch_trap(int delta)
{
	struct scheduler *s = SELF;
	START_OR_RETURN(s);
	int old = s->trap;
	s->trap += delta;
	if (s->trap < 0)
		s->trap = 0;
	scheduler_choose_mode(s);
	return old;
}

/* ---- state and neighbours ---- */

/* Is it in an object's queue, or another tasklet's? */
static bool in_queue(uint64_t wait)
{
	unsigned kind = wait_kind(wait);
	return wait_state(wait) == TL_STATE_WAITING && kind != TL_WAIT_SLEEP &&
	       kind != TL_WAIT_IO && kind != TL_WAIT_OFFLOAD;
}

static int state_of(const struct tl_record *t)
{
	uint64_t wait = __atomic_load_n(&t->wait, __ATOMIC_ACQUIRE);
	if (!task_is_alive(t))
		return 0;
	int state = TL_ALIVE | (t->flags & TL_RECORD_MAIN ? TL_MAIN : 0);
	if (wait_state(wait) == TL_STATE_PAUSED)
		state |= TL_PAUSED;
	else if (in_queue(wait))
		state |= TL_SCHEDULED | TL_BLOCKED;
	else if (wait_state(wait) == TL_STATE_READY)
		state |= TL_SCHEDULED;
	if (SELF->mode && t == SELF->current)
		state |= TL_CURRENT;
	return state;
}

TL_API int tl_task_state(tl_task task)
{
	const struct tl_record *t = task_record(task);
	return t ? state_of(t) : 0;
}

static tl_task neighbour(tl_task task, bool forward)
{
	struct scheduler *s = SELF;
	const struct tl_record *t = task_record(task);
	if (!t || !s->mode || t->scheduler != s->index ||
	    !(state_of(t) & TL_SCHEDULED))
		return none();
	uint32_t link = forward ? t->next : t->prev;
	return link ? task_handle(s, RECORD(s, link)) : none();
}

TL_API tl_task tl_task_next(tl_task task)
{
	return neighbour(task, true);
}

TL_API tl_task tl_task_prev(tl_task task)
{
	return neighbour(task, false);
}

TL_API struct tl_channel *tl_task_channel(tl_task task)
{
	const struct tl_record *t = task_record(task);
	if (!t || task_state(t) != TL_STATE_WAITING)
		return NULL;
	unsigned kind = wait_kind(t->wait);
	if (kind != TL_WAIT_SEND && kind != TL_WAIT_RECEIVE && kind != TL_WAIT_SEND_ERROR)
		return NULL;
	return (struct tl_channel *)&segment.objects[t->wait >> TL_WAIT_OBJECT_SHIFT];
}

/* ---- what can be set ---- */

static int set_flag(tl_task task, unsigned flag, int on, int *old)
{
	struct tl_record *t;
	int error = task_find(SELF, task, &t);
	if (error)
		return error;
	if (old)
		*old = !!(t->flags & flag);
	t->flags = (uint8_t)(on ? t->flags | flag : t->flags & ~flag);
	return 0;
}

static int flag(tl_task task, unsigned flag)
{
	const struct tl_record *t = task_record(task);
	return t && t->flags & flag;
}

TL_API int tl_task_set_block_trap(tl_task task, int on, int *old)
{
	return set_flag(task, TL_RECORD_BLOCK_TRAP, on, old);
}

TL_API int tl_task_block_trap(tl_task task)
{
	return flag(task, TL_RECORD_BLOCK_TRAP);
}

TL_API int tl_task_set_atomic(tl_task task, int on, int *old)
{
	return set_flag(task, TL_RECORD_ATOMIC, on, old);
}

TL_API int tl_task_atomic(tl_task task)
{
	return flag(task, TL_RECORD_ATOMIC);
}

/* The current tasklet stays current: it becomes the first of its new level. */
static void move_current(struct scheduler *s, struct tl_record *c, int level)
{
	if (s->run_count == 1) {
		c->level = (int8_t)level;
		return;
	}
	struct tl_record *other = RECORD(s, c->next);
	ring_remove(s, c);
	if (other == c) /* it was the only one of its level */
		other = RECORD(s, s->first[31 - __builtin_clz(s->populated)]);
	s->current = other; /* the ring needs a start while c is not in it */
	c->level = (int8_t)level;
	ring_insert_end(s, c);
	s->current = c;
	if (s->mixed)
		s->first[level - TL_LEVEL_MIN] = LINK(s, c);
}

TL_API int tl_task_set_level(tl_task task, int level, int *old)
{
	struct scheduler *s = SELF;
	struct tl_record *t;
	int error = task_find_to_move(s, task, &t);
	if (error)
		return error;
	if (level < TL_LEVEL_MIN || level > TL_LEVEL_MAX)
		return -EINVAL;
	if (s->turn && (t == s->current || LINK(s, t) == s->turn))
		return -EPERM; /* these two are between the rings just now */
	if (old)
		*old = t->level;
	if (level == t->level)
		return 0;
	if (t == s->current) {
		move_current(s, t, level);
	} else if (task_state(t) == TL_STATE_READY) {
		ring_remove(s, t);
		t->level = (int8_t)level;
		ring_insert_end(s, t);
	} else {
		t->level = (int8_t)level;
	}
	return 0;
}

TL_API int tl_task_level(tl_task task)
{
	const struct tl_record *t = task_record(task);
	return t ? t->level : 0;
}

TL_API int tl_task_set_name(tl_task task, const char *name)
{
	struct scheduler *s = SELF;
	struct tl_record *t;
	int error = task_find(s, task, &t);
	if (error)
		return error;
	segment_name_set(t->name, sizeof t->name, name);
	if (!s->trace)
		return 0;
	bool is_long = t->name[sizeof t->name - 5] == TL_NAME_LONG;
	uint64_t words[2] = { 0, 0 };
	if (is_long)
		words[0] = segment_string(name);
	else
		memcpy(words, t->name, sizeof words);
	emit_rare(s, clock_stamp(segment.header), TL_EVENT_NAME, !is_long, (uint32_t)t->serial,
		  words[0], words[1]);
	return 0;
}

static void **value_slot(struct scheduler *s, const struct tl_record *t)
{
	struct task_private *p = private_of(s, t);
	return t->flags & TL_RECORD_FRESH ? &p->error_value : &p->value;
}

TL_API int tl_task_set_value(tl_task task, void *value)
{
	struct scheduler *s = SELF;
	struct tl_record *t;
	int error = task_find(s, task, &t);
	if (error)
		return error;
	if (!task_is_alive(t))
		return -ESRCH;
	*value_slot(s, t) = value;
	return 0;
}

TL_API int tl_task_value(tl_task task, void **ret)
{
	struct scheduler *s = SELF;
	struct tl_record *t;
	int error = task_find(s, task, &t);
	if (error)
		return error;
	if (ret)
		*ret = *value_slot(s, t);
	return 0;
}

/* ---- everything at once ---- */

static const char *const wait_words[] = {
#define WAIT_WORD(n, v, word) [v] = word,
	TL_WAITS(WAIT_WORD)
};

/* A duration of the trace's clock in nanoseconds, by the two anchors. */
static uint64_t to_ns(uint64_t duration)
{
	const struct tl_header *h = segment.header;
	if (h->clock != TL_CLOCK_TSC)
		return duration;
	uint64_t ticks = clock_tsc() - h->anchor0_clock;
	uint64_t ns = clock_monotonic_ns() - h->anchor0_ns;
	return ticks ? (uint64_t)((__uint128_t)duration * ns / ticks) : 0;
}

static void describe_wait(const struct tl_record *t, struct tl_task_info *info)
{
	uint64_t wait = t->wait;
	unsigned kind = wait_kind(wait);
	if (wait_state(wait) != TL_STATE_WAITING || kind >= sizeof wait_words / sizeof *wait_words)
		return;
	info->wait = wait_words[kind];
	uint32_t slot = (uint32_t)(wait >> TL_WAIT_OBJECT_SHIFT);
	if (kind == TL_WAIT_JOIN)
		segment_name_get(segment.records[slot].name, TL_ABI_NAME_BYTES, info->wait_object,
				 sizeof info->wait_object);
	else if (in_queue(wait))
		segment_name_get(segment.objects[slot].name, TL_ABI_OBJECT_NAME_BYTES,
				 info->wait_object, sizeof info->wait_object);
}

static void describe_times(struct scheduler *s, const struct tl_record *t,
			   struct tl_task_info *info)
{
	if (!s->trace)
		return;
	uint64_t at = clock_stamp(segment.header), now = timer_now();
	uint64_t run = t->run, ready = t->ready, since = at - t->since;
	if (t == s->current)
		run += since;
	else if (task_state(t) == TL_STATE_READY)
		ready += since;
	info->run_ns = to_ns(run);
	info->ready_ns = to_ns(ready);
	uint64_t life = to_ns(at - t->spawned);
	info->waiting_ns = life > info->run_ns + info->ready_ns ?
				   life - info->run_ns - info->ready_ns :
				   0;
	info->spawned_ns = now - life;
	info->since_ns = now - to_ns(since);
}

/* Serials carry on from the lower half that a record keeps: the newest one below `child` that
 * matches. */
static uint64_t whole_serial(uint64_t child, uint32_t low)
{
	uint64_t serial = (child & ~UINT64_C(0xffffffff)) | low;
	return !low ? 0 : serial < child ? serial : serial - (UINT64_C(1) << 32);
}

TL_API int tl_task_info(tl_task task, struct tl_task_info *ret)
{
	struct scheduler *s = SELF;
	struct tl_record *t;
	int error = task_find(s, task, &t);
	if (error)
		return error;
	if (!ret)
		return -EINVAL;
	memset(ret, 0, sizeof *ret);
	segment_name_get(t->name, sizeof t->name, ret->name, sizeof ret->name);
	uint32_t group = extra_of(s, t)->group;
	if (group) {
		const char *text = segment.strings + group;
		size_t length = strnlen(text, sizeof ret->group - 1);
		memcpy(ret->group, text, utf8_cut(text, length)); /* *ret is zeroed */
	}
	ret->state = state_of(t);
	ret->level = t->level;
	ret->site = (const void *)(uintptr_t)segment.sites[t->site].address;
	ret->parent = whole_serial(t->serial, t->parent);
	ret->switches = (t->counter + 1) / 2 - segment.bases[record_slot(s, t)];
	describe_times(s, t, ret);
	describe_wait(t, ret);
	uintptr_t low, high;
	if (t->stack && stack_range(t->stack, &low, &high)) {
		ret->stack_bytes = high - low;
		ret->stack_used_bytes = stack_used(t->stack);
	}
	return 0;
}
