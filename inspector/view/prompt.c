/* SPDX-License-Identifier: MIT */
/* prompt.c: editing one line: left, right, Home, End, Backspace, Ctrl-W a word, Ctrl-U all of it.
 */
#include "prompt.h"

#include <stdio.h>
#include <string.h>

void prompt_start(struct prompt *prompt, enum prompt_kind kind, const char *label, const char *text)
{
	*prompt = (struct prompt){.kind = kind};
	snprintf(prompt->label, sizeof(prompt->label), "%s", label);
	snprintf(prompt->text, sizeof(prompt->text), "%s", text);
	prompt->at = strlen(prompt->text);
}

static size_t before(const struct prompt *prompt, size_t at)
{
	while (at > 0 && ((unsigned char)prompt->text[--at] & 0xc0) == 0x80)
		;
	return at;
}

static size_t after(const struct prompt *prompt, size_t at)
{
	const char *text = prompt->text + at;

	text_next(&text);
	return (size_t)(text - prompt->text);
}

static enum prompt_result cut(struct prompt *prompt, size_t from, size_t to)
{
	if (from == to)
		return PROMPT_GOES_ON;
	memmove(prompt->text + from, prompt->text + to, strlen(prompt->text + to) + 1);
	prompt->at = from;
	return PROMPT_CHANGED;
}

static enum prompt_result cut_word(struct prompt *prompt)
{
	size_t from = prompt->at;

	while (from > 0 && prompt->text[from - 1] == ' ')
		from--;
	while (from > 0 && prompt->text[from - 1] != ' ')
		from--;
	return cut(prompt, from, prompt->at);
}

static enum prompt_result insert(struct prompt *prompt, uint32_t key)
{
	char bytes[4];

	if (key == KEYCODE_SPACE)
		key = ' ';
	if (key < ' ' || key == 0x7f || key >= KEYCODE_FIRST)
		return PROMPT_GOES_ON;
	size_t count = text_encode(key, bytes), length = strlen(prompt->text);
	if (length + count >= sizeof(prompt->text))
		return PROMPT_GOES_ON;
	memmove(prompt->text + prompt->at + count, prompt->text + prompt->at,
		length - prompt->at + 1);
	memcpy(prompt->text + prompt->at, bytes, count);
	prompt->at += count;
	return PROMPT_CHANGED;
}

enum prompt_result prompt_key(struct prompt *prompt, uint32_t key)
{
	prompt->error[0] = '\0';
	switch (key) {
	case KEYCODE_ENTER: return PROMPT_DONE;
	case KEYCODE_ESCAPE:
	case CONTROL('C'): return PROMPT_CANCELLED;
	case KEYCODE_LEFT: prompt->at = before(prompt, prompt->at); return PROMPT_GOES_ON;
	case KEYCODE_RIGHT: prompt->at = after(prompt, prompt->at); return PROMPT_GOES_ON;
	case KEYCODE_HOME:
	case CONTROL('A'): prompt->at = 0; return PROMPT_GOES_ON;
	case KEYCODE_END:
	case CONTROL('E'): prompt->at = strlen(prompt->text); return PROMPT_GOES_ON;
	case KEYCODE_BACKSPACE: return cut(prompt, before(prompt, prompt->at), prompt->at);
	case KEYCODE_DELETE: return cut(prompt, prompt->at, after(prompt, prompt->at));
	case CONTROL('U'): return cut(prompt, 0, prompt->at);
	case CONTROL('W'): return cut_word(prompt);
	default: return insert(prompt, key);
	}
}

void prompt_draw(const struct prompt *prompt, struct grid *grid, int row)
{
	char before_cursor[PROMPT_BYTES];

	grid_fill(grid, row, ROLE_NORMAL);
	int column = grid_text(grid, row, 1, ROLE_HEADER, prompt->label);
	snprintf(before_cursor, sizeof(before_cursor), "%.*s", (int)prompt->at, prompt->text);
	int cursor = column + grid_text_width(grid->utf8, before_cursor);
	int end = grid_text(grid, row, column, ROLE_NORMAL, prompt->text);
	if (prompt->kind != PROMPT_QUIT && prompt->text[prompt->at] == '\0')
		grid_symbol(grid, row, cursor, ROLE_HEADER, SYMBOL_CURSOR);
	else if (prompt->kind != PROMPT_QUIT && cursor < grid->columns)
		grid->cells[(size_t)row * (size_t)grid->columns + (size_t)cursor].role =
			ROLE_SELECTED;
	if (prompt->error[0])
		grid_text(grid, row, end + 3, ROLE_BAD, prompt->error);
}
