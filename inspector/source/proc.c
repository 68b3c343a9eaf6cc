/* SPDX-License-Identifier: MIT */
/*
 * proc.c: the files of /proc/PID: stat, maps, exe, and the descriptor behind which the segment
 * lies.
 */
#include "proc.h"

#include "../../lib/trace/abi.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEGMENT_LINK "/memfd:" TL_ABI_MEMFD " (deleted)"

enum { CANDIDATES_MOST = 16 };

int proc_open(pid_t pid)
{
	char path[32];
	snprintf(path, sizeof path, "/proc/%d", (int)pid);
	int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return directory < 0 ? -errno : directory;
}

ssize_t proc_read_text(int directory, const char *name, char *ret, size_t room)
{
	int descriptor = openat(directory, name, O_RDONLY | O_CLOEXEC);
	if (descriptor < 0)
		return -errno;
	size_t length = 0;
	ssize_t got = 0;
	while (length < room - 1 && (got = read(descriptor, ret + length, room - 1 - length)) > 0)
		length += (size_t)got;
	int error = got < 0 ? errno : 0;
	close(descriptor);
	ret[length] = '\0';
	return error ? -error : (ssize_t)length;
}

int proc_read_stat(int directory, struct proc_stat *ret)
{
	char text[1024];
	ssize_t length = proc_read_text(directory, "stat", text, sizeof text);
	if (length < 0)
		return length == -ENOENT ? -ESRCH : (int)length;
	/* The command may hold anything, ')' too: what follows starts after the last one. */
	char *open = strchr(text, '('), *close = strrchr(text, ')');
	if (!open || !close || close < open)
		return -ESRCH;
	size_t bytes = (size_t)(close - open - 1);
	if (bytes >= sizeof ret->command)
		bytes = sizeof ret->command - 1;
	memcpy(ret->command, open + 1, bytes);
	ret->command[bytes] = '\0';
	/* fields 3 to 22; field 20 is the number of threads, 22 the start time */
	if (sscanf(close + 1,
		   " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %" SCNu32
		   " %*d %" SCNu64,
		   &ret->state, &ret->threads, &ret->start_time) != 3)
		return -ESRCH;
	return 0;
}

bool proc_executable(int directory, char *ret, size_t room)
{
	static const char deleted[] = " (deleted)";
	ssize_t length = readlinkat(directory, "exe", ret, room - 1);
	if (length <= 0)
		return false;
	ret[length] = '\0';
	size_t cut = sizeof deleted - 1;
	if ((size_t)length > cut && strcmp(ret + length - cut, deleted) == 0)
		ret[(size_t)length - cut] = '\0';
	return true;
}

/* ---- maps ---- */

struct proc_maps {
	FILE *file;
	char *line;
	size_t room;
};

struct proc_maps *proc_maps_open(int directory)
{
	int descriptor = openat(directory, "maps", O_RDONLY | O_CLOEXEC);
	if (descriptor < 0)
		return NULL;
	struct proc_maps *maps = calloc(1, sizeof *maps);
	if (maps)
		maps->file = fdopen(descriptor, "r");
	if (!maps || !maps->file) {
		free(maps);
		close(descriptor);
		return NULL;
	}
	return maps;
}

bool proc_maps_next(struct proc_maps *maps, struct proc_mapping *ret)
{
	ssize_t length;
	while ((length = getline(&maps->line, &maps->room, maps->file)) > 0) {
		char flags[8];
		int path_at = 0;
		if (maps->line[length - 1] == '\n')
			maps->line[length - 1] = '\0';
		if (sscanf(maps->line, "%" SCNx64 "-%" SCNx64 " %7s %" SCNx64 " %*s %" SCNu64 " %n",
			   &ret->low, &ret->high, flags, &ret->offset, &ret->inode, &path_at) < 5)
			continue;
		ret->is_code = strchr(flags, 'x') != NULL;
		ret->is_writable = strchr(flags, 'w') != NULL;
		ret->path = path_at ? maps->line + path_at : "";
		return true;
	}
	return false;
}

void proc_maps_close(struct proc_maps *maps)
{
	if (!maps)
		return;
	fclose(maps->file);
	free(maps->line);
	free(maps);
}

static bool is_own_segment(const struct proc_mapping *mapping)
{
	return mapping->is_writable && strcmp(mapping->path, SEGMENT_LINK) == 0;
}

bool proc_maps_inode(int directory, uint64_t inode, bool *ret_known)
{
	struct proc_maps *maps = proc_maps_open(directory);
	struct proc_mapping mapping;
	bool is_mapped = false, is_any = false;
	while (maps && !is_mapped && proc_maps_next(maps, &mapping)) {
		is_any = true;
		is_mapped = mapping.inode == inode && is_own_segment(&mapping);
	}
	proc_maps_close(maps);
	*ret_known = is_any;
	return is_mapped;
}

/* ---- the segment ---- */

/* The memfds of this name among the descriptors.  Their number or -errno. */
static int find_candidates(int directory, struct proc_segment candidates[CANDIDATES_MOST])
{
	int descriptor = openat(directory, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (descriptor < 0)
		return -errno;
	DIR *entries = fdopendir(descriptor);
	if (!entries) {
		close(descriptor);
		return -ENOMEM;
	}
	int count = 0;
	for (struct dirent *entry; count < CANDIDATES_MOST && (entry = readdir(entries));) {
		char link[64];
		ssize_t length = readlinkat(descriptor, entry->d_name, link, sizeof link);
		if (length != sizeof SEGMENT_LINK - 1 ||
		    memcmp(link, SEGMENT_LINK, (size_t)length) != 0)
			continue;
		struct stat status;
		if (fstatat(descriptor, entry->d_name, &status, 0) != 0)
			continue;
		struct proc_segment *candidate = &candidates[count++];
		snprintf(candidate->name, sizeof candidate->name, "fd/%.16s", entry->d_name);
		candidate->inode = status.st_ino;
	}
	closedir(entries);
	return count;
}

/* A forked child may have inherited its parent's descriptor: its own segment is the one that it
 * maps. */
int proc_find_segment(int directory, struct proc_segment *ret)
{
	struct proc_segment candidates[CANDIDATES_MOST];
	int count = find_candidates(directory, candidates);
	struct proc_maps *maps = proc_maps_open(directory);
	if (!maps)
		return count < 0 ? count : -errno;
	int result = count < 0 ? count : -ENOENT;
	struct proc_mapping mapping;
	while (result != 0 && proc_maps_next(maps, &mapping)) {
		if (!is_own_segment(&mapping))
			continue;
		for (int i = 0; i < count && result != 0; i++) {
			if (candidates[i].inode != mapping.inode)
				continue;
			*ret = candidates[i];
			result = 0;
		}
		if (result == 0)
			break;
		/* The program has closed the descriptor: the mapping itself still leads to the
		 * file, for root. */
		snprintf(ret->name, sizeof ret->name, "map_files/%" PRIx64 "-%" PRIx64, mapping.low,
			 mapping.high);
		ret->inode = mapping.inode;
		struct stat status;
		result = fstatat(directory, ret->name, &status, 0) == 0 ? 0 : -EPERM;
	}
	proc_maps_close(maps);
	return result;
}
