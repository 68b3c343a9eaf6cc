/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Bytes that go out as they are. */
static bool is_plain(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

/* The length of the character at `text` in well-formed UTF-8 (no surrogate, not overlong, not above
 * U+10FFFF); 0: it is none. */
static size_t character(const unsigned char *text)
{
	const unsigned char lead = text[0];
	size_t length;
	unsigned char least = 0x80, most = 0xbf; /* of the second byte */
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead <= 0xdf)
		length = 2;
	else if (lead >= 0xe0 && lead <= 0xef)
		length = 3;
	else if (lead >= 0xf0 && lead <= 0xf4)
		length = 4;
	else
		return 0;
	if (lead == 0xe0)
		least = 0xa0;
	else if (lead == 0xed)
		most = 0x9f;
	else if (lead == 0xf0)
		least = 0x90;
	else if (lead == 0xf4)
		most = 0x8f;
	if (text[1] < least || text[1] > most)
		return 0;
	for (size_t i = 2; i < length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

static void put_escape(struct output *output, unsigned char byte)
{
	static const char named[] = "b\bf\fn\nr\rt\t\"\"\\\\";
	for (size_t i = 0; i + 1 < sizeof named; i += 2) {
		if ((unsigned char)named[i + 1] != byte)
			continue;
		output_byte(output, '\\');
		output_byte(output, named[i]);
		return;
	}
	output_print(output, "\\u%04x", byte);
}

static void put_string(struct output *output, const char *string)
{
	const unsigned char *text = (const unsigned char *)string;
	output_byte(output, '"');
	while (*text) {
		const unsigned char *end = text;
		while (is_plain(*end))
			end++;
		output_write(output, (const char *)text, (size_t)(end - text));
		text = end;
		if (!*text)
			break;
		const size_t length = character(text);
		if (length > 1)
			output_write(output, (const char *)text, length);
		else if (length)
			put_escape(output, *text);
		else
			output_text(output, "\xef\xbf\xbd"); /* U+FFFD */
		text += length ? length : 1;
	}
	output_byte(output, '"');
}

static void put_key(struct json *json, const char *key)
{
	if (json->wants_comma)
		output_byte(json->output, ',');
	json->wants_comma = true;
	if (!key)
		return;
	output_byte(json->output, '"'); /* keys are ours: nothing to escape */
	output_text(json->output, key);
	output_write(json->output, "\":", 2);
}

static void begin(struct json *json, const char *key, char bracket)
{
	put_key(json, key);
	output_byte(json->output, bracket);
	json->wants_comma = false;
}

static void end(struct json *json, char bracket)
{
	output_byte(json->output, bracket);
	json->wants_comma = true;
}

void json_begin_object(struct json *json, const char *key)
{
	begin(json, key, '{');
}

void json_end_object(struct json *json)
{
	end(json, '}');
}

void json_begin_array(struct json *json, const char *key)
{
	begin(json, key, '[');
}

void json_end_array(struct json *json)
{
	end(json, ']');
}

void json_begin_line(struct json *json)
{
	json->wants_comma = false;
	json_begin_object(json, NULL);
	json_u64(json, "schema", 1);
}

void json_end_line(struct json *json)
{
	json_end_object(json);
	output_byte(json->output, '\n');
	json->wants_comma = false;
}

void json_text(struct json *json, const char *key, const char *text)
{
	if (!text) {
		json_null(json, key);
		return;
	}
	put_key(json, key);
	put_string(json->output, text);
}

void json_u64(struct json *json, const char *key, uint64_t value)
{
	put_key(json, key);
	output_u64(json->output, value);
}

void json_known(struct json *json, const char *key, uint64_t value, uint64_t unknown)
{
	if (value == unknown)
		json_null(json, key);
	else
		json_u64(json, key, value);
}

void json_i64(struct json *json, const char *key, int64_t value)
{
	put_key(json, key);
	if (value < 0)
		output_byte(json->output, '-');
	output_u64(json->output, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void json_number(struct json *json, const char *key, double value)
{
	if (!isfinite(value)) {
		json_null(json, key);
		return;
	}
	put_key(json, key);
	output_print(json->output, "%.15g", value);
}

void json_bool(struct json *json, const char *key, bool value)
{
	put_key(json, key);
	output_text(json->output, value ? "true" : "false");
}

void json_null(struct json *json, const char *key)
{
	put_key(json, key);
	output_text(json->output, "null");
}

void json_raw(struct json *json, const char *key, const char *value)
{
	put_key(json, key);
	output_text(json->output, value);
}
