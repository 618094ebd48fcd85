/* SPDX-License-Identifier: ISC */
/* A plan, told step by step: what is decided, why, and which rule says so. */
#ifndef CLI_EXPLAIN_H
#define CLI_EXPLAIN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <starttls/policy.h>

enum explain_memory {
	EXPLAIN_NOT_ASKED,  /* what is remembered is of no account here */
	EXPLAIN_NO_STATE,   /* nobody has said where memory is */
	EXPLAIN_NOTHING,    /* it has nothing of the domain */
	EXPLAIN_REMEMBERED, /* since when is in the explanation */
	EXPLAIN_TROUBLE     /* it could not be read: nothing was remembered */
};

struct explanation {
	const char *destination; /* as it was asked for */
	enum stls_service service;
	const struct stls_plan *plan;
	enum explain_memory memory;
	int64_t remembered; /* when the remembered policy was fetched */
	const char
	    *reports; /* where reports about TLS go (RFC 8460 section 3); NULL or "": nowhere */
	int64_t now;
};

enum {
	EXPLAIN_AUTHENTICATED, /* of some host that may be used, who it is must be proven */
	EXPLAIN_NOT,           /* not so, or not even TLS is demanded */
	EXPLAIN_NOWHERE,       /* it may go nowhere */
	EXPLAIN_UNKNOWN        /* it could not be found out */
};
int explain_status(const struct stls_plan *);
/* "authenticated", "encrypted", "opportunistic", "plain", "deferred", "refused", "unknown" */
const char *explain_word(const struct stls_plan *);

/* Whether it is the domain whose certificate or records are demanded. */
bool explain_proves(const struct stls_host *);
const char *explain_level(enum stls_level);                /* in words */
enum stls_level explain_highest(const struct stls_plan *); /* of the hosts that may be used */

void explain_text(FILE *, bool colours, const struct explanation *);
void explain_json(FILE *, const struct explanation *); /* one object, one line */

#endif
