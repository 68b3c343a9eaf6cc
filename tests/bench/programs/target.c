/* SPDX-License-Identifier: MIT */
/*
 * target.c: what the tools look at while they are measured.  N tasklets wait on channels, at the
 * end of call chains of different depth; HOT others and main do nothing but switch.  How many
 * switches there were so far is in the first 8 bytes of FILE, which the driver maps as well.
 *
 * usage: target N HOT FILE; prints "ready", runs until it is killed or its standard input ends.
 */
#include <tasklet.h>

#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { CHANNELS = 16, DEPTHS = 8, LOOK_EVERY = 1 << 16 };

static struct tl_channel *queue[CHANNELS];

struct waiter {
	struct tl_channel *queue;
	int depth;
};

/* GCC must not turn the chain of calls into a loop. */
static __attribute__((noinline)) int wait_below(const struct waiter *waiter, int depth)
{
	uint64_t value;
	int result = depth ? wait_below(waiter, depth - 1)
			   : tl_channel_receive(waiter->queue, &value);
	__asm__ volatile("" : "+r"(result));
	return result;
}

static int waiter_run(void *argument)
{
	const long index = (long)argument;
	const struct waiter waiter = { queue[index % CHANNELS], (int)(index % DEPTHS) };
	return wait_below(&waiter, waiter.depth);
}

static int hot_run(void *argument)
{
	(void)argument;
	for (;;) {
		if (tl_schedule() < 0)
			return -1;
	}
}

static void spawn(const char *name, tl_fn body, void *argument)
{
	const struct tl_options options = { .name = name };
	if (tl_spawn(body, argument, &options, NULL) < 0) {
		fprintf(stderr, "target: tl_spawn failed\n");
		exit(1);
	}
}

static bool is_told_to_end(void)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	return poll(&input, 1, 0) != 0;
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		fprintf(stderr, "usage: target N HOT FILE\n");
		return 2;
	}
	const long waiters = atol(argv[1]), hot = atol(argv[2]);
	const int fd = open(argv[3], O_RDWR | O_CLOEXEC);
	volatile uint64_t *switches =
		mmap(NULL, sizeof *switches, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd < 0 || switches == MAP_FAILED) {
		perror(argv[3]);
		return 1;
	}
	for (int i = 0; i < CHANNELS; i++) {
		if (tl_channel_create("queue", sizeof(uint64_t), 0, &queue[i]) < 0)
			return 1;
	}
	for (long i = 0; i < waiters; i++)
		spawn("waiter", waiter_run, (void *)i);
	if (tl_run() < 0)
		return 1;
	for (long i = 0; i < hot; i++)
		spawn("hot", hot_run, NULL);
	puts("ready");
	fflush(stdout);
	for (long round = 1;; round++) {
		if (tl_schedule() < 0)
			return 1;
		*switches += (uint64_t)hot + 1;
		if (round % LOOK_EVERY == 0 && is_told_to_end())
			return 0;
	}
}
