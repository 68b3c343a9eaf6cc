/* SPDX-License-Identifier: MIT */
/* environment.c: see environment.h. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "environment.h"
#include "format.h"

enum {
	RING_DEFAULT = 16384, RING_LEAST = 64, RING_MOST = 1 << 24,
	TASKLETS_DEFAULT = 1 << 20, TASKLETS_LEAST = 2, TASKLETS_MOST = 1 << 24,
};

struct environment environment = {
	.trace = 1,
	.ring_records = RING_DEFAULT,
	.tasklets = TASKLETS_DEFAULT,
};

static void complain(const char *name, const char *value, const char *wanted, const char *instead)
{
	struct line line = { .length = 0 };
	line_text(&line, "tasklet: ");
	line_text(&line, name);
	line_text(&line, "=");
	line_name(&line, value);
	line_text(&line, ": not ");
	line_text(&line, wanted);
	line_text(&line, "; using ");
	line_text(&line, instead);
	line_text(&line, "\n");
	(void)!write(STDERR_FILENO, line.text, line.length);
}

/* A choice among words, the last of which is NULL; its index, or `otherwise`. */
static int choice(const char *name, const char *const *words, const char *wanted, int otherwise,
		  const char *instead)
{
	const char *value = secure_getenv(name);
	if (!value)
		return otherwise;
	for (int i = 0; words[i]; i++)
		if (!strcmp(value, words[i]))
			return i;
	complain(name, value, wanted, instead);
	return otherwise;
}

static uint32_t number(const char *name, uint32_t least, uint32_t most, const char *wanted,
		       uint32_t otherwise, const char *instead)
{
	const char *value = secure_getenv(name);
	if (!value)
		return otherwise;
	char *end;
	unsigned long n = strtoul(value, &end, 10);
	if (*value >= '0' && *value <= '9' && !*end && n >= least && n <= most)
		return (uint32_t)n;
	complain(name, value, wanted, instead);
	return otherwise;
}

void environment_read(void)
{
	static const char *const traces[] = { "off", "full", NULL };
	static const char *const guards[] = { "install", "protect", "canary", NULL };
	static const char *const clocks[] = { "real", "virtual", NULL };
	environment.trace =
		(uint32_t)choice("TASKLET_TRACE", traces, "off or full", 1, "full");
	environment.guard = (enum stack_guard)(
		1 + choice("TASKLET_GUARD", guards, "install, protect or canary", -1,
			   "the best that this kernel has"));
	environment.virtual_clock =
		choice("TASKLET_CLOCK", clocks, "real or virtual", 0, "the real one");
	uint32_t ring = number("TASKLET_RING", RING_LEAST, RING_MOST,
			       "a number of records from 64 to 16777216", RING_DEFAULT, "16384");
	uint32_t power = RING_LEAST;
	while (power < ring)
		power *= 2;
	environment.ring_records = power;
	environment.tasklets = number("TASKLET_MAX", TASKLETS_LEAST, TASKLETS_MOST,
				      "a number of tasklets from 2 to 16777216", TASKLETS_DEFAULT,
				      "1048576");
}
