/* SPDX-License-Identifier: ISC */
/* A policy case, with all that it asks for looked up: from what is wanted to a plan. */
#ifndef CHECK_DECISION_H
#define CHECK_DECISION_H

#include <starttls/policy.h>

#include "check/resolver.h"
#include "names/inquiry.h"

struct decision {
	stls_case *subject;
	struct inquiry *inquiry;
};

struct decision_wish {
	struct loop *loop;
	const struct resolver *resolver;
	int64_t milliseconds; /* then what is not known has failed */
	void (*done)(void *owner);
	void *owner;
};

/* NULL, or why there can be no plan, as a sentence without a dot.  done() is called once,
 * later, and then there is a plan. */
const char *decision_begin(struct decision *, const struct stls_case_spec *,
                           const struct decision_wish *);
const struct stls_plan *decision_plan(const struct decision *);
void decision_end(struct decision *); /* at any time, also one that never began */

#endif
