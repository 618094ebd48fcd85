/* SPDX-License-Identifier: ISC */
#include <arpa/nameser.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "names/dns_answer.h"
#include "names/dns_record.h"

#define TTL_MOST 86400         /* a day, as resolvers have it */
#define TTL_NEGATIVE_MOST 3600 /* "one to three hours" (RFC 2308 section 5) */

/* A message, and where its aliases lead. */
struct draft {
	ns_msg message;
	enum dns_type type;
	char names[DNS_ALIASES + 1][NS_MAXDNAME]; /* the one asked for, and on */
	size_t aliases;
	uint32_t ttl;
	size_t count; /* records of the last of the names */
	size_t room;  /* octets for what they are about */
};

static void shorten(uint32_t *ttl, uint32_t other)
{
	if (other < *ttl)
		*ttl = other;
}

static bool is_of(const ns_rr *rr, const char *name, unsigned type)
{
	const char *owner = rr->name[0] == '.' && rr->name[1] == '\0' ? "" : rr->name;

	return ns_rr_class(*rr) == ns_c_in && ns_rr_type(*rr) == type &&
	       strcasecmp(owner, name) == 0;
}

/* 1 with the next name, 0: the last one is no alias, -1: that is no DNS. */
static int follow(struct draft *draft)
{
	size_t all = ns_msg_count(draft->message, ns_s_an);
	ns_rr rr;

	for (size_t i = 0; i < all; i++) {
		if (ns_parserr(&draft->message, ns_s_an, (int)i, &rr) < 0)
			return -1;
		if (!is_of(&rr, draft->names[draft->aliases], ns_t_cname))
			continue;
		if (draft->aliases == DNS_ALIASES)
			return -1;
		draft->aliases++;
		shorten(&draft->ttl, ns_rr_ttl(rr));
		return dns_record_host(&draft->message, &rr, 0, draft->names[draft->aliases]) < 0
		           ? -1
		           : 1;
	}
	return 0;
}

/* 0, or -1: that is no DNS. */
static int measure(struct draft *draft)
{
	size_t all = ns_msg_count(draft->message, ns_s_an);
	ns_rr rr;

	for (size_t i = 0; i < all; i++) {
		if (ns_parserr(&draft->message, ns_s_an, (int)i, &rr) < 0)
			return -1;
		if (!is_of(&rr, draft->names[draft->aliases], draft->type))
			continue;
		ptrdiff_t room = dns_record_room(&draft->message, &rr);
		if (room < 0)
			return -1;
		draft->count++;
		draft->room += (size_t)room;
		shorten(&draft->ttl, ns_rr_ttl(rr));
	}
	return 0;
}

/* How long there will be nothing (RFC 2308 section 5): the zone's SOA tells. */
static uint32_t negative_ttl(ns_msg *message)
{
	size_t all = ns_msg_count(*message, ns_s_ns);
	ns_rr rr;

	for (size_t i = 0; i < all; i++) {
		if (ns_parserr(message, ns_s_ns, (int)i, &rr) < 0)
			return 0;
		if (ns_rr_type(rr) != ns_t_soa || ns_rr_rdlen(rr) < 22)
			continue;
		uint32_t ttl = TTL_NEGATIVE_MOST;
		shorten(&ttl, ns_rr_ttl(rr));
		shorten(&ttl, ns_get32(ns_rr_rdata(rr) + ns_rr_rdlen(rr) - 4));
		return ttl;
	}
	return 0;
}

/* The names one after the other, the records, and what those are about. */
static struct dns_answer *answer_of(const struct draft *draft)
{
	size_t names = 0, octets;
	struct dns_answer *answer;
	struct dns_record *records;
	const char **aliases;
	char *at;

	for (size_t i = 0; i <= draft->aliases; i++)
		names += strlen(draft->names[i]) + 1;
	octets = sizeof(*answer) + draft->count * sizeof(*records) +
	         draft->aliases * sizeof(*aliases) + names + draft->room;
	answer = calloc(1, octets);
	if (!answer)
		return NULL;
	answer->octets = octets;
	records = (struct dns_record *)(answer + 1);
	aliases = (const char **)(records + draft->count);
	at = (char *)(aliases + draft->aliases);
	answer->records = records;
	answer->aliases = aliases;
	answer->alias_count = draft->aliases;
	answer->name = at;
	for (size_t i = 0; i <= draft->aliases; i++) {
		if (i > 0)
			aliases[i - 1] = at;
		answer->canonical = at;
		at = stpcpy(at, draft->names[i]) + 1;
	}
	answer->type = draft->type;
	answer->ttl = draft->ttl;
	answer->why = "";
	return answer;
}

static void fill(struct dns_answer *answer, struct draft *draft)
{
	struct dns_record *records = (struct dns_record *)(answer + 1);
	unsigned char *at =
	    (unsigned char *)strchr(answer->canonical, '\0') + 1; /* see answer_of() */
	size_t all = ns_msg_count(draft->message, ns_s_an);
	ns_rr rr;

	for (size_t i = 0; i < all && answer->count < draft->count; i++) {
		if (ns_parserr(&draft->message, ns_s_an, (int)i, &rr) < 0)
			return; /* measure() has been there */
		if (is_of(&rr, draft->names[draft->aliases], draft->type))
			at += dns_record_read(&draft->message, &rr, &records[answer->count++], at);
	}
}

/* 0, or -1: that is no DNS, or goes round in circles. */
static int understand(struct draft *draft, bool named)
{
	int more = draft->type == DNS_CNAME ? 0 : 1;

	draft->ttl = TTL_MOST;
	while (more > 0)
		more = follow(draft);
	if (more < 0 || (named && measure(draft) < 0))
		return -1;
	if (draft->count == 0)
		shorten(&draft->ttl, negative_ttl(&draft->message));
	return 0;
}

static const char *rcode_words(unsigned rcode)
{
	switch (rcode) {
	case ns_r_servfail: return "the name servers do not answer, or with SERVFAIL";
	case ns_r_refused: return "the name servers answer REFUSED";
	case ns_r_notimpl: return "the name servers answer NOTIMP";
	case ns_r_formerr: return "the name servers answer FORMERR";
	default: return "the name servers answer with an error";
	}
}

struct dns_answer *dns_answer_read(const void *message, size_t length, const char *name,
                                   enum dns_type type, enum dns_security security)
{
	static const char malformed[] = "the answer of the name servers is malformed";
	struct draft draft = {.type = type};
	struct dns_answer *answer;
	unsigned rcode;

	if (length > NS_MAXMSG || strlen(name) >= sizeof(draft.names[0]) ||
	    ns_initparse(message, (int)length, &draft.message) < 0)
		return dns_answer_none(name, type, DNS_FAILED, ns_r_formerr, malformed);
	rcode = ns_msg_getflag(draft.message, ns_f_rcode);
	if (rcode != ns_r_noerror && rcode != ns_r_nxdomain)
		return dns_answer_none(name, type, DNS_FAILED, rcode, NULL);
	strcpy(draft.names[0], name);
	if (understand(&draft, rcode == ns_r_noerror) < 0)
		return dns_answer_none(name, type, DNS_FAILED, rcode, malformed);
	answer = answer_of(&draft);
	if (!answer)
		return NULL;
	answer->security = security;
	answer->rcode = rcode;
	fill(answer, &draft);
	if (rcode == ns_r_nxdomain)
		answer->absent = DNS_NO_NAME;
	else if (answer->count == 0)
		answer->absent = DNS_NO_RECORDS;
	return answer;
}

/* Reasons hold what strangers have written. */
static char *copy_plain(char *out, const char *text)
{
	for (size_t i = 0; text[i]; i++)
		out[i] = (char)(text[i] >= ' ' && text[i] <= '~' ? text[i] : '?');
	return out;
}

struct dns_answer *dns_answer_none(const char *name, enum dns_type type, enum dns_security security,
                                   unsigned rcode, const char *why)
{
	size_t named = strlen(name) + 1, octets;
	struct dns_answer *answer;

	if (!why)
		why = rcode_words(rcode);
	octets = sizeof(*answer) + named + strlen(why) + 1;
	answer = calloc(1, octets);
	if (!answer)
		return NULL;
	answer->octets = octets;
	answer->name = answer->canonical = strcpy((char *)(answer + 1), name);
	answer->why = copy_plain((char *)(answer + 1) + named, why);
	answer->security = security;
	answer->rcode = rcode;
	answer->type = type;
	return answer;
}
