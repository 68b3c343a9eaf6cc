/* SPDX-License-Identifier: MIT */
/*
 * label.c: names and numbers as people read them.  Texts of the snapshot and of model_place() are
 * safe already; here they are only put together, and cut at a character.
 */
#include "label.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "waits.h"

/* Take half a character off the end of a text of `length` bytes. */
static void cut_at_character(char *text, size_t length)
{
	size_t start = length;
	while (start > 0 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
		start--;
	if (start == 0 || (unsigned char)text[start - 1] < 0xc0)
		return;
	const unsigned char lead = (unsigned char)text[--start];
	const size_t want = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
	if (length - start < want)
		text[start] = '\0';
}

char *label_print(char *buffer, size_t bytes, const char *format, ...)
{
	va_list arguments;
	if (!bytes)
		return buffer;
	va_start(arguments, format);
	const int length = vsnprintf(buffer, bytes, format, arguments);
	va_end(arguments);
	if (length < 0)
		buffer[0] = '\0';
	else if ((size_t)length >= bytes)
		cut_at_character(buffer, bytes - 1);
	return buffer;
}

/* ---- names ---- */

char *label_task(const struct snapshot *snapshot, int32_t task, char *buffer, size_t bytes)
{
	if (task < 0 || (uint32_t)task >= snapshot->task_count)
		return label_print(buffer, bytes, "-");
	const struct task *it = &snapshot->tasks[task];
	return label_print(buffer, bytes, it->name[0] ? "%llu %s" : "%llu",
			   (unsigned long long)it->id, it->name);
}

char *label_task_id(const struct snapshot *snapshot, uint64_t id, char *buffer, size_t bytes)
{
	if (!id)
		return label_print(buffer, bytes, "-");
	const int32_t task = snapshot_task_by_id(snapshot, id);
	if (task < 0)
		return label_print(buffer, bytes, "%llu (ended)", (unsigned long long)id);
	return label_task(snapshot, task, buffer, bytes);
}

char *label_object(const struct snapshot *snapshot, const struct model *model, int32_t object,
		   char *buffer, size_t bytes)
{
	if (object < 0 || (uint32_t)object >= snapshot->object_count)
		return label_print(buffer, bytes, "?");
	const struct object *it = &snapshot->objects[object];
	if (it->name[0])
		return label_print(buffer, bytes, "%s", it->name);
	return label_print(buffer, bytes, "%s %llu", model_object_name(model, it->kind),
			   (unsigned long long)it->id);
}

const char *label_state(const struct model *model, const struct task *task)
{
	if (task->quality == TASK_TORN)
		return "torn";
	if (task->quality == TASK_RUNNING)
		return model_state_name(model, TL_STATE_RUNNING);
	return model_state_name(model, task->state);
}

static char *label_channel_wait(const struct snapshot *snapshot, const struct model *model,
				const struct task *task, char *buffer, size_t bytes)
{
	const struct object *channel = &snapshot->objects[task->object];
	const bool is_full = task->wait == TL_WAIT_SEND && channel->capacity &&
			     channel->length >= channel->capacity;
	char name[MODEL_NAME_BYTES];
	return label_print(buffer, bytes, "%s %s%s", model_wait_name(model, task->wait),
			   label_object(snapshot, model, task->object, name, sizeof name),
			   channel->closing ? " (closed)"
			   : is_full	    ? " (full)"
					    : "");
}

static char *label_lock_wait(const struct snapshot *snapshot, const struct model *model,
			     const struct task *task, char *buffer, size_t bytes)
{
	const struct object *mutex = &snapshot->objects[task->object];
	char name[MODEL_NAME_BYTES], holder[32] = "";
	if (mutex->holder == task - snapshot->tasks)
		label_print(holder, sizeof holder, " (given)"); /* and not woken yet */
	else if (mutex->holder >= 0 && (uint32_t)mutex->holder < snapshot->task_count)
		label_print(holder, sizeof holder, " (%llu)",
			    (unsigned long long)snapshot->tasks[mutex->holder].id);
	else if (mutex->holder_gone)
		label_print(holder, sizeof holder, " (ended)");
	return label_print(buffer, bytes, "%s %s%s", model_wait_name(model, task->wait),
			   label_object(snapshot, model, task->object, name, sizeof name), holder);
}

char *label_wait(const struct snapshot *snapshot, const struct model *model, int32_t task,
		 char *buffer, size_t bytes)
{
	if (task < 0 || (uint32_t)task >= snapshot->task_count)
		return label_print(buffer, bytes, "-");
	const struct task *it = &snapshot->tasks[task];
	if (it->quality == TASK_TORN)
		return label_print(buffer, bytes, "?");
	if (it->quality == TASK_RUNNING)
		return label_print(buffer, bytes, "-");
	if (it->state == TL_STATE_READY)
		return label_print(buffer, bytes, "sched %u", it->scheduler);
	if (it->state != TL_STATE_WAITING && it->wait != TL_WAIT_RUN)
		return label_print(buffer, bytes, "-");
	if (it->object >= 0 && (uint32_t)it->object < snapshot->object_count)
		return it->wait == TL_WAIT_LOCK
			       ? label_lock_wait(snapshot, model, it, buffer, bytes)
			       : label_channel_wait(snapshot, model, it, buffer, bytes);
	if (it->wait == TL_WAIT_JOIN && it->joins >= 0) {
		char name[LABEL_BYTES];
		return label_print(buffer, bytes, "%s %s", model_wait_name(model, it->wait),
				   label_task(snapshot, it->joins, name, sizeof name));
	}
	return label_print(buffer, bytes, "%s", model_wait_name(model, it->wait));
}

/* ---- places ---- */

const char *label_file(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash && slash[1] ? slash + 1 : path;
}

char *label_place(const struct place *place, uint64_t address, char *buffer, size_t bytes)
{
	if (place->file)
		return label_print(buffer, bytes, "%s:%d", label_file(place->file), place->line);
	if (place->function)
		return label_print(buffer, bytes, "%s+0x%llx", place->function,
				   (unsigned long long)place->offset);
	return label_print(buffer, bytes, "0x%llx", (unsigned long long)address);
}

char *label_site(struct model *model, uint64_t site, char *buffer, size_t bytes)
{
	if (!site)
		return label_print(buffer, bytes, "-");
	struct place place;
	model_place(model, site, false, &place);
	return label_place(&place, site, buffer, bytes);
}

/* ---- numbers ---- */

enum {
	NS_US = 1000,
	NS_MS = 1000000,
	NS_S = 1000000000,
	S_MINUTE = 60,
	S_HOUR = 3600,
	S_DAY = 86400,
};

static char *label_seconds(uint64_t seconds, char *buffer, size_t bytes)
{
	if (seconds < S_HOUR)
		return label_print(buffer, bytes, "%um%02us", (unsigned)(seconds / S_MINUTE),
				   (unsigned)(seconds % S_MINUTE));
	if (seconds < S_DAY)
		return label_print(buffer, bytes, "%uh%02um", (unsigned)(seconds / S_HOUR),
				   (unsigned)(seconds % S_HOUR / S_MINUTE));
	return label_print(buffer, bytes, "%llud%02uh", (unsigned long long)(seconds / S_DAY),
			   (unsigned)(seconds % S_DAY / S_HOUR));
}

char *label_duration(uint64_t ns, char *buffer, size_t bytes)
{
	if (ns == MODEL_UNKNOWN)
		return label_print(buffer, bytes, "-");
	if (ns < NS_US)
		return label_print(buffer, bytes, "%uns", (unsigned)ns);
	if (ns < NS_MS)
		return label_print(buffer, bytes, "%uus", (unsigned)(ns / NS_US));
	if (ns < (uint64_t)10 * NS_MS)
		return label_print(buffer, bytes, "%u.%ums", (unsigned)(ns / NS_MS),
				   (unsigned)(ns % NS_MS / (NS_MS / 10)));
	if (ns < NS_S)
		return label_print(buffer, bytes, "%ums", (unsigned)(ns / NS_MS));
	if (ns < (uint64_t)10 * NS_S)
		return label_print(buffer, bytes, "%u.%02us", (unsigned)(ns / NS_S),
				   (unsigned)(ns % NS_S / (NS_S / 100)));
	if (ns < (uint64_t)S_MINUTE * NS_S)
		return label_print(buffer, bytes, "%u.%us", (unsigned)(ns / NS_S),
				   (unsigned)(ns % NS_S / (NS_S / 10)));
	return label_seconds(ns / NS_S, buffer, bytes);
}

/* At most four digits, then a unit: "9999", "49.8k", "184k", "2.1M". */
static char *label_scaled(uint64_t count, uint64_t plain, const char *units, unsigned base,
			  char *buffer)
{
	enum { ROOM = 32 };
	if (count < plain)
		return label_print(buffer, ROOM, "%llu", (unsigned long long)count);
	uint64_t unit = base;
	while (count / unit >= base && units[1]) {
		unit *= base;
		units++;
	}
	const uint64_t whole = count / unit;
	if (whole >= 100)
		return label_print(buffer, ROOM, "%llu%c", (unsigned long long)whole, units[0]);
	return label_print(buffer, ROOM, "%llu.%u%c", (unsigned long long)whole,
			   (unsigned)(count % unit / ((unit + 9) / 10)), units[0]);
}

char *label_count(uint64_t count, char *buffer, size_t bytes)
{
	char scaled[32];
	if (count == MODEL_UNKNOWN)
		return label_print(buffer, bytes, "-");
	return label_print(buffer, bytes, "%s", label_scaled(count, 10000, "kMGTPE", 1000, scaled));
}

char *label_bytes(uint64_t count, char *buffer, size_t bytes)
{
	char scaled[32];
	if (count == MODEL_UNKNOWN)
		return label_print(buffer, bytes, "-");
	return label_print(buffer, bytes, "%s", label_scaled(count, 1024, "KMGTPE", 1024, scaled));
}

uint64_t task_stack_used(const struct task *task, double *percent)
{
	if (percent)
		*percent = 0;
	if (!task->sp || task->sp < task->stack_low || task->sp > task->stack_high ||
	    task->stack_low >= task->stack_high)
		return MODEL_UNKNOWN;
	const uint64_t used = task->stack_high - task->sp;
	if (percent)
		*percent = 100.0 * (double)used / (double)(task->stack_high - task->stack_low);
	return used;
}
