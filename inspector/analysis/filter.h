/* SPDX-License-Identifier: MIT */
/*
 * filter.h: which tasklets to show.  Words, all of which must hold:
 *
 *   state:L  state:L,C  state:waiting   letters of column S, a state's or a wait's name
 *   age>1s  run<=20ms  switches>1k      numbers: = != < <= > >=; a duration wants ns us ms s m h d
 *   name~conn                           a POSIX extended regular expression, anywhere, in any case
 *   name:conn-?*                        a shell pattern for the whole text
 *   spawn:accept.c  spawn:accept.c:33   the file with or without folder and line, or the function
 *   id:41,57                            any of several
 *   is:deadline                         deadline error main background fresh joinable torn
 *   conn                                a word alone: in the name, the group or the wait; an id
 *   !WORD                               not
 *   name:"two words"  "a:b"             quotes keep blanks, and what looks like a field, together
 *
 * What is unknown of a tasklet matches no comparison, whichever way it goes.
 */
#ifndef INSPECTOR_FILTER_H
#define INSPECTOR_FILTER_H

#include "rates.h"

struct filter;

/* Where the bad word lies in the text, in bytes, and what is wrong with it (without a newline). */
struct filter_problem {
	size_t offset, length;
	char text[200];
};

/* 0, -ENOMEM, or -EINVAL and *problem.  An empty text gives a filter that everything passes. */
int filter_parse(const char *text, struct filter **ret, struct filter_problem *problem);
void filter_free(struct filter *filter);

/* NULL: everything passes. */
bool filter_matches(const struct filter *filter, const struct look *look, int32_t task);

/* The tasks (indices) that pass, in the snapshot's order.  free(3) *ret.  0 or -ENOMEM. */
int filter_tasks(const struct filter *filter, const struct look *look, int32_t **ret,
		 size_t *count);

/* Does it ask for what needs two snapshots (run%, switch/s)? */
bool filter_wants_rates(const struct filter *filter);

/* One line that names every field, for help. */
const char *filter_fields(void);

#endif
