/* SPDX-License-Identifier: MIT */
/*
 * model.c: the operations, and the loop that runs a program.  See model.h.
 *
 * An operation either completes at once, or when its tasklet is the current one again: then its
 * result is the error that was thrown at it meanwhile, else what the operation left in `result`.
 */
#include <errno.h>
#include <string.h>

#include "model_world.h"

struct model {
	struct world world;
	const struct model_program *program;
	struct model_trace *trace;
	int budget;
};

/* ---- channels ---- */

static void meet(struct model *m, int who, int other, const struct model_operation *o)
{
	struct world *w = &m->world;
	const bool sends = o->kind != MODEL_RECEIVE;
	const int preference = m->program->preference[o->channel];
	list_take(&w->channels[o->channel].queue, other);
	w->tasks[other].due = 0;
	world_append(w, other);
	world_refill(w, &w->channels[o->channel]);
	if (m->program->schedule_all[o->channel]) {
		struct list *ring = &w->rings[w->level];
		list_turn_to(ring, ring->members[1 % ring->length]);
		world_pick(w);
	} else if (sends ? preference < 0 : preference > 0) {
		/* [other, rest …, who], each in the ring of its level */
		list_take(world_ring_of(w, other), other);
		list_take(&w->rings[w->level], who);
		list_append(&w->rings[w->level], who);
		list_prepend(world_ring_of(w, other), other);
		world_turn_to(w, other);
	}
}

/* Nobody and nothing is there: wait, or why not. */
static void block(struct world *w, int who, const struct model_operation *o)
{
	struct task *t = &w->tasks[who];
	struct channel *c = &w->channels[o->channel];
	if (o->manner == MODEL_BLOCK_TRAP) {
		t->result = -EWOULDBLOCK;
	} else if (c->is_closing) {
		t->result = -EPIPE;
	} else if (o->manner == MODEL_TRY) {
		t->result = -EAGAIN;
	} else {
		t->channel = o->channel;
		t->is_sender = o->kind != MODEL_RECEIVE;
		if (o->manner == MODEL_UNTIL)
			world_set_timer(w, who, o->ticks);
		list_append(&c->queue, who);
		world_leave(w, who, BLOCKED);
	}
}

/* The one that waits longest, if it waits for the other direction; or -1. */
static int partner(const struct world *w, const struct channel *c, bool wants_sender)
{
	if (c->queue.length == 0 || w->tasks[c->queue.members[0]].is_sender != wants_sender)
		return -1;
	return c->queue.members[0];
}

static void do_send(struct model *m, int who, const struct model_operation *o)
{
	struct world *w = &m->world;
	struct task *t = &w->tasks[who];
	struct channel *c = &w->channels[o->channel];
	const int other = partner(w, c, false);
	t->error_sent = o->kind == MODEL_SEND_ERROR ? EIO : 0;
	t->value = m->budget; /* a number that no other send has */
	if (other >= 0) {
		if (t->error_sent)
			w->tasks[other].result = -t->error_sent;
		else
			w->tasks[other].value = t->value;
		meet(m, who, other, o);
	} else if (!t->error_sent && c->queue.length == 0 && c->length < c->capacity) {
		if (c->is_closing)
			t->result = -EPIPE;
		else
			c->buffer[c->length++] = t->value;
	} else {
		block(w, who, o);
	}
}

static void do_receive(struct model *m, int who, const struct model_operation *o)
{
	struct world *w = &m->world;
	struct task *t = &w->tasks[who];
	struct channel *c = &w->channels[o->channel];
	const int other = partner(w, c, true);
	if (c->length > 0) {
		t->value = c->buffer[0];
		memmove(c->buffer, c->buffer + 1, (size_t)--c->length * sizeof(int));
		if (other < 0 || w->tasks[other].error_sent)
			return; /* an error waits behind the elements */
		c->buffer[c->length++] = w->tasks[other].value;
		meet(m, who, other, o);
	} else if (other >= 0) {
		if (w->tasks[other].error_sent)
			t->result = -w->tasks[other].error_sent;
		else
			t->value = w->tasks[other].value;
		meet(m, who, other, o);
	} else {
		block(w, who, o);
	}
}

/* ---- operations that name a tasklet ---- */

/* run, switch, insert, remove: what refuses them. */
static int refusal(const struct task *target)
{
	if (target->state == BLOCKED || target->state == ASLEEP)
		return -EBUSY;
	return target->state == DEAD ? -ESRCH : 0;
}

static void do_turn(struct world *w, int who, const struct model_operation *o)
{
	struct task *t = &w->tasks[who];
	t->result = refusal(&w->tasks[o->who]);
	if (t->result != 0 || o->who == who)
		return;
	world_make_ready(w, o->who);
	world_turn_to(w, o->who);
	if (o->kind == MODEL_SWITCH_TASK)
		world_take(w, who, PAUSED);
}

static void do_remove(struct world *w, int who, const struct model_operation *o)
{
	struct task *target = &w->tasks[o->who];
	if (o->who == who)
		w->tasks[who].result = -EINVAL;
	else if (refusal(target) == -EBUSY)
		w->tasks[who].result = -EBUSY;
	else if (target->state == READY)
		world_take(w, o->who, PAUSED);
}

static void do_throw(struct world *w, int who, const struct model_operation *o)
{
	const bool kills = o->kind == MODEL_KILL || o->kind == MODEL_KILL_PENDING;
	const bool pending = o->kind == MODEL_KILL_PENDING || o->kind == MODEL_THROW_PENDING;
	const int error = kills ? -ECANCELED : -EBADF;
	struct task *target = &w->tasks[o->who];
	if (target->state == DEAD) {
		w->tasks[who].result = kills ? 0 : -ESRCH;
	} else if (o->who == who) {
		w->tasks[who].result = error;
	} else if (target->is_fresh && !pending) {
		/* its body never runs: it ends in the thrower's call */
		world_take(w, o->who, DEAD);
		if (!is_silent(error))
			world_deliver(w, error);
	} else {
		world_make_ready(w, o->who);
		world_throw_at(w, o->who, error, false);
		if (!pending)
			world_turn_to(w, o->who);
	}
}

static void do_spawn(struct world *w, int who)
{
	if (w->tasks[who].state != DEAD)
		return;
	w->tasks[who] = (struct task){.is_fresh = true};
	world_append(w, who);
}

static void do_level(struct world *w, int who, const struct model_operation *o)
{
	struct task *target = &w->tasks[o->who];
	if (target->state == DEAD) {
		w->tasks[who].result = -ESRCH;
	} else if (target->level == o->level) {
		return;
	} else if (target->state != READY) {
		target->level = o->level;
	} else {
		world_take(w, o->who, READY);
		target->level = o->level;
		world_append(w, o->who);
		if (o->who == who)
			world_turn_to(w, who); /* the current one stays it */
	}
}

static void do_run(struct world *w, int who)
{
	if (world_run_count(w) == 1 && world_first_timer(w) < 0)
		return;
	list_append(&w->runs, who);
	w->tasks[who].in_run = true;
	world_leave(w, who, PAUSED);
}

static void do_schedule(struct world *w)
{
	struct list *ring = &w->rings[w->level];
	list_turn_to(ring, ring->members[1 % ring->length]);
	world_pick(w);
}

static void do_sleep(struct world *w, int who, int ticks)
{
	if (ticks == 0) {
		do_schedule(w);
	} else {
		world_set_timer(w, who, ticks);
		world_leave(w, who, ASLEEP);
	}
}

static void do_operation(struct model *m, int who, const struct model_operation *o)
{
	struct world *w = &m->world;
	switch (o->kind) {
	case MODEL_SCHEDULE: do_schedule(w); break;
	case MODEL_SEND:
	case MODEL_SEND_ERROR: do_send(m, who, o); break;
	case MODEL_RECEIVE: do_receive(m, who, o); break;
	case MODEL_LEAVE: world_leave(w, who, PAUSED); break;
	case MODEL_INSERT:
		w->tasks[who].result = refusal(&w->tasks[o->who]);
		if (w->tasks[who].result == 0)
			world_make_ready(w, o->who);
		break;
	case MODEL_REMOVE: do_remove(w, who, o); break;
	case MODEL_RUN_TASK:
	case MODEL_SWITCH_TASK: do_turn(w, who, o); break;
	case MODEL_KILL:
	case MODEL_KILL_PENDING:
	case MODEL_THROW:
	case MODEL_THROW_PENDING: do_throw(w, who, o); break;
	case MODEL_RUN: do_run(w, who); break;
	case MODEL_SPAWN: do_spawn(w, o->who); break;
	case MODEL_CLOSE:
	case MODEL_OPEN: w->channels[o->channel].is_closing = o->kind == MODEL_CLOSE; break;
	case MODEL_SLEEP: do_sleep(w, who, o->ticks); break;
	case MODEL_LEVEL: do_level(w, who, o); break;
	case MODEL_END:
	case MODEL_KIND_COUNT: break;
	}
}

static void start_operation(struct model *m, int who, const struct model_operation *o)
{
	struct world *w = &m->world;
	w->tasks[who].in_operation = true;
	w->tasks[who].result = 0;
	w->tasks[who].value = -1;
	w->slept = false;
	const struct world before = *w;
	do_operation(m, who, o);
	if (o->manner == MODEL_SWITCH_TRAP && (world_current(w) != who || w->slept)) {
		*w = before; /* it would switch: everything is undone */
		w->tasks[who].result = -EPERM;
	}
}

/* ---- the loop ---- */

/* A run that was woken before the ring was empty: the runs inside it are runnable now. */
static void leave_run(struct world *w, int who)
{
	while (w->tasks[who].in_run) {
		const int runner = w->runs.members[--w->runs.length];
		w->tasks[runner].in_run = false;
		if (runner != who)
			world_make_ready(w, runner);
	}
}

static int balance(const struct world *w, const struct channel *c)
{
	const int waiting = c->queue.length;
	return waiting > 0 && !w->tasks[c->queue.members[0]].is_sender ? -waiting : waiting;
}

static void write_line(struct model *m, int who, const struct model_operation *o, bool is_uncaught)
{
	const struct world *w = &m->world;
	const struct list *ring = &w->rings[w->level];
	const struct task *t = &w->tasks[who];
	struct model_view view = {.is_uncaught = is_uncaught, .value = -1};
	if (o->kind == MODEL_RECEIVE && t->result == 0)
		view.value = t->value;
	for (int i = 0; i < ring->length; i++)
		view.ring[i] = (char)('0' + ring->members[i]);
	for (int i = 0; i < MODEL_TASKS; i++)
		view.states[i] = i == world_current(w) ? 'c' : "-spba"[w->tasks[i].state];
	for (int i = 0; i < MODEL_CHANNELS; i++) {
		view.balances[i] = balance(w, &w->channels[i]);
		view.lengths[i] = w->channels[i].length;
	}
	model_trace_line(m->trace, who, o, t->result, &view);
}

static const struct model_operation *operation_of(const struct model *m, int who)
{
	return &m->program->operations[who][m->world.tasks[who].next % MODEL_OPERATIONS];
}

static void finish_operation(struct model *m, int who)
{
	struct task *t = &m->world.tasks[who];
	leave_run(&m->world, who);
	const bool is_uncaught = t->thrown && t->is_uncaught;
	if (t->thrown)
		t->result = t->thrown;
	t->thrown = 0;
	t->in_operation = false;
	write_line(m, who, operation_of(m, who), is_uncaught);
	t->next++;
}

void model_run(const struct model_program *program, struct model_trace *trace)
{
	struct model model = {.program = program, .trace = trace, .budget = program->budget};
	struct model *m = &model;
	struct world *w = &m->world;
	*trace = (struct model_trace){.length = 0};
	for (int i = 0; i < MODEL_CHANNELS; i++)
		w->channels[i].capacity = program->capacity[i];
	for (int i = 0; i < MODEL_TASKS; i++)
		do_spawn(w, i);
	world_turn_to(w, 0);
	for (;;) {
		const int who = world_current(w);
		struct task *t = &w->tasks[who];
		if (t->is_fresh && t->thrown) {
			world_end(w, who, t->thrown);
			continue;
		}
		t->is_fresh = false;
		if (t->in_operation)
			finish_operation(m, who);
		const struct model_operation *o = operation_of(m, who);
		const bool ends = m->budget == 0 || o->kind == MODEL_END;
		if (ends && who == 0)
			return;
		if (ends) {
			world_end(w, who, m->budget == 0 ? 0 : o->result);
		} else {
			m->budget--;
			start_operation(m, who, o);
		}
	}
}
