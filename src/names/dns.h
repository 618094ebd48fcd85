/* SPDX-License-Identifier: ISC */
/*
 * DNS, validated here: no other resolver's word on DNSSEC is taken.  Questions
 * are answered on the loop; nobody waits.
 *
 * However many ask the same, it is looked up once.  Answers are remembered for as
 * long as they say themselves; failures for a short time, so that name servers that
 * are away cost everybody but the first one nothing.
 */
#ifndef NAMES_DNS_H
#define NAMES_DNS_H

#include <stddef.h>
#include <stdint.h>

#include "loop/loop.h"

struct dns;
struct dns_query;

#define DNS_FORWARDERS "/etc/resolv.conf" /* the system's */

/* Zero all of it, then set what is to be different. */
struct dns_settings {
	/* An unbound.conf(5) with forwarders, stubs, trust anchors; without an anchor in it
	 * the packaged one counts.  NULL: the system's forwarders. */
	const char *config;
	/* A folder in which the root's anchor is kept up to date (RFC 5011), if it can be
	 * written to.  NULL: the anchor stays as it is packaged. */
	const char *state;
	const char *anchor;     /* NULL: that of dns-root-data */
	const char *forwarders; /* NULL: DNS_FORWARDERS */
	unsigned patience;      /* ms for an answer; 0: 10000 */
	unsigned grudge;        /* s for which a failure is remembered; 0: 30 */
	/* Questions under way, the others wait; 0: 512.  Who takes more than two seconds is
	 * not counted among them, up to four times as many in all. */
	unsigned at_once;
	unsigned remembered; /* answers, of 2 KiB each on the average; 0: 20000 */
};

/* NULL, and the reason as a sentence without a dot. */
#define DNS_WRONG 256
struct dns *dns_open(struct loop *, const struct dns_settings *, char wrong[DNS_WRONG]);
/* Whether it could be opened: 0, or -1 and why, as above.  Nothing is asked and nothing is
 * written. */
int dns_check(const struct dns_settings *, char wrong[DNS_WRONG]);
/* Whoever has asked is not answered any more; his queries are gone. */
void dns_close(struct dns *); /* NULL is fine */

/* As in DNS (RFC 1035 section 3.2.2, RFC 3596, RFC 2782, RFC 6698). */
enum dns_type {
	DNS_A = 1,
	DNS_CNAME = 5,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_SRV = 33,
	DNS_TLSA = 52
};

/* What is known of the whole answer, with every alias on the way and also where
 * there is nothing.  No value ever stands in for another one. */
enum dns_security {
	DNS_FAILED = 0, /* no answer that means anything */
	DNS_BOGUS,
	DNS_INSECURE, /* proven to be unsigned */
	DNS_SECURE
};

enum dns_absent {
	DNS_THERE = 0,
	DNS_NO_RECORDS, /* the name has none of this type */
	DNS_NO_NAME
};

/* Names are in lower case and without a dot at the end; the root is "". */
struct dns_record {
	unsigned preference;   /* MX; SRV: the priority */
	unsigned weight, port; /* SRV */
	const char *host;      /* MX, SRV, CNAME: where to; else NULL */
	/* A, AAAA: 4 or 16 octets; TXT: its strings joined; TLSA: all of it. */
	const unsigned char *bytes;
	size_t length;
};

struct dns_answer {
	enum dns_security security;
	enum dns_absent absent; /* DNS_THERE also when it is bogus or failed: nobody knows */
	enum dns_type type;
	unsigned rcode;  /* of DNS */
	uint32_t ttl;    /* what is left of it, in seconds; of the shortest-lived part */
	const char *why; /* bogus or failed: a sentence without a dot; else "" */
	const char *name;
	const char *canonical; /* the end of the aliases; the name itself if it is none */
	/* What each alias on the way points at, in order: the last one is canonical. */
	const char *const *aliases;
	size_t alias_count;
	/* None when bogus or failed. */
	const struct dns_record *records;
	size_t count;
	size_t octets; /* of memory that all of it takes */
};

/*
 * told() is called once, later and never from within dns_ask(); the answer is valid
 * during that call, and the query is gone with it.  What is no name fails like any
 * other question.  NULL when memory is out.
 *
 * A name that is an alias is asked with DNS_CNAME for itself alone, and the answer's
 * security is that of the first step (RFC 7672 section 2.2.2).
 */
struct dns_query *dns_ask(struct dns *, const char *name, enum dns_type,
                          void (*told)(void *owner, const struct dns_answer *), void *owner);
/* Before it is answered: the owner does not want to know any more.  NULL is fine. */
void dns_drop(struct dns_query *);

/* "failed", "bogus", "insecure", "secure"; "MX", "TLSA", ... */
const char *dns_security_name(enum dns_security);
const char *dns_type_name(enum dns_type);

struct dns_counts {
	uint64_t asked;     /* by anybody */
	uint64_t looked_up; /* not from memory */
	uint64_t failed;    /* of those, without an answer; bogus ones too */
	unsigned under_way, waiting, remembered;
};
struct dns_counts dns_count(const struct dns *);

#endif
