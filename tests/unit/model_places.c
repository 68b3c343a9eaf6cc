/* SPDX-License-Identifier: MIT */
/*
 * model_places.c: functions, files and lines of addresses: what was inlined, names of C++, stripped
 * programs and their separate debug files.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "looker.h"
#include "segment_writer.h"

#include "harness.h"

static struct segment_writer writer;
static struct looker looker;

static void look_at_ourselves(void)
{
	ok(segment_writer_init(&writer, NULL));
	look_at_process(&looker, getpid());
}

/* ---- addresses within functions ---- */

static __attribute__((noinline)) uint64_t where(void)
{
	return (uintptr_t)__builtin_return_address(0);
}

static uint64_t where_inlined;
static int where_inlined_line, where_called_line;

static inline __attribute__((always_inline)) void inlined(void)
{
	where_inlined = where(), where_inlined_line = __LINE__;
}

static __attribute__((noinline)) void outer(void)
{
	inlined(), where_called_line = __LINE__;
}

TEST(an_inlined_function_and_its_caller)
{
	struct place places[8];
	look_at_ourselves();
	outer();
	expect_int(model_places(looker.model, where_inlined, false, places, 8), 2);
	expect_string(places[0].function, "inlined");
	expect(places[0].is_inlined && !places[1].is_inlined);
	expect(strstr(places[0].file, "model_places.c") != NULL);
	expect_int(places[0].line, where_inlined_line);
	expect_string(places[1].function, "outer");
	expect_int(places[1].line, where_called_line);
	expect(places[1].offset > 0 && places[1].offset < 200);
	expect(strstr(places[1].module, "model_places") != NULL);
	/* one place alone is the function, and the line in it */
	model_place(looker.model, where_inlined, false, &places[2]);
	expect_string(places[2].function, "outer");
	expect_int(places[2].line, where_called_line);
	/* no room for both: the function itself */
	expect_int(model_places(looker.model, where_inlined, false, places, 1), 1);
	expect_string(places[0].function, "outer");
}

TEST(exact_addresses_and_return_addresses)
{
	struct place place;
	look_at_ourselves();
	uint64_t start = (uintptr_t)&outer;
	model_place(looker.model, start, true, &place);
	expect_string(place.function, "outer");
	expect_int(place.offset, 0);
	/* as a return address it belongs to what lies before */
	model_place(looker.model, start, false, &place);
	expect(!place.function || strcmp(place.function, "outer") != 0);
}

TEST(addresses_of_nothing)
{
	static const uint64_t addresses[] = { 0, 1, 4096, UINT64_MAX, UINT64_MAX / 2 + 1 };
	look_at_ourselves();
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
		struct place place;
		model_place(looker.model, addresses[i], true, &place);
		expect(!place.function && !place.file && !place.module && place.line == 0);
	}
}

TEST(a_library_that_exports_names_alone)
{
	struct place place;
	look_at_ourselves();
	model_place(looker.model, (uintptr_t)&getpid, true, &place);
	expect(place.function && strstr(place.function, "getpid") != NULL);
	expect(strchr(place.function, '@') == NULL);
	expect(strstr(place.module, "libc") != NULL);
}

void cxx_name(void) __asm__("_ZN6garden5visitEiPKc");
void cxx_name(void)
{
}

TEST(names_of_cxx)
{
	struct place place;
	look_at_ourselves();
	model_place(looker.model, (uintptr_t)&cxx_name, true, &place);
	expect_string(place.function, "garden::visit(int, char const*)");
}

void hostile_name(void) __asm__("hostile\xe2\x80\xae");
void hostile_name(void)
{
}

TEST(hostile_names)
{
	struct place place;
	look_at_ourselves();
	model_place(looker.model, (uintptr_t)&hostile_name, true, &place);
	expect_string(place.function, "hostile?");
}

/* Strings that were given out stay, whatever is asked afterwards. */
TEST(many_places)
{
	struct place first, place;
	look_at_ourselves();
	model_place(looker.model, (uintptr_t)&outer, true, &first);
	for (uint64_t i = 0; i < 20000; i++)
		model_place(looker.model, (uintptr_t)&look_at_ourselves + i % 7000, i % 2, &place);
	expect_string(first.function, "outer");
	model_place(looker.model, (uintptr_t)&outer, true, &place);
	expect_pointer(place.function, first.function);
}

/* ---- stripped programs ---- */

static char folder[] = "/tmp/model_places.XXXXXX";

/* The program that the tests below look at: this one, under another name. */
__attribute__((constructor)) static void be_a_target(void)
{
	if (!getenv("MODEL_PLACES_TARGET"))
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	uint64_t address = (uintptr_t)&outer;
	if (segment_writer_init(&writer, NULL) != 0 ||
	    write(STDOUT_FILENO, &address, sizeof address) != sizeof address)
		_exit(1);
	for (;;)
		pause();
}

/* A command in the folder. */
static void shell(const char *command)
{
	char *line;
	expect(asprintf(&line, "cd '%s' && %s", folder, command) > 0);
	expect_int(system(line), 0);
	free(line);
}

/* Start the copy and find outer() in it. */
static pid_t start_copy(uint64_t *address)
{
	int pipes[2];
	char path[64];
	ok(pipe(pipes));
	snprintf(path, sizeof path, "%s/copy", folder);
	pid_t child = fork();
	if (child == 0) {
		dup2(pipes[1], STDOUT_FILENO);
		setenv("MODEL_PLACES_TARGET", "1", 1);
		execl(path, path, (char *)NULL);
		_exit(1);
	}
	close(pipes[1]);
	expect_int(read(pipes[0], address, sizeof *address), sizeof *address);
	close(pipes[0]);
	return child;
}

static void make_copy(void)
{
	char self[1024] = "", command[1100];
	expect(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
	expect(mkdtemp(folder) != NULL);
	snprintf(command, sizeof command, "cp '%s' copy", self);
	shell(command);
}

static void remove_copy(pid_t child)
{
	end_child(child);
	shell("rm copy*");
	expect_int(rmdir(folder), 0);
}

TEST(a_stripped_program_has_no_names)
{
	uint64_t address;
	struct place place;
	make_copy();
	shell("strip copy");
	pid_t child = start_copy(&address);
	look_at_process(&looker, child);
	model_place(looker.model, address, true, &place);
	expect(!place.function && !place.file);
	expect(strstr(place.module, "/copy") != NULL);
	remove_copy(child);
}

TEST(a_separate_debug_file_gives_them_back)
{
	uint64_t address;
	struct place place;
	make_copy();
	shell("objcopy --only-keep-debug copy copy.debug && strip copy && "
	      "objcopy --add-gnu-debuglink=copy.debug copy");
	pid_t child = start_copy(&address);
	look_at_process(&looker, child);
	model_place(looker.model, address, true, &place);
	expect(place.function != NULL && place.file != NULL);
	expect_string(place.function, "outer");
	expect(strstr(place.file, "model_places.c") != NULL);
	remove_copy(child);
}

TEST(a_debug_file_of_another_program_does_not)
{
	uint64_t address;
	struct place place;
	make_copy();
	shell("objcopy --only-keep-debug copy copy.debug && strip copy && "
	      "objcopy --add-gnu-debuglink=copy.debug copy && cp /bin/sh copy.debug");
	pid_t child = start_copy(&address);
	look_at_process(&looker, child);
	model_place(looker.model, address, true, &place);
	expect(!place.function && !place.file);
	remove_copy(child);
}
