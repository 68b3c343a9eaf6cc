/* SPDX-License-Identifier: MIT */
/*
 * waits_describe.c: one wait and who could end it, as a list and as a sentence.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "label.h"
#include "wait_graph.h"
#include "waits.h"

size_t waits_wakers(const struct snapshot *snapshot, int32_t task, int32_t ret[MODEL_USERS],
		    bool *others)
{
	const struct task *it = &snapshot->tasks[task];
	struct wait_side side = {.is_open = true};
	if (it->quality != TASK_GOOD) {
		/* it may wait for something else by now */
	} else if (wait_side_of(snapshot, it, &side)) {
		memcpy(ret, side.users, side.user_count * sizeof *ret);
	} else if (it->state == TL_STATE_WAITING && it->wait == TL_WAIT_JOIN && it->joins >= 0) {
		side = (struct wait_side){.user_count = 1};
		ret[0] = it->joins;
	}
	if (others)
		*others = side.is_open;
	return side.user_count;
}

/* A sentence that grows; what does not fit is left out. */
struct sentence {
	char text[1024];
	size_t length;
};

__attribute__((format(printf, 2, 3))) static void say(struct sentence *sentence, const char *format,
						      ...)
{
	const size_t room = sizeof sentence->text - sentence->length;
	va_list arguments;
	va_start(arguments, format);
	const int length = vsnprintf(sentence->text + sentence->length, room, format, arguments);
	va_end(arguments);
	if (length > 0)
		sentence->length += (size_t)length < room ? (size_t)length : room - 1;
}

static void say_users(struct sentence *sentence, const struct snapshot *snapshot,
		      const struct wait_side *side)
{
	char name[LABEL_BYTES];
	for (uint32_t i = 0; i < side->user_count; i++)
		say(sentence, "%s%s", i ? ", " : "",
		    label_task(snapshot, side->users[i], name, sizeof name));
}

static void say_holder(struct sentence *sentence, const struct snapshot *snapshot,
		       const struct wait_side *side)
{
	if (side->user_count)
		say(sentence, ", held by ");
	else if (side->is_open)
		say(sentence, ", being handed over");
	else
		say(sentence, ", held by a tasklet that has ended");
	say_users(sentence, snapshot, side);
}

static void say_known(struct sentence *sentence, const struct snapshot *snapshot,
		      const struct wait_side *side)
{
	const struct object *channel = &snapshot->objects[side->object];
	const bool is_sender = side->kind == SIDE_SENDERS;
	const bool more = is_sender ? channel->more_senders : channel->more_receivers;
	const char *who = is_sender ? "sender" : "receiver";
	if (side->user_count)
		say(sentence, ": known %s%s ", who, side->user_count > 1 ? "s" : "");
	else
		say(sentence, ": no known live %s", who);
	say_users(sentence, snapshot, side);
	if (more)
		say(sentence, side->user_count ? " and others" : ", but others have been");
}

void waits_describe(const struct snapshot *snapshot, const struct model *model, int32_t task,
		    char *buffer, size_t bytes)
{
	struct sentence sentence = {.length = 0};
	struct wait_side side;
	char label[LABEL_BYTES];
	const struct task *it = &snapshot->tasks[task];
	if (it->quality != TASK_GOOD || !wait_side_of(snapshot, it, &side)) {
		label_wait(snapshot, model, task, label, sizeof label);
		say(&sentence, "%s", label);
	} else {
		const struct object *object = &snapshot->objects[side.object];
		const bool is_full = it->wait == TL_WAIT_SEND && object->capacity &&
				     object->length >= object->capacity;
		say(&sentence, "%s %s%s%s", model_wait_name(model, it->wait),
		    label_object(snapshot, model, side.object, label, sizeof label),
		    is_full ? " (full)" : "", object->closing ? " (closed)" : "");
		if (side.kind == SIDE_HOLDER)
			say_holder(&sentence, snapshot, &side);
		else
			say_known(&sentence, snapshot, &side);
	}
	if (it->has_deadline && it->state == TL_STATE_WAITING && it->wait != TL_WAIT_SLEEP)
		say(&sentence, ", with a deadline");
	label_print(buffer, bytes, "%s", sentence.text);
}
