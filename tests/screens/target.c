/* SPDX-License-Identifier: MIT */
/*
 * target.c: a program to look at: some tasklets that sleep and talk, and orders by signal.
 *     target [COUNT]     prints "ready" when all are there
 *     SIGUSR1: becomes another program        SIGUSR2: forks; the child stays
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <tasklet.h>

static volatile sig_atomic_t order;
static struct tl_channel *work;

static void on_signal(int number)
{
	order = number;
}

static int worker(void *unused)
{
	uint64_t item;

	(void)unused;
	for (;;) {
		int result = tl_channel_receive(work, &item);
		if (result)
			return result;
	}
}

static int boss(void *unused)
{
	(void)unused;
	for (uint64_t item = 0;; item++) {
		int result = tl_channel_send(work, &item);
		if (!result)
			result = tl_sleep(20000000);
		if (result)
			return result;
		if (order == SIGUSR1)
			execlp("sleep", "sleep", "1000", (char *)NULL);
		if (order == SIGUSR2 && fork() < 0)
			return -1;
		order = 0;
	}
}

static void start(tl_fn function, const char *name)
{
	if (tl_spawn(function, NULL, &(struct tl_options){.name = name}, NULL))
		exit(1);
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 3;
	char name[32];

	signal(SIGUSR1, on_signal);
	signal(SIGUSR2, on_signal);
	if (tl_channel_create("work", sizeof(uint64_t), 0, &work))
		return 1;
	for (int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "worker/%d", i);
		start(worker, name);
	}
	start(boss, "boss");
	printf("ready\n");
	fflush(stdout);
	return tl_run() ? 1 : 0;
}
