/* SPDX-License-Identifier: MIT */
/*
 * options.h: complaints, and numbers on a command line.  The examples share it so that they can
 * speak of tasklets alone.  Exit status: 1 something failed, 2 bad usage.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <ctype.h>
#include <errno.h>
#include <error.h>
#include <stdlib.h>

/* A result below zero is an error of the runtime: say what failed and why, and end.  Any other
 * result is handed on. */
static inline int check(int result, const char *what)
{
	if (result < 0)
		error(1, -result, "%s", what);
	return result;
}

static inline void unexpected(const char *argument)
{
	error(2, 0, "unexpected argument '%s'; try --help", argument);
}

/* The argument of `option`: a whole number from min to max. */
static inline unsigned number(const char *option, const char *text, unsigned min, unsigned max)
{
	char *end;

	errno = 0;
	unsigned long value = strtoul(text, &end, 10);
	if (!isdigit((unsigned char)*text) || *end || errno || value < min || value > max)
		error(2, 0, "%s: '%s' is not a number from %u to %u", option, text, min, max);
	return (unsigned)value;
}

#endif /* OPTIONS_H */
