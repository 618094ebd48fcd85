/* SPDX-License-Identifier: ISC */
#include <stdio.h>

#include "check/resolver.h"

/* RFC 8461 section 3.3: a minute at most. */
#define LONGEST_ANSWER 10000
#define LONGEST_FETCH 60000

/* What fails by itself says more than what is given up. */
static unsigned part(int64_t milliseconds, unsigned longest)
{
	milliseconds = milliseconds * 2 / 3;
	return milliseconds < longest ? (unsigned)milliseconds : longest;
}

bool resolver_open(struct resolver *resolver, struct loop *loop, const struct resolver_wish *wish,
                   char why[DNS_WRONG])
{
	*resolver = (struct resolver){0};
	resolver->dns =
	    dns_open(loop,
	             &(struct dns_settings){.config = wish->config,
	                                    .patience = part(wish->milliseconds, LONGEST_ANSWER)},
	             why);
	if (resolver->dns == NULL)
		return false;
	resolver->fetcher = fetcher_open(
	    loop, resolver->dns,
	    &(struct fetch_settings){.ca_file = wish->ca_file,
	                             .patience = part(wish->milliseconds, LONGEST_FETCH)});
	if (resolver->fetcher != NULL)
		return true;
	resolver_close(resolver);
	snprintf(why, DNS_WRONG, "there is no memory left");
	return false;
}

void resolver_close(struct resolver *resolver)
{
	fetcher_close(resolver->fetcher);
	dns_close(resolver->dns);
	*resolver = (struct resolver){0};
}
