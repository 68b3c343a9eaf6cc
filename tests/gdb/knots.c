/* SPDX-License-Identifier: MIT */
/*
 * knots.c [SEED]: tasklets that use channels and mutexes at random until each waits for something:
 * knots, cycles, orphans and what is stuck behind them, in every mixture.
 */
#include <tasklet.h>

#include "look.h"

enum { TASKLETS = 40, CHANNELS = 12, MUTEXES = 12, STEPS = 6 };

static struct tl_channel *channels[CHANNELS];
static struct tl_mutex *mutexes[MUTEXES];
static tl_task tasks[TASKLETS];
static unsigned state;

static unsigned dice(unsigned sides)
{
	state = state * 1664525 + 1013904223;
	return (state >> 16) % sides;
}

/* Refusals are part of the game. */
static int step(void)
{
	long value = 0;
	int result;

	switch (dice(9)) {
	case 0:
	case 1: result = tl_channel_send(channels[dice(CHANNELS)], &value); break;
	case 2:
	case 3: result = tl_channel_receive(channels[dice(CHANNELS)], &value); break;
	case 4:
	case 5: result = tl_mutex_lock(mutexes[dice(MUTEXES)]); break;
	case 6: result = tl_task_join(tasks[dice(TASKLETS)], NULL); break;
	case 7: result = dice(8) ? 0 : tl_sleep(UINT64_C(1000000000000)); break;
	default: result = dice(4) ? 0 : tl_channel_receive_until(channels[dice(CHANNELS)], &value,
								 tl_now() + 1000000000); break;
	}
	return result;
}

static int player(void *arg)
{
	(void)arg;
	for (int i = 0; i < STEPS; i++) {
		(void)step();
		(void)!tl_schedule();
	}
	return 0;
}

int main(int argc, char **argv)
{
	state = argc > 1 ? (unsigned)atoi(argv[1]) : 1;
	for (int i = 0; i < CHANNELS; i++)
		check(tl_channel_create(NULL, sizeof(long), dice(3), &channels[i]), "channel");
	for (int i = 0; i < MUTEXES; i++)
		check(tl_mutex_create(NULL, &mutexes[i]), "mutex");
	for (int i = 0; i < TASKLETS; i++)
		check(tl_spawn(player, NULL, &(struct tl_options){.flags = TL_JOINABLE | TL_BACKGROUND},
			       &tasks[i]), "spawn");
	check(tl_run(), "run");
	look();
	return 0;
}
