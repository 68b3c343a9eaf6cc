/* SPDX-License-Identifier: MIT */
/*
 * debug_file.c: by build id below /usr/lib/debug/.build-id, then by the name and checksum of
 * .gnu_debuglink where gdb looks, too.
 */
#define _GNU_SOURCE
#include "debug_file.h"

#include "../source/elf_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEBUG_FOLDER "/usr/lib/debug"

static bool is_same_build(const struct elf_file *a, const struct elf_file *b)
{
	return a->build_id_bytes > 0 && a->build_id_bytes == b->build_id_bytes &&
	       memcmp(a->build_id, b->build_id, a->build_id_bytes) == 0;
}

static struct elf_file *open_by_build_id(const struct elf_file *file)
{
	char path[sizeof DEBUG_FOLDER + 2 * ELF_FILE_BUILD_ID_BYTES + 32];
	struct elf_file *found;
	if (file->build_id_bytes < 2)
		return NULL;
	int length =
		snprintf(path, sizeof path, DEBUG_FOLDER "/.build-id/%02x/", file->build_id[0]);
	for (size_t i = 1; i < file->build_id_bytes; i++)
		length += snprintf(path + length, sizeof path - (size_t)length, "%02x",
				   file->build_id[i]);
	snprintf(path + length, sizeof path - (size_t)length, ".debug");
	if (elf_file_open(path, &found) != 0)
		return NULL;
	if (is_same_build(file, found))
		return found;
	elf_file_close(found);
	return NULL;
}

/* ---- .gnu_debuglink ---- */

struct link {
	char name[256];
	uint32_t checksum;
};

static bool read_link(const struct elf_file *file, struct link *ret)
{
	size_t names;
	if (elf_getshdrstrndx(file->elf, &names) != 0)
		return false;
	for (Elf_Scn *section = NULL; (section = elf_nextscn(file->elf, section));) {
		GElf_Shdr header;
		const char *name;
		if (!gelf_getshdr(section, &header) ||
		    !(name = elf_strptr(file->elf, names, header.sh_name)) ||
		    strcmp(name, ".gnu_debuglink") != 0)
			continue;
		Elf_Data *data = elf_rawdata(section, NULL);
		if (!data || !data->d_buf || data->d_size < 8)
			return false;
		size_t length = strnlen(data->d_buf, data->d_size);
		size_t at = (length + 4) & ~(size_t)3;
		if (length == 0 || length >= sizeof ret->name || at + 4 > data->d_size ||
		    memchr(data->d_buf, '/', length))
			return false;
		memcpy(ret->name, data->d_buf, length);
		ret->name[length] = '\0';
		memcpy(&ret->checksum, (const char *)data->d_buf + at, 4);
		return true;
	}
	return false;
}

static bool has_checksum(struct elf_file *file, uint32_t checksum)
{
	uint32_t table[256], crc = ~UINT32_C(0);
	unsigned char block[4096];
	for (uint32_t i = 0; i < 256; i++) {
		table[i] = i;
		for (int bit = 0; bit < 8; bit++)
			table[i] = table[i] >> 1 ^ (table[i] & 1 ? UINT32_C(0xedb88320) : 0);
	}
	for (uint64_t at = 0; at < file->bytes;) {
		uint64_t left = file->bytes - at;
		size_t bytes = left < sizeof block ? (size_t)left : sizeof block;
		if (!elf_file_read_at(file, at, block, bytes))
			return false;
		for (size_t i = 0; i < bytes; i++)
			crc = table[(crc ^ block[i]) & 0xff] ^ crc >> 8;
		at += bytes;
	}
	return ~crc == checksum;
}

static struct elf_file *try_link(const char *path, const struct elf_file *file,
				 const struct link *link)
{
	struct elf_file *found;
	if (elf_file_open(path, &found) != 0)
		return NULL;
	bool is_it = file->build_id_bytes && found->build_id_bytes ?
			     is_same_build(file, found) :
			     has_checksum(found, link->checksum);
	if (is_it)
		return found;
	elf_file_close(found);
	return NULL;
}

static struct elf_file *open_by_link(const struct source_module *module)
{
	struct link link;
	if (!read_link(module->file, &link))
		return NULL;
	const char *slash = strrchr(module->path, '/');
	const char *open_slash = strrchr(module->open_path, '/');
	int folder = slash ? (int)(slash - module->path) : 0;
	int open_folder = open_slash ? (int)(open_slash - module->open_path) : 0;
	struct elf_file *found = NULL;
	for (int i = 0; i < 3 && !found; i++) {
		char *path;
		int length = i == 0 ? asprintf(&path, "%.*s/%s", open_folder, module->open_path,
					       link.name) :
			     i == 1 ? asprintf(&path, "%.*s/.debug/%s", open_folder,
					       module->open_path, link.name) :
				      asprintf(&path, DEBUG_FOLDER "%.*s/%s", folder, module->path,
					       link.name);
		if (length < 0)
			return NULL;
		found = try_link(path, module->file, &link);
		free(path);
	}
	return found;
}

struct elf_file *debug_file_open(const struct source_module *module)
{
	if (!module->file)
		return NULL;
	struct elf_file *found = open_by_build_id(module->file);
	return found ? found : open_by_link(module);
}
