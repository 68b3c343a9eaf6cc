/* SPDX-License-Identifier: MIT */
/*
 * hello.c: the first program.  Guests come through a door one by one, and a host greets them.
 *
 *     cc -g hello.c $(pkg-config --cflags --libs tasklet) -o hello && ./hello Ann Bob
 *
 * Every guest and the host is a tasklet, a function with a stack of its own; the door is a channel.
 * All of them run on this one thread, in turn: a turn ends where somebody waits or gives way.
 */
#include <stdio.h>
#include <string.h>
#include <tasklet.h>

#include "options.h"

static struct tl_channel *door;

/* A result below zero means that the call did not do what it should (the tasklet was killed, the
 * channel closed, …).  A tasklet that knows no better returns it. */
static int guest(void *name)
{
	int error = tl_channel_send(door, &name); /* waits until the host takes it */
	if (error)
		return error;
	printf("%s: nice to be here\n", (const char *)name);

	error = tl_schedule(); /* let the others have their turn */
	if (error)
		return error;
	printf("%s: goodbye\n", (const char *)name);
	return 0;
}

/* 1: somebody came; 0: nobody comes any more; below zero: an error. */
static int host(void *unused)
{
	const char *name;
	int more;

	(void)unused;
	while ((more = tl_channel_next(door, &name)) > 0)
		printf("host: hello, %s\n", name);
	printf("host: that was everybody\n");
	return more;
}

int main(int argc, char **argv)
{
	static char *everybody[] = {"Ann", "Bob", "world", NULL};
	char **names = argc > 1 ? argv + 1 : everybody;

	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		printf("Usage: hello [NAME...]\nGreet everybody, or Ann, Bob and the world.\n");
		return 0;
	}
	if (names[0][0] == '-')
		unexpected(names[0]);

	/* The names are for people: tltop, gdb and tldump show them. */
	check(tl_channel_create("door", sizeof(char *), 0, &door), "door");
	check(tl_spawn(host, NULL, &(struct tl_options){.name = "host"}, NULL), "host");
	for (; *names; names++)
		check(tl_spawn(guest, *names, &(struct tl_options){.name = *names}, NULL), *names);

	/* Nothing has run so far.  Now all do, until nobody is left but the host, who waits. */
	check(tl_run(), "run");

	/* An error in place of an element: 0 is the end of the host's loop. */
	check(tl_channel_send_error(door, 0, NULL), "the end");
	check(tl_channel_destroy(door), "door");
	return 0;
}
