/* SPDX-License-Identifier: MIT */
/*
 * process_threads.c: /proc/PID/task.  Of a thread that sleeps in a system call the kernel tells the
 * stack pointer and where it will go on, without stopping it.
 */
#include "process_threads.h"

#include "proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RSP = 7, RETURN_ADDRESS = 16 };

int process_threads_list(int directory, struct source_thread **ret, size_t *count)
{
	int descriptor = openat(directory, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = descriptor < 0 ? NULL : fdopendir(descriptor);
	if (!entries) {
		int error = errno;
		if (descriptor >= 0)
			close(descriptor);
		return -error;
	}
	size_t room = 0;
	for (struct dirent *entry; (entry = readdir(entries));) {
		int tid = atoi(entry->d_name);
		if (tid <= 0)
			continue;
		if (*count == room) {
			room = room ? room * 2 : 16;
			struct source_thread *grown = reallocarray(*ret, room, sizeof *grown);
			if (!grown)
				break;
			*ret = grown;
		}
		(*ret)[(*count)++] = (struct source_thread){ .tid = tid };
	}
	closedir(entries);
	return 0;
}

/* "NUMBER six arguments SP PC", or "running", or "-1 SP PC" when it sleeps for another reason. */
static bool parse_system_call(const char *text, struct source_thread *ret)
{
	return sscanf(text, "%*u %*x %*x %*x %*x %*x %*x %" SCNx64 " %" SCNx64,
		      &ret->registers[RSP], &ret->registers[RETURN_ADDRESS]) == 2;
}

static uint64_t parse_blocks(const char *status)
{
	static const char label[] = "\nvoluntary_ctxt_switches:";
	const char *line = strstr(status, label);
	return line ? strtoull(line + sizeof label - 1, NULL, 10) : 0;
}

bool process_threads_read(int directory, pid_t tid, struct source_thread *ret)
{
	char path[64], text[4096];
	*ret = (struct source_thread){ .tid = tid };
	snprintf(path, sizeof path, "task/%d/status", (int)tid);
	if (proc_read_text(directory, path, text, sizeof text) < 0)
		return false;
	ret->blocks = parse_blocks(text);
	snprintf(path, sizeof path, "task/%d/syscall", (int)tid);
	ret->has_registers = proc_read_text(directory, path, text, sizeof text) > 0 &&
			     parse_system_call(text, ret);
	if (ret->has_registers)
		ret->known = 1u << RSP | 1u << RETURN_ADDRESS;
	return true;
}
