/* SPDX-License-Identifier: MIT */
/*
 * switch.h: the switch as the careful paths make it: with the annotations that AddressSanitizer,
 * ThreadSanitizer and valgrind need, in the builds for them; else plain tl_switch() and its like.
 */
#ifndef TL_CORE_SWITCH_H
#define TL_CORE_SWITCH_H

#include "scheduler.h"
#include "stack.h"

TL_HIDDEN int careful_switch(struct scheduler *s, struct tl_record *c, struct tl_record *n,
			     int value);
TL_HIDDEN int careful_start(struct scheduler *s, struct tl_record *c, struct tl_record *n,
			    void *top, tl_fn fn, void *arg);
TL_HIDDEN __attribute__((noreturn)) void careful_go(struct scheduler *s, struct tl_record *n,
						    int value);
TL_HIDDEN __attribute__((noreturn)) void careful_start_go(struct scheduler *s, struct tl_record *n,
							  void *top, tl_fn fn, void *arg);

#endif
