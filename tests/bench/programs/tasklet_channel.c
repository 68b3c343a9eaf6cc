/* SPDX-License-Identifier: MIT */
/*
 * tasklet_channel.c: what a message costs: to and fro between two tasklets, one way, and round a
 * ring of them; and what an uncontended mutex costs.
 */
#include <tasklet.h>

#include "tasklet_workloads.h"

#define END UINT64_MAX

static long messages;
static int rounds;

static struct tl_channel *channel_or_fail(const char *name, size_t capacity)
{
	struct tl_channel *channel;
	if (tl_channel_create(name, sizeof(uint64_t), capacity, &channel) < 0)
		measure_fail("tl_channel_create");
	return channel;
}

static struct tl_channel *ping, *pong;

static int answer(void *argument)
{
	uint64_t value;
	(void)argument;
	for (;;) {
		if (tl_channel_receive(ping, &value) < 0)
			return -1;
		if (value == END)
			return 0;
		value++;
		if (tl_channel_send(pong, &value) < 0)
			return -1;
	}
}

static int ask(void *argument)
{
	uint64_t value = 0;
	(void)argument;
	for (int r = 0; r < rounds; r++) {
		const double start = measure_now_ns();
		for (long i = 0; i < messages / 2; i++) {
			if (tl_channel_send(ping, &value) < 0)
				return -1;
			if (tl_channel_receive(pong, &value) < 0)
				return -1;
		}
		measure_add((measure_now_ns() - start) / (double)messages);
	}
	value = END;
	return tl_channel_send(ping, &value);
}

void channel_pingpong(long n, long operations, int repetitions)
{
	(void)n;
	messages = operations;
	rounds = repetitions;
	ping = channel_or_fail("ping", 0);
	pong = channel_or_fail("pong", 0);
	spawn_or_fail(answer, NULL);
	spawn_or_fail(ask, NULL);
	run_or_fail();
}

static struct tl_channel *stream;

static int consume(void *argument)
{
	uint64_t value, sum = 0;
	(void)argument;
	do {
		if (tl_channel_receive(stream, &value) < 0)
			return -1;
		sum += value;
	} while (value != END);
	return sum == 0;
}

static int produce(void *argument)
{
	uint64_t value = 0;
	(void)argument;
	for (int r = 0; r < rounds; r++) {
		const double start = measure_now_ns();
		for (long i = 0; i < messages; i++) {
			value++;
			if (tl_channel_send(stream, &value) < 0)
				return -1;
		}
		measure_add((measure_now_ns() - start) / (double)messages);
	}
	value = END;
	return tl_channel_send(stream, &value);
}

void channel_stream(long capacity, long operations, int repetitions)
{
	messages = operations;
	rounds = repetitions;
	stream = channel_or_fail("stream", (size_t)capacity);
	spawn_or_fail(consume, NULL);
	spawn_or_fail(produce, NULL);
	run_or_fail();
}

struct node {
	struct tl_channel *in, *out;
};

static struct tl_channel *done;
static double done_at;

/* A token counts down from hop to hop; whoever gets 0 says so. */
static int pass_on(void *argument)
{
	const struct node *node = argument;
	uint64_t token;
	for (;;) {
		if (tl_channel_receive(node->in, &token) < 0)
			return -1;
		if (token == 0)
			done_at = measure_now_ns();
		else
			token--;
		if (tl_channel_send(done_at > 0 ? done : node->out, &token) < 0)
			return -1;
	}
}

static int start_token(void *argument)
{
	struct tl_channel *first = argument;
	for (int r = 0; r < rounds; r++) {
		uint64_t token = (uint64_t)messages - 1;
		done_at = 0;
		const double start = measure_now_ns();
		if (tl_channel_send(first, &token) < 0 || tl_channel_receive(done, &token) < 0)
			return -1;
		measure_add((done_at - start) / (double)messages);
		/* The senders are still in the ring: let all of them wait again. */
		for (int i = 0; i < 8; i++) {
			if (tl_schedule() < 0)
				return -1;
		}
	}
	return 0;
}

void channel_ring(long n, long operations, int repetitions)
{
	struct node *node = calloc((size_t)n, sizeof *node);
	if (!node)
		measure_fail("calloc");
	messages = operations;
	rounds = repetitions;
	done = channel_or_fail("done", 0);
	for (long i = 0; i < n; i++)
		node[i].in = channel_or_fail("hop", 0);
	for (long i = 0; i < n; i++) {
		node[i].out = node[(i + 1) % n].in;
		spawn_or_fail(pass_on, &node[i]);
	}
	spawn_or_fail(start_token, node[0].in);
	run_or_fail();
}

void mutex_pair(long n, long operations, int repetitions)
{
	struct tl_mutex *mutex;
	(void)n;
	if (tl_mutex_create("bench", &mutex) < 0)
		measure_fail("tl_mutex_create");
	for (int r = 0; r < repetitions; r++) {
		const double start = measure_now_ns();
		for (long i = 0; i < operations; i++) {
			if (tl_mutex_lock(mutex) < 0 || tl_mutex_unlock(mutex) < 0)
				measure_fail("tl_mutex");
		}
		measure_add((measure_now_ns() - start) / (double)operations);
	}
}
