/* SPDX-License-Identifier: MIT */
/*
 * overflow.c: who overflowed its stack.  Into a guard: a handler on an alternate stack names the
 * tasklet, hands the signal to whoever handled it before, and else lets the process die of it with
 * a true core. Past a guard, or without one: the canary of the stack below tells, at the next
 * switch to it.
 *
 * Everything here is async-signal-safe.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "format.h"
#include "stack.h"

enum {
	ALTERNATE_BYTES = 32768,
	FRAME_MOST = 1 << 20,     /* a fault further from the stack pointer has another cause */
	OVERFLOW_MOST = 64 << 20, /* a stack pointer further below is somebody else's stack */
};

static struct sigaction previous_segv, previous_bus;

void overflow_tell(const struct tl_record *t, uintptr_t address, const char *how)
{
	struct scheduler *s = SELF;
	char name[TL_ABI_OBJECT_NAME_BYTES * 4];
	segment_name_get(t->name, sizeof t->name, name, sizeof name);
	struct line line = { .length = 0 };
	line_text(&line, "tasklet: stack overflow in tasklet ");
	if (t->serial)
		line_unsigned(&line, t->serial);
	else
		line_text(&line, "(ended)");
	if (name[0]) {
		line_text(&line, " \"");
		line_name(&line, name);
		line_text(&line, "\"");
	}
	line_text(&line, how);
	line_hex(&line, address);
	line_text(&line, "\n");
	(void)!write(STDERR_FILENO, line.text, line.length);
	if (s->mode && s->rare_ring)
		emit_rare(s, clock_stamp(segment.header), TL_EVENT_OVERFLOW, 0,
			  (uint32_t)t->serial, address, 0);
}

/* Where the stack pointer was, or the address where it is not known. */
static uintptr_t stack_pointer(const void *context, uintptr_t address)
{
#if defined __x86_64__
	(void)address;
	return (uintptr_t)((const ucontext_t *)context)->uc_mcontext.gregs[REG_RSP];
#else
	(void)context;
	return address;
#endif
}

/* A fault in a signal handler that runs on a stack of its own. */
static bool on_alternate(uintptr_t sp)
{
	stack_t stack;
	return !sigaltstack(NULL, &stack) && !(stack.ss_flags & SS_DISABLE) &&
	       sp - (uintptr_t)stack.ss_sp < stack.ss_size;
}

/* Is the current tasklet below its stack: in the guard, or, without one, anywhere below? */
static bool has_overflowed(const struct scheduler *s, uintptr_t address, uintptr_t sp)
{
	uintptr_t low, high;
	if (!s->mode || s->current == s->idle || s->current->flags & TL_RECORD_MAIN ||
	    !stack_range(s->current->stack, &low, &high))
		return false;
	uintptr_t apart = address > sp ? address - sp : sp - address;
	return (address < low && address >= low - STACK_GUARD_BYTES) ||
	       (sp < low && low - sp < OVERFLOW_MOST && apart < FRAME_MOST && !on_alternate(sp));
}

static void chain(const struct sigaction *previous, int signal, siginfo_t *info, void *context)
{
	if (previous->sa_flags & SA_SIGINFO) {
		previous->sa_sigaction(signal, info, context);
	} else if (previous->sa_handler != SIG_DFL && previous->sa_handler != SIG_IGN) {
		previous->sa_handler(signal);
	} else {
		/* The instruction is tried again, with nobody to catch it: a core with true
		 * registers. */
		struct sigaction act = { .sa_handler = SIG_DFL };
		sigaction(signal, &act, NULL);
		if (info->si_code <= 0) /* sent by kill(2): no instruction to try again */
			raise(signal);
	}
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
	struct scheduler *s = SELF;
	uintptr_t address = (uintptr_t)info->si_addr;
	if (info->si_code > 0 && has_overflowed(s, address, stack_pointer(context, address)))
		overflow_tell(s->current, address, ", below its low end, at ");
	chain(signal == SIGSEGV ? &previous_segv : &previous_bus, signal, info, context);
}

void overflow_handler_install(void)
{
	struct sigaction act = { .sa_flags = SA_SIGINFO | SA_ONSTACK };
	act.sa_sigaction = on_fault;
	sigemptyset(&act.sa_mask);
	sigaction(SIGSEGV, &act, &previous_segv);
	sigaction(SIGBUS, &act, &previous_bus);
}

/* Kept for the thread's life; the kernel forgets it with the thread, and so does the destructor. */
static pthread_key_t alternate_key;
static pthread_once_t alternate_once = PTHREAD_ONCE_INIT;

static void release(void *stack)
{
	stack_t off = { .ss_flags = SS_DISABLE };
	sigaltstack(&off, NULL);
	munmap(stack, ALTERNATE_BYTES);
}

static void make_key(void)
{
	(void)pthread_key_create(&alternate_key, release);
}

void overflow_stack_install(void)
{
	stack_t now;
	if (sigaltstack(NULL, &now) || !(now.ss_flags & SS_DISABLE))
		return; /* the program has one of its own */
	pthread_once(&alternate_once, make_key);
	void *stack = mmap(NULL, ALTERNATE_BYTES, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (stack == MAP_FAILED)
		return; /* an overflow then dies unnamed */
	stack_t mine = { .ss_sp = stack, .ss_size = ALTERNATE_BYTES };
	if (sigaltstack(&mine, NULL) || pthread_setspecific(alternate_key, stack))
		munmap(stack, ALTERNATE_BYTES);
}

void stack_overflowed(uint32_t word)
{
	uint32_t neighbour = word + 1; /* the one above, whose overflow runs into this stack's top */
	uint32_t high = __atomic_load_n(&segment.header->record_high, __ATOMIC_ACQUIRE);
	const struct tl_record *culprit = NULL;
	for (uint32_t i = 1; i < high; i++) /* one that has ended is named too, while its slot is free */
		if (segment.records[i].stack == neighbour && (!culprit || segment.records[i].serial))
			culprit = &segment.records[i];
	struct stack_node *node = stack_node_of(word);
	if (culprit) {
		overflow_tell(culprit, (uintptr_t)node->canary, ", into its neighbour's stack at ");
	} else {
		static const char text[] =
			"tasklet: stack overflow of a tasklet that is gone, into its neighbour's\n";
		(void)!write(STDERR_FILENO, text, sizeof text - 1);
	}
	abort();
}
