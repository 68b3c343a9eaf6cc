/* SPDX-License-Identifier: MIT */
/*
 * looker.h: a test's pair of eyes: a source, a model and one snapshot, with short ways to look
 * things up.  What cannot be opened or found fails the test.
 */
#ifndef TESTS_LOOKER_H
#define TESTS_LOOKER_H

#include "../../inspector/model/model.h"

struct looker {
	struct source *source;
	struct model *model;
	struct snapshot *snapshot;
	struct problem problem;
};

/* Open and take the first picture. */
void look_at_process(struct looker *looker, pid_t pid);
void look_at_core(struct looker *looker, const char *path, const char *executable);
void look_again(struct looker *looker);
void look_away(struct looker *looker);

/* Open a process or core: 0 or -errno, and the text in looker->problem. */
int try_to_look(struct looker *looker, const char *what);

const struct task *look_task(const struct looker *looker, const char *name);
int32_t look_task_index(const struct looker *looker, const char *name);
const struct object *look_object(const struct looker *looker, const char *name);

/* Take pictures until there is a task of this name in this state (TL_STATE_*). */
void look_until(struct looker *looker, const char *name, unsigned state);

/* The backtrace of one task. */
void look_backtrace(struct looker *looker, const char *name, struct backtrace *ret);

/* "tl_switch deep deep body tl_start_go": the functions of a backtrace. */
void look_functions(struct looker *looker, const struct backtrace *backtrace, char *ret,
		    size_t room);

/* A child process that runs `body` and never returns from it; it is killed when the test ends.
 * Waits until the child has called child_is_ready(). */
pid_t start_child(void (*body)(void));
void child_is_ready(void);
void end_child(pid_t child); /* SIGKILL, and reaped */

#endif
