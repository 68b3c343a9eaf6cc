/* SPDX-License-Identifier: MIT */
/*
 * source_core.c: kernel cores as sources: of a program that crashes, whole, truncated, without the
 * segment.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "looker.h"

#include "harness.h"

static struct looker looker;
static char folder[] = "/tmp/source_core.XXXXXX";
static char core_path[64], copy_path[64];

/* ---- programs that dump core ---- */

static struct tl_channel *jobs;
static struct tl_mutex *lock;

/* So that the call before it is not the function's last act, which a compiler would turn into a
 * jump. */
#define NO_TAIL_CALL() __asm__ volatile("" ::: "memory")

static __attribute__((noinline)) int wait_deep(int depth)
{
	int result = depth > 0 ? wait_deep(depth - 1) : tl_channel_receive(jobs, NULL);
	NO_TAIL_CALL();
	return result;
}

static int wait_here(void *argument)
{
	int result = wait_deep((int)(intptr_t)argument);
	NO_TAIL_CALL();
	return result;
}

static int lock_and_wait(void *argument)
{
	(void)argument;
	if (tl_mutex_lock(lock) != 0)
		return 1;
	return wait_deep(0);
}

static bool stops_instead; /* of aborting: gdb is going to write the core */

static __attribute__((noinline)) int give_up(void)
{
	int result = raise(stops_instead ? SIGSTOP : SIGABRT);
	NO_TAIL_CALL();
	return result;
}

static int crash(void *argument)
{
	(void)argument;
	int result = give_up();
	NO_TAIL_CALL();
	return result;
}

static void spawn_named(tl_fn body, void *argument, const char *name)
{
	if (tl_spawn(body, argument, &(struct tl_options){ .name = name }, NULL) != 0)
		_exit(1);
}

static void run_and_crash(void)
{
	if (tl_channel_create("jobs", 0, 0, &jobs) != 0 || tl_mutex_create("lock", &lock) != 0)
		_exit(1);
	spawn_named(wait_here, (void *)0, "shallow");
	spawn_named(wait_here, (void *)20, "deep");
	spawn_named(lock_and_wait, NULL, "owner");
	spawn_named(crash, NULL, "crasher");
	int result = tl_run();
	_exit(result != 0);
}

static void give_up_without_a_runtime(void)
{
	give_up();
}

/* Does the kernel write cores into the current folder?  Some machines send them to a program. */
static bool kernel_dumps_here(void)
{
	char pattern[256] = "";
	int descriptor = open("/proc/sys/kernel/core_pattern", O_RDONLY);
	if (descriptor < 0 || getenv("CORES_BY_GDB"))
		return false;
	ssize_t got = read(descriptor, pattern, sizeof pattern - 1);
	close(descriptor);
	return got > 0 && pattern[0] != '|' && !strpbrk(pattern, "/%");
}

static pid_t start_dumper(void (*body)(void), const char *filter)
{
	pid_t child = fork();
	if (child != 0)
		return child;
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
	int descriptor = open("/proc/self/coredump_filter", O_WRONLY);
	if (chdir(folder) != 0 || setrlimit(RLIMIT_CORE, &limit) != 0 ||
	    write(descriptor, filter, strlen(filter)) < 0)
		_exit(1);
	close(descriptor);
	if (stops_instead)
		setenv("TASKLET_GUARD", "canary", 1);
	body();
	_exit(1);
}

/* Where the kernel does not, gdb writes the same from the stopped process.  It gives up at a guard
 * page within a mapping: without those, then. */
static void dump_by_gdb(pid_t child)
{
	char command[256];
	int status;
	waitpid(child, &status, WUNTRACED);
	expect(WIFSTOPPED(status));
	snprintf(command, sizeof command, "gdb -nx -batch -p %d -ex 'gcore %s' >/dev/null 2>&1",
		 (int)child, core_path);
	expect_int(system(command), 0);
	end_child(child);
}

/* Run it in a child whose core goes to core_path. */
static void dump_core(void (*body)(void), const char *filter)
{
	expect(mkdtemp(folder) != NULL);
	snprintf(copy_path, sizeof copy_path, "%s/copy", folder);
	snprintf(core_path, sizeof core_path, "%s/core", folder);
	stops_instead = !kernel_dumps_here();
	pid_t child = start_dumper(body, filter);
	if (stops_instead) {
		dump_by_gdb(child);
	} else {
		int status;
		waitpid(child, &status, 0);
		if (!WIFSIGNALED(status) || !WCOREDUMP(status))
			fail_test("no core: status 0x%x", status);
	}
	if (access(core_path, R_OK) != 0) /* kernel.core_uses_pid */
		snprintf(core_path, sizeof core_path, "%s/core.%d", folder, (int)child);
	expect_int(access(core_path, R_OK), 0);
}

static void remove_core(void)
{
	unlink(core_path);
	unlink(copy_path);
	rmdir(folder);
}

static void expect_trace(const char *name, enum backtrace_status status, const char *functions)
{
	struct backtrace backtrace;
	char seen[1024];
	look_backtrace(&looker, name, &backtrace);
	look_functions(&looker, &backtrace, seen, sizeof seen);
	if (backtrace.status != status || !strstr(seen, functions))
		fail_test("%s: status %d (%s): %s", name, backtrace.status, backtrace.why, seen);
}

/* ---- tests ---- */

TEST(a_core_is_looked_at_like_a_process)
{
	dump_core(run_and_crash, "0x33");
	look_at_core(&looker, core_path, NULL);
	expect_int(source_kind(looker.source), SOURCE_CORE);
	expect_int(source_state(looker.source), SOURCE_STOPPED);
	expect_string(source_program(looker.source), "source_core");
	expect(strncmp(source_label(looker.source), "core of source_core ", 20) == 0);
	expect_int(looker.snapshot->task_count, 5);
	expect_int(looker.snapshot->torn, 0);
	expect_int(look_object(&looker, "jobs")->receivers_waiting, 3);
	expect_int(look_object(&looker, "lock")->holder, look_task_index(&looker, "owner"));
	expect_int(look_task(&looker, "crasher")->state, TL_STATE_RUNNING);
	expect(looker.snapshot->has_clock);
	expect_trace("shallow", BACKTRACE_COMPLETE, " wait_deep wait_here ");
	expect_trace("deep", BACKTRACE_COMPLETE,
		     " wait_deep wait_deep wait_deep wait_deep wait_deep ");
	expect_trace("owner", BACKTRACE_COMPLETE, " wait_deep ");
	struct history history;
	ok(model_history(looker.model, looker.snapshot, 0, 0, &history));
	expect(history.count >= 4 && history.lost == 0);
	history_fini(&history);
	look_away(&looker);
	remove_core();
}

/* The one that ran: from its thread's registers. */
TEST(the_tasklet_that_crashed_has_a_backtrace)
{
	dump_core(run_and_crash, "0x33");
	look_at_core(&looker, core_path, NULL);
	expect_trace("crasher", BACKTRACE_COMPLETE, " give_up ");
	look_away(&looker);
	remove_core();
}

TEST(the_executable_can_be_given)
{
	char self[1024];
	ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
	expect(length > 0);
	self[length] = '\0';
	dump_core(run_and_crash, "0x33");
	look_at_core(&looker, core_path, self);
	expect_trace("shallow", BACKTRACE_COMPLETE, " wait_deep wait_here ");
	look_away(&looker);
	expect(source_open_core(core_path, "/bin/true", &looker.source, &looker.problem) < 0);
	expect(strstr(looker.problem.text, "not the program") != NULL);
	expect(source_open_core(core_path, "/no/such/file", &looker.source, &looker.problem) < 0);
	expect(strstr(looker.problem.text, "/no/such/file") != NULL);
	remove_core();
}

static void expect_refusal(const char *path, const char *why)
{
	expect(try_to_look(&looker, path) < 0);
	if (!strstr(looker.problem.text, why))
		fail_test("it says: %s", looker.problem.text);
}

TEST(cores_without_a_segment)
{
	dump_core(give_up_without_a_runtime, "0x33");
	expect_refusal(core_path, "no tasklet segment");
	remove_core();
}

TEST(cores_written_without_shared_memory)
{
	dump_core(run_and_crash, "0x31");
	expect_refusal(core_path, "coredump_filter");
	remove_core();
}

/* Cut off anywhere: said, or what is there is shown; never a crash. */
TEST(truncated_cores)
{
	dump_core(run_and_crash, "0x33");
	struct stat status;
	ok(stat(core_path, &status));
	bool was_refused = false;
	off_t bytes = status.st_size;
	for (int i = 0; i < 40; i++) {
		bytes = i < 30 ? bytes - status.st_size / 32 : bytes / 4;
		ok(truncate(core_path, bytes));
		if (try_to_look(&looker, core_path) != 0) {
			was_refused = true;
			expect(looker.problem.text[0] != '\0');
			continue;
		}
		int32_t tasks[16];
		struct backtrace backtraces[16];
		uint32_t count =
			looker.snapshot->task_count < 16 ? looker.snapshot->task_count : 16;
		for (uint32_t k = 0; k < count; k++)
			tasks[k] = (int32_t)k;
		model_backtraces(looker.model, looker.snapshot, tasks, count, backtraces);
		look_away(&looker);
	}
	expect(was_refused);
	remove_core();
}

TEST(files_that_are_no_cores)
{
	expect_refusal("/proc/self/exe", "no core");
	expect_refusal("/dev/null", "no core");
	expect_refusal("/dev/zero", "no core");
	expect_refusal("/etc/passwd", "no core");
	expect_refusal("/tmp", "no core");
	expect_refusal("/no/such/file", "No such file");
}

/* ---- damage ---- */

static uint64_t random_state = 88172645463325252;

static uint64_t next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static void look_through(void)
{
	int32_t tasks[64];
	struct backtrace backtraces[64];
	struct history history;
	uint32_t count = looker.snapshot->task_count < 64 ? looker.snapshot->task_count : 64;
	for (uint32_t k = 0; k < count; k++)
		tasks[k] = (int32_t)k;
	model_backtraces(looker.model, looker.snapshot, tasks, count, backtraces);
	for (uint32_t k = 0; k < count; k++)
		for (uint32_t f = 0; f < backtraces[k].count; f++) {
			struct place place;
			model_place(looker.model, backtraces[k].pc[f], f == 0, &place);
		}
	if (model_history(looker.model, looker.snapshot, 0, 0, &history) == 0)
		history_fini(&history);
}

/* Headers and notes with random bytes in them. */
TEST(damaged_cores)
{
	dump_core(run_and_crash, "0x33");
	int descriptor = open(core_path, O_RDWR);
	unsigned char saved[16384];
	expect_int(pread(descriptor, saved, sizeof saved, 0), sizeof saved);
	for (int round = 0; round < 300; round++) {
		unsigned char damaged[sizeof saved];
		memcpy(damaged, saved, sizeof saved);
		size_t range = round % 3 == 0 ? 64 : round % 3 == 1 ? 2048 : sizeof saved;
		for (uint64_t i = 0; i <= next_random() % 8; i++)
			damaged[next_random() % range] = (unsigned char)next_random();
		expect_int(pwrite(descriptor, damaged, sizeof damaged, 0), sizeof damaged);
		if (try_to_look(&looker, core_path) == 0) {
			look_through();
			look_away(&looker);
		}
	}
	close(descriptor);
	remove_core();
}
