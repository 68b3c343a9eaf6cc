/* SPDX-License-Identifier: MIT */
/*
 * chains.c: the oracle.  Tasklets are parked in call chains that the program itself publishes:
 * chain[i] names the functions in which tasklet i + 2 is, outermost first.
 */
#include <alloca.h>
#include <tasklet.h>

#include "look.h"

enum { TASKLETS = 300, DEPTH = 12 };

char chain[TASKLETS][DEPTH + 1];
static struct tl_channel *rendezvous, *full;
static struct tl_mutex *mutex;
static volatile int sum;

static NOIPA int wait_somehow(int how)
{
	long value = how;

	switch (how % 6) {
	case 0: return tl_channel_receive(rendezvous, &value) + (int)value;
	case 1: return tl_mutex_lock(mutex) + how;
	case 2: return tl_sleep(UINT64_C(1000000000)) + how;
	case 3: return tl_schedule_remove(NULL, NULL) + how;
	case 4: return tl_channel_send(full, &value) + (int)value;
	default: return tl_schedule() + how;
	}
}

static int go_on(const char *rest, int how);

/* Frames of every kind: small, large, of a size known only at run time, with all callee-saved
 * registers in use. */
NOIPA int a(const char *rest, int how)
{
	int result = go_on(rest + 1, how);

	__asm__ volatile("" : : : "memory"); /* or gcc makes a loop of it */
	return result + 1;
}

NOIPA int b(const char *rest, int how)
{
	volatile char large[1000];

	large[how] = *rest;
	return go_on(rest + 1, how) + large[how];
}

NOIPA int c(const char *rest, int how)
{
	volatile char *some = alloca(64 + 16 * (size_t)how);

	some[how] = *rest;
	return go_on(rest + 1, how) + some[how];
}

NOIPA int d(const char *rest, int how)
{
	int p = how * 3, q = how ^ 5, r = how + sum, s = how - 7, t = how << 2, u = how | 1;
	int result = go_on(rest + 1, how);

	return result + p * q - r * s + t * u;
}

static inline __attribute__((always_inline)) int go_on(const char *rest, int how)
{
	switch (*rest) {
	case 'a': return a(rest, how);
	case 'b': return b(rest, how);
	case 'c': return c(rest, how);
	case 'd': return d(rest, how);
	default: return wait_somehow(how);
	}
}

static int body(void *arg)
{
	int number = (int)((char (*)[DEPTH + 1])arg - chain);

	sum += go_on(chain[number], number % 60);
	return 0;
}

int main(void)
{
	unsigned random = 1;
	long value = 0;

	check(tl_channel_create("rendezvous", sizeof(long), 0, &rendezvous), "channel");
	check(tl_channel_create("full", sizeof(long), 1, &full), "channel");
	check(tl_channel_send(full, &value), "send");
	check(tl_mutex_create("mutex", &mutex), "mutex");
	check(tl_mutex_lock(mutex), "lock");
	for (int i = 0; i < TASKLETS; i++) {
		for (int k = 0; k < i % (DEPTH + 1); k++) {
			random = random * 1664525 + 1013904223;
			chain[i][k] = "abcd"[random >> 30];
		}
		check(tl_spawn(body, chain[i], NULL, NULL), "spawn");
	}
	check(tl_schedule(), "schedule");
	look();
	printf("sum %d\n", sum);
	return 0;
}
