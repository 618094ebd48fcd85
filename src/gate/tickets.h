/* SPDX-License-Identifier: ISC */
/*
 * The keys that session tickets are sealed with: a new one every few hours, and the
 * last ones are kept until nothing is left that they could open.
 *
 * No two fronts have the same ones, so that a session is never taken from one to
 * another.  All processes that serve a front have, also those of its next
 * configuration, so that a client comes back to any of them.
 */
#ifndef GATE_TICKETS_H
#define GATE_TICKETS_H

#include <stdint.h>

#include <starttls/tls.h>

/* ms: 4 hours, twice as long as a ticket is good */
#define TICKETS_TURN INT64_C(14400000)

struct ticket_ring {
	struct ticket_ring *next;
	unsigned char keys[STLS_TICKET_KEYS][STLS_TICKET_KEY_SIZE]; /* newest first */
	size_t count;
	int64_t shared; /* when other machines' keys came last, by loop_clock(); 0: never */
	char front[];   /* its name */
};

struct tickets {
	struct ticket_ring *rings;
};

/* The ring of a front, which is made if there is none yet; NULL when there is no
 * memory or no randomness. */
struct ticket_ring *tickets_ring(struct tickets *, const char *front);

struct ticket_ring *tickets_find(const struct tickets *, const char *front); /* or NULL */

/* A new key.  0 or -1, and then the old ones stay. */
int tickets_turn(struct ticket_ring *);

/* Has the context use them.  0 or -1. */
int tickets_use(const struct ticket_ring *, stls_tls_context *);

void tickets_forget(struct tickets *); /* wipes all */

#endif
