/* SPDX-License-Identifier: MIT */
/* model_world.c: see model_world.h. */
#include <errno.h>
#include <string.h>

#include "model_world.h"

enum { PASSES = 64 }; /* a level passed over so often gets one turn */

int world_current(const struct world *w)
{
	return w->rings[w->level].members[0];
}

/* Level -1 is the first ring. */
static int index_of(int level)
{
	return level + 1;
}

struct list *world_ring_of(struct world *w, int who)
{
	return &w->rings[index_of(w->tasks[who].level)];
}

/* ---- lists ---- */

void list_append(struct list *list, int who)
{
	list->members[list->length++] = who;
}

void list_take(struct list *list, int who)
{
	int at = 0;
	while (at < list->length && list->members[at] != who)
		at++;
	if (at == list->length)
		return;
	list->length--;
	memmove(list->members + at, list->members + at + 1,
		(size_t)(list->length - at) * sizeof(int));
}

void list_prepend(struct list *list, int who)
{
	memmove(list->members + 1, list->members, (size_t)list->length * sizeof(int));
	list->members[0] = who;
	list->length++;
}

void list_turn_to(struct list *list, int who)
{
	while (list->members[0] != who) {
		const int first = list->members[0];
		list_take(list, first);
		list_append(list, first);
	}
}

/* ---- rings ---- */

int world_run_count(const struct world *w)
{
	int count = 0;
	for (int i = 0; i < MODEL_LEVELS; i++)
		count += w->rings[i].length;
	return count;
}

void world_turn_to(struct world *w, int who)
{
	w->level = index_of(w->tasks[who].level);
	list_turn_to(&w->rings[w->level], who);
}

void world_pick(struct world *w)
{
	int highest = MODEL_LEVELS - 1;
	while (w->rings[highest].length == 0)
		highest--;
	int choice = highest;
	for (int i = highest - 1; i >= 0; i--)
		if (w->rings[i].length > 0 && ++w->passed[i] > PASSES && choice == highest)
			choice = i;
	w->passed[choice] = 0;
	w->level = choice;
}

void world_append(struct world *w, int who)
{
	struct list *ring = world_ring_of(w, who);
	int others = 0;
	for (int i = 0; i < MODEL_LEVELS; i++)
		others += &w->rings[i] != ring && w->rings[i].length > 0;
	/* Passes count while there is something to pass over. */
	if (ring->length == 0 && others == 1)
		memset(w->passed, 0, sizeof(w->passed));
	else if (ring->length == 0)
		w->passed[ring - w->rings] = 0;
	list_append(ring, who);
	w->tasks[who].state = READY;
}

void world_take(struct world *w, int who, enum state state)
{
	list_take(world_ring_of(w, who), who);
	w->tasks[who].state = state;
}

void world_refill(struct world *w, struct channel *c)
{
	while (c->queue.length > 0 && c->length < c->capacity) {
		const int first = c->queue.members[0];
		if (!w->tasks[first].is_sender || w->tasks[first].error_sent)
			return;
		c->buffer[c->length++] = w->tasks[first].value;
		list_take(&c->queue, first);
		w->tasks[first].due = 0;
		world_append(w, first);
	}
}

void world_make_ready(struct world *w, int who)
{
	struct task *t = &w->tasks[who];
	if (t->state == READY)
		return;
	t->due = 0;
	if (t->state == BLOCKED) {
		list_take(&w->channels[t->channel].queue, who);
		world_refill(w,
			     &w->channels[t->channel]); /* an error may have kept others waiting */
	}
	world_append(w, who);
}

void world_throw_at(struct world *w, int who, int error, bool is_uncaught)
{
	w->tasks[who].thrown = error;
	w->tasks[who].is_uncaught = is_uncaught;
}

/* ---- time ---- */

int world_first_timer(const struct world *w)
{
	int first = -1;
	for (int i = 0; i < MODEL_TASKS; i++) {
		const struct task *t = &w->tasks[i];
		if (t->due == 0)
			continue;
		if (first < 0 || t->due < w->tasks[first].due ||
		    (t->due == w->tasks[first].due && t->order < w->tasks[first].order))
			first = i;
	}
	return first;
}

void world_set_timer(struct world *w, int who, int ticks)
{
	w->tasks[who].due = w->now + ticks;
	w->tasks[who].order = w->timer_order++;
}

/* Nobody is ready: the clock jumps, and all that is due then goes on. */
static void sleep_until_due(struct world *w)
{
	int who = world_first_timer(w);
	w->now = w->tasks[who].due;
	w->slept = true;
	for (; who >= 0 && w->tasks[who].due <= w->now; who = world_first_timer(w)) {
		if (w->tasks[who].state == BLOCKED)
			world_throw_at(w, who, -ETIMEDOUT, false);
		world_make_ready(w, who);
	}
}

/* ---- leaving the ring, and errors nobody caught ---- */

/* The ring is empty because `who` left it.  Who goes on? */
static void ring_is_empty(struct world *w, int who, enum state left_as)
{
	int next = 0;
	if (world_first_timer(w) >= 0) {
		sleep_until_due(w);
		world_pick(w);
		return;
	}
	if (w->runs.length > 0) {
		next = w->runs.members[--w->runs.length];
		w->tasks[next].in_run = false;
		world_make_ready(w, next);
	} else if (w->tasks[0].state == PAUSED) {
		world_make_ready(w, next);
	} else {
		next = left_as == DEAD ? 0 : who;
		world_make_ready(w, next);
		world_throw_at(w, next, -EDEADLK, false);
	}
	world_turn_to(w, next);
}

void world_leave(struct world *w, int who, enum state state)
{
	world_take(w, who, state);
	if (world_run_count(w) == 0)
		ring_is_empty(w, who, state);
	else
		world_pick(w);
}

void world_deliver(struct world *w, int error)
{
	const int to = w->runs.length > 0 ? w->runs.members[w->runs.length - 1] : 0;
	world_make_ready(w, to);
	world_throw_at(w, to, error, true);
	world_turn_to(w, to);
}

bool is_silent(int result)
{
	return result >= 0 || result == -ECANCELED || result == -EPIPE;
}

void world_end(struct world *w, int who, int result)
{
	if (is_silent(result)) {
		world_leave(w, who, DEAD);
	} else {
		world_take(w, who, DEAD);
		world_deliver(w, result);
	}
}
