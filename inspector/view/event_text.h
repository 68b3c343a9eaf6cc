/* SPDX-License-Identifier: MIT */
/* event_text.h: one event of a tasklet's history, as seen from that tasklet. */
#ifndef VIEW_EVENT_TEXT_H
#define VIEW_EVENT_TEXT_H

#include "../model/model.h"

/* verb: "runs", "leaves", "ready", "wakes" ...; text: the rest, "lock db, by 57 index". */
void event_text(const struct snapshot *snapshot, const struct model *model, uint64_t id,
		const struct event *event, const char **verb, char *text, size_t bytes);

#endif
