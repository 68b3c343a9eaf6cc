/* SPDX-License-Identifier: MIT */
/*
 * model_program.c: random programs for the model and the runtime, and the trace that both write.
 */
#include <errno.h>
#include <stdio.h>

#include "model.h"

static const char letters[] = {
#define MODEL_LETTER(name, letter, weight, asked) letter,
    MODEL_KINDS(MODEL_LETTER) '\0'};

/* 'T': may be called under a switch trap; 'C': channel operations, in every manner. */
static const char manners[] = {
#define MODEL_ASKED(name, letter, weight, asked) asked,
    MODEL_KINDS(MODEL_ASKED) '\0'};

void model_trace_line(struct model_trace *trace, int who, const struct model_operation *operation,
		      int result, const struct model_view *view)
{
	static const char *const marks[] = {"", "/trap", "/block", "/try", "/until"};
	char got[16] = "", channels[MODEL_CHANNELS * 12] = "";
	if (view->value >= 0)
		snprintf(got, sizeof(got), "=%d", view->value);
	for (int i = 0, at = 0; i < MODEL_CHANNELS; i++)
		at += snprintf(channels + at, sizeof(channels) - (size_t)at, " %d/%d",
			       view->balances[i], view->lengths[i]);
	const size_t room = sizeof(trace->text) - trace->length;
	const int length =
	    snprintf(trace->text + trace->length, room, "%d%c%s %d%s%s [%s] %s%s\n", who,
		     letters[operation->kind], marks[operation->manner], result,
		     view->is_uncaught ? "!" : "", got, view->ring, view->states, channels);
	if ((size_t)length < room)
		trace->length += (size_t)length;
}

/* xorshift64*: the same programs for the same seed, everywhere. */
static int random_below(uint64_t *seed, unsigned limit)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return (int)((unsigned)((*seed * UINT64_C(2685821657736338717)) >> 33) % limit);
}

static bool is_wanted(enum model_kind kind, unsigned features)
{
	switch (kind) {
	case MODEL_CLOSE:
	case MODEL_OPEN: return features & MODEL_BUFFERS;
	case MODEL_SLEEP: return features & MODEL_TIME;
	case MODEL_LEVEL: return features & MODEL_PRIORITIES;
	default: return true;
	}
}

/* By weight. */
static enum model_kind random_kind(uint64_t *seed, unsigned features)
{
	static const int weights[] = {
#define MODEL_WEIGHT(name, letter, weight, asked) weight,
	    MODEL_KINDS(MODEL_WEIGHT)};
	for (;;) {
		int sum = 0, kind = 0;
		for (int i = 0; i < MODEL_KIND_COUNT; i++)
			sum += weights[i];
		int pick = random_below(seed, (unsigned)sum);
		while (pick >= weights[kind])
			pick -= weights[kind++];
		if (is_wanted((enum model_kind)kind, features))
			return (enum model_kind)kind;
	}
}

static enum model_manner random_manner(uint64_t *seed, unsigned features, enum model_kind kind)
{
	const enum model_manner manner = (enum model_manner)random_below(seed, 12);
	const bool traps = features & MODEL_TRAPS, channel = manners[kind] == 'C';
	switch (manner) {
	case MODEL_SWITCH_TRAP: return traps && manners[kind] != ' ' ? manner : MODEL_PLAIN;
	case MODEL_BLOCK_TRAP: return traps && channel ? manner : MODEL_PLAIN;
	case MODEL_TRY: return channel ? manner : MODEL_PLAIN;
	case MODEL_UNTIL: return channel && features & MODEL_TIME ? manner : MODEL_PLAIN;
	default: return MODEL_PLAIN;
	}
}

static void random_operation(struct model_operation *o, uint64_t *seed, unsigned features,
			     bool is_main)
{
	static const int results[] = {0, 0, 5, -ECANCELED, -EPIPE, -ENOENT, -EDEADLK};
	o->kind = random_kind(seed, features);
	if (is_main && o->kind == MODEL_END)
		o->kind = MODEL_RUN;
	o->who = random_below(seed, MODEL_TASKS);
	o->channel = random_below(seed, MODEL_CHANNELS);
	o->level = random_below(seed, MODEL_LEVELS) - 1;
	o->ticks = random_below(seed, 4);
	o->result = results[random_below(seed, 7)];
	o->manner = random_manner(seed, features, o->kind);
	if (o->manner == MODEL_UNTIL)
		o->ticks++;
}

void model_program_random(struct model_program *program, uint64_t seed, unsigned features)
{
	seed = seed * 0x9e3779b97f4a7c15 + 1;
	/* Now and then a long one, in which low levels age. */
	program->budget = random_below(&seed, 8) == 0 ? 1000 : 160;
	for (int i = 0; i < MODEL_CHANNELS; i++) {
		program->preference[i] = random_below(&seed, 3) - 1;
		program->schedule_all[i] = random_below(&seed, 5) == 0;
		program->capacity[i] = random_below(&seed, MODEL_CAPACITY_MOST + 1);
		if (!(features & MODEL_BUFFERS))
			program->capacity[i] = 0;
	}
	for (int who = 0; who < MODEL_TASKS; who++)
		for (int i = 0; i < MODEL_OPERATIONS; i++)
			random_operation(&program->operations[who][i], &seed, features, who == 0);
}
