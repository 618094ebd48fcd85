/* SPDX-License-Identifier: ISC */
/* What counts where two machines have written the same, and until when: see struct
 * kind_rules. */
#ifndef STORE_MERGE_H
#define STORE_MERGE_H

#include "store/kinds.h"

int64_t merge_policy_moment(const union record *);
int64_t merge_policy_until(const union record *, int64_t keep_host);
void merge_policy(union record *mine, const union record *theirs);

int64_t merge_host_moment(const union record *);
int64_t merge_host_until(const union record *, int64_t keep_host);
void merge_host(union record *mine, const union record *theirs);

int64_t merge_override_moment(const union record *);
int64_t merge_override_until(const union record *, int64_t keep_host);
void merge_override(union record *mine, const union record *theirs);

int64_t merge_tickets_moment(const union record *);
int64_t merge_tickets_until(const union record *, int64_t keep_host);
void merge_tickets(union record *mine, const union record *theirs);

#endif
