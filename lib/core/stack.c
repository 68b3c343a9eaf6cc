/* SPDX-License-Identifier: MIT */
/* stack.c: slabs of stacks, guards, canaries.  Layout: stack.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined TASKLET_VALGRIND
#include <valgrind/valgrind.h>
#endif

#include "environment.h"
#include "fork.h"
#include "stack.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

enum {
	SLAB_FIRST = 256,     /* stacks; each next slab is twice as large */
	SLAB_MOST = 16384,
	SLAB_LEAST = 16,      /* what is tried last when memory is short */
	GUARD_BATCH = 64,     /* stacks that get their guards at once */
	PROTECT_MOST = 12000, /* mprotect guards: each takes two of vm.max_map_count */
	PAGE = 4096,
};

/* One scheduler's slabs, in the order in which they were reserved. */
struct stack_range {
	uint32_t slabs[1u << TL_STACK_SLAB_BITS];
	uint32_t count;       /* reserved */
	uint32_t using;       /* index in `slabs` of the one that stack_new() takes from */
	uint32_t next;        /* its next stack */
	uint32_t guarded;     /* its stacks below have their guards */
};

pthread_mutex_t stack_lock = PTHREAD_MUTEX_INITIALIZER;
static uint32_t free_slabs[1u << TL_STACK_SLAB_BITS], free_count; /* slots of slabs that are gone */
static uint32_t protected_stacks; /* of the process, and of each slab */
static uint32_t protected_in[1u << TL_STACK_SLAB_BITS];
static bool unguarded; /* some stacks have a canary alone: relaxed, set before such a stack is used */

static void *guard_probe(void)
{
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return NULL;
	bool good = false;
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	/* Some emulators accept the advice and do nothing: see that the page is really guarded. */
	if (fd >= 0 && !madvise(page, PAGE, MADV_GUARD_INSTALL))
		good = write(fd, page, sizeof(uint64_t)) < 0 && errno == EFAULT;
	if (fd >= 0)
		close(fd);
	munmap(page, PAGE);
	return good ? page : NULL;
}

enum stack_guard stack_guard_kind(void)
{
	static enum stack_guard kind; /* under the start-up lock the first time */
	if (kind == GUARD_NONE) {
		enum stack_guard wish = environment.guard;
		if (wish == GUARD_NONE)
			wish = GUARD_INSTALL;
		if (wish == GUARD_INSTALL && !guard_probe())
			wish = GUARD_PROTECT;
		kind = wish;
		if (kind == GUARD_CANARY)
			unguarded = true;
	}
	return kind;
}

bool stack_check_always(void)
{
	return __atomic_load_n(&unguarded, __ATOMIC_RELAXED);
}

/* An entry of the table of slabs; 0: none is left. */
static uint32_t slab_slot(void)
{
	if (free_count)
		return free_slabs[--free_count];
	uint32_t slot = segment.header->slab_high;
	return segment_back(SECTION_slabs, (uint64_t)slot + 1) ? 0 : slot;
}

static void *reserve(size_t count)
{
	size_t bytes = count * STACK_STRIDE;
	void *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	if (base == MAP_FAILED)
		return NULL;
	(void)madvise(base, bytes, MADV_NOHUGEPAGE); /* a huge page would cost 2 MiB for 30 stacks */
	return base;
}

int stack_reserve(struct scheduler *s)
{
	struct stack_range *range = s->stack_range;
	uint32_t count = SLAB_FIRST << (range->count < 6 ? range->count : 6);
	int error = -ENOMEM;
	pthread_mutex_lock(&stack_lock);
	uint32_t slot = slab_slot();
	void *base = NULL;
	for (; slot && !base && count >= SLAB_LEAST; count /= 2)
		base = reserve(count);
	if (base) {
		count *= 2;
		segment.slabs[slot] = (struct tl_slab){
			.base = (uintptr_t)base,
			.stride = STACK_STRIDE,
			.guard_bytes = STACK_GUARD_BYTES,
			.count = count,
			.guard = stack_guard_kind(),
		};
		if (slot == segment.header->slab_high)
			/* release: a tool that sees the mark sees the entry */
			__atomic_store_n(&segment.header->slab_high, slot + 1, __ATOMIC_RELEASE);
		range->slabs[range->count++] = slot;
		s->stack_credit += count;
		error = 0;
	} else {
		__atomic_fetch_add(&segment.header->no_memory, 1, __ATOMIC_RELAXED);
	}
	pthread_mutex_unlock(&stack_lock);
	return error;
}

static bool protect(uint32_t slot, void *page)
{
	if (__atomic_fetch_add(&protected_stacks, 1, __ATOMIC_RELAXED) < PROTECT_MOST &&
	    !mprotect(page, STACK_GUARD_BYTES, PROT_NONE)) {
		protected_in[slot]++;
		return true;
	}
	__atomic_fetch_sub(&protected_stacks, 1, __ATOMIC_RELAXED);
	return false;
}

/* Guards for stacks from .. to - 1 of a slab. */
static void install_guards(uint32_t slot, uint32_t from, uint32_t to)
{
	struct tl_slab *slab = &segment.slabs[slot];
	for (uint32_t i = from; i < to; i++) {
		void *page = (char *)slab->base + (size_t)i * slab->stride;
		bool done = false;
		if (slab->guard == GUARD_INSTALL)
			done = !madvise(page, STACK_GUARD_BYTES, MADV_GUARD_INSTALL);
		else if (slab->guard == GUARD_PROTECT)
			done = protect(slot, page);
		if (!done) /* EINVAL in locked memory, ENOMEM at the limit of maps: canaries alone */
			__atomic_store_n(&unguarded, true, __ATOMIC_RELAXED);
	}
}

/* valgrind takes a switch for a huge frame, unless it knows both stacks. */
static void know_stack(struct stack_node *node)
{
#if defined TASKLET_VALGRIND
	uintptr_t low, high;
	if (stack_range(node->word, &low, &high))
		(void)VALGRIND_STACK_REGISTER((void *)low, (void *)high);
#else
	(void)node;
#endif
}

struct stack_node *stack_new(struct scheduler *s)
{
	struct stack_range *range = s->stack_range;
	struct tl_slab *slab = &segment.slabs[range->slabs[range->using]];
	if (range->next == slab->count) {
		range->using++;
		range->next = range->guarded = 0;
		slab = &segment.slabs[range->slabs[range->using]];
	}
	if (range->next == range->guarded) {
		range->guarded += GUARD_BATCH;
		if (range->guarded > slab->count)
			range->guarded = slab->count;
		install_guards(range->slabs[range->using], range->next, range->guarded);
		if (stack_check_always())
			scheduler_choose_mode(s); /* another thread may have found it out first */
	}
	uint32_t i = range->next++;
	struct stack_node *node = stack_node_of(i | range->slabs[range->using] << TL_STACK_INDEX_BITS);
	node->word = i | range->slabs[range->using] << TL_STACK_INDEX_BITS;
	for (int w = 0; w < STACK_CANARY_WORDS; w++)
		node->canary[w] = STACK_CANARY;
	know_stack(node);
	return node;
}

static struct tl_slab *slab_of(uint32_t word)
{
	uint32_t slot = word >> TL_STACK_INDEX_BITS & ((1u << TL_STACK_SLAB_BITS) - 1);
	return slot ? &segment.slabs[slot] : NULL;
}

static uint32_t index_of(uint32_t word)
{
	return word & ((1u << TL_STACK_INDEX_BITS) - 1);
}

struct stack_node *stack_node_of(uint32_t word)
{
	struct tl_slab *slab = slab_of(word);
	if (!slab || slab->guard == GUARD_THREAD)
		return NULL;
	uintptr_t end = slab->base + ((uintptr_t)index_of(word) + 1) * slab->stride;
	return (struct stack_node *)(end - (index_of(word) % STACK_COLOURS) * 64) - 1;
}

bool stack_range(uint32_t word, uintptr_t *low, uintptr_t *high)
{
	struct tl_slab *slab = slab_of(word);
	if (!slab)
		return false;
	*low = slab->base + (uintptr_t)index_of(word) * slab->stride + slab->guard_bytes;
	*high = slab->base + ((uintptr_t)index_of(word) + 1) * slab->stride;
	return true;
}

size_t stack_used(uint32_t word)
{
	struct tl_slab *slab = slab_of(word);
	uintptr_t low, high;
	if (!slab || slab->guard == GUARD_THREAD || !stack_range(word, &low, &high))
		return 0;
	unsigned char there[STACK_STRIDE / PAGE];
	size_t pages = (high - low) / PAGE;
	if (mincore((void *)low, high - low, there))
		return 0;
	size_t untouched = 0;
	while (untouched < pages && !(there[untouched] & 1))
		untouched++;
	return high - low - untouched * PAGE;
}

/* The main tasklet's stack is the thread's own: a slab of one.  Without it the tools do not know
 * its bounds: no more. */
static void register_thread_stack(struct scheduler *s)
{
	pthread_attr_t attributes;
	void *base;
	size_t bytes;
	if (pthread_getattr_np(pthread_self(), &attributes))
		return; /* without /proc, or short of descriptors */
	int error = pthread_attr_getstack(&attributes, &base, &bytes);
	pthread_attr_destroy(&attributes);
	if (error)
		return;
	pthread_mutex_lock(&stack_lock);
	uint32_t slot = slab_slot();
	if (slot) {
		segment.slabs[slot] = (struct tl_slab){
			.base = (uintptr_t)base,
			.stride = bytes,
			.count = 1,
			.guard = GUARD_THREAD,
		};
		if (slot == segment.header->slab_high)
			__atomic_store_n(&segment.header->slab_high, slot + 1, __ATOMIC_RELEASE);
		RECORD(s, s->main)->stack = slot << TL_STACK_INDEX_BITS;
	}
	pthread_mutex_unlock(&stack_lock);
}

int stack_start(struct scheduler *s)
{
	s->stack_range = calloc(1, sizeof *s->stack_range);
	if (!s->stack_range)
		return -ENOMEM;
	segment.header->guard = stack_guard_kind();
	register_thread_stack(s);
	return 0;
}

static void forget_slab(uint32_t slot)
{
	struct tl_slab *slab = &segment.slabs[slot];
	if (slab->guard != GUARD_THREAD)
		munmap((void *)slab->base, slab->stride * slab->count);
	memset(slab, 0, sizeof *slab);
	__atomic_fetch_sub(&protected_stacks, protected_in[slot], __ATOMIC_RELAXED);
	protected_in[slot] = 0;
	free_slabs[free_count++] = slot;
}

void stack_finish(struct scheduler *s)
{
	pthread_mutex_lock(&stack_lock);
	for (uint32_t i = 0; i < s->stack_range->count; i++)
		forget_slab(s->stack_range->slabs[i]);
	uint32_t own = RECORD(s, s->main)->stack >> TL_STACK_INDEX_BITS;
	if (own)
		forget_slab(own);
	pthread_mutex_unlock(&stack_lock);
	free(s->stack_range);
	s->stack_range = NULL;
	s->stacks = NULL;
	s->stack_credit = 0;
}
