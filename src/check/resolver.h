/* SPDX-License-Identifier: ISC */
/* Who looks up for a person: DNS that is validated here, and policies by HTTPS. */
#ifndef CHECK_RESOLVER_H
#define CHECK_RESOLVER_H

#include <stdbool.h>
#include <stdint.h>

#include "names/dns.h"
#include "names/fetch.h"

struct resolver {
	struct dns *dns;
	struct fetcher *fetcher;
};

struct resolver_wish {
	const char *config;   /* an unbound.conf(5), or NULL */
	const char *ca_file;  /* authorities of policy hosts, or NULL */
	int64_t milliseconds; /* that the person waits; no answer may take all of it */
};

/* False: why is a sentence without a dot. */
bool resolver_open(struct resolver *, struct loop *, const struct resolver_wish *,
                   char why[DNS_WRONG]);
void resolver_close(struct resolver *); /* also one that was never open */

#endif
