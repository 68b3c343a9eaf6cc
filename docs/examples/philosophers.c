/* SPDX-License-Identifier: MIT */
/*
 * philosophers.c: a deadlock to look at.
 *
 * Philosophers sit round a table, a fork between each two of them.  To eat, one needs both forks
 * beside him.  Everybody takes the left fork first, and a moment later the right one, which by then
 * is in the neighbour's hand: nobody will ever eat.
 *
 *     (nothing)    a fork is a mutex.  A mutex has a holder, so the circle can be proved: `certain`
 *     --channels   a fork is a token in a channel.  Who took it will bring it back, but that is
 *                  only in the program's mind: `likely`
 *     --ordered    everybody takes the fork with the lower number first, so no circle can close
 *
 * Once all are stuck, main sleeps, and there is time for tltop, tldump and gdb.  At last one
 * philosopher is killed: his fork comes free, and the others can eat.
 */
#include <getopt.h>
#include <stdio.h>
#include <tasklet.h>
#include <unistd.h>

#include "options.h"

static const uint64_t second_ns = 1000000000, moment_ns = 10000000;

static struct {
	unsigned seats, guests, rounds, linger;
	int channels, ordered;
} options = {.seats = 5, .rounds = 3, .linger = 3600};

/* One of the two is NULL. */
struct fork {
	struct tl_mutex *mutex;
	struct tl_channel *channel;
};

struct philosopher {
	tl_task task;
	unsigned seat, meals;
	bool done;
};

static struct fork *forks;

static int fork_take(struct fork *fork)
{
	return fork->mutex ? tl_mutex_lock(fork->mutex) : tl_channel_receive(fork->channel, NULL);
}

/* Never waits: the channel has room for the one token that there is. */
static int fork_put(struct fork *fork)
{
	return fork->mutex ? tl_mutex_unlock(fork->mutex) : tl_channel_send(fork->channel, NULL);
}

static int eat(struct philosopher *philosopher, struct fork *first, struct fork *second)
{
	int error = fork_take(first);
	if (error)
		return error;
	error = tl_sleep(moment_ns); /* meanwhile the others take their first, too */
	if (!error)
		error = fork_take(second);
	if (!error) {
		philosopher->meals++;
		error = tl_sleep(moment_ns);
		int put = fork_put(second);
		error = error ? error : put;
	}
	int put = fork_put(first);
	return error ? error : put;
}

static int philosopher_main(void *arg)
{
	struct philosopher *philosopher = arg;
	struct fork *first = &forks[philosopher->seat];
	struct fork *second = &forks[(philosopher->seat + 1) % options.seats];
	int error = 0;

	/* Everybody brings a fork along.  So the tools know who puts tokens into which channel. */
	if (options.channels)
		error = fork_put(first);
	if (options.ordered && first > second) {
		struct fork *left = first;
		first = second;
		second = left;
	}
	while (!error && philosopher->meals < options.rounds) {
		error = tl_sleep(moment_ns); /* think */
		if (!error)
			error = eat(philosopher, first, second);
	}
	philosopher->done = !error;
	return error;
}

/* A guest waits for one fork only, behind the circle: stuck, but no part of it. */
static int guest_main(void *arg)
{
	struct fork *fork = arg;
	int error = tl_sleep(3 * moment_ns);

	if (!error)
		error = fork_take(fork);
	return error ? error : fork_put(fork);
}

/* A circle of holders is seen by the runtime itself, at the moment when it closes. */
static void circle_closed(tl_task task, void *unused)
{
	struct tl_task_info info;

	(void)unused;
	if (tl_task_info(task, &info) == 0)
		printf("deadlock: %s is about to wait, and that closes the circle\n", info.name);
}

static void lay_table(struct philosopher *philosophers)
{
	char name[32];

	for (unsigned i = 0; i < options.seats; i++) {
		snprintf(name, sizeof(name), "fork/%u", i + 1);
		check(options.channels ? tl_channel_create(name, 0, 1, &forks[i].channel)
				       : tl_mutex_create(name, &forks[i].mutex),
		      name);
	}
	for (unsigned i = 0; i < options.seats; i++) {
		snprintf(name, sizeof(name), "philosopher/%u", i + 1);
		struct tl_options about = {.name = name, .group = "table"};
		struct philosopher *philosopher = &philosophers[i];
		philosopher->seat = i;
		check(tl_spawn(philosopher_main, philosopher, &about, &philosopher->task), name);
	}
	for (unsigned i = 0; i < options.guests; i++) {
		snprintf(name, sizeof(name), "guest/%u", i + 1);
		struct tl_options about = {.name = name, .group = "guests"};
		check(tl_spawn(guest_main, &forks[i % options.seats], &about, NULL), name);
	}
}

static unsigned hungry(const struct philosopher *philosophers)
{
	unsigned count = 0;

	for (unsigned i = 0; i < options.seats; i++)
		count += !philosophers[i].done;
	return count;
}

static void linger(unsigned stuck)
{
	int pid = getpid();

	printf("stuck: %u of %u wait, each for the fork in the next one's hand.  Have a look:\n"
	       "    tltop %d                          (4: who waits for whom)\n"
	       "    tldump check %d\n"
	       "    gdb -p %d -ex 'info deadlocks'\n"
	       "In %u seconds philosopher/1 leaves the table.\n",
	       stuck, options.seats, pid, pid, pid, options.linger);
	check(tl_sleep(options.linger * second_ns), "sleep");
}

static void clear_table(void)
{
	for (unsigned i = 0; i < options.seats; i++) {
		if (forks[i].channel && tl_channel_length(forks[i].channel))
			check(tl_channel_receive(forks[i].channel, NULL), "fork");
		check(tl_channel_destroy(forks[i].channel), "fork");
		check(tl_mutex_destroy(forks[i].mutex), "fork");
	}
}

static void usage(void)
{
	printf("Usage: philosophers [OPTION...]\n"
	       "A deadlock to look at with tltop, tldump and gdb.\n"
	       "\n"
	       "  -c, --channels    forks are tokens in channels, not mutexes\n"
	       "  -o, --ordered     take the fork with the lower number first: no deadlock\n"
	       "  -s, --seats N     how many philosophers (2 to 100000; %u)\n"
	       "  -g, --guests N    how many who only wait for one fork (0 to 100000; %u)\n"
	       "  -r, --rounds N    how often everybody wants to eat (1 to 1000000; %u)\n"
	       "  -l, --linger S    seconds to stay deadlocked (0 to 1000000; %u)\n"
	       "  -h, --help        this text\n"
	       "\n"
	       "Exit status: 0 all have eaten, 1 failure, 2 bad usage, 3 there was a deadlock.\n",
	       options.seats, options.guests, options.rounds, options.linger);
}

static void parse(int argc, char **argv)
{
	static const struct option names[] = {{"channels", no_argument, NULL, 'c'},
					      {"ordered", no_argument, NULL, 'o'},
					      {"seats", required_argument, NULL, 's'},
					      {"guests", required_argument, NULL, 'g'},
					      {"rounds", required_argument, NULL, 'r'},
					      {"linger", required_argument, NULL, 'l'},
					      {"help", no_argument, NULL, 'h'},
					      {0}};

	for (int option; (option = getopt_long(argc, argv, "cos:g:r:l:h", names, NULL)) != -1;) {
		switch (option) {
		case 'c': options.channels = 1; break;
		case 'o': options.ordered = 1; break;
		case 's': options.seats = number("--seats", optarg, 2, 100000); break;
		case 'g': options.guests = number("--guests", optarg, 0, 100000); break;
		case 'r': options.rounds = number("--rounds", optarg, 1, 1000000); break;
		case 'l': options.linger = number("--linger", optarg, 0, 1000000); break;
		case 'h': usage(); exit(0);
		default: exit(2);
		}
	}
	if (optind < argc)
		unexpected(argv[optind]);
}

int main(int argc, char **argv)
{
	parse(argc, argv);
	setvbuf(stdout, NULL, _IOLBF, 0); /* what we say must be seen before we sleep */

	struct philosopher *philosophers = calloc(options.seats, sizeof(*philosophers));
	forks = calloc(options.seats, sizeof(*forks));
	if (!philosophers || !forks)
		check(-ENOMEM, "table");

	printf("%u philosophers; forks are %s; everybody takes the %s fork first\n", options.seats,
	       options.channels ? "channels" : "mutexes", options.ordered ? "lower" : "left");
	tl_set_deadlock_handler(circle_closed, NULL);
	lay_table(philosophers);

	/* Returns when nobody can run or will: all have eaten, or all who have not are stuck. */
	check(tl_run(), "run");
	unsigned stuck = hungry(philosophers);
	if (stuck) {
		linger(stuck);
		check(tl_task_kill(philosophers[0].task, 0), "kill");
		check(tl_run(), "run");
	}

	unsigned long meals = 0;
	for (unsigned i = 0; i < options.seats; i++)
		meals += philosophers[i].meals;
	printf("%u went hungry, %lu meals were eaten\n", hungry(philosophers), meals);
	clear_table();
	free(philosophers);
	free(forks);
	return stuck ? 3 : 0;
}
