/* SPDX-License-Identifier: MIT */
/*
 * demangle.c: the C++ library's demangler, loaded when the first such name is met: the tools do not
 * depend on that library, but where C++ programs run it is there.
 */
#include "demangle.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

typedef char *(*demangle_fn)(const char *name, char *buffer, size_t *length, int *status);

enum { NAME_MOST = 4096 }; /* longer ones can make it run for minutes */

char *demangle(const char *name)
{
	static demangle_fn function;
	static bool was_loaded;
	if (strncmp(name, "_Z", 2) != 0 || strnlen(name, NAME_MOST) == NAME_MOST)
		return NULL;
	if (!was_loaded) {
		was_loaded = true;
		void *library = dlopen("libstdc++.so.6", RTLD_NOW | RTLD_LOCAL);
		void *symbol = library ? dlsym(library, "__cxa_demangle") : NULL;
		memcpy(&function, &symbol, sizeof function);
	}
	int status;
	return function ? function(name, NULL, NULL, &status) : NULL;
}
