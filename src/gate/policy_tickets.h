/* SPDX-License-Identifier: ISC */
/*
 * Keys of session tickets that several machines share, by the store: whoever finds
 * that the newest one is old makes the next one, and all take what is there.  The
 * parent is told, and has the workers use them.
 */
#ifndef GATE_POLICY_TICKETS_H
#define GATE_POLICY_TICKETS_H

#include "gate/generation.h"
#include "store/store.h"

struct policy_tickets {
	const struct config *config;
	struct store *store;
	int channel;     /* to the parent */
	int64_t *number; /* for each front, of the newest key that was told */
};

/* 0, or -1 when memory is out. */
int policy_tickets_open(struct policy_tickets *, const struct config *, struct store *,
                        int channel);
/* To be called every now and then, and soon when it is false: the store is in trouble. */
bool policy_tickets_look(struct policy_tickets *, int64_t now);
void policy_tickets_close(struct policy_tickets *);

#endif
