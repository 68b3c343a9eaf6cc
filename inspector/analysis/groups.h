/* SPDX-License-Identifier: MIT */
/*
 * groups.h: many tasklets in few rows: those with equal backtraces, in one state, from one spawn
 * site, at one wait object.  Every tasklet given is in exactly one group.
 */
#ifndef INSPECTOR_GROUPS_H
#define INSPECTOR_GROUPS_H

#include "rates.h"

#define GROUP_KEYS(X)            \
	X(NONE, "none")          \
	X(STATE, "state")        \
	X(SPAWN, "spawn site")   \
	X(OBJECT, "wait object") \
	X(STACK, "same stack")

#define GROUP_ENUM(n, word) GROUP_##n,
enum group_key { GROUP_KEYS(GROUP_ENUM) GROUP_KEY_COUNT };
const char *group_key_word(enum group_key key);

struct group {
	uint32_t first, count; /* in groups.members */
};

struct groups {
	enum group_key key;
	struct group *groups; /* largest first; equal ones by their first member in `tasks` */
	uint32_t count;
	int32_t *members; /* indices in snapshot.tasks, group after group, as in `tasks` */
	uint32_t member_count;
};

/* GROUP_STACK wants look->stacks with all of these tasks.  GROUP_NONE: one group each, in the order
 * of `tasks`.  0 or -ENOMEM. */
int groups_make(const struct look *look, enum group_key key, const int32_t *tasks, size_t count,
		struct groups *ret);
void groups_fini(struct groups *groups);

/* What its members have in common: "waiting: lock", "accept.c:33", "jobs", the innermost frame that
 * is the program's own.  At most `bytes`; returns buffer. */
char *groups_label(const struct look *look, const struct groups *groups, uint32_t group,
		   char *buffer, size_t bytes);
/* Its members' names in short: the name when all are equal; how they begin, and a star; or "". */
char *groups_names(const struct look *look, const struct groups *groups, uint32_t group,
		   char *buffer, size_t bytes);

#endif
