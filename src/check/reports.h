/* SPDX-License-Identifier: ISC */
/* Where a domain wants reports about TLS to go (RFC 8460 section 3). */
#ifndef CHECK_REPORTS_H
#define CHECK_REPORTS_H

#include <stdbool.h>

#include "names/dns.h"

struct reports {
	struct dns_query *query;
	void (*done)(void *owner);
	void *owner;
	char text[512]; /* "mailto:tls@example.org, https://...", escaped; "": nowhere */
};

/* done() is called once, later.  False when it cannot even be asked. */
bool reports_begin(struct reports *, struct dns *, const char *domain, void (*done)(void *owner),
                   void *owner);
void reports_end(struct reports *); /* at any time, also one that never began */

/* The addresses of one TXT record; false when it is none of these. */
bool reports_read(char out[512], const char *record, size_t length);

#endif
