/* SPDX-License-Identifier: MIT */
/*
 * process_memory.c: process_vm_readv in batches.
 *
 * The call goes by number, and a number may meanwhile mean another process, or the same one after
 * an exec.  So the first piece of every batch is the witness: bytes of the segment that never
 * change, at the address where the target has it.  The kernel takes hold of one address space a
 * call, so if the witness is right, so is the rest.
 */
#define _GNU_SOURCE
#include "process_memory.h"

#include "backing.h"
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { BATCH_SPANS = 64 };

static void explain_refusal(struct source *source)
{
	char text[16] = "";
	proc_read_text(AT_FDCWD, "/proc/sys/kernel/yama/ptrace_scope", text, sizeof text);
	int scope = atoi(text);
	const char *remedy =
		scope == 1 ? "start it with 'tltop -- COMMAND', or run this as root, or set "
			     "kernel.yama.ptrace_scope to 0" :
		scope == 2 ? "run this as root (kernel.yama.ptrace_scope is 2)" :
		scope >= 3 ? "kernel.yama.ptrace_scope is 3: nobody may until a reboot" :
		geteuid()  ? "run this as root, or start it with 'tltop -- COMMAND'" :
			     "it has rights or a namespace that this root has not";
	snprintf(source->memory_problem, sizeof source->memory_problem,
		 "the memory of process %d may not be read: %s", (int)source->pid, remedy);
}

static void fail_all(struct source_span *spans, size_t count, int error)
{
	for (size_t i = 0; i < count; i++)
		spans[i].result = error;
}

/* Copy some of the spans.  Returns how many were dealt with (at least one). */
static size_t copy_batch(struct source *source, struct source_span *spans, size_t count)
{
	struct iovec local[BATCH_SPANS + 1], remote[BATCH_SPANS + 1];
	unsigned char witness[SOURCE_WITNESS_BYTES];
	size_t used = 0, first = source->witness_bytes ? 1 : 0;
	if (first) {
		local[used] = (struct iovec){ witness, source->witness_bytes };
		remote[used++] = (struct iovec){ (void *)(uintptr_t)source->witness_address,
						 source->witness_bytes };
	}
	if (count > BATCH_SPANS)
		count = BATCH_SPANS;
	for (size_t i = 0; i < count; i++) {
		local[used] = (struct iovec){ spans[i].buffer, spans[i].bytes };
		remote[used++] =
			(struct iovec){ (void *)(uintptr_t)spans[i].address, spans[i].bytes };
	}
	ssize_t got = process_vm_readv(source->pid, local, used, remote, used, 0);
	if (got < 0 && (errno != EFAULT || first)) {
		int error = errno == EFAULT ? ESRCH : errno;
		if (error == EPERM)
			explain_refusal(source);
		fail_all(spans, count, -error);
		return count;
	}
	size_t bytes = got < 0 ? 0 : (size_t)got;
	if (first) {
		if (bytes < source->witness_bytes ||
		    memcmp(witness, source->witness, source->witness_bytes) != 0) {
			fail_all(spans, count, -ESRCH);
			return count;
		}
		bytes -= source->witness_bytes;
	}
	size_t done = 0;
	while (done < count && bytes >= spans[done].bytes) {
		bytes -= spans[done].bytes;
		spans[done++].result = 0;
	}
	if (done < count)
		spans[done++].result = -EFAULT; /* it stopped here: the rest is for the next call */
	return done;
}

void process_memory_copy(struct source *source, struct source_span *spans, size_t count)
{
	for (size_t done = 0; done < count;)
		done += copy_batch(source, spans + done, count - done);
}
