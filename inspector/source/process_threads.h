/* SPDX-License-Identifier: MIT */
/*
 * process_threads.h: the threads of a live process, and where they are in the kernel.
 */
#ifndef INSPECTOR_PROCESS_THREADS_H
#define INSPECTOR_PROCESS_THREADS_H

#include "source.h"

/* `directory` is /proc/PID.  0 or -errno. */
int process_threads_list(int directory, struct source_thread **ret, size_t *count);
bool process_threads_read(int directory, pid_t tid, struct source_thread *ret);

#endif
