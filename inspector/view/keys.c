/* SPDX-License-Identifier: MIT */
/*
 * keys.c: the table of keys.  Order matters twice: the last line of a screen shows its labels in
 * this order, and help lists the rows in this order.  h j k l move and nothing else.
 */
#include "keys.h"

#include <stdio.h>
#include <string.h>

#define ON_LISTS (ON_PROCESSES | ON_TASKS | ON_CHANNELS)
#define K(name)	 KEYCODE_##name

/* clang-format off */
static const struct binding table[] = {
	{ACTION_HELP, ON_ALL, {'?', K(F1)}, "Help", "help for this screen, then for all of them"},

	/* lists */
	{ACTION_SEARCH, ON_LISTS | ON_WAITS, {'/', K(F3)}, "Search",
	 "search: go to the next row that has the text, and stay with it"},
	{ACTION_SEARCH_NEXT, ON_LISTS | ON_WAITS, {'n'}, NULL, "the next row found"},
	{ACTION_SEARCH_PREVIOUS, ON_LISTS | ON_WAITS, {'N'}, NULL, "the one before"},
	{ACTION_FILTER, ON_LISTS | ON_WAITS, {'\\', K(F4)}, "Filter",
	 "filter: show only matching rows (an empty line: all)"},
	{ACTION_SORT_LEFT, ON_LISTS, {'<'}, NULL, "sort by the column to the left"},
	{ACTION_SORT_RIGHT, ON_LISTS, {'>'}, "Sort", "sort by the column to the right"},
	{ACTION_SORT_MENU, ON_LISTS, {K(F6)}, NULL, "choose the column to sort by"},
	{ACTION_INVERT, ON_LISTS, {'I'}, NULL, "sort the other way round"},
	{ACTION_COLUMNS, ON_LISTS, {'c'}, NULL, "choose the columns"},
	{ACTION_TREE, ON_TASKS, {'t', K(F5)}, "Tree", "tree of who spawned whom"},
	{ACTION_GROUP, ON_TASKS, {'u'}, "Group",
	 "group: none, by state, spawn site, what they wait for, same stack"},
	{ACTION_FOLLOW, ON_TASKS, {'F'}, "Follow",
	 "follow this tasklet wherever the order takes it"},
	{ACTION_TAG, ON_TASKS, {K(SPACE)}, NULL, "tag this tasklet"},
	{ACTION_UNTAG, ON_TASKS, {'U'}, NULL, "untag all"},
	{ACTION_HIDE_FINISHED, ON_TASKS, {'H'}, NULL, "hide tasklets that have ended"},
	{ACTION_WARNING, ON_TASKS, {'!'}, NULL, "go to the next warning; Enter there opens it"},

	/* opening, and from one thing to another */
	{ACTION_OPEN, ON_PROCESSES, {K(ENTER)}, "Open", "look at this process"},
	{ACTION_OPEN, ON_TASKS, {K(ENTER)}, "Open", "open: the tasklet, the group, the warning"},
	{ACTION_OPEN, ON_TASK, {K(ENTER)}, NULL, "this frame in the editor"},
	{ACTION_OPEN, ON_CHANNELS, {K(ENTER)}, "Waiters",
	 "go down to who waits there; again: that tasklet"},
	{ACTION_OPEN, ON_WAITS, {K(ENTER)}, "Task", "the tasklet of this line"},
	{ACTION_HOLDER, ON_TASKS | ON_TASK, {'w'}, "Holder",
	 "go to what it waits for: the holder, the channel"},
	{ACTION_HOLDER, ON_WAITS, {'w'}, "Next edge",
	 "walk on along the chain: whom this one waits for"},
	{ACTION_RETURN, ON_ALL & ~ON_PROCESSES, {K(BACKSPACE)}, NULL,
	 "return to where w or Enter came from"},
	{ACTION_FOLD, ON_TASKS | ON_WAITS, {'-'}, NULL, "fold this branch, group or verdict"},
	{ACTION_UNFOLD, ON_TASKS | ON_WAITS, {'+', '='}, "Unfold", "unfold it"},
	{ACTION_FOLD_ALL, ON_TASKS | ON_WAITS, {'*'}, NULL, "fold or unfold all"},
	{ACTION_ALL_WAITS, ON_WAITS, {'a'}, "All", "all waits, or only trouble"},
	{ACTION_STUCK, ON_CHANNELS, {'x'}, "Stuck",
	 "only those where somebody has waited over a second and nothing moved"},
	{ACTION_SENDERS, ON_CHANNELS, {'s'}, "Senders",
	 "who sends: waiting, oldest first, and known"},
	{ACTION_RECEIVERS, ON_CHANNELS, {'r'}, "Receivers", "who receives"},
	{ACTION_LOCKS, ON_CHANNELS, {'o'}, "Locks", "show locks too, or channels only"},
	{ACTION_EDITOR, ON_TASKS | ON_TASK | ON_WAITS, {'e'}, "Editor",
	 "open the place in $EDITOR: the frame, or where it waits"},
	{ACTION_NEXT_TASK, ON_TASK, {'>'}, "Next", "the next tasklet in the order of the list"},
	{ACTION_PREVIOUS_TASK, ON_TASK, {'<'}, "Previous", "the one before"},

	/* moving */
	{ACTION_UP, ON_ALL, {K(UP), 'k'}, NULL, "move up"},
	{ACTION_DOWN, ON_ALL, {K(DOWN), 'j'}, NULL, "move down"},
	{ACTION_LEFT, ON_ALL, {K(LEFT), 'h'}, NULL, "show what is to the left"},
	{ACTION_RIGHT, ON_ALL, {K(RIGHT), 'l'}, NULL, "show what is to the right"},
	{ACTION_PAGE_UP, ON_ALL, {K(PAGE_UP), CONTROL('B')}, NULL, "a page up"},
	{ACTION_PAGE_DOWN, ON_ALL, {K(PAGE_DOWN), CONTROL('F')}, NULL, "a page down"},
	{ACTION_HALF_UP, ON_ALL, {CONTROL('U')}, NULL, "half a page up"},
	{ACTION_HALF_DOWN, ON_ALL, {CONTROL('D')}, NULL, "half a page down"},
	{ACTION_TOP, ON_ALL, {'g', K(HOME)}, NULL, "to the top"},
	{ACTION_BOTTOM, ON_ALL, {'G', K(END)}, NULL, "to the bottom"},

	/* everywhere */
	{ACTION_SCREEN_PROCESSES, ON_ALL, {'0'}, NULL, "the processes that can be looked at"},
	{ACTION_SCREEN_TASKS, ON_ALL & ~ON_PROCESSES, {'1'}, NULL, "all tasklets"},
	{ACTION_SCREEN_TASK, ON_ALL & ~ON_PROCESSES, {'2'}, NULL, "one tasklet"},
	{ACTION_SCREEN_CHANNELS, ON_ALL & ~ON_PROCESSES, {'3'}, NULL, "channels"},
	{ACTION_SCREEN_WAITS, ON_ALL & ~ON_PROCESSES, {'4'}, NULL, "who waits for whom, deadlocks"},
	{ACTION_SCREEN_NEXT, ON_ALL & ~ON_PROCESSES, {K(TAB)}, NULL, "the next screen"},
	{ACTION_SCREEN_PREVIOUS, ON_ALL & ~ON_PROCESSES, {K(BACK_TAB)}, NULL, "the screen before"},
	{ACTION_PAUSE, ON_ALL & ~ON_PROCESSES, {'p', 'Z'}, "Pause",
	 "hold this picture; the program goes on"},
	{ACTION_INTERVAL, ON_ALL, {'d'}, NULL, "seconds from one look to the next"},
	{ACTION_PRINT, ON_ALL, {'P'}, NULL, "write this screen to a text file"},
	{ACTION_REDRAW, ON_ALL, {CONTROL('L')}, NULL, "draw the screen again"},
	{ACTION_SUSPEND, ON_ALL, {CONTROL('Z')}, NULL, "suspend tltop; fg brings it back"},
	{ACTION_BACK, ON_TASK | ON_CHANNELS | ON_WAITS, {K(ESCAPE)}, "Back",
	 "one screen back; never quits"},
	{ACTION_BACK, ON_TASKS | ON_PROCESSES, {K(ESCAPE)}, NULL,
	 "leave a warning, a search, a filter"},
	{ACTION_QUIT_OR_BACK, ON_TASK | ON_CHANNELS | ON_WAITS, {'q'}, NULL, "one screen back"},
	{ACTION_QUIT_OR_BACK, ON_TASKS | ON_PROCESSES, {'q'}, "Quit", "quit"},
	{ACTION_QUIT, ON_ALL, {K(F10), CONTROL('C')}, NULL, "quit at once"},
	{ACTION_NONE, 0, {0}, NULL, NULL},
};
/* clang-format on */

static const struct {
	uint32_t key;
	const char *name;
} names[] = {
#define ROW(n, s) {KEYCODE_##n, s},
	VIEW_KEYS(ROW)
#undef ROW
};

const struct binding *keys_table(void)
{
	return table;
}

enum action keys_action(enum screen_id screen, uint32_t key)
{
	if (key == ' ')
		key = KEYCODE_SPACE;
	for (const struct binding *binding = table; binding->action; binding++) {
		if (!(binding->screens & 1u << screen))
			continue;
		for (int i = 0; i < 4 && binding->keys[i]; i++)
			if (binding->keys[i] == key)
				return binding->action;
	}
	return ACTION_NONE;
}

const char *keycode_name(uint32_t key, char buffer[16])
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].key == key)
			return names[i].name;
	if (key < 0x20)
		snprintf(buffer, 16, "Ctrl-%c", (char)(key + '@'));
	else
		snprintf(buffer, 16, "%c", key < 0x7f ? (char)key : '?');
	return buffer;
}

uint32_t keycode_parse(const char *name)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i].name, name) == 0)
			return names[i].key;
	if (strncmp(name, "Ctrl-", 5) == 0 && name[5] && !name[6])
		return CONTROL((uint32_t)name[5]);
	return name[0] && !name[1] ? (unsigned char)name[0] : 0;
}
