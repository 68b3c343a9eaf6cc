/* SPDX-License-Identifier: MIT */
/*
 * export_reports.c: reports of what a test cannot make a real target do on demand: torn records,
 * stacks that are hot, running, cut or refused, sites without symbols.  Everything else of the
 * reports is tested by tests/cli.
 */
#include <stdlib.h>
#include <unistd.h>

#include "../../inspector/export/report.h"
#include "analysis_picture.h"

static const struct fake_place places[] = {
	{0x1000, "worker", "src/pool.c", 61, "/bin/jobd", false},
	{0x3000, "stripped", NULL, 0, "/bin/jobd", false},
	{0x4000, NULL, NULL, 0, "/bin/jobd", false},
	{0, NULL, NULL, 0, NULL, false},
};

/* ---- what a report wrote ---- */

struct caught {
	struct report report;
	int pipe[2];
	char text[60000];
};

static void catch(struct caught *caught, const struct picture *picture, bool is_json)
{
	struct output *output = malloc(sizeof *output);
	if (!output || pipe(caught->pipe))
		abort();
	output_init(output, caught->pipe[1]);
	fake_places = places;
	caught->report = (struct report){
		.output = output, .is_json = is_json, .look = {.snapshot = &picture->snapshot}};
}

static const char *release(struct caught *caught)
{
	size_t length = 0;
	ssize_t got;
	expect_number(output_flush(caught->report.output), 0);
	close(caught->pipe[1]);
	while ((got = read(caught->pipe[0], caught->text + length,
			   sizeof caught->text - length - 1)) > 0)
		length += (size_t)got;
	caught->text[length] = '\0';
	close(caught->pipe[0]);
	free(caught->report.output);
	return caught->text;
}

/* ---- tasks ---- */

static void torn_and_running(struct picture *picture)
{
	picture_init(picture);
	picture_task(picture, "torn");
	picture_task(picture, "busy");
	task_at(picture, 0)->quality = TASK_TORN;
	task_at(picture, 0)->wait = TL_WAIT_LOCK; /* as of some moment: not sure */
	task_at(picture, 0)->age_ns = MODEL_UNKNOWN;
	task_at(picture, 1)->state = TL_STATE_RUNNING;
	task_at(picture, 1)->quality = TASK_RUNNING;
	task_at(picture, 1)->site = 0x3000;
	picture_finish(picture);
}

static const int32_t two[] = {0, 1};

TEST(torn_rows_say_so)
{
	struct picture picture;
	struct caught caught;
	torn_and_running(&picture);
	catch(&caught, &picture, false);
	expect_number(report_tasks(&caught.report, two, 2), 0);
	expect_text(release(&caught),
		    "ID  NAME  S  STATE    WAITS FOR    AGE  RUN  SWITCHES  SPAWNED AT\n"
		    " 1  torn  ?  torn     ?              -  0ns         0  -\n"
		    " 2  busy  R  running  -          1.00s  0ns         0  stripped+0x4\n");
	catch(&caught, &picture, true);
	expect_number(report_tasks(&caught.report, two, 2), 0);
	const char *text = release(&caught);
	expect(strstr(text,
		      "\"id\":1,\"name\":\"torn\",\"group\":\"\",\"letter\":\"?\",\"state\":"
		      "\"torn\","
		      "\"quality\":\"torn\",\"wait\":null,\"waits_for\":null,\"age_ns\":null") !=
	       NULL);
	expect(strstr(text, "\"quality\":\"running\",\"wait\":null") != NULL);
	expect(strstr(text,
		      "\"spawned_at\":{\"address\":12288,\"function\":\"stripped\",\"offset\":4,"
		      "\"file\":null,\"line\":null}") != NULL);
	picture_fini(&picture);
}

TEST(many_sites_are_written_right)
{
	struct picture picture;
	struct caught caught;
	enum { HERE = 500 };
	int32_t tasks[HERE];
	char want[64];
	picture_init(&picture);
	for (int32_t i = 0; i < HERE; i++) {
		tasks[i] = picture_task(&picture, NULL);
		task_at(&picture, i)->site = 0x100000u + (uint32_t)i;
	}
	picture_finish(&picture);
	catch(&caught, &picture, false);
	expect_number(report_tasks(&caught.report, tasks, HERE), 0);
	/* the pipe holds it all: 60 bytes a row */
	const char *line = release(&caught);
	for (int32_t i = 0; i < HERE; i++) {
		line = strchr(line, '\n') + 1;
		snprintf(want, sizeof want, "  0x%x\n", 0x100000u + (uint32_t)i);
		const char *end = strchr(line, '\n') + 1;
		expect(strncmp(end - strlen(want), want, strlen(want)) == 0);
	}
	picture_fini(&picture);
}

/* ---- backtraces ---- */

TEST(backtraces_say_what_is_missing)
{
	static const uint64_t stacks[7][8] = {{0x1000, 0x3000, 0x4000, 0x5000}, {0x1000}};
	static const enum backtrace_status statuses[7] = {
		BACKTRACE_COMPLETE, BACKTRACE_CUT,   BACKTRACE_RUNNING, BACKTRACE_HOT,
		BACKTRACE_FRESH,    BACKTRACE_ENDED, BACKTRACE_REFUSED};
	static const int32_t all[] = {0, 1, 2, 3, 4, 5, 6};
	struct picture picture;
	struct caught caught;
	picture_init(&picture);
	for (int i = 0; i < 7; i++)
		task_at(&picture, picture_task(&picture, NULL))->age_ns = MODEL_UNKNOWN;
	picture_finish(&picture);
	fake_stacks = stacks;
	fake_statuses = statuses;
	catch(&caught, &picture, false);
	expect_number(report_backtraces(&caught.report, all, 7), 0);
	expect_text(release(&caught), "tasklet 1 (r ready)\n"
				      "#0  worker at src/pool.c:61\n"
				      "#1  stripped+0x4 in jobd\n"
				      "#2  0x0000000000004000 in jobd\n"
				      "#3  0x0000000000005000\n"
				      "\n"
				      "tasklet 2 (r ready)\n"
				      "#0  worker at src/pool.c:61\n"
				      "(frames are missing here)\n"
				      "\n"
				      "tasklet 3 (r ready)\n"
				      "(it is running: its stack is in use)\n"
				      "\n"
				      "tasklet 4 (r ready)\n"
				      "(hot: it switched during every try to copy its stack)\n"
				      "\n"
				      "tasklet 5 (r ready)\n"
				      "(it has not started: it has no stack yet)\n"
				      "\n"
				      "tasklet 6 (r ready)\n"
				      "(it has ended)\n"
				      "\n"
				      "tasklet 7 (r ready)\n"
				      "(its memory may not be read: ask root)\n"
				      "\n");
	catch(&caught, &picture, true);
	expect_number(report_backtraces(&caught.report, &all[6], 1), 0);
	expect_text(release(&caught),
		    "{\"schema\":1,\"id\":7,\"name\":\"\",\"state\":\"ready\","
		    "\"backtrace\":\"refused\",\"why\":\"ask root\",\"frames\":[]}\n");
	catch(&caught, &picture, true);
	expect_number(report_stack_groups(&caught.report, all, 2), 0);
	expect(strstr(release(&caught),
		      "\"ids\":[1],\"backtrace\":\"complete\",\"why\":null,\"frames\":"
		      "[{\"address\":4096,\"function\":\"worker\",\"offset\":4,"
		      "\"file\":\"src/pool.c\",\"line\":61,\"module\":\"/bin/jobd\"},") != NULL);
	fake_stacks = NULL;
	fake_statuses = NULL;
	picture_fini(&picture);
}

/* ---- verdicts ---- */

TEST(a_holder_that_has_ended)
{
	struct picture picture;
	struct caught caught;
	struct waits waits;
	picture_init(&picture);
	const int32_t a = picture_task(&picture, "a"), db = picture_mutex(&picture, "db", -1);
	object_at(&picture, db)->holder_gone = true;
	set_lock(&picture, a, db);
	waits_find(picture_finish(&picture), 0, &waits);
	catch(&caught, &picture, false);
	expect_number(report_verdicts(&caught.report, &waits, false), 0);
	expect_text(release(&caught),
		    "ORPHAN (maybe): nobody is known who could wake it, held 1.00s\n"
		    "      1 a  lock db, held by a tasklet that has ended  1.00s\n\n");
	catch(&caught, &picture, true);
	expect_number(report_verdicts(&caught.report, &waits, false), 0);
	expect(strstr(release(&caught), "\"holder\":null,\"holder_ended\":true,\"could_wake\":[],"
					"\"others_could\":false") != NULL);
	waits_fini(&waits);
	picture_fini(&picture);
}

TEST(one_that_waits_for_itself)
{
	struct picture picture;
	struct caught caught;
	struct waits waits;
	picture_init(&picture);
	const int32_t a = picture_task(&picture, "a"),
		      tokens = picture_channel(&picture, "t", 1, 0);
	add_sender(&picture, tokens, a);
	set_receive(&picture, a, tokens);
	waits_find(picture_finish(&picture), 0, &waits);
	catch(&caught, &picture, false);
	expect_number(report_verdicts(&caught.report, &waits, false), 0);
	expect_text(release(&caught), "DEADLOCK (likely): it waits for itself, held 1.00s\n"
				      "  +-> 1 a  receive t: known sender 1 a  1.00s\n"
				      "  +---- back to 1\n\n");
	waits_fini(&waits);
	picture_fini(&picture);
}

TEST(behind_is_listed_by_member)
{
	struct picture picture;
	struct caught caught;
	struct waits waits;
	picture_init(&picture);
	for (int32_t i = 0; i < 50; i++)
		picture_task(&picture, NULL);
	set_join(&picture, 0, 1);
	set_join(&picture, 1, 0);
	for (int32_t i = 2; i < 50; i++)
		set_join(&picture, i, i % 2 && i < 7);
	waits_find(picture_finish(&picture), 0, &waits);
	catch(&caught, &picture, false);
	expect_number(report_verdicts(&caught.report, &waits, false), 0);
	const char *text = release(&caught);
	expect(strstr(text, "held 1.00s; 48 more behind\n") != NULL);
	expect(strstr(text, "\n  behind 1: 3 5 7 8 9 10 11 12 13 14 15 16 17 18 19 20 ...\n"
			    "  behind 2: 4 6\n") != NULL);
	waits_fini(&waits);
	picture_fini(&picture);
}

/* ---- events ---- */

TEST(what_an_event_says_that_nothing_is_known_of)
{
	struct picture picture;
	struct caught caught;
	struct event events[] = {
		{.ns = MODEL_UNKNOWN, .event = TL_EVENT_SWITCH, .tasklet = 77, .object_id = 9},
		{.ns = 999999999000,
		 .event = TL_EVENT_CLOSE,
		 .flags = 0,
		 .task_id = 88,
		 .tasklet = 88},
	};
	const struct history history = {.events = events, .count = 2, .torn = 4};
	picture_init(&picture);
	picture_finish(&picture);
	catch(&caught, &picture, false);
	expect_number(report_history(&caught.report, &history), 0);
	expect_text(release(&caught), "(4 events were torn while they were read)\n"
				      "AGO  SCHED  TASKLET     EVENT   DETAIL\n"
				      "  -      0  -           switch  yield object 9 (gone)\n"
				      "1us      0  88 (ended)  close   , opened again\n");
	catch(&caught, &picture, true);
	expect_number(report_history(&caught.report, &history), 0);
	expect_text(
		release(&caught),
		"{\"schema\":1,\"event\":\"torn\",\"count\":4}\n"
		"{\"schema\":1,\"ns\":null,\"scheduler\":0,\"event\":\"switch\",\"why\":\"yield\","
		"\"tasklet_low\":77,\"object_id\":9}\n"
		"{\"schema\":1,\"ns\":999999999000,\"scheduler\":0,\"event\":\"close\","
		"\"tasklet\":{\"id\":88,\"name\":null,\"ended\":true},\"open\":true}\n");
	picture_fini(&picture);
}
