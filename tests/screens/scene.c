/* SPDX-License-Identifier: MIT */
/* scene.c: see scene.h.  Addresses are places: one that is asked for by name is given out, and
 * looked up again. */
#include "scene.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES = 512, EVENTS = 64, LISTED = 8, BUILT = 4096 };
#define PLACE_BASE UINT64_C(0x401000)
#define STACK_BASE UINT64_C(0x7f0000000000)

struct source {
	const struct scene *scene;
	pid_t pid;
	char label[96];
};

struct model {
	struct source *source;
};

static struct {
	char text[120];
	struct place place;
} places[PLACES];
static size_t place_count;

static struct {
	uint64_t id;
	struct event event;
	double ago_s;
} events[EVENTS];
static size_t event_count;

/* Own frames of each task, by index; those of the newest snapshot. */
static uint64_t frames[BUILT][8];

static const struct scene *chosen;
static unsigned now;
static enum source_state state;
static bool memory_refused;
static const struct scene *listed[LISTED];
static size_t listed_count;

/* ---- places ---- */

/* "function file:line", or "file:line" alone */
static uint64_t place_address(const char *text)
{
	for (size_t i = 0; i < place_count; i++)
		if (strcmp(places[i].text, text) == 0)
			return PLACE_BASE + 16 * i;
	if (place_count == PLACES)
		abort();
	char *copy = places[place_count].text, *blank, *colon;
	struct place *place = &places[place_count].place;

	snprintf(copy, sizeof(places[0].text), "%s", text);
	char *parts = strdup(copy); /* kept: the strings of a place live as long as the model */
	blank = strchr(parts, ' ');
	if (blank) {
		*blank = '\0';
		place->function = parts;
	}
	place->file = blank ? blank + 1 : parts;
	colon = strrchr(place->file, ':');
	if (colon) {
		place->line = atoi(colon + 1);
		*colon = '\0';
	} else {
		place->file = NULL;
	}
	place->is_runtime = place->file && strncmp(place->file, "lib/", 4) == 0;
	place->module = place->is_runtime ? "/usr/lib/libtasklet.so.0" : "/usr/bin/jobd";
	return PLACE_BASE + 16 * place_count++;
}

void model_place(struct model *model, uint64_t address, bool exact, struct place *ret)
{
	(void)model, (void)exact;
	*ret = (struct place){0};
	if (address >= PLACE_BASE && (address - PLACE_BASE) / 16 < place_count)
		*ret = places[(address - PLACE_BASE) / 16].place;
}

/* ---- building ---- */

static void *grow(void *array, uint32_t count, size_t bytes)
{
	void *more = realloc(array, (count + 1) * bytes);

	if (!more)
		abort();
	memset((char *)more + count * bytes, 0, bytes);
	return more;
}

int32_t make_task(struct builder *builder, struct task_at at)
{
	struct snapshot *snapshot = builder->snapshot;
	uint32_t index = snapshot->task_count;
	double seconds = builder->step * 0.5, life = snapshot->up_ns / 1e9 - 0.5;

	snapshot->tasks = grow(snapshot->tasks, index, sizeof(*snapshot->tasks));
	snapshot->task_count++;
	struct task *task = &snapshot->tasks[index];
	task->id = at.id;
	task->slot = index + 1;
	task->state = at.state;
	task->wait = at.wait;
	task->quality = at.state == TL_STATE_RUNNING ? TASK_RUNNING : TASK_GOOD;
	task->object = at.object - 1;
	task->joins = at.joins - 1;
	task->is_main = at.id == 1;
	task->parent = at.parent;
	task->site = at.spawned ? place_address(at.spawned) : 0;
	task->age_ns = SECONDS(at.age_s);
	task->life_ns = SECONDS(life);
	task->run_ns = SECONDS(life * at.run_percent / 100);
	task->ready_ns = SECONDS(0.088);
	task->wait_ns = task->life_ns - task->run_ns;
	task->switches =
		(uint64_t)((double)(at.id % 100000) + at.switches_per_s * (1000 + seconds));
	task->counter = 2 * task->switches + (at.state == TL_STATE_RUNNING);
	task->ticket = UINT64_MAX - task->age_ns; /* who has waited longer came first */
	task->stack_low = STACK_BASE + index * UINT64_C(0x10000);
	task->stack_high = task->stack_low + 0x10000;
	if (at.state != TL_STATE_RUNNING)
		task->sp = task->stack_high - (uint64_t)(at.stack_percent / 100 * 0x10000);
	snprintf(task->name, sizeof(task->name), "%s", at.name);
	snapshot->switches += task->switches;
	for (int i = 0; i < 8 && index < BUILT; i++)
		frames[index][i] = at.frames[i] ? place_address(at.frames[i]) : 0;
	return (int32_t)index;
}

int32_t make_object(struct builder *builder, uint8_t kind, const char *name, const char *made)
{
	struct snapshot *snapshot = builder->snapshot;
	uint32_t index = snapshot->object_count;

	snapshot->objects = grow(snapshot->objects, index, sizeof(*snapshot->objects));
	snapshot->object_count++;
	struct object *object = &snapshot->objects[index];
	object->id = index + 1;
	object->slot = index + 1;
	object->kind = kind;
	object->holder = -1;
	object->preference = -1;
	object->element_bytes = 8;
	object->site = place_address(made);
	object->created_ns = snapshot->up_ns;
	snprintf(object->name, sizeof(object->name), "%s", name);
	return (int32_t)index;
}

struct object *object_of(struct builder *builder, int32_t object)
{
	return &builder->snapshot->objects[object];
}

void uses(struct object *object, const uint64_t *senders, const uint64_t *receivers)
{
	for (int i = 0; i < MODEL_USERS && senders && senders[i]; i++)
		object->senders[i] = senders[i];
	for (int i = 0; i < MODEL_USERS && receivers && receivers[i]; i++)
		object->receivers[i] = receivers[i];
}

static int by_ticket(const void *left, const void *right)
{
	const struct task *const *a = left, *const *b = right;

	return ((*a)->ticket > (*b)->ticket) - ((*a)->ticket < (*b)->ticket);
}

static void add_waiters(struct snapshot *snapshot, int32_t index)
{
	struct object *object = &snapshot->objects[index];
	const struct task **waiting = calloc(snapshot->task_count + 1, sizeof(*waiting));

	object->waiters_first = snapshot->waiter_count;
	for (uint32_t i = 0; i < snapshot->task_count; i++)
		if (snapshot->tasks[i].object == index)
			waiting[object->waiters_count++] = &snapshot->tasks[i];
	qsort(waiting, object->waiters_count, sizeof(*waiting), by_ticket);
	for (uint32_t i = 0; i < object->waiters_count; i++) {
		object->senders_waiting += waiting[i]->wait == TL_WAIT_SEND;
		object->receivers_waiting += waiting[i]->wait == TL_WAIT_RECEIVE;
		snapshot->waiters[snapshot->waiter_count] =
			(uint32_t)(waiting[i] - snapshot->tasks);
		snapshot->waiter_kinds[snapshot->waiter_count++] = waiting[i]->wait;
	}
	free(waiting);
}

void finish(struct builder *builder)
{
	struct snapshot *snapshot = builder->snapshot;

	snapshot->waiters = calloc(snapshot->task_count + 1, sizeof(*snapshot->waiters));
	snapshot->waiter_kinds = calloc(snapshot->task_count + 1, 1);
	for (uint32_t i = 0; i < snapshot->object_count; i++)
		add_waiters(snapshot, (int32_t)i);
}

void add_event(uint64_t id, struct event event, double ago_s)
{
	if (event_count == EVENTS)
		abort();
	events[event_count].id = id;
	events[event_count].event = event;
	events[event_count++].ago_s = ago_s;
}

/* ---- what is looked at ---- */

void scene_choose(const struct scene *scene)
{
	chosen = scene;
	now = 0;
	state = SOURCE_RUNNING;
	memory_refused = false;
	event_count = 0;
}

void scene_step(void)
{
	now++;
}

void scene_set_state(enum source_state new_state)
{
	state = new_state;
}

void scene_refuse_memory(bool refused)
{
	memory_refused = refused;
}

void scene_list(const struct scene *const *list, size_t count)
{
	listed_count = count < LISTED ? count : LISTED;
	for (size_t i = 0; i < listed_count; i++)
		listed[i] = list[i];
}

/* ---- inspector/source ---- */

int source_open_process(pid_t pid, struct source **ret, struct problem *problem)
{
	size_t index = (size_t)(pid - SCENE_PID);
	const struct scene *scene = index < listed_count ? listed[index]
				    : pid == SCENE_PID	 ? chosen
							 : NULL;
	struct source *source = calloc(1, sizeof(*source));

	if (!scene || !source) {
		free(source);
		snprintf(problem->text, sizeof(problem->text), "%d: no such process", (int)pid);
		return -ESRCH;
	}
	source->scene = scene;
	source->pid = pid;
	snprintf(source->label, sizeof(source->label), "%s %d", scene->program, (int)pid);
	*ret = source;
	return 0;
}

int source_open_listed(pid_t pid, struct source **ret, struct problem *problem)
{
	return source_open_process(pid, ret, problem);
}

void source_close(struct source *source)
{
	free(source);
}

enum source_kind source_kind(const struct source *source)
{
	(void)source;
	return SOURCE_PROCESS;
}

const char *source_label(const struct source *source)
{
	return source->label;
}

pid_t source_pid(const struct source *source)
{
	return source->pid;
}

enum source_state source_state(struct source *source)
{
	(void)source;
	return state;
}

const char *source_memory_problem(const struct source *source)
{
	(void)source;
	return memory_refused ? "no permission; start it with tltop -- COMMAND, or be root" : NULL;
}

size_t source_list_processes(struct source_process **ret)
{
	*ret = calloc(listed_count + 2, sizeof(**ret));
	for (size_t i = 0; i < listed_count; i++) {
		(*ret)[i].pid = SCENE_PID + (pid_t)i;
		(*ret)[i].readable = true;
		snprintf((*ret)[i].program, sizeof((*ret)[i].program), "%s", listed[i]->program);
	}
	if (!listed_count)
		return 0;
	(*ret)[listed_count] = (struct source_process){.pid = 99, .program = "secretd"};
	return listed_count + 1;
}

/* ---- inspector/model ---- */

int model_open(struct source *source, struct model **ret, struct problem *problem)
{
	(void)problem;
	*ret = calloc(1, sizeof(**ret));
	if (!*ret)
		return -ENOMEM;
	(*ret)->source = source;
	return 0;
}

void model_close(struct model *model)
{
	free(model);
}

int model_snapshot(struct model *model, struct snapshot **ret, struct problem *problem)
{
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));
	struct builder builder = {.snapshot = snapshot, .step = now};

	if (!snapshot) {
		snprintf(problem->text, sizeof(problem->text), "out of memory");
		return -ENOMEM;
	}
	event_count = 0;
	snapshot->source = model->source;
	snapshot->source_state = state;
	snapshot->pid = model->source->pid;
	snapshot->up_ns = SECONDS(751) + now * (uint64_t)SCENE_STEP_NS;
	snapshot->taken_ns = SECONDS(100000) + snapshot->up_ns;
	snapshot->has_clock = snapshot->has_wakes = true;
	snapshot->trace = 1;
	snapshot->record_capacity = 1 << 20;
	snapshot->schedulers = calloc(8, sizeof(*snapshot->schedulers));
	snapshot->scheduler_count = 1;
	snapshot->schedulers[0] = (struct scheduler){.tid = 812,
						     .in_use = true,
						     .current = -1,
						     .main = 0,
						     .idle_ns = now * UINT64_C(250000000)};
	model->source->scene->make(&builder);
	if (!snapshot->waiters)
		finish(&builder);
	*ret = snapshot;
	return 0;
}

void snapshot_free(struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	free(snapshot->tasks);
	free(snapshot->objects);
	free(snapshot->schedulers);
	free(snapshot->waiters);
	free(snapshot->waiter_kinds);
	free(snapshot);
}

bool model_confirm(struct model *model, const struct snapshot *snapshot, const int32_t *tasks,
		   size_t task_count, const int32_t *objects, size_t object_count)
{
	(void)model, (void)snapshot, (void)tasks, (void)task_count, (void)objects,
		(void)object_count;
	return true;
}

static struct backtrace trace_of(const struct snapshot *snapshot, int32_t index)
{
	static const char *const inner[] = {"tl_switch lib/arch/x86_64.S:47",
					    "tl_mutex_lock lib/core/mutex.c:74"};
	const struct task *task = &snapshot->tasks[index];
	struct backtrace trace = {.status = BACKTRACE_COMPLETE};

	if (memory_refused) {
		trace.status = BACKTRACE_REFUSED;
		snprintf(trace.why, sizeof(trace.why), "no permission to read its memory");
	} else if (task->state == TL_STATE_RUNNING) {
		trace.status = BACKTRACE_RUNNING;
	} else if (index < BUILT && frames[index][0]) {
		trace.pc[trace.count++] = place_address(inner[0]);
		if (task->wait == TL_WAIT_LOCK)
			trace.pc[trace.count++] = place_address(inner[1]);
		for (int i = 0; i < 8 && frames[index][i]; i++)
			trace.pc[trace.count++] = frames[index][i];
		trace.pc[trace.count++] = place_address("tl_start_go lib/arch/x86_64.S:180");
	} else {
		trace.status = BACKTRACE_CUT;
		snprintf(trace.why, sizeof(trace.why), "no unwind information for 0x401136");
	}
	return trace;
}

void model_backtraces(struct model *model, const struct snapshot *snapshot, const int32_t *tasks,
		      size_t count, struct backtrace *ret)
{
	(void)model;
	for (size_t i = 0; i < count; i++)
		ret[i] = trace_of(snapshot, tasks[i]);
}

int model_history(struct model *model, const struct snapshot *snapshot, uint64_t id, size_t most,
		  struct history *ret)
{
	(void)model;
	*ret = (struct history){.events = calloc(EVENTS, sizeof(struct event)), .lost = 1882};
	for (size_t i = 0; ret->events && i < event_count && (!most || ret->count < most); i++) {
		if (events[i].id != id)
			continue;
		ret->events[ret->count] = events[i].event;
		ret->events[ret->count++].ns = snapshot->taken_ns - SECONDS(events[i].ago_s);
	}
	return ret->events ? 0 : -ENOMEM;
}

void history_fini(struct history *history)
{
	free(history->events);
	*history = (struct history){0};
}

#define WORD(n, v, s)                                                                              \
	case v: return s;
const char *model_state_name(const struct model *model, unsigned value)
{
	(void)model;
	switch (value) {
		TL_STATES(WORD) default : return "?";
	}
}

const char *model_wait_name(const struct model *model, unsigned value)
{
	(void)model;
	switch (value) {
		TL_WAITS(WORD) default : return "?";
	}
}

const char *model_object_name(const struct model *model, unsigned value)
{
	(void)model;
	switch (value) {
		TL_OBJECTS(WORD) default : return "?";
	}
}

const char *model_event_name(const struct model *model, unsigned value)
{
	(void)model;
	switch (value) {
		TL_EVENTS(WORD) default : return "?";
	}
}

const char *model_reason_name(const struct model *model, unsigned value)
{
	(void)model;
	switch (value) {
		TL_REASONS(WORD) default : return "?";
	}
}

char task_letter(const struct task *task)
{
	static const char waits[] = {
		[TL_WAIT_SEND] = 'C', [TL_WAIT_RECEIVE] = 'C', [TL_WAIT_LOCK] = 'L',
		[TL_WAIT_JOIN] = 'J', [TL_WAIT_SLEEP] = 'T',   [TL_WAIT_RUN] = 'U',
		[TL_WAIT_IO] = 'I',   [TL_WAIT_OFFLOAD] = 'O'};
	static const char states[] = {
		[TL_STATE_NEW] = 'N',	  [TL_STATE_PAUSED] = 'P', [TL_STATE_READY] = 'r',
		[TL_STATE_RUNNING] = 'R', [TL_STATE_ENDED] = 'X',  [TL_STATE_PARKED] = '?'};
	char letter = 0;

	if (task->state == TL_STATE_WAITING)
		letter = task->wait < sizeof(waits) ? waits[task->wait] : '?';
	else if (task->state < sizeof(states))
		letter = states[task->state];
	return letter ? letter : '?';
}

int32_t snapshot_task_by_id(const struct snapshot *snapshot, uint64_t id)
{
	for (uint32_t i = 0; i < snapshot->task_count; i++)
		if (snapshot->tasks[i].id == id)
			return (int32_t)i;
	return -1;
}

int32_t snapshot_object_by_id(const struct snapshot *snapshot, uint64_t id)
{
	for (uint32_t i = 0; i < snapshot->object_count; i++)
		if (snapshot->objects[i].id == id)
			return (int32_t)i;
	return -1;
}
