/* SPDX-License-Identifier: ISC */
/* What is kept of an MTA-STS policy, as whoever decides takes it. */
#ifndef STORE_RECALL_H
#define STORE_RECALL_H

#include <starttls/sts.h>

#include "store/store.h"

/* memory points into kept, and its text is borrowed as that of kept is. */
struct store_recalled {
	struct store_policy kept;
	struct stls_sts_memory memory;
};

/* As store_policy_get(). */
enum store_result store_recall(struct store *, const char *domain, int64_t now,
                               struct store_recalled *out);

/* The same of one that is there already: it points into that. */
struct stls_sts_memory store_memory_of(const struct store_policy *);

#endif
