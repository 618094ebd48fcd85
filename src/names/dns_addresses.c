/* SPDX-License-Identifier: ISC */
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "names/dns_addresses.h"

/* What is kept of an answer. */
struct half {
	struct dns_query *query; /* NULL: answered */
	enum dns_security security;
	enum dns_absent absent;
	uint32_t ttl;
	size_t count, alias_count;
	char why[256], canonical[256];
	unsigned char addresses[DNS_ADDRESSES][16];
};

struct dns_host {
	struct half ip4, ip6;
	void (*told)(void *owner, const struct dns_addresses *);
	void *owner;
};

static void copy_text(char *out, size_t room, const char *text)
{
	size_t length = strnlen(text, room - 1);

	memcpy(out, text, length);
	out[length] = '\0';
}

static void keep(struct half *half, const struct dns_answer *answer)
{
	half->query = NULL;
	half->security = answer->security;
	half->absent = answer->absent;
	half->ttl = answer->ttl;
	half->alias_count = answer->alias_count;
	copy_text(half->why, sizeof(half->why), answer->why);
	copy_text(half->canonical, sizeof(half->canonical), answer->canonical);
	for (size_t i = 0; i < answer->count && i < DNS_ADDRESSES; i++)
		memcpy(half->addresses[half->count++], answer->records[i].bytes,
		       answer->records[i].length);
}

static bool is_good(const struct half *half)
{
	return half->security >= DNS_INSECURE;
}

/* The half that speaks for both: bogus, else failed without an address in the other,
 * else the less secure one. */
static const struct half *worse(const struct half *a, const struct half *b)
{
	if (a->security == DNS_BOGUS || b->security == DNS_BOGUS)
		return a->security == DNS_BOGUS ? a : b;
	if (is_good(a) && is_good(b))
		return a->security <= b->security ? a : b;
	if (!is_good(a) && !is_good(b))
		return a;
	if (!is_good(a))
		return b->count > 0 ? b : a;
	return a->count > 0 ? a : b;
}

static void add_ip4(struct dns_addresses *all, const unsigned char *bytes)
{
	struct address_socket *socket = &all->sockets[all->count++];
	struct sockaddr_in in = {.sin_family = AF_INET};

	memcpy(&in.sin_addr, bytes, sizeof(in.sin_addr));
	memcpy(&socket->storage, &in, sizeof(in));
	socket->length = sizeof(in);
}

static void add_ip6(struct dns_addresses *all, const unsigned char *bytes)
{
	struct address_socket *socket = &all->sockets[all->count++];
	struct sockaddr_in6 in = {.sin6_family = AF_INET6};

	memcpy(&in.sin6_addr, bytes, sizeof(in.sin6_addr));
	memcpy(&socket->storage, &in, sizeof(in));
	socket->length = sizeof(in);
}

static void add_sockets(struct dns_addresses *all, const struct dns_host *host)
{
	for (size_t i = 0; i < host->ip6.count || i < host->ip4.count; i++) {
		if (i < host->ip6.count)
			add_ip6(all, host->ip6.addresses[i]);
		if (i < host->ip4.count)
			add_ip4(all, host->ip4.addresses[i]);
	}
}

static void merge(struct dns_addresses *all, const struct dns_host *host)
{
	const struct half *ip4 = &host->ip4, *ip6 = &host->ip6, *speaker = worse(ip4, ip6);

	all->security = speaker->security;
	all->why = speaker->why;
	all->canonical = ip4->alias_count ? ip4->canonical : ip6->canonical;
	all->alias_count = ip4->alias_count ? ip4->alias_count : ip6->alias_count;
	all->ttl = ip4->ttl < ip6->ttl ? ip4->ttl : ip6->ttl;
	if (all->security < DNS_INSECURE)
		return;
	add_sockets(all, host);
	if (all->count == 0)
		all->absent = speaker->absent;
}

static void tell(struct dns_host *host)
{
	struct dns_addresses all = {0};

	if (host->ip4.query || host->ip6.query)
		return;
	merge(&all, host);
	host->told(host->owner, &all);
	free(host);
}

static void on_ip4(void *owner, const struct dns_answer *answer)
{
	struct dns_host *host = owner;

	keep(&host->ip4, answer);
	tell(host);
}

static void on_ip6(void *owner, const struct dns_answer *answer)
{
	struct dns_host *host = owner;

	keep(&host->ip6, answer);
	tell(host);
}

struct dns_host *dns_ask_addresses(struct dns *dns, const char *name,
                                   void (*told)(void *owner, const struct dns_addresses *),
                                   void *owner)
{
	struct dns_host *host = calloc(1, sizeof(*host));

	if (!host)
		return NULL;
	host->told = told;
	host->owner = owner;
	host->ip4.query = dns_ask(dns, name, DNS_A, on_ip4, host);
	host->ip6.query = dns_ask(dns, name, DNS_AAAA, on_ip6, host);
	if (host->ip4.query && host->ip6.query)
		return host;
	dns_drop_addresses(host);
	return NULL;
}

void dns_drop_addresses(struct dns_host *host)
{
	if (!host)
		return;
	dns_drop(host->ip4.query);
	dns_drop(host->ip6.query);
	free(host);
}
