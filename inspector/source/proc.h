/* SPDX-License-Identifier: MIT */
/*
 * proc.h: reads what Linux tells of a process under /proc.  All of it goes through an open
 * directory: a directory of a process that has ended stays dead, also when its number is given to
 * somebody else.
 */
#ifndef INSPECTOR_PROC_H
#define INSPECTOR_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct proc_stat {
	char command[64];
	char state;          /* R S D T t Z X ... */
	uint32_t threads;
	uint64_t start_time; /* clock ticks since boot: with the pid, who it is */
};

struct proc_mapping {
	uint64_t low, high, offset, inode;
	bool is_code, is_writable;
	const char *path;    /* "" for none; as the kernel writes it; the reader's own memory */
};

/* The descriptor of /proc/PID, or -errno. */
int proc_open(pid_t pid);

/* 0 or -errno; -ESRCH: it is gone. */
int proc_read_stat(int directory, struct proc_stat *ret);

/* The path of its executable, cut to fit; false when it may not be known. */
bool proc_executable(int directory, char *ret, size_t room);

/* Mappings one by one.  proc_maps_open() gives NULL and errno. */
struct proc_maps;
struct proc_maps *proc_maps_open(int directory);
bool proc_maps_next(struct proc_maps *maps, struct proc_mapping *ret);
void proc_maps_close(struct proc_maps *maps);

/* A small file of it as text, or of the system when `directory` is AT_FDCWD.  Its length, or
 * -errno. */
ssize_t proc_read_text(int directory, const char *name, char *ret, size_t room);

/* Where the segment of a process can be opened: the memfd that it has mapped for writing (tools
 * that look at it have it mapped, too, to read).  `name` is a path below /proc/PID.  0 or -errno:
 * -ENOENT it has none; -EACCES its descriptors may not be seen. */
struct proc_segment {
	char name[64];
	uint64_t inode;
};
int proc_find_segment(int directory, struct proc_segment *ret);

/* Has it mapped the segment with this inode?  *ret_known is false when that may not be known. */
bool proc_maps_inode(int directory, uint64_t inode, bool *ret_known);

#endif
