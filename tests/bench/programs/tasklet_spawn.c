/* SPDX-License-Identifier: MIT */
/*
 * tasklet_spawn.c: what a tasklet's life costs: one at a time, a million that wait for their turn
 * together, and the million leaves of skynet, a tree of tasklets that add up their children's
 * numbers.
 */
#include <tasklet.h>

#include "tasklet_workloads.h"

static long count;

static int count_one(void *argument)
{
	(void)argument;
	count++;
	return 0;
}

void spawn_one(long n, long operations, int repetitions)
{
	(void)n;
	for (int r = 0; r < repetitions; r++) {
		const double start = measure_now_ns();
		for (long i = 0; i < operations; i++) {
			spawn_or_fail(count_one, NULL);
			if (tl_schedule() < 0)
				measure_fail("tl_schedule");
		}
		measure_add((measure_now_ns() - start) / (double)operations);
	}
	if (count != operations * repetitions)
		measure_fail("counting the tasklets");
}

/* The first repetition finds memory that nobody has touched. */
void spawn_many(long n, long operations, int repetitions)
{
	(void)operations;
	for (int r = 0; r < repetitions; r++) {
		const double start = measure_now_ns();
		for (long i = 0; i < n; i++)
			spawn_or_fail(count_one, NULL);
		run_or_fail();
		measure_add((measure_now_ns() - start) / (double)n);
	}
	if (count != n * repetitions)
		measure_fail("counting the tasklets");
}

enum { CHILDREN = 10 };

struct nest {
	struct tl_channel *out;
	uint64_t number;
	long leaves;
};

static size_t skynet_capacity;
static bool run_children_at_once;

/* `argument` lies on the parent's stack, where it stays until all the children have answered. */
static int skynet(void *argument)
{
	const struct nest self = *(const struct nest *)argument;
	if (self.leaves == 1)
		return tl_channel_send(self.out, &self.number);
	struct nest child[CHILDREN];
	struct tl_channel *in;
	if (tl_channel_create("nest", sizeof(uint64_t), skynet_capacity, &in) < 0)
		return -1;
	for (int i = 0; i < CHILDREN; i++) {
		const long leaves = self.leaves / CHILDREN;
		tl_task task;
		child[i] = (struct nest){ in, self.number + (uint64_t)(i * leaves), leaves };
		if (tl_spawn(skynet, &child[i], NULL, &task) < 0)
			return -1;
		if (run_children_at_once && tl_task_run(task) < 0)
			return -1;
	}
	uint64_t number, sum = 0;
	for (int i = 0; i < CHILDREN; i++) {
		if (tl_channel_receive(in, &number) < 0)
			return -1;
		sum += number;
	}
	/* With a rendezvous the last child has been told, but has not left its call. */
	while (tl_channel_destroy(in) < 0) {
		if (tl_schedule() < 0)
			return -1;
	}
	return tl_channel_send(self.out, &sum);
}

static int receive_total(void *argument)
{
	struct nest *root = argument;
	return tl_channel_receive(root->out, &root->number);
}

static void measure_skynet(long leaves, int repetitions)
{
	for (int r = 0; r < repetitions; r++) {
		struct nest root = { NULL, 0, leaves };
		if (tl_channel_create("root", sizeof(uint64_t), skynet_capacity, &root.out) < 0)
			measure_fail("tl_channel_create");
		const double start = measure_now_ns();
		spawn_or_fail(skynet, &root);
		spawn_or_fail(receive_total, &root);
		run_or_fail();
		measure_add((measure_now_ns() - start) / 1e6);
		if (root.number != (uint64_t)leaves * (uint64_t)(leaves - 1) / 2)
			measure_fail("adding up skynet");
		if (tl_channel_destroy(root.out) < 0)
			measure_fail("tl_channel_destroy");
	}
}

void skynet_at_once(long leaves, long operations, int repetitions)
{
	(void)operations;
	skynet_capacity = CHILDREN;
	run_children_at_once = true;
	measure_skynet(leaves, repetitions);
}

void skynet_queued(long leaves, long operations, int repetitions)
{
	(void)operations;
	skynet_capacity = CHILDREN;
	measure_skynet(leaves, repetitions);
}

void skynet_rendezvous(long leaves, long operations, int repetitions)
{
	(void)operations;
	measure_skynet(leaves, repetitions);
}
