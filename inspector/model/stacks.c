/* SPDX-License-Identifier: MIT */
#include "stacks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SLABS_MOST = 1 << TL_STACK_SLAB_BITS };

int slabs_read(struct slabs *slabs, struct model *model, const struct tl_header *header)
{
	uint64_t count = header->slab_high;
	const unsigned char *bytes = model_section(model, SECTION_slabs, &count, NULL);
	if (count > SLABS_MOST)
		count = SLABS_MOST;
	slabs->list = calloc(count + 1, sizeof *slabs->list);
	slabs->count = slabs->list ? count : 0;
	if (!slabs->list)
		return -ENOMEM;
	uint64_t entry_bytes = model->layout.sections[SECTION_slabs].entry_bytes;
	for (uint64_t i = 0; i < count; i++)
		layout_decode(&model->layout, SECTION_slabs, bytes + i * entry_bytes,
			      &slabs->list[i]);
	return 0;
}

void slabs_fini(struct slabs *slabs)
{
	free(slabs->list);
	*slabs = (struct slabs){ 0 };
}

bool slabs_find(const struct slabs *slabs, uint32_t stack, uint64_t *low, uint64_t *high)
{
	uint32_t index = stack & ((1u << TL_STACK_INDEX_BITS) - 1);
	uint32_t number = stack >> TL_STACK_INDEX_BITS & ((1u << TL_STACK_SLAB_BITS) - 1);
	uint32_t place = stack >> TL_STACK_PLACE_SHIFT;
	if ((place != TL_PLACE_SLAB && place != TL_PLACE_PAGED) || number == 0 ||
	    number >= slabs->count)
		return false;
	const struct tl_slab *slab = &slabs->list[number];
	uint64_t offset;
	if (index >= slab->count || slab->guard_bytes >= slab->stride ||
	    __builtin_mul_overflow(slab->stride, index, &offset) ||
	    slab->base > UINT64_MAX - offset || slab->base + offset > UINT64_MAX - slab->stride)
		return false;
	*low = slab->base + offset + slab->guard_bytes;
	*high = slab->base + offset + slab->stride;
	return true;
}

void runtime_read(struct model *model, const struct tl_header *header, struct tl_runtime *runtime,
		  struct tl_layout *layout)
{
	memset(runtime, 0, sizeof *runtime);
	memset(layout, 0, sizeof *layout);
	uint64_t count = header->runtime_high;
	const unsigned char *bytes = model_section(model, SECTION_runtimes, &count, NULL);
	for (uint64_t i = 0; i < count && runtime->name[0] == '\0'; i++)
		layout_decode(&model->layout, SECTION_runtimes,
			      bytes + i * model->layout.sections[SECTION_runtimes].entry_bytes,
			      runtime);
	count = header->layout_high;
	bytes = model_section(model, SECTION_layouts, &count, NULL);
	if (runtime->layout < count)
		layout_decode(&model->layout, SECTION_layouts,
			      bytes + runtime->layout *
					      model->layout.sections[SECTION_layouts].entry_bytes,
			      layout);
}
