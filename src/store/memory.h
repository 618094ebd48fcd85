/* SPDX-License-Identifier: ISC */
/*
 * The things that are in memory, in the order of their keys (a skip list a kind: W. Pugh,
 * 1990), and which of them are still to be written.  Knows nothing of what lasts.
 */
#ifndef STORE_MEMORY_H
#define STORE_MEMORY_H

#include <sys/queue.h>

#include "store/kinds.h"

#define MEMORY_HEIGHT 16 /* a quarter of each level is on the next: 4^16 things */

struct item {
	TAILQ_ENTRY(item) queue; /* if it is unwritten */
	unsigned char *packed;
	size_t length;
	uint64_t version; /* of what lasts when it was read or written; 0: it was not there */
	int64_t gone;     /* when it was forgotten; 0: it is there */
	uint32_t round;   /* in which it was seen where things last */
	uint8_t kind, height;
	bool unwritten, used;
	struct item *next[];
};

struct memory_kind {
	struct item *first[MEMORY_HEIGHT];
	bool dropped; /* something that lasts is not here */
};

struct memory {
	struct memory_kind kinds[KINDS];
	TAILQ_HEAD(memory_queue, item) unwritten; /* the oldest first */
	size_t unwritten_count, count, octets, limit;
	uint64_t random;
	struct item *hand; /* the next one to be looked at for being dropped */
};

void memory_begin(struct memory *, size_t limit);
void memory_end(struct memory *);

/* The first thing of a kind after that key; "": the first of all.  NULL: none. */
struct item *memory_after(const struct memory *, enum kind, const char *key);
struct item *memory_find(struct memory *, enum kind, const char *key);
const char *item_key(const struct item *);

/* A new thing, or another content for one that is there; NULL when there is no memory for
 * it, and then nothing has changed.  gone: when it was forgotten, or 0. */
struct item *memory_set(struct memory *, enum kind, const union record *, int64_t gone);
void memory_remove(struct memory *, struct item *);

void memory_unwritten(struct memory *, struct item *); /* is to be written */
void memory_written(struct memory *, struct item *);

/* Drops what was not asked for lately and lasts, until there is not too much any more or
 * nothing can be dropped.  Never keep. */
void memory_drop(struct memory *, const struct item *keep);

#endif
