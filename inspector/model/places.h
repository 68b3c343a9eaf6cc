/* SPDX-License-Identifier: MIT */
#ifndef INSPECTOR_PLACES_H
#define INSPECTOR_PLACES_H

struct places;

void places_destroy(struct places *places); /* NULL is fine */

#endif
