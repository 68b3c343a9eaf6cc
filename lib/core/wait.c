/* SPDX-License-Identifier: MIT */
/* wait.c: see wait.h. */
#define _GNU_SOURCE
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "fork.h"
#include "wait.h"

enum { EVENTS = 64 };

/* Of the virtual clock: how many schedulers there are, how many of them sleep, and until when. */
static struct {
	uint32_t all, asleep;
	uint64_t until[TL_ABI_SCHEDULERS]; /* 0: that one is awake */
	int wake_fds[TL_ABI_SCHEDULERS];
} crowd;
pthread_mutex_t wait_lock = PTHREAD_MUTEX_INITIALIZER; /* on all of it */

/* 0, or -errno: out of descriptors. */
static int open_descriptors(struct scheduler *s)
{
	if (s->poll_fd >= 0)
		return 0;
	s->poll_fd = epoll_create1(EPOLL_CLOEXEC);
	s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	if (s->poll_fd >= 0 && s->wake_fd >= 0 &&
	    !epoll_ctl(s->poll_fd, EPOLL_CTL_ADD, s->wake_fd, &event))
		return 0;
	int error = -errno;
	if (s->poll_fd >= 0)
		close(s->poll_fd);
	if (s->wake_fd >= 0)
		close(s->wake_fd);
	s->poll_fd = s->wake_fd = -1;
	return error;
}

/* Time alone, without descriptors. */
static void sleep_without(uint64_t ns)
{
	struct timespec t = { (time_t)(ns / 1000000000), (long)(ns % 1000000000) };
	(void)ppoll(NULL, 0, ns == TL_FOREVER ? NULL : &t, NULL);
}

static void sleep_real(struct scheduler *s, uint64_t deadline)
{
	struct epoll_event events[EVENTS];
	uint64_t now = clock_monotonic_ns();
	if (deadline <= now)
		return;
	uint64_t ns = deadline == TL_FOREVER ? TL_FOREVER : deadline - now;
	if (open_descriptors(s)) {
		sleep_without(ns);
		return;
	}
	struct timespec t = { (time_t)(ns / 1000000000), (long)(ns % 1000000000) };
	static bool is_old; /* before Linux 5.11; relaxed: whoever does not know yet finds out */
	int n = -1;
	if (!__atomic_load_n(&is_old, __ATOMIC_RELAXED)) {
		n = epoll_pwait2(s->poll_fd, events, EVENTS, ns == TL_FOREVER ? NULL : &t, NULL);
		if (n < 0 && errno == ENOSYS)
			__atomic_store_n(&is_old, true, __ATOMIC_RELAXED);
	}
	if (__atomic_load_n(&is_old, __ATOMIC_RELAXED)) { /* whole milliseconds, rounded up */
		uint64_t ms = ns / 1000000 + 1;
		n = epoll_wait(s->poll_fd, events, EVENTS,
			       ns == TL_FOREVER ? -1 : ms > INT_MAX ? INT_MAX : (int)ms);
	}
	if (n < 0 && errno == EBADF) { /* closefrom(3) of a daemon: they are not ours any more */
		s->poll_fd = s->wake_fd = -1;
		sleep_without(ns);
		return;
	}
	if (n > 0) {
		uint64_t count;
		(void)!read(s->wake_fd, &count, sizeof count);
	}
}

/* All sleep: the earliest deadline is now.  Under wait_lock. */
static void jump(void)
{
	uint64_t earliest = TL_FOREVER;
	for (uint32_t i = 0; i < TL_ABI_SCHEDULERS; i++)
		if (crowd.until[i] && crowd.until[i] < earliest)
			earliest = crowd.until[i];
	if (earliest == TL_FOREVER)
		return;
	if (earliest > segment.header->clock_now)
		__atomic_store_n(&segment.header->clock_now, earliest, __ATOMIC_RELEASE);
	for (uint32_t i = 0; i < TL_ABI_SCHEDULERS; i++)
		if (crowd.until[i] && crowd.until[i] <= segment.header->clock_now) {
			crowd.until[i] = 0;
			crowd.asleep--;
			wait_wake(crowd.wake_fds[i]);
		}
}

static void sleep_virtual(struct scheduler *s, uint64_t deadline)
{
	bool descriptors = !open_descriptors(s);
	pthread_mutex_lock(&wait_lock);
	crowd.until[s->index] = deadline;
	crowd.wake_fds[s->index] = s->wake_fd;
	crowd.asleep++;
	if (crowd.asleep == crowd.all)
		jump();
	bool awake = !crowd.until[s->index];
	pthread_mutex_unlock(&wait_lock);
	while (!awake) {
		if (descriptors)
			sleep_real(s, TL_FOREVER);
		else
			sleep_without(1000000);
		pthread_mutex_lock(&wait_lock);
		awake = !crowd.until[s->index];
		pthread_mutex_unlock(&wait_lock);
	}
}

void wait_join(struct scheduler *s)
{
	(void)s;
	pthread_mutex_lock(&wait_lock);
	crowd.all++;
	pthread_mutex_unlock(&wait_lock);
}

void wait_finish(struct scheduler *s)
{
	pthread_mutex_lock(&wait_lock);
	crowd.all--;
	if (crowd.all && crowd.asleep == crowd.all && segment.header->clock == TL_CLOCK_VIRTUAL)
		jump();
	pthread_mutex_unlock(&wait_lock);
	if (s->poll_fd >= 0) {
		close(s->poll_fd);
		close(s->wake_fd);
	}
}

void wait_forked(struct scheduler *s)
{
	for (uint32_t i = 0; i < TL_ABI_SCHEDULERS; i++)
		crowd.until[i] = 0;
	crowd.asleep = 0;
	crowd.all = s ? 1 : 0;
	if (s && s->poll_fd >= 0) { /* they are the parent's */
		close(s->poll_fd);
		close(s->wake_fd);
		s->poll_fd = s->wake_fd = -1;
	}
}

void wait_wake(int wake_fd)
{
	uint64_t one = 1;
	if (wake_fd >= 0)
		(void)!write(wake_fd, &one, sizeof one);
}

void wait_sleep(struct scheduler *s, uint64_t deadline)
{
	int saved_errno = errno;
	s->shared->sleep_until = deadline;
	/* release: a tool that sees it asleep sees until when */
	__atomic_store_n(&s->shared->asleep, 1, __ATOMIC_RELEASE);
	if (segment.header->clock == TL_CLOCK_VIRTUAL)
		sleep_virtual(s, deadline);
	else
		sleep_real(s, deadline);
	__atomic_store_n(&s->shared->asleep, 0, __ATOMIC_RELEASE);
	errno = saved_errno;
}
