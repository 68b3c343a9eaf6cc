/* SPDX-License-Identifier: MIT */
/*
 * model.h: the rules of rings, channels, errors and time as a program that can be run: what a
 * random program of a few tasklets must do.
 *
 * A program is a list of operations a tasklet; tasklet 0 is main.  The model runs it and writes a
 * trace: after each operation who did what, its result, the ring from the current tasklet on, and
 * the state of everybody.  The real runtime, driven by the same lists, must write the same trace.
 */
#ifndef MODEL_H
#define MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MODEL_TASKS = 7, /* main and six more */
	MODEL_CHANNELS = 3,
	MODEL_CAPACITY_MOST = 3,
	MODEL_OPERATIONS = 14, /* a tasklet's list; it is done again from the start */
	MODEL_TRACE_BYTES = 65536,
	MODEL_LEVELS = 3, /* levels -1, 0 and 1 */
};

/* Name, letter in the trace, how frequent, what may be asked of it besides (see below). */
#define MODEL_KINDS(X)                                                                             \
	X(SCHEDULE, 'y', 8, 'T')                                                                   \
	X(SEND, 's', 10, 'C')                                                                      \
	X(RECEIVE, 'r', 10, 'C')                                                                   \
	X(SEND_ERROR, 'e', 2, 'C')                                                                 \
	X(LEAVE, 'l', 2, 'T') /* tl_schedule_remove() */                                           \
	X(INSERT, 'i', 4, ' ')                                                                     \
	X(REMOVE, 'm', 2, ' ')                                                                     \
	X(RUN_TASK, 't', 4, 'T')                                                                   \
	X(SWITCH_TASK, 'w', 3, 'T')                                                                \
	X(KILL, 'k', 2, 'T')                                                                       \
	X(KILL_PENDING, 'K', 2, 'T')                                                               \
	X(THROW, 'x', 2, 'T')                                                                      \
	X(THROW_PENDING, 'X', 2, 'T')                                                              \
	X(RUN, 'n', 4, 'T')                                                                        \
	X(SPAWN, 'p', 6, ' ') /* a new life for one that is dead */                                \
	X(CLOSE, 'c', 1, ' ')                                                                      \
	X(OPEN, 'o', 2, ' ')                                                                       \
	X(SLEEP, 'z', 3, 'T')                                                                      \
	X(LEVEL, 'v', 3, ' ')                                                                      \
	X(END, '.', 2, ' ')

enum model_kind {
#define MODEL_ENUM(name, letter, weight, asked) MODEL_##name,
	MODEL_KINDS(MODEL_ENUM) MODEL_KIND_COUNT
};

/* How an operation is called. */
enum model_manner {
	MODEL_PLAIN,
	MODEL_SWITCH_TRAP, /* with the trap set around the call */
	MODEL_BLOCK_TRAP,  /* channel operations only, as the rest */
	MODEL_TRY,
	MODEL_UNTIL, /* with a deadline in `ticks` */
	MODEL_MANNER_COUNT
};

struct model_operation {
	enum model_kind kind;
	enum model_manner manner;
	int who, channel, level;
	int ticks;  /* of SLEEP and MODEL_UNTIL */
	int result; /* of END */
};

struct model_program {
	struct model_operation operations[MODEL_TASKS][MODEL_OPERATIONS];
	int preference[MODEL_CHANNELS];
	bool schedule_all[MODEL_CHANNELS];
	int capacity[MODEL_CHANNELS];
	int budget; /* operations in all; then everybody ends */
};

/* What programs are made of besides the ring, rendezvous channels, throws and runs. */
enum model_features {
	MODEL_BUFFERS = 1, /* channels with room, and closing */
	MODEL_TRAPS = 2,
	MODEL_TIME = 4, /* needs the virtual clock */
	MODEL_PRIORITIES = 8,
};

struct model_trace {
	char text[MODEL_TRACE_BYTES];
	size_t length;
};

/* What there is to see after an operation. */
struct model_view {
	bool is_uncaught;	      /* its result is another tasklet's error */
	int value;		      /* what a receive got, or -1 */
	char ring[MODEL_TASKS + 2];   /* from the current tasklet on, a digit each */
	char states[MODEL_TASKS + 1]; /* dead, scheduled, paused, blocked, alive; c: current */
	int balances[MODEL_CHANNELS], lengths[MODEL_CHANNELS];
};

void model_trace_line(struct model_trace *trace, int who, const struct model_operation *operation,
		      int result, const struct model_view *view);

void model_program_random(struct model_program *program, uint64_t seed, unsigned features);

/* Run it by the rules. */
void model_run(const struct model_program *program, struct model_trace *trace);

#endif /* MODEL_H */
