/* SPDX-License-Identifier: MIT */
/*
 * tltop.c: look at the tasklets of a process, live.  Opens what the command line names, then hands
 * over to the terminal (tltop_live.c) or to text and JSON (tltop_batch.c), and answers for what is
 * left behind: a command that was started, its log, the exit status.
 */
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tltop_batch.h"
#include "tltop_launch.h"
#include "tltop_live.h"
#include "tltop_options.h"
#include "view/viewer.h"

static enum tltop_status complain(const char *text)
{
	fprintf(stderr, "tltop: %s\n", text[0] ? text : "failed");
	return TLTOP_FAILED;
}

static int open_target(struct viewer *viewer, const char *what, struct problem *problem)
{
	struct source *source;
	int result = source_open(what, NULL, &source, problem);

	return result ? result : viewer_attach(viewer, source, problem);
}

/* In batch mode there is nothing to do until the command has tasklets. */
static int wait_for_launched(struct viewer *viewer, struct launch *launch, struct problem *problem)
{
	const struct timespec step = {.tv_nsec = 20000000};
	char how[64];

	while (!launch_is_gone(launch) && !batch_is_told_to_end()) {
		struct source *source;
		pid_t pid = launch_target(launch);
		if (pid && source_open_process(pid, &source, problem) == 0 &&
		    viewer_attach(viewer, source, problem) == 0)
			return 0;
		nanosleep(&step, NULL);
	}
	if (!launch_is_gone(launch)) {
		snprintf(problem->text, sizeof(problem->text),
			 "told to end before %s had a tasklet", launch->program);
		return -1;
	}
	snprintf(problem->text, sizeof(problem->text), "%s ended (%s) before it could be looked at",
		 launch->program, launch_status(launch, how, sizeof(how)));
	return -1;
}

static enum tltop_status apply_filter(struct viewer *viewer, const struct tltop_options *options)
{
	const struct screen *screen = screen_of(options->screen);
	char error[200] = "";

	if (!options->filter)
		return TLTOP_SHOWN;
	if (!screen->filter)
		screen = &screen_tasks; /* one tasklet: the first of these */
	if (screen->filter(viewer, options->filter, error, sizeof(error)) == 0)
		return TLTOP_SHOWN;
	complain(error);
	return TLTOP_USAGE;
}

static enum tltop_status show(struct viewer *viewer, const struct tltop_options *options,
			      struct launch *launch, struct problem *problem)
{
	tasks_group_by(viewer, options->group);
	if (options->target && open_target(viewer, options->target, problem))
		return TLTOP_FAILED;
	if (launch && options->is_batch && wait_for_launched(viewer, launch, problem))
		return TLTOP_FAILED;
	if (viewer->target)
		viewer_go(viewer, options->screen);
	else if (launch)
		viewer->screen = options->screen;
	if (options->is_batch)
		return tltop_batch(viewer, options, problem);
	return tltop_live(viewer, options, launch, problem);
}

/* What is to become of the command: ended, unless the person chose to leave it. */
static void leave_launched(const struct viewer *viewer, struct launch *launch)
{
	bool leaves = viewer->request == REQUEST_QUIT && !viewer->end_child;

	if (!leaves)
		launch_end(launch);
	else if (!launch_has_ended(launch))
		fprintf(stderr, "tltop: %s goes on as process %d\n", launch->program,
			(int)launch->pid);
	else if (!launch_is_gone(launch))
		fprintf(stderr, "tltop: what %s started goes on\n", launch->program);
	if (launch_keep_log(launch))
		fprintf(stderr, "tltop: the output of %s is in %s\n", launch->program, launch->log);
}

static bool has_deadlock(const struct viewer *viewer)
{
	const struct sample *sample = viewer->target ? viewer->target->sample : NULL;

	return sample && (sample->waits.certain || sample->waits.likely);
}

static enum tltop_status run(struct viewer *viewer, const struct tltop_options *options)
{
	struct problem problem = {""};
	struct launch launch = {0};
	enum tltop_status status = apply_filter(viewer, options);

	if (status)
		return status;
	if (options->is_batch)
		batch_end_in_order();
	if (options->command && launch_start(&launch, options->command, &problem))
		return complain(problem.text);
	if (options->command)
		snprintf(viewer->child, sizeof(viewer->child), "%.60s %d", launch.program,
			 (int)launch.pid);
	status = show(viewer, options, options->command ? &launch : NULL, &problem);
	if (options->command)
		leave_launched(viewer, &launch);
	if (status)
		return complain(problem.text);
	return options->is_check && has_deadlock(viewer) ? TLTOP_DEADLOCK : TLTOP_SHOWN;
}

int main(int argc, char **argv)
{
	struct tltop_options options;
	struct viewer viewer;
	bool done;

	setlocale(LC_CTYPE, "");
	enum tltop_status status = tltop_options_parse(argc, argv, &options, &done);
	if (status || done)
		return status;
	if (!options.is_batch && !isatty(STDOUT_FILENO)) {
		options.is_batch = true;
		options.count = 1;
	}
	viewer_init(&viewer, !options.is_ascii && strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
		    options.interval_ns);
	status = run(&viewer, &options);
	viewer_fini(&viewer);
	return status;
}
