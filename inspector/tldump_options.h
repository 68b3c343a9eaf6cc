/* SPDX-License-Identifier: MIT */
/*
 * tldump_options.h: the command line of tldump.  One table of verbs and one of options give the
 * parser, the complaints and the help.
 */
#ifndef INSPECTOR_TLDUMP_OPTIONS_H
#define INSPECTOR_TLDUMP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/filter.h"
#include "analysis/sort.h"

enum tldump_status { TLDUMP_SHOWN, TLDUMP_FAILED, TLDUMP_USAGE, TLDUMP_DEADLOCK };

enum tldump_verb {
	VERB_PS,
	VERB_BT,
	VERB_CHANNELS,
	VERB_WAITS,
	VERB_CHECK,
	VERB_EVENTS,
	VERB_COUNT
};

struct tldump_options {
	enum tldump_verb verb;
	const char *source; /* a process id or the path of a core */
	char **arguments;   /* after the source */
	int argument_count;
	const char *executable; /* NULL: as the core says */
	bool is_json, is_grouped, has_sort;
	struct filter *filter; /* NULL: everything */
	struct sort sort;
	uint64_t newest;   /* events; 0: all */
	uint64_t delay_ns; /* between two looks; 0: one look is enough */
	uint64_t long_ns;  /* a wait on a holder counts as long from here on */
};

/* Something is left to do: TLDUMP_SHOWN and *is_done false.  Help was printed: TLDUMP_SHOWN and
 * *is_done true.  Bad usage: TLDUMP_USAGE, after one line on standard error. */
enum tldump_status tldump_options_parse(int argc, char **argv, struct tldump_options *ret,
					bool *is_done);
void tldump_options_fini(struct tldump_options *options);

#endif
