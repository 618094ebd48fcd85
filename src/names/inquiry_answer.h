/* SPDX-License-Identifier: ISC */
/* What was heard, as a policy case wants to be told. */
#ifndef NAMES_INQUIRY_ANSWER_H
#define NAMES_INQUIRY_ANSWER_H

#include <starttls/policy.h>

#include "names/dns.h"
#include "names/dns_addresses.h"
#include "names/fetch.h"

/* The records of an answer, of one kind. */
struct inquiry_records {
	struct stls_mx *mx;
	struct stls_srv *srv;
	struct stls_text *texts;
	struct stls_tlsa *tlsa;
};

/* The answers are good as long as what was heard is, and the records.  Without
 * memory for the records it is a failure. */
void inquiry_records(struct stls_answer *, const struct dns_answer *, struct inquiry_records *);
void inquiry_records_free(struct inquiry_records *);
void inquiry_addresses(struct stls_answer *, const struct dns_addresses *);
void inquiry_policy(struct stls_answer *, const struct fetch_answer *);

#endif
