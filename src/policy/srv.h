/* SPDX-License-Identifier: ISC */
/* The order of SRV records (RFC 2782). */
#ifndef POLICY_SRV_H
#define POLICY_SRV_H

#include <stdbool.h>
#include <stdint.h>

#include <starttls/policy.h>

struct srv_target {
	struct stls_srv srv;
	bool implicit; /* TLS comes first */
	bool secure;   /* the answer that names it is signed */
};

/*
 * By priority; of the same priority, implicit TLS first, and then by chance as the
 * weights have it.  random makes the same order every time.  first_implicit: all
 * with implicit TLS come before all others, whatever their priority.
 */
void srv_order(struct srv_target *, size_t count, uint64_t random, bool first_implicit);

#endif
