/* SPDX-License-Identifier: ISC */
/* What the policy services have to do, on the board. */
#ifndef GATE_POLICY_COUNT_H
#define GATE_POLICY_COUNT_H

#include "gate/board.h"
#include "gate/policy_desk.h"

/* What was told of last time, to be zeroed at first. */
struct policy_told {
	struct dns_counts dns;
	struct fetch_counts fetch;
	struct store_health store;
};

/* Adds what has come since. */
void policy_count_desk(struct board_advice *, const struct desk *, struct desk_counts *told);
void policy_count_rest(struct board_advice *, const struct dns *, const struct fetcher *,
                       const struct store *, struct policy_told *);

#endif
