/* SPDX-License-Identifier: MIT */
/* tltop_live.h: tltop on a terminal. */
#ifndef INSPECTOR_TLTOP_LIVE_H
#define INSPECTOR_TLTOP_LIVE_H

#include "tltop_launch.h"
#include "tltop_options.h"
#include "view/viewer.h"

/* Until the person quits or a signal comes.  `launch` may be NULL. */
enum tltop_status tltop_live(struct viewer *viewer, const struct tltop_options *options,
			     struct launch *launch, struct problem *problem);

#endif
