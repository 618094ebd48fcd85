/* SPDX-License-Identifier: ISC */
/* What the store keeps of MTA-STS policies, as cases have it, and back. */
#ifndef GATE_POLICY_STORE_H
#define GATE_POLICY_STORE_H

#include "gate/policy_desk.h"
#include "store/recall.h"

/* What is remembered of a domain.  OK, NOT_THERE; TROUBLE: nobody can tell. */
enum store_result policy_remembered(const struct desk_order *, const char *domain,
                                    struct store_recalled *);

/* Keeps what a plan wants remembered, and tells of it where that is news; asked: somebody
 * has asked for it.  What cannot be made to last is kept in memory; the store tells of its
 * troubles itself. */
void policy_remember(const struct desk_order *, const struct stls_plan *, bool asked);

/* The next domain after that one, "" at first, and when it is to be looked at again
 * (0: it is not); false at the end. */
bool policy_next(const struct desk_order *, char domain[254], int64_t *when);

#endif
