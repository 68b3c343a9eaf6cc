/* SPDX-License-Identifier: MIT */
/* dispatch.h: what dispatch.c, help.c, menu.c and print.c have for each other and for viewer.c. */
#ifndef VIEW_DISPATCH_H
#define VIEW_DISPATCH_H

#include "frame.h"
#include "viewer.h"

/* The list that a moving key moves. */
void move_list(struct list *list, enum action action);

void help_open(struct viewer *viewer);
void help_key(struct viewer *viewer, uint32_t key);
void help_draw(struct viewer *viewer, struct grid *grid);

void menu_open(struct viewer *viewer, enum menu_kind kind);
void menu_key(struct viewer *viewer, uint32_t key);
void menu_click(struct viewer *viewer, int item);
void menu_draw(struct viewer *viewer, struct grid *grid, const struct layout *layout);

/* Write the screen into a new text file; says where. */
void print_screen(struct viewer *viewer);

#endif
