/* SPDX-License-Identifier: MIT */
/*
 * tasks.c: tasklet records become tasks.  Only those whose bit of the occupancy is set are touched,
 * and nothing at or above the header's mark.
 */
#include "record.h"
#include "taking.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
	TASKS_MOST = 1 << 24, /* the rest is left out */
};

struct records {
	struct record_view view;
	const unsigned char *occupancy; /* NULL: not there */
	uint64_t occupancy_words;
	const unsigned char *bases, *labels; /* NULL: not there */
	uint64_t base_count, label_count;
};

/* ---- its parts ---- */

/* The times are kept up to `since`; the state tells which of them has been growing from then on. */
static void set_times(const struct taking *taking, const struct tl_record *record,
		      struct task *task)
{
	const struct layout *layout = &taking->model->layout;
	task->age_ns = taking_age(taking, record->since);
	task->life_ns = taking_age(taking, record->spawned);
	task->run_ns = task->ready_ns = task->wait_ns = MODEL_UNKNOWN;
	if (!taking->clock.is_known)
		return;
	uint64_t grown = task->age_ns == MODEL_UNKNOWN ? 0 : task->age_ns;
	if (layout_knows(layout, FIELD_records_run))
		task->run_ns = clock_duration_ns(&taking->clock, record->run) +
			       (task->state == TL_STATE_RUNNING ? grown : 0);
	if (layout_knows(layout, FIELD_records_ready))
		task->ready_ns = clock_duration_ns(&taking->clock, record->ready) +
				 (task->state == TL_STATE_READY ? grown : 0);
	if (task->life_ns == MODEL_UNKNOWN || task->run_ns == MODEL_UNKNOWN ||
	    task->ready_ns == MODEL_UNKNOWN)
		return;
	bool has_ended = task->state == TL_STATE_ENDED && grown < task->life_ns;
	uint64_t life = task->life_ns - (has_ended ? grown : 0);
	uint64_t busy = task->run_ns + task->ready_ns;
	task->wait_ns = life > busy ? life - busy : 0;
}

static void set_state(const struct tl_record *record, struct task *task)
{
	uint64_t wait = record->wait;
	task->wait_word = wait;
	task->counter = record->counter;
	task->state = wait & TL_WAIT_STATE_MASK;
	task->wait = wait >> TL_WAIT_KIND_SHIFT & TL_WAIT_KIND_MASK;
	task->has_deadline = wait & TL_WAIT_FLAG_DEADLINE;
	task->error_pending = (wait & TL_WAIT_FLAG_ERROR) || (record->flags & TL_RECORD_THROWN);
	bool is_on_cpu = record->counter % 2;
	if (task->state == TL_STATE_READY && is_on_cpu)
		task->state = TL_STATE_RUNNING;
	task->is_main = record->flags & TL_RECORD_MAIN;
	task->is_background = record->flags & TL_RECORD_BACKGROUND;
	task->is_joinable = record->flags & TL_RECORD_JOINABLE;
	task->is_fresh = record->flags & TL_RECORD_FRESH;
	task->quality = is_on_cpu ? TASK_RUNNING : TASK_GOOD;
}

static void set_switches(const struct records *records, uint64_t slot, struct task *task)
{
	uint64_t base = 0;
	if (records->bases && slot < records->base_count)
		memcpy(&base, records->bases + slot * sizeof base, sizeof base);
	uint64_t all = task->counter / 2 + task->counter % 2;
	task->switches = all > base ? all - base : 0;
}

static void set_texts(const struct taking *taking, const struct records *records, uint64_t slot,
		      const struct tl_record *record, struct task *task)
{
	names_field(&taking->names, record->name, sizeof record->name, task->name,
		    sizeof task->name);
	uint32_t label = 0;
	if (records->labels && slot < records->label_count)
		memcpy(&label, records->labels + slot * sizeof label, sizeof label);
	names_string(&taking->names, label, task->group, sizeof task->group);
}

/* False: nobody is there (any more). */
static bool fill_task(struct taking *taking, const struct records *records, uint64_t slot,
		      struct task *task)
{
	struct tl_record record;
	struct snapshot *snapshot = taking->snapshot;
	bool is_whole = record_read(&records->view, slot, &record);
	if (record.serial == 0 || (record.wait & TL_WAIT_STATE_MASK) == TL_STATE_FREE)
		return false;
	task->id = record.serial;
	task->slot = (uint32_t)slot;
	task->joins = -1;
	task->sp = task->stack_low = task->stack_high = 0;
	set_state(&record, task);
	set_switches(records, slot, task);
	set_texts(taking, records, slot, &record, task);
	set_times(taking, &record, task);
	slabs_find(&taking->slabs, record.stack, &task->stack_low, &task->stack_high);
	if (!task->is_fresh)
		task->sp = record.sp;
	task->level = record.level;
	task->ticket = record.ticket;
	task->site = record.site < taking->site_count ? taking->site_addresses[record.site] : 0;
	task->scheduler = record.scheduler;
	task->object = (int32_t)(record.wait >> TL_WAIT_OBJECT_SHIFT);
	task->parent = record.parent;
	task->waker = record.waker;
	if (!is_whole) {
		task->quality = TASK_TORN;
		snapshot->torn++;
	}
	if (task->id > taking->highest_serial)
		taking->highest_serial = task->id;
	return true;
}

/* ---- all of them ---- */

static int view_records(struct taking *taking, struct records *records)
{
	struct model *model = taking->model;
	const struct layout *layout = &model->layout;
	*records = (struct records){ 0 };
	int error = record_view_init(&records->view, model, taking->header.record_high,
				     taking->is_live);
	if (error)
		return error;
	records->occupancy_words = (records->view.count + 63) / 64;
	records->base_count = records->label_count = records->view.count;
	if (layout->sections[SECTION_occupancy].entry_bytes == sizeof(uint64_t))
		records->occupancy = model_section(model, SECTION_occupancy,
						   &records->occupancy_words, NULL);
	if (layout->sections[SECTION_bases].entry_bytes == sizeof(uint64_t))
		records->bases = model_section(model, SECTION_bases, &records->base_count, NULL);
	if (layout->sections[SECTION_labels].entry_bytes == sizeof(uint32_t))
		records->labels = model_section(model, SECTION_labels, &records->label_count, NULL);
	return 0;
}

/* The bits of 64 slots from `first` on that are somebody's. */
static uint64_t occupied(const struct records *records, uint64_t first)
{
	uint64_t word = ~UINT64_C(0);
	if (records->occupancy) {
		if (first / 64 >= records->occupancy_words)
			return 0;
		memcpy(&word, records->occupancy + first / 8, sizeof word);
	}
	if (records->view.count - first < 64)
		word &= (UINT64_C(1) << (records->view.count - first)) - 1;
	return word;
}

static uint64_t count_occupied(const struct records *records)
{
	uint64_t count = 0;
	for (uint64_t first = 0; first < records->view.count; first += 64)
		count += (uint64_t)__builtin_popcountll(occupied(records, first));
	return count;
}

/* The switches of all tasklets that ever were in a slot: its counter is never reset. */
static uint64_t sum_switches(const struct records *records)
{
	uint64_t sum = 0;
	for (uint64_t slot = 0; slot < records->view.count; slot++) {
		uint64_t counter = record_counter(&records->view, slot);
		sum += counter / 2 + counter % 2;
	}
	return sum;
}

/* Large arrays on huge pages: what a picture of many tasklets costs most is the first touches. */
static void *allocate(size_t bytes)
{
	const uintptr_t huge = 2 << 20;
	void *memory = malloc(bytes);
	uintptr_t low = ((uintptr_t)memory + huge - 1) & -huge;
	uintptr_t high = ((uintptr_t)memory + bytes) & -huge;
	if (memory && low < high)
		madvise((void *)low, high - low, MADV_HUGEPAGE);
	return memory;
}

/* Half as many again.  0: there are as many as there may be, or -ENOMEM. */
static int grow_tasks(struct snapshot *snapshot, uint64_t *room)
{
	uint64_t more = *room + *room / 2 + 1;
	if (more > TASKS_MOST)
		more = TASKS_MOST;
	if (more <= *room)
		return 0;
	struct task *grown = reallocarray(snapshot->tasks, more, sizeof *grown);
	if (!grown)
		return -ENOMEM;
	snapshot->tasks = grown;
	*room = more;
	return 0;
}

int taking_tasks(struct taking *taking)
{
	struct records records;
	struct snapshot *snapshot = taking->snapshot;
	int error = view_records(taking, &records);
	if (error)
		return error;
	/* Slots may be taken while we go through them: a little room for those, and if that is not
	 * enough, more.  Nobody who was there before may be left out for them. */
	uint64_t room = count_occupied(&records) + 1024;
	if (room > records.view.count + 1)
		room = records.view.count + 1;
	if (room > TASKS_MOST)
		room = TASKS_MOST;
	snapshot->record_capacity = taking->model->layout.sections[SECTION_records].capacity;
	snapshot->tasks = allocate(room * sizeof *snapshot->tasks);
	if (!snapshot->tasks)
		return -ENOMEM;
	for (uint64_t first = 0; first < records.view.count; first += 64) {
		for (uint64_t bits = occupied(&records, first); bits; bits &= bits - 1) {
			uint64_t slot = first + (uint64_t)__builtin_ctzll(bits);
			uint32_t at = snapshot->task_count;
			if (at == room && (error = grow_tasks(snapshot, &room)))
				return error;
			if (at == room) {
				snapshot->left_out++;
				continue;
			}
			if (fill_task(taking, &records, slot, &snapshot->tasks[at]))
				snapshot->task_count++;
		}
	}
	snapshot->switches = sum_switches(&records);
	return 0;
}
