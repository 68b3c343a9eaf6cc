/* SPDX-License-Identifier: MIT */
/*
 * screens.c: runs a file of keys through the dispatcher that the terminal uses, and prints the
 * screens.
 *
 *     screens CASE.keys        to standard output, to be compared with CASE.screen
 *     screens --keys           every key of every screen: "SCREEN<tab>KEY", to see which no case
 * presses screens --every-key      is there a state of each screen in which each of its keys does
 * something? screens --monkey SEED    keys, clicks, sizes and looks at random, for the sanitizers
 * to watch
 *
 * A line of a file is a command:
 *     scene NAME      look at this target (scenes.c)        list NAME...   the processes there are
 *     size COLUMNSxROWS     ascii     utf8     batch
 *     key NAME...     press keys                            type TEXT      press its characters
 *     click ROW COLUMN      wheel up|down
 *     tick [N]        half a second passes, and a look      wait SECONDS   the clock alone
 *     exit, replace   the target has ended, another has its place        refuse    its memory may
 * not be read show            print the screen                      roles          print the role
 * of each cell request         print what is asked of the terminal   child NAME     a command that
 * was started
 */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../inspector/view/viewer.h"
#include "scene.h"

struct run {
	struct viewer viewer;
	int rows, columns, shown;
	uint64_t now_ns;
	FILE *pressed; /* which keys were pressed on which screen; NULL: nobody asks */
};

static void fail(const char *what, const char *which)
{
	fprintf(stderr, "screens: %s: %s\n", what, which);
	exit(2);
}

static const struct scene *scene_by_name(const char *name)
{
	for (const struct scene *scene = scenes; scene->name; scene++)
		if (strcmp(scene->name, name) == 0)
			return scene;
	fail("no such scene", name);
	return NULL;
}

static void draw(struct run *run)
{
	viewer_resize(&run->viewer, run->rows, run->columns);
	if (viewer_draw(&run->viewer))
		fail("out of memory", "draw");
}

static void show(struct run *run)
{
	draw(run);
	printf("=== %d\n", ++run->shown);
	grid_write(&run->viewer.grid, run->viewer.is_batch, stdout);
}

/* One letter a cell: . normal, d dim, h header, s selected, g good, w warn, b bad, R run, r ready,
 * W wait */
static void show_roles(struct run *run)
{
	static const char letters[] = ".dhsgwbRrW";
	const struct grid *grid = &run->viewer.grid;

	draw(run);
	printf("=== %d roles\n", ++run->shown);
	for (int row = 0; row < grid->rows; row++) {
		for (int column = 0; column < grid->columns; column++)
			putchar(letters[grid->cells[row * grid->columns + column].role]);
		putchar('\n');
	}
}

static void show_request(struct run *run)
{
	static const char *const words[] = {"none", "quit", "suspend", "redraw", "editor"};
	struct viewer *viewer = &run->viewer;

	printf("=== %d request: %s%s", ++run->shown, words[viewer->request],
	       viewer->end_child ? ", end the child" : "");
	if (viewer->request == REQUEST_EDITOR)
		printf(" %s:%d", viewer->editor_file, viewer->editor_line);
	putchar('\n');
	viewer->request = REQUEST_NONE;
	viewer->end_child = false;
}

static void press(struct run *run, uint32_t key)
{
	struct viewer *viewer = &run->viewer;
	char name[16];

	draw(run); /* as on a terminal: a key refers to what is shown */
	if (run->pressed && !viewer->help && !viewer->menu && !viewer->prompt.kind)
		fprintf(run->pressed, "%s\t%s\n", screen_of(viewer->screen)->word,
			keycode_name(key, name));
	viewer_key(viewer, key);
}

static void press_names(struct run *run, char *names)
{
	for (char *name = strtok(names, " "); name; name = strtok(NULL, " ")) {
		uint32_t key = keycode_parse(name);
		if (!key)
			fail("no such key", name);
		press(run, key);
	}
}

static void type(struct run *run, const char *text)
{
	for (uint32_t glyph; (glyph = text_next(&text));)
		press(run, glyph);
}

static void attach(struct run *run, const char *name)
{
	struct source *source;
	struct problem problem = {""};

	scene_choose(scene_by_name(name));
	run->viewer.now_ns = run->now_ns;
	if (source_open_process(SCENE_PID, &source, &problem) ||
	    viewer_attach(&run->viewer, source, &problem))
		fail(name, problem.text);
	draw(run);
}

static void list(char *names)
{
	const struct scene *list[8];
	size_t count = 0;

	for (char *name = strtok(names, " "); name && count < 8; name = strtok(NULL, " "))
		list[count++] = scene_by_name(name);
	scene_list(list, count);
}

static void pass(struct run *run, double seconds, bool look)
{
	run->now_ns += SECONDS(seconds);
	if (look) {
		scene_step();
		run->viewer.next_ns = run->now_ns;
		viewer_tick(&run->viewer, run->now_ns);
	} else {
		run->viewer.now_ns = run->now_ns;
	}
	draw(run);
}

/* The command's word, and what is behind it. */
static bool is(const char *line, const char *word, char **rest)
{
	size_t length = strlen(word);

	if (strncmp(line, word, length) != 0 || (line[length] && line[length] != ' '))
		return false;
	*rest = (char *)line + length + (line[length] == ' ');
	return true;
}

static void obey_target(struct run *run, char *line, char *rest)
{
	if (is(line, "scene", &rest))
		attach(run, rest);
	else if (is(line, "list", &rest))
		list(rest);
	else if (is(line, "tick", &rest))
		for (int i = *rest ? atoi(rest) : 1; i > 0; i--)
			pass(run, 0.5, true);
	else if (is(line, "wait", &rest))
		pass(run, atof(rest), false);
	else if (is(line, "exit", &rest))
		scene_set_state(SOURCE_EXITED);
	else if (is(line, "replace", &rest))
		scene_set_state(SOURCE_REPLACED);
	else if (is(line, "refuse", &rest))
		scene_refuse_memory(true);
	else if (is(line, "child", &rest))
		snprintf(run->viewer.child, sizeof(run->viewer.child), "%s", rest);
	else
		fail("no such command", line);
}

static void obey(struct run *run, char *line)
{
	char *rest = line;
	int row, column;

	if (is(line, "size", &rest) && sscanf(rest, "%dx%d", &run->columns, &run->rows) == 2)
		draw(run);
	else if (is(line, "ascii", &rest) || is(line, "utf8", &rest)) {
		run->viewer.utf8 = line[0] == 'u';
		grid_fini(&run->viewer.grid);
	} else if (is(line, "batch", &rest)) {
		run->viewer.is_batch = true;
		run->rows = 0;
	} else if (is(line, "key", &rest))
		press_names(run, rest);
	else if (is(line, "type", &rest))
		type(run, rest);
	else if (is(line, "click", &rest) && sscanf(rest, "%d %d", &row, &column) == 2) {
		draw(run);
		viewer_click(&run->viewer, row, column);
	} else if (is(line, "wheel", &rest))
		viewer_wheel(&run->viewer, strcmp(rest, "up") == 0 ? -3 : 3);
	else if (is(line, "show", &rest))
		show(run);
	else if (is(line, "roles", &rest))
		show_roles(run);
	else if (is(line, "request", &rest))
		show_request(run);
	else
		obey_target(run, line, rest);
}

/* ---- no dead keys ---- */

/* Ways to a screen, with something to do there for the keys that need it. */
static const struct {
	enum screen_id screen;
	const char *keys;
} ways[] = {
	{SCREEN_PROCESSES, "0 Down Right"},
	{SCREEN_PROCESSES, "0 / s Enter Up"},
	{SCREEN_TASKS, "Down Down Down Space Right / c o n n Enter"},
	{SCREEN_TASKS, "t"},
	{SCREEN_TASKS, "t - Down Down"},
	{SCREEN_TASKS, "Down Down w"},
	{SCREEN_TASK, "Down Down Down Down Enter Right Down"},
	{SCREEN_TASK, "Down Down Down Down Enter G"},
	{SCREEN_CHANNELS, "3 Down Down / j o Enter Right"},
	{SCREEN_CHANNELS, "3 Down Down w"},
	{SCREEN_CHANNELS, "1 Down Down Down Down Down w Down"},
	{SCREEN_WAITS, "4 Down Right"},
	{SCREEN_WAITS, "4 -"},
	{SCREEN_WAITS, "4 Down Enter Esc Down Down Enter Backspace"},
	{SCREEN_WAITS, "! Enter"},
};

static void start(struct run *run)
{
	*run = (struct run){.rows = 24, .columns = 80, .now_ns = SECONDS(1000)};
	viewer_init(&run->viewer, false, SCENE_STEP_NS);
	list((char[]){"jobd calm"});
	attach(run, "jobd");
	pass(run, 0.5, true);
}

static bool does_something(uint32_t key, size_t way)
{
	struct run run;
	char keys[80];

	start(&run);
	snprintf(keys, sizeof(keys), "%s", ways[way].keys);
	press_names(&run, keys);
	pass(&run, 0.5, true);
	if (run.viewer.screen != ways[way].screen)
		fail("this way leads elsewhere", ways[way].keys);
	size_t bytes = (size_t)run.rows * (size_t)run.columns * sizeof(struct cell);
	struct cell *before = malloc(bytes);
	memcpy(before, run.viewer.grid.cells, bytes);
	viewer_key(&run.viewer, key);
	draw(&run);
	bool changed = run.viewer.request || memcmp(before, run.viewer.grid.cells, bytes) != 0;
	free(before);
	viewer_fini(&run.viewer);
	return changed;
}

static bool is_alive(enum screen_id screen, uint32_t key)
{
	for (size_t way = 0; way < sizeof(ways) / sizeof(ways[0]); way++)
		if (ways[way].screen == screen && does_something(key, way))
			return true;
	return false;
}

static int check_every_key(void)
{
	int passed = 0, failed = 0;

	for (const struct binding *binding = keys_table(); binding->action; binding++)
		for (int screen = 0; screen < SCREEN_COUNT; screen++)
			for (int i = 0;
			     binding->screens & 1u << screen && i < 4 && binding->keys[i]; i++) {
				char name[16];
				if (is_alive((enum screen_id)screen, binding->keys[i])) {
					passed++;
					continue;
				}
				failed++;
				printf("FAIL %s on screen %s does nothing\n",
				       keycode_name(binding->keys[i], name),
				       screen_of((enum screen_id)screen)->word);
			}
	printf("every key: %d passed, %d failed, 0 skipped\n", passed, failed);
	return failed ? 1 : 0;
}

/* ---- at random ---- */

enum { MONKEY_STEPS = 3000 };

static uint32_t any(uint64_t *seed, uint32_t below)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*seed >> 33) % below;
}

static uint32_t any_key(uint64_t *seed)
{
	static const char letters[] = "jkhlgGnN/\\<>ItuFUHUcwe-+*axsro!01234pZdq?";
	uint32_t kind = any(seed, 10);

	if (kind < 6)
		return (unsigned char)letters[any(seed, sizeof(letters) - 1)];
	if (kind < 9)
		return KEYCODE_FIRST + 1 + any(seed, KEYCODE_END_OF_LIST - KEYCODE_FIRST - 1);
	return any(seed, 2) ? 1 + any(seed, 0x2ff) : any(seed, 0x110000);
}

static void any_step(struct run *run, uint64_t *seed)
{
	static const int sizes[][2] = {{80, 24},  {60, 16}, {10, 3}, {1, 1},
				       {200, 50}, {59, 40}, {0, 0}};
	uint32_t what = any(seed, 100), size = any(seed, sizeof(sizes) / sizeof(sizes[0]));

	if (what < 70) {
		uint32_t key = any_key(seed);
		viewer_key(&run->viewer, key == 'P' ? 'p' : key); /* no files */
	} else if (what < 80) {
		viewer_click(&run->viewer, (int)any(seed, 30), (int)any(seed, 100));
	} else if (what < 83) {
		viewer_wheel(&run->viewer, any(seed, 2) ? -3 : 3);
	} else if (what < 90) {
		pass(run, 0.5, true);
	} else if (what < 96) {
		run->columns = sizes[size][0];
		run->rows = sizes[size][1];
	} else if (what < 98) {
		run->viewer.utf8 = !run->viewer.utf8;
		grid_fini(&run->viewer.grid);
	} else if (what < 99) {
		scene_set_state(any(seed, 3) ? SOURCE_RUNNING : SOURCE_EXITED);
	} else {
		const struct scene *scene = &scenes[any(seed, 5)];
		list((char[]){"calm hostile jobd empty"});
		attach(run, scene->name);
	}
	run->viewer.request = REQUEST_NONE;
	draw(run);
}

static int monkey(uint64_t seed)
{
	static struct run run;

	start(&run);
	for (int i = 0; i < MONKEY_STEPS; i++)
		any_step(&run, &seed);
	viewer_fini(&run.viewer);
	printf("monkey: 1 passed, 0 failed, 0 skipped\n");
	return 0;
}

static void print_keys(void)
{
	for (const struct binding *binding = keys_table(); binding->action; binding++)
		for (int screen = 0; screen < SCREEN_COUNT; screen++)
			for (int i = 0;
			     binding->screens & 1u << screen && i < 4 && binding->keys[i]; i++) {
				char name[16];
				printf("%s\t%s\n", screen_of((enum screen_id)screen)->word,
				       keycode_name(binding->keys[i], name));
			}
}

int main(int argc, char **argv)
{
	static struct run run = {.rows = 24, .columns = 80, .now_ns = SECONDS(1000)};
	const char *pressed = getenv("SCREENS_PRESSED");
	char line[512];

	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		fail("no locale", "C.UTF-8");
	if (argc == 2 && strcmp(argv[1], "--keys") == 0) {
		print_keys();
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "--every-key") == 0)
		return check_every_key();
	if (argc == 3 && strcmp(argv[1], "--monkey") == 0)
		return monkey(strtoull(argv[2], NULL, 10));
	FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
	if (!file)
		fail("cannot read", argc == 2 ? argv[1] : "want one file of keys");
	if (pressed)
		run.pressed = fopen(pressed, "a");
	viewer_init(&run.viewer, false, SCENE_STEP_NS);
	run.viewer.now_ns = run.now_ns;
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] && line[0] != '#')
			obey(&run, line);
	}
	viewer_fini(&run.viewer);
	fclose(file);
	if (run.pressed)
		fclose(run.pressed);
	return 0;
}
