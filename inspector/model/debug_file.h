/* SPDX-License-Identifier: MIT */
/*
 * debug_file.h: the separate file with a stripped module's symbols and debug information, as
 * Debian's -dbgsym packages install it.  Only on this machine: nothing is ever asked of the
 * network.
 */
#ifndef INSPECTOR_DEBUG_FILE_H
#define INSPECTOR_DEBUG_FILE_H

#include "../source/source.h"

/* NULL: there is none that surely belongs to the module. */
struct elf_file *debug_file_open(const struct source_module *module);

#endif
