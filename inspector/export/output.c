/* SPDX-License-Identifier: MIT */
#include "output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void output_init(struct output *output, int fd)
{
	output->fd = fd;
	output->error = 0;
	output->used = 0;
}

int output_flush(struct output *output)
{
	size_t done = 0;
	while (done < output->used && !output->error) {
		const ssize_t written =
			write(output->fd, output->buffer + done, output->used - done);
		if (written > 0)
			done += (size_t)written;
		else if (written < 0 && errno != EINTR)
			output->error = -errno;
	}
	output->used = 0;
	return output->error;
}

void output_write(struct output *output, const char *bytes, size_t count)
{
	while (count > sizeof output->buffer - output->used) {
		const size_t part = sizeof output->buffer - output->used;
		memcpy(output->buffer + output->used, bytes, part);
		output->used += part;
		bytes += part;
		count -= part;
		output_flush(output);
	}
	memcpy(output->buffer + output->used, bytes, count);
	output->used += count;
}

void output_text(struct output *output, const char *text)
{
	output_write(output, text, strlen(text));
}

void output_u64(struct output *output, uint64_t value)
{
	char digits[20];
	size_t at = sizeof digits;
	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	output_write(output, digits + at, sizeof digits - at);
}

void output_print(struct output *output, const char *format, ...)
{
	char line[1024];
	va_list arguments;
	va_start(arguments, format);
	const int length = vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	if (length < 0)
		return;
	if ((size_t)length < sizeof line) {
		output_write(output, line, (size_t)length);
		return;
	}
	char *whole = malloc((size_t)length + 1);
	if (!whole) {
		output->error = output->error ? output->error : -ENOMEM;
		return;
	}
	va_start(arguments, format);
	vsnprintf(whole, (size_t)length + 1, format, arguments);
	va_end(arguments);
	output_write(output, whole, (size_t)length);
	free(whole);
}
