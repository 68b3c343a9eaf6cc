/* SPDX-License-Identifier: MIT */
/*
 * model.h: one checked, immutable picture of a target.
 *
 * A snapshot is made from a source in one pass and never changes; everything above (analysis,
 * views, export) is a pure function of snapshots.  Every number in it was bounded, every string is
 * valid UTF-8 without control characters.  What the target does not tell is marked unknown, never
 * guessed.
 */
#ifndef INSPECTOR_MODEL_H
#define INSPECTOR_MODEL_H

#include "../../lib/trace/abi.h"
#include "../source/source.h"

enum {
	MODEL_NAME_BYTES = 64,
	MODEL_USERS = TL_ABI_USERS + 1,
	MODEL_FRAMES = 64,
};

#define MODEL_UNKNOWN UINT64_MAX /* of times and counts that the target does not give */

/* What is known of a record's consistency. */
enum task_quality {
	TASK_GOOD,
	TASK_RUNNING, /* on a CPU: its fields are as of its last switch */
	TASK_TORN,    /* it changed under every try: only id and name are sure */
};

struct task {
	uint64_t id;           /* serial */
	uint32_t slot;
	uint32_t scheduler;    /* index in snapshot.schedulers */
	enum task_quality quality;
	uint8_t state;         /* enum tl_state; READY with an odd counter is RUNNING here */
	uint8_t wait;          /* enum tl_wait */
	bool has_deadline, error_pending, is_main, is_background, is_fresh, is_joinable;
	int8_t level;
	int32_t object;        /* index in snapshot.objects of what it waits on; -1 */
	int32_t joins;         /* index in snapshot.tasks of whom it joins; -1 */
	uint64_t counter, wait_word; /* the two guards, as read */
	uint64_t sp;           /* 0: unknown, or it never ran */
	uint64_t stack_low, stack_high; /* 0: it has none */
	uint64_t ticket;
	uint64_t switches;
	/* nanoseconds; MODEL_UNKNOWN without a clock */
	uint64_t age_ns;       /* since its state last changed */
	uint64_t life_ns;      /* since it was spawned */
	uint64_t run_ns, ready_ns, wait_ns; /* up to now */
	uint64_t site;         /* address after the spawning call; 0: unknown */
	uint64_t parent, waker; /* ids; 0: none or unknown */
	char name[MODEL_NAME_BYTES];  /* "" when it has none */
	char group[MODEL_NAME_BYTES];
};

struct object {
	uint64_t id;           /* serial */
	uint32_t slot;
	uint8_t kind;          /* enum tl_object_kind */
	bool closing, schedule_all, more_senders, more_receivers;
	int8_t preference;
	int32_t balance;       /* as the object says; the truth is in `waiters` */
	uint32_t element_bytes, capacity, length;
	uint64_t count;        /* elements sent, or hand-overs */
	uint64_t created_ns;   /* ago; MODEL_UNKNOWN */
	uint64_t site, creator;
	int32_t holder;        /* index in snapshot.tasks; -1: nobody */
	bool holder_gone;      /* held by a tasklet that has ended */
	uint64_t holder_word;  /* as read: model_confirm() compares it */
	/* known users, last first; 0 ends the list.  Ids of tasklets, also of ended ones */
	uint64_t senders[MODEL_USERS], receivers[MODEL_USERS];
	/* waiters in order of arrival: indices in snapshot.waiters */
	uint32_t waiters_first, waiters_count, senders_waiting, receivers_waiting;
	char name[MODEL_NAME_BYTES];
};

struct scheduler {
	uint32_t index;
	pid_t tid;
	bool in_use;
	bool asleep;
	uint64_t sleep_until_ns; /* from now; MODEL_UNKNOWN: no timer */
	int32_t current;       /* index in snapshot.tasks of who runs; -1: idle or unknown */
	int32_t main;          /* index in snapshot.tasks; -1 */
	uint32_t ready;        /* tasklets that are ready */
	uint64_t spawned, ended, idle_ns, timers;
	uint64_t ring_head, ring_lost, rare_head, rare_lost; /* lost = overwritten */
	uint64_t thread_pointer, idle_low, idle_high;
};

struct site {
	uint64_t address;
	uint64_t spawned, ended, live;
};

struct snapshot {
	struct source *source;
	uint64_t taken_ns;     /* CLOCK_MONOTONIC of the target */
	uint64_t up_ns;        /* since its runtime started */
	pid_t pid;
	enum source_state source_state;
	bool has_clock;        /* ages and times are known */
	bool has_wakes;        /* deadlock verdicts are possible: its runtime tells who wakes whom,
				* and nobody was left out */
	uint32_t trace;        /* enum: 0 off, 1 full */
	uint64_t switches;     /* of all tasklets that ever were */
	uint32_t torn;         /* records that could not be read whole */
	uint32_t bad;          /* records with a field that made no sense, which is left out */
	uint32_t left_out;     /* tasklets or objects beyond the most that a picture holds */
	uint64_t lost_records, lost_objects, lost_sites, lost_strings, no_memory;
	uint64_t record_capacity;
	uint64_t layout_resume; /* 0: unknown */
	uint64_t entry_low, entry_high; /* a backtrace that ends in here is complete */
	uint64_t code_low, code_high; /* the runtime's own code; 0: unknown */

	struct task *tasks;    /* by slot */
	uint32_t task_count;
	struct object *objects; /* by slot */
	uint32_t object_count;
	struct scheduler *schedulers;
	uint32_t scheduler_count;
	struct site *sites;
	uint32_t site_count;
	uint32_t *waiters;     /* indices in tasks, grouped by object, each group by ticket */
	uint8_t *waiter_kinds; /* enum tl_wait of each: a select waits in several ways */
	uint32_t waiter_count;
	struct snapshot_index *index; /* private; NULL: look-ups search one by one */
};

/* A model is what stays between snapshots of one source: the checked layout of its segment, caches
 * of symbols, stacks, and of what was seen last. */
struct model;

/* Check the segment and learn its layout.  0, or -errno and *problem.  The source is the caller's
 * and must outlive the model. */
int model_open(struct source *source, struct model **ret, struct problem *problem);
void model_close(struct model *model);

/* 0 or -errno and *problem.  A target that ended is no error: see snapshot.source_state. */
int model_snapshot(struct model *model, struct snapshot **ret, struct problem *problem);
void snapshot_free(struct snapshot *snapshot);

/* Look up by id; -1: not there. */
int32_t snapshot_task_by_id(const struct snapshot *snapshot, uint64_t id);
int32_t snapshot_object_by_id(const struct snapshot *snapshot, uint64_t id);
/* By the low 32 bits; the nearest serial that was spawned before. */
int32_t snapshot_task_by_low(const struct snapshot *snapshot, uint32_t low);

/* Does every one of these tasks (indices) still have the counter and wait word, and every one of
 * these objects the holder, that `snapshot` has?  Reads the segment again, after the snapshot was
 * complete: the second pass of a `certain` verdict.  A core: true. */
bool model_confirm(struct model *model, const struct snapshot *snapshot, const int32_t *tasks,
		   size_t task_count, const int32_t *objects, size_t object_count);

/* Printed words; never NULL. */
const char *model_state_name(const struct model *model, unsigned state);
const char *model_wait_name(const struct model *model, unsigned wait);
const char *model_object_name(const struct model *model, unsigned kind);
const char *model_event_name(const struct model *model, unsigned event);
const char *model_reason_name(const struct model *model, unsigned reason);
/* The letter of TLTOP.md's column S. */
char task_letter(const struct task *task);

/* ---- places in the program ---- */

struct place {
	const char *function;  /* demangled; NULL: unknown */
	uint64_t offset;       /* in the function */
	const char *file;      /* as the debug information says, or NULL */
	int line;              /* 0: unknown */
	const char *module;    /* path or NULL */
	bool is_runtime;       /* in the runtime's own code: not the program's frame */
	bool is_inlined;       /* model_places() alone: inlined into the next one */
};
/* The function of the instruction before `return_address` (of the address itself when `exact`), and
 * the line in it.  The strings live as long as the model. */
void model_place(struct model *model, uint64_t address, bool exact, struct place *ret);
/* The same with what the compiler inlined there: innermost first, the function itself last.
 * Returns how many, 1 to `most`. */
size_t model_places(struct model *model, uint64_t address, bool exact, struct place *ret,
		    size_t most);

/* ---- backtraces ---- */

enum backtrace_status {
	BACKTRACE_COMPLETE,   /* ends in the tasklet's entry (or main's) */
	BACKTRACE_CUT,        /* frames above what could be unwound are missing: see `why` */
	BACKTRACE_RUNNING,    /* on a CPU */
	BACKTRACE_HOT,        /* it switched during every try */
	BACKTRACE_FRESH,      /* has not run yet */
	BACKTRACE_ENDED,
	BACKTRACE_REFUSED,    /* its memory may not be read: `why` says what to do */
};

struct backtrace {
	enum backtrace_status status;
	uint32_t count;
	uint64_t pc[MODEL_FRAMES]; /* [0] is exact, the others are return addresses */
	uint64_t cfa[MODEL_FRAMES];
	char why[160];        /* a reason for anything but COMPLETE; may be empty */
};

/* Backtraces of many tasks at once (indices in the snapshot), copied without stopping anybody; each
 * is proved by its counter and wait word.  Unchanged ones come from the cache.  ret has `count`
 * entries. */
void model_backtraces(struct model *model, const struct snapshot *snapshot, const int32_t *tasks,
		      size_t count, struct backtrace *ret);

/* ---- history ---- */

struct event {
	uint64_t ns;           /* CLOCK_MONOTONIC of the target; MODEL_UNKNOWN */
	uint32_t scheduler;
	uint16_t event, flags;
	uint32_t tasklet;      /* serial, low, as recorded */
	uint64_t a, b;
	uint64_t task_id;      /* resolved; 0: not known any more */
	uint64_t other_id;     /* the second tasklet of the event, resolved; 0 */
	uint64_t object_id;    /* 0 */
	char text[MODEL_NAME_BYTES]; /* of marks and names */
};

struct history {
	struct event *events;  /* oldest first; by time, then a wake before the run it caused */
	size_t count;
	uint64_t lost;         /* records that were overwritten before they could be read */
	uint64_t torn;
};
/* The newest `most` events (0: all) of one tasklet (id) or of everybody (0). */
int model_history(struct model *model, const struct snapshot *snapshot, uint64_t id, size_t most,
		  struct history *ret);
void history_fini(struct history *history);

#endif
