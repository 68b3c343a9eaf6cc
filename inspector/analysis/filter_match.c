/* SPDX-License-Identifier: MIT */
/*
 * filter_match.c: asks a filter about one tasklet.
 */
#define _GNU_SOURCE /* strcasestr */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "filter_term.h"
#include "label.h"

bool filter_list_has(const char *list, const char *item)
{
	const size_t length = strlen(item);
	for (;; list++) {
		const size_t part = strcspn(list, ",");
		if (part == length && !strncasecmp(list, item, length))
			return true;
		list += part;
		if (!*list)
			return false;
	}
}

/* ---- texts ---- */

static bool text_matches(const struct filter_term *term, const char *text)
{
	if (term->how == FILTER_LIKE)
		return regexec(&term->expression, text, 0, NULL, 0) == 0;
	return fnmatch(term->text, text, 0) == 0;
}

/* The path whole, without some of its leading folders, each with and without the line. */
static bool file_matches(const struct filter_term *term, const char *file, int line)
{
	char text[512];
	for (const char *at = file; at; at = strchr(at, '/')) {
		at += *at == '/';
		snprintf(text, sizeof text, "%s:%d", at, line);
		if (text_matches(term, at) || text_matches(term, text))
			return true;
	}
	snprintf(text, sizeof text, "%s:%d", file, line);
	return text_matches(term, file) || text_matches(term, text);
}

static bool place_matches(const struct filter_term *term, struct model *model, uint64_t site)
{
	struct place place;
	if (!site)
		return false;
	model_place(model, site, false, &place);
	return (place.function && text_matches(term, place.function)) ||
	       (place.file && file_matches(term, place.file, place.line));
}

static bool field_text_matches(const struct filter_term *term, const struct look *look,
			       int32_t index)
{
	const struct snapshot *snapshot = look->snapshot;
	const struct task *task = &snapshot->tasks[index];
	char text[LABEL_BYTES];
	switch (term->field) {
	case FILTER_FIELD_NAME: return text_matches(term, task->name);
	case FILTER_FIELD_GROUP: return text_matches(term, task->group);
	case FILTER_FIELD_WAITS:
		return text_matches(term,
				    label_wait(snapshot, look->model, index, text, sizeof text));
	case FILTER_FIELD_ON:
		return task->object >= 0 &&
		       text_matches(term, label_object(snapshot, look->model, task->object, text,
						       sizeof text));
	default: return false;
	}
}

/* A word without a field. */
static bool any_matches(const struct filter_term *term, const struct look *look, int32_t index)
{
	const struct task *task = &look->snapshot->tasks[index];
	char text[LABEL_BYTES];
	if (term->number >= 0 && (double)task->id == term->number)
		return true;
	return strcasestr(task->name, term->text) || strcasestr(task->group, term->text) ||
	       strcasestr(label_wait(look->snapshot, look->model, index, text, sizeof text),
			  term->text);
}

/* ---- sets ---- */

static bool state_matches(const struct filter_term *term, const struct look *look,
			  const struct task *task)
{
	/* of a torn record the state is not sure; letters mean their case, R and r, words do not */
	const char letter = task->quality == TASK_TORN ? '?' : task_letter(task);
	for (const char *at = term->text; *at; at += strcspn(at, ","), at += *at == ',')
		if (at[0] == letter && (!at[1] || at[1] == ','))
			return true;
	if (filter_list_has(term->text, label_state(look->model, task)))
		return true;
	return task->quality == TASK_GOOD && task->wait != TL_WAIT_NONE &&
	       filter_list_has(term->text, model_wait_name(look->model, task->wait));
}

static bool flag_holds(const struct task *task, enum filter_flag flag)
{
	switch (flag) {
	case FILTER_FLAG_DEADLINE: return task->has_deadline;
	case FILTER_FLAG_ERROR: return task->error_pending;
	case FILTER_FLAG_MAIN: return task->is_main;
	case FILTER_FLAG_BACKGROUND: return task->is_background;
	case FILTER_FLAG_FRESH: return task->is_fresh;
	case FILTER_FLAG_JOINABLE: return task->is_joinable;
	case FILTER_FLAG_TORN: return task->quality == TASK_TORN;
	case FILTER_FLAG_COUNT: break;
	}
	return false;
}

static bool flags_match(const struct filter_term *term, const struct task *task)
{
#define FLAG_WORD(n, word) word,
	static const char *const words[] = {FILTER_FLAGS(FLAG_WORD)};
	for (int flag = 0; flag < FILTER_FLAG_COUNT; flag++)
		if (flag_holds(task, (enum filter_flag)flag) &&
		    filter_list_has(term->text, words[flag]))
			return true;
	return false;
}

static bool id_matches(const struct filter_term *term, const struct task *task)
{
	char text[24];
	const uint64_t id = term->field == FILTER_FIELD_ID	 ? task->id
			    : term->field == FILTER_FIELD_PARENT ? task->parent
								 : task->waker;
	snprintf(text, sizeof text, "%llu", (unsigned long long)id);
	return id && filter_list_has(term->text, text);
}

/* ---- numbers ---- */

static double known(uint64_t value)
{
	return value == MODEL_UNKNOWN ? -1 : (double)value;
}

/* Below 0: unknown; but the level may be. */
static double number_of(const struct filter_term *term, const struct look *look, int32_t index)
{
	const struct task *task = &look->snapshot->tasks[index];
	const struct task_rate *rate = look->rates ? &look->rates->tasks[index] : NULL;
	double percent;
	switch (term->field) {
	case FILTER_FIELD_AGE: return known(task->age_ns);
	case FILTER_FIELD_RUN: return known(task->run_ns);
	case FILTER_FIELD_READY: return known(task->ready_ns);
	case FILTER_FIELD_WAITED: return known(task->wait_ns);
	case FILTER_FIELD_LIFE: return known(task->life_ns);
	case FILTER_FIELD_RUN_PERCENT: return rate ? rate->run_percent : RATE_UNKNOWN;
	case FILTER_FIELD_SWITCH_RATE: return rate ? rate->switches : RATE_UNKNOWN;
	case FILTER_FIELD_SWITCHES: return known(task->switches);
	case FILTER_FIELD_STACK: return known(task_stack_used(task, NULL));
	case FILTER_FIELD_STACK_PERCENT:
		return task_stack_used(task, &percent) == MODEL_UNKNOWN ? -1 : percent;
	case FILTER_FIELD_LEVEL: return task->level;
	case FILTER_FIELD_SCHED: return task->scheduler;
	default: return -1;
	}
}

static bool number_matches(const struct filter_term *term, double number)
{
	if (number < 0 && term->field != FILTER_FIELD_LEVEL)
		return false;
	switch (term->how) {
	case FILTER_EQUAL: return number == term->number;
	case FILTER_UNEQUAL: return number != term->number;
	case FILTER_LESS: return number < term->number;
	case FILTER_AT_MOST: return number <= term->number;
	case FILTER_MORE: return number > term->number;
	case FILTER_AT_LEAST: return number >= term->number;
	default: return false;
	}
}

/* ---- all ---- */

static bool term_matches(const struct filter_term *term, const struct look *look, int32_t index)
{
	const struct task *task = &look->snapshot->tasks[index];
	if (term->field == FILTER_FIELD_ANY)
		return any_matches(term, look, index);
	switch (term->type) {
	case FILTER_TEXT: return field_text_matches(term, look, index);
	case FILTER_PLACE: return place_matches(term, look->model, task->site);
	case FILTER_STATE: return state_matches(term, look, task);
	case FILTER_IS: return flags_match(term, task);
	case FILTER_ID: return id_matches(term, task);
	case FILTER_NUMBER:
	case FILTER_DURATION:
	case FILTER_BYTES: return number_matches(term, number_of(term, look, index));
	}
	return false;
}

bool filter_matches(const struct filter *filter, const struct look *look, int32_t task)
{
	for (size_t i = 0; filter && i < filter->count; i++)
		if (term_matches(&filter->terms[i], look, task) == filter->terms[i].is_not)
			return false;
	return true;
}

int filter_tasks(const struct filter *filter, const struct look *look, int32_t **ret, size_t *count)
{
	*count = 0;
	*ret = calloc((size_t)look->snapshot->task_count + 1, sizeof **ret);
	if (!*ret)
		return -ENOMEM;
	for (uint32_t i = 0; i < look->snapshot->task_count; i++)
		if (filter_matches(filter, look, (int32_t)i))
			(*ret)[(*count)++] = (int32_t)i;
	return 0;
}
