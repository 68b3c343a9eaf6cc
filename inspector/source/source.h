/* SPDX-License-Identifier: MIT */
/*
 * source.h: where the bytes come from.  A live process, a core, later a recording: each gives the
 * bytes of the segment and of the target's memory, its modules, and what time it is there.  Nothing
 * here knows what the bytes mean, and nothing here trusts them.
 */
#ifndef INSPECTOR_SOURCE_H
#define INSPECTOR_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct source;

enum source_kind { SOURCE_PROCESS, SOURCE_CORE };

/* What became of a live process; a core is always SOURCE_STOPPED. */
enum source_state {
	SOURCE_RUNNING,
	SOURCE_STOPPED, /* a core, or stopped by a signal or a debugger */
	SOURCE_EXITED, /* the segment can still be read: it outlives the process while we hold it */
	SOURCE_REPLACED, /* exec, or the pid is somebody else's now */
};

struct elf_file;

/* A mapped file of the target. */
struct source_module {
	char *path;          /* as the target names it */
	char *open_path;     /* where this process can open it (through /proc/PID/root), or NULL */
	uint64_t low, high;  /* the addresses it covers */
	uint64_t bias;       /* address in the target = address in the file + bias */
	uint64_t inode;      /* 0: unknown */
	struct elf_file *file; /* opened, and known to be the file that is mapped; else NULL */
	bool was_opened;     /* it was tried */
	bool was_given;      /* the user said that `open_path` is it */
	uint64_t offset;     /* in the file, of what lies at `low` */
};

/* One thread of the target, from /proc/PID/task or a core's NT_PRSTATUS. */
struct source_thread {
	pid_t tid;
	bool has_registers; /* only a core's threads, and those that are blocked in a system call */
	uint32_t known;	    /* bit r: registers[r] is known.  In a system call only 7 and 16 are */
	uint64_t registers[17]; /* by DWARF number of x86-64: 6 rbp, 7 rsp, 16 the return address */
	uint64_t blocks;    /* how often it went to sleep: unchanged = it has not woken since */
};

/* One line that says what was wrong, with what, and what to do: no newline, safe for a terminal. */
struct problem {
	char text[512];
};

/* Write the text and return -error. */
int problem_set(struct problem *problem, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* `what` is a process id or the path of a core.  `executable` (may be NULL) names the program of a
 * core whose own note does not lead to it.  0, or -errno and *problem. */
int source_open(const char *what, const char *executable, struct source **ret,
		struct problem *problem);
int source_open_process(pid_t pid, struct source **ret, struct problem *problem);
/* The same for one of a list, which must not stand still for any of them: a segment that is not there
 * yet, or not ready, is an error at once. */
int source_open_listed(pid_t pid, struct source **ret, struct problem *problem);
int source_open_core(const char *path, const char *executable, struct source **ret,
		     struct problem *problem);
void source_close(struct source *source); /* NULL is fine */

enum source_kind source_kind(const struct source *source);
const char *source_label(const struct source *source); /* "jobd 812", "core of jobd 812" */
const char *source_program(const struct source *source); /* the name alone */
pid_t source_pid(const struct source *source);           /* 0: unknown */
bool source_is_patient(const struct source *source); /* may one wait until its segment is ready? */
enum source_state source_state(struct source *source);

/* The segment.  A reader must never touch a hole (that would allocate the page): it asks only for
 * what lies below the segment's own high-water marks.  Exactly `bytes` are copied, or -errno
 * (-ERANGE: outside of the segment; -EIO: not in the core). */
uint64_t source_segment_bytes(const struct source *source);
int source_segment_read(struct source *source, uint64_t offset, void *buffer, size_t bytes);

/* How many bytes of a part of it are in holes; counting stops above `most`. */
uint64_t source_segment_holes(struct source *source, uint64_t offset, uint64_t bytes,
			      uint64_t most);

/* A read-only map of the segment, or NULL when it cannot be mapped safely (not sealed, or a core
 * whose segment is in pieces): then use source_segment_read(). */
const void *source_segment_map(struct source *source);

/* Memory of the target.  Each span is read whole or fails alone: its `result` is 0 or -errno.
 * -EPERM: this user may not (source_memory_problem() says what to do). */
struct source_span {
	uint64_t address;
	void *buffer;
	size_t bytes;
	int result;
};
void source_memory_read(struct source *source, struct source_span *spans, size_t count);

/* Where the segment lies in the target's own memory, as the segment says, and bytes of it that
 * never change.  From then on a live process's memory is only believed while these bytes are found
 * there: after an exec, or when the pid is somebody else's, every read fails with -ESRCH. */
void source_set_witness(struct source *source, uint64_t address, const void *bytes, size_t count);
const char *source_memory_problem(const struct source *source); /* NULL: none so far */

/* Modules that hold code.  The list is read once, at the first use; pointers into it hold until
 * source_modules_refresh(), which reads it again now and then: a second later when an address was
 * in none of them, else after ten (a library may be where another one was).  The generation that it
 * returns goes up when the list differs: then what was learnt of addresses may be wrong. */
const struct source_module *source_module_at(struct source *source, uint64_t address);
size_t source_modules(struct source *source, const struct source_module **ret);
unsigned source_modules_refresh(struct source *source);

/* The threads, without the registers of live ones. */
size_t source_threads(struct source *source, const struct source_thread **ret);

/* One thread as it is now.  A live one has registers while it is blocked in a system call: twice
 * the same, with the same `blocks`, and it has been there all the while.  False: there is no such
 * thread. */
bool source_thread_read(struct source *source, pid_t tid, struct source_thread *ret);

/* The clocks of this machine, which are a live target's, now.  tsc is 0 where it cannot be read. */
void source_clocks(const struct source *source, uint64_t *tsc, uint64_t *monotonic_ns);

/* The processes of this machine that have a segment, for the process list. */
struct source_process {
	pid_t pid;
	char program[64];
	bool readable;        /* we may open its segment */
};
size_t source_list_processes(struct source_process **ret); /* free(3) it */

#endif
