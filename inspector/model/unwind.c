/* SPDX-License-Identifier: MIT */
/*
 * unwind.c: libunwind with accessors of our own.
 *
 * Memory is served from the copy of the stack, then from the files of the modules (only what cannot
 * have changed), then page by page from the target.  Unwind information is found through each
 * module's .eh_frame_hdr; for one without (a static program) through a table of our own, which is
 * served at addresses that no target has.  libunwind's guesses for code without any are refused: a
 * backtrace is right or it says where it is cut.  What a walk may read is bounded, as the
 * information itself may be hostile and loop.
 */
#include "unwind.h"

#include "../source/elf_file.h"
#include "eh_frame.h"

#include <libunwind.h>
#include <stdlib.h>
#include <string.h>

enum {
	PAGE_BYTES = 4096,
	PAGES_MOST = 64,         /* read from the target in one walk, besides the copy */
	ACCESSES_MOST = 20000,   /* of memory in one walk */
	EH_FRAME_HDR_BYTES = 12,
};

/* Where libunwind sees a table of our own: not canonical, so nothing of the target's is there. */
#define TABLE_ADDRESS (UINT64_C(1) << 62)

/* Exported by libunwind and used by perf and others, but not declared in its headers. */
extern int UNW_OBJ(dwarf_search_unwind_table)(unw_addr_space_t space, unw_word_t ip,
					      unw_dyn_info_t *table, unw_proc_info_t *ret,
					      int need_unwind_info, void *argument);

struct page {
	uint64_t address;
	unsigned char bytes[PAGE_BYTES];
};

struct unwind {
	struct source *source;
	unw_addr_space_t space;
	struct eh_frames eh_frames;
	/* of the search at hand, if it uses one of our own */
	const struct eh_frame_table *table;
	/* of the walk at hand */
	const struct unwind_stack *stack;
	const struct unwind_start *start;
	unsigned accesses, page_count;
	bool has_no_module, has_no_table, has_no_register, is_unreadable;
	struct page *pages;      /* PAGES_MOST of them */
};

/* ---- memory ---- */

static bool read_page_word(struct unwind *unwind, uint64_t address, unw_word_t *ret)
{
	uint64_t start = address & -(uint64_t)PAGE_BYTES;
	size_t within = address - start;
	if (within > PAGE_BYTES - sizeof *ret)
		return false; /* nothing that is aligned lies across */
	unsigned at = 0;
	while (at < unwind->page_count && unwind->pages[at].address != start)
		at++;
	if (at == unwind->page_count) {
		if (at == PAGES_MOST)
			return false;
		struct page *page = &unwind->pages[at];
		struct source_span span = { .address = start, .buffer = page->bytes,
					    .bytes = PAGE_BYTES };
		source_memory_read(unwind->source, &span, 1);
		if (span.result != 0)
			return false;
		page->address = start;
		unwind->page_count++;
	}
	memcpy(ret, unwind->pages[at].bytes + within, sizeof *ret);
	return true;
}

static bool read_table_word(const struct unwind *unwind, uint64_t address, unw_word_t *ret)
{
	uint64_t at = (address - TABLE_ADDRESS) / sizeof *ret;
	if (!unwind->table || address % sizeof *ret != 0 || at >= unwind->table->count)
		return false;
	_Static_assert(sizeof *unwind->table->entries == sizeof *ret, "an entry is a word");
	memcpy(ret, &unwind->table->entries[at], sizeof *ret);
	return true;
}

static bool read_word(struct unwind *unwind, uint64_t address, unw_word_t *ret)
{
	const struct unwind_stack *stack = unwind->stack;
	if (read_table_word(unwind, address, ret))
		return true;
	if (address >= stack->low && address - stack->low <= stack->count &&
	    stack->count - (address - stack->low) >= sizeof *ret) {
		memcpy(ret, stack->bytes + (address - stack->low), sizeof *ret);
		return true;
	}
	const struct source_module *module = NULL;
	bool is_on_stack = address >= stack->low && address < stack->high;
	if (!is_on_stack)
		module = source_module_at(unwind->source, address);
	if (module && module->file &&
	    elf_file_read(module->file, address - module->bias, ret, sizeof *ret))
		return true;
	return read_page_word(unwind, address, ret);
}

static int access_memory(unw_addr_space_t space, unw_word_t address, unw_word_t *value,
			 int is_write, void *argument)
{
	(void)space;
	struct unwind *unwind = argument;
	if (is_write || unwind->accesses++ >= ACCESSES_MOST)
		return -UNW_EINVAL;
	if (read_word(unwind, address, value))
		return 0;
	unwind->is_unreadable = true;
	return -UNW_EINVAL;
}

static int access_register(unw_addr_space_t space, unw_regnum_t number, unw_word_t *value,
			   int is_write, void *argument)
{
	(void)space;
	struct unwind *unwind = argument;
	if (is_write || number < 0 || number >= UNWIND_REGISTERS)
		return -UNW_EBADREG;
	if (!(unwind->start->known >> number & 1)) {
		unwind->has_no_register = true;
		return -UNW_EBADREG;
	}
	*value = unwind->start->registers[number]; /* libunwind numbers them as DWARF does */
	return 0;
}

/* ---- unwind information ---- */

static void describe_table(const struct source_module *module, uint64_t base, uint64_t table,
			   uint64_t entries, unw_dyn_info_t *ret)
{
	memset(ret, 0, sizeof *ret);
	ret->format = UNW_INFO_FORMAT_REMOTE_TABLE;
	ret->start_ip = module->low;
	ret->end_ip = module->high;
	ret->u.rti.segbase = module->bias + base;
	ret->u.rti.table_data = table;
	ret->u.rti.table_len = entries * UINT64_C(8) / sizeof(unw_word_t);
}

/* Describe the module's binary search table.  False: it has none that we understand. */
static bool find_table(const struct source_module *module, unw_dyn_info_t *ret)
{
	enum { UDATA4 = 0x03, SDATA4 = 0x0b, FORMAT = 0x0f, DATAREL_SDATA4 = 0x3b };
	struct elf_file *file = module->file;
	unsigned char header[EH_FRAME_HDR_BYTES];
	uint32_t entries;
	if (!file || !file->eh_frame_hdr ||
	    !elf_file_read(file, file->eh_frame_hdr, header, sizeof header))
		return false;
	unsigned pointer = header[1] & FORMAT;
	if (header[0] != 1 || (pointer != UDATA4 && pointer != SDATA4) || header[2] != UDATA4 ||
	    header[3] != DATAREL_SDATA4)
		return false;
	memcpy(&entries, header + 8, sizeof entries);
	if (entries > file->eh_frame_hdr_bytes / 8)
		return false;
	describe_table(module, file->eh_frame_hdr,
		       module->bias + file->eh_frame_hdr + EH_FRAME_HDR_BYTES, entries, ret);
	return true;
}

/* Make one of its .eh_frame instead, which is only there during a search. */
static bool make_table(struct unwind *unwind, const struct source_module *module,
		       unw_dyn_info_t *ret)
{
	const struct eh_frame_table *table = NULL;
	if (module->file)
		table = eh_frames_find(&unwind->eh_frames, module->file);
	if (!table)
		return false;
	unwind->table = table;
	describe_table(module, table->address, TABLE_ADDRESS, table->count, ret);
	return true;
}

static int find_proc_info(unw_addr_space_t space, unw_word_t ip, unw_proc_info_t *ret,
			  int need_unwind_info, void *argument)
{
	struct unwind *unwind = argument;
	const struct source_module *module = source_module_at(unwind->source, ip);
	unw_dyn_info_t table;
	if (!module) {
		unwind->has_no_module = true;
		return -UNW_ENOINFO;
	}
	int error = find_table(module, &table) || make_table(unwind, module, &table) ?
			    UNW_OBJ(dwarf_search_unwind_table)(space, ip, &table, ret,
							       need_unwind_info, unwind) :
			    -UNW_ENOINFO;
	unwind->table = NULL;
	if (error)
		unwind->has_no_table = true;
	return error;
}

static void put_unwind_info(unw_addr_space_t space, unw_proc_info_t *info, void *argument)
{
	(void)space;
	(void)info;
	(void)argument;
}

static int no_dynamic_list(unw_addr_space_t space, unw_word_t *ret, void *argument)
{
	(void)space;
	(void)ret;
	(void)argument;
	return -UNW_ENOINFO;
}

static int no_floats(unw_addr_space_t space, unw_regnum_t number, unw_fpreg_t *value, int is_write,
		     void *argument)
{
	(void)space;
	(void)number;
	(void)value;
	(void)is_write;
	(void)argument;
	return -UNW_EBADREG;
}

static int no_resume(unw_addr_space_t space, unw_cursor_t *cursor, void *argument)
{
	(void)space;
	(void)cursor;
	(void)argument;
	return -UNW_EINVAL;
}

static int no_name(unw_addr_space_t space, unw_word_t address, char *name, size_t room,
		   unw_word_t *offset, void *argument)
{
	(void)space;
	(void)address;
	(void)name;
	(void)room;
	(void)offset;
	(void)argument;
	return -UNW_ENOINFO;
}

/* ---- the unwinder ---- */

struct unwind *unwind_create(struct source *source)
{
	static unw_accessors_t accessors = {
		.find_proc_info = find_proc_info,
		.put_unwind_info = put_unwind_info,
		.get_dyn_info_list_addr = no_dynamic_list,
		.access_mem = access_memory,
		.access_reg = access_register,
		.access_fpreg = no_floats,
		.resume = no_resume,
		.get_proc_name = no_name,
	};
	struct unwind *unwind = calloc(1, sizeof *unwind);
	if (!unwind)
		return NULL;
	unwind->source = source;
	unwind->pages = malloc(PAGES_MOST * sizeof *unwind->pages);
	unwind->space = unw_create_addr_space(&accessors, 0);
	if (!unwind->pages || !unwind->space) {
		unwind_destroy(unwind);
		return NULL;
	}
	/* The policy first: the size is only taken by a cache that is in use. */
	unw_set_caching_policy(unwind->space, UNW_CACHE_GLOBAL);
	unw_set_cache_size(unwind->space, 1024, 0);
	return unwind;
}

void unwind_destroy(struct unwind *unwind)
{
	if (!unwind)
		return;
	if (unwind->space)
		unw_destroy_addr_space(unwind->space);
	eh_frames_forget(&unwind->eh_frames);
	free(unwind->pages);
	free(unwind);
}

void unwind_forget(struct unwind *unwind)
{
	unw_flush_cache(unwind->space, 0, 0);
	eh_frames_forget(&unwind->eh_frames);
}

static void find_cause(const struct unwind *unwind, struct unwind_frames *ret)
{
	ret->end = unwind->has_no_module   ? UNWIND_NO_MODULE :
		   unwind->has_no_table	   ? UNWIND_NO_TABLE :
		   unwind->has_no_register ? UNWIND_NO_REGISTER :
		   unwind->is_unreadable   ? UNWIND_UNREADABLE :
					     UNWIND_NONSENSE;
}

static void walk(struct unwind *unwind, struct unwind_frames *ret)
{
	unw_cursor_t cursor;
	unw_word_t pc, sp;
	/* The stack grows downwards: a caller's frame lies higher.  Only a signal handler of a
	 * thread may have a stack of its own. */
	unsigned jumps_left = unwind->stack->count == 0;
	if (unw_init_remote(&cursor, unwind->space, unwind) != 0) {
		find_cause(unwind, ret);
		return;
	}
	for (;;) {
		if (unw_get_reg(&cursor, UNW_REG_IP, &pc) != 0 ||
		    unw_get_reg(&cursor, UNW_REG_SP, &sp) != 0) {
			find_cause(unwind, ret);
			return;
		}
		if (ret->count > 1 && sp <= ret->cfa[ret->count - 2] && jumps_left-- == 0) {
			ret->end = UNWIND_NONSENSE;
			return;
		}
		if (ret->count > 0)
			ret->cfa[ret->count - 1] = sp;
		if (ret->count == MODEL_FRAMES) {
			ret->end = UNWIND_TOO_DEEP;
			return;
		}
		ret->pc[ret->count] = pc;
		ret->cfa[ret->count++] = 0;
		int result = unw_step(&cursor);
		/* For code without information it guesses, and reports success. */
		if (result < 0 || unwind->has_no_module || unwind->has_no_table) {
			find_cause(unwind, ret);
			return;
		}
		if (result == 0) {
			ret->end = UNWIND_OUTERMOST;
			return;
		}
	}
}

void unwind_walk(struct unwind *unwind, const struct unwind_stack *stack,
		 const struct unwind_start *start, struct unwind_frames *ret)
{
	unwind->stack = stack;
	unwind->start = start;
	unwind->accesses = unwind->page_count = 0;
	unwind->has_no_module = unwind->has_no_table = false;
	unwind->has_no_register = unwind->is_unreadable = false;
	ret->count = 0;
	ret->read_more = false;
	walk(unwind, ret);
	ret->read_more = unwind->page_count > 0;
	unwind->stack = NULL;
	unwind->start = NULL;
}
