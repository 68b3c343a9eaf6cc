/* SPDX-License-Identifier: MIT */
/* tltop_options.c: what the command line says, checked; a complaint names the option and what it
 * wants. */
#include "tltop_options.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view/viewer.h"

#ifndef TASKLET_VERSION
#define TASKLET_VERSION "unknown"
#endif

enum {
	OPTION_SCREEN = 256,
	OPTION_JSON,
	OPTION_CHECK,
	OPTION_ASCII,
	OPTION_NO_MOUSE,
	OPTION_THEME,
	OPTION_GROUP,
	OPTION_VERSION
};

static void print_help(void)
{
	printf("Usage: tltop [OPTION...] [PID | CORE | -- COMMAND [ARGUMENT...]]\n"
	       "Look at the tasklets of a running program; without an argument, choose it from a "
	       "list.\n"
	       "\n"
	       "  -b, --batch          print plain text instead of a live screen\n"
	       "  -n, --count COUNT    with -b: how many times (until the program ends)\n"
	       "  -d, --delay SECONDS  from one look to the next (0.5)\n"
	       "  --screen NAME        processes, tasks, task, channels or waits\n"
	       "  -F, --filter FILTER  only what matches, as 'state:L age>1s name~conn "
	       "!spawn:accept.c'\n"
	       "  --group KEY          none, state, site, object or stack: equal ones in one row\n"
	       "  --json               like -b, one JSON object a line\n"
	       "  --check              exit with 3 if there is a deadlock\n"
	       "  --ascii              no line drawing, no UTF-8\n"
	       "  --no-mouse           leave the mouse to the terminal\n"
	       "  --theme NAME         ");
	for (const struct theme *theme = theme_list(); theme->name; theme++)
		printf("%s%s", theme == theme_list() ? "" : ", ", theme->name);
	printf("\n"
	       "  -h, --help           this text\n"
	       "  --version            the version\n"
	       "\n"
	       "Press ? for the keys.  Exit status: 0 shown, 1 could not, 2 bad usage, 3 see "
	       "--check.\n");
}

__attribute__((format(printf, 1, 2))) static enum tltop_status complain(const char *format, ...)
{
	va_list arguments;

	fputs("tltop: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputs(" (--help lists the options)\n", stderr);
	return TLTOP_USAGE;
}

static enum tltop_status take_delay(struct tltop_options *options, const char *text)
{
	char *end;
	double seconds = strtod(text, &end);

	if (end == text || *end || !isfinite(seconds) || seconds < 0.01 || seconds > 3600)
		return complain("-d %s: want seconds, 0.01 to 3600", text);
	options->interval_ns = (uint64_t)(seconds * 1e9);
	return TLTOP_SHOWN;
}

static enum tltop_status take_count(struct tltop_options *options, const char *text)
{
	char *end;

	errno = 0;
	options->count = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || !options->count)
		return complain("-n %s: want a number from 1 on", text);
	return TLTOP_SHOWN;
}

static enum tltop_status take_screen(struct tltop_options *options, const char *text)
{
	options->screen = screen_by_word(text);
	options->has_screen = true;
	if (options->screen == SCREEN_COUNT)
		return complain("--screen %s: want processes, tasks, task, channels or waits",
				text);
	return TLTOP_SHOWN;
}

static enum tltop_status take_theme(struct tltop_options *options, const char *text)
{
	char names[128] = "";

	options->theme = theme_by_name(text);
	if (options->theme)
		return TLTOP_SHOWN;
	for (const struct theme *theme = theme_list(); theme->name; theme++)
		snprintf(names + strlen(names), sizeof(names) - strlen(names), " %s", theme->name);
	return complain("--theme %s: there are%s", text, names);
}

static enum tltop_status take_group(struct tltop_options *options, const char *text)
{
	static const char *const words[GROUP_KEY_COUNT] = {
		[GROUP_NONE] = "none",	   [GROUP_STATE] = "state", [GROUP_SPAWN] = "site",
		[GROUP_OBJECT] = "object", [GROUP_STACK] = "stack",
	};

	for (int i = 0; i < GROUP_KEY_COUNT; i++)
		if (!strcmp(text, words[i])) {
			options->group = (enum group_key)i;
			return TLTOP_SHOWN;
		}
	return complain("--group %s: want none, state, site, object or stack", text);
}

static enum tltop_status take_option(struct tltop_options *options, int option, bool *done)
{
	switch (option) {
	case 'b': options->is_batch = true; return TLTOP_SHOWN;
	case 'n': return take_count(options, optarg);
	case 'd': return take_delay(options, optarg);
	case 'F': options->filter = optarg; return TLTOP_SHOWN;
	case 'h':
		print_help();
		*done = true;
		return TLTOP_SHOWN;
	case OPTION_SCREEN: return take_screen(options, optarg);
	case OPTION_JSON: options->is_json = options->is_batch = true; return TLTOP_SHOWN;
	case OPTION_CHECK: options->is_check = true; return TLTOP_SHOWN;
	case OPTION_ASCII: options->is_ascii = true; return TLTOP_SHOWN;
	case OPTION_NO_MOUSE: options->no_mouse = true; return TLTOP_SHOWN;
	case OPTION_THEME: return take_theme(options, optarg);
	case OPTION_GROUP: return take_group(options, optarg);
	case OPTION_VERSION:
		printf("tltop %s\n", TASKLET_VERSION);
		*done = true;
		return TLTOP_SHOWN;
	default: return TLTOP_USAGE; /* getopt has complained */
	}
}

static enum tltop_status take_rest(struct tltop_options *options, int argc, char **argv)
{
	bool is_command = optind > 1 && strcmp(argv[optind - 1], "--") == 0;

	if (is_command && optind == argc)
		return complain("-- wants a command to start");
	if (is_command)
		options->command = argv + optind;
	else if (argc - optind > 1)
		return complain("one process at a time: %s, or -- before a command", argv[optind]);
	else if (optind < argc)
		options->target = argv[optind];
	if (!options->target && !options->command && options->has_screen &&
	    options->screen != SCREEN_PROCESSES)
		return complain("--screen wants a process to show (tltop alone lists them)");
	return TLTOP_SHOWN;
}

enum tltop_status tltop_options_parse(int argc, char **argv, struct tltop_options *ret, bool *done)
{
	static const struct option names[] = {
		{"batch", no_argument, NULL, 'b'},
		{"count", required_argument, NULL, 'n'},
		{"delay", required_argument, NULL, 'd'},
		{"filter", required_argument, NULL, 'F'},
		{"screen", required_argument, NULL, OPTION_SCREEN},
		{"json", no_argument, NULL, OPTION_JSON},
		{"check", no_argument, NULL, OPTION_CHECK},
		{"ascii", no_argument, NULL, OPTION_ASCII},
		{"no-mouse", no_argument, NULL, OPTION_NO_MOUSE},
		{"theme", required_argument, NULL, OPTION_THEME},
		{"group", required_argument, NULL, OPTION_GROUP},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, OPTION_VERSION},
		{NULL, 0, NULL, 0},
	};
	enum tltop_status status = TLTOP_SHOWN;

	*ret = (struct tltop_options){.interval_ns = 500000000, .theme = theme_default()};
	*done = false;
	/* '+': what comes after the process or the command is not ours */
	for (int option; !status && !*done &&
			 (option = getopt_long(argc, argv, "+bn:d:F:h", names, NULL)) != -1;)
		status = take_option(ret, option, done);
	if (!status && !*done)
		status = take_rest(ret, argc, argv);
	if (!ret->has_screen)
		ret->screen = ret->target || ret->command ? SCREEN_TASKS : SCREEN_PROCESSES;
	return status;
}
