/* SPDX-License-Identifier: MIT */
/*
 * places.c: addresses become functions, files and lines.
 *
 * Each module's tables are read at the first question about it; each answer is kept.  The texts
 * that are given out are made safe and live in one pool, each once, as long as the model: also when
 * the modules change and everything else is read anew.
 */
#include "places.h"

#include "../source/text.h"
#include "debug_file.h"
#include "demangle.h"
#include "inside.h"
#include "lines.h"
#include "stacks.h"
#include "symbols.h"

#include <stdlib.h>
#include <string.h>

enum {
	TEXT_BYTES = 1024,
	PLACES_MOST = 1 << 20,   /* beyond, answers are not kept any more */
	INLINED_MOST = 15,       /* in one function */
	TEXTS_MOST = 1 << 20,    /* beyond, names are unknown */
};

/* What was read of one module. */
struct reading {
	uint64_t low;            /* its address: which one it is */
	const char *path;
	struct symbols *symbols; /* NULL: none */
	struct lines *lines;     /* NULL: none */
	struct elf_file *debug;  /* the separate file, or NULL */
};

struct known_place {
	uint64_t key;            /* address * 2 + exact; 0: free */
	uint32_t first, count;   /* in `list` */
};

struct places {
	unsigned modules_generation;
	struct reading *readings;
	size_t reading_count;
	struct known_place *known; /* open addressing */
	size_t known_room, known_count;
	struct place *list;      /* innermost first, for each known place */
	size_t list_count, list_room;
	char **texts;            /* open addressing */
	size_t text_room, text_count;
};

/* ---- texts ---- */

static uint64_t hash_text(const char *text)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
	return hash ^ hash >> 32;
}

static bool grow_texts(struct places *places)
{
	size_t room = places->text_room ? places->text_room * 2 : 1024;
	char **texts = calloc(room, sizeof *texts);
	if (!texts)
		return false;
	for (size_t i = 0; i < places->text_room; i++) {
		if (!places->texts[i])
			continue;
		size_t at = hash_text(places->texts[i]) & (room - 1);
		while (texts[at])
			at = (at + 1) & (room - 1);
		texts[at] = places->texts[i];
	}
	free(places->texts);
	places->texts = texts;
	places->text_room = room;
	return true;
}

/* A safe copy that stays; NULL for NULL, and when there is no room. */
static const char *keep_text(struct places *places, const char *text)
{
	char safe[TEXT_BYTES];
	if (!text)
		return NULL;
	text_make_safe(safe, sizeof safe, text, strlen(text));
	if (places->text_count * 2 >= places->text_room && !grow_texts(places))
		return NULL;
	size_t at = hash_text(safe) & (places->text_room - 1);
	for (; places->texts[at]; at = (at + 1) & (places->text_room - 1))
		if (strcmp(places->texts[at], safe) == 0)
			return places->texts[at];
	if (places->text_count >= TEXTS_MOST)
		return NULL;
	places->texts[at] = strdup(safe);
	places->text_count += places->texts[at] != NULL;
	return places->texts[at];
}

/* ---- modules ---- */

static void forget_modules(struct places *places)
{
	for (size_t i = 0; i < places->reading_count; i++) {
		symbols_destroy(places->readings[i].symbols);
		lines_destroy(places->readings[i].lines);
		elf_file_close(places->readings[i].debug);
	}
	free(places->readings);
	places->readings = NULL;
	places->reading_count = 0;
	free(places->known);
	places->known = NULL;
	places->known_room = places->known_count = 0;
	places->list_count = 0;
}

static void read_module(struct places *places, const struct source_module *module,
			struct reading *ret)
{
	*ret = (struct reading){ .low = module->low, .path = keep_text(places, module->path) };
	if (!module->file)
		return;
	ret->symbols = symbols_create(module->file);
	ret->lines = lines_create(module->file);
	if (ret->lines)
		return;
	ret->debug = debug_file_open(module);
	if (!ret->debug)
		return;
	ret->lines = lines_create(ret->debug);
	struct symbols *more = symbols_create(ret->debug);
	if (more && (!ret->symbols || symbols_count(more) > symbols_count(ret->symbols))) {
		symbols_destroy(ret->symbols);
		ret->symbols = more;
	} else {
		symbols_destroy(more);
	}
}

static struct reading *reading_of(struct places *places, const struct source_module *module)
{
	for (size_t i = 0; i < places->reading_count; i++)
		if (places->readings[i].low == module->low)
			return &places->readings[i];
	struct reading *grown =
		reallocarray(places->readings, places->reading_count + 1, sizeof *grown);
	if (!grown)
		return NULL;
	places->readings = grown;
	read_module(places, module, &grown[places->reading_count]);
	return &grown[places->reading_count++];
}

/* ---- places ---- */

/* As the programmer wrote it: demangled, without the version that the linker adds
 * ("read@GLIBC_2.2.5") and without what the compiler adds to a copy of its own ("read.isra.0"). */
static const char *keep_name(struct places *places, const char *name)
{
	size_t length = strcspn(name, "@.");
	char *plain = length ? strndup(name, length) : strdup(name);
	char *demangled = plain ? demangle(plain) : NULL;
	const char *kept = keep_text(places, demangled ? demangled : plain);
	free(demangled);
	free(plain);
	return kept;
}

/* Frames of the runtime lie in the range that it gives, or, when it gives none, in a library of its
 * name. */
static bool is_runtime(struct model *model, uint64_t address, const struct source_module *module)
{
	if (!model->code_high) {
		struct tl_header header;
		struct tl_runtime runtime = { 0 };
		struct tl_layout layout;
		if (!model_read_header(model, &header))
			runtime_read(model, &header, &runtime, &layout);
		model->code_low = runtime.code_low;
		model->code_high = runtime.code_high;
	}
	if (model->code_high)
		return address >= model->code_low && address < model->code_high;
	const char *name = module ? strrchr(module->path, '/') : NULL;
	return name && strncmp(name + 1, "libtasklet.", 11) == 0;
}

/* All that is known of an address: innermost first.  At least one. */
static size_t find_places(struct model *model, uint64_t address, bool exact,
			  struct place ret[INLINED_MOST + 1])
{
	struct places *places = model->places;
	uint64_t inside = exact ? address : address - 1;
	const struct source_module *module = source_module_at(model->source, inside);
	struct reading *reading = module ? reading_of(places, module) : NULL;
	ret[0] = (struct place){ .is_runtime = is_runtime(model, inside, module) };
	if (!reading)
		return 1;
	ret[0].module = reading->path;
	uint64_t in_file = inside - module->bias;
	struct line lines[INLINED_MOST + 1] = { { 0 } };
	size_t count =
		reading->lines ? lines_find(reading->lines, in_file, lines, INLINED_MOST + 1) : 0;
	if (count == 0)
		count = 1;
	for (size_t i = 0; i < count; i++) {
		ret[i] = ret[0];
		ret[i].is_inlined = i + 1 < count;
		ret[i].file = keep_text(places, lines[i].file);
		ret[i].line = ret[i].file ? lines[i].number : 0;
		if (ret[i].is_inlined)
			ret[i].function = keep_name(places, lines[i].function);
	}
	struct place *last = &ret[count - 1];
	last->function = NULL;
	const char *name =
		reading->symbols ? symbols_find(reading->symbols, in_file, &last->offset) : NULL;
	if (name) {
		last->function = keep_name(places, name);
		last->offset += address - inside;
	}
	return count;
}

static bool grow_known(struct places *places)
{
	size_t room = places->known_room ? places->known_room * 2 : 1024;
	struct known_place *known = calloc(room, sizeof *known);
	if (!known)
		return false;
	for (size_t i = 0; i < places->known_room; i++) {
		if (!places->known[i].key)
			continue;
		size_t at =
			(places->known[i].key * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (room - 1);
		while (known[at].key)
			at = (at + 1) & (room - 1);
		known[at] = places->known[i];
	}
	free(places->known);
	places->known = known;
	places->known_room = room;
	return true;
}

static struct places *get_places(struct model *model)
{
	unsigned generation = source_modules_refresh(model->source);
	if (!model->places) {
		model->places = calloc(1, sizeof *model->places);
		if (!model->places)
			return NULL;
		model->places->modules_generation = generation;
	}
	if (model->places->modules_generation != generation) {
		forget_modules(model->places);
		model->places->modules_generation = generation;
	}
	return model->places;
}

/* Append to the list; false: no room. */
static bool keep_list(struct places *places, const struct place *found, size_t count)
{
	if (places->list_room - places->list_count < count) {
		size_t room = places->list_room ? places->list_room * 2 : 1024;
		struct place *grown = reallocarray(places->list, room, sizeof *grown);
		if (!grown)
			return false;
		places->list = grown;
		places->list_room = room;
	}
	memcpy(places->list + places->list_count, found, count * sizeof *found);
	places->list_count += count;
	return true;
}

/* The places of an address.  Valid until the next call. */
static const struct place *look_up(struct model *model, uint64_t address, bool exact, size_t *count)
{
	static struct place found[INLINED_MOST + 1];
	struct places *places = get_places(model);
	found[0] = (struct place){ 0 };
	*count = 1;
	if (!places || address == 0 || address > UINT64_MAX / 2)
		return found;
	if (places->known_count * 2 >= places->known_room && !grow_known(places))
		return found;
	uint64_t key = address * 2 + exact;
	size_t at = (key * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (places->known_room - 1);
	for (; places->known[at].key; at = (at + 1) & (places->known_room - 1)) {
		if (places->known[at].key != key)
			continue;
		*count = places->known[at].count;
		return places->list + places->known[at].first;
	}
	*count = find_places(model, address, exact, found);
	if (places->known_count >= PLACES_MOST || !keep_list(places, found, *count))
		return found;
	places->known[at] = (struct known_place){ key, (uint32_t)(places->list_count - *count),
						  (uint32_t)*count };
	places->known_count++;
	return found;
}

void model_place(struct model *model, uint64_t address, bool exact, struct place *ret)
{
	size_t count;
	const struct place *places = look_up(model, address, exact, &count);
	*ret = places[count - 1];
}

size_t model_places(struct model *model, uint64_t address, bool exact, struct place *ret,
		    size_t most)
{
	size_t count;
	const struct place *places = look_up(model, address, exact, &count);
	size_t given = count < most ? count : most;
	for (size_t i = 0; i < given; i++)
		ret[i] = places[i];
	if (given < count && given > 0)
		ret[given - 1] = places[count - 1]; /* the function itself in any case */
	return given;
}

void places_destroy(struct places *places)
{
	if (!places)
		return;
	forget_modules(places);
	for (size_t i = 0; i < places->text_room; i++)
		free(places->texts[i]);
	free(places->texts);
	free(places->list);
	free(places);
}
