/* SPDX-License-Identifier: ISC */
/* What a desk knows of destinations: a table with a bound, from which goes what
 * nobody has asked for longest. */
#ifndef GATE_POLICY_ENTRY_H
#define GATE_POLICY_ENTRY_H

#include "gate/policy_desk.h"

struct flight; /* policy_flight.h */
struct errand; /* policy_desk.c */

struct entry {
	struct entry *below;           /* in the same slot of the table */
	struct entry *younger, *older; /* by when it was asked for last */
	uint64_t hash;
	char *reply[DESK_FORMS]; /* NULL: not known */
	size_t length[DESK_FORMS];
	int64_t valid_until; /* ms of the loop's clock */
	int64_t renew_from;
	bool asked;            /* since it was found out */
	struct flight *flight; /* it is being found out */
	struct errand *errand; /* with it: the desk's */
	struct desk_wait *waits;
	size_t key_length;
	char key[];
};

struct table {
	uint8_t secret[16]; /* names are chosen by strangers */
	struct entry **slots;
	size_t size, count; /* size: a power of two */
	struct entry *youngest, *oldest;
};

int table_open(struct table *);
void table_close(struct table *); /* entries without flights and waits */

struct entry *table_find(struct table *, const char *key, size_t length);
/* NULL when memory is out.  One that nobody has asked for long may go for it. */
struct entry *table_add(struct table *, const char *key, size_t length);
void table_touch(struct table *, struct entry *); /* it was asked for */

/* The reply takes the bytes over. */
void entry_set(struct entry *, enum desk_form, char *bytes, size_t length);

#endif
