/* SPDX-License-Identifier: ISC */
/* What starttlsd keeps, as a person looks into it. */
#ifndef CLI_STATE_H
#define CLI_STATE_H

#include <starttls/sts.h>

#include "store/store.h"

#define STATE_USUAL "/var/lib/starttls"

/* NULL, and an explanation is out.  Nothing is made where nothing is: a database of
 * somebody else would be in the daemon's way. */
struct store *state_open(const char *state, int64_t now);

/* What is known of a domain's policy, to be given to a case at once. */
struct state_policy {
	struct store_policy kept;
	struct stls_sts_memory memory; /* points into kept */
};
enum store_result state_policy(struct store *, const char *domain, int64_t now,
                               struct state_policy *);

#endif
