/* SPDX-License-Identifier: MIT */
/*
 * model_text.c: strings of strangers are safe for a terminal.
 */
#include "../../inspector/source/text.h"

#include "harness.h"

static void expect_safe(const char *from, size_t bytes, const char *wanted)
{
	char to[64];
	size_t length = text_make_safe(to, sizeof to, from, bytes);
	expect_string(to, wanted);
	expect_int((int)length, (int)strlen(wanted));
}

#define SAFE(from, wanted) expect_safe(from, sizeof(from) - 1, wanted)

TEST(plain_text_stays)
{
	SAFE("", "");
	SAFE("worker/3 <a&b> ~", "worker/3 <a&b> ~");
	SAFE("gr\xc3\xbc\xc3\x9f" "e", "gr\xc3\xbc\xc3\x9f" "e");
	SAFE("\xe6\x97\xa5\xe6\x9c\xac", "\xe6\x97\xa5\xe6\x9c\xac");
	SAFE("\xf0\x9f\x90\x8d", "\xf0\x9f\x90\x8d");
}

TEST(escape_sequences_and_controls)
{
	SAFE("\033[31mred\033[0m", "?[31mred?[0m");
	SAFE("a\rb\nc\td\b\x7f", "a?b?c?d??");
	SAFE("\033]0;title\007", "?]0;title?");
	SAFE("\xc2\x9b" "31m", "?31m"); /* CSI as one C1 control */
	SAFE("\xc2\x80\xc2\x9f", "??");
}

TEST(broken_utf8)
{
	SAFE("\xff\xfe", "??");
	SAFE("a\x80z", "a?z");
	SAFE("\xc3", "?");           /* cut off */
	SAFE("\xc3(", "?(");
	SAFE("\xc0\xaf", "??");      /* too long a form of '/' */
	SAFE("\xe0\x80\xaf", "???");
	SAFE("\xed\xa0\x80", "???"); /* half of a surrogate pair */
	SAFE("\xf4\x90\x80\x80", "????");
	SAFE("\xf8\x88\x80\x80\x80", "?????");
}

TEST(characters_that_are_not_seen)
{
	SAFE("a\xe2\x80\xae" "b", "a?b");     /* right-to-left override */
	SAFE("a\xe2\x81\xa6" "b", "a?b");     /* isolate */
	SAFE("a\xe2\x80\x8b" "b", "a?b");     /* zero width space */
	SAFE("a\xef\xbb\xbf" "b", "a?b");     /* byte order mark */
	SAFE("a\xf3\xa0\x81\x81" "b", "a?b"); /* a tag */
	SAFE("a\xd8\x9c" "b", "a?b");         /* Arabic letter mark */
	SAFE("\xef\xbf\xbf", "?");
}

TEST(it_ends_at_the_nul_and_at_the_room)
{
	char to[6];
	SAFE("ab\0cd", "ab");
	expect_int(text_make_safe(to, sizeof to, "abcdefgh", 8), 5);
	expect_string(to, "abcde");
	/* not within a character */
	expect_int(text_make_safe(to, sizeof to, "abc\xe6\x97\xa5", 6), 3);
	expect_string(to, "abc");
	expect_int(text_make_safe(to, 1, "abc", 3), 0);
	expect_int(text_make_safe(to, 0, "abc", 3), 0);
}

/* Whatever goes in: what comes out is safe already. */
TEST(safe_is_safe)
{
	uint32_t random = 12345;
	for (int round = 0; round < 20000; round++) {
		char from[24], to[80], again[80];
		for (size_t i = 0; i < sizeof from; i++) {
			random = random * 1664525u + 1013904223u;
			from[i] = (char)(random >> 24);
		}
		size_t length = text_make_safe(to, sizeof to, from, sizeof from);
		text_make_safe(again, sizeof again, to, length);
		expect_string(again, to);
		for (size_t i = 0; i < length; i++)
			expect((unsigned char)to[i] >= 0x20 && to[i] != 0x7f);
	}
}
