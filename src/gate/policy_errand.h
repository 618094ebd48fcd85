/* SPDX-License-Identifier: ISC */
/* A desk from inside, and how it finds out what it does not know. */
#ifndef GATE_POLICY_ERRAND_H
#define GATE_POLICY_ERRAND_H

#include "gate/policy_due.h"
#include "gate/policy_flight.h"
#include "gate/policy_lanes.h"
#include "loop/timer.h"

struct desk {
	struct desk_order order;
	struct table table;
	struct due due;
	struct lanes lanes;          /* of errands */
	char *none, *busy, *strange; /* replies */
	size_t none_length, busy_length, strange_length;
	struct timer *tick;
	char walked[254]; /* the domain of the store that was looked at last */
	size_t unasked;   /* errands that nobody waits for */
	struct desk_counts counts;
};

/* An errand belongs to an entry, which may go only when it is over. */
struct errand {
	struct desk *desk;
	struct entry *entry;
	struct lane_seat seat;
	struct flight *flight; /* NULL: its turn is still to come */
	enum errand_kind kind;
	bool unasked;
};

int errands_open(struct desk *); /* 0 or -1 */
void errands_close(struct desk *);

/* Now, or when it is its turn.  False: too many wait, or memory is out.  Not if the same
 * is under way. */
bool errand_begin(struct desk *, struct entry *, enum errand_kind, bool unasked);

#endif
