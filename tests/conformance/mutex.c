/* SPDX-License-Identifier: MIT */
/*
 * mutex.c: first in first out, handed over by unlock; misuse; cycles of holders.
 */
#include "harness.h"

static struct tl_mutex *mutex, *other;
static struct tl_channel *channel;

static void prepare(void)
{
	ok(tl_mutex_create("m", &mutex));
	ok(tl_mutex_create("other", &other));
	channel = new_channel("c");
}

BODY(locks)
{
	const int result = tl_mutex_lock(mutex);
	log_("%s:%d", (const char *)arg, result);
	or_end(result);
	return tl_mutex_unlock(mutex);
}

TEST(lock_and_unlock)
{
	prepare();
	for (int i = 0; i < 3; i++) {
		ok(tl_mutex_lock(mutex));
		ok(tl_mutex_unlock(mutex));
	}
	ok(tl_mutex_lock_try(mutex));
	ok(tl_mutex_unlock(mutex));
	ok(tl_mutex_lock_until(mutex, TL_AT_ONCE));
	ok(tl_mutex_unlock(mutex));
	ok(tl_mutex_destroy(mutex));
	ok(tl_mutex_destroy(NULL));
}

TEST(waiters_are_served_in_order)
{
	prepare();
	ok(tl_mutex_lock(mutex));
	const tl_task a = spawn("a", locks);
	spawn("b", locks);
	spawn("c", locks);
	ok(tl_run());
	expect_state(a, "as-b--");
	expect_pointer(tl_task_channel(a), NULL);
	expect_int(tl_run_count(), 1);
	ok(tl_mutex_unlock(mutex));
	expect_log(""); /* unlocking never switches */
	expect_state(a, "as----");
	ok(tl_run());
	expect_log("a:0 b:0 c:0");
	ok(tl_mutex_destroy(mutex));
}

TEST(unlocking_hands_over)
{
	prepare();
	ok(tl_mutex_lock(mutex));
	spawn("a", locks);
	ok(tl_run());
	ok(tl_mutex_unlock(mutex));
	/* it is a's already, though a has not run yet: no barging */
	expect_result(tl_mutex_lock_try(mutex), -EAGAIN);
	expect_result(tl_mutex_unlock(mutex), -EPERM);
	spawn("b", locks);
	ok(tl_mutex_lock(mutex)); /* waits behind a, before b */
	expect_log("a:0");
	ok(tl_schedule());
	ok(tl_mutex_unlock(mutex));
	ok(tl_run());
	expect_log("b:0");
}

TEST(misuse)
{
	prepare();
	expect_result(tl_mutex_unlock(mutex), -EPERM);
	ok(tl_mutex_lock(mutex));
	expect_result(tl_mutex_lock(mutex), -EDEADLK);
	expect_result(tl_mutex_lock_until(mutex, tl_now() + SECOND), -EDEADLK);
	expect_result(tl_mutex_destroy(mutex), -EBUSY);
	ok(tl_mutex_unlock(mutex));
	expect_result(tl_mutex_unlock(mutex), -EPERM);
	ok(tl_mutex_destroy(mutex));
}

BODY(unlocks_anothers)
{
	(void)arg;
	expect_result(tl_mutex_unlock(mutex), -EPERM);
	expect_result(tl_mutex_lock_try(mutex), -EAGAIN);
	log_("t");
	return 0;
}

TEST(unlocking_anothers_is_refused)
{
	prepare();
	ok(tl_mutex_lock(mutex));
	spawn("t", unlocks_anothers);
	ok(tl_run());
	expect_log("t");
	ok(tl_mutex_unlock(mutex));
}

TEST(destroy_is_refused_while_somebody_waits)
{
	prepare();
	ok(tl_mutex_lock(mutex));
	const tl_task a = spawn("a", locks);
	ok(tl_run());
	expect_result(tl_mutex_destroy(mutex), -EBUSY);
	ok(tl_mutex_unlock(mutex));
	expect_result(tl_mutex_destroy(mutex), -EBUSY); /* handed over */
	ok(tl_run());
	expect_state(a, "------");
	ok(tl_mutex_destroy(mutex));
}

TEST(a_killed_waiter_leaves_the_queue)
{
	prepare();
	ok(tl_mutex_lock(mutex));
	spawn("a", locks);
	const tl_task b = spawn("b", locks);
	spawn("c", locks);
	ok(tl_run());
	ok(tl_task_kill(b, 0));
	expect_log("b:-125");
	ok(tl_mutex_unlock(mutex));
	ok(tl_run());
	expect_log("a:0 c:0");
	ok(tl_mutex_destroy(mutex));
}

TEST(a_kill_after_the_hand_over_does_not_lose_it)
{
	/* a was given the mutex, and is killed before its call returned: the call fails, so a does
	 * not hold it; b gets it. */
	for (unsigned flags = 0; flags <= TL_PENDING; flags += TL_PENDING) {
		prepare();
		ok(tl_mutex_lock(mutex));
		const tl_task a = spawn("a", locks);
		spawn("b", locks);
		ok(tl_run());
		ok(tl_mutex_unlock(mutex));
		ok(tl_task_kill(a, flags));
		ok(tl_run());
		expect_log("a:-125 b:0");
		ok(tl_mutex_lock_try(mutex));
		ok(tl_mutex_unlock(mutex));
		ok(tl_mutex_destroy(mutex));
	}
}

BODY(holds_a_while)
{
	(void)arg;
	ok(tl_mutex_lock(mutex));
	for (int i = 0; i < 3; i++) {
		log_("h%d", i);
		ok(tl_schedule());
	}
	ok(tl_mutex_unlock(mutex));
	log_("h end");
	return 0;
}

TEST(main_waits_for_a_tasklet)
{
	prepare();
	spawn("h", holds_a_while);
	ok(tl_schedule());
	ok(tl_mutex_lock(mutex));
	log_("M");
	expect_log("h0 h1 h2 h end M");
	ok(tl_mutex_unlock(mutex));
}

static int counter;

BODY(counts)
{
	(void)arg;
	for (int i = 0; i < 50; i++) {
		ok(tl_mutex_lock(mutex));
		const int seen = counter;
		ok(tl_schedule());
		expect_int(counter, seen);
		counter = seen + 1;
		ok(tl_mutex_unlock(mutex));
	}
	return 0;
}

TEST(it_excludes)
{
	prepare();
	for (int i = 0; i < 20; i++)
		spawn("t", counts);
	ok(tl_run());
	expect_int(counter, 20 * 50);
	ok(tl_mutex_destroy(mutex));
}

/* ---- deadlines ---- */

BODY(locks_for_a_second)
{
	const int result = tl_mutex_lock_until(mutex, tl_now() + SECOND);
	log_("%s:%d", (const char *)arg, result);
	if (result == 0)
		ok(tl_mutex_unlock(mutex));
	return 0;
}

TEST(a_deadline_passes, VIRTUAL_CLOCK)
{
	prepare();
	ok(tl_mutex_lock(mutex));
	spawn("a", locks_for_a_second);
	ok(tl_run()); /* waits for the deadline */
	expect_log("a:-110");
	ok(tl_mutex_lock_try(other));
	/* in time */
	spawn("b", locks_for_a_second);
	ok(tl_schedule());
	ok(tl_mutex_unlock(mutex));
	ok(tl_run());
	expect_log("b:0");
	ok(tl_mutex_destroy(mutex));
}

TEST(a_deadline_in_the_middle_of_the_queue, VIRTUAL_CLOCK)
{
	prepare();
	ok(tl_mutex_lock(mutex));
	spawn("a", locks);
	spawn("b", locks_for_a_second);
	spawn("c", locks);
	ok(tl_run());
	expect_log("b:-110");
	ok(tl_mutex_unlock(mutex));
	ok(tl_run());
	expect_log("a:0 c:0");
}

/* ---- cycles of holders ---- */

struct pair {
	struct tl_mutex *first, *second;
};

static void is_told(tl_task task, void *user)
{
	(void)user;
	log_("told:%s", name_of(task));
}

BODY(locks_both)
{
	const struct pair *pair = arg;
	ok(tl_mutex_lock(pair->first));
	ok(tl_schedule());
	const int result = tl_mutex_lock(pair->second);
	if (result == 0)
		ok(tl_mutex_unlock(pair->second));
	else
		expect_result(result, -ECANCELED);
	ok(tl_mutex_unlock(pair->first));
	log_("end");
	return 0;
}

TEST(a_cycle_of_two_is_told)
{
	prepare();
	tl_set_deadlock_handler(is_told, NULL);
	struct pair ab = {mutex, other}, ba = {other, mutex};
	const tl_task a = spawn_with("A", locks_both, &ab), b = spawn_with("B", locks_both, &ba);
	ok(tl_run());
	/* told of the one whose call closes it; which then blocks */
	expect_log("told:B");
	expect_state(a, "as-b--");
	expect_state(b, "as-b--");
	/* only a kill resolves it */
	ok(tl_task_kill(b, 0));
	ok(tl_run());
	expect_log("end end");
	expect_state(a, "------");
	ok(tl_mutex_destroy(mutex));
	ok(tl_mutex_destroy(other));
}

TEST(philosophers_are_told)
{
	enum { SEATS = 5 };
	struct tl_mutex *forks[SEATS];
	struct pair pairs[SEATS];
	static const char *names[SEATS] = {"P0", "P1", "P2", "P3", "P4"};
	tl_set_deadlock_handler(is_told, NULL);
	for (int i = 0; i < SEATS; i++)
		ok(tl_mutex_create("fork", &forks[i]));
	for (int i = 0; i < SEATS; i++) {
		pairs[i] = (struct pair){forks[i], forks[(i + 1) % SEATS]};
		spawn_with(names[i], locks_both, &pairs[i]);
	}
	ok(tl_run());
	expect_log("told:P4");
}

TEST(no_cycle_is_not_told)
{
	enum { SEATS = 5 };
	struct tl_mutex *forks[SEATS];
	struct pair pairs[SEATS];
	tl_set_deadlock_handler(is_told, NULL);
	for (int i = 0; i < SEATS; i++)
		ok(tl_mutex_create("fork", &forks[i]));
	for (int i = 0; i < SEATS; i++) {
		pairs[i] = (struct pair){forks[i], forks[(i + 1) % SEATS]};
		if (i == SEATS - 1) /* one is left-handed */
			pairs[i] = (struct pair){forks[0], forks[i]};
		spawn_with("P", locks_both, &pairs[i]);
	}
	ok(tl_run());
	expect_log("end end end end end");
}

BODY(locks_both_with_deadline)
{
	const struct pair *pair = arg;
	ok(tl_mutex_lock(pair->first));
	ok(tl_schedule());
	const int result = tl_mutex_lock_until(pair->second, tl_now() + SECOND);
	log_("%d", result);
	if (result == 0)
		ok(tl_mutex_unlock(pair->second));
	ok(tl_mutex_unlock(pair->first));
	return 0;
}

TEST(a_cycle_with_a_deadline_is_a_long_wait, VIRTUAL_CLOCK)
{
	prepare();
	tl_set_deadlock_handler(is_told, NULL);
	struct pair ab = {mutex, other}, ba = {other, mutex};
	spawn_with("A", locks_both, &ab);
	spawn_with("B", locks_both_with_deadline, &ba);
	ok(tl_run());
	expect_log("-110 end");
	/* the edge that closes it has none, the other has */
	spawn_with("B", locks_both_with_deadline, &ba);
	spawn_with("A", locks_both, &ab);
	ok(tl_run());
	expect_log("-110 end");
}

TEST(a_cycle_with_main)
{
	/* main holds one and waits for the other, and nobody else is left to run */
	prepare();
	struct pair ba = {other, mutex};
	ok(tl_mutex_lock(mutex));
	const tl_task t = spawn_with("t", locks_both, &ba);
	ok(tl_schedule());
	ok(tl_schedule());
	expect_state(t, "as-b--");
	expect_result(tl_mutex_lock(other), -EDEADLK);
	expect_state(tl_main(), "as--cm");
	ok(tl_mutex_unlock(mutex));
	ok(tl_mutex_lock(other));
	expect_log("end");
	ok(tl_mutex_unlock(other));
}
