/* SPDX-License-Identifier: ISC */
/*
 * Routes: which name leads to which service.  The name is what the client asks for in
 * the handshake (SNI) or, in XMPP, in its stream ("to").  Nobody is led to the
 * service of another name than the one that was asked for.
 */
#ifndef GATE_ROUTE_H
#define GATE_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include <starttls/fault.h>

struct service;

#define ROUTE_NAME 256 /* with its NUL: no name is longer */

struct route {
	char name[ROUTE_NAME]; /* in lower case; "*.example.org": one label more */
	struct service *service;
};

struct routes {
	struct route *list;
	size_t count;
	struct service *home; /* where all others lead; NULL: nowhere */
};

/* False: it is too long to be one. */
bool route_name(struct route *, const char *name);
/* Before anything is looked for. */
void routes_sort(struct routes *);

/*
 * Where the names lead, each of which may be NULL when there was none.  NULL: nowhere,
 * and the fault says why.
 */
struct service *routes_choose(const struct routes *, const char *sni, const char *domain,
                              enum stls_fault *);

#endif
