/* SPDX-License-Identifier: MIT */
/*
 * model_oracle.c: backtraces against the truth.
 *
 * The target is a child that switches at full speed.  Each of its tasklets goes down a random chain
 * of calls, writes the chain's return addresses where we can see them, and yields at the bottom.  A
 * backtrace is accepted by the model on the strength of the counter alone; here it is then
 * compared, frame by frame, with what the tasklet said of itself.
 *
 *	ORACLE=N	accept N backtraces (default 20,000)
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>

#include "looker.h"

#include "harness.h"

enum { TASKLETS = 2000, DEPTH_MOST = 12, BATCH = 250, THREADS = 2 };

/* What a tasklet says of itself: written before it yields, and true until it has said something
 * else. */
struct confession {
	uint64_t edition;                 /* odd while it changes */
	uint64_t returns[DEPTH_MOST + 3]; /* return addresses, the innermost last */
	uint32_t count;
	uint32_t id;                      /* its serial, low */
};

static struct confession *confessions; /* shared with the child */

/* ---- the target ---- */

struct walker {
	struct confession *confession;
	uint64_t random;
	uint64_t chain[DEPTH_MOST + 3];
	uint32_t count;
};

static uint32_t roll(struct walker *walker, uint32_t sides)
{
	walker->random = walker->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(walker->random >> 33) % sides;
}

#define NOT_THE_LAST_ACT() __asm__ volatile("" ::: "memory")

static void confess(const struct walker *walker)
{
	struct confession *confession = walker->confession;
	__atomic_store_n(&confession->edition, confession->edition + 1, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	memcpy(confession->returns, walker->chain, walker->count * sizeof *walker->chain);
	confession->count = walker->count;
	confession->id = (uint32_t)tl_current().id;
	__atomic_store_n(&confession->edition, confession->edition + 1, __ATOMIC_RELEASE);
}

/* The one function that yields: its own address is known, its caller is the innermost return
 * address. */
static __attribute__((noinline)) void yield_here(struct walker *walker)
{
	walker->chain[walker->count++] = (uintptr_t)__builtin_return_address(0);
	confess(walker);
	if (tl_schedule() != 0)
		_exit(1);
	NOT_THE_LAST_ACT();
	walker->count--;
}

static void descend(struct walker *walker, uint32_t depth);

/* Frames of many sizes and kinds: each saves other registers, or a frame pointer. */
#define FRAME(name, bytes, work)                                                                   \
	static __attribute__((noinline)) int name(struct walker *walker, uint32_t depth)           \
	{                                                                                          \
		volatile char room[bytes];                                                         \
		walker->chain[walker->count++] = (uintptr_t)__builtin_return_address(0);           \
		room[depth % (bytes)] = (char)depth;                                               \
		int sum = 0;                                                                       \
		work;                                                                              \
		walker->count--;                                                                   \
		return sum + room[depth % (bytes)];                                                \
	}

FRAME(frame_small, 8, descend(walker, depth - 1))
FRAME(frame_middle, 200, descend(walker, depth - 1); sum = (int)roll(walker, 3))
FRAME(frame_large, 2500, descend(walker, depth - 1); descend(walker, depth > 3 ? 1 : depth - 1))
FRAME(frame_registers, 64, for (uint32_t i = 0, a = depth, b = 3, c = 5; i < 2; i++) {
	descend(walker, depth > 2 ? 1 : depth - 1);
	a = a * b + c;
	b ^= a;
	c += b;
	sum += (int)(a + b + c);
})

/* A frame whose size only the run time knows: it needs a frame pointer. */
static __attribute__((noinline)) int frame_dynamic(struct walker *walker, uint32_t depth)
{
	volatile char *room = __builtin_alloca(16 + roll(walker, 600));
	walker->chain[walker->count++] = (uintptr_t)__builtin_return_address(0);
	room[0] = (char)depth;
	descend(walker, depth - 1);
	walker->count--;
	return room[0];
}

static __attribute__((noinline)) void descend(struct walker *walker, uint32_t depth)
{
	walker->chain[walker->count++] = (uintptr_t)__builtin_return_address(0);
	if (depth == 0) {
		yield_here(walker);
	} else {
		switch (roll(walker, 5)) {
		case 0:
			frame_small(walker, depth);
			break;
		case 1:
			frame_middle(walker, depth);
			break;
		case 2:
			frame_large(walker, depth);
			break;
		case 3:
			frame_registers(walker, depth);
			break;
		case 4:
			frame_dynamic(walker, depth);
			break;
		}
	}
	NOT_THE_LAST_ACT();
	walker->count--;
}

static int walk_for_ever(void *argument)
{
	struct walker walker = { .confession = argument, .random = (uintptr_t)argument };
	walker.chain[walker.count++] = (uintptr_t)__builtin_return_address(0);
	while (walker.count == 1) /* for ever */
		descend(&walker, roll(&walker, DEPTH_MOST / 2));
	return 1;
}

static void *run_a_ring(void *argument)
{
	struct confession *mine = argument;
	for (int i = 0; i < TASKLETS; i++)
		if (tl_spawn(walk_for_ever, &mine[i], &(struct tl_options){ .name = "walker" },
			     NULL) != 0)
			_exit(1);
	_exit(tl_run() != 0);
}

static void switch_at_full_speed(void)
{
	for (int i = 1; i < THREADS; i++) {
		pthread_t thread;
		if (pthread_create(&thread, NULL, run_a_ring, confessions + i * TASKLETS) != 0)
			_exit(1);
	}
	child_is_ready();
	run_a_ring(confessions);
}

/* ---- the comparison ---- */

struct tally {
	uint64_t accepted, moved, hot, running, fresh, other;
	uint64_t frames, deepest;
};

static struct looker looker;
static uint64_t yield_low, yield_high; /* of yield_here() in the child: it is a fork of ours */

static void explain(const struct confession *said, const struct backtrace *seen)
{
	char functions[2048];
	look_functions(&looker, seen, functions, sizeof functions);
	fprintf(stderr, "said:");
	for (uint32_t i = said->count; i-- > 0;)
		fprintf(stderr, " %llx", (unsigned long long)said->returns[i]);
	fprintf(stderr, "\nseen:");
	for (uint32_t i = 0; i < seen->count; i++)
		fprintf(stderr, " %llx", (unsigned long long)seen->pc[i]);
	fprintf(stderr, "\n%s\n", functions);
}

/* In a build for AddressSanitizer the runtime calls a tasklet's body through a function that tells it so. */
#if defined __SANITIZE_ADDRESS__
enum { WRAPPERS = 1 };
#else
enum { WRAPPERS = 0 };
#endif

/* The runtime's own frames, then yield_here(), then every return address that was said, and no
 * more. */
static bool is_equal(const struct confession *said, const struct backtrace *seen)
{
	uint32_t at = 0;
	while (at < seen->count && (seen->pc[at] < yield_low || seen->pc[at] >= yield_high))
		at++;
	if (at == 0 || at == seen->count || seen->count - at - 1 != said->count + WRAPPERS)
		return false;
	for (uint32_t i = 0; i < said->count; i++)
		if (seen->pc[at + 1 + i] != said->returns[said->count - 1 - i])
			return false;
	return true;
}

static bool copy_confession(const struct confession *from, struct confession *to)
{
	to->edition = __atomic_load_n(&from->edition, __ATOMIC_ACQUIRE);
	memcpy(to->returns, from->returns, sizeof to->returns);
	to->count = from->count;
	to->id = from->id;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return to->edition % 2 == 0 && to->edition != 0 &&
	       __atomic_load_n(&from->edition, __ATOMIC_RELAXED) == to->edition;
}

/* One look at BATCH tasklets: what they say, their backtraces, what they say now. */
static void compare(const int32_t *tasks, const uint32_t *owners, struct tally *tally)
{
	static struct confession before[BATCH];
	static struct backtrace backtraces[BATCH];
	static bool is_known[BATCH];
	for (int i = 0; i < BATCH; i++)
		is_known[i] = copy_confession(&confessions[owners[i]], &before[i]);
	model_backtraces(looker.model, looker.snapshot, tasks, BATCH, backtraces);
	for (int i = 0; i < BATCH; i++) {
		const struct backtrace *seen = &backtraces[i];
		const struct confession *said = &confessions[owners[i]];
		if (seen->status != BACKTRACE_COMPLETE) {
			tally->hot += seen->status == BACKTRACE_HOT;
			tally->running += seen->status == BACKTRACE_RUNNING;
			tally->fresh += seen->status == BACKTRACE_FRESH;
			bool is_fine = seen->status == BACKTRACE_HOT ||
				       seen->status == BACKTRACE_RUNNING ||
				       seen->status == BACKTRACE_FRESH;
			if (!is_fine)
				fail_test("status %d: %s", seen->status, seen->why);
			continue;
		}
		if (!is_known[i] ||
		    __atomic_load_n(&said->edition, __ATOMIC_ACQUIRE) != before[i].edition) {
			tally->moved++; /* it may have been at either place */
			continue;
		}
		if (!is_equal(&before[i], seen)) {
			explain(&before[i], seen);
			fail_test("a backtrace is wrong, after %llu right ones",
				  (unsigned long long)tally->accepted);
		}
		tally->accepted++;
		tally->frames += seen->count;
		if (seen->count > tally->deepest)
			tally->deepest = seen->count;
	}
}

/* Whose confession is whose: they say their ids. */
static uint32_t find_owners(uint32_t *owners_of_low, uint32_t room)
{
	uint32_t found = 0;
	for (uint32_t i = 0; i < TASKLETS * THREADS; i++) {
		uint32_t low = __atomic_load_n(&confessions[i].id, __ATOMIC_ACQUIRE);
		if (low > 0 && low < room) {
			owners_of_low[low] = i + 1;
			found++;
		}
	}
	return found;
}

/* The bounds of yield_here(), from the symbols that we are to find anyway. */
static void find_yield_here(void)
{
	struct place place;
	uint64_t address = (uintptr_t)&yield_here;
	model_place(looker.model, address, true, &place);
	expect_string(place.function, "yield_here");
	yield_low = address;
	do
		model_place(looker.model, ++address, true, &place);
	while (place.function && strcmp(place.function, "yield_here") == 0);
	yield_high = address;
}

TEST(backtraces_of_a_target_at_full_speed, .seconds = 1200)
{
	enum { IDS_MOST = 1 << 16 };
	static uint32_t owners_of_low[IDS_MOST];
	uint64_t wanted = getenv("ORACLE") ? strtoull(getenv("ORACLE"), NULL, 10) : 20000;
	struct tally tally = { 0 };
	confessions = mmap(NULL, sizeof *confessions * TASKLETS * THREADS, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	expect(confessions != MAP_FAILED);
	pid_t child = start_child(switch_at_full_speed);
	while (find_owners(owners_of_low, IDS_MOST) < TASKLETS * THREADS)
		sched_yield();
	look_at_process(&looker, child);
	find_yield_here();
	uint32_t next = 0;
	while (tally.accepted < wanted) {
		int32_t tasks[BATCH];
		uint32_t owners[BATCH];
		for (int i = 0; i < BATCH;) {
			const struct task *task =
				&looker.snapshot->tasks[next % looker.snapshot->task_count];
			if (task->id < IDS_MOST && owners_of_low[task->id]) {
				owners[i] = owners_of_low[task->id] - 1;
				tasks[i++] = (int32_t)(next % looker.snapshot->task_count);
			}
			if (++next % looker.snapshot->task_count == 0)
				look_again(&looker);
		}
		compare(tasks, owners, &tally);
	}
	end_child(child);
	printf("model_oracle: %llu backtraces accepted, none wrong; %llu frames, up to %llu; "
	       "%llu moved, %llu hot, %llu running\n",
	       (unsigned long long)tally.accepted, (unsigned long long)tally.frames,
	       (unsigned long long)tally.deepest, (unsigned long long)tally.moved,
	       (unsigned long long)tally.hot, (unsigned long long)tally.running);
}
