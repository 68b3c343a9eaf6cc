/* SPDX-License-Identifier: MIT */
/*
 * environment.c: the TASKLET_ variables: a bad value is told in one line on stderr that names the
 * variable, and the default is used.
 */
#include "harness.h"

/* Use the runtime for a little; its stderr. */
static const char *stderr_of_first_use(void)
{
	stderr_capture_begin();
	spawn("A", logs);
	spawn("B", logs);
	ok(tl_run());
	const char *text = stderr_capture_end();
	expect_log("A B");
	return text;
}

static void expect_one_line(const char *variable, const char *value)
{
	expect(setenv(variable, value, 1) == 0);
	const char *text = stderr_of_first_use();
	if (strstr(text, variable) == NULL)
		fail_test("%s=%s: stderr does not name it: \"%s\"", variable, value, text);
	const char *end = strchr(text, '\n');
	if (end == NULL || end[1] != '\0')
		fail_test("%s=%s: not one line: \"%s\"", variable, value, text);
}

static void expect_silence(const char *variable, const char *value)
{
	expect(setenv(variable, value, 1) == 0);
	expect_string(stderr_of_first_use(), "");
}

/* A process a value: the variables are read once. */
#define BAD(test, variable, value)                                                                 \
	TEST(test)                                                                                 \
	{                                                                                          \
		expect_one_line(variable, value);                                                  \
	}
#define GOOD(test, variable, value)                                                                \
	TEST(test)                                                                                 \
	{                                                                                          \
		expect_silence(variable, value);                                                   \
	}

BAD(bad_ring_word, "TASKLET_RING", "banana")
BAD(bad_ring_negative, "TASKLET_RING", "-1")
BAD(bad_ring_rest, "TASKLET_RING", "4096x")
BAD(bad_ring_empty, "TASKLET_RING", "")
BAD(bad_ring_huge, "TASKLET_RING", "99999999999999999999999")
BAD(bad_ring_zero, "TASKLET_RING", "0")
BAD(bad_max_word, "TASKLET_MAX", "many")
BAD(bad_max_negative, "TASKLET_MAX", "-5")
BAD(bad_max_zero, "TASKLET_MAX", "0")
BAD(bad_max_huge, "TASKLET_MAX", "18446744073709551616")
BAD(bad_guard, "TASKLET_GUARD", "wood")
BAD(bad_guard_case, "TASKLET_GUARD", "PROTECT")
BAD(bad_clock, "TASKLET_CLOCK", "sundial")
BAD(bad_trace, "TASKLET_TRACE", "loud")
BAD(bad_trace_number, "TASKLET_TRACE", "1")

GOOD(good_ring, "TASKLET_RING", "4096")
GOOD(good_max, "TASKLET_MAX", "100000")
GOOD(good_guard_canary, "TASKLET_GUARD", "canary")
GOOD(good_guard_protect, "TASKLET_GUARD", "protect")
GOOD(good_clock, "TASKLET_CLOCK", "virtual")
GOOD(good_trace_off, "TASKLET_TRACE", "off")
GOOD(good_trace_full, "TASKLET_TRACE", "full")

TEST(two_bad_ones_are_two_lines)
{
	setenv("TASKLET_RING", "banana", 1);
	setenv("TASKLET_GUARD", "wood", 1);
	const char *text = stderr_of_first_use();
	expect(strstr(text, "TASKLET_RING") != NULL);
	expect(strstr(text, "TASKLET_GUARD") != NULL);
	int lines = 0;
	for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	expect_int(lines, 2);
}

TEST(none_at_all)
{
	unsetenv("TASKLET_TRACE");
	unsetenv("TASKLET_RING");
	unsetenv("TASKLET_MAX");
	unsetenv("TASKLET_GUARD");
	unsetenv("TASKLET_CLOCK");
	expect_string(stderr_of_first_use(), "");
}

TEST(a_bad_clock_is_the_real_one)
{
	setenv("TASKLET_CLOCK", "sundial", 1);
	stderr_capture_begin();
	const uint64_t before = tl_now();
	ok(tl_sleep(MILLISECOND));
	stderr_capture_end();
	expect(tl_now() - before >= MILLISECOND);
}

TEST(a_bad_maximum_is_the_default)
{
	setenv("TASKLET_MAX", "few", 1);
	stderr_capture_begin();
	for (int i = 0; i < 20000; i++)
		ok(tl_spawn(logs, (void *)"", NULL, NULL));
	stderr_capture_end();
	expect_int(tl_run_count(), 20001);
}
