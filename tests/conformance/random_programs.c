/* SPDX-License-Identifier: MIT */
/*
 * random_programs.c: thousands of random programs, each run by the runtime and by the model of the
 * rules (tests/harness/model.h).  Both must write the same trace: who did what in which order,
 * every result, and after each operation the whole ring and everybody's state.
 *
 * A failure names its seed; TASKLET_TEST_SEED=N runs that one alone and prints both traces.
 */
#include "harness.h"
#include "model.h"

static const struct model_program *program;
static struct model_trace trace;
static struct tl_channel *channels[MODEL_CHANNELS];
static tl_task tasks[MODEL_TASKS];
static int budget;
static bool is_over;

static int interpret(void *who);

static void spawn_one(int who)
{
	ok(tl_spawn(interpret, number(who), NULL, &tasks[who]));
}

static int send_by(enum model_manner manner, struct tl_channel *channel, uint64_t deadline)
{
	const int value = budget;
	if (manner == MODEL_TRY)
		return tl_channel_send_try(channel, &value);
	if (manner == MODEL_UNTIL)
		return tl_channel_send_until(channel, &value, deadline);
	return tl_channel_send(channel, &value);
}

static int send_error_by(enum model_manner manner, struct tl_channel *channel, uint64_t deadline)
{
	if (manner == MODEL_TRY)
		return tl_channel_send_error_try(channel, EIO, NULL);
	if (manner == MODEL_UNTIL)
		return tl_channel_send_error_until(channel, EIO, NULL, deadline);
	return tl_channel_send_error(channel, EIO, NULL);
}

static int receive_by(enum model_manner manner, struct tl_channel *channel, int *value,
		      uint64_t deadline)
{
	if (manner == MODEL_TRY)
		return tl_channel_receive_try(channel, value);
	if (manner == MODEL_UNTIL)
		return tl_channel_receive_until(channel, value, deadline);
	return tl_channel_receive(channel, value);
}

static int perform(const struct model_operation *o, int *value)
{
	const tl_task target = tasks[o->who];
	const uint64_t deadline = tl_now() + (uint64_t)o->ticks * SECOND;
	struct tl_channel *channel = channels[o->channel];
	switch (o->kind) {
	case MODEL_SCHEDULE: return tl_schedule();
	case MODEL_SEND: return send_by(o->manner, channel, deadline);
	case MODEL_RECEIVE: return receive_by(o->manner, channel, value, deadline);
	case MODEL_SEND_ERROR: return send_error_by(o->manner, channel, deadline);
	case MODEL_LEAVE: return tl_schedule_remove(NULL, NULL);
	case MODEL_INSERT: return tl_task_insert(target);
	case MODEL_REMOVE: return tl_task_remove(target);
	case MODEL_RUN_TASK: return tl_task_run(target);
	case MODEL_SWITCH_TASK: return tl_task_switch(target);
	case MODEL_KILL: return tl_task_kill(target, 0);
	case MODEL_KILL_PENDING: return tl_task_kill(target, TL_PENDING);
	case MODEL_THROW: return tl_task_throw(target, EBADF, NULL, 0);
	case MODEL_THROW_PENDING: return tl_task_throw(target, EBADF, NULL, TL_PENDING);
	case MODEL_RUN: return tl_run();
	case MODEL_SPAWN:
		if (tl_task_state(target) == 0)
			spawn_one(o->who);
		return 0;
	case MODEL_CLOSE: return tl_channel_close(channel);
	case MODEL_OPEN: return tl_channel_open(channel);
	case MODEL_SLEEP: return tl_sleep_until(deadline);
	case MODEL_LEVEL: return tl_task_set_level(target, o->level, NULL);
	case MODEL_END:
	case MODEL_KIND_COUNT: break;
	}
	fail_test("unknown operation %d", o->kind);
}

/* With its traps around it. */
static int perform_in_manner(const struct model_operation *o, int *value)
{
	const tl_task self = tl_current();
	if (o->manner == MODEL_SWITCH_TRAP)
		tl_switch_trap(1);
	else if (o->manner == MODEL_BLOCK_TRAP)
		ok(tl_task_set_block_trap(self, 1, NULL));
	const int result = perform(o, value);
	if (o->manner == MODEL_SWITCH_TRAP)
		tl_switch_trap(-1);
	else if (o->manner == MODEL_BLOCK_TRAP)
		ok(tl_task_set_block_trap(self, 0, NULL));
	if (result != 0)
		*value = -1;
	return result;
}

static char letter_of(tl_task task)
{
	for (int i = 0; i < MODEL_TASKS; i++)
		if (tasks[i].id == task.id)
			return (char)('0' + i);
	return '?';
}

/* In the same letters as the model's: dead, scheduled, paused, blocked, alive; c is the current
 * one. */
static char state_letter(tl_task task)
{
	const int state = tl_task_state(task);
	if (state == 0)
		return '-';
	if (state & TL_CURRENT)
		return 'c';
	return state & TL_BLOCKED     ? 'b'
	       : state & TL_SCHEDULED ? 's'
	       : state & TL_PAUSED    ? 'p'
				      : 'a';
}

/* Did a call of this kind, which can switch, return another tasklet's error? */
static bool is_uncaught(enum model_kind kind, int result)
{
	const bool can_switch = kind != MODEL_INSERT && kind != MODEL_REMOVE && kind != MODEL_LEVEL;
	return result < 0 && can_switch && tl_uncaught(NULL, NULL) == 1;
}

static void write_line(int who, const struct model_operation *o, int result, int value)
{
	struct model_view view = {.is_uncaught = is_uncaught(o->kind, result), .value = value};
	tl_task task = tl_current();
	for (int i = 0; i <= MODEL_TASKS && (i == 0 || task.id != tl_current().id); i++) {
		view.ring[i] = letter_of(task);
		task = tl_task_next(task);
	}
	int ready = 0;
	for (int i = 0; i < MODEL_TASKS; i++) {
		view.states[i] = state_letter(tasks[i]);
		ready += view.states[i] == 's' || view.states[i] == 'c';
	}
	expect_int(tl_run_count(), ready);
	for (int i = 0; i < MODEL_CHANNELS; i++) {
		view.balances[i] = tl_channel_balance(channels[i]);
		view.lengths[i] = (int)tl_channel_length(channels[i]);
	}
	model_trace_line(&trace, who, o, result, &view);
}

static int interpret(void *arg)
{
	const int who = number_of(arg);
	for (int next = 0;; next++) {
		const struct model_operation *o =
		    &program->operations[who][next % MODEL_OPERATIONS];
		if (budget == 0 || o->kind == MODEL_END)
			return budget == 0 ? 0 : o->result;
		budget--;
		int value = -1;
		const int result = perform_in_manner(o, &value);
		if (!is_over)
			write_line(who, o, result, value);
	}
}

static void prepare(void)
{
	trace.length = 0;
	trace.text[0] = '\0';
	budget = program->budget;
	is_over = false;
	for (int i = 0; i < MODEL_CHANNELS; i++) {
		ok(tl_channel_create("c", sizeof(int), (size_t)program->capacity[i], &channels[i]));
		ok(tl_channel_set_preference(channels[i], program->preference[i], NULL));
		ok(tl_channel_set_schedule_all(channels[i], program->schedule_all[i], NULL));
	}
	tasks[0] = tl_main();
	ok(tl_task_set_level(tl_main(), 0, NULL));
	for (int i = 1; i < MODEL_TASKS; i++)
		spawn_one(i);
}

static bool is_alone(void)
{
	for (int i = 1; i < MODEL_TASKS; i++)
		if (tl_task_state(tasks[i]) != 0)
			return false;
	return true;
}

/* The budget is spent: everybody who is resumed ends.  Some do so with an error that was pending,
 * which is main's then. */
static void finish(void)
{
	is_over = true;
	for (int rounds = 0; !is_alone(); rounds++) {
		for (int i = 1; i < MODEL_TASKS; i++)
			expect(tl_task_kill(tasks[i], 0) != -EPERM);
		expect(rounds < 2 * MODEL_TASKS);
	}
	ok(tl_run());
	expect_int(tl_run_count(), 1);
	for (int i = 0; i < MODEL_CHANNELS; i++) {
		expect_int(tl_channel_balance(channels[i]), 0);
		ok(tl_channel_destroy(channels[i]));
	}
}

/* The first line in which they differ, and a few before it. */
_Noreturn static void tell_difference(const char *wanted, const char *got, uint64_t seed)
{
	size_t at = 0, line = 0, lines[4] = {0};
	for (; wanted[at] && wanted[at] == got[at]; at++)
		if (wanted[at] == '\n')
			lines[line++ % 4] = at + 1;
	const size_t from = lines[line % 4], last = line ? lines[(line - 1) % 4] : 0;
	fail_test("seed %llu, operation %zu: after\n%.*sexpected\n%.*s\ngot\n%.*s",
		  (unsigned long long)seed, line + 1, (int)(last - from), wanted + from,
		  (int)strcspn(wanted + last, "\n"), wanted + last, (int)strcspn(got + last, "\n"),
		  got + last);
}

static void run_seed(uint64_t seed, unsigned features, bool is_shown)
{
	static struct model_program random;
	static struct model_trace wanted;
	model_program_random(&random, seed, features);
	model_run(&random, &wanted);
	program = &random;
	prepare();
	expect_result(interpret(number(0)), 0);
	if (is_shown)
		printf("expected\n%sgot\n%s", wanted.text, trace.text);
	if (strcmp(wanted.text, trace.text) != 0)
		tell_difference(wanted.text, trace.text, seed);
	finish();
}

static void run_seeds(uint64_t first, unsigned features)
{
	const char *only = getenv("TASKLET_TEST_SEED");
	const uint64_t count = only ? 1 : is_instrumented() ? 50 : 1000;
	if (only)
		first = strtoull(only, NULL, 10);
	for (uint64_t seed = first; seed < first + count; seed++)
		run_seed(seed, features, only != NULL);
}

/* Every set of features, with time or without.  Whether a call that a trap refuses, or that comes
 * back to its caller, counts as a pass of the lower levels, no rule says: traps and levels are not
 * mixed. */
static void run_all_features(uint64_t first, unsigned time)
{
	const unsigned both = MODEL_TRAPS | MODEL_PRIORITIES;
	for (unsigned features = 0; features < 2 * MODEL_PRIORITIES; features++)
		if ((features & MODEL_TIME) == time && (features & both) != both)
			run_seeds(first, features);
}

TEST(random_programs_traced, .environment = {"TASKLET_TRACE=full"})
{
	run_all_features(1, 0);
}

TEST(random_programs_untraced, .environment = {"TASKLET_TRACE=off"})
{
	run_all_features(1, 0);
}

TEST(random_programs_with_time, .environment = {"TASKLET_TRACE=full", "TASKLET_CLOCK=virtual"})
{
	run_all_features(100000, MODEL_TIME);
}

TEST(random_programs_with_time_untraced,
     .environment = {"TASKLET_TRACE=off", "TASKLET_CLOCK=virtual"})
{
	run_all_features(100000, MODEL_TIME);
}

static int switches;

static void counts_switches(tl_task prev, tl_task next, void *user)
{
	(void)user;
	expect_task(prev, tl_current());
	expect(prev.id != next.id);
	switches++;
}

TEST(random_programs_with_a_schedule_callback)
{
	tl_current();
	tl_set_schedule_callback(counts_switches, NULL);
	run_all_features(200000, 0);
	expect(switches > 0);
}
