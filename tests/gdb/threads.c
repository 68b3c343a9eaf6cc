/* SPDX-License-Identifier: MIT */
/* threads.c: two OS threads with a ring each; every tasklet has its own thread's variables. */
#include <pthread.h>
#include <tasklet.h>

#include "look.h"

static pthread_barrier_t ready, done;
static __thread int mine;
static volatile int sum;

static NOIPA int park(int number, struct tl_channel *channel)
{
	int got = 0;
	int result = tl_channel_receive(channel, &got);

	__atomic_add_fetch(&sum, number + got + mine + !channel, __ATOMIC_RELAXED);
	return result;
}

static int parked(void *channel)
{
	return park(10, channel);
}

/* The threads meet when both have parked a tasklet; then one looks, and the other waits. */
static NOIPA void meet(void)
{
	pthread_barrier_wait(&ready);
	if (mine == 1)
		look();
	pthread_barrier_wait(&done);
}

static int waker(void *channel)
{
	int value = 5;

	meet();
	return tl_channel_send(channel, &value);
}

static void *thread_main(void *number)
{
	struct tl_channel *channel;

	mine = *(int *)number;
	check(tl_channel_create(mine == 1 ? "first" : "second", sizeof(int), 0, &channel), "channel");
	check(tl_spawn(parked, channel, &(struct tl_options){.name = "parked"}, NULL), "spawn");
	check(tl_spawn(waker, channel, &(struct tl_options){.name = "waker"}, NULL), "spawn");
	check(tl_run(), "run");
	return NULL;
}

int main(void)
{
	pthread_t other;

	/* The first thread's serials and slots come first. */
	tl_main();
	pthread_barrier_init(&ready, NULL, 2);
	pthread_barrier_init(&done, NULL, 2);
	pthread_create(&other, NULL, thread_main, &(int){2});
	thread_main(&(int){1});
	pthread_join(other, NULL);
	printf("sum %d\n", sum);
	return 0;
}
