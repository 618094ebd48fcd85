/* SPDX-License-Identifier: ISC */
/* The addresses of a host: A and AAAA, looked up at once, as one answer. */
#ifndef NAMES_DNS_ADDRESSES_H
#define NAMES_DNS_ADDRESSES_H

#include "names/address.h"
#include "names/dns.h"

#define DNS_ADDRESSES 16 /* of each family; who has more has enough */

struct dns_addresses {
	/* Bogus when one of the two is; failed when one failed and the other has no
	 * address; insecure when one of the good ones is. */
	enum dns_security security;
	enum dns_absent absent;
	uint32_t ttl;
	const char *why;       /* as in an answer */
	const char *canonical; /* as in an answer */
	size_t alias_count;
	/* IPv6 and IPv4 in turns, IPv6 first (RFC 8305 section 4); the port is 0. */
	struct address_socket sockets[2 * DNS_ADDRESSES];
	size_t count;
};

struct dns_host;

/* As dns_ask(). */
struct dns_host *dns_ask_addresses(struct dns *, const char *host,
                                   void (*told)(void *owner, const struct dns_addresses *),
                                   void *owner);
void dns_drop_addresses(struct dns_host *); /* NULL is fine */

#endif
