/* SPDX-License-Identifier: MIT */
/*
 * scene.h: targets made by hand, for the screens.  scene.c stands in for inspector/source and
 * inspector/model (it defines their functions); everything above them is the real code.  A scene is
 * a function that fills a snapshot for a step of time; steps are half a second apart.
 */
#ifndef TEST_SCENE_H
#define TEST_SCENE_H

#include "../../inspector/model/model.h"

#define SECONDS(s) ((uint64_t)((s)*1e9))

enum { SCENE_PID = 812, SCENE_STEP_NS = 500000000 };

struct builder {
	struct snapshot *snapshot;
	unsigned step;
};

struct scene {
	const char *name, *program;
	void (*make)(struct builder *builder);
};
extern const struct scene scenes[]; /* the last has no name */

/* All return an index in the snapshot; pointers into it are good until the next of the same kind is
 * made. */
struct task_at {
	uint64_t id;
	const char *name;
	uint8_t state, wait;
	double age_s;
	int32_t object, joins; /* 0: none; else index + 1 */
	const char *spawned;   /* "flush.c:88" */
	const char *frames[8]; /* its own, innermost first: "flush_page flush.c:133" */
	double run_percent;    /* from step to step */
	double switches_per_s;
	double stack_percent;
	uint64_t parent;
};
int32_t make_task(struct builder *builder, struct task_at at);
int32_t make_object(struct builder *builder, uint8_t kind, const char *name, const char *made);
struct object *object_of(struct builder *builder, int32_t object);
void uses(struct object *object, const uint64_t *senders,
	  const uint64_t *receivers); /* 0 ends each */
/* Fills the lists of waiters from what the tasks wait for. */
void finish(struct builder *builder);
void add_event(uint64_t id, struct event event, double ago_s);

/* What the next source_open_process() and later looks see. */
void scene_choose(const struct scene *scene);
void scene_step(void);
void scene_set_state(enum source_state state);
void scene_refuse_memory(bool refused);
/* The pids that are in the list of processes; a scene each, from SCENE_PID on. */
void scene_list(const struct scene *const *list, size_t count);

#endif
