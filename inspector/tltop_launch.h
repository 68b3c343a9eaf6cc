/* SPDX-License-Identifier: MIT */
/*
 * tltop_launch.h: tltop -- COMMAND.  The command runs in a session of its own, with /dev/null as
 * its input; what it prints goes to a log file, so that it cannot draw over the screen, and so that
 * it goes on when tltop is suspended or leaves.
 */
#ifndef INSPECTOR_TLTOP_LAUNCH_H
#define INSPECTOR_TLTOP_LAUNCH_H

#include <stdbool.h>
#include <sys/types.h>

#include "source/source.h"

struct launch {
	pid_t pid;
	char program[64];
	char log[256]; /* where its output is */
	bool has_ended;
	bool is_gone; /* and nothing that it started is left: its number may be another's now */
	int status;   /* as of waitpid() */
};

/* 0, or -errno and *problem. */
int launch_start(struct launch *launch, char **command, struct problem *problem);
/* Has it ended?  Does not wait. */
bool launch_has_ended(struct launch *launch);
/* Nor does anything run that it started (and that has not left its process group). */
bool launch_is_gone(struct launch *launch);
/* End it and what it started: SIGTERM, and SIGKILL two seconds later. */
void launch_end(struct launch *launch);
/* "status 1", "signal 9 (Killed)" */
const char *launch_status(const struct launch *launch, char *buffer, size_t bytes);
/* The log is removed if nothing is in it; true: it stays. */
bool launch_keep_log(const struct launch *launch);
/* The process to look at: the command itself or what it has started; 0: none has a segment yet. */
pid_t launch_target(struct launch *launch);

#endif
