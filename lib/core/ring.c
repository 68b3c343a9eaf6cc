/* SPDX-License-Identifier: MIT */
/*
 * ring.c: the run ring where it is not the plain case: several levels at once, insertion and
 * removal out of the hot paths, and an empty ring in the idle context.
 *
 * While `mixed`, first[l] is where level l's ring starts, and is the current tasklet for its own
 * level; a level's ring is circular as the single one is.
 */
#include "scheduler.h"

static int level_index(const struct tl_record *t)
{
	return t->level - TL_LEVEL_MIN;
}

/* Where the single ring starts. */
static struct tl_record *start(struct scheduler *s)
{
	if (s->turn)
		return RECORD(s, s->turn);
	return s->current == s->idle ? RECORD(s, s->lone) : s->current;
}

static void link_alone(struct scheduler *s, struct tl_record *t)
{
	t->next = t->prev = LINK(s, t);
}

static void become_mixed(struct scheduler *s)
{
	struct tl_record *a = start(s);
	for (int l = 0; l < LEVELS; l++) {
		s->members[l] = 0;
		s->passed[l] = 0;
	}
	s->members[level_index(a)] = s->run_count;
	s->first[level_index(a)] = LINK(s, a);
	s->populated = (uint8_t)(1u << level_index(a));
	s->mixed = true;
	scheduler_choose_mode(s);
}

void ring_insert_end(struct scheduler *s, struct tl_record *t)
{
	if (!s->run_count) {
		link_alone(s, t);
		s->lone = LINK(s, t);
		s->run_count = 1;
		return;
	}
	if (!s->mixed) {
		if (start(s)->level == t->level) {
			ring_link_before(s, start(s), t);
			s->run_count++;
			return;
		}
		become_mixed(s);
	}
	int l = level_index(t);
	if (!s->members[l]) {
		link_alone(s, t);
		s->first[l] = LINK(s, t);
		s->populated |= (uint8_t)(1u << l);
		s->passed[l] = 0;
	} else {
		ring_link_before(s, RECORD(s, s->first[l]), t);
	}
	s->members[l]++;
	s->run_count++;
}

void ring_insert_next(struct scheduler *s, struct tl_record *t)
{
	struct tl_record *c = s->current;
	if (t->level == c->level && !s->mixed) {
		ring_link_after(s, c, t);
		s->run_count++;
		return;
	}
	ring_insert_end(s, t);
	if (t->level != c->level) {
		s->first[level_index(t)] = LINK(s, t);
	} else if (RECORD(s, c->next) != t) { /* from the end to just after c */
		RECORD(s, t->prev)->next = t->next;
		RECORD(s, t->next)->prev = t->prev;
		ring_link_after(s, c, t);
	}
}

void ring_remove(struct scheduler *s, struct tl_record *t)
{
	bool alone = RECORD(s, t->next) == t;
	if (!alone) {
		RECORD(s, t->prev)->next = t->next;
		RECORD(s, t->next)->prev = t->prev;
	}
	s->run_count--;
	if (!s->mixed)
		return;
	int l = level_index(t);
	s->members[l]--;
	if (alone)
		s->populated &= (uint8_t)~(1u << l);
	else if (s->first[l] == LINK(s, t))
		s->first[l] = t->next;
	if (!(s->populated & (s->populated - 1))) { /* one level left */
		s->mixed = false;
		scheduler_choose_mode(s);
	}
}

/* The level whose turn it is, of those in `populated`: the highest, but one that was passed over
 * too often. */
static int pick_level(struct scheduler *s, unsigned populated)
{
	int highest = 31 - __builtin_clz(populated);
	int choice = highest;
	for (int l = highest - 1; l >= 0; l--)
		if (populated & 1u << l && ++s->passed[l] > LEVEL_PASSES && choice == highest)
			choice = l;
	s->passed[choice] = 0;
	return choice;
}

struct tl_record *ring_next_mixed(struct scheduler *s, struct tl_record *c)
{
	if (!s->mixed)
		return RECORD(s, c->next);
	int l = pick_level(s, s->populated);
	return l == level_index(c) ? RECORD(s, c->next) : RECORD(s, s->first[l]);
}

bool ring_would_stay(const struct scheduler *s, const struct tl_record *c)
{
	return RECORD(s, c->next) == c && (!s->mixed || !(s->populated >> (level_index(c) + 1)));
}

struct tl_record *ring_pick_without(struct scheduler *s, struct tl_record *c)
{
	bool alone = RECORD(s, c->next) == c;
	if (!s->mixed)
		return alone ? NULL : RECORD(s, c->next);
	unsigned populated = s->populated;
	if (alone)
		populated &= ~(1u << level_index(c));
	if (!populated)
		return NULL;
	int l = pick_level(s, populated);
	return l == level_index(c) ? RECORD(s, c->next) : RECORD(s, s->first[l]);
}

void ring_leave_turn(struct scheduler *s, struct tl_record *c, bool at_end)
{
	if (s->mixed)
		s->first[level_index(c)] = at_end ? c->next : LINK(s, c);
}
