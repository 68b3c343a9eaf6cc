/* SPDX-License-Identifier: MIT */
/*
 * tasklet_yield.c: what a switch costs, as the ring grows, as its order leaves that of memory,
 * and as the calls round the yield vary.  A flat loop alone would reward a switch that upsets the
 * predictor of returns: hence eight call sites, and yields some calls deep, with the returns
 * round them.
 */
#include <tasklet.h>

#include "tasklet_workloads.h"

static bool stop;

static int yield_forever(void *argument)
{
	(void)argument;
	while (!stop) {
		if (tl_schedule() < 0)
			return -1;
	}
	return 0;
}

/* One of eight functions with a loop of its own: eight places that the switch returns to. */
#define YIELD_AT(site)                                     \
	static int yield_at_##site(void *argument)         \
	{                                                  \
		(void)argument;                            \
		while (!stop) {                            \
			if (tl_schedule() < 0)             \
				return -1;                 \
			__asm__ volatile("" ::"i"(site)); \
		}                                          \
		return 0;                                  \
	}
YIELD_AT(0)
YIELD_AT(1)
YIELD_AT(2)
YIELD_AT(3)
YIELD_AT(4)
YIELD_AT(5)
YIELD_AT(6)
YIELD_AT(7)

/* `depth` calls, the last of which yields; all return before the next yield. */
static __attribute__((noinline)) int yield_deep(int depth)
{
	if (depth == 1)
		return tl_schedule();
	int result = yield_deep(depth - 1);
	__asm__ volatile("" : "+r"(result));
	return result + 1;
}

static int yield_1_deep(void *argument)
{
	(void)argument;
	while (!stop) {
		if (yield_deep(1) < 0)
			return -1;
	}
	return 0;
}

static int yield_5_deep(void *argument)
{
	(void)argument;
	while (!stop) {
		if (yield_deep(5) < 0)
			return -1;
	}
	return 0;
}

static void round_or_fail(long rounds)
{
	for (long i = 0; i < rounds; i++) {
		if (tl_schedule() < 0)
			measure_fail("tl_schedule");
	}
}

/* Main is one of the n: a round of the ring is n switches. */
static void measure_rounds(long n, long operations, int repetitions)
{
	const long rounds = operations / n > 3 ? operations / n : 3;
	round_or_fail(2);
	for (int r = 0; r < repetitions; r++) {
		const double start = measure_now_ns();
		round_or_fail(rounds);
		measure_add((measure_now_ns() - start) / (double)(rounds * n));
	}
}

void yield_flat(long n, long operations, int repetitions)
{
	for (long i = 1; i < n; i++)
		spawn_or_fail(yield_forever, NULL);
	measure_rounds(n, operations, repetitions);
}

void yield_sites8(long n, long operations, int repetitions)
{
	static int (*const body[8])(void *) = { yield_at_0, yield_at_1, yield_at_2, yield_at_3,
						yield_at_4, yield_at_5, yield_at_6, yield_at_7 };
	uint32_t random = 12345;
	for (long i = 1; i < n; i++) {
		random = random * 1103515245 + 12345;
		spawn_or_fail(body[random >> 20 & 7], NULL);
	}
	measure_rounds(n, operations, repetitions);
}

void yield_deep1(long n, long operations, int repetitions)
{
	for (long i = 1; i < n; i++)
		spawn_or_fail(yield_1_deep, NULL);
	measure_rounds(n, operations, repetitions);
}

void yield_deep5(long n, long operations, int repetitions)
{
	for (long i = 1; i < n; i++)
		spawn_or_fail(yield_5_deep, NULL);
	measure_rounds(n, operations, repetitions);
}

/* The tasklets run once, in the order in which they were made, so that each has its stack; then the
 * ring is made anew, in an order that memory knows nothing of. */
void yield_shuffled(long n, long operations, int repetitions)
{
	tl_task *task = calloc((size_t)n, sizeof *task);
	if (!task)
		measure_fail("calloc");
	for (long i = 1; i < n; i++) {
		if (tl_spawn(yield_forever, NULL, NULL, &task[i]) < 0)
			measure_fail("tl_spawn");
	}
	round_or_fail(1);
	for (long i = 1; i < n; i++) {
		if (tl_task_remove(task[i]) < 0)
			measure_fail("tl_task_remove");
	}
	uint64_t random = 1;
	for (long i = n - 1; i > 0; i--) {
		random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		const long j = 1 + (long)((random >> 33) % (uint64_t)i);
		const tl_task other = task[i];
		task[i] = task[j];
		task[j] = other;
	}
	for (long i = 1; i < n; i++) {
		if (tl_task_insert(task[i]) < 0)
			measure_fail("tl_task_insert");
	}
	free(task);
	measure_rounds(n, operations, repetitions);
}
