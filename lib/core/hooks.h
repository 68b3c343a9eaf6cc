/* SPDX-License-Identifier: MIT */
/* hooks.h: the user's callbacks, one set a process.  See tasklet.h. */
#ifndef TL_CORE_HOOKS_H
#define TL_CORE_HOOKS_H

#include "scheduler.h"

struct hooks {
	tl_schedule_fn schedule;
	tl_channel_fn channel;
	tl_spawn_fn spawn;
	tl_error_fn error;
	tl_deadlock_fn deadlock;
	void *schedule_user, *channel_user, *spawn_user, *error_user, *deadlock_user;
};
extern TL_HIDDEN struct hooks hooks;

/* Each calls its hook, if there is one, so that the hook cannot switch. */
TL_HIDDEN void hook_schedule(struct scheduler *s, tl_task previous, tl_task next);
TL_HIDDEN void hook_channel(struct scheduler *s, struct tl_object *channel, bool sending,
			    bool will_block, const void *element);
TL_HIDDEN void hook_spawn(struct scheduler *s, const struct tl_record *t);
/* What is left of `error`: 0, or the error that goes on. */
TL_HIDDEN int hook_error(struct scheduler *s, const struct tl_record *t, int error);
TL_HIDDEN void hook_deadlock(struct scheduler *s, const struct tl_record *t);

#endif
