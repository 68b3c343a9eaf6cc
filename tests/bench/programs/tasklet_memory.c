/* SPDX-License-Identifier: MIT */
/*
 * tasklet_memory.c: what a tasklet costs in memory: parked in a receive with a little of its
 * stack in use, or made and not yet run.  Resident pages, the segment's included, and page
 * tables.
 */
#include <tasklet.h>

#include "tasklet_workloads.h"

static struct tl_channel *never;

static int park(void *argument)
{
	char buffer[256];
	uint64_t value;
	(void)argument;
	memset(buffer, 1, sizeof buffer);
	__asm__ volatile("" ::"r"(buffer) : "memory");
	return tl_channel_receive(never, &value);
}

/* All that the process holds: nothing is taken off for what it held before. */
void parked_bytes(long n, long operations, int repetitions)
{
	(void)operations, (void)repetitions;
	if (tl_channel_create("never", sizeof(uint64_t), 0, &never) < 0)
		measure_fail("tl_channel_create");
	for (long i = 0; i < n; i++)
		spawn_or_fail(park, NULL);
	run_or_fail();
	if (tl_channel_balance(never) != -(int)n)
		measure_fail("parking the tasklets");
	measure_add(measure_memory_bytes() / (double)n);
}

/* What came on top of a process that uses the runtime already. */
void queued_bytes(long n, long operations, int repetitions)
{
	(void)operations, (void)repetitions;
	if (tl_channel_create("never", sizeof(uint64_t), 0, &never) < 0)
		measure_fail("tl_channel_create");
	const double before = measure_memory_bytes();
	for (long i = 0; i < n; i++)
		spawn_or_fail(park, NULL);
	measure_add((measure_memory_bytes() - before) / (double)n);
}
