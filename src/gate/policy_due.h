/* SPDX-License-Identifier: ISC */
/* Which entries are to be looked at again, and when: a wheel with a slot a second. */
#ifndef GATE_POLICY_DUE_H
#define GATE_POLICY_DUE_H

#include "gate/policy_entry.h"

#define DUE_SLOTS 4096 /* seconds ahead, at most */

struct due {
	int64_t second; /* up to which nothing is due any more */
	struct entry *slots[DUE_SLOTS];
};

void due_open(struct due *, int64_t now); /* now: seconds of some clock, here and below */

/* Instead of when it was due before.  What is too far ahead is due sooner. */
void due_set(struct due *, struct entry *, int64_t second);
void due_clear(struct entry *);

/* One that is due, which it is not any more then; NULL: none is now. */
struct entry *due_take(struct due *, int64_t now);

#endif
