/* SPDX-License-Identifier: ISC */
/* Memory that is given back all at once: what a case was told, and what it makes of
 * it. */
#ifndef POLICY_ARENA_H
#define POLICY_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *blocks;
	size_t total; /* bytes of all blocks */
	bool broken;  /* something was asked for that could not be had */
};

/* More than any honest domain needs: several of the largest DNS answers. */
#define ARENA_LARGEST ((size_t)4 << 20)

/* Zeroed, and aligned for anything.  NULL when memory is out, or ARENA_LARGEST is
 * reached; the arena is broken from then on. */
void *arena_take(struct arena *, size_t count, size_t size);
/* A copy with a NUL behind it; of NULL, NULL. */
const char *arena_text(struct arena *, const char *, size_t length);
const char *arena_string(struct arena *, const char *);
/* Everything is given back; the arena is as new. */
void arena_clear(struct arena *);

#endif
