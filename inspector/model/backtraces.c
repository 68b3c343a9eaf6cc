/* SPDX-License-Identifier: MIT */
/*
 * backtraces.c: copies stacks without stopping anybody, proves the copies, and walks them.
 *
 * Many stacks a system call.  A tasklet's counter and wait word are read before and after its stack
 * was copied: equal and even = it was parked all the while, so the copy is what it was.  If it was
 * not, it is tried a few times more, alone; then it is hot, and said to be.
 */
#include "../source/text.h"
#include "backtraces.h"

#include "record.h"
#include "stack_cache.h"
#include "stacks.h"

#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	BATCH = 64,
	COPY_BYTES = 3072,       /* most stacks that wait are shorter */
	PAGE_BYTES = 4096,
	TRIES = 8,
	RSP = 7,
	RETURN_ADDRESS = 16,
};

struct unwinder {
	struct unwind *unwind;
	struct stack_cache *cache;
	unsigned modules_generation;
	unsigned char copies[BATCH][COPY_BYTES];
};

/* What all the walks of one call share. */
struct tracing {
	struct model *model;
	const struct snapshot *snapshot;
	struct unwinder *unwinder;
	struct record_view view;
	struct slabs slabs;
	struct tl_runtime runtime;
	struct tl_layout layout;
};

/* One stack that is to be read. */
struct job {
	const struct task *task;
	struct backtrace *ret;
	struct tl_record record;
	struct record_guard guard;
	uint64_t stack_high;     /* 0: unknown */
	struct source_span *span;
};

void unwinder_destroy(struct unwinder *unwinder)
{
	if (!unwinder)
		return;
	unwind_destroy(unwinder->unwind);
	stack_cache_destroy(unwinder->cache);
	free(unwinder);
}

static struct unwinder *get_unwinder(struct model *model)
{
	unsigned generation = source_modules_refresh(model->source);
	struct unwinder *unwinder = model->unwinder;
	if (!unwinder) {
		unwinder = calloc(1, sizeof *unwinder);
		if (!unwinder)
			return NULL;
		unwinder->unwind = unwind_create(model->source);
		unwinder->cache = stack_cache_create();
		if (!unwinder->unwind || !unwinder->cache) {
			unwinder_destroy(unwinder);
			return NULL;
		}
		model->unwinder = unwinder;
	} else if (generation != unwinder->modules_generation) {
		unwind_forget(unwinder->unwind);
		stack_cache_forget(unwinder->cache);
	}
	unwinder->modules_generation = generation;
	return unwinder;
}

/* ---- results ---- */

static void give_status(struct backtrace *ret, enum backtrace_status status, const char *why)
{
	ret->status = status;
	ret->count = 0;
	snprintf(ret->why, sizeof ret->why, "%s", why);
}

static void refuse(const struct tracing *tracing, struct backtrace *ret, int error)
{
	const char *problem = source_memory_problem(tracing->model->source);
	if (error == -EPERM)
		give_status(ret, BACKTRACE_REFUSED,
			    problem ? problem : "its memory may not be read");
	else if (error == -ESRCH)
		give_status(ret, BACKTRACE_REFUSED, "its memory is gone: the program has ended");
	else
		give_status(ret, BACKTRACE_CUT, "its stack cannot be read");
}

static void explain_no_table(const struct tracing *tracing, uint64_t pc, struct backtrace *ret)
{
	const struct source_module *module = source_module_at(tracing->model->source, pc);
	const char *slash = module ? strrchr(module->path, '/') : NULL;
	const char *raw = slash ? slash + 1 : "?";
	char name[81];
	text_make_safe(name, sizeof name, raw, strlen(raw));
	if (module && !module->file)
		snprintf(ret->why, sizeof ret->why,
			 "%s, as it was mapped, is not on this machine (any more)", name);
	else
		snprintf(ret->why, sizeof ret->why,
			 "no unwind information for 0x%" PRIx64 " in %s", pc, name);
}

static void explain_end(const struct tracing *tracing, enum unwind_end end, struct backtrace *ret)
{
	uint64_t last = ret->count ? ret->pc[ret->count - 1] : 0;
	switch (end) {
	case UNWIND_OUTERMOST:
		snprintf(ret->why, sizeof ret->why, "it ends outside of the tasklet's entry");
		break;
	case UNWIND_TOO_DEEP:
		snprintf(ret->why, sizeof ret->why, "deeper than %d frames", MODEL_FRAMES);
		break;
	case UNWIND_NO_MODULE:
		snprintf(ret->why, sizeof ret->why,
			 last ? "0x%" PRIx64 " is in no mapped file" :
				"return address %" PRIu64 ": its stack is not all there", last);
		break;
	case UNWIND_NO_TABLE:
		explain_no_table(tracing, last, ret);
		break;
	case UNWIND_UNREADABLE:
		snprintf(ret->why, sizeof ret->why, "its stack cannot be read further");
		break;
	case UNWIND_NO_REGISTER:
		snprintf(ret->why, sizeof ret->why,
			 "it is in the kernel, and so is its frame pointer");
		break;
	case UNWIND_NONSENSE:
		snprintf(ret->why, sizeof ret->why, "the unwind information leads nowhere");
		break;
	}
}

/* A spawned tasklet's last frame is its entry; a main one's is where its thread began. */
static bool is_complete(const struct tracing *tracing, const struct task *task,
			const struct unwind_frames *frames)
{
	if (frames->end != UNWIND_OUTERMOST || frames->count == 0)
		return false;
	uint64_t last = frames->pc[frames->count - 1];
	return task->is_main || tracing->runtime.entry_high == 0 ||
	       (last >= tracing->runtime.entry_low && last < tracing->runtime.entry_high);
}

static void give_frames(const struct tracing *tracing, const struct task *task,
			const struct unwind_frames *frames, struct backtrace *ret)
{
	ret->count = frames->count;
	ret->why[0] = '\0';
	memcpy(ret->pc, frames->pc, frames->count * sizeof *ret->pc);
	memcpy(ret->cfa, frames->cfa, frames->count * sizeof *ret->cfa);
	ret->status = is_complete(tracing, task, frames) ? BACKTRACE_COMPLETE : BACKTRACE_CUT;
	if (ret->status == BACKTRACE_CUT)
		explain_end(tracing, frames->end, ret);
}

/* ---- where a walk starts ---- */

static bool word_of(const struct unwind_stack *stack, int64_t offset, uint64_t *ret)
{
	if (offset < 0 || (uint64_t)offset + sizeof *ret > stack->count)
		return false;
	memcpy(ret, stack->bytes + offset, sizeof *ret);
	return true;
}

/* The registers of a parked tasklet: at the resume label all of them but two are still on the
 * stack, where the call frame information finds them.  A layout without that label tells where each
 * was saved. */
static bool start_of(const struct tl_layout *layout, const struct unwind_stack *stack,
		     struct unwind_start *ret)
{
	*ret = (struct unwind_start){ .known = 1u << RSP | 1u << RETURN_ADDRESS };
	if (layout->resume) {
		ret->registers[RSP] = stack->low;
		ret->registers[RETURN_ADDRESS] = layout->resume;
		return true;
	}
	uint32_t count = layout->register_count < TL_ABI_LAYOUT_REGISTERS ? layout->register_count :
									    TL_ABI_LAYOUT_REGISTERS;
	for (uint32_t i = 0; i < count; i++) {
		uint16_t number = layout->registers[i].dwarf;
		if (number >= UNWIND_REGISTERS ||
		    !word_of(stack, layout->registers[i].offset, &ret->registers[number]))
			return false;
		ret->known |= 1u << number;
	}
	ret->registers[RSP] = stack->low + (uint64_t)(int64_t)layout->sp_offset;
	return word_of(stack, layout->pc_offset, &ret->registers[RETURN_ADDRESS]);
}

static const char *unusable_layout(const struct tl_layout *layout)
{
	if (layout->machine != EM_X86_64)
		return "its stack is of another kind of processor";
	if (layout->transform != 0 || (layout->resume == 0 && layout->register_count == 0))
		return "its runtime keeps stacks in a way that is not known here";
	return NULL;
}

/* ---- parked tasklets ---- */

static void walk_copy(const struct tracing *tracing, struct job *job, struct unwind_frames *frames)
{
	struct unwind_start start;
	struct unwind_stack stack = { .low = job->span->address, .bytes = job->span->buffer,
				      .count = job->span->bytes, .high = job->stack_high };
	if (start_of(&tracing->layout, &stack, &start)) {
		unwind_walk(tracing->unwinder->unwind, &stack, &start, frames);
		return;
	}
	frames->count = 0;
	frames->end = UNWIND_UNREADABLE;
	frames->read_more = false;
}

static bool is_proved(const struct tracing *tracing, const struct job *job)
{
	if (!tracing->view.is_live)
		return true;
	__atomic_thread_fence(__ATOMIC_ACQUIRE); /* the copy before the second look */
	return record_guards_equal(job->guard, record_guard(&tracing->view, job->task->slot));
}

/* The stack was copied.  False: it changed meanwhile. */
static bool finish_job(const struct tracing *tracing, struct job *job)
{
	if (!is_proved(tracing, job))
		return false;
	if (job->span->result != 0) {
		refuse(tracing, job->ret, job->span->result);
		return true;
	}
	struct unwind_frames frames;
	walk_copy(tracing, job, &frames);
	if (frames.read_more && !is_proved(tracing, job))
		return false;
	struct stack_key key = { job->task->slot, job->task->id, job->guard.counter };
	if (frames.end != UNWIND_UNREADABLE)
		stack_cache_keep(tracing->unwinder->cache, key, job->span->address, &frames);
	give_frames(tracing, job->task, &frames, job->ret);
	return true;
}

/* Where the copy begins and how long it is.  False, and an answer: there is nothing to copy. */
static bool aim(const struct tracing *tracing, struct job *job, unsigned char *copy,
		struct source_span *span)
{
	uint64_t low = 0, high = 0, sp = job->record.sp;
	uint32_t place = job->record.stack >> TL_STACK_PLACE_SHIFT;
	bool has_stack = slabs_find(&tracing->slabs, job->record.stack, &low, &high);
	if (place == TL_PLACE_GAVE) {
		give_status(job->ret, BACKTRACE_CUT, "it has given its stack back while it waits");
		return false;
	}
	if (place == TL_PLACE_INDIRECT || place == TL_PLACE_JMPBUF) {
		give_status(job->ret, BACKTRACE_CUT,
			    "its stack is kept in a way that is not known here");
		return false;
	}
	if (sp == 0 || (has_stack && (sp < low || sp >= high))) {
		give_status(job->ret, BACKTRACE_CUT, "its stack pointer lies outside of its stack");
		return false;
	}
	/* The end is not known of a thread's own stack: not beyond the page. */
	uint64_t bytes = has_stack ? high - sp : PAGE_BYTES - sp % PAGE_BYTES;
	*span = (struct source_span){ .address = sp, .buffer = copy,
				      .bytes = bytes < COPY_BYTES ? bytes : COPY_BYTES };
	job->stack_high = high;
	job->span = span;
	return true;
}

enum look {
	LOOK_ANSWERED, /* there is nothing to copy */
	LOOK_COPY,
	LOOK_RUNNING,  /* it is on a CPU at this moment */
	LOOK_TORN,
};

/* Look at a tasklet's record: is there a stack to copy? */
static enum look look_at(const struct tracing *tracing, struct job *job, unsigned char *copy,
			 struct source_span *span)
{
	uint64_t slot = job->task->slot;
	if (slot >= tracing->view.count || !record_read(&tracing->view, slot, &job->record))
		return LOOK_TORN;
	const struct tl_record *record = &job->record;
	job->guard = (struct record_guard){ record->counter, record->wait };
	unsigned state = record->wait & TL_WAIT_STATE_MASK;
	struct unwind_frames frames;
	struct stack_key key = { slot, job->task->id, record->counter };
	if (record->serial != job->task->id || state == TL_STATE_ENDED || state == TL_STATE_FREE)
		give_status(job->ret, BACKTRACE_ENDED, "");
	else if (record->counter % 2)
		return LOOK_RUNNING;
	else if ((record->flags & TL_RECORD_FRESH) || state == TL_STATE_NEW)
		give_status(job->ret, BACKTRACE_FRESH, "it has not run yet");
	else if (stack_cache_find(tracing->unwinder->cache, key, &frames))
		give_frames(tracing, job->task, &frames, job->ret);
	else if (aim(tracing, job, copy, span))
		return LOOK_COPY;
	return LOOK_ANSWERED;
}

static bool is_on_stack(const struct task *task, uint64_t sp)
{
	return task->stack_high == 0 || (sp >= task->stack_low && sp < task->stack_high);
}

static bool is_same_sleep(const struct source_thread *before, const struct source_thread *after)
{
	return after->has_registers && before->blocks == after->blocks &&
	       memcmp(before->registers, after->registers, sizeof before->registers) == 0;
}

/* A core keeps the registers of every thread: the tasklet that ran on it starts there.  A live
 * thread that is blocked in a system call can be walked from where it entered the kernel; it was
 * there all the while when afterwards everything is as before, and it has not gone to sleep again.
 */
static void walk_thread(const struct tracing *tracing, const struct task *task,
			struct backtrace *ret)
{
	struct source *source = tracing->model->source;
	struct source_thread thread, after;
	struct unwind_stack none = { .bytes = (const unsigned char *)"" };
	struct unwind_start start;
	struct unwind_frames frames;
	pid_t tid = tracing->snapshot->schedulers[task->scheduler].tid;
	struct record_guard guard = record_guard(&tracing->view, task->slot);
	give_status(ret, BACKTRACE_RUNNING, "it runs");
	if (!source_thread_read(source, tid, &thread) || !thread.has_registers)
		return;
	memcpy(start.registers, thread.registers, sizeof start.registers);
	start.known = thread.known;
	unwind_walk(tracing->unwinder->unwind, &none, &start, &frames);
	bool is_it = !tracing->view.is_live ||
		     (is_on_stack(task, thread.registers[RSP]) &&
		      source_thread_read(source, tid, &after) && is_same_sleep(&thread, &after) &&
		      guard.counter % 2 &&
		      record_guards_equal(guard, record_guard(&tracing->view, task->slot)));
	if (is_it)
		give_frames(tracing, task, &frames, ret);
}

/* One that runs, or moved during the first try: a few more, alone. */
static void try_alone(const struct tracing *tracing, struct job *job)
{
	struct source_span span;
	enum look look = LOOK_TORN;
	for (int i = 0; i < TRIES; i++) {
		look = look_at(tracing, job, tracing->unwinder->copies[0], &span);
		if (look == LOOK_ANSWERED)
			return;
		if (look != LOOK_COPY)
			continue;
		source_memory_read(tracing->model->source, &span, 1);
		if (finish_job(tracing, job))
			return;
	}
	if (look == LOOK_RUNNING)
		walk_thread(tracing, job->task, job->ret);
	else
		give_status(job->ret, BACKTRACE_HOT, "it switched during every try");
}

/* ---- all of them ---- */

static void run_batch(const struct tracing *tracing, struct job *jobs, struct source_span *spans,
		      size_t count)
{
	source_memory_read(tracing->model->source, spans, count);
	bool is_done[BATCH];
	for (size_t i = 0; i < count; i++)
		is_done[i] = is_proved(tracing, &jobs[i]);
	for (size_t i = 0; i < count; i++)
		is_done[i] = is_done[i] && finish_job(tracing, &jobs[i]);
	for (size_t i = 0; i < count; i++)
		if (!is_done[i])
			try_alone(tracing, &jobs[i]);
}

static void trace_all(const struct tracing *tracing, const int32_t *tasks, size_t count,
		      struct backtrace *ret)
{
	struct job jobs[BATCH];
	struct source_span spans[BATCH];
	size_t used = 0;
	const char *unusable = unusable_layout(&tracing->layout);
	bool can_prove = layout_knows(&tracing->model->layout, FIELD_records_counter);
	for (size_t i = 0; i < count; i++) {
		const struct task *task = &tracing->snapshot->tasks[tasks[i]];
		if (unusable || !can_prove) {
			give_status(&ret[i], BACKTRACE_CUT,
				    unusable ? unusable : "it has no counter that could prove it");
			continue;
		}
		jobs[used] = (struct job){ .task = task, .ret = &ret[i] };
		enum look look = look_at(tracing, &jobs[used], tracing->unwinder->copies[used],
					 &spans[used]);
		if (look == LOOK_COPY)
			used++;
		else if (look != LOOK_ANSWERED)
			try_alone(tracing, &jobs[used]);
		if (used == BATCH) {
			run_batch(tracing, jobs, spans, used);
			used = 0;
		}
	}
	if (used)
		run_batch(tracing, jobs, spans, used);
}

void model_backtraces(struct model *model, const struct snapshot *snapshot, const int32_t *tasks,
		      size_t count, struct backtrace *ret)
{
	struct tracing tracing = { .model = model, .snapshot = snapshot };
	struct tl_header header;
	bool is_live = model_is_live(source_kind(model->source), source_state(model->source));
	tracing.unwinder = get_unwinder(model);
	bool is_ready = tracing.unwinder && model_read_header(model, &header) == 0 &&
			slabs_read(&tracing.slabs, model, &header) == 0 &&
			record_view_init(&tracing.view, model, header.record_high, is_live) == 0;
	if (is_ready) {
		runtime_read(model, &header, &tracing.runtime, &tracing.layout);
		trace_all(&tracing, tasks, count, ret);
	}
	for (size_t i = 0; !is_ready && i < count; i++)
		give_status(&ret[i], BACKTRACE_REFUSED, "the segment cannot be read");
	slabs_fini(&tracing.slabs);
}
