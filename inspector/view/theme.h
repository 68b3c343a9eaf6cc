/* SPDX-License-Identifier: MIT */
/*
 * theme.h: what each role of grid.h looks like.  Knows no terminal: terminal.c turns styles into
 * attributes.  Colour never says anything alone: every state also has its letter or word.
 */
#ifndef VIEW_THEME_H
#define VIEW_THEME_H

#include "grid.h"

enum { STYLE_BOLD = 1, STYLE_DIM = 2, STYLE_REVERSE = 4, STYLE_UNDERLINE = 8 };

/* Colours are those of the terminal's palette; -1 is its own foreground or background.  `few`
 * stands in where there are fewer than 256 (or 16) of them. */
struct style {
	short foreground, background;
	short few_foreground, few_background;
	unsigned attributes;
};

struct theme {
	const char *name, *about;
	bool has_colours;
	struct style styles[ROLE_COUNT];
};

/* By name (a unique beginning will do); NULL: there is none. */
const struct theme *theme_by_name(const char *name);
/* The one to use when none was asked for: mono when NO_COLOR is set and not empty. */
const struct theme *theme_default(void);
/* All of them; the one after the last has no name. */
const struct theme *theme_list(void);

#endif
