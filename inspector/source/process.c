/* SPDX-License-Identifier: MIT */
/*
 * process.c: a live process as a source.
 *
 * Who it is: the open directory /proc/PID (dead once the process is), its start time, and the inode
 * of its memfd (an exec keeps the first two).  Once opened, the memfd stays ours: the picture
 * survives the process.  It is mapped only when its seals say that nobody can shrink it under us.
 */
#define _GNU_SOURCE
#include "backing.h"
#include "proc.h"
#include "process_memory.h"
#include "process_threads.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

struct process {
	struct source source;
	int directory;               /* /proc/PID */
	int segment_descriptor;
	struct proc_segment segment;
	uint64_t start_time;
	bool is_gone, is_replaced;   /* once true, for good */
};

static struct process *process_of(struct source *source)
{
	return (struct process *)source;
}

static void process_close(struct source *source)
{
	struct process *process = process_of(source);
	if (source->segment_map)
		munmap((void *)source->segment_map, source->segment_bytes);
	if (process->segment_descriptor >= 0)
		close(process->segment_descriptor);
	if (process->directory >= 0)
		close(process->directory);
	free(process);
}

/* Is our memfd still the one that it uses?  Cheap while the descriptor is where it was. */
static bool has_our_segment(struct process *process)
{
	struct stat status;
	if (fstatat(process->directory, process->segment.name, &status, 0) == 0 &&
	    status.st_ino == process->segment.inode)
		return true;
	bool is_known;
	return proc_maps_inode(process->directory, process->segment.inode, &is_known) || !is_known;
}

static enum source_state process_state(struct source *source)
{
	struct process *process = process_of(source);
	if (process->is_replaced)
		return SOURCE_REPLACED;
	struct proc_stat stat;
	if (process->is_gone || proc_read_stat(process->directory, &stat) != 0) {
		process->is_gone = true;
		return SOURCE_EXITED;
	}
	bool is_dead = stat.state == 'X' || stat.state == 'x' ||
		       (stat.state == 'Z' && stat.threads <= 1);
	if (is_dead) {
		process->is_gone = true;
		return SOURCE_EXITED;
	}
	if (stat.start_time != process->start_time ||
	    (stat.state != 'Z' && !has_our_segment(process))) {
		process->is_replaced = true;
		return SOURCE_REPLACED;
	}
	return stat.state == 'T' || stat.state == 't' ? SOURCE_STOPPED : SOURCE_RUNNING;
}

static int process_segment_read(struct source *source, uint64_t offset, void *buffer, size_t bytes)
{
	struct process *process = process_of(source);
	for (char *to = buffer; bytes > 0;) {
		ssize_t got = pread(process->segment_descriptor, to, bytes, (off_t)offset);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : -EIO; /* an unsealed one that shrank */
		to += got;
		offset += (uint64_t)got;
		bytes -= (size_t)got;
	}
	return 0;
}

static uint64_t process_segment_holes(struct source *source, uint64_t offset, uint64_t bytes,
				      uint64_t most)
{
	int descriptor = process_of(source)->segment_descriptor;
	uint64_t end = offset + bytes, holes = 0;
	while (offset < end && holes <= most) {
		off_t hole = lseek(descriptor, (off_t)offset, SEEK_HOLE);
		if (hole < 0 || (uint64_t)hole >= end)
			break;
		off_t data = lseek(descriptor, hole, SEEK_DATA); /* -1: a hole to the end */
		uint64_t next = data < 0 || (uint64_t)data > end ? end : (uint64_t)data;
		holes += next - (uint64_t)hole;
		offset = next;
	}
	return holes;
}

static int process_read_modules(struct source *source, struct source_module **ret, size_t *count)
{
	struct process *process = process_of(source);
	struct proc_maps *maps = proc_maps_open(process->directory);
	if (!maps)
		return -errno;
	struct module_list list = { 0 };
	struct proc_mapping mapping;
	int error = 0;
	while (error == 0 && proc_maps_next(maps, &mapping))
		if (mapping.path[0] == '/' && strncmp(mapping.path, "/memfd:", 7) != 0)
			error = module_list_add(&list, mapping.path, mapping.low, mapping.high,
						mapping.offset, mapping.inode, mapping.is_code);
	proc_maps_close(maps);
	module_list_finish(&list);
	for (size_t i = 0; i < list.count; i++) {
		struct source_module *module = &list.modules[i];
		if (asprintf(&module->open_path, "/proc/%d/root%s", (int)source->pid,
			     module->path) < 0)
			module->open_path = NULL;
	}
	if (error || list.count == 0) {
		modules_free(list.modules, list.count);
		return error ? error : -ESRCH;
	}
	*ret = list.modules;
	*count = list.count;
	return 0;
}

static int process_read_threads(struct source *source, struct source_thread **ret, size_t *count)
{
	return process_threads_list(process_of(source)->directory, ret, count);
}

static bool process_read_thread(struct source *source, pid_t tid, struct source_thread *ret)
{
	return process_threads_read(process_of(source)->directory, tid, ret);
}

/* Without a witness among what was copied, who it came from is asked afterwards: whoever is there
 * then with our segment has been there all the while. */
static void process_memory_read(struct source *source, struct source_span *spans, size_t count)
{
	process_memory_copy(source, spans, count);
	if (source->witness_bytes)
		return;
	enum source_state state = process_state(source);
	if (state == SOURCE_EXITED || state == SOURCE_REPLACED)
		for (size_t i = 0; i < count; i++)
			spans[i].result = -ESRCH;
}

static const struct source_ops process_ops = {
	.close = process_close,
	.state = process_state,
	.segment_read = process_segment_read,
	.segment_holes = process_segment_holes,
	.memory_read = process_memory_read,
	.read_modules = process_read_modules,
	.read_threads = process_read_threads,
	.read_thread = process_read_thread,
};

/* ---- opening ---- */

static int describe_refusal(pid_t pid, int error, struct problem *problem)
{
	switch (error) {
	case ENOENT:
		return problem_set(problem, error,
				   "%d: no tasklet segment (is the program linked with -ltasklet?)",
				   (int)pid);
	case ESRCH:
		return problem_set(problem, error, "%d: no such process", (int)pid);
	case EPERM:
		return problem_set(
			problem, error,
			"%d: it has closed the descriptor of its segment (closefrom?): only root "
			"can still look at it",
			(int)pid);
	case EACCES:
		return problem_set(problem, error,
				   geteuid() ? "%d: this user may not look at it: run as root or as its "
					       "own user, or start it with 'tltop -- COMMAND'" :
					       "%d: not even root may look at it from here (it has "
					       "rights or a namespace that this root has not)",
				   (int)pid);
	default:
		return problem_set(problem, error, "%d: cannot look for its segment: %s", (int)pid,
				   strerror(error));
	}
}

/* Map it if that is safe.  Without the seals it could shrink while we read: then pread serves. */
static void map_segment(struct process *process)
{
	enum { NEEDED = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE };
	int seals = fcntl(process->segment_descriptor, F_GET_SEALS);
	if (seals < 0 || (seals & NEEDED) != NEEDED)
		return;
	void *map = mmap(NULL, process->source.segment_bytes, PROT_READ, MAP_SHARED,
			 process->segment_descriptor, 0);
	if (map == MAP_FAILED)
		return;
	madvise(map, process->source.segment_bytes, MADV_DONTFORK); /* an editor needs none */
	process->source.segment_map = map;
}

static int open_segment(struct process *process, struct problem *problem)
{
	pid_t pid = process->source.pid;
	int error = proc_find_segment(process->directory, &process->segment);
	if (error)
		return describe_refusal(pid, -error, problem);
	process->segment_descriptor =
		openat(process->directory, process->segment.name, O_RDONLY | O_CLOEXEC);
	if (process->segment_descriptor < 0)
		return describe_refusal(pid, errno == ENOENT ? ESRCH : errno, problem);
	struct stat status;
	if (fstat(process->segment_descriptor, &status) != 0 ||
	    status.st_ino != process->segment.inode || !S_ISREG(status.st_mode) ||
	    status.st_size <= 0)
		return problem_set(problem, ESRCH, "%d: it changed while it was opened", (int)pid);
	process->source.segment_bytes = (uint64_t)status.st_size;
	map_segment(process);
	return 0;
}

/* A program that was just started has its segment in a moment: wait while it is this young. */
static bool is_young(const struct process *process)
{
	enum { YOUNG_NS = 2000000000 };
	struct timespec now;
	if (clock_gettime(CLOCK_BOOTTIME, &now) != 0)
		return false;
	uint64_t ticks = (uint64_t)sysconf(_SC_CLK_TCK);
	uint64_t started_ns = process->start_time / ticks * 1000000000 +
			      process->start_time % ticks * (1000000000 / ticks);
	uint64_t now_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	return now_ns < started_ns + YOUNG_NS;
}

static int open_segment_in_time(struct process *process, struct problem *problem)
{
	static const struct timespec pause = { .tv_nsec = 10000000 };
	int error = open_segment(process, problem);
	while (error == -ENOENT && process->source.is_patient && is_young(process)) {
		nanosleep(&pause, NULL);
		error = open_segment(process, problem);
	}
	return error;
}

/* exec(2) keeps process id and start time, and changes this. */
static void name_it(struct process *process, const struct proc_stat *stat)
{
	char path[1024];
	struct source *source = &process->source;
	source_set_program(source, proc_executable(process->directory, path, sizeof path) ?
					   path : stat->command);
	snprintf(source->label, sizeof source->label, "%s %d", source->program, (int)source->pid);
}

static int open_process(pid_t pid, bool is_patient, struct source **ret, struct problem *problem)
{
	struct process *process = calloc(1, sizeof *process);
	if (!process)
		return problem_set(problem, ENOMEM, "out of memory");
	struct source *source = &process->source;
	source->ops = &process_ops;
	source->kind = SOURCE_PROCESS;
	source->pid = pid;
	source->is_patient = is_patient;
	process->segment_descriptor = -1;
	process->directory = proc_open(pid);
	struct proc_stat stat;
	int error = process->directory < 0 ? process->directory :
					     proc_read_stat(process->directory, &stat);
	if (error) {
		error = describe_refusal(pid, error == -ENOENT ? ESRCH : -error, problem);
		process_close(source);
		return error;
	}
	process->start_time = stat.start_time;
	error = open_segment_in_time(process, problem);
	if (error) {
		process_close(source);
		return error;
	}
	name_it(process, &stat);
	*ret = source;
	return 0;
}

int source_open_process(pid_t pid, struct source **ret, struct problem *problem)
{
	return open_process(pid, true, ret, problem);
}

int source_open_listed(pid_t pid, struct source **ret, struct problem *problem)
{
	return open_process(pid, false, ret, problem);
}
