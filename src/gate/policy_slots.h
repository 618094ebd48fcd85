/* SPDX-License-Identifier: ISC */
/*
 * The requests of a connection that have no reply yet, and the replies that have to
 * wait for those before them: they leave in the order of the requests.
 */
#ifndef GATE_POLICY_SLOTS_H
#define GATE_POLICY_SLOTS_H

#include "gate/policy_request.h"

struct slot;

struct slots {
	struct desk *desk;
	struct slot *first, **last;
	size_t count;
	void (*ready)(void *owner); /* the first one is; called later only */
	void *owner;
};

void slots_open(struct slots *, struct desk *, void (*ready)(void *owner), void *owner);
void slots_close(struct slots *); /* and ask no more */

/* Another request, whose reply is known, or has to be found out.  False when memory is
 * out. */
bool slots_add(struct slots *, struct desk_reply);
bool slots_ask(struct slots *, const struct request *);

/* The next reply, good until it is taken; no bytes: it is not there. */
struct desk_reply slots_next(const struct slots *);
void slots_take(struct slots *);

#endif
