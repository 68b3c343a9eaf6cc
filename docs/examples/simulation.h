/* SPDX-License-Identifier: MIT */
/*
 * simulation.h: the world, as simulation.c lets it live and simulation_screen.c shows it.  All of
 * it belongs to one thread: tasklets switch where they wait and nowhere else, so nothing is locked
 * here but what takes time to use.
 */
#ifndef SIMULATION_H
#define SIMULATION_H

#include <stdbool.h>
#include <stdint.h>
#include <tasklet.h>

enum {
	WIDTH = 160, /* in strides; one dot each on a terminal of 80x24 */
	HEIGHT = 88,

	MILLISECOND = 1000000,
	SECOND_NS = 1000 * MILLISECOND,
};

struct place {
	int x, y;
};

struct heap {
	struct place at;
	int amount;
	bool is_known;
	struct tl_mutex *mutex;
};

struct ant {
	tl_task task;
	struct ant *next_free;
	struct place at;
	uint64_t luck, death;
	bool is_out, is_laden;
};

struct options {
	unsigned actors, seconds, seed;
	int headless;
};

struct world {
	struct tl_channel *orders, *reports, *larder, *dawn;
	struct heap *heaps;
	struct ant *ants, *free_ants;
	uint64_t *nurses; /* a nurse has nothing but luck */
	unsigned heap_count, ant_count, nurse_count;
	uint64_t luck, start;
	bool is_night;
	unsigned living, larvae;
	unsigned long sent, heard, finds, strides, meals, born, died;
};

extern struct options options;
extern struct world world;

/* What tl_channel_send() returned. */
int sunrise(void);

/* Ends the program when there is no terminal. */
void screen_open(void);
/* A tasklet: shows the world until somebody presses q. */
int screen_main(void *unused);

#endif /* SIMULATION_H */
