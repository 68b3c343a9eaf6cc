/* SPDX-License-Identifier: MIT */
/*
 * switch.h: what changes stacks, one implementation a processor.  Callee-saved registers and errno
 * are kept; mxcsr, the x87 control word and the signal mask are not.  The CFI is right at every
 * instruction, so that any unwinder can walk a parked stack from tl_switch_resume with sp =
 * record->sp.
 *
 * A parked stack, x86-64, from the saved sp upwards:
 *
 *   sp + 0   errno (low 32 bits)
 *      + 8   r15  r14  r13  r12  rbx  rbp
 *      + 56  return address of the call that switched
 *      + 64  the frame of that call
 */
#ifndef TL_ARCH_SWITCH_H
#define TL_ARCH_SWITCH_H

#include "../trace/abi.h"

#ifndef TL_HIDDEN
#define TL_HIDDEN __attribute__((visibility("hidden")))
#endif

/* Park `from` and go on with `to`, whose own call of this returns `value`.  Of both it uses counter
 * and sp alone. */
TL_HIDDEN int tl_switch(struct tl_record *from, struct tl_record *to, int *errno_address, int value);

/* Leave the current stack for good. */
TL_HIDDEN __attribute__((noreturn)) void tl_go(struct tl_record *to, int *errno_address, int value);

/* Park `from` and call fn(arg) on the fresh stack that ends at `top` (a multiple of 16), then
 * task_exit() with its result. */
TL_HIDDEN int tl_start(struct tl_record *from, struct tl_record *to, void *top, int *errno_address,
		       int (*fn)(void *), void *arg);

/* The same, leaving the current stack for good. */
TL_HIDDEN __attribute__((noreturn)) void tl_start_go(void *unused, struct tl_record *to, void *top,
						     int *errno_address, int (*fn)(void *),
						     void *arg);

/* Where every parked tasklet goes on, and the code in which every backtrace of one ends. */
extern __attribute__((visibility("protected"))) char tl_switch_resume[], tl_entry[];
extern TL_HIDDEN char tl_entry_end[];

/* In core/end.c: the end of a tasklet, on its own stack, which began at `top`. */
TL_HIDDEN __attribute__((noreturn)) void task_exit(int result, void *top);

enum {
	ARCH_MACHINE = 62, /* EM_X86_64 of elf.h */
	ARCH_PC_OFFSET = 56,
	ARCH_SP_OFFSET = 64,
};

/* DWARF register numbers (System V ABI, AMD64 supplement, figure 3.36) and their place from the
 * saved sp. */
#define ARCH_SAVED_REGISTERS(X) X(15, 8) X(14, 16) X(13, 24) X(12, 32) X(3, 40) X(6, 48)

#endif
