/* SPDX-License-Identifier: MIT */
/*
 * peer_pth.c: the same workloads with GNU Pth; its message ports are the channels.  Its scheduler
 * looks at the events of all who wait whenever it switches: nothing with very many of them is
 * asked of it.
 */
#include <pth.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"

static pth_attr_t detached;

static void spawn(void *(*body)(void *), void *argument)
{
	if (!pth_spawn(detached, body, argument))
		measure_fail("pth_spawn");
}

static void *yield_forever(void *argument)
{
	for (;;)
		pth_yield(NULL);
	return argument;
}

static void yield_flat(long n, long operations, int repetitions)
{
	for (long i = 1; i < n; i++)
		spawn(yield_forever, NULL);
	const long rounds = operations / n > 3 ? operations / n : 3;
	pth_yield(NULL);
	pth_yield(NULL);
	for (int r = 0; r < repetitions; r++) {
		const double start = measure_now_ns();
		for (long i = 0; i < rounds; i++)
			pth_yield(NULL);
		measure_add((measure_now_ns() - start) / (double)(rounds * n));
	}
}

struct message {
	pth_message_t head;
	uint64_t value;
};

/* A port, and the event on which its one receiver waits. */
struct channel {
	pth_msgport_t port;
	pth_event_t arrived;
};

static struct channel channel_create(const char *name)
{
	struct channel c = { pth_msgport_create(name), NULL };
	if (c.port)
		c.arrived = pth_event(PTH_EVENT_MSG, c.port);
	if (!c.arrived)
		measure_fail("making a message port");
	return c;
}

static struct message *channel_receive(struct channel *c)
{
	pth_message_t *message;
	while (!(message = pth_msgport_get(c->port)))
		pth_wait(c->arrived);
	return (struct message *)message;
}

static struct channel ping, pong;

static void *answer(void *argument)
{
	for (;;) {
		struct message *message = channel_receive(&ping);
		message->value++;
		pth_msgport_put(pong.port, &message->head);
	}
	return argument;
}

static void pingpong(long n, long operations, int repetitions)
{
	static struct message token;
	(void)n;
	ping = channel_create("ping");
	pong = channel_create("pong");
	spawn(answer, NULL);
	for (int r = 0; r < repetitions; r++) {
		const double start = measure_now_ns();
		for (long i = 0; i < operations / 2; i++) {
			pth_msgport_put(ping.port, &token.head);
			channel_receive(&pong);
		}
		measure_add((measure_now_ns() - start) / (double)operations);
	}
}

struct node {
	struct channel in;
	struct node *next;
};

static struct channel done;
static double done_at;

static void *pass_on(void *argument)
{
	struct node *node = argument;
	for (;;) {
		struct message *token = channel_receive(&node->in);
		if (token->value == 0) {
			done_at = measure_now_ns();
			pth_msgport_put(done.port, &token->head);
		} else {
			token->value--;
			pth_msgport_put(node->next->in.port, &token->head);
		}
	}
	return NULL;
}

static void ring(long n, long operations, int repetitions)
{
	static struct message token;
	struct node *node = calloc((size_t)n, sizeof *node);
	if (!node)
		measure_fail("calloc");
	done = channel_create("done");
	for (long i = 0; i < n; i++)
		node[i].in = channel_create("hop");
	for (long i = 0; i < n; i++) {
		node[i].next = &node[(i + 1) % n];
		spawn(pass_on, &node[i]);
	}
	for (int r = 0; r < repetitions; r++) {
		token.value = (uint64_t)operations - 1;
		const double start = measure_now_ns();
		pth_msgport_put(node[0].in.port, &token.head);
		channel_receive(&done);
		measure_add((done_at - start) / (double)operations);
	}
}

static void mutex_pair(long n, long operations, int repetitions)
{
	pth_mutex_t mutex;
	(void)n;
	pth_mutex_init(&mutex);
	for (int r = 0; r < repetitions; r++) {
		const double start = measure_now_ns();
		for (long i = 0; i < operations; i++) {
			pth_mutex_acquire(&mutex, FALSE, NULL);
			pth_mutex_release(&mutex);
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

static void spawn_one(long n, long operations, int repetitions)
{
	(void)n;
	for (int r = 0; r < repetitions; r++) {
		const double start = measure_now_ns();
		for (long i = 0; i < operations; i++) {
			pth_t thread = pth_spawn(PTH_ATTR_DEFAULT, count_one, NULL);
			if (!thread || !pth_join(thread, NULL))
				measure_fail("joining a thread");
		}
		measure_add((measure_now_ns() - start) / (double)operations);
	}
	if (count != operations * repetitions)
		measure_fail("counting the threads");
}

static const struct measure_workload workloads[] = {
	{ "yield", yield_flat },
	{ "channel", pingpong },
	{ "ring503", ring },
	{ "mutex", mutex_pair },
	{ "spawn", spawn_one },
	{ NULL, NULL },
};

int main(int argc, char **argv)
{
	if (!pth_init())
		measure_fail("pth_init");
	detached = pth_attr_new();
	pth_attr_set(detached, PTH_ATTR_JOINABLE, FALSE);
	return measure_main(argc, argv, workloads);
}
