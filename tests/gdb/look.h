/* SPDX-License-Identifier: MIT */
/*
 * look.h: the moment at which a program under test is looked at.  LOOK says how the look is taken:
 *
 *   (unset)      not at all: the program runs through, for comparison
 *   live         it stops with SIGUSR1 (which gdb does not pass on); no symbol is needed
 *   attach N M   it says "ready" on descriptor N and waits until descriptor M ends
 *   core         it ends with a core
 */
#ifndef LOOK_H
#define LOOK_H

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOIPA __attribute__((noipa)) /* so that -O2 calls it, with the arguments that it has */

static NOIPA void look(void)
{
	const char *how = getenv("LOOK");
	int tell, listen;
	char byte;

	if (!how)
		return;
	if (!strcmp(how, "live"))
		raise(SIGUSR1);
	if (!strncmp(how, "core", 4))
		abort();
	if (sscanf(how, "attach %d %d", &tell, &listen) == 2 &&
	    (write(tell, "ready\n", 6) != 6 || read(listen, &byte, 1) != 0))
		abort();
}

/* A result below zero ends the program. */
static inline int check(int result, const char *what)
{
	if (result < 0) {
		fprintf(stderr, "%s: %s\n", what, strerror(-result));
		exit(1);
	}
	return result;
}

#endif
