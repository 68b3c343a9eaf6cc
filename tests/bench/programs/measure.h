/* SPDX-License-Identifier: MIT */
/*
 * measure.h: how every bench program in C or C++ measures, and what it prints.
 *
 * A program is called as PROGRAM WORKLOAD N OPERATIONS REPETITIONS and prints one line a figure:
 *	calibration NS		a step of a chain of dependent integer operations
 *	rdtsc NS		one rdtsc, back to back with others
 *	figure VALUE		one repetition of the workload, in the workload's own unit
 * Time is the CPU time of the thread: what other processes do to it is left out.
 */
#ifndef MEASURE_H
#define MEASURE_H

#ifdef __cplusplus
extern "C" {
#endif

struct measure_workload {
	const char *name; /* NULL ends the table */
	void (*run)(long n, long operations, int repetitions);
};

/* Runs the workload that the arguments name, prints the figures and ends the program; returns only
 * the status of a wrong call. */
int measure_main(int argc, char **argv, const struct measure_workload *workloads);

double measure_now_ns(void);
void measure_add(double figure);
/* Resident bytes, shared segments included, and page tables of this process. */
double measure_memory_bytes(void);
/* Says what failed, and ends the program. */
void measure_fail(const char *what) __attribute__((noreturn));

#ifdef __cplusplus
}
#endif

#endif /* MEASURE_H */
