/* SPDX-License-Identifier: MIT */
/*
 * source_process.c: live processes as sources: finding the segment, who it is, what may be read,
 * and what happens when the process ends, forks, becomes another program, or its number becomes
 * somebody else's.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "looker.h"
#include "segment_writer.h"

#include "harness.h"

static struct segment_writer writer;
static struct looker looker;

static void write_segment(void)
{
	if (segment_writer_init(&writer, NULL) != 0)
		_exit(1);
	segment_task(&writer, &(struct segment_task){ .name = "main", .state = TL_STATE_RUNNING,
						      .flags = TL_RECORD_MAIN });
}

static void have_a_segment(void)
{
	write_segment();
	child_is_ready();
	for (;;)
		pause();
}

static void have_none(void)
{
	child_is_ready();
	for (;;)
		pause();
}

static void expect_refusal(const char *what, int error, const char *why)
{
	expect_int(try_to_look(&looker, what), -error);
	if (!strstr(looker.problem.text, why))
		fail_test("it says: %s", looker.problem.text);
	if (strstr(looker.problem.text, "\n"))
		fail_test("more than a line: %s", looker.problem.text);
}

static const char *pid_text(pid_t pid)
{
	static char text[16];
	snprintf(text, sizeof text, "%d", (int)pid);
	return text;
}

/* ---- finding it ---- */

TEST(a_process_with_a_segment)
{
	pid_t child = start_child(have_a_segment);
	look_at_process(&looker, child);
	expect_int(source_kind(looker.source), SOURCE_PROCESS);
	expect_int(source_pid(looker.source), child);
	expect_string(source_program(looker.source), "source_process");
	char label[64];
	snprintf(label, sizeof label, "source_process %d", (int)child);
	expect_string(source_label(looker.source), label);
	expect_int(source_state(looker.source), SOURCE_RUNNING);
	expect(source_segment_map(looker.source) != NULL);
	expect_string(look_task(&looker, "main")->name, "main");
	const struct source_thread *threads;
	expect_int(source_threads(looker.source, &threads), 1);
	expect_int(threads[0].tid, child);
	end_child(child);
}

TEST(bad_process_numbers)
{
	expect_refusal("999999999", ESRCH, "no such process");
	expect_refusal("99999999999999999999", ENOENT, "cannot open");
	expect_refusal("0", ENOENT, "cannot open");
	expect_refusal("-1", ENOENT, "cannot open");
	expect_refusal("", ENOENT, "cannot open");
	expect_refusal("12x", ENOENT, "cannot open");
}

TEST(a_process_without_a_segment)
{
	pid_t child = start_child(have_none);
	expect_refusal(pid_text(child), ENOENT, "-ltasklet");
	end_child(child);
}

TEST(a_process_that_only_looks)
{
	write_segment();
	pid_t child = start_child(
		have_none); /* inherits the descriptor and the map, and gives up the map */
	end_child(child);
	look_at_process(&looker, getpid());
	struct source_process *list;
	size_t count = source_list_processes(&list);
	int found = 0;
	for (size_t i = 0; i < count; i++)
		found += list[i].pid == getpid();
	expect_int(found, 1);
	free(list);
	segment_writer_fini(&writer); /* what is left is our own view of it */
	count = source_list_processes(&list);
	for (size_t i = 0; i < count; i++)
		expect(list[i].pid != getpid());
	free(list);
}

TEST(the_list_of_processes)
{
	pid_t with = start_child(have_a_segment), without = start_child(have_none);
	struct source_process *list;
	size_t count = source_list_processes(&list);
	bool is_found = false;
	for (size_t i = 0; i < count; i++) {
		expect(list[i].pid != without);
		expect(i == 0 || list[i - 1].pid < list[i].pid);
		if (list[i].pid != with)
			continue;
		is_found = true;
		expect(list[i].readable);
		expect_string(list[i].program, "source_process");
	}
	expect(is_found);
	free(list);
	end_child(with);
	end_child(without);
}

static void close_the_descriptor(void)
{
	write_segment();
	close(writer.descriptor);
	child_is_ready();
	for (;;)
		pause();
}

TEST(a_descriptor_that_was_closed)
{
	pid_t child = start_child(close_the_descriptor);
	if (geteuid() == 0) {
		look_at_process(&looker, child);
		expect_int(looker.snapshot->task_count, 1);
		expect_int(source_state(looker.source), SOURCE_RUNNING);
	} else {
		expect_refusal(pid_text(child), EPERM, "only root");
	}
	end_child(child);
}

static void inherit_one_and_make_another(void)
{
	/* as a forked child of a runtime has it: the parent's descriptor is still open, its own is
	 * mapped */
	munmap(writer.base, writer.bytes);
	write_segment();
	segment_task(&writer,
		     &(struct segment_task){ .name = "of the child", .state = TL_STATE_READY });
	child_is_ready();
	for (;;)
		pause();
}

TEST(a_forked_child_has_its_own)
{
	write_segment();
	pid_t child = start_child(inherit_one_and_make_another);
	look_at_process(&looker, child);
	expect_int(looker.snapshot->task_count, 2);
	look_away(&looker);
	look_at_process(&looker, getpid());
	expect_int(looker.snapshot->task_count, 1);
	end_child(child);
}

static void inherit_one_unmapped(void)
{
	munmap(writer.base, writer.bytes);
	have_none();
}

TEST(a_child_without_one_of_its_own)
{
	write_segment();
	pid_t child = start_child(inherit_one_unmapped);
	expect_refusal(pid_text(child), ENOENT, "-ltasklet");
	end_child(child);
}

/* ---- permission ---- */

TEST(another_users_process)
{
	if (geteuid() != 0)
		skip_test("needs root, to become somebody else");
	pid_t target = start_child(have_a_segment);
	pid_t other = fork();
	if (other == 0) {
		if (setgid(65534) != 0 || setuid(65534) != 0)
			_exit(1);
		expect_refusal(pid_text(target), EACCES, "tltop -- COMMAND");
		_exit(0);
	}
	int status;
	waitpid(other, &status, 0);
	expect_int(status, 0);
	end_child(target);
}

static void forbid_process_vm_readv(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_process_vm_readv, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof filter / sizeof *filter, filter };
	ok(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	ok(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
}

static int wait_for_ever(void *argument)
{
	struct tl_channel *channel = argument;
	return tl_channel_receive(channel, NULL);
}

static void run_tasklets(void)
{
	struct tl_channel *channel;
	if (tl_channel_create("never", 0, 0, &channel) != 0 ||
	    tl_spawn(wait_for_ever, channel, &(struct tl_options){ .name = "waiter" }, NULL) != 0 ||
	    tl_run() != 0)
		_exit(1);
	child_is_ready();
	for (;;)
		pause();
}

/* As Yama does it: the tables may be read, the memory may not. */
TEST(tables_without_memory)
{
	pid_t child = start_child(run_tasklets);
	struct backtrace backtrace;
	forbid_process_vm_readv();
	look_at_process(&looker, child);
	expect(look_task(&looker, "waiter")->state == TL_STATE_WAITING);
	expect_pointer(source_memory_problem(looker.source), NULL);
	look_backtrace(&looker, "waiter", &backtrace);
	expect_int(backtrace.status, BACKTRACE_REFUSED);
	expect_int(backtrace.count, 0);
	expect(strstr(backtrace.why, "may not be read") != NULL);
	expect(strstr(source_memory_problem(looker.source),
		      geteuid() ? "tltop -- COMMAND" : "this root has not") != NULL);
	end_child(child);
}

/* ---- running tasklets ---- */

static int read_pipe[2];

#define NO_TAIL_CALL() __asm__ volatile("" ::: "memory")

/* The bug that is met most: a call that blocks the whole thread. */
static __attribute__((noinline)) int read_for_ever(void)
{
	char byte;
	ssize_t got = read(read_pipe[0], &byte, 1);
	NO_TAIL_CALL();
	return (int)got;
}

static int block_the_thread(void *argument)
{
	(void)argument;
	child_is_ready();
	int result = read_for_ever();
	NO_TAIL_CALL();
	return result;
}

static void run_a_blocker(void)
{
	if (pipe(read_pipe) != 0 ||
	    tl_spawn(block_the_thread, NULL, &(struct tl_options){ .name = "blocker" }, NULL) != 0)
		_exit(1);
	_exit(tl_run() != 0);
}

TEST(a_running_tasklet_that_blocks_its_thread)
{
	struct backtrace backtrace;
	char functions[1024];
	pid_t child = start_child(run_a_blocker);
	look_at_process(&looker, child);
	do { /* until it is asleep in the kernel */
		sched_yield();
		look_backtrace(&looker, "blocker", &backtrace);
	} while (backtrace.status == BACKTRACE_RUNNING);
	look_functions(&looker, &backtrace, functions, sizeof functions);
	/* Code that was compiled with frame pointers needs one that is in the kernel. */
	bool is_whole = backtrace.status == BACKTRACE_COMPLETE &&
			strstr(functions, "read read_for_ever block_the_thread");
	bool is_cut = backtrace.status == BACKTRACE_CUT && strstr(backtrace.why, "frame pointer") &&
		      strncmp(functions, "read", 4) == 0;
	if (!is_whole && !is_cut)
		fail_test("status %d (%s): %s", backtrace.status, backtrace.why, functions);
	end_child(child);
}

static int spin_for_ever(void *argument)
{
	(void)argument;
	child_is_ready();
	volatile bool goes_on = true;
	while (goes_on)
		NO_TAIL_CALL();
	return 0;
}

static void run_a_spinner(void)
{
	if (tl_spawn(spin_for_ever, NULL, &(struct tl_options){ .name = "spinner" }, NULL) != 0)
		_exit(1);
	_exit(tl_run() != 0);
}

TEST(a_running_tasklet_that_runs)
{
	struct backtrace backtrace;
	pid_t child = start_child(run_a_spinner);
	look_at_process(&looker, child);
	expect_int(look_task(&looker, "spinner")->state, TL_STATE_RUNNING);
	look_backtrace(&looker, "spinner", &backtrace);
	expect_int(backtrace.status, BACKTRACE_RUNNING);
	expect_int(backtrace.count, 0);
	end_child(child);
}

/* ---- memory ---- */

TEST(each_span_is_read_or_fails_alone)
{
	enum { SPANS = 150 };
	static unsigned char memory[SPANS], copies[SPANS];
	struct source_span spans[SPANS];
	write_segment();
	look_at_process(&looker, getpid());
	for (int i = 0; i < SPANS; i++) {
		memory[i] = (unsigned char)i;
		spans[i] = (struct source_span){ (uintptr_t)&memory[i], &copies[i], 1, 0 };
		if (i % 7 == 3)
			spans[i].address = 8; /* nothing is there */
	}
	source_memory_read(looker.source, spans, SPANS);
	for (int i = 0; i < SPANS; i++) {
		expect_int(spans[i].result, i % 7 == 3 ? -EFAULT : 0);
		expect_int(copies[i], i % 7 == 3 ? 0 : i);
	}
}

TEST(reads_outside_of_the_segment)
{
	char byte;
	write_segment();
	look_at_process(&looker, getpid());
	uint64_t bytes = source_segment_bytes(looker.source);
	expect_int(source_segment_read(looker.source, bytes - 1, &byte, 1), 0);
	expect_int(source_segment_read(looker.source, bytes, &byte, 1), -ERANGE);
	expect_int(source_segment_read(looker.source, UINT64_MAX, &byte, 1), -ERANGE);
	expect_int(source_segment_read(looker.source, 8, &byte, SIZE_MAX), -ERANGE);
}

/* ---- ends ---- */

static void expect_last_picture(enum source_state state)
{
	expect_int(source_state(looker.source), state);
	look_again(&looker);
	expect_int(looker.snapshot->source_state, state);
	expect_string(look_task(&looker, "main")->name, "main");
	struct source_span span = { (uintptr_t)&looker, &span, sizeof span.result, 0 };
	source_memory_read(looker.source, &span, 1);
	expect_int(span.result, -ESRCH);
}

TEST(killed_while_we_look)
{
	pid_t child = start_child(have_a_segment);
	look_at_process(&looker, child);
	kill(child, SIGKILL);
	siginfo_t info;
	waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
	expect_last_picture(SOURCE_EXITED); /* a zombie */
	end_child(child);
	expect_last_picture(SOURCE_EXITED);
}

TEST(stopped_and_continued)
{
	pid_t child = start_child(have_a_segment);
	look_at_process(&looker, child);
	kill(child, SIGSTOP);
	waitpid(child, NULL, WUNTRACED);
	expect_int(source_state(looker.source), SOURCE_STOPPED);
	kill(child, SIGCONT);
	waitpid(child, NULL, WCONTINUED);
	expect_int(source_state(looker.source), SOURCE_RUNNING);
	end_child(child);
}

static int exec_pipe[2];

static void become_another_program(void)
{
	char byte;
	close(exec_pipe[1]);
	write_segment();
	child_is_ready();
	if (read(exec_pipe[0], &byte, 1) == 0)
		execlp("sleep", "sleep", "1000", (char *)NULL);
	_exit(1);
}

TEST(it_becomes_another_program)
{
	ok(pipe2(exec_pipe, O_CLOEXEC));
	pid_t child = start_child(become_another_program);
	look_at_process(&looker, child);
	expect_int(source_state(looker.source), SOURCE_RUNNING);
	close(exec_pipe[0]);
	close(exec_pipe[1]); /* now it does */
	while (source_state(looker.source) == SOURCE_RUNNING)
		sched_yield();
	expect_last_picture(SOURCE_REPLACED);
	end_child(child);
}

/* A process with a number of our choice. */
static pid_t fork_as(pid_t wanted)
{
	struct clone_args arguments = {
		.exit_signal = SIGCHLD,
		.set_tid = (uintptr_t)&wanted,
		.set_tid_size = 1,
	};
	return (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
}

TEST(its_number_becomes_somebody_elses)
{
	pid_t child = start_child(have_a_segment);
	look_at_process(&looker, child);
	end_child(child);
	int ready[2];
	char byte;
	ok(pipe(ready));
	pid_t other = fork_as(child);
	if (other < 0 && (errno == EPERM || errno == ENOSYS))
		skip_test("needs CAP_CHECKPOINT_RESTORE, to choose a process number");
	if (other == 0) {
		/* The same program, with a segment at the same address, made at another time. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		write_segment();
		writer.header->anchor0_ns++;
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	expect_int(other, child);
	expect_int(read(ready[0], &byte, 1), 1);
	expect_last_picture(SOURCE_EXITED);
	end_child(other);
}

/* ---- modules ---- */

TEST(modules_are_the_files_with_code)
{
	write_segment();
	look_at_process(&looker, getpid());
	const struct source_module *module =
		source_module_at(looker.source, (uintptr_t)&try_to_look);
	expect(module != NULL && module->file != NULL);
	expect(strstr(module->path, "source_process") != NULL);
	const struct source_module *library = source_module_at(looker.source, (uintptr_t)&getpid);
	expect(library != NULL && library != module && library->file != NULL);
	expect_pointer(source_module_at(looker.source, 8), NULL);
	expect_pointer(source_module_at(looker.source, UINT64_MAX), NULL);
	const struct source_module *modules;
	size_t count = source_modules(looker.source, &modules);
	for (size_t i = 1; i < count; i++)
		expect(modules[i - 1].high <= modules[i].low);
}

static char library_path[] = "/tmp/source_process.XXXXXX";

/* A copy of the C library under another name, mapped as a loader would. */
static void map_a_library(void)
{
	write_segment();
	struct looker self;
	look_at_process(&self, getpid());
	const struct source_module *libc = source_module_at(self.source, (uintptr_t)&getpid);
	char command[1024];
	snprintf(command, sizeof command, "cp '%s' '%s'", libc->path, library_path);
	int descriptor;
	if (system(command) != 0 || (descriptor = open(library_path, O_RDONLY)) < 0 ||
	    mmap(NULL, 1 << 20, PROT_READ | PROT_EXEC, MAP_PRIVATE, descriptor, 0) == MAP_FAILED)
		_exit(1);
	look_away(&self);
	child_is_ready();
	for (;;)
		pause();
}

static const struct source_module *find_library(void)
{
	const struct source_module *modules;
	size_t count = source_modules(looker.source, &modules);
	for (size_t i = 0; i < count; i++)
		if (strncmp(modules[i].path, library_path, strlen(library_path)) == 0)
			return source_module_at(looker.source, modules[i].low);
	fail_test("it is not among the modules");
}

/* A library that was replaced on disk is not what is mapped: better no names than wrong ones. */
TEST(a_library_that_was_replaced)
{
	int descriptor = mkstemp(library_path);
	expect(descriptor >= 0);
	pid_t child = start_child(map_a_library);
	look_at_process(&looker, child);
	expect(find_library()->file != NULL);
	look_away(&looker);
	char command[1024];
	snprintf(command, sizeof command, "cp /proc/self/exe '%s.new' && mv '%s.new' '%s'",
		 library_path, library_path, library_path);
	expect_int(system(command), 0);
	look_at_process(&looker, child);
	expect_pointer(find_library()->file, NULL);
	unlink(library_path);
	close(descriptor);
	end_child(child);
}
