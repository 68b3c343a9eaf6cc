/* SPDX-License-Identifier: MIT */
/*
 * expect.c: the expectations of a test, and the strings in which the cases are written: states,
 * rings, queues, names of errors and tasklets.
 *
 * They are called on the small stacks of tasklets.  A failure is written to the shared outcome and
 * ends the process at once: nothing of the runtime runs any more.
 */
#define _GNU_SOURCE 1
#include <stdarg.h>

#include "harness.h"
#include "runner.h"

_Noreturn void fail_at(const char *file, int line, const char *format, ...)
{
	va_list arguments;
	int length = snprintf(outcome->failure, sizeof(outcome->failure), "%s:%d: ", file, line);
	va_start(arguments, format);
	vsnprintf(outcome->failure + length, sizeof(outcome->failure) - (size_t)length, format,
		  arguments);
	va_end(arguments);
	_exit(EXIT_TEST_FAILED);
}

_Noreturn void skip_test(const char *reason)
{
	snprintf(outcome->skip, sizeof(outcome->skip), "%s", reason);
	_exit(EXIT_TEST_SKIPPED);
}

/* "-EBUSY", or the number; one of two buffers, in turn. */
static const char *result_name(long result)
{
	static char buffers[2][32];
	static int turn;
	char *text = buffers[turn ^= 1];
	const char *error = result < 0 && result >= -4095 ? strerrorname_np((int)-result) : NULL;
	if (error)
		snprintf(text, sizeof(buffers[0]), "-%s", error);
	else
		snprintf(text, sizeof(buffers[0]), "%ld", result);
	return text;
}

void expect_result_at(const char *file, int line, const char *call, long got, long wanted)
{
	if (got == wanted)
		return;
	tl_task who;
	int error;
	if (got < 0 && tl_uncaught(&who, &error) == 1)
		fail_at(file, line, "%s: expected %s, got %s (uncaught in %s)", call,
			result_name(wanted), result_name(got), name_of(who));
	fail_at(file, line, "%s: expected %s, got %s", call, result_name(wanted), result_name(got));
}

void expect_int_at(const char *file, int line, const char *what, long long got, long long wanted)
{
	if (got != wanted)
		fail_at(file, line, "%s: expected %lld, got %lld", what, wanted, got);
}

void expect_true_at(const char *file, int line, const char *what, bool got)
{
	if (!got)
		fail_at(file, line, "expected: %s", what);
}

void expect_pointer_at(const char *file, int line, const char *what, const void *got,
		       const void *wanted)
{
	if (got != wanted)
		fail_at(file, line, "%s: expected %p, got %p", what, wanted, got);
}

void expect_string_at(const char *file, int line, const char *what, const char *got,
		      const char *wanted)
{
	if (got == NULL || strcmp(got, wanted) != 0)
		fail_at(file, line, "%s: expected \"%s\", got %s%s%s", what, wanted,
			got ? "\"" : "", got ? got : "NULL", got ? "\"" : "");
}

void expect_task_at(const char *file, int line, const char *what, tl_task got, tl_task wanted)
{
	if (got.id == wanted.id)
		return;
	char wanted_name[64];
	snprintf(wanted_name, sizeof(wanted_name), "%s", name_of(wanted));
	fail_at(file, line, "%s: expected %s (%llu), got %s (%llu)", what, wanted_name,
		(unsigned long long)wanted.id, name_of(got), (unsigned long long)got.id);
}

void expect_uncaught_at(const char *file, int line, tl_task task, int error)
{
	tl_task who = {0, 0};
	int got = 0;
	expect_int_at(file, line, "tl_uncaught()", tl_uncaught(&who, &got), 1);
	expect_task_at(file, line, "tl_uncaught(&who, …)", who, task);
	expect_result_at(file, line, "tl_uncaught(…, &error)", got, error);
}

void expect_no_uncaught_at(const char *file, int line)
{
	expect_int_at(file, line, "tl_uncaught()", tl_uncaught(NULL, NULL), 0);
}

/* ---- states, rings, queues ---- */

void expect_state_at(const char *file, int line, const char *what, tl_task task, const char *wanted)
{
	static const char letters[] = "aspbcm";
	static const int bits[] = {TL_ALIVE,   TL_SCHEDULED, TL_PAUSED,
				   TL_BLOCKED, TL_CURRENT,   TL_MAIN};
	const int state = tl_task_state(task);
	char got[] = "------";
	for (int i = 0; i < 6; i++)
		if (state & bits[i])
			got[i] = letters[i];
	if (strcmp(got, wanted) != 0)
		fail_at(file, line, "state of %s: expected %s, got %s", what, wanted, got);
}

const char *name_of(tl_task task)
{
	static struct tl_task_info info;
	if (task.id == 0)
		return "-";
	if (task.id == tl_main().id)
		return "M";
	return tl_task_info(task, &info) == 0 ? info.name : "?";
}

struct names {
	char text[1024];
	size_t length;
};

/* Add a name; false when there is no more room: the chain is longer than any test expects. */
static bool names_add(struct names *names, tl_task task)
{
	const int written =
	    snprintf(names->text + names->length, sizeof(names->text) - names->length, "%s%s",
		     names->length ? " " : "", name_of(task));
	names->length += (size_t)written;
	return names->length < sizeof(names->text);
}

void expect_ring_at(const char *file, int line, const char *wanted)
{
	static struct names names;
	names = (struct names){"", 0};
	const tl_task current = tl_current();
	tl_task task = current;
	do {
		const tl_task next = tl_task_next(task);
		if (!names_add(&names, task) || next.id == 0)
			break;
		if (tl_task_prev(next).id != task.id)
			fail_at(file, line, "ring: after %s, prev of the next one is another",
				names.text);
		task = next;
	} while (task.id != current.id);
	expect_string_at(file, line, "ring", names.text, wanted);
}

void expect_queue_at(const char *file, int line, const struct tl_channel *channel,
		     const char *wanted)
{
	static struct names names;
	names = (struct names){"", 0};
	tl_task previous = {0, 0};
	for (tl_task task = tl_channel_queue(channel); task.id != 0; task = tl_task_next(task)) {
		if (!names_add(&names, task))
			break;
		if (tl_task_prev(task).id != previous.id)
			fail_at(file, line, "queue: at %s, prev is another", names.text);
		previous = task;
	}
	expect_string_at(file, line, "queue", names.text, wanted);
}

/* ---- the event log ---- */

void log_(const char *format, ...)
{
	const size_t room = sizeof(outcome->log) - outcome->log_length;
	char *end = outcome->log + outcome->log_length;
	const int blank = outcome->log_length != 0;
	if (room < 256)
		fail_test("the event log is full");
	if (blank)
		*end = ' ';
	va_list arguments;
	va_start(arguments, format);
	const int length = vsnprintf(end + blank, room - 1, format, arguments);
	va_end(arguments);
	outcome->log_length += (size_t)(length + blank);
}

void expect_log_at(const char *file, int line, const char *wanted)
{
	expect_string_at(file, line, "log", outcome->log, wanted);
	outcome->log_length = 0;
	outcome->log[0] = '\0';
}
