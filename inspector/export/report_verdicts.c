/* SPDX-License-Identifier: MIT */
/*
 * report_verdicts.c: verdicts with their evidence: the members, what each waits for, its backtrace,
 * and those who are stuck behind.  JSON has all of it; a person gets the first members of what is
 * long.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report_parts.h"

/* A verdict that is being written: a million members want no million backtraces at once. */
enum { BATCH = 64 };
struct evidence {
	const struct report *report;
	const struct verdict *verdict;
	struct backtrace *batch; /* NULL: no backtraces are wanted */
	uint32_t first, count;	 /* the members whose backtraces are in it */
};

/* Members are asked for in order. */
static const struct backtrace *backtrace_of(struct evidence *evidence, uint32_t member)
{
	const struct verdict *verdict = evidence->verdict;
	if (!evidence->batch)
		return NULL;
	if (member >= evidence->first + evidence->count) {
		const uint32_t left = verdict->member_count - member;
		evidence->first = member;
		evidence->count = left < BATCH ? left : BATCH;
		model_backtraces(evidence->report->look.model, evidence->report->look.snapshot,
				 &verdict->members[member], evidence->count, evidence->batch);
	}
	return &evidence->batch[member - evidence->first];
}

/* ---- JSON ---- */

static void json_member(struct json *json, const struct report *report, int32_t index,
			const struct backtrace *backtrace)
{
	const struct task *task = &report->look.snapshot->tasks[index];
	json_begin_object(json, NULL);
	json_u64(json, "id", task->id);
	json_text(json, "name", task->name);
	json_text(json, "state", label_state(report->look.model, task));
	json_known(json, "age_ns", task->age_ns, MODEL_UNKNOWN);
	json_waits_for(json, report, index);
	if (backtrace)
		json_backtrace(json, report->look.model, backtrace);
	json_end_object(json);
}

static void json_behind(struct json *json, const struct report *report,
			const struct verdict *verdict)
{
	const struct snapshot *snapshot = report->look.snapshot;
	json_begin_array(json, "behind");
	for (uint32_t i = 0; i < verdict->behind_count; i++) {
		const struct task *task = &snapshot->tasks[verdict->behind[i]];
		json_begin_object(json, NULL);
		json_u64(json, "id", task->id);
		json_text(json, "name", task->name);
		json_u64(json, "on", snapshot->tasks[verdict->behind_on[i]].id);
		json_u64(json, "member",
			 snapshot->tasks[verdict->members[verdict->behind_at[i]]].id);
		json_waits_for(json, report, verdict->behind[i]);
		json_end_object(json);
	}
	json_end_array(json);
}

static void json_verdict(struct evidence *evidence)
{
	const struct report *report = evidence->report;
	const struct verdict *verdict = evidence->verdict;
	struct json json;
	json_init(&json, report->output);
	json_begin_line(&json);
	json_text(&json, "verdict", verdict_name(verdict->kind));
	json_known(&json, "held_ns", verdict->held_ns, MODEL_UNKNOWN);
	json_u64(&json, "cycle", verdict->cycle_count);
	json_object(&json, "object", report, verdict->object);
	json_begin_array(&json, "members");
	for (uint32_t i = 0; i < verdict->member_count; i++)
		json_member(&json, report, verdict->members[i], backtrace_of(evidence, i));
	json_end_array(&json);
	json_behind(&json, report, verdict);
	json_end_line(&json);
}

/* ---- text ---- */

static void text_claim(struct output *output, const struct verdict *verdict)
{
	const char *word = verdict_name(verdict->kind);
	const bool is_one = verdict->member_count == 1;
	switch (verdict->kind) {
	case VERDICT_CERTAIN:
	case VERDICT_LIKELY:
		if (is_one)
			output_print(output, "DEADLOCK (%s): it waits for itself", word);
		else
			output_print(output, "DEADLOCK (%s): %u wait for each other", word,
				     verdict->member_count);
		break;
	case VERDICT_MAYBE:
		if (is_one)
			output_print(output, "ORPHAN (%s): nobody is known who could wake it",
				     word);
		else
			output_print(output, "ORPHAN (%s): nobody is known who could wake these %u",
				     word, verdict->member_count);
		break;
	case VERDICT_LONG:
		output_text(output, verdict->cycle_count
					    ? "LONG WAIT: a cycle that a deadline will open"
					    : "LONG WAIT: no cycle");
		break;
	}
}

static void text_heading(const struct report *report, const struct verdict *verdict)
{
	char held[32];
	text_claim(report->output, verdict);
	if (verdict->held_ns != MODEL_UNKNOWN)
		output_print(report->output, ", held %s",
			     label_duration(verdict->held_ns, held, sizeof held));
	if (verdict->behind_count)
		output_print(report->output, "; %u more behind", verdict->behind_count);
	output_byte(report->output, '\n');
}

/* "+->" and "|" draw the cycle in the first columns. */
static const char *mark(const struct verdict *verdict, uint32_t member)
{
	if (member >= verdict->cycle_count)
		return "      ";
	return member == 0 ? "  +-> " : "  |   ";
}

static void text_member(const struct report *report, const struct verdict *verdict, uint32_t member,
			const struct backtrace *backtrace)
{
	const struct snapshot *snapshot = report->look.snapshot;
	const int32_t index = verdict->members[member];
	char name[LABEL_BYTES], wait[512], age[32];
	waits_describe(snapshot, report->look.model, index, wait, sizeof wait);
	if (strcmp(wait, "-") == 0) /* the end of a long wait: what it does instead */
		label_print(wait, sizeof wait, "%s",
			    label_state(report->look.model, &snapshot->tasks[index]));
	output_print(report->output, "%s%s  %s  %s\n", mark(verdict, member),
		     label_task(snapshot, index, name, sizeof name), wait,
		     label_duration(snapshot->tasks[index].age_ns, age, sizeof age));
	if (backtrace)
		text_backtrace(report->output, report->look.model, backtrace,
			       member < verdict->cycle_count ? "  |       " : "          ");
}

/* Members from `first` to before `end`, at most `most`; `frames` of them with their frames. */
static void text_members(struct evidence *evidence, uint32_t first, uint32_t end, uint32_t most,
			 uint32_t frames)
{
	const struct report *report = evidence->report;
	for (uint32_t i = first; i < end; i++) {
		if (i - first >= most) {
			output_print(report->output, "%s... and %u more\n",
				     mark(evidence->verdict, i), end - i);
			return;
		}
		text_member(report, evidence->verdict, i,
			    i - first < frames ? backtrace_of(evidence, i) : NULL);
	}
}

static int compare_places(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

/* "behind: 63 <- 70 71 72": by member, in the order of members, each once. */
static int text_behind(const struct report *report, const struct verdict *verdict)
{
	enum { SOME = 16 };
	const struct task *tasks = report->look.snapshot->tasks;
	/* the member in the high half, the place in the list in the low one */
	uint64_t *order = malloc(((size_t)verdict->behind_count + 1) * sizeof *order);
	if (!order)
		return -ENOMEM;
	for (uint32_t i = 0; i < verdict->behind_count; i++)
		order[i] = (uint64_t)verdict->behind_at[i] << 32 | i;
	qsort(order, verdict->behind_count, sizeof *order, compare_places);
	uint32_t shown = 0;
	for (uint32_t i = 0; i < verdict->behind_count; i++) {
		const uint32_t member = (uint32_t)(order[i] >> 32);
		const bool is_first = i == 0 || member != (uint32_t)(order[i - 1] >> 32);
		if (is_first) {
			shown = 0;
			output_print(report->output, "%s  behind %llu:", i ? "\n" : "",
				     (unsigned long long)tasks[verdict->members[member]].id);
		}
		if (shown++ < SOME)
			output_print(
				report->output, " %llu",
				(unsigned long long)tasks[verdict->behind[(uint32_t)order[i]]].id);
		else if (shown == SOME + 1)
			output_text(report->output, " ...");
	}
	output_text(report->output, verdict->behind_count ? "\n" : "");
	free(order);
	return 0;
}

static int text_verdict(struct evidence *evidence)
{
	/* orphans of one object are much alike: one backtrace, and the first few of them */
	enum { ORPHANS = 8, MEMBERS = 100 };
	const struct report *report = evidence->report;
	const struct verdict *verdict = evidence->verdict;
	const uint32_t cycle = verdict->cycle_count, all = verdict->member_count;
	text_heading(report, verdict);
	if (verdict->kind == VERDICT_MAYBE) {
		text_members(evidence, 0, all, ORPHANS, 1);
	} else {
		text_members(evidence, 0, cycle, MEMBERS, MEMBERS);
		if (cycle)
			output_print(report->output, "  +---- back to %llu\n",
				     (unsigned long long)report->look.snapshot
					     ->tasks[verdict->members[0]]
					     .id);
		if (cycle && cycle < all)
			output_text(report->output, "  and who else could serve them:\n");
		text_members(evidence, cycle, all, MEMBERS, MEMBERS);
	}
	const int result = text_behind(report, verdict);
	output_byte(report->output, '\n');
	return result;
}

int report_verdicts(const struct report *report, const struct waits *waits, bool with_frames)
{
	struct backtrace *batch = with_frames ? malloc(BATCH * sizeof *batch) : NULL;
	int result = 0;
	if (with_frames && !batch)
		return -ENOMEM;
	for (uint32_t i = 0; i < waits->count && !result && !report->output->error; i++) {
		struct evidence evidence = {
			.report = report, .verdict = &waits->verdicts[i], .batch = batch};
		if (report->is_json)
			json_verdict(&evidence);
		else
			result = text_verdict(&evidence);
	}
	free(batch);
	return result;
}
