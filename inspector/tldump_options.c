/* SPDX-License-Identifier: MIT */
#include "tldump_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef TASKLET_VERSION
#define TASKLET_VERSION "unknown"
#endif

/* ---- the tables ---- */

#define BIT(verb) (1u << VERB_##verb)
enum { ALL_VERBS = (1u << VERB_COUNT) - 1 };

/* clang-format off: tables */

static const struct {
	const char *word, *arguments, *summary, *about;
} verbs[VERB_COUNT] = {
	[VERB_PS] = {
		"ps", "", "tasklets: state, wait, age, times, where spawned",
		"A row a tasklet.  S is a letter: N new, R running, r ready, P paused, C channel,\n"
		"L lock, I i/o, T timer, J join, U in tl_run(), O offloaded, ? unknown, X ended.\n"
		"A record that changed during every try to read it is shown as torn.\n",
	},
	[VERB_BT] = {
		"bt", " [ID|NAME]...", "backtraces, of all or of these",
		"NAME means all that are called so.\n"
		"A running tasklet has none: its stack is in use.  One that switched during every\n"
		"try to copy its stack is hot.  Equal ones together: --group.\n",
	},
	[VERB_CHANNELS] = {
		"channels", " [NAME]", "channels, or one with all who wait on it",
		"NAME is a channel's name (a shell pattern) or its id; then those who wait are\n"
		"listed in order, and who used it last.\n",
	},
	[VERB_WAITS] = {
		"waits", "", "who waits for whom, then verdicts",
		"Every wait with those who could end it; then deadlocks, orphans and long waits.\n",
	},
	[VERB_CHECK] = {
		"check", "", "deadlocks, with the evidence; exits 3 when there is one",
		"certain  a cycle of holders: nothing but a kill or throw from outside opens it\n"
		"likely   over channels too, whose known users are all stuck in it\n"
		"maybe    nobody was seen who could wake it; this is no deadlock yet\n"
		"Exits 3 for certain and likely.\n",
	},
	[VERB_EVENTS] = {
		"events", " [ID]", "the trace, oldest first, of all or of one",
		"What was overwritten before it could be read is counted in the first line.\n",
	},
};

enum { OPTION_JSON = 256, OPTION_GROUP, OPTION_SORT, OPTION_EXECUTABLE, OPTION_LONG };

static const struct {
	struct option option; /* .val: a short letter, or one of the enum above */
	unsigned verbs;       /* bits of those that know it */
	const char *argument, *about;
} table[] = {
	{{"json", no_argument, NULL, OPTION_JSON}, ALL_VERBS, NULL,
	 "JSON, one object a line; ns and bytes as plain numbers"},
	{{"filter", required_argument, NULL, 'F'}, BIT(PS) | BIT(BT) | BIT(WAITS), "FILTER",
	 "only those that match, as 'state:L age>1s name~conn'"},
	{{"sort", required_argument, NULL, OPTION_SORT}, BIT(PS) | BIT(CHANNELS), "KEY[:up|:down]",
	 "the order of rows"},
	{{"delay", required_argument, NULL, 'd'}, BIT(PS) | BIT(CHANNELS), "SECONDS",
	 "look twice: run% and rates are known then"},
	{{"group", no_argument, NULL, OPTION_GROUP}, BIT(BT), NULL,
	 "equal backtraces once, the largest group first"},
	{{"long", required_argument, NULL, OPTION_LONG}, BIT(WAITS), "SECONDS",
	 "from when on a wait is long (default 1)"},
	{{"number", required_argument, NULL, 'n'}, BIT(EVENTS), "N", "only the newest N"},
	{{"executable", required_argument, NULL, OPTION_EXECUTABLE}, ALL_VERBS, "FILE",
	 "the program of a core, where the core does not lead to it"},
	{{"help", no_argument, NULL, 'h'}, ALL_VERBS, NULL, "this help; with a verb, the verb's"},
	{{"version", no_argument, NULL, 'V'}, ALL_VERBS, NULL, "print the version"},
};

/* clang-format on */

enum { OPTION_COUNT = sizeof table / sizeof *table };

/* ---- help ---- */

static void print_option(size_t index)
{
	char left[64];
	const struct option *option = &table[index].option;
	const bool is_short = option->val < 256;
	snprintf(left, sizeof left, "%c%c%s--%s%s%s", is_short ? '-' : ' ',
		 is_short ? option->val : ' ', is_short ? ", " : "  ", option->name,
		 table[index].argument ? " " : "",
		 table[index].argument ? table[index].argument : "");
	printf("  %-28s %s\n", left, table[index].about);
}

static void print_keys(enum tldump_verb verb)
{
	printf("\nSort keys:");
	for (int i = 0; verb == VERB_PS && i < SORT_TASK_KEY_COUNT; i++)
		printf(" %s", sort_task_word(i));
	for (int i = 0; verb == VERB_CHANNELS && i < SORT_CHANNEL_KEY_COUNT; i++)
		printf(" %s", sort_channel_word(i));
	putchar('\n');
}

static void print_verb_help(enum tldump_verb verb)
{
	printf("usage: tldump %s SOURCE%s [options]\n%s.\n\n%s\nOptions:\n", verbs[verb].word,
	       verbs[verb].arguments, verbs[verb].summary, verbs[verb].about);
	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (table[i].verbs & 1u << verb)
			print_option(i);
	if (verb == VERB_PS || verb == VERB_CHANNELS)
		print_keys(verb);
	if (verb == VERB_PS || verb == VERB_BT || verb == VERB_WAITS)
		printf("\nFilter: words that must all hold; ! before one turns it round.\n"
		       "  state:L,C age>1s run<=20ms switches>1k name~conn name:conn-? "
		       "spawn:accept.c:33\n"
		       "  is:deadline id:41,57; a word alone: in the name, the group or the wait\n"
		       "  fields: %s\n",
		       filter_fields());
}

static void print_help(void)
{
	printf("usage: tldump VERB SOURCE [options]\n"
	       "Print the tasklets of a process, or of a core.\n"
	       "SOURCE is a process id or the path of a core.\n\nVerbs:\n");
	for (int i = 0; i < VERB_COUNT; i++)
		printf("  %s SOURCE%s%*s%s\n", verbs[i].word, verbs[i].arguments,
		       (int)(24 - strlen(verbs[i].word) - 7 - strlen(verbs[i].arguments)), "",
		       verbs[i].summary);
	printf("\nOptions (tldump VERB --help tells which verb knows which):\n");
	for (size_t i = 0; i < OPTION_COUNT; i++)
		print_option(i);
	printf("\nExit status: 0 shown, 1 could not, 2 bad usage, 3 check found a deadlock.\n");
}

/* ---- parsing ---- */

__attribute__((format(printf, 1, 2))) static enum tldump_status complain(const char *format, ...)
{
	va_list arguments;
	fputs("tldump: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return TLDUMP_USAGE;
}

/* Sort keys and filters mean something only once the verb is known. */
struct raw_options {
	const char *filter, *sort;
	unsigned given; /* bits of `table` */
	bool wants_help, wants_version;
};

static bool read_seconds(const char *text, uint64_t *ret)
{
	enum { MOST = 1000000 };
	char *end;
	const double seconds = strtod(text, &end);
	if (end == text || *end || !(seconds > 0) || seconds > MOST)
		return false;
	*ret = (uint64_t)(seconds * 1e9);
	return true;
}

static bool read_count(const char *text, uint64_t *ret)
{
	char *end;
	errno = 0;
	*ret = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno && *ret;
}

static enum tldump_status read_option(int letter, struct tldump_options *ret,
				      struct raw_options *raw)
{
	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (table[i].option.val == letter)
			raw->given |= 1u << i;
	switch (letter) {
	case OPTION_JSON: ret->is_json = true; break;
	case OPTION_GROUP: ret->is_grouped = true; break;
	case OPTION_SORT: raw->sort = optarg; break;
	case OPTION_EXECUTABLE: ret->executable = optarg; break;
	case 'F': raw->filter = optarg; break;
	case 'h': raw->wants_help = true; break;
	case 'V': raw->wants_version = true; break;
	case 'n':
		if (!read_count(optarg, &ret->newest))
			return complain("-n wants a number above 0, not '%s'", optarg);
		break;
	case 'd':
		if (!read_seconds(optarg, &ret->delay_ns))
			return complain("-d wants seconds above 0, not '%s'", optarg);
		break;
	case OPTION_LONG:
		if (!read_seconds(optarg, &ret->long_ns))
			return complain("--long wants seconds above 0, not '%s'", optarg);
		break;
	default: return TLDUMP_USAGE;
	}
	return TLDUMP_SHOWN;
}

static enum tldump_status read_options(int argc, char **argv, struct tldump_options *ret,
				       struct raw_options *raw)
{
	struct option longs[OPTION_COUNT + 1] = {0};
	int letter;
	for (size_t i = 0; i < OPTION_COUNT; i++)
		longs[i] = table[i].option;
	opterr = 0;
	optind = 1;
	while ((letter = getopt_long(argc, argv, ":F:d:n:hV", longs, NULL)) != -1) {
		if (letter == '?' && optopt && optopt < 256)
			return complain("no option '-%c' (tldump --help)", optopt);
		if (letter == '?')
			return complain("cannot use '%s' (tldump --help)", argv[optind - 1]);
		if (letter == ':')
			return complain("%s wants a value (tldump --help)", argv[optind - 1]);
		const enum tldump_status status = read_option(letter, ret, raw);
		if (status)
			return status;
	}
	return TLDUMP_SHOWN;
}

static bool find_verb(const char *word, enum tldump_verb *ret)
{
	for (int i = 0; i < VERB_COUNT; i++) {
		if (strcmp(word, verbs[i].word) != 0)
			continue;
		*ret = (enum tldump_verb)i;
		return true;
	}
	return false;
}

static enum tldump_status check_arguments(const struct tldump_options *options,
					  const struct raw_options *raw)
{
	const char *verb = verbs[options->verb].word;
	const bool takes_many = options->verb == VERB_BT;
	const bool takes_one = options->verb == VERB_CHANNELS || options->verb == VERB_EVENTS;
	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (raw->given & 1u << i && !(table[i].verbs & 1u << options->verb))
			return complain("%s has no --%s (tldump %s --help)", verb,
					table[i].option.name, verb);
	if (!options->source)
		return complain("%s of what? Want a process id or a core (tldump %s --help)", verb,
				verb);
	if (!takes_many && options->argument_count > takes_one)
		return complain("%s: one too many: '%s' (tldump %s --help)", verb,
				options->arguments[takes_one], verb);
	return TLDUMP_SHOWN;
}

static enum tldump_status read_meanings(struct tldump_options *ret, const struct raw_options *raw)
{
	struct problem problem;
	struct filter_problem wrong;
	if (raw->sort) {
		const int result = ret->verb == VERB_CHANNELS
					   ? sort_parse_channel(raw->sort, &ret->sort, &problem)
					   : sort_parse_task(raw->sort, &ret->sort, &problem);
		if (result)
			return complain("%s", problem.text);
		ret->has_sort = true;
	}
	if (raw->filter && filter_parse(raw->filter, &ret->filter, &wrong))
		return complain("filter '%s', at character %zu: %s", raw->filter, wrong.offset + 1,
				wrong.text);
	const bool is_rate =
		ret->has_sort && ret->verb == VERB_PS &&
		(ret->sort.key == SORT_RUN_PERCENT || ret->sort.key == SORT_SWITCH_RATE);
	const bool is_channel_rate =
		ret->has_sort && ret->verb == VERB_CHANNELS &&
		(ret->sort.key == SORT_CHANNEL_SENT || ret->sort.key == SORT_CHANNEL_RECEIVED);
	if (!ret->delay_ns && (is_rate || is_channel_rate || filter_wants_rates(ret->filter)))
		return complain(ret->verb == VERB_PS || ret->verb == VERB_CHANNELS
					? "rates are known after two looks only: add -d SECONDS"
					: "run%% and switch/s are for ps -d SECONDS");
	return TLDUMP_SHOWN;
}

enum tldump_status tldump_options_parse(int argc, char **argv, struct tldump_options *ret,
					bool *is_done)
{
	enum { DEFAULT_LONG_NS = 1000000000 };
	struct raw_options raw = {0};
	*ret = (struct tldump_options){.long_ns = DEFAULT_LONG_NS};
	*is_done = true;
	enum tldump_status status = read_options(argc, argv, ret, &raw);
	if (status)
		return status;
	if (raw.wants_version) {
		printf("tldump %s\n", TASKLET_VERSION);
		return TLDUMP_SHOWN;
	}
	char **words = argv + optind;
	if (!*words && raw.wants_help) {
		print_help();
		return TLDUMP_SHOWN;
	}
	if (!*words)
		return complain("want a verb: ps bt channels waits check events (tldump --help)");
	if (!find_verb(*words, &ret->verb))
		return complain("no verb '%s': want ps bt channels waits check events "
				"(tldump --help)",
				*words);
	if (raw.wants_help) {
		print_verb_help(ret->verb);
		return TLDUMP_SHOWN;
	}
	ret->source = words[1];
	ret->arguments = words[1] ? words + 2 : words + 1;
	while (ret->arguments[ret->argument_count])
		ret->argument_count++;
	status = check_arguments(ret, &raw);
	if (!status)
		status = read_meanings(ret, &raw);
	*is_done = status != TLDUMP_SHOWN;
	return status;
}

void tldump_options_fini(struct tldump_options *options)
{
	filter_free(options->filter);
	options->filter = NULL;
}
