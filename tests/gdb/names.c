/* SPDX-License-Identifier: MIT */
/* names.c: names that would do harm in a terminal. */
#include <tasklet.h>

#include "look.h"

static int wait_for_ever(void *channel)
{
	return tl_channel_receive(channel, NULL);
}

int main(void)
{
	static const char *const names[] = {
		"plain", "\033[2J\033]0;title\007", "C1 \302\23331m", "broken \377\300\200 \342\202",
		"right \342\200\256to left", "caf\303\251 \346\227\245\346\234\254", "100% %s %n",
		"a name that is longer than what the record has room for, and continues elsewhere",
		"two\nlines\tand \"quotes\"",
	};
	struct tl_channel *channel;

	check(tl_channel_create("\033[31mred\033[m channel", 0, 0, &channel), "channel");
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		check(tl_spawn(wait_for_ever, channel,
			       &(struct tl_options){.name = names[i], .group = "\033[7mgroup"}, NULL), "spawn");
	check(tl_run(), "run");
	look();
	printf("balance %d\n", tl_channel_balance(channel));
	return 0;
}
