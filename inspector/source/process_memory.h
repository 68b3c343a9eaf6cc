/* SPDX-License-Identifier: MIT */
/*
 * process_memory.h: copies memory of a live process, without stopping it.
 */
#ifndef INSPECTOR_PROCESS_MEMORY_H
#define INSPECTOR_PROCESS_MEMORY_H

#include "source.h"

/* Without a witness the caller must ask afterwards whether it is still the same process. */
void process_memory_copy(struct source *source, struct source_span *spans, size_t count);

#endif
