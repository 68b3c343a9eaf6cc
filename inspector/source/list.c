/* SPDX-License-Identifier: MIT */
/*
 * list.c: the processes of this machine that have a segment.  Those of other users cannot be told
 * from programs without one, and are left out.
 */
#include "proc.h"
#include "source.h"
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool look_at(pid_t pid, struct source_process *ret)
{
	int directory = proc_open(pid);
	if (directory < 0)
		return false;
	struct proc_segment segment;
	struct proc_stat stat;
	char path[1024];
	int error = proc_find_segment(directory, &segment);
	bool is_one = (error == 0 || error == -EPERM) && proc_read_stat(directory, &stat) == 0;
	if (is_one) {
		ret->pid = pid;
		ret->readable = false;
		int descriptor = error ? -1 : openat(directory, segment.name, O_RDONLY | O_CLOEXEC);
		if (descriptor >= 0) {
			ret->readable = true;
			close(descriptor);
		}
		const char *name = stat.command;
		if (proc_executable(directory, path, sizeof path)) {
			char *slash = strrchr(path, '/');
			name = slash ? slash + 1 : path;
		}
		text_make_safe(ret->program, sizeof ret->program, name, strlen(name));
	}
	close(directory);
	return is_one;
}

static int by_pid(const void *a, const void *b)
{
	pid_t left = ((const struct source_process *)a)->pid;
	pid_t right = ((const struct source_process *)b)->pid;
	return (left > right) - (left < right);
}

size_t source_list_processes(struct source_process **ret)
{
	struct source_process *list = NULL;
	size_t count = 0, room = 0;
	DIR *entries = opendir("/proc");
	for (struct dirent *entry; entries && (entry = readdir(entries));) {
		pid_t pid = atoi(entry->d_name);
		struct source_process found;
		if (pid <= 0 || !look_at(pid, &found))
			continue;
		if (count == room) {
			room = room ? room * 2 : 16;
			struct source_process *grown = reallocarray(list, room, sizeof *grown);
			if (!grown)
				break;
			list = grown;
		}
		list[count++] = found;
	}
	if (entries)
		closedir(entries);
	if (count)
		qsort(list, count, sizeof *list, by_pid);
	*ret = list;
	return count;
}
