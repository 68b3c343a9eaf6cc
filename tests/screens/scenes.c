/* SPDX-License-Identifier: MIT */
/* scenes.c: the targets that the screens are tested with. */
#include <stdio.h>

#include "scene.h"

#define RUNNING	      TL_STATE_RUNNING, TL_WAIT_NONE
#define READY	      TL_STATE_READY, TL_WAIT_NONE
#define WAITING(kind) TL_STATE_WAITING, TL_WAIT_##kind

/* ---- jobd: three that wait for each other and nine behind them, a hog, a long wait, an orphan
 * ---- */

struct jobd {
	int32_t db, idx, cfg, jobs, acks, log, done, ctl;
};

static struct jobd jobd_objects(struct builder *b)
{
	struct jobd o = {
		.db = make_object(b, TL_OBJECT_MUTEX, "db", "main.c:31"),
		.idx = make_object(b, TL_OBJECT_MUTEX, "idx", "main.c:32"),
		.cfg = make_object(b, TL_OBJECT_MUTEX, "cfg", "conf.c:12"),
		.jobs = make_object(b, TL_OBJECT_CHANNEL, "jobs", "main.c:40"),
		.acks = make_object(b, TL_OBJECT_CHANNEL, "acks", "main.c:41"),
		.log = make_object(b, TL_OBJECT_CHANNEL, "log", "log.c:19"),
		.done = make_object(b, TL_OBJECT_CHANNEL, "done", "pool.c:22"),
		.ctl = make_object(b, TL_OBJECT_CHANNEL, "ctl", "ctl.c:8"),
	};
	int32_t old = make_object(b, TL_OBJECT_CHANNEL, "old", "x.c:9");

	object_of(b, o.jobs)->capacity = object_of(b, o.jobs)->length = 64;
	object_of(b, o.jobs)->count = 1882;
	uses(object_of(b, o.jobs), (uint64_t[]){57, 88, 90, 0}, (uint64_t[]){63, 0});
	object_of(b, o.acks)->capacity = 16;
	object_of(b, o.acks)->count = 90000 + b->step * 950;
	uses(object_of(b, o.acks), (uint64_t[]){7, 0}, (uint64_t[]){204, 0});
	object_of(b, o.log)->capacity = 256;
	object_of(b, o.log)->length = 12;
	object_of(b, o.log)->count = 40000 + b->step * 160;
	uses(object_of(b, o.log), (uint64_t[]){204, 7, 0}, (uint64_t[]){19, 0});
	object_of(b, o.log)->more_senders = true;
	object_of(b, o.done)->count = 700 + b->step * 11 / 2;
	uses(object_of(b, o.done), (uint64_t[]){63, 0}, (uint64_t[]){1, 0});
	uses(object_of(b, o.ctl), NULL, (uint64_t[]){5, 0});
	object_of(b, old)->capacity = 8;
	object_of(b, old)->length = 3;
	object_of(b, old)->closing = true;
	return o;
}

static void jobd_cycle(struct builder *b, const struct jobd *o)
{
	double t = b->step * 0.5;

	object_of(b, o->db)->holder = make_task(
		b, (struct task_at){57, "index", WAITING(SEND), 8.31 + t, .object = o->jobs + 1,
				    .spawned = "index.c:20",
				    .frames = {"index_page index.c:140", "index_run index.c:61"},
				    .stack_percent = 19, .parent = 1});
	object_of(b, o->idx)->holder = make_task(
		b, (struct task_at){41, "flush", WAITING(LOCK), 8.31 + t, .object = o->db + 1,
				    .spawned = "flush.c:88",
				    .frames = {"flush_page flush.c:133", "flush_run flush.c:98"},
				    .stack_percent = 12, .parent = 1});
	make_task(b, (struct task_at){63, "worker/3", WAITING(LOCK), 8.30 + t, .object = o->idx + 1,
				      .spawned = "pool.c:61", .frames = {"pool_take pool.c:90"},
				      .stack_percent = 12, .parent = 1});
	for (uint64_t id = 70; id <= 72; id++)
		make_task(b, (struct task_at){id, "scan", WAITING(JOIN), 7.5 + t, .joins = 4,
					      .spawned = "scan.c:17",
					      .frames = {"scan_wait scan.c:44"}, .stack_percent = 4,
					      .parent = 41});
	make_task(b, (struct task_at){88, "fetch/1", WAITING(SEND), 7.90 + t, .object = o->jobs + 1,
				      .spawned = "fetch.c:12", .frames = {"fetch_main fetch.c:52"},
				      .stack_percent = 8, .parent = 57});
	make_task(b, (struct task_at){90, "fetch/3", WAITING(SEND), 7.88 + t, .object = o->jobs + 1,
				      .spawned = "fetch.c:12", .frames = {"fetch_main fetch.c:52"},
				      .stack_percent = 8, .parent = 57});
	for (uint64_t id = 12; id <= 15; id++)
		make_task(b, (struct task_at){id, "commit", WAITING(LOCK), 6.1 + t,
					      .object = o->db + 1, .spawned = "commit.c:9",
					      .frames = {"commit_run commit.c:71"},
					      .stack_percent = 5, .parent = 41});
}

static void jobd_others(struct builder *b, const struct jobd *o)
{
	double t = b->step * 0.5;

	b->snapshot->schedulers[0].current = make_task(
		b, (struct task_at){118, "parse", RUNNING, 0.812 + t, .spawned = "parse.c:210",
				    .run_percent = 99.8, .switches_per_s = 0.1, .parent = 1});
	make_task(b, (struct task_at){204, "conn/204", READY, 0.60, .spawned = "accept.c:33",
				      .frames = {"conn_read conn.c:77"}, .run_percent = 0.3,
				      .switches_per_s = 51.2, .stack_percent = 11, .parent = 7});
	make_task(b, (struct task_at){7, "accept", WAITING(IO), 0.52, .spawned = "main.c:77",
				      .frames = {"accept_main accept.c:29"}, .run_percent = 0.1,
				      .switches_per_s = 1.9, .stack_percent = 10, .parent = 1});
	make_task(b, (struct task_at){19, "tick", WAITING(RECEIVE), 0.38, .object = o->log + 1,
				      .spawned = "tick.c:12", .frames = {"tick_main tick.c:30"},
				      .switches_per_s = 20, .stack_percent = 85, .parent = 1});
	object_of(b, o->cfg)->holder = make_task(
		b, (struct task_at){33, "reload", WAITING(IO), 42.0 + t, .spawned = "conf.c:88",
				    .frames = {"reload_read conf.c:101"}, .stack_percent = 9,
				    .parent = 1});
	make_task(b, (struct task_at){22, "conn/22", WAITING(LOCK), 41.9 + t, .object = o->cfg + 1,
				      .spawned = "accept.c:33", .frames = {"conn_config conn.c:40"},
				      .stack_percent = 11, .parent = 7});
	make_task(b, (struct task_at){23, "conn/23", WAITING(LOCK), 41.7 + t, .object = o->cfg + 1,
				      .spawned = "accept.c:33", .frames = {"conn_config conn.c:40"},
				      .stack_percent = 11, .parent = 7});
	make_task(b, (struct task_at){5, "reaper", WAITING(RECEIVE), 300 + t, .object = o->ctl + 1,
				      .spawned = "reap.c:15", .frames = {"reap_main reap.c:21"},
				      .stack_percent = 3, .parent = 1});
	for (uint64_t id = 205; id < 235; id++) {
		char name[32];
		snprintf(name, sizeof(name), "conn/%d", (int)id);
		make_task(b, (struct task_at){id, name, WAITING(IO), 0.01, .spawned = "accept.c:33",
					      .frames = {"conn_read conn.c:77"}, .run_percent = 0.1,
					      .switches_per_s = 217.5, .stack_percent = 11,
					      .parent = 7});
	}
	make_task(b, (struct task_at){240, "old/1", TL_STATE_ENDED, TL_WAIT_NONE, 3 + t,
				      .spawned = "pool.c:61", .parent = 1});
}

static void jobd_history(void)
{
	add_event(41,
		  (struct event){.event = TL_EVENT_WAKE,
				 .flags = TL_REASON_SEND,
				 .task_id = 41,
				 .other_id = 7,
				 .object_id = 5},
		  8.36);
	add_event(41,
		  (struct event){.event = TL_EVENT_SWITCH,
				 .flags = TL_REASON_YIELD,
				 .task_id = 204,
				 .other_id = 41},
		  8.35);
	add_event(41,
		  (struct event){.event = TL_EVENT_WAKE,
				 .flags = TL_REASON_RECEIVE,
				 .task_id = 9,
				 .other_id = 41,
				 .object_id = 4},
		  8.34);
	add_event(41,
		  (struct event){.event = TL_EVENT_MARK, .task_id = 41, .b = 17, .text = "page"},
		  8.33);
	add_event(41,
		  (struct event){.event = TL_EVENT_SWITCH,
				 .flags = TL_REASON_LOCK,
				 .task_id = 41,
				 .other_id = 57,
				 .object_id = 1},
		  8.31);
}

static void make_jobd(struct builder *b)
{
	struct jobd o = jobd_objects(b);

	b->snapshot->scheduler_count = 3;
	for (uint32_t i = 1; i < 3; i++)
		b->snapshot->schedulers[i] = (struct scheduler){
			.index = i,
			.tid = 812 + (pid_t)i,
			.in_use = true,
			.current = -1,
			.main = -1,
			.idle_ns = b->step * (i == 1 ? UINT64_C(340000000) : UINT64_C(395000000))};
	b->snapshot->schedulers[0].idle_ns = 0;
	make_task(b, (struct task_at){1, "main", WAITING(RECEIVE), 0.4, .object = o.done + 1,
				      .frames = {"main main.c:120"}, .switches_per_s = 11,
				      .stack_percent = 1});
	jobd_cycle(b, &o);
	jobd_others(b, &o);
	jobd_history();
}

/* ---- calm: nothing is wrong ---- */

static void make_calm(struct builder *b)
{
	int32_t work = make_object(b, TL_OBJECT_CHANNEL, "work", "calm.c:10");
	uses(object_of(b, work), (uint64_t[]){1, 0}, (uint64_t[]){2, 3, 0});
	object_of(b, work)->count = 10 + b->step * 5;
	make_task(b, (struct task_at){1, "main", WAITING(SLEEP), 0.2, .frames = {"main calm.c:30"},
				      .stack_percent = 1, .switches_per_s = 10});
	for (uint64_t id = 2; id <= 3; id++)
		make_task(b, (struct task_at){id, "worker", WAITING(RECEIVE), 0.1 * id,
					      .object = work + 1, .spawned = "calm.c:20",
					      .frames = {"work calm.c:14"}, .stack_percent = 2,
					      .switches_per_s = 5, .parent = 1});
}

static void make_empty(struct builder *b)
{
	(void)b;
}

/* ---- many: enough to scroll ---- */

static void make_many(struct builder *b)
{
	make_task(b, (struct task_at){1, "main", WAITING(SLEEP), 1, .frames = {"main many.c:9"},
				      .stack_percent = 1});
	for (uint64_t id = 2; id <= 500; id++) {
		char name[32];
		snprintf(name, sizeof(name), "actor/%d", (int)id);
		/* from step to step others are the oldest */
		make_task(b, (struct task_at){id, name, WAITING(SLEEP),
					      (double)((id * 37 + b->step * 101) % 499),
					      .spawned = "many.c:20", .frames = {"actor many.c:14"},
					      .stack_percent = 2, .switches_per_s = 1,
					      .parent = id % 10 ? id - id % 10 : 1});
	}
}

/* ---- hostile: names that try to break the columns; all is unknown; ids are huge ---- */

static void make_hostile(struct builder *b)
{
	static const char *const names[] = {
		"\xe4\xbd\xa0\xe5\xa5\xbd\xe4\xb8\x96\xe7\x95\x8c/1", /* wide characters */
		"e\xcc\x81t\xe2\x82\xac o\xcc\x88\xcc\x84",	      /* combining marks */
		"\xf0\x9f\xa6\x86 duck "
		"\xf0\x9f\xa6\x86\xf0\x9f\xa6\x86\xf0\x9f\xa6\x86\xf0\x9f\xa6\x86",
		"abc\xe2\x80\xae"
		"fed\xe2\x80\xac",		    /* turns the direction of text */
		"\xe2\x80\x8b\xcc\x81\xef\xbb\xbf", /* nothing that can be seen */
		"a\xff\xc3(\xe2\x82z\xf0\x9f",	    /* no UTF-8 */
		"\x1b[2J\x07\xc2\x9b"
		"31m", /* orders to a terminal */
		"a very long name that does not fit into any column at all 123",
		"",
	};
	int32_t lock = make_object(b, TL_OBJECT_MUTEX, "\xe9\x8d\xb5\x1b[31m", "\xe6\xba\x90.c:1");

	b->snapshot->has_clock = false;
	b->snapshot->trace = 0;
	b->snapshot->torn = 1;
	b->snapshot->bad = 2;
	b->snapshot->lost_records = 3;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int32_t index =
			make_task(b, (struct task_at){UINT64_C(18446744073709551000) + i, names[i],
						      WAITING(LOCK), .object = lock + 1,
						      .spawned = "\xe6\xba\x90.c:1",
						      .frames = {"f\xc3\xbcr \xe6\xba\x90.c:1"}});
		struct task *task = &b->snapshot->tasks[index];
		task->age_ns = task->life_ns = task->run_ns = task->ready_ns = task->wait_ns =
			MODEL_UNKNOWN;
		task->sp = 0;
	}
	b->snapshot->tasks[3].quality = TASK_TORN;
	object_of(b, lock)->holder_gone = true;
}

const struct scene scenes[] = {
	{"jobd", "jobd", make_jobd},
	{"calm", "calm", make_calm},
	{"empty", "empty", make_empty},
	{"many", "many", make_many},
	{"hostile", "h\xc3\xb6stile", make_hostile},
	{NULL, NULL, NULL},
};
