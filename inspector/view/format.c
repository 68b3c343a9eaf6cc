/* SPDX-License-Identifier: MIT */
/* format.c: see format.h.  Independent of the locale: a column looks the same everywhere. */
#include "format.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *unknown(struct text *ret)
{
	strcpy(ret->text, "-");
	return ret->text;
}

const char *format_clock(struct text *ret, uint64_t ns)
{
	unsigned long long seconds = ns / 1000000000, days = seconds / 86400;
	unsigned hours = (unsigned)(seconds / 3600 % 24), minutes = (unsigned)(seconds / 60 % 60);
	int used = 0;

	if (ns == UINT64_MAX)
		return unknown(ret);
	if (days)
		used = snprintf(ret->text, sizeof(ret->text), "%llud ", days);
	snprintf(ret->text + used, sizeof(ret->text) - (size_t)used, "%02u:%02u:%02u", hours,
		 minutes, (unsigned)(seconds % 60));
	return ret->text;
}

const char *format_rate(struct text *ret, double per_second)
{
	static const char units[] = " kMGTPE";
	int unit = 0;

	if (isnan(per_second) || per_second < 0)
		return unknown(ret);
	for (; per_second >= 999.5 && units[unit + 1]; unit++)
		per_second /= 1000;
	snprintf(ret->text, sizeof(ret->text), "%.*f%.*s", per_second < 99.95 ? 1 : 0, per_second,
		 unit > 0, &units[unit]);
	return ret->text;
}

const char *format_percent(struct text *ret, double percent)
{
	if (isnan(percent) || percent < 0)
		return unknown(ret);
	snprintf(ret->text, sizeof(ret->text), "%.*f", percent < 99.95 ? 1 : 0, percent);
	return ret->text;
}

const char *format_grouped(struct text *ret, uint64_t count)
{
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)count), used = 0;

	if (count == UINT64_MAX)
		return unknown(ret);
	for (int i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			ret->text[used++] = ' ';
		ret->text[used++] = digits[i];
	}
	ret->text[used] = '\0';
	return ret->text;
}
