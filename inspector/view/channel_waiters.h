/* SPDX-License-Identifier: MIT */
/* channel_waiters.h: the lines below the list of channels. */
#ifndef VIEW_CHANNEL_WAITERS_H
#define VIEW_CHANNEL_WAITERS_H

#include "viewer.h"

/* Lines anew for the channel under the cursor. */
void waiters_make(struct viewer *viewer);
void waiters_draw(const struct viewer *viewer, struct grid *grid, int at, int index);

#endif
