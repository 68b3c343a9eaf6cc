/* SPDX-License-Identifier: MIT */
/*
 * waits.h: who waits for whom, and what is stuck for good.  Pure functions of a snapshot, but for
 * waits_confirm(), which looks a second time.  How sure a verdict is: DESIGN.md, decision 6.
 */
#ifndef INSPECTOR_WAITS_H
#define INSPECTOR_WAITS_H

#include "../model/model.h"

enum verdict_kind {
	VERDICT_CERTAIN, /* a cycle of owners (mutex, join), no deadline, no pending error */
	VERDICT_LIKELY,	 /* a knot over channels: all known live users are in it; nested runs */
	VERDICT_MAYBE, /* a channel nobody live is known to serve; a holder that has ended */
	VERDICT_LONG, /* a long wait on a holder who may yet go on */
};

/* Members by kind:
 *   certain  the cycle: each waits for the next, the last for the first; the lowest id first
 *   likely   the knot: a shortest such cycle through the lowest id first (`cycle_count` of them),
 *            then the other known users, by id, without whom the cycle would not be closed
 *   maybe    all that wait on one side of `object`, in order of arrival; no cycle
 *   long     the one whom all others wait for in the end; or a cycle that a deadline will open */
struct verdict {
	enum verdict_kind kind;
	int32_t object;	  /* maybe: index in snapshot.objects; else -1 */
	int32_t *members; /* indices in snapshot.tasks */
	uint32_t member_count;
	uint32_t cycle_count; /* how many of them, from the first, are a cycle; 0: none */
	int32_t *behind;      /* those who wait behind a member, nearest first */
	int32_t *behind_at; /* for each: the index in `members` of whom it is behind, in the end */
	int32_t *behind_on; /* for each: whom it waits for itself, an index in snapshot.tasks: a
	                       * member, or one that comes earlier in `behind` */
	uint32_t behind_count;
	uint64_t held_ns; /* since when all of it holds: the youngest member's wait; of a long wait:
	                       * the oldest wait of those behind; MODEL_UNKNOWN */
};

struct waits {
	struct verdict *verdicts; /* certain first, then likely, maybe, long; longest held first */
	uint32_t count;
	uint32_t certain, likely, maybe, longs;
};

/* `certain` verdicts are only candidates until waits_confirm() has looked again.  long_ns: from
 * when on a wait on a holder counts as long (0: none are listed). */
int waits_find(const struct snapshot *snapshot, uint64_t long_ns, struct waits *ret);
/* Drop what a second look refutes (and `likely` ones whose members moved). */
void waits_confirm(struct waits *waits, struct model *model, const struct snapshot *snapshot);
void waits_fini(struct waits *waits);

/* Those who could wake a waiting task, as far as they are known and live (indices in
 * snapshot.tasks): the holder, the one it joins, a channel's users of the other side.  The count;
 * *others (may be NULL): there may be more. */
size_t waits_wakers(const struct snapshot *snapshot, int32_t task, int32_t ret[MODEL_USERS],
		    bool *others);

/* One wait in words: "lock db, held by 57 index", "send jobs (full): known receivers 63". */
void waits_describe(const struct snapshot *snapshot, const struct model *model, int32_t task,
		    char *buffer, size_t bytes);

const char *verdict_name(enum verdict_kind kind);

#endif
