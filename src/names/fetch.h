/* SPDX-License-Identifier: ISC */
/*
 * Small documents by HTTPS, as MTA-STS wants its policies fetched (RFC 8461 section
 * 3.3): the certificate is verified, for the host that was asked, by names of DNS
 * alone; no redirection is followed; only status 200 counts; nothing is kept for the
 * next one, and nothing is taken from the environment.
 *
 * Nothing is tried again, and the same document is fetched as often as it is asked
 * for: whether and when is the owner's decision (after a failure RFC 8461 section 3.3
 * wants five minutes).
 */
#ifndef NAMES_FETCH_H
#define NAMES_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "names/dns.h"

struct fetcher;
struct fetch;

/* Zero all of it, then set what is to be different. */
struct fetch_settings {
	const char *ca_file; /* PEM; NULL: the system's authorities */
	unsigned port;       /* 0: 443 */
	unsigned patience;   /* ms for all of it; 0: 60000 */
	unsigned size;       /* bytes of a document; 0: 65536 */
	/* Fetches under way; the others wait.  0: 50.  Slow ones do not hold up quick
	 * ones: who takes more than two seconds waits in a lane of its own, ten times
	 * as wide. */
	unsigned at_once;
};

/* The file of the system's authorities; NULL: there is none, but a folder. */
const char *fetch_authorities(void);

/* NULL when memory is out.  Both are borrowed. */
struct fetcher *fetcher_open(struct loop *, struct dns *, const struct fetch_settings *);
/* Whoever has asked is not answered any more; his fetches are gone. */
void fetcher_close(struct fetcher *); /* NULL is fine */

enum fetch_fault {
	FETCH_FINE = 0,
	FETCH_URL,     /* it is not https://HOST/PATH */
	FETCH_NO_HOST, /* the host does not exist or has no address */
	FETCH_RESOLVE, /* its addresses cannot be had: security says why */
	FETCH_CONNECT,
	FETCH_TLS,       /* the handshake failed, for none of the reasons that follow */
	FETCH_NAME,      /* the certificate is for another host */
	FETCH_EXPIRED,   /* or not valid yet */
	FETCH_UNTRUSTED, /* by nobody whom we trust */
	FETCH_REDIRECT,
	FETCH_STATUS, /* neither 200 nor a redirection */
	FETCH_TYPE,   /* not text/plain */
	FETCH_TOO_BIG,
	FETCH_TOO_SLOW,
	FETCH_BROKEN /* cut off, or not HTTP */
};
/* "fine", "no-host", "resolve", ...; never NULL. */
const char *fetch_fault_name(enum fetch_fault);

struct fetch_answer {
	enum fetch_fault fault;
	const char *why;            /* a sentence without a dot, or "" */
	enum dns_security security; /* of the host's addresses */
	int status;                 /* of HTTP; 0: there was none */
	const char *type;           /* as the server said it, or "" */
	/* With FETCH_FINE only.  A zero octet behind it is not counted. */
	const char *body;
	size_t length;
};

/* told() is called once, later and never from within fetch_ask(); the answer is valid
 * during that call, and the fetch is gone with it.  NULL when memory is out. */
struct fetch *fetch_ask(struct fetcher *, const char *url,
                        void (*told)(void *owner, const struct fetch_answer *), void *owner);
void fetch_drop(struct fetch *); /* before it is answered; NULL is fine */
/* Others have been in its way for longer than it has been under way. */
bool fetch_was_held_up(const struct fetch *);

struct fetch_counts {
	uint64_t asked, failed;
	unsigned under_way, slow, waiting;
};
struct fetch_counts fetch_count(const struct fetcher *);

#endif
