/* SPDX-License-Identifier: MIT */
/* prompt.h: a line of text that is being typed: a search, a filter, an interval; or a question of
 * one key. */
#ifndef VIEW_PROMPT_H
#define VIEW_PROMPT_H

#include <stddef.h>

#include "grid.h"
#include "keys.h"

enum prompt_kind { PROMPT_NONE, PROMPT_SEARCH, PROMPT_FILTER, PROMPT_INTERVAL, PROMPT_QUIT };
enum prompt_result { PROMPT_GOES_ON, PROMPT_CHANGED, PROMPT_DONE, PROMPT_CANCELLED };

enum { PROMPT_BYTES = 200 };

struct prompt {
	enum prompt_kind kind;
	char label[160];	 /* "Search: " */
	char text[PROMPT_BYTES]; /* UTF-8 */
	size_t at;		 /* the cursor, in bytes */
	char error[200];	 /* why it was not taken; "" */
};

void prompt_start(struct prompt *prompt, enum prompt_kind kind, const char *label,
		  const char *text);
enum prompt_result prompt_key(struct prompt *prompt, uint32_t key);
void prompt_draw(const struct prompt *prompt, struct grid *grid, int row);

#endif
