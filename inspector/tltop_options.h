/* SPDX-License-Identifier: MIT */
/* tltop_options.h: the command line of tltop. */
#ifndef INSPECTOR_TLTOP_OPTIONS_H
#define INSPECTOR_TLTOP_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "view/keys.h"
#include "analysis/groups.h"
#include "view/theme.h"

enum tltop_status { TLTOP_SHOWN = 0, TLTOP_FAILED = 1, TLTOP_USAGE = 2, TLTOP_DEADLOCK = 3 };

struct tltop_options {
	bool is_batch, is_json, is_check, is_ascii, no_mouse;
	uint64_t interval_ns;
	unsigned long count; /* of looks in batch mode; 0: until it ends */
	const char *filter;
	enum group_key group;
	const struct theme *theme;
	enum screen_id screen;
	bool has_screen;
	const char *target; /* a process id or a core; NULL */
	char **command;	    /* to start; NULL */
};

/* TLTOP_SHOWN: go on.  *done: --help or --version has been printed.  Else a complaint is on
 * standard error. */
enum tltop_status tltop_options_parse(int argc, char **argv, struct tltop_options *ret, bool *done);

#endif
