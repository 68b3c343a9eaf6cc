/* SPDX-License-Identifier: MIT */
/*
 * abi.h: the segment, the one thing that the tools share with the runtime.
 *
 * The runtime's own state of every tasklet and object lies in a sealed memfd named "tasklet" that
 * anybody who may look maps read-only.  Truth is in the tables, which never drop anything; history
 * is in the rings, which overwrite the oldest.
 *
 * A reader never uses the structs of this file as they are: it finds sections and fields by *name*
 * in the tables that the header leads to, and treats what is missing as unknown.  The structs are
 * what this version of the runtime writes.  Only struct tl_abi_prologue, tl_abi_section,
 * tl_abi_field and tl_abi_name are fixed, for as long as TL_ABI_NUMBER stays the same.
 *
 *   +-----------------------------+ 0
 *   | prologue, header            |   tables of sections, fields and names
 *   +-----------------------------+
 *   | schedulers     one a thread |   \
 *   | records        one a tasklet|    |
 *   | bases, labels  one a tasklet|    |
 *   | occupancy      a bit each   |    |  each section: offset, bytes of an entry,
 *   | objects        channels ... |    |  capacity; entries beyond the high-water
 *   | selects, sites, runtimes,   |    |  mark in the header must not be touched
 *   | layouts, slabs, strings     |    |  (reading a hole allocates it)
 *   | frames         empty        |    |
 *   | rings, rare_rings           |   /   one of each a scheduler
 *   +-----------------------------+ segment_bytes
 *
 * Reading a record that others change:
 *   counter (acquire), wait (acquire), copy the fields and the stack, acquire fence, counter and
 * wait
 *   again: equal and counter even = consistent and parked.  An odd counter = on a CPU: its stack is
 *   in use.  Bounded tries, then it is torn, and said to be.
 *   The serial is never used twice: compare it too before you call it the same tasklet.
 *
 * Reading a ring of N entries: head (acquire), copy, acquire fence, head again (`later`); entry
 * number i is good if i + N > later, that is i >= later + 1 - N.
 */
#ifndef TL_TRACE_ABI_H
#define TL_TRACE_ABI_H

#include <stdint.h>

#define TL_ABI_MAGIC "TASKLET"
#define TL_ABI_MEMFD "tasklet" /* /proc/PID/fd/N reads "/memfd:tasklet (deleted)" */

enum {
	TL_ABI_NUMBER = 1,
	TL_ABI_BYTE_ORDER = 0x01020304,
	TL_ABI_SCHEDULERS = 256,
	TL_ABI_USERS = 3,        /* earlier senders and receivers, besides the last one */
	TL_ABI_BUCKETS = 64,     /* of a histogram; bucket i counts durations d with lzcnt64(d) & 63 == i */
	TL_ABI_WAIT_KINDS = 24,  /* room in a site for the time per kind of wait */
	TL_ABI_LAYOUT_REGISTERS = 16,
	TL_ABI_NAME_BYTES = 16,  /* of a tasklet's inline name */
	TL_ABI_OBJECT_NAME_BYTES = 32,
};

/* ---- the fixed part ---- */

struct tl_abi_prologue {
	char magic[8];               /* TL_ABI_MAGIC and a NUL; written last (release) */
	uint32_t byte_order;         /* TL_ABI_BYTE_ORDER as the writer stores it */
	uint32_t abi;                /* TL_ABI_NUMBER */
	uint64_t segment_bytes;
	uint32_t section_count, field_count, name_count, reserved;
	uint64_t sections, fields, names; /* offsets in the segment of the three tables */
};

struct tl_abi_section {
	char name[16];
	uint64_t offset;             /* in the segment; a multiple of 64 */
	uint64_t entry_bytes;
	uint64_t capacity;           /* entries */
	uint64_t reserved;
};

struct tl_abi_field {
	char name[24];
	uint16_t section;            /* index in the table of sections */
	uint16_t kind;               /* enum tl_abi_kind */
	uint32_t offset;             /* in the entry */
	uint32_t size;               /* bytes of one value */
	uint32_t count;              /* values, one after the other; 1 for most */
};

struct tl_abi_name {
	uint16_t set;                /* enum tl_abi_set */
	uint16_t value;
	char name[28];
};

enum tl_abi_kind {
	TL_KIND_UNSIGNED = 1,
	TL_KIND_SIGNED,
	TL_KIND_TEXT,                /* bytes up to a NUL or the end; long ones continue: see below */
	TL_KIND_ADDRESS,             /* in the target */
	TL_KIND_LINK,                /* byte offset from the start of `records`; 0: none */
	TL_KIND_SERIAL,              /* u64, never used twice */
	TL_KIND_SERIAL_LOW,          /* the low 32 bits of one; 0: none */
	TL_KIND_STAMP,               /* a point in time, in the header's clock; 0: unknown */
	TL_KIND_DURATION,            /* in the header's clock */
	TL_KIND_STRING,              /* byte offset in `strings`; 0: none */
	TL_KIND_WAIT,                /* a wait word */
};

/* A text of N bytes is either inline (a NUL ends a shorter one) or, when byte N - 5 is
 * TL_NAME_LONG, its beginning, followed there by the full text's byte offset in `strings` (the last
 * four bytes). */
#define TL_NAME_LONG ((char)0xff)

/* ---- enums and their printed names: one table each ---- */

enum tl_abi_set {
	TL_SET_STATE = 1,
	TL_SET_WAIT,
	TL_SET_OBJECT,
	TL_SET_EVENT,
	TL_SET_REASON,
	TL_SET_CLOCK,
	TL_SET_PLACE,
	TL_SET_CAPABILITY,
};

/* State of a tasklet, in its wait word.  The runtime does not write RUNNING at a switch: a record
 * that is READY and whose counter is odd runs. */
#define TL_STATES(X)                                     \
	X(FREE, 0, "free")       /* the slot is nobody's */   \
	X(NEW, 1, "new")         /* made, no body bound */    \
	X(PAUSED, 2, "paused")   /* alive, in no chain */     \
	X(READY, 3, "ready")     /* in a run ring */          \
	X(RUNNING, 4, "running")                              \
	X(WAITING, 5, "waiting") /* for what `kind` says */   \
	X(ENDED, 6, "ended")     /* its record is kept */     \
	X(PARKED, 7, "parked")   /* reason unknown (a runtime that does not say) */ \
	X(LOST, 8, "lost in fork")

/* What it waits for.  `object` of the wait word is, for SEND to LOCK and CONDITION to EVENT, the
 * slot of an object; for JOIN the slot of a tasklet; for SELECT the slot of the first of its select
 * blocks. */
#define TL_WAITS(X)                              \
	X(NONE, 0, "none")                        \
	X(SEND, 1, "send")                        \
	X(RECEIVE, 2, "receive")                  \
	X(SEND_ERROR, 3, "send error")            \
	X(LOCK, 4, "lock")                        \
	X(JOIN, 5, "join")                        \
	X(SLEEP, 6, "sleep")                      \
	X(RUN, 7, "run")       /* paused in tl_run() */ \
	X(SELECT, 8, "select")                    \
	X(IO, 9, "io")                            \
	X(OFFLOAD, 10, "offload")                 \
	X(CONDITION, 11, "condition")             \
	X(READ_LOCK, 12, "read lock")             \
	X(WRITE_LOCK, 13, "write lock")           \
	X(SEMAPHORE, 14, "semaphore")             \
	X(EVENT, 15, "event")                     \
	X(GROUP, 16, "group")                     \
	X(SIGNAL, 17, "signal")                   \
	X(UNKNOWN, 18, "unknown")

#define TL_OBJECTS(X)                            \
	X(FREE, 0, "free")                        \
	X(CHANNEL, 1, "channel")                  \
	X(MUTEX, 2, "mutex")                      \
	X(CONDITION, 3, "condition")              \
	X(RWLOCK, 4, "rwlock")                    \
	X(SEMAPHORE, 5, "semaphore")              \
	X(EVENT, 6, "event")                      \
	X(GROUP, 7, "group")

/* Events, in `rings` unless marked rare (then in `rare_rings`).
 * T: the record's tasklet; "low": a serial's low 32 bits; a.lo, a.hi: halves of a. */
#define TL_EVENTS(X)                                                                              \
	X(SWITCH, 1, "switch")    /* T leaves for a.lo; flags: why; a.hi, b.lo: object slot, tag */      \
	X(HANDOFF, 2, "handoff")  /* the same, and a.lo was waiting on that object: T wakes it */        \
	X(WAKE, 3, "wake")        /* T becomes ready, by a.lo (0: a timer); flags, a.hi, b.lo as above */ \
	X(SPAWN, 4, "spawn")      /* rare: T is new; a: its serial; b.lo: site; b.hi: parent, low */     \
	X(EXIT, 5, "exit")        /* rare: T ended and left for a.lo; b: result (i64) */                 \
	X(NAME, 6, "name")        /* rare: T was renamed; a: string; flags 1: a, b are the text */ \
	X(CREATE, 7, "create")    /* rare: T made object a (serial); b.lo: slot; b.hi: kind */           \
	X(DESTROY, 8, "destroy")  /* rare: the same, gone */                                             \
	X(CLOSE, 9, "close")      /* rare: T closed (flags 1) or opened (0) object a.hi, tag b.lo */     \
	X(THROW, 10, "throw")     /* rare: at T, by a.lo; b: errno; flags 1: pending */                  \
	X(UNCAUGHT, 11, "uncaught") /* rare: T ended with error b (i64), which went to a.lo */           \
	X(DEADLOCK, 12, "deadlock") /* rare: T's blocking found nobody left; flags: wait kind; a.hi, b.lo */ \
	X(CYCLE, 13, "cycle")     /* rare: T's blocking closed a cycle of owners; as DEADLOCK */         \
	X(MARK, 14, "mark")       /* T noted string a, value b */                                        \
	X(SPAN_BEGIN, 15, "span begin") /* T; string a */                                                \
	X(SPAN_END, 16, "span end")                                                                      \
	X(SLEEP, 17, "sleep")     /* the thread sleeps in the kernel; b: until (deadline, ns) */         \
	X(AWAKE, 18, "awake")     /* and is back */                                                      \
	X(OVERFLOW, 19, "overflow") /* rare: T's stack overflowed at address a */                        \
	X(FORK, 20, "fork")       /* rare: this process is the child of process a */                     \
	X(HOG, 21, "hog")         /* rare: T ran for b clock units without a switch */

/* Why, in an event's flags. */
#define TL_REASONS(X)                            \
	X(YIELD, 0, "yield")                      \
	X(SEND, 1, "send")                        \
	X(RECEIVE, 2, "receive")                  \
	X(SEND_ERROR, 3, "send error")            \
	X(LOCK, 4, "lock")                        \
	X(JOIN, 5, "join")                        \
	X(SLEEP, 6, "sleep")                      \
	X(RUN, 7, "run")         /* tl_run(), or it returns */ \
	X(SWITCH_TO, 8, "switch to") /* tl_task_run, tl_task_switch */ \
	X(REMOVE, 9, "remove")   /* paused itself */      \
	X(INSERT, 10, "insert")  /* made ready by another */ \
	X(THROW, 11, "throw")                     \
	X(UNLOCK, 12, "unlock")                   \
	X(EXIT, 13, "exit")                       \
	X(TIMER, 14, "timer")                     \
	X(CLEAR, 15, "clear")                     \
	X(IDLE, 16, "idle")                       \
	X(UNCAUGHT, 17, "uncaught")               \
	X(START, 18, "start")

#define TL_CLOCKS(X)                             \
	X(NONE, 0, "none")       /* tracing is off */    \
	X(TSC, 1, "tsc")                          \
	X(MONOTONIC, 2, "monotonic") /* ns of CLOCK_MONOTONIC */ \
	X(VIRTUAL, 3, "virtual")     /* ns; now = the header's clock_now */

/* Where a tasklet's stack is. */
#define TL_PLACES(X)                             \
	X(SLAB, 0, "in place")   /* the stack word's slab and index; slab 0: it has none (yet) */ \
	X(GAVE, 1, "given back") /* it will run on a fresh one */ \
	X(PAGED, 2, "paged out")                  \
	X(ELSEWHERE, 3, "elsewhere") /* the saved sp lies outside of all slabs */ \
	X(INDIRECT, 4, "indirect")   /* `sp` is the address of a word that holds it */ \
	X(JMPBUF, 5, "jmp_buf")      /* `sp` is the address of a jmp_buf */

/* Capability bits of a runtime: what it does *not* know. */
#define TL_CAPABILITIES(X)                       \
	X(NO_READY_TIME, 1, "no ready times")     \
	X(NO_REASONS, 2, "no reasons")            \
	X(NO_OBJECTS, 4, "no objects")            \
	X(NO_STACK_POINTER, 8, "no stack pointer") \
	X(NO_EXIT, 16, "no exits")                \
	X(NO_WAKES, 32, "no wakes")               /* no deadlock verdict can be given */

#define TL_ENUM_STATE(n, v, s) TL_STATE_##n = v,
#define TL_ENUM_WAIT(n, v, s) TL_WAIT_##n = v,
#define TL_ENUM_OBJECT(n, v, s) TL_OBJECT_##n = v,
#define TL_ENUM_EVENT(n, v, s) TL_EVENT_##n = v,
#define TL_ENUM_REASON(n, v, s) TL_REASON_##n = v,
#define TL_ENUM_CLOCK(n, v, s) TL_CLOCK_##n = v,
#define TL_ENUM_PLACE(n, v, s) TL_PLACE_##n = v,
#define TL_ENUM_CAPABILITY(n, v, s) TL_CAP_##n = v,
enum tl_state { TL_STATES(TL_ENUM_STATE) };
enum tl_wait { TL_WAITS(TL_ENUM_WAIT) };
enum tl_object_kind { TL_OBJECTS(TL_ENUM_OBJECT) };
enum tl_event { TL_EVENTS(TL_ENUM_EVENT) };
enum tl_reason { TL_REASONS(TL_ENUM_REASON) };
enum tl_clock { TL_CLOCKS(TL_ENUM_CLOCK) };
enum tl_place { TL_PLACES(TL_ENUM_PLACE) };
enum tl_capability { TL_CAPABILITIES(TL_ENUM_CAPABILITY) };

/* ---- the wait word ----
 *
 *   63            32 31        16 15   10 9    4 3    0
 *   +---------------+------------+-------+------+-----+
 *   | object slot   | sequence   | flags | kind |state|
 *   +---------------+------------+-------+------+-----+
 *
 * Written whole (relaxed by the owner before its own switch, whose counter publishes it; release by
 * others). The sequence goes up whenever somebody else changes a parked tasklet. */
enum {
	TL_WAIT_STATE_MASK = 0xf,
	TL_WAIT_KIND_SHIFT = 4,
	TL_WAIT_KIND_MASK = 0x3f,
	TL_WAIT_FLAG_DEADLINE = 1 << 10, /* it will go on by itself at some time */
	TL_WAIT_FLAG_SELECT = 1 << 11,   /* `object` is a select block; kind says SELECT */
	TL_WAIT_FLAG_ERROR = 1 << 12,    /* an error is pending: its next turn delivers it */
	TL_WAIT_SEQUENCE_SHIFT = 16,
	TL_WAIT_OBJECT_SHIFT = 32,
};

static inline uint64_t tl_wait_word(unsigned state, unsigned kind, unsigned flags, uint32_t object)
{
	return state | kind << TL_WAIT_KIND_SHIFT | flags |
	       (uint64_t)object << TL_WAIT_OBJECT_SHIFT;
}

/* ---- a tasklet ---- */

/* The stack word: where the stack is.  Bits 0-14 index in the slab, 15-28 slab, 29-31 enum
 * tl_place. A stack of slab s, index i lies in [base + i * stride + guard_bytes, base + (i + 1) *
 * stride). */
enum { TL_STACK_INDEX_BITS = 15, TL_STACK_SLAB_BITS = 14, TL_STACK_PLACE_SHIFT = 29 };

/* Bits of tl_record.flags.  The first two make a switch to it take the careful path. */
enum {
	TL_RECORD_FRESH = 1,      /* has not run: it has no stack yet */
	TL_RECORD_THROWN = 2,     /* an error is pending */
	TL_RECORD_ATTENTION = 3,  /* any of these */
	TL_RECORD_KEPT = 4,       /* its record stays until tl_task_release() */
	TL_RECORD_BLOCK_TRAP = 8,
	TL_RECORD_ATOMIC = 16,
	TL_RECORD_BACKGROUND = 32, /* tl_run() does not wait for it */
	TL_RECORD_JOINABLE = 64,   /* its record stays until somebody joins */
	TL_RECORD_MAIN = 128,      /* an OS thread's own stack */
};

struct tl_record {
	/* hot line: all that a switch touches */
	uint64_t counter;     /* +1 at every switch to it and from it; odd: on a CPU; never reset */
	uint64_t sp;          /* saved stack pointer, while parked (layout of its runtime) */
	uint64_t wait;        /* the wait word */
	uint64_t since;       /* when its state last changed */
	uint64_t run;         /* time on a CPU, up to `since` */
	uint64_t ready;       /* time ready but not running, up to `since` */
	uint32_t next, prev;  /* neighbours in its run ring or in an object's queue: best effort */
	uint32_t ahead;       /* who ran some switches after it the last time round: prefetch */
	uint16_t scheduler;   /* index in `schedulers` */
	int8_t level;         /* priority; larger first */
	uint8_t flags;        /* TL_RECORD_* */
	/* cold line */
	uint64_t serial;      /* its id; 0: the slot is free */
	uint64_t spawned;     /* when */
	uint64_t ticket;      /* order of arrival at what it waits for */
	uint64_t element;     /* where the value that it sends or receives lies */
	uint32_t site;        /* index in `sites`; 0: unknown */
	uint32_t parent;      /* its creator's serial, low */
	uint32_t waker;       /* who made it ready last, low; 0: nobody, or a timer */
	uint32_t stack;       /* the stack word */
	char name[TL_ABI_NAME_BYTES];
};

/* ---- an object: channel, mutex ... ---- */

enum {
	TL_OBJECT_FLAG_CLOSING = 1,
	TL_OBJECT_FLAG_SCHEDULE_ALL = 2,
	TL_OBJECT_FLAG_MORE_SENDERS = 4,   /* more than it keeps have sent (or locked) */
	TL_OBJECT_FLAG_MORE_RECEIVERS = 8,
};

struct tl_object {
	uint8_t lock;         /* 1: somebody is inside */
	uint8_t kind;         /* enum tl_object_kind */
	uint16_t home;        /* the scheduler that may take the lock without an atomic operation */
	uint8_t flags;        /* TL_OBJECT_FLAG_* */
	int8_t preference;
	uint16_t reserved;
	uint32_t head, tail;  /* its queue: best effort; the truth is in the waiters' wait words */
	int32_t balance;      /* waiting senders, or minus the waiting receivers; mutex: waiters */
	uint32_t tag;         /* the low 32 bits of its serial */
	uint32_t element_bytes;
	uint32_t capacity;    /* elements; 0: rendezvous */
	uint32_t length;      /* elements queued */
	uint32_t first;       /* index of the oldest in the buffer */
	uint64_t buffer;      /* channel: address of the queued elements */
	uint64_t count;       /* channel: elements sent; mutex: times it was handed to a waiter */
	uint32_t sender;      /* last sender, low */
	uint32_t receiver;    /* last receiver, low */
	/* second line */
	uint64_t holder;      /* mutex: low half the holder's slot, high half its serial, low; 0: free */
	uint32_t senders[TL_ABI_USERS];   /* earlier ones, no two equal */
	uint32_t receivers[TL_ABI_USERS];
	uint64_t serial;      /* 0: the slot is free */
	uint64_t created;     /* when */
	uint32_t creator;     /* serial, low */
	uint32_t site;        /* where it was made: index in `sites` */
	uint64_t inside;      /* who last was left inside a call on it after a hand-off: low half its link, high
			       * half its counter while it has not gone on, low */
	/* third line */
	char name[TL_ABI_OBJECT_NAME_BYTES];
	uint64_t reserved3[4];
};

/* One case of a tasklet that waits in a select; its blocks lie one after the other. */
struct tl_select {
	uint32_t object;      /* slot */
	uint8_t operation;    /* enum tl_wait: SEND or RECEIVE */
	uint8_t last;         /* 1: no more blocks of this select */
	uint16_t reserved;
	uint32_t owner;       /* link of the tasklet */
	uint32_t next, prev;  /* in the object's queue, byte offsets in `selects` */
	uint32_t reserved2;
	uint64_t ticket;
};

/* ---- where tasklets come from: two entries may name one address, each has one writer ---- */

struct tl_site {
	uint64_t address;     /* return address of the spawning call */
	uint32_t scheduler;   /* who writes this entry */
	uint32_t kind;        /* 0: tasklets; else enum tl_object_kind */
	uint64_t spawned;
	uint64_t ended;
	uint64_t run, ready;  /* times of those that ended */
	uint64_t waited[TL_ABI_WAIT_KINDS]; /* per kind of wait, of all */
	uint64_t reserved[2];
};

/* ---- one scheduler an OS thread ---- */

struct tl_scheduler {
	/* who */
	uint32_t generation;  /* odd: in use; +1 at every taking and leaving */
	int32_t tid;
	uint64_t thread_pointer; /* fs_base, tpidr_el0, tp */
	uint32_t main;        /* link of its main tasklet */
	uint32_t asleep;      /* 1: the thread sleeps in the kernel, waiting for `sleep_until` */
	uint64_t sleep_until; /* ns, TL_FOREVER: nothing but others can wake it */
	uint64_t idle_low, idle_high; /* the idle context's stack */
	uint64_t started;     /* when */
	uint64_t reserved0;
	/* the line that every event writes */
	uint64_t head;        /* records ever written to its ring; release */
	uint32_t current;     /* link of the running tasklet; 0: the idle context */
	uint32_t reserved1;
	uint64_t reserved2[6];
	/* rare ring */
	uint64_t rare_head;
	uint64_t reserved3[7];
	/* counts */
	uint64_t spawned, ended; /* tasklets */
	uint32_t run_count;   /* not kept up at every switch: as of the last look at timers */
	uint32_t timers;      /* pending */
	uint64_t slice_pending, delay_pending; /* the last durations, not in the histograms yet */
	uint64_t idle;        /* time asleep in the kernel */
	uint64_t reserved4[2];
	uint64_t slices[TL_ABI_BUCKETS]; /* time on the CPU per turn */
	uint64_t delays[TL_ABI_BUCKETS]; /* ready to running */
	uint64_t reserved5[96];
};

struct tl_event_record {
	uint64_t stamp;
	uint16_t event;       /* enum tl_event */
	uint16_t flags;       /* per event; mostly enum tl_reason */
	uint32_t tasklet;     /* serial, low */
	uint64_t a, b;        /* per event */
};

/* ---- small tables ---- */

struct tl_runtime {
	char name[16], version[16];
	uint32_t capabilities; /* enum tl_capability */
	uint32_t layout;      /* index in `layouts` */
	uint64_t entry_low, entry_high; /* a backtrace is complete when its last frame lies in here */
	uint64_t code_low, code_high; /* all of its own code: frames in here are not the program's */
	uint64_t reserved[7];
};

/* How to start unwinding a parked tasklet: rip = resume, sp = the saved sp, then by CFI; or take
 * the registers from where they were saved. */
struct tl_layout {
	uint32_t machine;     /* e_machine of elf.h */
	uint32_t transform;   /* 0: words are as saved */
	uint64_t resume;      /* address at which every parked tasklet goes on; 0: saved at `pc_offset` */
	int32_t pc_offset;    /* of the return address from the saved sp */
	int32_t sp_offset;    /* saved sp + this = sp after the return */
	uint32_t register_count, reserved;
	struct {
		uint16_t dwarf;   /* register number */
		int16_t offset;   /* from the saved sp */
	} registers[TL_ABI_LAYOUT_REGISTERS];
};

/* A range of equal stacks; entry 0 is unused. */
struct tl_slab {
	uint64_t base;
	uint64_t stride;      /* bytes from one to the next; guard included, at the low end */
	uint64_t guard_bytes;
	uint32_t count;
	uint32_t guard;       /* 0 none, 1 installed, 2 mprotect, 3 canary only, 4 the thread's own */
};

/* ---- the header: after the prologue ---- */

struct tl_header {
	struct tl_abi_prologue prologue;
	int32_t pid;
	uint32_t trace;       /* 0 off, 1 full */
	uint64_t address;     /* where the segment lies in the target */
	uint64_t start_time;  /* of the process: field 22 of /proc/PID/stat */
	uint32_t parent_pid;  /* of a forked child: whose tasklets it inherited */
	uint32_t scheduler_high; /* entries ever used are below this */
	uint32_t record_high; /* slots; slot 0 is never used */
	uint32_t object_high;
	uint32_t select_high;
	uint32_t site_high;
	uint32_t slab_high;
	uint32_t runtime_high;
	uint32_t layout_high;
	uint32_t ring_records; /* per scheduler; a power of two */
	uint32_t rare_records;
	uint32_t guard;       /* as in tl_slab */
	uint64_t strings_high; /* bytes */
	/* the clock; `clock_sequence` is odd while the second anchor changes */
	uint32_t clock;       /* enum tl_clock */
	uint32_t clock_sequence;
	uint64_t anchor0_clock, anchor0_ns; /* the same instant on both clocks, at the start */
	uint64_t anchor1_clock, anchor1_ns; /* and later; ns of CLOCK_MONOTONIC */
	uint64_t clock_now;   /* virtual clock only */
	/* what did not fit */
	uint64_t lost_records, lost_objects, lost_sites, lost_strings, lost_schedulers;
	uint64_t no_memory;   /* times that memory could not be had */
	uint64_t reserved[8];
};

_Static_assert(sizeof(struct tl_abi_prologue) == 64, "ABI");
_Static_assert(sizeof(struct tl_abi_section) == 48, "ABI");
_Static_assert(sizeof(struct tl_abi_field) == 40, "ABI");
_Static_assert(sizeof(struct tl_abi_name) == 32, "ABI");
_Static_assert(sizeof(struct tl_record) == 128, "ABI");
_Static_assert(sizeof(struct tl_object) == 192, "ABI");
_Static_assert(sizeof(struct tl_select) == 32, "ABI");
_Static_assert(sizeof(struct tl_site) == 256, "ABI");
_Static_assert(sizeof(struct tl_event_record) == 32, "ABI");
_Static_assert(sizeof(struct tl_scheduler) == 2048, "ABI");
_Static_assert(sizeof(struct tl_runtime) == 128, "ABI");
_Static_assert(sizeof(struct tl_layout) == 96, "ABI");
_Static_assert(sizeof(struct tl_slab) == 32, "ABI");

/* ---- the table of sections and fields: one row here is one row in the segment ----
 * S(name, struct)   F(section, struct, member, kind, count) */

#define TL_ABI_SECTIONS(S)                                       \
	S(header, struct tl_header)                               \
	S(schedulers, struct tl_scheduler)                        \
	S(records, struct tl_record)                              \
	S(bases, uint64_t)     /* a slot's (counter + 1) / 2 before its tasklet's first switch */ \
	S(labels, uint32_t)    /* a slot's group, a string; 0: none */ \
	S(occupancy, uint64_t) /* bit s & 63 of word s / 64: slot s is somebody's */ \
	S(objects, struct tl_object)                              \
	S(selects, struct tl_select)                              \
	S(sites, struct tl_site)                                  \
	S(runtimes, struct tl_runtime)                            \
	S(layouts, struct tl_layout)                              \
	S(slabs, struct tl_slab)                                  \
	S(strings, char)       /* NUL-terminated; offset 0: none */ \
	S(frames, uint64_t)    /* for runtimes whose frames are not C: empty */ \
	S(rings, struct tl_event_record)                          \
	S(rare_rings, struct tl_event_record)

#define TL_ABI_FIELDS(F)                                              \
	F(header, tl_header, pid, SIGNED, 1)                           \
	F(header, tl_header, trace, UNSIGNED, 1)                       \
	F(header, tl_header, address, ADDRESS, 1)                      \
	F(header, tl_header, start_time, UNSIGNED, 1)                  \
	F(header, tl_header, parent_pid, UNSIGNED, 1)                  \
	F(header, tl_header, scheduler_high, UNSIGNED, 1)              \
	F(header, tl_header, record_high, UNSIGNED, 1)                 \
	F(header, tl_header, object_high, UNSIGNED, 1)                 \
	F(header, tl_header, select_high, UNSIGNED, 1)                 \
	F(header, tl_header, site_high, UNSIGNED, 1)                   \
	F(header, tl_header, slab_high, UNSIGNED, 1)                   \
	F(header, tl_header, runtime_high, UNSIGNED, 1)                \
	F(header, tl_header, layout_high, UNSIGNED, 1)                 \
	F(header, tl_header, ring_records, UNSIGNED, 1)                \
	F(header, tl_header, rare_records, UNSIGNED, 1)                \
	F(header, tl_header, guard, UNSIGNED, 1)                       \
	F(header, tl_header, strings_high, UNSIGNED, 1)                \
	F(header, tl_header, clock, UNSIGNED, 1)                       \
	F(header, tl_header, clock_sequence, UNSIGNED, 1)              \
	F(header, tl_header, anchor0_clock, STAMP, 1)                  \
	F(header, tl_header, anchor0_ns, UNSIGNED, 1)                  \
	F(header, tl_header, anchor1_clock, STAMP, 1)                  \
	F(header, tl_header, anchor1_ns, UNSIGNED, 1)                  \
	F(header, tl_header, clock_now, STAMP, 1)                      \
	F(header, tl_header, lost_records, UNSIGNED, 1)                \
	F(header, tl_header, lost_objects, UNSIGNED, 1)                \
	F(header, tl_header, lost_sites, UNSIGNED, 1)                  \
	F(header, tl_header, lost_strings, UNSIGNED, 1)                \
	F(header, tl_header, lost_schedulers, UNSIGNED, 1)             \
	F(header, tl_header, no_memory, UNSIGNED, 1)                   \
	F(schedulers, tl_scheduler, generation, UNSIGNED, 1)           \
	F(schedulers, tl_scheduler, tid, SIGNED, 1)                    \
	F(schedulers, tl_scheduler, thread_pointer, ADDRESS, 1)        \
	F(schedulers, tl_scheduler, main, LINK, 1)                     \
	F(schedulers, tl_scheduler, asleep, UNSIGNED, 1)               \
	F(schedulers, tl_scheduler, sleep_until, UNSIGNED, 1)          \
	F(schedulers, tl_scheduler, idle_low, ADDRESS, 1)              \
	F(schedulers, tl_scheduler, idle_high, ADDRESS, 1)             \
	F(schedulers, tl_scheduler, started, STAMP, 1)                 \
	F(schedulers, tl_scheduler, head, UNSIGNED, 1)                 \
	F(schedulers, tl_scheduler, current, LINK, 1)                  \
	F(schedulers, tl_scheduler, rare_head, UNSIGNED, 1)            \
	F(schedulers, tl_scheduler, spawned, UNSIGNED, 1)              \
	F(schedulers, tl_scheduler, ended, UNSIGNED, 1)                \
	F(schedulers, tl_scheduler, run_count, UNSIGNED, 1)            \
	F(schedulers, tl_scheduler, timers, UNSIGNED, 1)               \
	F(schedulers, tl_scheduler, slice_pending, DURATION, 1)        \
	F(schedulers, tl_scheduler, delay_pending, DURATION, 1)        \
	F(schedulers, tl_scheduler, idle, DURATION, 1)                 \
	F(schedulers, tl_scheduler, slices, UNSIGNED, TL_ABI_BUCKETS)  \
	F(schedulers, tl_scheduler, delays, UNSIGNED, TL_ABI_BUCKETS)  \
	F(records, tl_record, counter, UNSIGNED, 1)                    \
	F(records, tl_record, sp, ADDRESS, 1)                          \
	F(records, tl_record, wait, WAIT, 1)                           \
	F(records, tl_record, since, STAMP, 1)                         \
	F(records, tl_record, run, DURATION, 1)                        \
	F(records, tl_record, ready, DURATION, 1)                      \
	F(records, tl_record, next, LINK, 1)                           \
	F(records, tl_record, prev, LINK, 1)                           \
	F(records, tl_record, ahead, LINK, 1)                          \
	F(records, tl_record, scheduler, UNSIGNED, 1)                  \
	F(records, tl_record, level, SIGNED, 1)                        \
	F(records, tl_record, flags, UNSIGNED, 1)                      \
	F(records, tl_record, serial, SERIAL, 1)                       \
	F(records, tl_record, spawned, STAMP, 1)                       \
	F(records, tl_record, ticket, UNSIGNED, 1)                     \
	F(records, tl_record, element, ADDRESS, 1)                     \
	F(records, tl_record, site, UNSIGNED, 1)                       \
	F(records, tl_record, parent, SERIAL_LOW, 1)                   \
	F(records, tl_record, waker, SERIAL_LOW, 1)                    \
	F(records, tl_record, stack, UNSIGNED, 1)                      \
	F(records, tl_record, name, TEXT, 1)                           \
	F(objects, tl_object, lock, UNSIGNED, 1)                       \
	F(objects, tl_object, kind, UNSIGNED, 1)                       \
	F(objects, tl_object, home, UNSIGNED, 1)                       \
	F(objects, tl_object, flags, UNSIGNED, 1)                      \
	F(objects, tl_object, preference, SIGNED, 1)                   \
	F(objects, tl_object, head, LINK, 1)                           \
	F(objects, tl_object, tail, LINK, 1)                           \
	F(objects, tl_object, balance, SIGNED, 1)                      \
	F(objects, tl_object, tag, SERIAL_LOW, 1)                      \
	F(objects, tl_object, element_bytes, UNSIGNED, 1)              \
	F(objects, tl_object, capacity, UNSIGNED, 1)                   \
	F(objects, tl_object, length, UNSIGNED, 1)                     \
	F(objects, tl_object, first, UNSIGNED, 1)                      \
	F(objects, tl_object, buffer, ADDRESS, 1)                      \
	F(objects, tl_object, count, UNSIGNED, 1)                      \
	F(objects, tl_object, sender, SERIAL_LOW, 1)                   \
	F(objects, tl_object, receiver, SERIAL_LOW, 1)                 \
	F(objects, tl_object, holder, UNSIGNED, 1)                     \
	F(objects, tl_object, senders, SERIAL_LOW, TL_ABI_USERS)       \
	F(objects, tl_object, receivers, SERIAL_LOW, TL_ABI_USERS)     \
	F(objects, tl_object, serial, SERIAL, 1)                       \
	F(objects, tl_object, created, STAMP, 1)                       \
	F(objects, tl_object, creator, SERIAL_LOW, 1)                  \
	F(objects, tl_object, site, UNSIGNED, 1)                       \
	F(objects, tl_object, inside, UNSIGNED, 1)                     \
	F(objects, tl_object, name, TEXT, 1)                           \
	F(selects, tl_select, object, UNSIGNED, 1)                     \
	F(selects, tl_select, operation, UNSIGNED, 1)                  \
	F(selects, tl_select, last, UNSIGNED, 1)                       \
	F(selects, tl_select, owner, LINK, 1)                          \
	F(selects, tl_select, ticket, UNSIGNED, 1)                     \
	F(sites, tl_site, address, ADDRESS, 1)                         \
	F(sites, tl_site, scheduler, UNSIGNED, 1)                      \
	F(sites, tl_site, kind, UNSIGNED, 1)                           \
	F(sites, tl_site, spawned, UNSIGNED, 1)                        \
	F(sites, tl_site, ended, UNSIGNED, 1)                          \
	F(sites, tl_site, run, DURATION, 1)                            \
	F(sites, tl_site, ready, DURATION, 1)                          \
	F(sites, tl_site, waited, DURATION, TL_ABI_WAIT_KINDS)         \
	F(runtimes, tl_runtime, name, TEXT, 1)                         \
	F(runtimes, tl_runtime, version, TEXT, 1)                      \
	F(runtimes, tl_runtime, capabilities, UNSIGNED, 1)             \
	F(runtimes, tl_runtime, layout, UNSIGNED, 1)                   \
	F(runtimes, tl_runtime, entry_low, ADDRESS, 1)                 \
	F(runtimes, tl_runtime, entry_high, ADDRESS, 1)                \
	F(runtimes, tl_runtime, code_low, ADDRESS, 1)                  \
	F(runtimes, tl_runtime, code_high, ADDRESS, 1)                 \
	F(layouts, tl_layout, machine, UNSIGNED, 1)                    \
	F(layouts, tl_layout, transform, UNSIGNED, 1)                  \
	F(layouts, tl_layout, resume, ADDRESS, 1)                      \
	F(layouts, tl_layout, pc_offset, SIGNED, 1)                    \
	F(layouts, tl_layout, sp_offset, SIGNED, 1)                    \
	F(layouts, tl_layout, register_count, UNSIGNED, 1)             \
	F(layouts, tl_layout, registers, UNSIGNED, TL_ABI_LAYOUT_REGISTERS) /* dwarf | offset << 16 */ \
	F(slabs, tl_slab, base, ADDRESS, 1)                            \
	F(slabs, tl_slab, stride, UNSIGNED, 1)                         \
	F(slabs, tl_slab, guard_bytes, UNSIGNED, 1)                    \
	F(slabs, tl_slab, count, UNSIGNED, 1)                          \
	F(slabs, tl_slab, guard, UNSIGNED, 1)                          \
	F(rings, tl_event_record, stamp, STAMP, 1)                     \
	F(rings, tl_event_record, event, UNSIGNED, 1)                  \
	F(rings, tl_event_record, flags, UNSIGNED, 1)                  \
	F(rings, tl_event_record, tasklet, SERIAL_LOW, 1)              \
	F(rings, tl_event_record, a, UNSIGNED, 1)                      \
	F(rings, tl_event_record, b, UNSIGNED, 1)                      \
	F(rare_rings, tl_event_record, stamp, STAMP, 1)                \
	F(rare_rings, tl_event_record, event, UNSIGNED, 1)             \
	F(rare_rings, tl_event_record, flags, UNSIGNED, 1)             \
	F(rare_rings, tl_event_record, tasklet, SERIAL_LOW, 1)         \
	F(rare_rings, tl_event_record, a, UNSIGNED, 1)                 \
	F(rare_rings, tl_event_record, b, UNSIGNED, 1)

#endif /* TL_TRACE_ABI_H */
