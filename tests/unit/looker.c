/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "looker.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"

enum { SECONDS_MOST = 60 };

static int ready_pipe[2] = { -1, -1 };

int try_to_look(struct looker *looker, const char *what)
{
	*looker = (struct looker){ 0 };
	int error = source_open(what, NULL, &looker->source, &looker->problem);
	if (!error)
		error = model_open(looker->source, &looker->model, &looker->problem);
	if (!error)
		error = model_snapshot(looker->model, &looker->snapshot, &looker->problem);
	if (error)
		look_away(looker);
	return error;
}

void look_at_process(struct looker *looker, pid_t pid)
{
	char what[16];
	snprintf(what, sizeof what, "%d", (int)pid);
	if (try_to_look(looker, what) != 0)
		fail_test("%s", looker->problem.text);
}

void look_at_core(struct looker *looker, const char *path, const char *executable)
{
	*looker = (struct looker){ 0 };
	if (source_open_core(path, executable, &looker->source, &looker->problem) != 0 ||
	    model_open(looker->source, &looker->model, &looker->problem) != 0 ||
	    model_snapshot(looker->model, &looker->snapshot, &looker->problem) != 0)
		fail_test("%s", looker->problem.text);
}

void look_again(struct looker *looker)
{
	snapshot_free(looker->snapshot);
	looker->snapshot = NULL;
	if (model_snapshot(looker->model, &looker->snapshot, &looker->problem) != 0)
		fail_test("%s", looker->problem.text);
}

void look_away(struct looker *looker)
{
	snapshot_free(looker->snapshot);
	model_close(looker->model);
	source_close(looker->source);
	looker->snapshot = NULL;
	looker->model = NULL;
	looker->source = NULL;
}

int32_t look_task_index(const struct looker *looker, const char *name)
{
	for (uint32_t i = 0; i < looker->snapshot->task_count; i++)
		if (strcmp(looker->snapshot->tasks[i].name, name) == 0)
			return (int32_t)i;
	fail_test("no task is called %s", name);
}

const struct task *look_task(const struct looker *looker, const char *name)
{
	return &looker->snapshot->tasks[look_task_index(looker, name)];
}

const struct object *look_object(const struct looker *looker, const char *name)
{
	for (uint32_t i = 0; i < looker->snapshot->object_count; i++)
		if (strcmp(looker->snapshot->objects[i].name, name) == 0)
			return &looker->snapshot->objects[i];
	fail_test("no object is called %s", name);
}

static bool has_task_in_state(const struct looker *looker, const char *name, unsigned state)
{
	for (uint32_t i = 0; i < looker->snapshot->task_count; i++)
		if (strcmp(looker->snapshot->tasks[i].name, name) == 0 &&
		    looker->snapshot->tasks[i].state == state)
			return true;
	return false;
}

void look_until(struct looker *looker, const char *name, unsigned state)
{
	struct timespec start, now;
	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		look_again(looker);
		if (has_task_in_state(looker, name, state))
			return;
		sched_yield();
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec - start.tv_sec < SECONDS_MOST);
	fail_test("%s never was in state %u", name, state);
}

void look_backtrace(struct looker *looker, const char *name, struct backtrace *ret)
{
	int32_t index = look_task_index(looker, name);
	model_backtraces(looker->model, looker->snapshot, &index, 1, ret);
}

void look_functions(struct looker *looker, const struct backtrace *backtrace, char *ret,
		    size_t room)
{
	size_t length = 0;
	ret[0] = '\0';
	for (uint32_t i = 0; i < backtrace->count && length < room; i++) {
		struct place place;
		model_place(looker->model, backtrace->pc[i], i == 0, &place);
		length += (size_t)snprintf(ret + length, room - length, "%s%s", i ? " " : "",
					   place.function ? place.function : "?");
	}
}

/* ---- children ---- */

pid_t start_child(void (*body)(void))
{
	if (pipe(ready_pipe) != 0)
		fail_test("pipe: %s", strerror(errno));
	pid_t child = fork();
	if (child < 0)
		fail_test("fork: %s", strerror(errno));
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(ready_pipe[0]);
		body();
		_exit(0);
	}
	close(ready_pipe[1]);
	char byte;
	if (read(ready_pipe[0], &byte, 1) != 1)
		fail_test("the child ended before it was ready");
	close(ready_pipe[0]);
	return child;
}

void child_is_ready(void)
{
	if (write(ready_pipe[1], "", 1) != 1)
		_exit(1);
	close(ready_pipe[1]);
}

void end_child(pid_t child)
{
	kill(child, SIGKILL);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
}
