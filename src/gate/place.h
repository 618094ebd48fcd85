/* SPDX-License-Identifier: ISC */
/*
 * A place where a service is found: one socket, with what is known of it.  Whether
 * it is there is found out by looking, in the protocol's own words: as a client
 * that asks for the list of what the service can do, and leaves.  Sessions tell,
 * too, how it was.
 */
#ifndef GATE_PLACE_H
#define GATE_PLACE_H

#include "gate/leg.h"
#include "gate/offers.h"

struct service;

/* In the order in which clients are sent to them. */
enum standing {
	PLACE_UP,
	PLACE_DOUBTED, /* it is to be looked at */
	PLACE_DOWN
};

struct place {
	struct backend_place at;
	struct service *service;

	enum standing standing;
	struct offers *offers; /* what it offers; NULL: not known */
	bool tried;            /* it was looked at, whatever came of it */

	struct leg leg;      /* by which it is looked at */
	struct timer *timer; /* when to look next */
	int64_t looked;      /* when it was, last */
	unsigned failures;   /* since it was there */
	bool stale;          /* it was away since it told what it offers */
	bool told;           /* the log says that it is down */
};

/* The members above the first blank line are set, the others zeroed.  0, or -1 when
 * memory is out. */
int place_open(struct place *);
/* Also when it was never opened but zeroed. */
void place_close(struct place *);

/* A session has got through to it, or has not. */
void place_worked(struct place *);
void place_failed(struct place *, enum stls_fault, const char *detail);

#endif
