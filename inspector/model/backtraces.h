/* SPDX-License-Identifier: MIT */
#ifndef INSPECTOR_BACKTRACES_H
#define INSPECTOR_BACKTRACES_H

struct unwinder;

void unwinder_destroy(struct unwinder *unwinder); /* NULL is fine */

#endif
