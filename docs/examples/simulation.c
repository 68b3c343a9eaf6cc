/* SPDX-License-Identifier: MIT */
/*
 * simulation.c: an ant hill where everybody is a tasklet: bossworker.c, grown in seven steps.
 *
 *     1  The boss is a queen, the workers are ants, a job is a place, a result is a report.
 *     2  Work takes time: an ant walks, and every stride is a sleep.
 *     3  Some things can be used by one ant at a time only: a heap of food has a mutex.
 *     4  A second line of work behind the first: ants fill the larder, nurses empty it.
 *     5  Tasklets come and go: nurses raise larvae and join them; ants die of age.
 *     6  Somebody looks on: the screen is a tasklet, too.  At night all wait for it.
 *     7  And it has an end: a killed tasklet's call returns -ECANCELED, and so does its function.
 *
 *                   orders               reports
 *         queen ------------> ants ----------------> scribe
 *                                  \
 *                                   \  larder            spawn, join
 *                                    ------------> nurses ----------> larvae
 *
 *     cc -Og -g simulation*.c $(pkg-config --cflags --libs tasklet ncursesw) -o simulation
 *     tltop -- simulation --headless --actors 10000 --seconds 600
 */
#include <getopt.h>
#include <stdio.h>
#include <tasklet.h>

#include "options.h"
#include "simulation.h"

enum {
	SIGHT = 3, /* how far off an ant smells food */
	NEAR = 12, /* so near to the hill no food grows */
	MEALS = 2, /* what a larva costs */

	STRIDE_NS = 50 * MILLISECOND,
	BITE_NS = 40 * MILLISECOND,
	PULSE_NS = 50 * MILLISECOND,
	HATCH_NS = 500 * MILLISECOND,
};

struct report {
	int heap; /* -1: none */
	bool found;
};

struct options options = {.actors = 2000, .seed = 1};
struct world world;

static tl_task court[3];
static const struct place hill = {WIDTH / 2, HEIGHT / 2};

/* Every tasklet has luck of its own: so a seed gives the same world, whoever runs first. */
static unsigned draw(uint64_t *luck, unsigned below)
{
	uint64_t z = *luck += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (unsigned)((z >> 32) * below >> 32);
}

static uint64_t luck_of_its_own(void)
{
	return world.luck += 0xd1342543de82ef95;
}

static struct place anywhere(uint64_t *luck)
{
	return (struct place){(int)draw(luck, WIDTH), (int)draw(luck, HEIGHT)};
}

/* Time passes by day only.  At night everybody waits until the screen says that the sun is up. */
static int pass(uint64_t ns)
{
	if (world.is_night) {
		int error = tl_channel_receive(world.dawn, NULL);
		if (error)
			return error;
	}
	return tl_sleep(ns);
}

/* The sun rises: one signal for everybody who waits for it.  `dawn` prefers the sender, who goes
 * on at once, and so finishes before the first of them stirs. */
int sunrise(void)
{
	int error = 0;

	world.is_night = false;
	while (!error && tl_channel_balance(world.dawn) < 0)
		error = tl_channel_send(world.dawn, NULL);
	return error;
}

/* ---- steps 1 to 3: ants -------------------------------------------------------------------- */

static struct heap *smell(struct place at)
{
	for (unsigned i = 0; i < world.heap_count; i++) {
		struct heap *heap = &world.heaps[i];
		int dx = heap->at.x - at.x, dy = heap->at.y - at.y;
		if (heap->amount && abs(dx) <= SIGHT && abs(dy) <= SIGHT)
			return heap;
	}
	return NULL;
}

/* Towards `goal`, on no straight line; who searches stops where it smells food. */
static int walk(struct ant *ant, struct place goal, bool searching)
{
	int error = 0;

	while (!error && !(searching && smell(ant->at))) {
		int dx = goal.x - ant->at.x, dy = goal.y - ant->at.y;
		if (!dx && !dy)
			break;
		if (draw(&ant->luck, (unsigned)(abs(dx) + abs(dy))) < (unsigned)abs(dx))
			ant->at.x += dx > 0 ? 1 : -1;
		else
			ant->at.y += dy > 0 ? 1 : -1;
		world.strides++;
		error = pass(STRIDE_NS);
	}
	return error;
}

/* One ant at a time.  Whatever happens meanwhile, the mutex is given back. */
static int bite(struct ant *ant, struct heap *heap)
{
	int error = tl_mutex_lock(heap->mutex);
	if (error)
		return error;
	if (heap->amount) {
		heap->amount--;
		ant->is_laden = true;
		error = pass(BITE_NS);
	}
	int unlocked = tl_mutex_unlock(heap->mutex);
	return error ? error : unlocked;
}

/* There and back.  Home again, an ant tells what it saw, and puts what it has into the larder. */
static int outing(struct ant *ant)
{
	struct report report = {.heap = -1};
	struct heap *heap = NULL;
	struct place goal;

	int error = tl_channel_receive(world.orders, &goal);
	ant->is_out = !error;
	if (!error)
		error = walk(ant, goal, true);
	if (!error && (heap = smell(ant->at))) {
		report.heap = (int)(heap - world.heaps);
		error = bite(ant, heap);
		report.found = ant->is_laden;
	}
	if (!error)
		error = walk(ant, hill, false);
	ant->is_out = false;
	if (!error)
		error = tl_channel_send(world.reports, &report);
	if (!error && ant->is_laden)
		error = tl_channel_send(world.larder, NULL);
	ant->is_laden = false;
	return error;
}

static int ant_main(void *arg)
{
	struct ant *ant = arg;
	int error = 0;

	while (!error && tl_now() < ant->death)
		error = outing(ant);
	if (error)
		return error;
	ant->next_free = world.free_ants;
	world.free_ants = ant;
	world.living--;
	world.died++;
	return 0;
}

static int ant_start(struct ant *ant, unsigned number, unsigned seconds)
{
	char name[32];

	snprintf(name, sizeof(name), "ant/%u", number);
	*ant = (struct ant){.at = hill, .luck = luck_of_its_own()};
	ant->death = tl_now() + (uint64_t)seconds * SECOND_NS;
	world.living++;
	struct tl_options about = {.name = name, .group = "ants"};
	return tl_spawn(ant_main, ant, &about, &ant->task);
}

/* ---- steps 1 and 3: the court -------------------------------------------------------------- */

/* The boss.  Three of four orders lead to food that somebody told of, the others into the blue. */
static int queen_main(void *unused)
{
	int error = 0;

	(void)unused;
	while (!error) {
		for (unsigned i = 0; i <= options.actors / 150 && !error; i++) {
			struct heap *heap = &world.heaps[draw(&world.luck, world.heap_count)];
			struct place goal = anywhere(&world.luck);
			if (heap->is_known && draw(&world.luck, 4))
				goal = heap->at;
			error = tl_channel_send(world.orders, &goal);
			world.sent += !error;
		}
		if (!error)
			error = pass(PULSE_NS);
	}
	return error;
}

/* Listens, so that the queen can talk. */
static int scribe_main(void *unused)
{
	struct report report;
	int more;

	(void)unused;
	while ((more = tl_channel_next(world.reports, &report)) > 0) {
		world.heard++;
		world.finds += report.found;
		if (report.heap >= 0)
			world.heaps[report.heap].is_known = report.found;
	}
	return more;
}

static void heap_grow(struct heap *heap)
{
	do
		heap->at = anywhere(&world.luck);
	while (abs(heap->at.x - hill.x) < NEAR && abs(heap->at.y - hill.y) < NEAR);
	heap->amount = 100 + (int)draw(&world.luck, 400);
	heap->is_known = false;
}

/* What is eaten up grows again somewhere else. */
static int weather_main(void *unused)
{
	int error = 0;

	(void)unused;
	while (!error) {
		for (unsigned i = 0; i < world.heap_count; i++)
			if (!world.heaps[i].amount)
				heap_grow(&world.heaps[i]);
		error = pass(SECOND_NS);
	}
	return error;
}

/* ---- steps 4 and 5: the nursery ------------------------------------------------------------ */

/* Its result, for the nurse who joins it: how many seconds the ant will live. */
static int larva_main(void *arg)
{
	uint64_t *luck = arg;
	int error = 0;

	for (int stage = 0; stage < 4 && !error; stage++)
		error = pass(HATCH_NS / 4);
	return error ? error : 20 + (int)draw(luck, 40);
}

static int raise_ant(uint64_t *luck, struct ant *ant)
{
	int seconds;
	unsigned number = world.ant_count + (unsigned)++world.born;
	char name[32];
	tl_task larva;

	snprintf(name, sizeof(name), "larva/%u", number);
	struct tl_options about = {.name = name, .group = "larvae", .flags = TL_JOINABLE};
	int error = tl_spawn(larva_main, luck, &about, &larva);
	if (error)
		return error;
	world.larvae++;
	error = tl_task_join(larva, &seconds);
	world.larvae--;
	if (!error && seconds < 0)
		error = seconds;
	if (error || tl_channel_is_closing(world.larder)) /* too late to be born */
		return error;
	tl_mark("birth", number);
	return ant_start(ant, number, (unsigned)seconds);
}

/* A nurse works until the larder is closed and empty. */
static int nurse_main(void *arg)
{
	uint64_t *luck = arg;
	int more, meals = 0, error = 0;

	while (!error && (more = tl_channel_next(world.larder, NULL)) > 0) {
		struct ant *ant = world.free_ants;
		world.meals++;
		if (ant && ++meals >= MEALS) {
			meals = 0;
			world.free_ants = ant->next_free;
			error = raise_ant(luck, ant);
		}
	}
	return error ? error : more;
}

/* ---- step 7: from the beginning to the end ------------------------------------------------- */

static void *array(unsigned count, size_t bytes)
{
	void *ret = calloc(count, bytes);

	if (!ret)
		check(-ENOMEM, "world");
	return ret;
}

static void create_world(void)
{
	char name[32];

	world.luck = options.seed;
	world.start = tl_now();
	world.heap_count = options.actors / 100;
	if (world.heap_count < 3)
		world.heap_count = 3;
	if (world.heap_count > 100)
		world.heap_count = 100;
	world.heaps = array(world.heap_count, sizeof(struct heap));
	for (unsigned i = 0; i < world.heap_count; i++) {
		snprintf(name, sizeof(name), "heap/%u", i + 1);
		check(tl_mutex_create(name, &world.heaps[i].mutex), name);
	}
	check(tl_channel_create("orders", sizeof(struct place), 0, &world.orders), "orders");
	check(tl_channel_create("reports", sizeof(struct report), 0, &world.reports), "reports");
	check(tl_channel_create("larder", 0, 64, &world.larder), "larder");
	check(tl_channel_create("dawn", 0, 0, &world.dawn), "dawn");
	check(tl_channel_set_preference(world.dawn, 1, NULL), "dawn");
}

/* `actors` tasklets: the court, one nurse for twenty, and ants. */
static void populate(void)
{
	static const char *const names[3] = {"weather", "queen", "scribe"};
	static const tl_fn mains[3] = {weather_main, queen_main, scribe_main};
	char name[32];

	for (int i = 0; i < 3; i++) {
		struct tl_options about = {.name = names[i], .group = "court"};
		check(tl_spawn(mains[i], NULL, &about, &court[i]), names[i]);
	}
	world.nurse_count = 1 + options.actors / 20;
	world.nurses = array(world.nurse_count, sizeof(uint64_t));
	for (unsigned i = 0; i < world.nurse_count; i++) {
		snprintf(name, sizeof(name), "nurse/%u", i + 1);
		world.nurses[i] = luck_of_its_own();
		struct tl_options about = {.name = name, .group = "nurses"};
		check(tl_spawn(nurse_main, &world.nurses[i], &about, NULL), name);
	}
	world.ant_count = options.actors - 3 - world.nurse_count;
	world.ants = array(world.ant_count, sizeof(struct ant));
	for (unsigned i = 0; i < world.ant_count; i++)
		check(ant_start(&world.ants[i], i + 1, 1 + draw(&world.luck, 60)), "ant");
}

/* Main waits, and everybody lives. */
static void live(void)
{
	uint64_t end = TL_FOREVER;
	tl_task screen;

	if (options.seconds)
		end = world.start + (uint64_t)options.seconds * SECOND_NS;
	if (options.headless) {
		check(tl_sleep_until(end), "world");
		return;
	}
	/* A higher level runs first: the picture stays smooth, however many ants there are. */
	struct tl_options about = {.name = "screen", .level = 1, .flags = TL_JOINABLE};
	check(tl_spawn(screen_main, NULL, &about, &screen), "screen");
	int error = tl_task_join_until(screen, NULL, end);
	if (error) { /* the end has come; or something went wrong, and nobody reads on a screen */
		check(tl_task_kill(screen, 0), "screen");
		check(tl_task_join(screen, NULL), "screen");
	}
	if (error != -ETIMEDOUT)
		check(error, "world");
}

static void summarize(void)
{
	printf("%u actors, seed %u, %.1f s\n", options.actors, options.seed,
	       (double)(tl_now() - world.start) / SECOND_NS);
	printf("  ants     %u live, %lu were born, %lu died\n", world.living,
	       world.born - world.larvae, world.died);
	printf("  orders   %lu, and %lu reports, %lu of food\n", world.sent, world.heard,
	       world.finds);
	printf("  strides  %lu\n  meals    %lu\n", world.strides, world.meals);
}

/* Ants and court are killed, wherever they are.  Nurses end by themselves, once the larder is
 * closed and the last larva has hatched.  Closing wakes nobody: who waits already is told. */
static void end_world(void)
{
	for (int i = 0; i < 3; i++)
		check(tl_task_kill(court[i], TL_PENDING), "kill");
	for (unsigned i = 0; i < world.ant_count; i++)
		check(tl_task_kill(world.ants[i].task, TL_PENDING), "kill");
	check(sunrise(), "sunrise");
	check(tl_channel_close(world.larder), "larder");
	while (tl_channel_balance(world.larder) < 0)
		check(tl_channel_send_error(world.larder, 0, NULL), "larder");
	check(tl_run(), "end");
}

static void destroy_world(void)
{
	for (unsigned i = 0; i < world.heap_count; i++)
		check(tl_mutex_destroy(world.heaps[i].mutex), "heap");
	check(tl_channel_destroy(world.orders), "orders");
	check(tl_channel_destroy(world.reports), "reports");
	check(tl_channel_destroy(world.larder), "larder");
	check(tl_channel_destroy(world.dawn), "dawn");
	free(world.heaps);
	free(world.ants);
	free(world.nurses);
}

static void usage(void)
{
	printf("Usage: simulation [OPTION...]\n"
	       "An ant hill of thousands of tasklets, to look at with tltop.\n"
	       "\n"
	       "  -H, --headless    no screen: a summary at the end\n"
	       "  -a, --actors N    how many tasklets (5 to 1000000; %u)\n"
	       "  -s, --seconds S   how long (1 to 1000000; until 'q', headless: 10)\n"
	       "  -S, --seed N      another world (0 to 4294967295; %u)\n"
	       "  -h, --help        this text\n"
	       "\n"
	       "Keys: q quit, n night and day.\n"
	       "With --headless and TASKLET_CLOCK=virtual a seed gives the same world each time.\n",
	       options.actors, options.seed);
}

static void parse(int argc, char **argv)
{
	static const struct option names[] = {{"headless", no_argument, NULL, 'H'},
					      {"actors", required_argument, NULL, 'a'},
					      {"seconds", required_argument, NULL, 's'},
					      {"seed", required_argument, NULL, 'S'},
					      {"help", no_argument, NULL, 'h'},
					      {0}};

	for (int option; (option = getopt_long(argc, argv, "Ha:s:S:h", names, NULL)) != -1;) {
		switch (option) {
		case 'H': options.headless = 1; break;
		case 'a': options.actors = number("--actors", optarg, 5, 1000000); break;
		case 's': options.seconds = number("--seconds", optarg, 1, 1000000); break;
		case 'S': options.seed = number("--seed", optarg, 0, UINT32_MAX); break;
		case 'h': usage(); exit(0);
		default: exit(2);
		}
	}
	if (optind < argc)
		unexpected(argv[optind]);
	if (options.headless && !options.seconds)
		options.seconds = 10;
}

int main(int argc, char **argv)
{
	parse(argc, argv);
	create_world();
	populate();
	if (!options.headless)
		screen_open();
	live();
	summarize();
	end_world();
	destroy_world();
	return 0;
}
