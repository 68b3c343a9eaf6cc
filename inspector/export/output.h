/* SPDX-License-Identifier: MIT */
/*
 * output.h: where text and JSON go: a buffer in front of a descriptor.  The first write that fails
 * is remembered and everything after it is dropped, so that nobody need check each print; whoever
 * ends the output asks once.
 */
#ifndef INSPECTOR_OUTPUT_H
#define INSPECTOR_OUTPUT_H

#include <stddef.h>
#include <stdint.h>

struct output {
	int fd;
	int error; /* 0, or -errno of the first write that failed: -EPIPE when the reader left */
	size_t used;
	char buffer[64 * 1024];
};

void output_init(struct output *output, int fd);
/* What is still in the buffer is written.  0 or -errno of the first failure ever. */
int output_flush(struct output *output);

void output_write(struct output *output, const char *bytes, size_t count);
void output_text(struct output *output, const char *text);
void output_u64(struct output *output, uint64_t value);
__attribute__((format(printf, 2, 3))) void output_print(struct output *output, const char *format,
							...);

static inline void output_byte(struct output *output, char byte)
{
	if (output->used == sizeof output->buffer)
		output_flush(output);
	output->buffer[output->used++] = byte;
}

#endif
