/* SPDX-License-Identifier: MIT */
/* measure.c: the clock, the calibration loop and the output of every bench program in C or C++. */
#include "measure.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FIGURES_MAX = 4096, CALIBRATION_STEPS = 1000000, RDTSCS = 100000 };

static double figures[FIGURES_MAX];
static int figure_count;

double measure_now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

void measure_add(double figure)
{
	if (figure_count == FIGURES_MAX)
		measure_fail("keeping so many figures");
	figures[figure_count++] = figure;
}

void measure_fail(const char *what)
{
	fprintf(stderr, "%s failed\n", what);
	exit(1);
}

double measure_memory_bytes(void)
{
	FILE *status = fopen("/proc/self/status", "r");
	char line[256];
	double kib = 0;
	if (!status)
		measure_fail("reading /proc/self/status");
	while (fgets(line, sizeof line, status)) {
		if (!strncmp(line, "VmRSS:", 6) || !strncmp(line, "VmPTE:", 6))
			kib += atof(line + 6);
	}
	fclose(status);
	return kib * 1024;
}

/* The six operations of a step depend on one another, so that a step takes six cycles of the core
 * at whatever frequency it runs: what this takes scales as all that stays within the core does. */
static double calibration_ns(void)
{
	uint64_t x = UINT64_C(88172645463325252);
	const double start = measure_now_ns();
	for (long i = 0; i < CALIBRATION_STEPS; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		__asm__ volatile("" : "+r"(x));
	}
	return (measure_now_ns() - start) / CALIBRATION_STEPS;
}

static double rdtsc_ns(void)
{
#if defined __x86_64__
	uint32_t sum = 0;
	const double start = measure_now_ns();
	for (long i = 0; i < RDTSCS; i++) {
		uint32_t low, high;
		__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
		sum += low;
	}
	__asm__ volatile("" ::"r"(sum));
	return (measure_now_ns() - start) / RDTSCS;
#else
#error "name here what reads this processor's time stamp"
#endif
}

int measure_main(int argc, char **argv, const struct measure_workload *workloads)
{
	if (argc != 5) {
		fprintf(stderr, "usage: %s WORKLOAD N OPERATIONS REPETITIONS\n", argv[0]);
		return 2;
	}
	const struct measure_workload *w = workloads;
	while (w->name && strcmp(w->name, argv[1]))
		w++;
	if (!w->name) {
		fprintf(stderr, "%s: no workload %s\n", argv[0], argv[1]);
		return 2;
	}
	printf("calibration %.4f\n", calibration_ns());
	printf("rdtsc %.4f\n", rdtsc_ns());
	w->run(atol(argv[2]), atol(argv[3]), atoi(argv[4]));
	for (int i = 0; i < figure_count; i++)
		printf("figure %.4f\n", figures[i]);
	/* Whoever is still parked stays so: no clean-up of a peer's waits for it. */
	fflush(stdout);
	_exit(0);
}
