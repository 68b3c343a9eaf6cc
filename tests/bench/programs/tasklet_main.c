/* SPDX-License-Identifier: MIT */
/* tasklet_main.c: our own bench program: the table of its workloads. */
#include <tasklet.h>

#include "tasklet_workloads.h"

static const struct measure_workload workloads[] = {
	{ "yield", yield_flat },
	{ "yield_shuffled", yield_shuffled },
	{ "yield_sites8", yield_sites8 },
	{ "yield_deep1", yield_deep1 },
	{ "yield_deep5", yield_deep5 },
	{ "channel", channel_pingpong },
	{ "stream", channel_stream },
	{ "ring503", channel_ring },
	{ "mutex", mutex_pair },
	{ "spawn", spawn_one },
	{ "spawn_1m", spawn_many },
	{ "skynet_at_once", skynet_at_once },
	{ "skynet_queued", skynet_queued },
	{ "skynet_rendezvous", skynet_rendezvous },
	{ "parked_bytes", parked_bytes },
	{ "queued_bytes", queued_bytes },
	{ NULL, NULL },
};

void spawn_or_fail(int (*body)(void *), void *argument)
{
	if (tl_spawn(body, argument, NULL, NULL) < 0)
		measure_fail("tl_spawn");
}

void run_or_fail(void)
{
	if (tl_run() < 0)
		measure_fail("tl_run");
}

int main(int argc, char **argv)
{
	return measure_main(argc, argv, workloads);
}
