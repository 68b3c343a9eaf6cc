/* SPDX-License-Identifier: MIT */
/*
 * accident.c: one accident, chosen by the first argument, for process.py.
 *   recurse    a tasklet recurses until its stack is full
 *   leap       one frame larger than the guard writes into the neighbour's stack, then the neighbour's turn comes
 *   handler    as recurse, with a SIGSEGV handler of the program's own, installed before the first use
 *   fork       fork in a tasklet; parent and child go on, each with its own segment
 *   fork-lost  a second thread's tasklet is lost in the child
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tasklet.h"

enum { FRAME = 1000, DEPTH = 1000, PAGE = 4096, STRIDE = 68 * 1024, LEAP = 72 * 1024 };

static volatile int sink;

static int recurse(int depth)
{
	volatile char frame[FRAME];
	memset((char *)frame, depth, sizeof frame);
	sink += frame[depth % FRAME];
	return depth ? recurse(depth - 1) + frame[1] : 0;
}

static int recursing(void *unused)
{
	(void)unused;
	if (tl_schedule())
		return 1;
	return recurse(DEPTH) + sink; /* no tail call */
}

/* Touches, of a frame that is larger than stack and guard together, only what lies just below the guard: the top of
 * the neighbour's stack. */
static __attribute__((noinline)) void leap(uintptr_t in_top_page)
{
	volatile char frame[LEAP];
	uintptr_t end = (in_top_page + PAGE - 1) / PAGE * PAGE - STRIDE;
	memset((char *)frame + (end - 64 - (uintptr_t)frame), 'l', 64);
	sink += frame[end - 1 - (uintptr_t)frame];
}

static int leaping(void *unused)
{
	(void)unused;
	if (tl_schedule())
		return 1;
	leap((uintptr_t)__builtin_frame_address(0));
	return tl_schedule();
}

static int waiting(void *turns)
{
	for (long i = 0; i < (long)turns; i++)
		if (tl_schedule())
			return 1;
	return 0;
}

static void on_segv(int signal)
{
	static const char text[] = "the program's handler\n";
	(void)!write(STDERR_FILENO, text, sizeof text - 1);
	_exit(signal == SIGSEGV ? 7 : 8);
}

static int spawn_named(const char *name, tl_fn fn, void *arg)
{
	const struct tl_options options = { .name = name };
	return tl_spawn(fn, arg, &options, NULL);
}

static int accident_stack(tl_fn fn)
{
	if (spawn_named("lower", waiting, (void *)100) || spawn_named("over\033flow", fn, NULL) ||
	    spawn_named("upper", waiting, (void *)100))
		return 1;
	return tl_run() ? 1 : 0;
}

static unsigned long segment_inode(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];
	unsigned long inode = 0;
	while (maps && !inode && fgets(line, sizeof line, maps))
		if (strstr(line, "/memfd:tasklet"))
			(void)sscanf(line, "%*s %*s %*s %*s %lu", &inode);
	if (maps)
		fclose(maps);
	return inode;
}

static int forking(void *unused)
{
	(void)unused;
	tl_task self = tl_current();
	pid_t child = fork();
	unsigned long inode = segment_inode();
	if (tl_schedule())
		return 1;
	printf("%s tasklet %lu inode %lu count %d\n", child ? "parent" : "child",
	       (unsigned long)self.id, inode, tl_run_count());
	fflush(stdout);
	if (!child) {
		(void)tl_report(STDOUT_FILENO);
		return 0;
	}
	int status;
	if (waitpid(child, &status, 0) != child || status)
		return 1;
	return 0;
}

static int blocked_thread_task(void *channel)
{
	long value;
	return tl_channel_receive(channel, &value);
}

static void *other_thread(void *barrier)
{
	struct tl_channel *channel;
	if (tl_channel_create("lost", 8, 0, &channel) ||
	    spawn_named("far", blocked_thread_task, channel) || tl_run())
		abort();
	pthread_barrier_wait(barrier);
	pthread_barrier_wait(barrier);
	return NULL;
}

static int accident_fork(int with_thread)
{
	pthread_barrier_t barrier;
	pthread_t thread;
	if (with_thread) {
		pthread_barrier_init(&barrier, NULL, 2);
		if (pthread_create(&thread, NULL, other_thread, &barrier))
			return 1;
		pthread_barrier_wait(&barrier);
	}
	pid_t self = getpid();
	if (spawn_named("forker", forking, NULL) || spawn_named("beside", waiting, (void *)3) ||
	    tl_run())
		return 1;
	if (with_thread && getpid() == self) {
		pthread_barrier_wait(&barrier);
		pthread_join(thread, NULL);
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *which = argc > 1 ? argv[1] : "";
	if (!strcmp(which, "recurse"))
		return accident_stack(recursing);
	if (!strcmp(which, "leap"))
		return accident_stack(leaping);
	if (!strcmp(which, "handler")) {
		stack_t stack = { .ss_sp = malloc(65536), .ss_size = 65536 };
		struct sigaction act = { .sa_handler = on_segv, .sa_flags = SA_ONSTACK };
		sigaltstack(&stack, NULL);
		sigaction(SIGSEGV, &act, NULL);
		return accident_stack(recursing);
	}
	if (!strcmp(which, "fork"))
		return accident_fork(0);
	if (!strcmp(which, "fork-lost"))
		return accident_fork(1);
	fprintf(stderr, "usage: accident recurse|leap|handler|fork|fork-lost\n");
	return 2;
}
