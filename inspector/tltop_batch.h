/* SPDX-License-Identifier: MIT */
/* tltop_batch.h: tltop without a terminal: the same screens as text, or JSON lines. */
#ifndef INSPECTOR_TLTOP_BATCH_H
#define INSPECTOR_TLTOP_BATCH_H

#include "tltop_options.h"
#include "view/viewer.h"

/* From now on, to end by a signal, or because nobody reads any more, is to end as otherwise: a
 * command that was started ends with us. */
void batch_end_in_order(void);
bool batch_is_told_to_end(void);
/* The viewer has had its first look. */
enum tltop_status tltop_batch(struct viewer *viewer, const struct tltop_options *options,
			      struct problem *problem);

#endif
