/* SPDX-License-Identifier: ISC */
/*
 * A look-up that does not make anybody wait: the system's resolver blocks, so it
 * is asked from a thread of its own, and a descriptor becomes readable when the
 * answer is there.  A look-up may be given up at any time.
 */
#ifndef NAMES_LOOKUP_H
#define NAMES_LOOKUP_H

#include <stddef.h>

#include "names/address.h"

#define LOOKUP_ROOM 8

struct lookup;

struct lookup_answer {
	size_t count; /* 0: there is none, and the reason says why */
	struct address_socket sockets[LOOKUP_ROOM];
	const char *reason;
};

/* NULL when the system does not let us (memory, threads, descriptors). */
struct lookup *lookup_begin(const struct address *);
/* Readable when there is an answer; the look-up's to close. */
int lookup_descriptor(const struct lookup *);
/* True when there is an answer. */
int lookup_answer(struct lookup *, struct lookup_answer *);
void lookup_end(struct lookup *); /* NULL is fine */

#endif
