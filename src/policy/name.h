/* SPDX-License-Identifier: ISC */
/* Names of hosts and domains, as they are compared and told. */
#ifndef POLICY_NAME_H
#define POLICY_NAME_H

#include <stdbool.h>
#include <stddef.h>

#define NAME_ROOM 254

/* A name in lower case and without a dot at the end.  False when it is no host
 * name: an empty or too long label, or another character than letters, digits,
 * "-" and "_" (which hosts have, though they may not). */
bool name_read(char out[NAME_ROOM], const char *text, size_t length);

bool name_equal(const char *, const char *);            /* without case */
bool name_inside(const char *name, const char *domain); /* the domain, or below it */
bool name_is_root(const char *);                        /* "" or "." */

/* An IPv4 or IPv6 address in text: 4 or 16, and its octets; 0: it is none. */
size_t name_address(unsigned char out[16], const char *text, size_t length);
/* "192.0.2.1", "2001:db8::1": whoever calls that a name. */
bool name_is_address(const char *);

#endif
