/* SPDX-License-Identifier: MIT */
/*
 * export_writers.c: the writers below the reports: JSON that always parses, tables that stay
 * aligned, output that notices when it cannot be written.
 */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../inspector/export/json.h"
#include "../../inspector/export/table.h"
#include "analysis_picture.h"

/* ---- what was written, read back through a pipe ---- */

struct caught {
	struct output output;
	int pipe[2];
	char text[60000];
};

static struct caught *catch(void)
{
	struct caught *caught = malloc(sizeof *caught);
	if (!caught || pipe(caught->pipe))
		abort();
	output_init(&caught->output, caught->pipe[1]);
	return caught;
}

static const char *release(struct caught *caught)
{
	size_t length = 0;
	ssize_t got;
	expect_number(output_flush(&caught->output), 0);
	close(caught->pipe[1]);
	while ((got = read(caught->pipe[0], caught->text + length,
			   sizeof caught->text - length - 1)) > 0)
		length += (size_t)got;
	caught->text[length] = '\0';
	close(caught->pipe[0]);
	return caught->text;
}

/* ---- JSON ---- */

TEST(json_nests_and_puts_commas)
{
	struct caught *caught = catch();
	struct json json;
	json_init(&json, &caught->output);
	json_begin_line(&json);
	json_text(&json, "text", "a\"b\\c\n\x01\x7f");
	json_begin_array(&json, "list");
	json_u64(&json, NULL, 0);
	json_u64(&json, NULL, UINT64_MAX);
	json_i64(&json, NULL, INT64_MIN);
	json_begin_object(&json, NULL);
	json_end_object(&json);
	json_begin_array(&json, NULL);
	json_end_array(&json);
	json_end_array(&json);
	json_bool(&json, "yes", true);
	json_known(&json, "known", 5, 0);
	json_known(&json, "unknown", 5, 5);
	json_text(&json, "none", NULL);
	json_number(&json, "number", 1.5);
	json_number(&json, "nan", NAN);
	json_number(&json, "inf", INFINITY);
	json_raw(&json, "raw", "{\"x\":1}");
	json_end_line(&json);
	json_begin_line(&json);
	json_end_line(&json);
	expect_text(release(caught),
		    "{\"schema\":1,\"text\":\"a\\\"b\\\\c\\n\\u0001\\u007f\",\"list\":[0,"
		    "18446744073709551615,-9223372036854775808,{},[]],\"yes\":true,\"known\":5,"
		    "\"unknown\":null,\"none\":null,\"number\":1.5,\"nan\":null,\"inf\":null,"
		    "\"raw\":{\"x\":1}}\n{\"schema\":1}\n");
	free(caught);
}

/* These bytes as a JSON string. */
static const char *as_json(struct caught **caught, const char *bytes)
{
	struct json json;
	*caught = catch();
	json_init(&json, &(*caught)->output);
	json_text(&json, NULL, bytes);
	return release(*caught);
}

TEST(json_text_is_always_utf8)
{
#define BAD "\xef\xbf\xbd"
	static const char *const rows[][2] = {
		{"plain", "\"plain\""},
		{"\xc3\xa9", "\"\xc3\xa9\""},
		{"\xe2\x82\xac", "\"\xe2\x82\xac\""},
		{"\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\""},
		{"\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\""},
		{"\xff", "\"" BAD "\""},
		{"\xc3", "\"" BAD "\""}, /* cut */
		{"\xc3(", "\"" BAD "(\""},
		{"\xc0\xaf", "\"" BAD BAD "\""}, /* overlong */
		{"\xe0\x80\xaf", "\"" BAD BAD BAD "\""},
		{"\xed\xa0\x80", "\"" BAD BAD BAD "\""},         /* a surrogate */
		{"\xf4\x90\x80\x80", "\"" BAD BAD BAD BAD "\""}, /* above U+10FFFF */
		{"\xf0\x9f\x98", "\"" BAD BAD BAD "\""},
		{"\x1b[31m", "\"\\u001b[31m\""},
		{"tab\there", "\"tab\\there\""},
		{"\b\f\r/", "\"\\b\\f\\r/\""},
	};
	struct caught *caught;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		expect_text(as_json(&caught, rows[i][0]), rows[i][1]);
		free(caught);
	}
	expect(setlocale(LC_CTYPE, "C.UTF-8") != NULL);
	for (unsigned pair = 0; pair < 65536; pair++) {
		const char bytes[] = {(char)(pair & 0xff), (char)(pair >> 8), 'x', '\0'};
		if (pair % 5 == 0) {
			expect(mbstowcs(NULL, as_json(&caught, bytes), 0) != (size_t)-1);
			free(caught);
		}
	}
	setlocale(LC_CTYPE, "C");
}

/* ---- tables ---- */

static const struct table_column columns[] = {{"ID", true}, {"NAME", false}, {"AT", false}};

TEST(tables_align)
{
	struct caught *caught = catch();
	struct table table;
	expect_number(table_init(&table, columns, 3), 0);
	table_cell_u64(&table, 7);
	table_cell(&table, "short");
	table_cell(&table, "x");
	table_cell_u64(&table, 12345);
	table_cell(&table, "much longer");
	table_cell(&table, "");
	expect_number(table_write(&table, &caught->output, 2), 0);
	expect_text(release(caught), "     ID  NAME         AT\n"
				     "      7  short        x\n"
				     "  12345  much longer\n");
	table_fini(&table);
	free(caught);
}

TEST(tables_of_strangers_are_safe)
{
	struct caught *caught = catch();
	struct table table;
	expect_number(table_init(&table, columns, 3), 0);
	table_cell(&table, "\x1b[2J");
	table_cell(&table, "\xc3\xa9t\xc3\xa9");
	table_cell(&table, "bro\xffken\n");
	table_cell(&table, "1");
	table_cell(&table, "abcd");
	table_cell(&table, "");
	expect_number(table_write(&table, &caught->output, 0), 0);
	expect_text(release(caught), "  ID  NAME  AT\n"
				     "?[2J  \xc3\xa9t\xc3\xa9   bro?ken?\n"
				     "   1  abcd\n");
	table_fini(&table);
	free(caught);
}

TEST(widths)
{
	expect_number(text_width(""), 0);
	expect_number(text_width("abc"), 3);
	expect_number(text_width("\xc3\xa9"), 1);
}

TEST(an_empty_table_has_its_heading)
{
	struct caught *caught = catch();
	struct table table;
	expect_number(table_init(&table, columns, 3), 0);
	expect_number(table_write(&table, &caught->output, 0), 0);
	expect_text(release(caught), "ID  NAME  AT\n");
	table_fini(&table);
	free(caught);
}

/* ---- output ---- */

TEST(output_longer_than_the_buffer)
{
	struct caught *caught = catch();
	char file[] = "/tmp/export_writers.XXXXXX", byte;
	const int fd = mkstemp(file);
	unlink(file);
	close(caught->pipe[0]);
	close(caught->pipe[1]);
	output_init(&caught->output, fd);
	for (uint64_t i = 0; i < 100000; i++) {
		output_u64(&caught->output, i % 10);
		output_byte(&caught->output, '\n');
	}
	char *large = malloc(200001);
	memset(large, 'x', 200000);
	large[200000] = '\0';
	output_text(&caught->output, large);
	output_print(&caught->output, "%s%s", large, "end");
	free(large);
	expect_number(output_flush(&caught->output), 0);
	expect_number(lseek(fd, 0, SEEK_CUR), 200000 + 200000 + 200000 + 3);
	expect_number(pread(fd, &byte, 1, 199998), 1);
	expect_number(byte, '9');
	expect_number(pread(fd, &byte, 1, 600002), 1);
	expect_number(byte, 'd');
	close(fd);
	free(caught);
}

TEST(the_first_failure_is_kept)
{
	struct output *output = malloc(sizeof *output);
	const int full = open("/dev/full", O_WRONLY);
	output_init(output, full);
	output_text(output, "lost");
	expect_number(output_flush(output), -ENOSPC);
	output_text(output, "not even tried");
	expect_number(output_flush(output), -ENOSPC);
	close(full);

	int ends[2];
	signal(SIGPIPE, SIG_IGN);
	expect_number(pipe(ends), 0);
	close(ends[0]);
	output_init(output, ends[1]);
	output_text(output, "lost");
	expect_number(output_flush(output), -EPIPE);
	close(ends[1]);
	free(output);
}
