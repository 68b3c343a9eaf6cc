/* SPDX-License-Identifier: MIT */
/* clock.c: choosing the clock, and its anchors. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#if defined __x86_64__
#include <cpuid.h>
#endif

#include "clock.h"

enum { VIRTUAL_START = 1000000000 };

static ssize_t read_file(const char *path, char *buffer, size_t bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ssize_t n = read(fd, buffer, bytes - 1);
	close(fd);
	if (n >= 0)
		buffer[n] = 0;
	return n;
}

/* Invariant (AMD64 manual volume 3, CPUID 8000_0007 EDX bit 8), and good enough for the kernel. */
static bool tsc_is_usable(void)
{
#if defined __x86_64__
	unsigned a, b, c, d;
	char source[32];
	if (!__get_cpuid(0x80000007, &a, &b, &c, &d) || !(d & 1u << 8))
		return false;
	if (read_file("/sys/devices/system/clocksource/clocksource0/current_clocksource", source,
		      sizeof source) <= 0)
		return false;
	return !strncmp(source, "tsc", 3);
#else
	return false;
#endif
}

void clock_start(struct tl_header *h, bool virtual_clock)
{
	if (virtual_clock) {
		h->clock_now = VIRTUAL_START;
		h->clock = TL_CLOCK_VIRTUAL;
	} else if (!h->trace) {
		h->clock = TL_CLOCK_NONE;
	} else {
		h->clock = tsc_is_usable() ? TL_CLOCK_TSC : TL_CLOCK_MONOTONIC;
	}
	h->anchor0_ns = clock_monotonic_ns();
	h->anchor0_clock = clock_stamp(h);
	h->anchor1_ns = h->anchor0_ns;
	h->anchor1_clock = h->anchor0_clock;
}

void clock_anchor(struct tl_header *h, uint64_t now)
{
	if (h->clock != TL_CLOCK_TSC)
		return;
	/* Every 2^28 cycles, a tenth of a second more or less; the first one soon, since a core of
	 * a process that never idles has no other. */
	uint64_t last = __atomic_load_n(&h->anchor1_clock, __ATOMIC_RELAXED);
	if (now - last < UINT64_C(1) << (last == h->anchor0_clock ? 22 : 28))
		return;
	uint32_t sequence = __atomic_load_n(&h->clock_sequence, __ATOMIC_RELAXED);
	if (sequence & 1 ||
	    !__atomic_compare_exchange_n(&h->clock_sequence, &sequence, sequence + 1, false,
					 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return; /* another thread is at it */
	__atomic_thread_fence(__ATOMIC_RELEASE); /* a reader that sees a new anchor sees it odd */
	__atomic_store_n(&h->anchor1_ns, clock_monotonic_ns(), __ATOMIC_RELAXED);
	__atomic_store_n(&h->anchor1_clock, clock_tsc(), __ATOMIC_RELAXED);
	__atomic_store_n(&h->clock_sequence, sequence + 2, __ATOMIC_RELEASE);
}

uint64_t clock_process_start(void)
{
	char stat[1024];
	if (read_file("/proc/self/stat", stat, sizeof stat) <= 0)
		return 0;
	char *at = strrchr(stat, ')'); /* the name may hold anything, but is the last that may */
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	return at ? strtoull(at + 1, NULL, 10) : 0;
}
