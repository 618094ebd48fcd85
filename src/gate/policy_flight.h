/* SPDX-License-Identifier: ISC */
/* One destination being found out: a case, its inquiry, and what is to be
 * remembered of it afterwards. */
#ifndef GATE_POLICY_FLIGHT_H
#define GATE_POLICY_FLIGHT_H

#include "gate/policy_desk.h"

struct flight;

/* What the operator has decided for a destination, if that is not over; or NULL. */
const struct config_override *policy_override(const struct config *,
                                              const struct stls_destination *, int64_t now);

/* done() is called once, later; the plan is NULL when there can be none, and why is a
 * sentence without a dot.  refresh: the policy of MTA-STS is fetched again. */
typedef void flight_done(void *owner, const struct stls_plan *, const char *why);
struct flight *flight_begin(const struct desk_order *, const char *destination, bool refresh,
                            flight_done *, void *owner); /* NULL when memory is out */
void flight_end(struct flight *);                        /* at any time; NULL is fine */

#endif
