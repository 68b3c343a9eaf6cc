/* SPDX-License-Identifier: MIT */
/* hooks.c: see hooks.h. */
#include "hooks.h"

struct hooks hooks;

static void enter(struct scheduler *s)
{
	s->in_callback++;
	scheduler_choose_mode(s);
}

static void leave(struct scheduler *s)
{
	s->in_callback--;
	scheduler_choose_mode(s);
}

void hook_schedule(struct scheduler *s, tl_task previous, tl_task next)
{
	if (!hooks.schedule || s->in_callback)
		return;
	enter(s);
	hooks.schedule(previous, next, hooks.schedule_user);
	leave(s);
}

void hook_channel(struct scheduler *s, struct tl_object *channel, bool sending, bool will_block,
		  const void *element)
{
	if (!hooks.channel || s->in_callback)
		return;
	enter(s);
	s->in_channel_callback++;
	hooks.channel((struct tl_channel *)channel, task_handle(s, s->current), sending, will_block,
		      element, hooks.channel_user);
	s->in_channel_callback--;
	leave(s);
}

void hook_spawn(struct scheduler *s, const struct tl_record *t)
{
	if (!hooks.spawn || s->in_callback)
		return;
	enter(s);
	hooks.spawn(task_handle(s, t), hooks.spawn_user);
	leave(s);
}

int hook_error(struct scheduler *s, const struct tl_record *t, int error)
{
	if (!hooks.error)
		return error;
	enter(s);
	int left = hooks.error(task_handle(s, t), error, hooks.error_user);
	leave(s);
	return left < 0 ? left : 0;
}

void hook_deadlock(struct scheduler *s, const struct tl_record *t)
{
	if (!hooks.deadlock || s->in_callback)
		return;
	enter(s);
	hooks.deadlock(task_handle(s, t), hooks.deadlock_user);
	leave(s);
}

/* Set one and return the previous one. */
#define SET_HOOK(name, type, which)                                     \
	TL_API type name(type fn, void *user)                            \
	{                                                                \
		type previous = hooks.which;                             \
		hooks.which = fn;                                        \
		hooks.which##_user = user;                               \
		if (SELF->mode)                                          \
			scheduler_choose_mode(SELF);                     \
		return previous;                                         \
	}

SET_HOOK(tl_set_schedule_callback, tl_schedule_fn, schedule)
SET_HOOK(tl_set_channel_callback, tl_channel_fn, channel)
SET_HOOK(tl_set_spawn_callback, tl_spawn_fn, spawn)
SET_HOOK(tl_set_error_handler, tl_error_fn, error)
SET_HOOK(tl_set_deadlock_handler, tl_deadlock_fn, deadlock)
