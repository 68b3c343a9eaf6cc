/* SPDX-License-Identifier: MIT */
/* cycle.c: see cycle.h. */
#include "cycle.h"

#include "hooks.h"

struct tl_record *mutex_holder(struct scheduler *s, const struct tl_object *m)
{
	if (!m->holder)
		return NULL;
	struct tl_record *t = &segment.records[(uint32_t)m->holder];
	(void)s;
	return (uint32_t)t->serial == (uint32_t)(m->holder >> 32) ? t : NULL;
}

/* For whom `t` waits, by an edge that only its end or an unlock resolves; NULL: no such edge. */
static struct tl_record *waits_for(struct scheduler *s, const struct tl_record *t)
{
	uint64_t wait = t->wait;
	uint32_t slot = (uint32_t)(wait >> TL_WAIT_OBJECT_SHIFT);
	if (wait_state(wait) != TL_STATE_WAITING ||
	    wait & (TL_WAIT_FLAG_DEADLINE | TL_WAIT_FLAG_ERROR))
		return NULL;
	if (wait_kind(wait) == TL_WAIT_LOCK)
		return mutex_holder(s, &segment.objects[slot]);
	if (wait_kind(wait) == TL_WAIT_JOIN)
		return &segment.records[slot];
	return NULL;
}

bool cycle_would_close(struct scheduler *s, const struct tl_record *c,
		       const struct tl_record *holder)
{
	/* A cycle without c was told when it closed; Brent's teleporting turtle ends the walk in
	 * one. */
	const struct tl_record *turtle = holder;
	uint32_t steps = 0, limit = 2;
	for (const struct tl_record *t = holder; t; t = waits_for(s, t)) {
		if (t == c)
			return true;
		if (t == turtle && steps)
			return false;
		if (++steps == limit) {
			turtle = t;
			limit *= 2;
		}
	}
	return false;
}

void cycle_tell(struct scheduler *s, struct tl_record *c, enum tl_wait wait,
		const struct tl_object *object)
{
	if (s->trace)
		emit_rare(s, clock_stamp(segment.header), TL_EVENT_CYCLE, wait, (uint32_t)c->serial,
			  halves(0, object ? object_slot(object) : 0), object ? object->tag : 0);
	hook_deadlock(s, c);
}
