/* SPDX-License-Identifier: MIT */
/*
 * history.c: the rings of all schedulers as one story.
 *
 * Order: by time.  Events of one operation share a time stamp: then what makes comes before what
 * wakes, and that before who leaves.  The clocks of two processors may differ a little: a wake that
 * by time comes after the run that it caused is put before it.
 */
#include "../source/text.h"
#include "lookup.h"
#include "names.h"
#include "ring_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What an event's words mean. */
enum meaning {
	HAS_OTHER = 1,           /* a.lo is a tasklet */
	HAS_OBJECT = 2,          /* a.hi is an object's slot, b.lo its tag */
	HAS_SERIAL = 4,          /* a is an object's serial */
	HAS_TEXT = 8,            /* a is a string */
	RUNS_OTHER = 16,         /* a.lo runs from now on */
};

static unsigned meaning_of(unsigned event)
{
	static const unsigned char meanings[] = {
		[TL_EVENT_SWITCH] = HAS_OTHER | HAS_OBJECT | RUNS_OTHER,
		[TL_EVENT_HANDOFF] = HAS_OTHER | HAS_OBJECT | RUNS_OTHER,
		[TL_EVENT_WAKE] = HAS_OTHER | HAS_OBJECT,
		[TL_EVENT_EXIT] = HAS_OTHER | RUNS_OTHER,
		[TL_EVENT_NAME] = HAS_TEXT,
		[TL_EVENT_CREATE] = HAS_SERIAL,
		[TL_EVENT_DESTROY] = HAS_SERIAL,
		[TL_EVENT_CLOSE] = HAS_OBJECT,
		[TL_EVENT_THROW] = HAS_OTHER,
		[TL_EVENT_UNCAUGHT] = HAS_OTHER,
		[TL_EVENT_DEADLOCK] = HAS_OBJECT,
		[TL_EVENT_CYCLE] = HAS_OBJECT,
		[TL_EVENT_MARK] = HAS_TEXT,
		[TL_EVENT_SPAN_BEGIN] = HAS_TEXT,
		[TL_EVENT_SPAN_END] = HAS_TEXT,
	};
	return event < sizeof meanings ? meanings[event] : 0;
}

static uint32_t low_of(uint64_t word)
{
	return (uint32_t)word;
}

static uint32_t high_of(uint64_t word)
{
	return (uint32_t)(word >> 32);
}

/* ---- order ---- */

static int rank_of(const struct ring_record *record)
{
	switch (record->record.event) {
	case TL_EVENT_AWAKE:
	case TL_EVENT_SPAWN:
	case TL_EVENT_CREATE:
		return 0;
	case TL_EVENT_WAKE:
		return 1;
	default:
		return 2;
	case TL_EVENT_SWITCH:
	case TL_EVENT_HANDOFF:
	case TL_EVENT_EXIT:
	case TL_EVENT_SLEEP:
		return 3;
	}
}

static int by_time(const void *a, const void *b)
{
	const struct ring_record *left = a, *right = b;
	if (left->order != right->order)
		return left->order < right->order ? -1 : 1;
	if (left->rank != right->rank)
		return left->rank < right->rank ? -1 : 1;
	if (left->scheduler != right->scheduler)
		return left->scheduler < right->scheduler ? -1 : 1;
	if (left->is_rare != right->is_rare)
		return left->is_rare ? -1 : 1;
	return (left->number > right->number) - (left->number < right->number);
}

/* One ring, in its own order: whatever the stamps and ranks say, it stays so. */
static void set_order(struct ring_record *records, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct ring_record *last = i ? &records[i - 1] : NULL;
		records[i].order = records[i].record.stamp;
		records[i].rank = (uint8_t)rank_of(&records[i]);
		if (last && records[i].order < last->order)
			records[i].order = last->order;
		if (last && records[i].order == last->order && records[i].rank < last->rank)
			records[i].rank = last->rank;
	}
}

/* What is known of a tasklet while the story goes on. */
struct course {
	uint32_t low;            /* serial; 0: free place */
	bool is_parked;
	uint64_t ran_unwoken; /* `order` of its running although it was parked; 0: no such riddle */
	uint32_t scheduler;      /* where */
};

struct courses {
	struct course *places;   /* open addressing */
	size_t mask;
};

static struct course *course_of(const struct courses *courses, uint32_t low)
{
	size_t at = (size_t)(low * UINT64_C(0x9e3779b97f4a7c15) >> 32) & courses->mask;
	while (courses->places[at].low && courses->places[at].low != low)
		at = (at + 1) & courses->mask;
	courses->places[at].low = low;
	return &courses->places[at];
}

static void follow(const struct courses *courses, struct ring_record *record, bool *is_changed)
{
	const struct tl_event_record *event = &record->record;
	bool is_wake = event->event == TL_EVENT_WAKE;
	if (event->event == TL_EVENT_SWITCH && event->tasklet && event->flags != TL_REASON_YIELD)
		course_of(courses, event->tasklet)->is_parked = true;
	if (is_wake && event->tasklet) {
		struct course *course = course_of(courses, event->tasklet);
		if (course->ran_unwoken && course->scheduler != record->scheduler) {
			record->order = course->ran_unwoken;
			record->rank = 0;
			*is_changed = true;
		}
		course->is_parked = false;
		course->ran_unwoken = 0;
	}
	if ((meaning_of(event->event) & RUNS_OTHER) && low_of(event->a)) {
		struct course *course = course_of(courses, low_of(event->a));
		bool is_riddle = course->is_parked && event->event != TL_EVENT_HANDOFF;
		course->ran_unwoken = is_riddle ? record->order : 0;
		course->scheduler = record->scheduler;
		course->is_parked = false;
	}
}

/* Move wakes before the runs that they caused. */
static int settle_wakes(struct ring_records *records)
{
	struct courses courses = { .mask = 1024 };
	while (courses.mask < records->count * 4)
		courses.mask *= 2;
	courses.places = calloc(courses.mask, sizeof *courses.places);
	if (!courses.places)
		return -ENOMEM;
	courses.mask--;
	bool is_changed = false;
	for (size_t i = 0; i < records->count; i++)
		follow(&courses, &records->list[i], &is_changed);
	if (is_changed)
		qsort(records->list, records->count, sizeof *records->list, by_time);
	free(courses.places);
	return 0;
}

static bool is_of_many_threads(const struct ring_records *records)
{
	for (size_t i = 1; i < records->count; i++)
		if (records->list[i].scheduler != records->list[0].scheduler)
			return true;
	return false;
}

/* ---- who and what ---- */

struct story {
	struct model *model;
	const struct snapshot *snapshot;
	struct clock clock;
	struct names names;
	uint64_t highest;        /* serial that is known */
};

static uint64_t serial_at(const struct story *story, uint32_t low, uint64_t ns)
{
	uint64_t id = snapshot_serial(story->snapshot, low, story->highest);
	int32_t task = id ? snapshot_task_by_id(story->snapshot, id) : -1;
	if (task < 0 || ns == MODEL_UNKNOWN)
		return id;
	/* It was spawned after this happened: then it was another one, with the same low half. */
	uint64_t life = story->snapshot->tasks[task].life_ns, now = story->snapshot->taken_ns;
	bool is_later = life != MODEL_UNKNOWN && now > life && now - life > ns + 1000000;
	return !is_later ? id : id >> 32 ? id - (UINT64_C(1) << 32) : 0;
}

static uint64_t object_at(const struct story *story, uint32_t slot, uint32_t tag)
{
	const struct snapshot *snapshot = story->snapshot;
	uint32_t low = 0, high = snapshot->object_count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (snapshot->objects[middle].slot < slot)
			low = middle + 1;
		else
			high = middle;
	}
	bool is_there = low < snapshot->object_count && snapshot->objects[low].slot == slot &&
			(uint32_t)snapshot->objects[low].id == tag;
	return is_there ? snapshot->objects[low].id : tag;
}

static void tell(const struct story *story, const struct ring_record *record, struct event *ret)
{
	const struct tl_event_record *raw = &record->record;
	unsigned meaning = meaning_of(raw->event);
	*ret = (struct event){
		.ns = story->clock.is_known ? clock_instant_ns(&story->clock, raw->stamp) :
					      MODEL_UNKNOWN,
		.scheduler = record->scheduler,
		.event = raw->event,
		.flags = raw->flags,
		.tasklet = raw->tasklet,
		.a = raw->a,
		.b = raw->b,
	};
	if (raw->event == TL_EVENT_SPAWN && low_of(raw->a) == raw->tasklet)
		ret->task_id = raw->a;
	else
		ret->task_id = serial_at(story, raw->tasklet, ret->ns);
	if (meaning & HAS_OTHER)
		ret->other_id = serial_at(story, low_of(raw->a), ret->ns);
	if (raw->event == TL_EVENT_SPAWN)
		ret->other_id = serial_at(story, high_of(raw->b), ret->ns); /* its parent */
	if ((meaning & HAS_OBJECT) && high_of(raw->a))
		ret->object_id = object_at(story, high_of(raw->a), low_of(raw->b));
	if (meaning & HAS_SERIAL)
		ret->object_id = raw->a;
	if (raw->event == TL_EVENT_NAME && raw->flags & 1) { /* the text itself */
		char text[2 * sizeof raw->a];
		memcpy(text, &raw->a, sizeof raw->a);
		memcpy(text + sizeof raw->a, &raw->b, sizeof raw->b);
		text_make_safe(ret->text, sizeof ret->text, text, strnlen(text, sizeof text));
	} else if (meaning & HAS_TEXT) {
		names_string(&story->names, raw->a, ret->text, sizeof ret->text);
	}
}

/* ---- reading ---- */

static bool is_about(const struct tl_event_record *record, const void *user)
{
	uint32_t low = (uint32_t) * (const uint64_t *)user;
	if (record->event == 0)
		return false;
	return low == 0 || record->tasklet == low ||
	       ((meaning_of(record->event) & HAS_OTHER) && low_of(record->a) == low) ||
	       (record->event == TL_EVENT_SPAWN && high_of(record->b) == low);
}

static int read_rings(struct model *model, const struct tl_header *header, uint64_t id, size_t most,
		      struct ring_records *ret)
{
	uint64_t schedulers = header->scheduler_high;
	if (schedulers > model->layout.sections[SECTION_schedulers].capacity)
		schedulers = model->layout.sections[SECTION_schedulers].capacity;
	for (uint32_t i = 0; i < schedulers; i++)
		for (int is_rare = 0; is_rare < 2; is_rare++) {
			size_t first = ret->count;
			/* The newest of all are among the newest of each, unless some are passed
			 * over. */
			int error = ring_read(ret, model, header, i, is_rare, id ? 0 : most,
					      is_about, &id);
			if (error)
				return error;
			if (ret->count > first)
				set_order(ret->list + first, ret->count - first);
		}
	if (ret->count)
		qsort(ret->list, ret->count, sizeof *ret->list, by_time);
	return is_of_many_threads(ret) ? settle_wakes(ret) : 0;
}

static int tell_all(struct story *story, const struct ring_records *records, size_t most,
		    struct history *ret)
{
	size_t first = most && records->count > most ? records->count - most : 0;
	ret->events = malloc((records->count - first + 1) * sizeof *ret->events);
	if (!ret->events)
		return -ENOMEM;
	for (size_t i = first; i < records->count; i++)
		tell(story, &records->list[i], &ret->events[ret->count++]);
	ret->lost = records->lost;
	ret->torn = records->torn;
	return 0;
}

int model_history(struct model *model, const struct snapshot *snapshot, uint64_t id, size_t most,
		  struct history *ret)
{
	struct ring_records records = { 0 };
	struct story story = { .model = model, .snapshot = snapshot };
	struct tl_header header;
	*ret = (struct history){ 0 };
	int error = model_read_header(model, &header);
	if (error)
		return error;
	clock_init(&story.clock, &header, model->source,
		   model_is_live(source_kind(model->source), snapshot->source_state), 0);
	for (uint32_t i = 0; i < snapshot->task_count; i++)
		if (snapshot->tasks[i].id > story.highest)
			story.highest = snapshot->tasks[i].id;
	error = read_rings(model, &header, id, most, &records);
	names_init(&story.names, model, &header); /* after the rings: what they name is there */
	if (!error)
		error = tell_all(&story, &records, most, ret);
	free(records.list);
	if (error)
		history_fini(ret);
	return error;
}

void history_fini(struct history *history)
{
	free(history->events);
	*history = (struct history){ 0 };
}
