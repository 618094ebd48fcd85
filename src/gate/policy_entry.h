/* SPDX-License-Identifier: ISC */
/* What a desk knows of destinations: a table with a bound, from which goes what
 * nobody has asked for longest. */
#ifndef GATE_POLICY_ENTRY_H
#define GATE_POLICY_ENTRY_H

#include "gate/policy_desk.h"

/* Why somebody is under way for a destination (policy_errand.h). */
enum errand_kind {
	ERRAND_ANSWER, /* what is to be said of it is to be found out */
	ERRAND_RENEW,  /* its policy of MTA-STS is fetched again, for which nobody waits */
	ERRANDS
};
struct errand;

struct entry {
	struct entry *below;                /* in the same slot of the table */
	struct entry *younger, *older;      /* by when it was asked for last */
	struct entry *due_next, **due_link; /* policy_due.h */
	uint64_t hash;
	char *reply[DESK_FORMS]; /* the first is NULL: not known; others: as the first */
	size_t length[DESK_FORMS];
	int64_t valid_until; /* ms of the loop's clock */
	int64_t renew_from;
	int64_t renewed; /* when its policy was looked at last, 0: never */
	bool asked;      /* since it was found out */
	bool held;       /* is in use, and stays */
	struct errand *errands[ERRANDS];
	struct desk_wait *waits;
	size_t key_length;
	char key[];
};

/* How much there may be; entries that are waited for come on top. */
struct table_bounds {
	size_t entries, octets;
};

struct table {
	struct table_bounds bounds;
	uint8_t secret[16]; /* names are chosen by strangers */
	struct entry **slots;
	size_t size, count; /* size: a power of two */
	size_t octets;
	struct entry *youngest, *oldest;
};

int table_open(struct table *, const struct table_bounds *); /* 0 or -1 */
void table_close(struct table *);                            /* entries without errands and waits */

struct entry *table_find(struct table *, const char *key, size_t length);
/* NULL when memory is out.  Those that nobody has asked for long may go for it. */
struct entry *table_add(struct table *, const char *key, size_t length);
void table_touch(struct table *, struct entry *); /* it was asked for */

/* The reply takes the bytes over. */
void entry_set(struct table *, struct entry *, enum desk_form, char *bytes, size_t length);
/* What was set, in that form or, if it is no different there, in the first; bytes are
 * NULL when nothing is. */
struct desk_reply entry_reply(const struct entry *, enum desk_form);

#endif
