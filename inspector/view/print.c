/* SPDX-License-Identifier: MIT */
/* print.c: P, the screen as a text file in the current folder; never over a file that is there. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "dispatch.h"

enum { MOST_FILES = 1000 };

static FILE *create(const struct viewer *viewer, char *name, size_t bytes)
{
	int pid = viewer->target ? (int)source_pid(viewer->target->source) : 0;

	for (int number = 1; number < MOST_FILES; number++) {
		snprintf(name, bytes, "tltop-%d-%s-%d.txt", pid, screen_of(viewer->screen)->word,
			 number);
		int file = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (file >= 0)
			return fdopen(file, "w");
		if (errno != EEXIST)
			break;
	}
	return NULL;
}

void print_screen(struct viewer *viewer)
{
	char name[128];
	FILE *file = create(viewer, name, sizeof(name));

	if (!file) {
		viewer_say(viewer, ROLE_BAD, "cannot write %s: %s", name, strerror(errno));
		return;
	}
	int result = grid_write(&viewer->grid, true, file);
	if (fclose(file) || result)
		viewer_say(viewer, ROLE_BAD, "%s is incomplete: %s", name, strerror(errno));
	else
		viewer_say(viewer, ROLE_GOOD, "this screen is in %s", name);
}
