/* SPDX-License-Identifier: MIT */
/*
 * bossworker.c: a boss hands out jobs, workers do them, main gathers the results.
 *
 *                    jobs                    results
 *          boss ------------> worker/1 ------------------> main
 *                  \--------> worker/2 -----------------/
 *                   \-------> ...      ----------------/
 *
 * The job is to count the primes among a thousand numbers.  Nobody locks anything, nobody polls,
 * and nothing says who does which job: whoever waits on `jobs` gets the next one.
 *
 *     tltop -- bossworker --jobs 1000 --pause 200          shows it at work
 */
#include <getopt.h>
#include <stdio.h>
#include <tasklet.h>

#include "options.h"

static struct {
	unsigned workers, jobs, pause_ms;
} options = {.workers = 4, .jobs = 20};

/* Step 1: what they say to each other.  A channel copies its elements: a plain struct will do. */
struct job {
	unsigned first, end;
};

struct result {
	unsigned primes;
};

static struct tl_channel *jobs, *results;

static bool is_prime(unsigned number)
{
	for (unsigned divisor = 2; divisor * divisor <= number; divisor++)
		if (number % divisor == 0)
			return false;
	return number > 1;
}

/* Step 2: a worker.  The loop ends with 0 when there are no more jobs, below zero for an error.
 * What the function returns is for whoever joins it: here, how many jobs it did. */
static int worker(void *unused)
{
	struct job job;
	int more, error = 0, done = 0;

	(void)unused;
	while (!error && (more = tl_channel_next(jobs, &job)) > 0) {
		struct result result = {0};
		for (unsigned i = job.first; i < job.end; i++)
			result.primes += is_prime(i);
		error = tl_channel_send(results, &result);
		if (!error && options.pause_ms)
			error = tl_sleep(options.pause_ms * UINT64_C(1000000));
		done++;
	}
	if (!error && more < 0)
		error = more;
	return error ? error : done;
}

/* Step 3: the boss.  Sending waits until a worker takes the job: a boss cannot run ahead of its
 * workers.  (Give `jobs` a capacity, and it can, by so many.)  Afterwards each worker is told
 * once that there is no more: error 0 in place of a job is the end of a worker's loop. */
static int boss(void *unused)
{
	int error = 0;

	(void)unused;
	for (unsigned i = 0; i < options.jobs && !error; i++) {
		struct job job = {.first = i * 1000, .end = (i + 1) * 1000};
		error = tl_channel_send(jobs, &job);
	}
	for (unsigned i = 0; i < options.workers && !error; i++)
		error = tl_channel_send_error(jobs, 0, NULL);
	return error;
}

/* Step 4: everybody starts.  They run as soon as main waits for something. */
static tl_task *start(void)
{
	tl_task *workers = calloc(options.workers, sizeof(*workers));
	char name[32];

	if (!workers)
		check(-ENOMEM, "workers");
	check(tl_channel_create("jobs", sizeof(struct job), 0, &jobs), "jobs");
	check(tl_channel_create("results", sizeof(struct result), 0, &results), "results");
	check(tl_spawn(boss, NULL, &(struct tl_options){.name = "boss"}, NULL), "boss");
	for (unsigned i = 0; i < options.workers; i++) {
		snprintf(name, sizeof(name), "worker/%u", i + 1);
		struct tl_options about = {.name = name, .group = "workers", .flags = TL_JOINABLE};
		check(tl_spawn(worker, NULL, &about, &workers[i]), name);
	}
	return workers;
}

/* Step 5: gather.  Why does main do that, and not the boss?  Because a boss who waits to hand
 * out a job cannot listen, and a worker who waits to be heard cannot take a job: with one job
 * more than workers they would wait for each other for ever.  (Try it, and look at screen 4 of
 * tltop.) */
static void gather(tl_task *workers)
{
	unsigned primes = 0;
	int done;

	for (unsigned i = 0; i < options.jobs; i++) {
		struct result result;
		check(tl_channel_receive(results, &result), "result");
		primes += result.primes;
	}
	for (unsigned i = 0; i < options.workers; i++) {
		check(tl_task_join(workers[i], &done), "join");
		printf("worker/%u did %d jobs\n", i + 1, check(done, "worker"));
	}
	printf("%u primes below %u\n", primes, options.jobs * 1000);
	check(tl_run(), "run"); /* the boss may have a few lines to go */
}

static void usage(void)
{
	printf("Usage: bossworker [OPTION...]\n"
	       "Count primes: a boss hands out jobs, workers do them.\n"
	       "\n"
	       "  -w, --workers N   how many workers (1 to 100000; %u)\n"
	       "  -j, --jobs N      how many jobs (1 to 100000; %u)\n"
	       "  -p, --pause MS    a worker rests after each job: time to look (0 to 60000; %u)\n"
	       "  -h, --help        this text\n",
	       options.workers, options.jobs, options.pause_ms);
}

static void parse(int argc, char **argv)
{
	static const struct option names[] = {{"workers", required_argument, NULL, 'w'},
					      {"jobs", required_argument, NULL, 'j'},
					      {"pause", required_argument, NULL, 'p'},
					      {"help", no_argument, NULL, 'h'},
					      {0}};

	for (int option; (option = getopt_long(argc, argv, "w:j:p:h", names, NULL)) != -1;) {
		switch (option) {
		case 'w': options.workers = number("--workers", optarg, 1, 100000); break;
		case 'j': options.jobs = number("--jobs", optarg, 1, 100000); break;
		case 'p': options.pause_ms = number("--pause", optarg, 0, 60000); break;
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
	tl_task *workers = start();
	gather(workers);
	check(tl_channel_destroy(jobs), "jobs");
	check(tl_channel_destroy(results), "results");
	free(workers);
	return 0;
}
