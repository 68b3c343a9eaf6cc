/* SPDX-License-Identifier: MIT */
/*
 * runner.c: main() of a test program.
 *
 *   PROGRAM [--list] [TEST ...]   a TEST is a name, or the words it begins with: case_1
 *
 * A fork a test: the runtime starts afresh in each, reads the environment that the test asks for,
 * and may be left in any state.  alarm() ends a child that hangs.  The last line of the output is
 * "PROGRAM: N passed, N failed, N skipped"; the exit status is 0 if none failed, 1 if one did, 2
 * for bad usage.
 *
 * Check was considered: it has no skipped tests and no environment a test, and its log cannot show
 * what the tasklets did before a hang.
 */
#define _GNU_SOURCE 1
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "harness.h"
#include "runner.h"

/* A test needs milliseconds; the machine may be loaded, and valgrind is slow. */
enum { USUAL_SECONDS = 120 };

struct outcome *outcome;
static struct test *tests; /* ordered by line */

void test_register(struct test *test)
{
	struct test **at = &tests;
	while (*at && (*at)->line < test->line)
		at = &(*at)->next;
	test->next = *at;
	*at = test;
}

_Noreturn static void run_child(const struct test *test)
{
	for (size_t i = 0; i < sizeof(test->environment) / sizeof(test->environment[0]); i++)
		if (test->environment[i])
			putenv((char *)(uintptr_t)test->environment[i]);
	alarm(test->seconds ? test->seconds : USUAL_SECONDS);
	test->body();
	exit(0);
}

/* Why the child did not end as it should, or "". */
static const char *reason_of(int status)
{
	static char text[8500];
	if (outcome->failure[0])
		return outcome->failure;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		return "hangs (ended by the time limit)";
	if (WIFSIGNALED(status))
		snprintf(text, sizeof(text), "killed by SIG%s", sigabbrev_np(WTERMSIG(status)));
	else if (WEXITSTATUS(status) != 0)
		snprintf(text, sizeof(text), "exits with status %d", WEXITSTATUS(status));
	else
		text[0] = '\0';
	return text;
}

enum verdict { PASSED, FAILED, SKIPPED };

static enum verdict run_test(const char *program, const struct test *test)
{
	memset(outcome, 0, sizeof(*outcome));
	fflush(NULL);
	const pid_t child = fork();
	if (child < 0) {
		printf("%s: FAIL %s: fork: %s\n", program, test->name, strerror(errno));
		return FAILED;
	}
	if (child == 0)
		run_child(test);
	int status;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_TEST_SKIPPED && outcome->skip[0]) {
		printf("%s: SKIP %s: %s\n", program, test->name, outcome->skip);
		return SKIPPED;
	}
	const char *reason = reason_of(status);
	if (!reason[0])
		return PASSED;
	printf("%s: FAIL %s: %s", program, test->name, reason);
	if (outcome->log[0])
		printf("; log: %.2000s", outcome->log);
	printf("\n");
	return FAILED;
}

/* `word` is the name, or its beginning up to a '_'. */
static bool is_named(const struct test *test, const char *word)
{
	const size_t length = strlen(word);
	return strncmp(test->name, word, length) == 0 &&
	       (test->name[length] == '\0' || test->name[length] == '_');
}

static bool is_wanted(const struct test *test, char **words, int count)
{
	for (int i = 0; i < count; i++)
		if (is_named(test, words[i]))
			return true;
	return count == 0;
}

/* 0, or 2 after it said what is wrong with the arguments. */
static int check_words(const char *program, char **words, int count)
{
	for (int i = 0; i < count; i++) {
		const struct test *test = tests;
		while (test && !is_named(test, words[i]))
			test = test->next;
		if (!test) {
			fprintf(stderr, "%s: no test is named %s (--list names them)\n", program,
				words[i]);
			return 2;
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *program = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		for (const struct test *test = tests; test; test = test->next)
			printf("%s\n", test->name);
		return 0;
	}
	if (check_words(program, argv + 1, argc - 1) != 0)
		return 2;
	outcome =
	    mmap(NULL, sizeof(*outcome), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (outcome == MAP_FAILED) {
		perror(program);
		return 2;
	}
	int counts[3] = {0, 0, 0};
	for (const struct test *test = tests; test; test = test->next)
		if (is_wanted(test, argv + 1, argc - 1))
			counts[run_test(program, test)]++;
	printf("%s: %d passed, %d failed, %d skipped\n", program, counts[PASSED], counts[FAILED],
	       counts[SKIPPED]);
	return counts[FAILED] != 0;
}
