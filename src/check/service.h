/* SPDX-License-Identifier: ISC */
/*
 * A service as people name it: "smtp://mail.example.org", "imaps://[::1]:1993".
 * Reading one is pure.
 */
#ifndef CHECK_SERVICE_H
#define CHECK_SERVICE_H

#include <stdbool.h>

#include <starttls/dialogue.h>
#include <starttls/identity.h>
#include <starttls/policy.h>

#include "names/address.h"

struct service {
	const char *url; /* as given, borrowed */
	enum stls_protocol protocol;
	enum stls_layer layer; /* STLS_PLAINTEXT (upgrade) or STLS_IMPLICIT */
	struct address address;
};

/* How a failure is told: the rest of a sentence that begins with the URL. */
struct service_error {
	char text[512];
};

/* 0, or -1 with what is wrong and what is allowed. */
int service_parse(struct service *, const char *url, struct service_error *);

/* "a, b, c": all schemes, for the usage. */
size_t service_schemes(char *out, size_t size);

/* A host that a plan names; the URL that it would have is kept in url. */
#define SERVICE_URL 300
void service_of_host(struct service *, const struct stls_host *, char url[SERVICE_URL]);

/*
 * Whom the certificate must name, and what to ask for.  Names come from what the
 * user wrote and from nowhere else (RFC 9525 section 6.1.1).
 */
#define SERVICE_NAMES 4
struct service_names {
	const char *sni;    /* NULL for an address */
	const char *domain; /* XMPP: the stream's "to"; else NULL */
	struct stls_id wanted[SERVICE_NAMES];
	size_t count;
	char host[256], served[256], srv[2][300];
	unsigned char ip[16];
};

/* servername overrides the host of the URL, domain is the one that is served
 * there (user@domain); both may be NULL. */
void service_names(const struct service *, const char *servername, const char *domain,
                   struct service_names *);

/* Of a host that a plan names, in the plan's own words. */
void service_names_of(const struct stls_host *, const char *domain, struct service_names *);

#endif
