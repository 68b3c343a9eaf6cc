/* SPDX-License-Identifier: MIT */
/* selection.c: looked at twice, once from main and once from a tasklet. */
#include <tasklet.h>

#include "look.h"

static struct tl_channel *channel;
static volatile int calls;

static NOIPA int called_by_gdb(int value)
{
	return value + ++calls;
}

static int parked(void *arg)
{
	int got = *(int *)arg;

	check(tl_channel_receive(channel, &got), "receive");
	calls += got;
	return 0;
}

static int second_look(void *arg)
{
	look();
	check(tl_channel_send(channel, arg), "send");
	return 0;
}

int main(void)
{
	int one = 1, two = 2;

	check(tl_channel_create("channel", sizeof(int), 0, &channel), "channel");
	check(tl_spawn(parked, &one, &(struct tl_options){.name = "parked"}, NULL), "spawn");
	check(tl_run(), "run");
	look();
	check(tl_spawn(second_look, &two, &(struct tl_options){.name = "second"}, NULL), "spawn");
	check(tl_run(), "run");
	printf("calls %d\n", calls - called_by_gdb(0));
	return 0;
}
