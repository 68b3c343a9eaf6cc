/* SPDX-License-Identifier: MIT */
/* states.c: a tasklet in every state and kind of wait, each with locals of its own; one looks. */
#include <tasklet.h>

#include "look.h"

static struct tl_channel *jobs, *acks, *full;
static struct tl_mutex *db;
static tl_task kept;
static volatile int sum;

/* Arguments and locals are used after the wait: kept they must be, in memory or in registers. */
static NOIPA int receive_job(int depth, const char *what)
{
	long job = 100 + depth;
	int result = depth ? receive_job(depth - 1, what) : tl_channel_receive(jobs, &job);

	sum += depth + what[0] + (int)job;
	return result;
}

static NOIPA int opaque(int value)
{
	return value;
}

static int receiver(void *arg)
{
	int mine = opaque(10 * *(int *)arg);
	int result = receive_job(2, "job");

	sum += mine + *(int *)arg;
	return result;
}

static int sender(void *arg)
{
	long value = 40 + *(int *)arg;

	sum += check(tl_channel_send(acks, &value), "send");
	sum += (int)value + *(int *)arg;
	return 0;
}

static int filler(void *arg)
{
	for (long i = 0; i < *(int *)arg; i++)
		sum += check(tl_channel_send(full, &i), "send");
	return 0;
}

static int holder(void *arg)
{
	check(tl_mutex_lock(db), "lock");
	check(tl_sleep(*(int *)arg * UINT64_C(1000000000)), "sleep");
	sum += *(int *)arg;
	return tl_mutex_unlock(db);
}

static int locker(void *arg)
{
	sum += check(tl_mutex_lock(db), "lock");
	sum += *(int *)arg;
	return tl_mutex_unlock(db);
}

static int joiner(void *arg)
{
	sum += check(tl_task_join(*(tl_task *)arg, NULL), "join");
	sum += (int)((tl_task *)arg)->id;
	return 0;
}

static int pauser(void *arg)
{
	sum += check(tl_schedule_remove(NULL, NULL), "remove");
	sum += *(int *)arg;
	return 0;
}

static int yielder(void *arg)
{
	sum += check(tl_schedule(), "schedule");
	sum += *(int *)arg;
	return 0;
}

static int nothing(void *arg)
{
	(void)arg;
	return 0;
}

static NOIPA void look_from(int here)
{
	look();
	sum += here;
}

static tl_task spawn(tl_fn fn, void *arg, const char *name)
{
	struct tl_options options = {.name = name, .flags = TL_JOINABLE};
	tl_task task;

	check(tl_spawn(fn, arg, &options, &task), name);
	return task;
}

/* Lets the others reach their waits, looks, and undoes the waits. */
static int looker(void *arg)
{
	tl_task *paused = arg, fresh;
	long value = 7;

	check(tl_schedule(), "schedule");
	fresh = spawn(yielder, &(int){5}, "fresh");
	look_from(3);
	check(tl_task_join(fresh, NULL), "join");
	check(tl_task_insert(*paused), "insert");
	for (int i = 0; i < 2; i++)
		check(tl_channel_send(jobs, &value), "send");
	check(tl_channel_receive(acks, &value), "receive");
	check(tl_channel_receive(full, &value), "receive");
	return (int)value;
}

int main(void)
{
	int one = 1, two = 2, three = 3;
	tl_task paused;

	check(tl_channel_create("jobs", sizeof(long), 0, &jobs), "jobs");
	check(tl_channel_create("acks", sizeof(long), 0, &acks), "acks");
	check(tl_channel_create("full", sizeof(long), 2, &full), "full");
	check(tl_mutex_create("db", &db), "db");
	spawn(receiver, &one, "receiver/1");
	spawn(receiver, &two, "receiver/2");
	spawn(sender, &two, "sender");
	spawn(filler, &three, "filler");
	tl_task held = spawn(holder, &one, "holder");
	spawn(locker, &two, "locker");
	spawn(joiner, &held, "joiner");
	paused = spawn(pauser, &three, "pauser");
	spawn(nothing, NULL, "ended");
	check(tl_task_create(&(struct tl_options){.name = "unbound"}, &kept), "kept");
	spawn(looker, &paused, "looker");
	spawn(yielder, &one, "yielder");
	check(tl_run(), "run");
	printf("sum %d\n", sum);
	return 0;
}
