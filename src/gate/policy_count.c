/* SPDX-License-Identifier: ISC */
#include "gate/policy_count.h"

void policy_count_desk(struct board_advice *advice, const struct desk *desk,
                       struct desk_counts *told)
{
	const struct desk_counts now = desk_count(desk);

	board_add(&advice->asked, now.asked - told->asked);
	board_add(&advice->known, now.known - told->known);
	board_add(&advice->found_out, now.found_out - told->found_out);
	board_add(&advice->troubled, now.troubled - told->troubled);
	*told = now;
}

void policy_count_rest(struct board_advice *advice, const struct dns *dns_asked,
                       const struct fetcher *fetcher, const struct store *store_asked,
                       struct policy_told *told)
{
	const struct dns_counts dns = dns_count(dns_asked);
	const struct fetch_counts fetch = fetch_count(fetcher);
	struct store_health store;

	store_health(store_asked, &store);
	board_add(&advice->dns, dns.looked_up - told->dns.looked_up);
	board_add(&advice->dns_failed, dns.failed - told->dns.failed);
	board_add(&advice->fetched, fetch.asked - told->fetch.asked);
	board_add(&advice->fetches_failed, fetch.failed - told->fetch.failed);
	board_add(&advice->store_failures, store.failures - told->store.failures);
	atomic_store(&advice->store_troubled, store.trouble);
	*told = (struct policy_told){dns, fetch, store};
}
