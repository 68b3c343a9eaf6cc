/* SPDX-License-Identifier: MIT */
/* frame.h: what is round every screen: the program, the counts, the tabs; the status and the keys.
 */
#ifndef VIEW_FRAME_H
#define VIEW_FRAME_H

#include "viewer.h"

struct layout {
	int title, counts, tabs; /* rows; -1: not there */
	int top, bottom;	 /* of the screen itself; bottom is exclusive */
	int status, keys;
	bool is_small;
};

struct layout frame_layout(const struct viewer *viewer);
void frame_draw(const struct viewer *viewer, struct grid *grid, const struct layout *layout);

#endif
