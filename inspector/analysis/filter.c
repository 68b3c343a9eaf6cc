/* SPDX-License-Identifier: MIT */
/*
 * filter.c: reads a filter.  Every mistake is told with its place in the text, so that a prompt can
 * point at the word.
 */
#include "filter.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "filter_term.h"

#define FILTER_FIELD_NAME(n, word, type) " " word
#define FILTER_FIELD_ROW(n, word, type)	 {word, FILTER_##type},
#define FILTER_FLAG_NAME(n, word)	 " " word
#define FILTER_FLAG_ROW(n, word)	 word,
#define ABI_WORD(n, v, s)		 s,

static const char field_names[] = FILTER_FIELDS(FILTER_FIELD_NAME);
static const struct {
	const char *word;
	enum filter_type type;
} fields[] = {FILTER_FIELDS(FILTER_FIELD_ROW)};
static const char *const flags[] = {FILTER_FLAGS(FILTER_FLAG_ROW)};
static const char *const state_words[] = {TL_STATES(ABI_WORD) TL_WAITS(ABI_WORD) "torn"};
static const char state_letters[] = "NRrPCLITJUO?X";

const char *filter_fields(void)
{
	return field_names + 1;
}

/* ---- complaints ---- */

/* One word while it is read; `text` is the whole filter. */
struct reader {
	const char *text;
	size_t word, field_end, value, end; /* offsets; value: after the operator */
	struct filter_problem *problem;
};

__attribute__((format(printf, 4, 5))) static int complain(const struct reader *reader, size_t from,
							  size_t to, const char *format, ...)
{
	va_list arguments;
	reader->problem->offset = from;
	reader->problem->length = to - from;
	va_start(arguments, format);
	vsnprintf(reader->problem->text, sizeof reader->problem->text, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

static int complain_of_value(const struct reader *reader, const struct filter_term *term,
			     const char *want)
{
	return complain(reader, reader->value, reader->end, "'%.40s' is no %s: want %s", term->text,
			fields[term->field].word, want);
}

/* ---- values ---- */

struct unit {
	const char *word;
	double factor;
};

static const struct unit duration_units[] = {
	{"ns", 1},   {"us", 1e3},   {"ms", 1e6},    {"s", 1e9},
	{"m", 60e9}, {"h", 3600e9}, {"d", 86400e9}, {NULL, 0},
};
static const struct unit count_units[] = {
	{"", 1}, {"%", 1}, {"k", 1e3}, {"K", 1e3}, {"M", 1e6}, {"G", 1e9}, {NULL, 0},
};
static const struct unit byte_units[] = {
	{"", 1}, {"B", 1}, {"k", 1024}, {"K", 1024}, {"M", 1048576}, {"G", 1073741824}, {NULL, 0},
};

/* One number with a unit, or several ("1h30m").  False when there is anything else. */
static bool read_number(const char *text, const struct unit *units, double *ret)
{
	*ret = 0;
	do {
		char *end;
		/* strtod() would also take "inf", "nan" and "0x10" */
		const char *digits = *text == '-' || *text == '+' ? text + 1 : text;
		if (!isdigit((unsigned char)*digits) || digits[1] == 'x' || digits[1] == 'X')
			return false;
		const double number = strtod(text, &end);
		size_t length = strcspn(end, "0123456789");
		const struct unit *unit = units;
		while (unit->word &&
		       (strlen(unit->word) != length || strncmp(unit->word, end, length) != 0))
			unit++;
		if (!unit->word && number == 0 && !length)
			return true; /* nothing needs no unit */
		if (!unit->word)
			return false;
		*ret += number * unit->factor;
		text = end + length;
	} while (*text);
	return true;
}

/* Calls `is_good` on each of a list's items; the first bad one is complained of. */
static int check_list(const struct reader *reader, const struct filter_term *term,
		      bool (*is_good)(const char *item), const char *want)
{
	const char *at = term->text;
	for (;;) {
		const size_t length = strcspn(at, ",");
		char item[64];
		snprintf(item, sizeof item, "%.*s", (int)(length < 63 ? length : 63), at);
		if (!is_good(item)) {
			/* with quotes in it places are shifted: point at the whole value */
			const bool is_plain = !memchr(reader->text + reader->value, '"',
						      reader->end - reader->value);
			const size_t from =
				reader->value + (is_plain ? (size_t)(at - term->text) : 0);
			return complain(reader, from, is_plain ? from + length : reader->end,
					"'%.40s' is no %s: want %s", item, fields[term->field].word,
					want);
		}
		if (!at[length])
			return 0;
		at += length + 1;
	}
}

static bool is_state(const char *item)
{
	if (item[0] && !item[1])
		return strchr(state_letters, item[0]) != NULL;
	for (size_t i = 0; i < sizeof state_words / sizeof *state_words; i++)
		if (!strcasecmp(item, state_words[i]))
			return true;
	return false;
}

static bool is_flag(const char *item)
{
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		if (!strcmp(item, flags[i]))
			return true;
	return false;
}

static bool is_id(const char *item)
{
	return item[0] && strspn(item, "0123456789") == strlen(item);
}

static int read_expression(const struct reader *reader, struct filter_term *term)
{
	const int failure =
		regcomp(&term->expression, term->text, REG_EXTENDED | REG_ICASE | REG_NOSUB);
	if (failure) {
		char why[80];
		regerror(failure, &term->expression, why, sizeof why);
		return complain(reader, reader->value, reader->end,
				"'%.40s' is no regular expression: %s", term->text, why);
	}
	term->has_expression = true;
	return 0;
}

static bool is_ordered(enum filter_type type)
{
	return type == FILTER_NUMBER || type == FILTER_DURATION || type == FILTER_BYTES;
}

static int read_value(const struct reader *reader, struct filter_term *term)
{
	switch (term->type) {
	case FILTER_TEXT:
	case FILTER_PLACE: return term->how == FILTER_LIKE ? read_expression(reader, term) : 0;
	case FILTER_STATE:
		return check_list(
			reader, term, is_state,
			"a letter of N R r P C L I T J U O ? X, or a word such as waiting, lock");
	case FILTER_IS:
		return check_list(reader, term, is_flag,
				  "deadline error main background fresh joinable torn");
	case FILTER_ID: return check_list(reader, term, is_id, "a number");
	case FILTER_NUMBER:
		return read_number(term->text, count_units, &term->number)
			       ? 0
			       : complain_of_value(reader, term, "a number, as 20 or 1.5k");
	case FILTER_DURATION:
		return read_number(term->text, duration_units, &term->number)
			       ? 0
			       : complain_of_value(reader, term,
						   "a number and ns us ms s m h d, as 1.5s");
	case FILTER_BYTES:
		return read_number(term->text, byte_units, &term->number)
			       ? 0
			       : complain_of_value(reader, term, "bytes, as 512 or 8K");
	}
	return 0;
}

/* ---- words ---- */

static const struct {
	const char *word;
	enum filter_operator how;
} operators[] = {
	/* the longer first */
	{"!=", FILTER_UNEQUAL}, {"<=", FILTER_AT_MOST}, {">=", FILTER_AT_LEAST},
	{"==", FILTER_EQUAL},	{":", FILTER_HAS},	{"~", FILTER_LIKE},
	{"=", FILTER_EQUAL},	{"<", FILTER_LESS},	{">", FILTER_MORE},
};

/* Does this operator make sense of this field?  Texts and sets are equal or unequal only. */
static int check_operator(const struct reader *reader, struct filter_term *term)
{
	const enum filter_operator how = term->how;
	const char *word = fields[term->field].word;
	const bool is_text = term->type == FILTER_TEXT || term->type == FILTER_PLACE;
	if (is_ordered(term->type)) {
		if (how == FILTER_LIKE)
			return complain(reader, reader->word, reader->end,
					"%s is a number: want = != < <= > or >= after it", word);
		if (how == FILTER_HAS)
			term->how = FILTER_EQUAL;
		return 0;
	}
	if (how == FILTER_LIKE && is_text)
		return 0;
	if (how != FILTER_HAS && how != FILTER_EQUAL && how != FILTER_UNEQUAL)
		return complain(reader, reader->word, reader->end,
				"%s is no number: want %s after it", word,
				is_text ? "':' or '~'" : "':'");
	term->is_not ^= how == FILTER_UNEQUAL;
	term->how = FILTER_HAS;
	return 0;
}

static int find_field(struct reader *reader, struct filter_term *term)
{
	const char *name = reader->text + reader->word;
	const size_t length = reader->field_end - reader->word;
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		if (strlen(fields[i].word) != length || strncmp(fields[i].word, name, length) != 0)
			continue;
		term->field = (enum filter_field)i;
		term->type = fields[i].type;
		return 0;
	}
	return complain(reader, reader->word, reader->field_end,
			"no field '%.*s': want one of %s (quotes make it plain text)",
			(int)(length < 24 ? length : 24), name, filter_fields());
}

/* The word without its quotes, which need not close at its end.  NULL: no memory. */
static char *without_quotes(const char *from, size_t length)
{
	char *text = malloc(length + 1);
	size_t kept = 0;
	for (size_t i = 0; text && i < length; i++)
		if (from[i] != '"')
			text[kept++] = from[i];
	if (text)
		text[kept] = '\0';
	return text;
}

/* Finds the operator, which ends the field; a word in quotes or without one is plain text. */
static void split(struct reader *reader, struct filter_term *term)
{
	const char *word = reader->text + reader->word;
	const size_t length = reader->end - reader->word;
	size_t field = 0;
	term->field = FILTER_FIELD_ANY;
	reader->value = reader->word;
	while (field < length && (isalnum((unsigned char)word[field]) || word[field] == '_' ||
				  word[field] == '%' || word[field] == '/'))
		field++;
	if (!field || field == length)
		return;
	for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
		const size_t size = strlen(operators[i].word);
		if (field + size > length || strncmp(word + field, operators[i].word, size) != 0)
			continue;
		term->field = FILTER_FIELD_COUNT; /* one that is still to be found */
		term->how = operators[i].how;
		reader->field_end = reader->word + field;
		reader->value = reader->field_end + size;
		return;
	}
}

static int read_word(struct reader *reader, struct filter_term *term)
{
	if (reader->text[reader->word] == '!') {
		term->is_not = true;
		reader->word++;
	}
	if (reader->word == reader->end)
		return complain(reader, reader->word - 1, reader->end, "nothing after '!'");
	split(reader, term);
	if (term->field != FILTER_FIELD_ANY && find_field(reader, term))
		return -EINVAL;
	term->text = without_quotes(reader->text + reader->value, reader->end - reader->value);
	if (!term->text)
		return -ENOMEM;
	if (term->field == FILTER_FIELD_ANY) {
		term->number = is_id(term->text) ? strtod(term->text, NULL) : -1;
		return 0;
	}
	if (!*term->text)
		return complain(reader, reader->word, reader->end, "nothing after '%.*s'",
				(int)(reader->value - reader->word), reader->text + reader->word);
	const int result = check_operator(reader, term);
	return result ? result : read_value(reader, term);
}

/* The end of the word at `from`: a blank outside of quotes.  False when a quote does not close. */
static bool find_end(const char *text, size_t from, size_t *end)
{
	bool is_quoted = false;
	size_t at = from;
	for (; text[at] && (is_quoted || !isspace((unsigned char)text[at])); at++)
		if (text[at] == '"')
			is_quoted = !is_quoted;
	*end = at;
	return !is_quoted;
}

static int parse(const char *text, struct filter *filter, struct filter_problem *problem)
{
	size_t room = 1;
	for (const char *at = text; *at; at++)
		room += isspace((unsigned char)*at) != 0;
	filter->terms = calloc(room + 1, sizeof *filter->terms);
	if (!filter->terms)
		return -ENOMEM;
	for (size_t at = 0;;) {
		while (isspace((unsigned char)text[at]))
			at++;
		if (!text[at])
			return 0;
		struct reader reader = {.text = text, .word = at, .problem = problem};
		if (!find_end(text, at, &reader.end))
			return complain(&reader, at, reader.end, "a quote that does not close");
		const int result = read_word(&reader, &filter->terms[filter->count++]);
		if (result)
			return result;
		at = reader.end;
	}
}

int filter_parse(const char *text, struct filter **ret, struct filter_problem *problem)
{
	struct filter *filter = calloc(1, sizeof *filter);
	*ret = NULL;
	*problem = (struct filter_problem){0};
	if (!filter)
		return -ENOMEM;
	const int result = parse(text, filter, problem);
	if (result)
		filter_free(filter);
	else
		*ret = filter;
	return result;
}

bool filter_wants_rates(const struct filter *filter)
{
	for (size_t i = 0; filter && i < filter->count; i++)
		if (filter->terms[i].field == FILTER_FIELD_RUN_PERCENT ||
		    filter->terms[i].field == FILTER_FIELD_SWITCH_RATE)
			return true;
	return false;
}

void filter_free(struct filter *filter)
{
	if (!filter)
		return;
	for (size_t i = 0; i < filter->count; i++) {
		free(filter->terms[i].text);
		if (filter->terms[i].has_expression)
			regfree(&filter->terms[i].expression);
	}
	free(filter->terms);
	free(filter);
}
