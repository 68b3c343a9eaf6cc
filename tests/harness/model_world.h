/* SPDX-License-Identifier: MIT */
/*
 * model_world.h: the state of the model: tasklets, a ring a level, channels, the clock; who is
 * next, who goes on when nobody is left, and where an error goes that nobody caught.
 */
#ifndef MODEL_WORLD_H
#define MODEL_WORLD_H

#include "model.h"

enum state { DEAD, READY, PAUSED, BLOCKED, ASLEEP };

struct task {
	enum state state;
	bool is_fresh; /* never ran */
	int level;
	int next; /* its next operation, counted from its birth */
	bool in_operation;
	int result;	  /* of that operation, unless something is thrown */
	int thrown;	  /* a negative error, or 0 */
	bool is_uncaught; /* the thrown one is another tasklet's */
	int error_sent;	  /* while it waits to send: an error in place of an element, or 0 */
	int value;	  /* what it sends, or received */
	int channel;	  /* while BLOCKED */
	bool is_sender;
	bool in_run;	/* its tl_run() is on the stack of runs */
	int due, order; /* its timer; due 0: none */
};

struct list {
	int members[MODEL_TASKS], length;
};

struct channel {
	struct list queue;
	int buffer[MODEL_CAPACITY_MOST], length, capacity;
	bool is_closing;
};

/* Everything that an operation may change: to undo it, copy it back. */
struct world {
	struct task tasks[MODEL_TASKS];
	struct list rings[MODEL_LEVELS];
	int passed[MODEL_LEVELS];
	int level; /* of the current tasklet, as an index of rings */
	struct channel channels[MODEL_CHANNELS];
	struct list runs; /* innermost last */
	int now, timer_order;
	bool slept; /* the thread slept during this operation */
};

/* The current tasklet: the first of the ring of its level. */
int world_current(const struct world *w);
int world_run_count(const struct world *w);
/* The ring of a tasklet's level. */
struct list *world_ring_of(struct world *w, int who);

void list_append(struct list *list, int who);
void list_prepend(struct list *list, int who);
void list_take(struct list *list, int who);
/* Turn it until `who` is the first. */
void list_turn_to(struct list *list, int who);

/* The turn goes to `who`, whatever the levels. */
void world_turn_to(struct world *w, int who);
/* The turn goes to the first of the highest level, but now and then to one that was passed over. */
void world_pick(struct world *w);

void world_append(struct world *w, int who);
void world_take(struct world *w, int who, enum state state);
/* Senders at the head of the queue that wait with elements for which there is room now. */
void world_refill(struct world *w, struct channel *c);
/* Into the ring at its end, out of whatever it waits for. */
void world_make_ready(struct world *w, int who);
/* Out of the ring, and on with the next, or with who goes on when nobody is left. */
void world_leave(struct world *w, int who, enum state state);

/* What its operation will return. */
void world_throw_at(struct world *w, int who, int error, bool is_uncaught);
/* `error` of a dead tasklet goes to the innermost run, else to main, at once. */
void world_deliver(struct world *w, int error);
bool is_silent(int result);
/* The current tasklet ends. */
void world_end(struct world *w, int who, int result);

/* The one whose timer is due first, or -1. */
int world_first_timer(const struct world *w);
void world_set_timer(struct world *w, int who, int ticks);

#endif /* MODEL_WORLD_H */
