/* SPDX-License-Identifier: ISC */
/*
 * The keys that a front's session tickets are sealed with: a new one every few
 * hours, and the last ones are kept until nothing is left that they could open.
 * No two fronts have the same ones, so that a session is never taken from one to
 * another.
 */
#ifndef GATE_TICKETS_H
#define GATE_TICKETS_H

#include <starttls/tls.h>

#include "loop/timer.h"

struct tickets {
	stls_tls_context *context;
	struct timer *timer;
	size_t count;
	unsigned char keys[STLS_TICKET_KEYS][STLS_TICKET_KEY_SIZE]; /* newest first */
};

/* 0, or -1 when there is no memory or no randomness. */
int tickets_open(struct tickets *, struct loop *, stls_tls_context *);
void tickets_close(struct tickets *); /* also when it was never opened but zeroed */

/* A new key: what the timer does.  0 or -1, and then the old ones stay. */
int tickets_turn(struct tickets *);

#endif
