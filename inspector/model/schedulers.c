/* SPDX-License-Identifier: MIT */
/*
 * schedulers.c: the small tables: schedulers, spawn sites.
 */
#include "taking.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SITES_MOST = 1 << 20 };

/* ---- sites ---- */

static int by_address(const void *a, const void *b)
{
	uint64_t left = ((const struct site *)a)->address,
		 right = ((const struct site *)b)->address;
	return (left > right) - (left < right);
}

/* Each scheduler counts in an entry of its own: one address, one site. */
static void merge_sites(struct snapshot *snapshot)
{
	if (snapshot->site_count == 0)
		return;
	qsort(snapshot->sites, snapshot->site_count, sizeof *snapshot->sites, by_address);
	uint32_t kept = 0;
	for (uint32_t i = 1; i < snapshot->site_count; i++) {
		struct site *site = &snapshot->sites[i], *last = &snapshot->sites[kept];
		if (site->address != last->address) {
			snapshot->sites[++kept] = *site;
			continue;
		}
		last->spawned += site->spawned;
		last->ended += site->ended;
	}
	snapshot->site_count = kept + 1;
	for (uint32_t i = 0; i < snapshot->site_count; i++) {
		struct site *site = &snapshot->sites[i];
		site->live = site->spawned > site->ended ? site->spawned - site->ended : 0;
	}
}

int taking_sites(struct taking *taking)
{
	struct model *model = taking->model;
	struct snapshot *snapshot = taking->snapshot;
	uint64_t count = taking->header.site_high;
	const unsigned char *bytes = model_section(model, SECTION_sites, &count, NULL);
	if (count > SITES_MOST)
		count = SITES_MOST;
	taking->site_addresses = calloc(count + 1, sizeof *taking->site_addresses);
	snapshot->sites = calloc(count + 1, sizeof *snapshot->sites);
	if (!taking->site_addresses || !snapshot->sites)
		return -ENOMEM;
	taking->site_count = count;
	uint64_t entry_bytes = model->layout.sections[SECTION_sites].entry_bytes;
	for (uint64_t i = 0; i < count; i++) {
		struct tl_site raw;
		layout_decode(&model->layout, SECTION_sites, bytes + i * entry_bytes, &raw);
		taking->site_addresses[i] = raw.address;
		if (raw.address != 0 && raw.kind == 0)
			snapshot->sites[snapshot->site_count++] = (struct site){
				.address = raw.address, .spawned = raw.spawned, .ended = raw.ended,
			};
	}
	merge_sites(snapshot);
	return 0;
}

/* ---- schedulers ---- */

static int32_t task_of_link(const struct taking *taking, uint32_t link)
{
	uint64_t slot = taking_slot_of_link(taking, link);
	return slot ? taking_task_in_slot(taking, slot) : -1;
}

static uint64_t overwritten(uint64_t head, uint32_t records)
{
	return head > records ? head - records : 0;
}

static void fill_scheduler(const struct taking *taking, uint32_t index,
			   const struct tl_scheduler *raw, struct scheduler *ret)
{
	uint64_t now = taking->clock.now_ns;
	*ret = (struct scheduler){
		.index = index,
		.tid = raw->tid,
		.in_use = raw->generation % 2,
		.asleep = raw->asleep != 0,
		.sleep_until_ns = MODEL_UNKNOWN,
		.current = task_of_link(taking, raw->current),
		.main = task_of_link(taking, raw->main),
		.spawned = raw->spawned,
		.ended = raw->ended,
		.idle_ns = taking_duration(taking, raw->idle),
		.timers = raw->timers,
		.ring_head = raw->head,
		.ring_lost = overwritten(raw->head, taking->header.ring_records),
		.rare_head = raw->rare_head,
		.rare_lost = overwritten(raw->rare_head, taking->header.rare_records),
		.thread_pointer = raw->thread_pointer,
		.idle_low = raw->idle_low,
		.idle_high = raw->idle_high,
	};
	if (raw->asleep && raw->sleep_until != UINT64_MAX && now != 0)
		ret->sleep_until_ns = raw->sleep_until > now ? raw->sleep_until - now : 0;
}

int taking_schedulers(struct taking *taking)
{
	struct model *model = taking->model;
	struct snapshot *snapshot = taking->snapshot;
	uint64_t count = taking->header.scheduler_high;
	const unsigned char *bytes = model_section(model, SECTION_schedulers, &count, NULL);
	/* One at least, so that every task's index leads somewhere. */
	snapshot->scheduler_count = count ? (uint32_t)count : 1;
	snapshot->schedulers = calloc(snapshot->scheduler_count, sizeof *snapshot->schedulers);
	if (!snapshot->schedulers)
		return -ENOMEM;
	snapshot->schedulers[0].current = snapshot->schedulers[0].main = -1;
	uint64_t entry_bytes = model->layout.sections[SECTION_schedulers].entry_bytes;
	for (uint32_t i = 0; i < count; i++) {
		struct tl_scheduler raw;
		layout_decode(&model->layout, SECTION_schedulers, bytes + i * entry_bytes, &raw);
		fill_scheduler(taking, i, &raw, &snapshot->schedulers[i]);
	}
	for (uint32_t i = 0; i < snapshot->task_count; i++) {
		struct task *task = &snapshot->tasks[i];
		if (task->scheduler >= snapshot->scheduler_count) {
			task->scheduler = 0;
			snapshot->bad++;
		}
		if (task->state == TL_STATE_READY)
			snapshot->schedulers[task->scheduler].ready++;
	}
	return 0;
}
