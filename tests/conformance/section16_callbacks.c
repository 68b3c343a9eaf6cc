/* SPDX-License-Identifier: MIT */
/*
 * section16_callbacks.c: the schedule, channel and spawn callbacks.
 */
#include "harness.h"

static struct tl_channel *channel;
static int user_data;

/* name_of() has one buffer; a callback needs two names. */
static void log_pair(const char *what, tl_task a, tl_task b)
{
	char first[64];
	snprintf(first, sizeof(first), "%s", name_of(a));
	log_("%s(%s,%s)", what, first, name_of(b));
}

static void on_schedule(tl_task prev, tl_task next, void *user)
{
	expect_pointer(user, &user_data);
	expect_task(tl_current(), prev); /* case 178 */
	log_pair("", prev, next);
}

static void on_channel(struct tl_channel *which, tl_task task, bool sending, bool will_block,
		       const void *element, void *user)
{
	expect_pointer(which, channel);
	expect_pointer(user, &user_data);
	expect_task(tl_current(), task);
	log_("ch(%s,%s,%d", name_of(task), sending ? "send" : "recv", will_block);
	if (element)
		log_("value=%d)", *(const int *)element);
	else
		log_("none)");
}

/* Set the callbacks after the first use, whose own event is another case. */
static void watch(bool channels)
{
	tl_current();
	expect(tl_set_schedule_callback(on_schedule, &user_data) == NULL);
	if (channels)
		expect(tl_set_channel_callback(on_channel, &user_data) == NULL);
}

TEST(case_169_schedule_callback_of_a_run)
{
	watch(false);
	spawn("A", logs);
	spawn("B", logs);
	ok(tl_run());
	expect_log("(M,A) A (A,B) B (B,M)");
}

BODY(sends_1)
{
	(void)arg;
	return send_int(channel, 1);
}

BODY(receives_1)
{
	int value;
	or_end(tl_channel_receive(channel, &value));
	expect_int(value, 1);
	return 0;
}

TEST(case_171_receiver_preferred_sender_first)
{
	channel = new_channel("c");
	watch(true);
	spawn("S", sends_1);
	spawn("R", receives_1);
	ok(tl_run());
	expect_log("(M,S) ch(S,send,1 value=1) (S,R) ch(R,recv,0 value=1) (R,S) (S,M)");
}

TEST(case_172_sender_preferred_receiver_first)
{
	channel = new_channel("c");
	ok(tl_channel_set_preference(channel, 1, NULL));
	watch(true);
	spawn("R", receives_1);
	spawn("S", sends_1);
	ok(tl_run());
	expect_log("(M,R) ch(R,recv,1 none) (R,S) ch(S,send,0 value=1) (S,R) (R,M)");
}

/* A schedule callback that fails: it cannot raise, but it can try what is not allowed. */
static void misbehaves(tl_task prev, tl_task next, void *user)
{
	(void)prev, (void)user;
	if (next.id != tl_main().id) { /* else there is nobody that it could switch to */
		expect_result(tl_schedule(), -EPERM);
		expect_result(tl_sleep(SECOND), -EPERM);
	}
	log_("tried");
}

TEST(case_174_a_failing_callback_does_not_disturb)
{
	tl_current();
	spawn("other", logs);
	tl_set_schedule_callback(misbehaves, NULL);
	spawn("t", logs);
	stderr_capture_begin();
	ok(tl_run());
	stderr_capture_end();
	expect_log("tried other tried t tried");
}

TEST(case_177_a_refused_block_is_announced)
{
	int value;
	channel = new_channel("c");
	watch(true);
	ok(tl_task_set_block_trap(tl_main(), 1, NULL));
	expect_result(tl_channel_receive(channel, &value), -EWOULDBLOCK);
	expect_result(send_int(channel, 5), -EWOULDBLOCK);
	expect_log("ch(M,recv,1 none) ch(M,send,1 value=5)");
	/* closed, and a deadlock, too */
	ok(tl_task_set_block_trap(tl_main(), 0, NULL));
	ok(tl_channel_close(channel));
	expect_result(tl_channel_receive(channel, &value), -EPIPE);
	ok(tl_channel_open(channel));
	expect_result(tl_channel_receive(channel, &value), -EDEADLK);
	expect_log("ch(M,recv,1 none) ch(M,recv,1 none)");
}

BODY(switches_to_itself)
{
	ok(tl_schedule());
	ok(tl_run());
	ok(tl_task_run(tl_current()));
	ok(tl_task_switch(tl_current()));
	return 0;
}

TEST(case_180_no_callback_without_a_switch)
{
	watch(false);
	ok(tl_schedule());
	ok(tl_run());
	ok(tl_task_run(tl_main()));
	ok(tl_task_switch(tl_main()));
	ok(tl_schedule_remove(NULL, NULL));
	expect_log("");
	spawn("t", switches_to_itself);
	ok(tl_run());
	expect_log("(M,t) (t,M)");
}

static void on_first_use(tl_task prev, tl_task next, void *user)
{
	(void)user;
	log_("(%d,%s)", prev.id != 0, next.id == tl_main().id ? "main" : "?");
}

TEST(case_181_first_use_of_the_runtime)
{
	/* setting a callback is no use of the runtime */
	expect(tl_set_schedule_callback(on_first_use, NULL) == NULL);
	expect_log("");
	tl_current();
	expect_log("(0,main)");
	ok(tl_schedule());
	expect_log("");
}

/* ---- what follows from the same rules ---- */

BODY(returns)
{
	return number_of(arg);
}

BODY(switches_main)
{
	(void)arg;
	return tl_task_switch(tl_main());
}

TEST(every_real_switch_is_told)
{
	watch(false);
	const tl_task t = spawn("t", switches_main);
	ok(tl_task_run(t));
	expect_log("(M,t) (t,M)");
	ok(tl_task_kill(t, 0));
	expect_log("(M,t) (t,M)");
	/* killed before it ran: no switch */
	const tl_task u = spawn("u", logs);
	ok(tl_task_kill(u, 0));
	expect_log("");
	spawn_with("bad", returns, number(-EIO));
	spawn("x", logs);
	expect_result(tl_run(), -EIO);
	expect_log("(M,bad) (bad,M)");
	ok(tl_schedule());
	expect_log("(M,x) x (x,M)");
}

TEST(kills_make_no_channel_event)
{
	channel = new_channel("c");
	watch(true);
	const tl_task r = spawn("R", receives_1);
	ok(tl_run());
	expect_log("(M,R) ch(R,recv,1 none) (R,M)");
	ok(tl_task_kill(r, 0));
	expect_log("(M,R) (R,M)");
}

BODY(sends_error)
{
	(void)arg;
	return tl_channel_send_error(channel, EIO, NULL);
}

BODY(receives_error)
{
	int value;
	(void)arg;
	expect_result(tl_channel_receive(channel, &value), -EIO);
	return 0;
}

TEST(a_sent_error_has_no_element)
{
	channel = new_channel("c");
	watch(true);
	spawn("S", sends_error);
	spawn("R", receives_error);
	ok(tl_run());
	expect_log("(M,S) ch(S,send,1 none) (S,R) ch(R,recv,0 none) (R,S) (S,M)");
}

TEST(buffered_channels_are_told_too)
{
	channel = new_buffered("c", 1);
	watch(true);
	ok(send_int(channel, 1));
	expect_log("ch(M,send,0 value=1)");
	expect_int(receive_int(channel), 1);
	expect_log("ch(M,recv,0 value=1)");
}

static void logs_deaths(tl_task prev, tl_task next, void *user)
{
	(void)user;
	if (next.id == 0)
		log_pair("", prev, next);
}

TEST(the_last_death_tells_none)
{
	/* the last tasklet ends, and main does not wait in tl_run(): nobody is left to switch to */
	int value;
	channel = new_channel("c");
	tl_current();
	tl_set_schedule_callback(logs_deaths, NULL);
	spawn("A", logs);
	spawn("B", logs);
	expect_result(tl_channel_receive(channel, &value), -EDEADLK);
	expect_log("A B (B,-)");
	/* main goes on: that is no such death */
	spawn("A", logs);
	ok(tl_run());
	spawn("A", logs);
	ok(tl_schedule());
	expect_log("A A");
}

static void uses_channels(struct tl_channel *which, tl_task task, bool sending, bool will_block,
			  const void *element, void *user)
{
	struct tl_channel *other = user;
	int value = 0;
	(void)which, (void)task, (void)sending, (void)will_block, (void)element;
	expect_result(send_int(other, 1), -ELOOP);
	expect_result(tl_channel_receive(other, &value), -ELOOP);
	expect_result(tl_channel_next(other, &value), -ELOOP);
	expect_result(tl_channel_send_error(other, EIO, NULL), -ELOOP);
	expect_result(tl_channel_send_all(other, &value, 1), -ELOOP);
	expect_result(tl_channel_send_try(other, &value), -ELOOP);
	expect_result(tl_channel_receive_try(other, &value), -ELOOP);
	expect_result(tl_channel_send_until(other, &value, tl_now() + SECOND), -ELOOP);
	log_("cb");
}

TEST(a_channel_callback_may_not_use_channels)
{
	channel = new_channel("c");
	struct tl_channel *other = new_buffered("other", 4);
	spawn("A", logs);
	tl_set_channel_callback(uses_channels, other);
	spawn("R", receives_1);
	ok(tl_run());
	ok(send_int(channel, 1));
	expect_log("A cb cb");
	expect_int(tl_channel_length(other), 0);
	expect(tl_set_channel_callback(NULL, NULL) == uses_channels);
	ok(send_int(other, 1));
	expect_log("");
}

static void gives_way(struct tl_channel *which, tl_task task, bool sending, bool will_block,
		      const void *element, void *user)
{
	(void)which, (void)task, (void)sending, (void)will_block, (void)element, (void)user;
	expect_result(tl_schedule(), -EPERM);
	expect_result(tl_run(), -EPERM);
	log_("cb");
}

TEST(a_channel_callback_may_not_switch)
{
	channel = new_buffered("c", 1);
	spawn("A", logs);
	tl_set_channel_callback(gives_way, NULL);
	ok(send_int(channel, 1));
	expect_log("cb");
	expect_ring("M A");
	ok(tl_run());
	expect_log("A");
}

static void spawns_once(tl_task prev, tl_task next, void *user)
{
	int *left = user;
	(void)prev, (void)next;
	if ((*left)-- == 0)
		spawn("born", logs);
}

TEST(a_schedule_callback_may_spawn)
{
	/* at every switch of this program in turn: those of a run, of ends, of blocking */
	for (int at = 0; at < 6; at++) {
		int left = at;
		channel = new_channel("c");
		tl_current();
		spawn("A", logs);
		spawn("R", receives_1);
		spawn("S", sends_1);
		tl_set_schedule_callback(spawns_once, &left);
		ok(tl_run());
		tl_set_schedule_callback(NULL, NULL);
		ok(tl_run());
		if (left < 0)
			expect_log("A born");
		else
			expect_log("A");
		expect_ring("M");
		expect_int(tl_run_count(), 1);
	}
}

static void on_spawn(tl_task task, void *user)
{
	expect_pointer(user, &user_data);
	log_pair("spawn", tl_current(), task);
	expect(task.id != 0);
	if (tl_task_state(task) != 0)
		expect_state(task, "as----");
}

BODY(spawns)
{
	(void)arg;
	spawn("grandchild", logs);
	log_("t");
	return 0;
}

TEST(the_spawn_callback)
{
	expect(tl_set_spawn_callback(on_spawn, &user_data) == NULL);
	spawn("t", spawns);
	expect_log("spawn(M,t)");
	ok(tl_run());
	expect_log("spawn(t,grandchild) t grandchild");
	create("kept");
	expect_log("spawn(M,kept)");
	expect(tl_set_spawn_callback(NULL, NULL) == on_spawn);
	spawn("u", logs);
	ok(tl_run());
	expect_log("u");
}

static void spawn_switches(tl_task task, void *user)
{
	(void)task, (void)user;
	expect_result(tl_schedule(), -EPERM);
	log_("cb");
}

TEST(a_spawn_callback_may_not_switch)
{
	spawn("A", logs);
	tl_set_spawn_callback(spawn_switches, NULL);
	spawn("B", logs);
	expect_log("cb");
	ok(tl_run());
	expect_log("A B");
}

static int handler_switches(tl_task task, int error, void *user)
{
	(void)task, (void)error, (void)user;
	expect_result(tl_schedule(), -EPERM);
	log_("handler");
	return 0;
}

TEST(an_error_handler_may_not_switch)
{
	tl_set_error_handler(handler_switches, NULL);
	spawn_with("bad", returns, number(-EIO));
	spawn("A", logs);
	ok(tl_run());
	expect_log("handler A");
}

TEST(callbacks_are_exchanged)
{
	tl_current();
	expect(tl_set_schedule_callback(misbehaves, NULL) == NULL);
	expect(tl_set_schedule_callback(on_schedule, &user_data) == misbehaves);
	spawn("A", logs);
	ok(tl_run());
	expect_log("(M,A) A (A,M)");
	expect(tl_set_schedule_callback(NULL, NULL) == on_schedule);
	spawn("A", logs);
	ok(tl_run());
	expect_log("A");
}
