/* SPDX-License-Identifier: MIT */
/*
 * peer_st.c: the same workloads with State Threads.  It has no yield but a sleep of 0, and no
 * channels: a queue with two condition variables takes their place, of capacity 1 where ours is a
 * rendezvous, which asks less of it.
 */
#include <st.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"

static void spawn(void *(*body)(void *), void *argument)
{
	if (!st_thread_create(body, argument, 0, 0))
		measure_fail("st_thread_create");
}

static void *yield_forever(void *argument)
{
	for (;;)
		st_usleep(0);
	return argument;
}

static void yield_flat(long n, long operations, int repetitions)
{
	for (long i = 1; i < n; i++)
		spawn(yield_forever, NULL);
	const long rounds = operations / n > 3 ? operations / n : 3;
	st_usleep(0);
	st_usleep(0);
	for (int r = 0; r < repetitions; r++) {
		const double start = measure_now_ns();
		for (long i = 0; i < rounds; i++)
			st_usleep(0);
		measure_add((measure_now_ns() - start) / (double)(rounds * n));
	}
}

struct channel {
	st_cond_t filled, emptied;
	long capacity, first, length;
	uint64_t element[];
};

static struct channel *channel_create(long capacity)
{
	capacity = capacity ? capacity : 1;
	struct channel *c = calloc(1, sizeof *c + (size_t)capacity * sizeof *c->element);
	if (!c || !(c->filled = st_cond_new()) || !(c->emptied = st_cond_new()))
		measure_fail("making a channel");
	c->capacity = capacity;
	return c;
}

static void channel_destroy(struct channel *c)
{
	st_cond_destroy(c->filled);
	st_cond_destroy(c->emptied);
	free(c);
}

static void channel_send(struct channel *c, uint64_t value)
{
	while (c->length == c->capacity)
		st_cond_wait(c->emptied);
	long end = c->first + c->length;
	if (end >= c->capacity)
		end -= c->capacity;
	c->element[end] = value;
	c->length++;
	st_cond_signal(c->filled);
}

static uint64_t channel_receive(struct channel *c)
{
	while (c->length == 0)
		st_cond_wait(c->filled);
	const uint64_t value = c->element[c->first];
	if (++c->first == c->capacity)
		c->first = 0;
	c->length--;
	st_cond_signal(c->emptied);
	return value;
}

static struct channel *ping, *pong;

static void *answer(void *argument)
{
	for (;;)
		channel_send(pong, channel_receive(ping) + 1);
	return argument;
}

static void pingpong(long n, long operations, int repetitions)
{
	uint64_t value = 0;
	(void)n;
	ping = channel_create(0);
	pong = channel_create(0);
	spawn(answer, NULL);
	for (int r = 0; r < repetitions; r++) {
		const double start = measure_now_ns();
		for (long i = 0; i < operations / 2; i++) {
			channel_send(ping, value);
			value = channel_receive(pong);
		}
		measure_add((measure_now_ns() - start) / (double)operations);
	}
}

static volatile uint64_t total;

static void *consume(void *argument)
{
	for (;;)
		total += channel_receive(argument);
	return argument;
}

static void stream(long capacity, long operations, int repetitions)
{
	struct channel *channel = channel_create(capacity);
	spawn(consume, channel);
	for (int r = 0; r < repetitions; r++) {
		const double start = measure_now_ns();
		for (long i = 0; i < operations; i++)
			channel_send(channel, (uint64_t)i);
		measure_add((measure_now_ns() - start) / (double)operations);
	}
}

struct node {
	struct channel *in, *out;
};

static struct channel *done;
static double done_at;

static void *pass_on(void *argument)
{
	const struct node *node = argument;
	for (;;) {
		const uint64_t token = channel_receive(node->in);
		if (token == 0) {
			done_at = measure_now_ns();
			channel_send(done, 0);
		} else {
			channel_send(node->out, token - 1);
		}
	}
	return NULL;
}

static void ring(long n, long operations, int repetitions)
{
	struct node *node = calloc((size_t)n, sizeof *node);
	if (!node)
		measure_fail("calloc");
	done = channel_create(0);
	for (long i = 0; i < n; i++)
		node[i].in = channel_create(0);
	for (long i = 0; i < n; i++) {
		node[i].out = node[(i + 1) % n].in;
		spawn(pass_on, &node[i]);
	}
	for (int r = 0; r < repetitions; r++) {
		const double start = measure_now_ns();
		channel_send(node[0].in, (uint64_t)operations - 1);
		channel_receive(done);
		measure_add((done_at - start) / (double)operations);
	}
}

static void mutex_pair(long n, long operations, int repetitions)
{
	st_mutex_t mutex = st_mutex_new();
	(void)n;
	for (int r = 0; r < repetitions; r++) {
		const double start = measure_now_ns();
		for (long i = 0; i < operations; i++) {
			st_mutex_lock(mutex);
			st_mutex_unlock(mutex);
		}
		measure_add((measure_now_ns() - start) / (double)operations);
	}
}

static long count;

static void *count_one(void *argument)
{
	count++;
	return argument;
}

/* Joining is the way to give way that does not poll for I/O when nobody else can run. */
static void spawn_one(long n, long operations, int repetitions)
{
	(void)n;
	for (int r = 0; r < repetitions; r++) {
		const double start = measure_now_ns();
		for (long i = 0; i < operations; i++) {
			st_thread_t thread = st_thread_create(count_one, NULL, 1, 0);
			if (!thread || st_thread_join(thread, NULL) < 0)
				measure_fail("joining a thread");
		}
		measure_add((measure_now_ns() - start) / (double)operations);
	}
	if (count != operations * repetitions)
		measure_fail("counting the threads");
}

static void spawn_many(long n, long operations, int repetitions)
{
	(void)operations;
	for (int r = 0; r < repetitions; r++) {
		const double start = measure_now_ns();
		for (long i = 0; i < n; i++)
			spawn(count_one, NULL);
		while (count < n * (r + 1))
			st_usleep(0);
		measure_add((measure_now_ns() - start) / (double)n);
	}
}

enum { CHILDREN = 10 };

struct nest {
	struct channel *out;
	uint64_t number;
	long leaves;
};

static void *nest(void *argument)
{
	const struct nest self = *(const struct nest *)argument;
	if (self.leaves == 1) {
		channel_send(self.out, self.number);
		return NULL;
	}
	struct nest child[CHILDREN];
	struct channel *in = channel_create(CHILDREN);
	uint64_t sum = 0;
	for (int i = 0; i < CHILDREN; i++) {
		const long leaves = self.leaves / CHILDREN;
		child[i] = (struct nest){ in, self.number + (uint64_t)(i * leaves), leaves };
		spawn(nest, &child[i]);
	}
	for (int i = 0; i < CHILDREN; i++)
		sum += channel_receive(in);
	channel_destroy(in);
	channel_send(self.out, sum);
	return NULL;
}

static void skynet_queued(long leaves, long operations, int repetitions)
{
	(void)operations;
	for (int r = 0; r < repetitions; r++) {
		struct nest root = { channel_create(CHILDREN), 0, leaves };
		const double start = measure_now_ns();
		spawn(nest, &root);
		const uint64_t sum = channel_receive(root.out);
		measure_add((measure_now_ns() - start) / 1e6);
		if (sum != (uint64_t)leaves * (uint64_t)(leaves - 1) / 2)
			measure_fail("adding up skynet");
	}
}

static long parked;
static st_cond_t never;

static void *park(void *argument)
{
	char buffer[256];
	memset(buffer, 1, sizeof buffer);
	__asm__ volatile("" ::"r"(buffer) : "memory");
	parked++;
	st_cond_wait(never);
	return argument;
}

static void parked_bytes(long n, long operations, int repetitions)
{
	(void)operations, (void)repetitions;
	never = st_cond_new();
	for (long i = 0; i < n; i++)
		spawn(park, NULL);
	while (parked < n)
		st_usleep(0);
	measure_add(measure_memory_bytes() / (double)n);
}

static const struct measure_workload workloads[] = {
	{ "yield", yield_flat },
	{ "channel", pingpong },
	{ "stream", stream },
	{ "ring503", ring },
	{ "mutex", mutex_pair },
	{ "spawn", spawn_one },
	{ "spawn_1m", spawn_many },
	{ "skynet_queued", skynet_queued },
	{ "parked_bytes", parked_bytes },
	{ NULL, NULL },
};

int main(int argc, char **argv)
{
	if (st_init() < 0)
		measure_fail("st_init");
	return measure_main(argc, argv, workloads);
}
