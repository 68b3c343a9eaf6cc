/* SPDX-License-Identifier: MIT */
/* many.c: a hundred thousand tasklets, parked. */
#include <tasklet.h>

#include "look.h"

enum { TASKLETS = 100000 };

static int parked(void *channel)
{
	long value = 0;
	int result = tl_channel_receive(channel, &value);

	return result ? result : (int)value;
}

int main(void)
{
	struct tl_channel *channel;
	long value = 0;

	check(tl_channel_create("crowd", sizeof(long), 0, &channel), "channel");
	check(tl_channel_set_preference(channel, 1, NULL), "preference");
	for (int i = 0; i < TASKLETS; i++)
		check(tl_spawn(parked, channel, NULL, NULL), "spawn");
	check(tl_run(), "run");
	look();
	for (int i = 0; i < TASKLETS; i++)
		check(tl_channel_send(channel, &value), "send");
	check(tl_run(), "run");
	printf("balance %d\n", tl_channel_balance(channel));
	return 0;
}
