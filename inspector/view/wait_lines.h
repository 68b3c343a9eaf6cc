/* SPDX-License-Identifier: MIT */
/* wait_lines.h: the lines of the screen of waits. */
#ifndef VIEW_WAIT_LINES_H
#define VIEW_WAIT_LINES_H

#include "viewer.h"

void wait_lines_make(struct viewer *viewer);
/* What a line is about, the same from look to look: its kind, its verdict or object, its tasklet.
 */
uint64_t wait_line_key(const struct viewer *viewer, const struct wait_line *line);

#endif
