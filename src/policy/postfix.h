/* SPDX-License-Identifier: ISC */
/*
 * A plan as Postfix's smtp_tls_policy_maps wants it: one line for the whole domain.
 *
 * Postfix looks at each MX host by itself, so what is wrong with one of them is left
 * to it ("dane"); what is wrong with all of them is a temporary error.  "Not found"
 * means that Postfix goes on at its own default level: it is never said where
 * something could not be looked up, nor where a policy is known.
 */
#ifndef POLICY_POSTFIX_H
#define POLICY_POSTFIX_H

#include <starttls/policy.h>

enum postfix_reply {
	POSTFIX_FOUND = 1,
	POSTFIX_NOT_FOUND,
	POSTFIX_TEMPORARY /* the text is the reason */
};

struct postfix_wish {
	unsigned version; /* 307 for 3.7, 310 for 3.10, and so on */
	int reports;      /* tell what goes into RFC 8460 reports; from 3.10 on */
};

/* Longer than that no table can answer (socketmap_table(5): 100000 octets). */
#define POSTFIX_ROOM 99000

/* The text is written to out, "" for POSTFIX_NOT_FOUND. */
enum postfix_reply postfix_map(char *out, size_t room, const struct stls_plan *,
                               const struct postfix_wish *);

/*
 * Is a key one that a case can be opened for?  POSTFIX_FOUND: it is, as to.  What is
 * no mail domain (in brackets, an address, a parent domain, a path) has no policy
 * here: POSTFIX_NOT_FOUND.
 */
enum postfix_reply postfix_key(struct stls_destination *to, const char *key);

#endif
