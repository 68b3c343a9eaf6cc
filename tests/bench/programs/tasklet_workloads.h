/* SPDX-License-Identifier: MIT */
/* tasklet_workloads.h: the workloads of our own bench program, by the file that holds them. */
#ifndef TASKLET_WORKLOADS_H
#define TASKLET_WORKLOADS_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"

/* tasklet_yield.c: n tasklets, main among them, that do nothing but give way; ns a switch */
void yield_flat(long n, long operations, int repetitions);
void yield_shuffled(long n, long operations, int repetitions);
void yield_sites8(long n, long operations, int repetitions);
void yield_deep1(long n, long operations, int repetitions);
void yield_deep5(long n, long operations, int repetitions);

/* tasklet_channel.c: ns a message, or a lock and unlock */
void channel_pingpong(long n, long operations, int repetitions);
void channel_stream(long capacity, long operations, int repetitions);
void channel_ring(long n, long operations, int repetitions);
void mutex_pair(long n, long operations, int repetitions);

/* tasklet_spawn.c: ns a tasklet; skynet: ms in all */
void spawn_one(long n, long operations, int repetitions);
void spawn_many(long n, long operations, int repetitions);
void skynet_at_once(long leaves, long operations, int repetitions);
void skynet_queued(long leaves, long operations, int repetitions);
void skynet_rendezvous(long leaves, long operations, int repetitions);

/* tasklet_memory.c: bytes a tasklet */
void parked_bytes(long n, long operations, int repetitions);
void queued_bytes(long n, long operations, int repetitions);

/* A tasklet that runs for as long as the bench does; the program ends if it cannot be had. */
void spawn_or_fail(int (*body)(void *), void *argument);
/* tl_run() that ends the program when a tasklet ended with an error. */
void run_or_fail(void);

#endif /* TASKLET_WORKLOADS_H */
