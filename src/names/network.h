/* SPDX-License-Identifier: ISC */
/* Networks as people write them: "10.0.0.0/8", "2001:db8::/32", an address alone
 * for itself, and "unix" for whoever comes through a Unix socket.  Pure. */
#ifndef NAMES_NETWORK_H
#define NAMES_NETWORK_H

#include <stdint.h>
#include <sys/socket.h>

struct network {
	sa_family_t family;
	uint8_t bytes[16]; /* in network order; those behind the prefix are 0 */
	unsigned prefix;   /* in bits */
};

/* NULL, or what is wrong with the text, as the rest of a sentence. */
const char *network_parse(struct network *, const char *text);

/* True when both are the same, not when one is inside of the other. */
int network_equal(const struct network *, const struct network *);

int network_has(const struct network *, const struct sockaddr *);

#endif
