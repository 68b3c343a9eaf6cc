/* SPDX-License-Identifier: MIT */
/*
 * tasklets.c: the tasklets, channels and process plumbing that tests have in common.
 */
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <sys/mman.h>

#include "harness.h"

tl_task spawn_with(const char *name, tl_fn body, void *arg)
{
	tl_task task;
	ok(tl_spawn(body, arg, &(struct tl_options){.name = name}, &task));
	return task;
}

tl_task spawn(const char *name, tl_fn body)
{
	return spawn_with(name, body, (void *)(uintptr_t)name);
}

tl_task create(const char *name)
{
	tl_task task;
	ok(tl_task_create(&(struct tl_options){.name = name}, &task));
	return task;
}

int logs(void *name)
{
	log_("%s", (const char *)name);
	return 0;
}

int yields_for_ever(void *arg)
{
	(void)arg;
	for (;;)
		or_end(tl_schedule());
}

/* ---- channels ---- */

struct tl_channel *new_buffered(const char *name, size_t capacity)
{
	/* What a test leaves behind stays reachable from here: no leak to a leak checker, whose
	 * eyes do not see the stacks of tasklets. */
	static struct tl_channel *kept[1024];
	static size_t count;
	struct tl_channel *channel = NULL;
	ok(tl_channel_create(name, sizeof(int), capacity, &channel));
	if (count < sizeof(kept) / sizeof(kept[0]))
		kept[count++] = channel;
	return channel;
}

struct tl_channel *new_channel(const char *name)
{
	return new_buffered(name, 0);
}

int send_int(struct tl_channel *channel, int value)
{
	return tl_channel_send(channel, &value);
}

int receive_int(struct tl_channel *channel)
{
	int value = -1;
	ok(tl_channel_receive(channel, &value));
	return value;
}

/* ---- the process ---- */

static int capture_fd = -1, real_stderr = -1;

/* All of a file from its beginning, cut to the static buffer. */
static const char *text_of(int fd)
{
	static char text[65536];
	const ssize_t length = pread(fd, text, sizeof(text) - 1, 0);
	expect(length >= 0);
	text[length] = '\0';
	return text;
}

void stderr_capture_begin(void)
{
	capture_fd = memfd_create("captured", MFD_CLOEXEC);
	real_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	expect(capture_fd >= 0 && real_stderr >= 0);
	expect(dup2(capture_fd, STDERR_FILENO) == STDERR_FILENO);
}

const char *stderr_capture_end(void)
{
	fflush(stderr);
	expect(dup2(real_stderr, STDERR_FILENO) == STDERR_FILENO);
	const char *text = text_of(capture_fd);
	close(real_stderr);
	close(capture_fd);
	return text;
}

const char *report_text(void)
{
	const int fd = memfd_create("report", MFD_CLOEXEC);
	expect(fd >= 0);
	ok(tl_report(fd));
	const char *text = text_of(fd);
	close(fd);
	return text;
}

bool tracing_is_off(void)
{
	const char *level = getenv("TASKLET_TRACE");
	return level && strcmp(level, "off") == 0;
}

bool is_instrumented(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	return true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
	return true;
#endif
#endif
	/* valgrind's core is preloaded into what it runs. */
	const char *preload = getenv("LD_PRELOAD");
	return preload && (strstr(preload, "vgpreload") || strstr(preload, "valgrind"));
}
