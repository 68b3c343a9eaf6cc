/* SPDX-License-Identifier: MIT */
/*
 * sort.c: every key is turned into a number or a text once per row; then one comparison serves them
 * all.
 */
#define _GNU_SOURCE /* qsort_r, strverscmp */
#include "sort.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "label.h"

/* ---- the tables of keys ---- */

struct key {
	const char *word, *heading;
	bool down;
};

#define SORT_ROW(n, word, heading, down) {word, heading, down},
static const struct key task_keys[] = {SORT_TASK_KEYS(SORT_ROW)};
static const struct key channel_keys[] = {SORT_CHANNEL_KEYS(SORT_ROW)};

const char *sort_task_word(int key)
{
	return task_keys[key].word;
}

const char *sort_task_heading(int key)
{
	return task_keys[key].heading;
}

const char *sort_channel_word(int key)
{
	return channel_keys[key].word;
}

/* ---- reading a key ---- */

static int refuse(const struct key *keys, int count, const char *text, struct problem *problem)
{
	size_t length = (size_t)snprintf(problem->text, sizeof problem->text,
					 "cannot sort by '%.60s': want one of", text);
	for (int i = 0; i < count && length < sizeof problem->text; i++)
		length += (size_t)snprintf(problem->text + length, sizeof problem->text - length,
					   " %s", keys[i].word);
	if (length < sizeof problem->text)
		snprintf(problem->text + length, sizeof problem->text - length,
			 ", perhaps with :up or :down");
	return -EINVAL;
}

static int parse(const struct key *keys, int count, const char *text, struct sort *ret,
		 struct problem *problem)
{
	const char *colon = strchr(text, ':');
	const size_t length = colon ? (size_t)(colon - text) : strlen(text);
	for (int i = 0; i < count; i++) {
		if (strlen(keys[i].word) != length || strncmp(keys[i].word, text, length) != 0)
			continue;
		*ret = (struct sort){.key = i, .down = keys[i].down};
		if (!colon)
			return 0;
		ret->down = strcmp(colon, ":down") == 0;
		if (ret->down || strcmp(colon, ":up") == 0)
			return 0;
	}
	return refuse(keys, count, text, problem);
}

int sort_parse_task(const char *text, struct sort *ret, struct problem *problem)
{
	return parse(task_keys, SORT_TASK_KEY_COUNT, text, ret, problem);
}

int sort_parse_channel(const char *text, struct sort *ret, struct problem *problem)
{
	return parse(channel_keys, SORT_CHANNEL_KEY_COUNT, text, ret, problem);
}

/* ---- rows ---- */

struct row {
	int32_t index;
	bool is_unknown;
	double number;
	const char *text; /* NULL: by number */
	uint64_t id;
};

static int compare_rows(const void *a, const void *b, void *down)
{
	const struct row *x = a, *y = b;
	if (x->is_unknown != y->is_unknown)
		return x->is_unknown ? 1 : -1;
	int order = 0;
	if (x->is_unknown)
		order = 0;
	else if (x->text)
		order = strverscmp(x->text, y->text); /* worker/9 comes before worker/10 */
	else
		order = (x->number > y->number) - (x->number < y->number);
	if (order)
		return *(const bool *)down ? -order : order;
	return (x->id > y->id) - (x->id < y->id);
}

static void put_in_order(struct row *rows, size_t count, bool down, int32_t *ret)
{
	qsort_r(rows, count, sizeof *rows, compare_rows, &down);
	for (size_t i = 0; i < count; i++)
		ret[i] = rows[i].index;
}

static void set_time(struct row *row, uint64_t ns)
{
	row->is_unknown = ns == MODEL_UNKNOWN;
	row->number = (double)ns;
}

static void set_rate(struct row *row, double rate)
{
	row->is_unknown = rate < 0;
	row->number = rate;
}

/* ---- texts that must be made: one for each row that asks, all in one piece of memory ---- */

enum { TEXT_BYTES = 96 };

static char *text_of(char *texts, size_t row)
{
	return texts + row * TEXT_BYTES;
}

/* Many tasklets come from few places, and symbols are slow: rows of one place share one text. */
static int compare_sites(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	return (x->number > y->number) - (x->number < y->number);
}

static void set_sites(const struct look *look, struct row *rows, size_t count, char *texts)
{
	uint64_t last = 0;
	char *text = NULL;
	for (size_t i = 0; i < count; i++)
		rows[i].number = (double)look->snapshot->tasks[rows[i].index].site;
	qsort(rows, count, sizeof *rows, compare_sites);
	for (size_t i = 0; i < count; i++) {
		const uint64_t site = look->snapshot->tasks[rows[i].index].site;
		if (!text || site != last)
			text = label_site(look->model, site, text_of(texts, i), TEXT_BYTES);
		last = site;
		rows[i].text = text;
		rows[i].is_unknown = !site;
	}
}

/* ---- tasks ---- */

static double state_rank(const struct task *task)
{
	static const char order[] = "RrCLJITUOPN?X";
	const char *place = strchr(order, task_letter(task));
	return place ? (double)(place - order) : (double)sizeof order;
}

static void set_task(const struct look *look, enum sort_key key, struct row *row, char *text)
{
	const struct task *task = &look->snapshot->tasks[row->index];
	const struct task_rate *rate = look->rates ? &look->rates->tasks[row->index] : NULL;
	double percent;
	switch (key) {
	case SORT_NAME:
		row->text = task->name;
		row->is_unknown = !task->name[0];
		break;
	case SORT_STATE: row->number = state_rank(task); break;
	case SORT_WAITS:
		row->text = label_wait(look->snapshot, look->model, row->index, text, TEXT_BYTES);
		row->is_unknown = strcmp(text, "-") == 0;
		break;
	case SORT_AGE: set_time(row, task->age_ns); break;
	case SORT_RUN: set_time(row, task->run_ns); break;
	case SORT_READY: set_time(row, task->ready_ns); break;
	case SORT_LIFE: set_time(row, task->life_ns); break;
	case SORT_RUN_PERCENT: set_rate(row, rate ? rate->run_percent : RATE_UNKNOWN); break;
	case SORT_SWITCH_RATE: set_rate(row, rate ? rate->switches : RATE_UNKNOWN); break;
	case SORT_SWITCHES: row->number = (double)task->switches; break;
	case SORT_STACK:
		row->is_unknown = task_stack_used(task, &percent) == MODEL_UNKNOWN;
		row->number = percent;
		break;
	case SORT_LEVEL: row->number = task->level; break;
	case SORT_PARENT:
		row->number = (double)task->parent;
		row->is_unknown = !task->parent;
		break;
	case SORT_SCHED: row->number = task->scheduler; break;
	case SORT_SPAWN: /* set_sites() */
	case SORT_ID:
	case SORT_TASK_KEY_COUNT: break;
	}
}

int sort_tasks(const struct look *look, struct sort sort, int32_t *tasks, size_t count)
{
	const bool wants_texts = sort.key == SORT_WAITS || sort.key == SORT_SPAWN;
	struct row *rows = calloc(count + 1, sizeof *rows);
	char *texts = wants_texts ? calloc(count + 1, TEXT_BYTES) : NULL;
	int result = -ENOMEM;
	if (rows && (texts || !wants_texts)) {
		for (size_t i = 0; i < count; i++) {
			rows[i].index = tasks[i];
			rows[i].id = look->snapshot->tasks[tasks[i]].id;
			rows[i].number = sort.key == SORT_ID ? (double)rows[i].id : 0;
			set_task(look, (enum sort_key)sort.key, &rows[i],
				 texts ? text_of(texts, i) : NULL);
		}
		if (sort.key == SORT_SPAWN)
			set_sites(look, rows, count, texts);
		put_in_order(rows, count, sort.down, tasks);
		result = 0;
	}
	free(texts);
	free(rows);
	return result;
}

/* ---- channels ---- */

uint64_t object_oldest_wait(const struct snapshot *snapshot, const struct object *object)
{
	uint64_t most = 0;
	bool any = false;
	for (uint32_t i = 0; i < object->waiters_count; i++) {
		const uint64_t at = (uint64_t)object->waiters_first + i;
		if (at >= snapshot->waiter_count)
			break;
		const uint64_t age = snapshot->tasks[snapshot->waiters[at]].age_ns;
		if (age == MODEL_UNKNOWN)
			continue;
		any = true;
		if (age > most)
			most = age;
	}
	return any ? most : MODEL_UNKNOWN;
}

static void set_channel(const struct look *look, enum sort_channel_key key, struct row *row,
			char *text)
{
	const struct object *object = &look->snapshot->objects[row->index];
	const struct object_rate *rate = look->rates ? &look->rates->objects[row->index] : NULL;
	switch (key) {
	case SORT_CHANNEL_NAME:
		row->text = object->name;
		row->is_unknown = !object->name[0];
		break;
	case SORT_CHANNEL_ID: row->number = (double)object->id; break;
	case SORT_CHANNEL_CAPACITY: row->number = object->capacity; break;
	case SORT_CHANNEL_LENGTH: row->number = object->length; break;
	case SORT_CHANNEL_SENT: set_rate(row, rate ? rate->sent : RATE_UNKNOWN); break;
	case SORT_CHANNEL_RECEIVED: set_rate(row, rate ? rate->received : RATE_UNKNOWN); break;
	case SORT_CHANNEL_SENDERS: row->number = object->senders_waiting; break;
	case SORT_CHANNEL_RECEIVERS: row->number = object->receivers_waiting; break;
	case SORT_CHANNEL_OLDEST: set_time(row, object_oldest_wait(look->snapshot, object)); break;
	case SORT_CHANNEL_COUNT: row->number = (double)object->count; break;
	case SORT_CHANNEL_MADE:
		row->text = label_site(look->model, object->site, text, TEXT_BYTES);
		row->is_unknown = !object->site;
		break;
	case SORT_CHANNEL_KEY_COUNT: break;
	}
}

int sort_channels(const struct look *look, struct sort sort, int32_t *objects, size_t count)
{
	const bool wants_texts = sort.key == SORT_CHANNEL_MADE;
	struct row *rows = calloc(count + 1, sizeof *rows);
	char *texts = wants_texts ? calloc(count + 1, TEXT_BYTES) : NULL;
	int result = -ENOMEM;
	if (rows && (texts || !wants_texts)) {
		for (size_t i = 0; i < count; i++) {
			rows[i].index = objects[i];
			rows[i].id = look->snapshot->objects[objects[i]].id;
			set_channel(look, (enum sort_channel_key)sort.key, &rows[i],
				    texts ? text_of(texts, i) : NULL);
		}
		put_in_order(rows, count, sort.down, objects);
		result = 0;
	}
	free(texts);
	free(rows);
	return result;
}
