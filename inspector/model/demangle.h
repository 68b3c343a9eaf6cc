/* SPDX-License-Identifier: MIT */
/*
 * demangle.h: names of C++ as they were written.
 */
#ifndef INSPECTOR_DEMANGLE_H
#define INSPECTOR_DEMANGLE_H

/* free(3) it; NULL: it is no such name, or this machine has no demangler. */
char *demangle(const char *name);

#endif
