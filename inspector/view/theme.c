/* SPDX-License-Identifier: MIT */
/*
 * theme.c: the themes.  A theme is a row for each role; to add one, add a table.  `blue-orange`
 * keeps apart what red-green blindness confuses; `contrast` uses no dim and no dark colours.
 */
#include "theme.h"

#include <stdlib.h>
#include <string.h>

#define PLAIN                                                                                      \
	{                                                                                          \
		-1, -1, -1, -1, 0                                                                  \
	}
#define COLOUR(c, few, attributes)                                                                 \
	{                                                                                          \
		c, -1, few, -1, attributes                                                         \
	}

/* clang-format off */
static const struct theme themes[] = {
	{"default", "16 colours", true, {
		[ROLE_NORMAL] = PLAIN,
		[ROLE_DIM] = COLOUR(8, -1, 0),
		[ROLE_HEADER] = COLOUR(-1, -1, STYLE_BOLD),
		[ROLE_SELECTED] = {0, 6, 0, 6, 0},
		[ROLE_GOOD] = COLOUR(2, 2, 0),
		[ROLE_WARN] = COLOUR(3, 3, STYLE_BOLD),
		[ROLE_BAD] = COLOUR(1, 1, STYLE_BOLD),
		[ROLE_RUN] = COLOUR(2, 2, STYLE_BOLD),
		[ROLE_READY] = COLOUR(3, 3, 0),
		[ROLE_WAIT] = COLOUR(6, 6, 0),
	}},
	{"mono", "attributes only", false, {
		[ROLE_NORMAL] = PLAIN,
		[ROLE_DIM] = COLOUR(-1, -1, STYLE_DIM),
		[ROLE_HEADER] = COLOUR(-1, -1, STYLE_BOLD),
		[ROLE_SELECTED] = COLOUR(-1, -1, STYLE_REVERSE),
		[ROLE_GOOD] = PLAIN,
		[ROLE_WARN] = COLOUR(-1, -1, STYLE_BOLD),
		[ROLE_BAD] = COLOUR(-1, -1, STYLE_BOLD | STYLE_UNDERLINE),
		[ROLE_RUN] = COLOUR(-1, -1, STYLE_BOLD),
		[ROLE_READY] = PLAIN,
		[ROLE_WAIT] = PLAIN,
	}},
	{"blue-orange", "for red-green blindness", true, {
		[ROLE_NORMAL] = PLAIN,
		[ROLE_DIM] = COLOUR(8, -1, 0),
		[ROLE_HEADER] = COLOUR(-1, -1, STYLE_BOLD),
		[ROLE_SELECTED] = {0, 75, 7, 4, 0},
		[ROLE_GOOD] = COLOUR(75, 6, 0),
		[ROLE_WARN] = COLOUR(214, 3, 0),
		[ROLE_BAD] = {16, 214, 0, 3, STYLE_BOLD},
		[ROLE_RUN] = COLOUR(75, 6, STYLE_BOLD),
		[ROLE_READY] = COLOUR(222, 3, 0),
		[ROLE_WAIT] = COLOUR(111, 4, 0),
	}},
	{"contrast", "high contrast", true, {
		[ROLE_NORMAL] = {15, 0, 7, 0, 0},
		[ROLE_DIM] = {15, 0, 7, 0, 0},
		[ROLE_HEADER] = {15, 0, 7, 0, STYLE_BOLD | STYLE_UNDERLINE},
		[ROLE_SELECTED] = {0, 11, 0, 3, STYLE_BOLD},
		[ROLE_GOOD] = {10, 0, 2, 0, STYLE_BOLD},
		[ROLE_WARN] = {11, 0, 3, 0, STYLE_BOLD},
		[ROLE_BAD] = {15, 1, 7, 1, STYLE_BOLD},
		[ROLE_RUN] = {10, 0, 2, 0, STYLE_BOLD},
		[ROLE_READY] = {11, 0, 3, 0, 0},
		[ROLE_WAIT] = {14, 0, 6, 0, 0},
	}},
	{0},
};
/* clang-format on */

const struct theme *theme_by_name(const char *name)
{
	const struct theme *found = NULL;
	size_t length = strlen(name);

	for (const struct theme *theme = themes; length && theme->name; theme++) {
		if (strncmp(theme->name, name, length) != 0)
			continue;
		if (found)
			return NULL;
		found = theme;
	}
	return found;
}

const struct theme *theme_default(void)
{
	const char *no_colour = getenv("NO_COLOR");

	return theme_by_name(no_colour && *no_colour ? "mono" : "default");
}

const struct theme *theme_list(void)
{
	return themes;
}
