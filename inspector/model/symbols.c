/* SPDX-License-Identifier: MIT */
#include "symbols.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { SYMBOLS_MOST = 1 << 23, BACK_MOST = 16 };

struct symbol {
	uint64_t address, bytes; /* bytes 0: up to the next one */
	const char *name;
	int rank;                /* of several at one address the highest is shown */
};

struct symbols {
	struct symbol *list;
	size_t count, room;
};

static int by_address(const void *a, const void *b)
{
	const struct symbol *left = a, *right = b;
	if (left->address != right->address)
		return left->address < right->address ? -1 : 1;
	return left->rank - right->rank;
}

static bool is_function(const GElf_Sym *symbol)
{
	int type = GELF_ST_TYPE(symbol->st_info);
	return (type == STT_FUNC || type == STT_GNU_IFUNC) && symbol->st_shndx != SHN_UNDEF &&
	       symbol->st_value != 0;
}

static int rank_of(const GElf_Sym *symbol, const char *name)
{
	int binding = GELF_ST_BIND(symbol->st_info);
	int rank = binding == STB_GLOBAL ? 4 : binding == STB_WEAK ? 2 : 0;
	return rank * 4 + (symbol->st_size != 0) * 2 + (name[0] != '_');
}

static bool add(struct symbols *symbols, const GElf_Sym *symbol, const char *name)
{
	if (symbols->count == symbols->room) {
		size_t room = symbols->room ? symbols->room * 2 : 512;
		struct symbol *grown = reallocarray(symbols->list, room, sizeof *grown);
		if (!grown)
			return false;
		symbols->list = grown;
		symbols->room = room;
	}
	symbols->list[symbols->count++] = (struct symbol){
		.address = symbol->st_value,
		.bytes = symbol->st_size,
		.name = name,
		.rank = rank_of(symbol, name),
	};
	return true;
}

static void read_table(struct symbols *symbols, Elf *elf, Elf_Scn *section, const GElf_Shdr *header)
{
	Elf_Data *data = elf_getdata(section, NULL);
	if (!data || header->sh_entsize == 0)
		return;
	size_t count = data->d_size / header->sh_entsize;
	if (count > SYMBOLS_MOST)
		count = SYMBOLS_MOST;
	for (size_t i = 0; i < count; i++) {
		GElf_Sym symbol;
		if (!gelf_getsym(data, (int)i, &symbol) || !is_function(&symbol))
			continue;
		const char *name = elf_strptr(elf, header->sh_link, symbol.st_name);
		if (name && name[0] && !add(symbols, &symbol, name))
			return;
	}
}

struct symbols *symbols_create(struct elf_file *file)
{
	struct symbols *symbols = calloc(1, sizeof *symbols);
	if (!symbols)
		return NULL;
	/* A file has at most one table of each type; a hostile one a million over the same bytes. */
	static const GElf_Word types[] = { SHT_SYMTAB, SHT_DYNSYM };
	for (size_t i = 0; i < 2 && symbols->count == 0; i++) {
		GElf_Shdr header;
		for (Elf_Scn *section = NULL; (section = elf_nextscn(file->elf, section));)
			if (gelf_getshdr(section, &header) && header.sh_type == types[i]) {
				read_table(symbols, file->elf, section, &header);
				break;
			}
	}
	if (symbols->count)
		qsort(symbols->list, symbols->count, sizeof *symbols->list, by_address);
	return symbols;
}

void symbols_destroy(struct symbols *symbols)
{
	if (!symbols)
		return;
	free(symbols->list);
	free(symbols);
}

size_t symbols_count(const struct symbols *symbols)
{
	return symbols->count;
}

const char *symbols_find(const struct symbols *symbols, uint64_t address, uint64_t *offset)
{
	size_t low = 0, high = symbols->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (symbols->list[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	/* The last one that begins before it; a smaller one may lie within a larger one. */
	for (size_t i = low, tries = 0; i > 0 && tries < BACK_MOST; i--, tries++) {
		const struct symbol *symbol = &symbols->list[i - 1];
		uint64_t within = address - symbol->address;
		if (within < symbol->bytes || (symbol->bytes == 0 && tries == 0)) {
			*offset = within;
			return symbol->name;
		}
	}
	return NULL;
}
