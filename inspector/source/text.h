/* SPDX-License-Identifier: MIT */
/*
 * text.h: makes the strings of strangers safe for a terminal.  Names of programs, tasklets, files
 * and symbols all pass through here; nothing else in the tools needs to worry about them.
 */
#ifndef INSPECTOR_TEXT_H
#define INSPECTOR_TEXT_H

#include <stddef.h>

/* Copy at most `bytes` bytes of `from`, up to its NUL, into `to` (`room` bytes, always terminated).
 * What comes out is valid UTF-8 without control characters (C0, DEL, C1), without bidirectional
 * controls and other invisible characters; each that was there is a '?'.  Cut at a character.
 * Returns the length. */
size_t text_make_safe(char *to, size_t room, const char *from, size_t bytes);

#endif
