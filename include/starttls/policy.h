/* SPDX-License-Identifier: ISC */
/* clang-format off */
/*
 * The policy: must this peer be encrypted, how is it verified, and may mail or a
 * password leave?  Pure: nothing is looked up here, no clock is read.
 *
 * A case is a passive thing: its owner asks for its questions, looks up what they
 * ask for, gives the answers with what DNSSEC says of them, and reads a plan.
 * From the plan for a host and the facts of a connection comes a verdict.
 *
 *	struct stls_case_spec spec = {sizeof(spec)};
 *	unsigned asked = 0;
 *
 *	spec.domain = "example.org";
 *	spec.dane = spec.mta_sts = 1;
 *	spec.now = time(NULL);
 *	c = stls_case_open(&spec, &wrong);
 *	while (stls_case_waits(c) > 0) {
 *		while ((question = stls_case_question(c, asked + 1)) != NULL) {
 *			... begin to look it up: all of them may be under way at once
 *			asked++;
 *		}
 *		... wait for one of the answers
 *		stls_case_answer(c, id, &answer);
 *	}
 *	plan = stls_case_plan(c);
 *	... for each host in the plan: connect, stls_verdict()
 *	stls_case_close(c);
 *
 * Three things never happen: an answer that is bogus or failed is never taken for
 * "insecure" or "nothing there"; a question is never asked of name servers that
 * must not be asked it (TLSA behind an insecure address: RFC 7672 section 2.2.2);
 * a policy that is known is never forgotten because somebody does not answer.
 *
 * Threads: a case belongs to one thread at a time; there are no globals.
 */
/* clang-format on */
#ifndef STARTTLS_POLICY_H
#define STARTTLS_POLICY_H

#include <stddef.h>
#include <stdint.h>

#include <starttls/api.h>
#include <starttls/dialogue.h>
#include <starttls/fault.h>
#include <starttls/identity.h>
#include <starttls/ratchet.h>
#include <starttls/sts.h>
#include <starttls/tlsa.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- where to ---- */

enum stls_destination_kind {
	STLS_DESTINATION_DOMAIN = 1, /* "example.org", "example.org:587": its MX hosts */
	STLS_DESTINATION_HOST,    /* "[mail.example.org]:25": that host, without looking for MX */
	STLS_DESTINATION_ADDRESS, /* "[192.0.2.1]", "[IPv6:2001:db8::1]", "192.0.2.1" */
	STLS_DESTINATION_PARENT   /* ".example.org": not a destination, but MTAs ask for it */
};

struct stls_destination {
	size_t size; /* sizeof(struct stls_destination), set by the caller */
	enum stls_destination_kind kind;
	unsigned port;  /* 25 unless the key says otherwise */
	char name[254]; /* in lower case, without brackets and without a dot at the end */
};

/* Reads a next hop as mail servers write it. NULL, or what is wrong with it as a
 * sentence without a dot. */
STLS_API const char *stls_destination_parse(struct stls_destination *, const char *key);

/* ---- how much ---- */

/* What a connection must have; each one is stricter than those before. */
enum stls_level {
	STLS_LEVEL_PLAIN = 1, /* no TLS at all; by override only */
	STLS_LEVEL_MAY,       /* TLS when it can be had; else, on a new connection, without */
	STLS_LEVEL_ENCRYPT,   /* TLS, with whatever certificate */
	STLS_LEVEL_DANE,      /* TLS, and the TLSA records match */
	STLS_LEVEL_SECURE,    /* TLS, and a trusted certificate for one of the wanted names */
	STLS_LEVEL_BOTH       /* as STLS_LEVEL_DANE and as STLS_LEVEL_SECURE */
};
STLS_API const char *stls_level_name(enum stls_level); /* "may", "encrypt", ...; never NULL */

/* What a TLS client must insist on for a level.  With STLS_LEVEL_BOTH it is
 * STLS_TRUST_DANE, and what else is true is told in struct stls_attempt. */
STLS_API enum stls_trust stls_level_trust(enum stls_level);

/*
 * What the operator has decided for a destination, whatever it publishes itself
 * (RFC 7435 section 3).  It says why, and until when: an override that nobody
 * remembers is how plaintext stays.
 */
struct stls_override {
	size_t size; /* sizeof(struct stls_override) */
	/* PLAIN, MAY, ENCRYPT; DANE: only with TLSA records; SECURE: by certificate. */
	enum stls_level level;
	const char *const *names; /* SECURE: the certificate is for one of them, the last one is
	                             NULL; NULL: the domain, and MX hosts that DNSSEC vouches for */
	const char *reason;
	int64_t expires; /* or STLS_NEVER */
};
#define STLS_NEVER INT64_C(0x7fffffffffffffff)
/* NULL, or what is wrong with the override as a sentence without a dot. */
STLS_API const char *stls_override_check(const struct stls_override *);

/* ---- the case ---- */

/* What is looked for. */
enum stls_service {
	STLS_SERVICE_RELAY = 0, /* mail for a domain, port 25 (RFC 5321 section 5.1) */
	/* by SRV (RFC 6186, RFC 8314, RFC 5804, RFC 6120, XEP-0368): always with TLS */
	STLS_SERVICE_SUBMISSION,
	STLS_SERVICE_IMAP,
	STLS_SERVICE_POP3,
	STLS_SERVICE_SIEVE,
	STLS_SERVICE_XMPP_CLIENT,
	STLS_SERVICE_XMPP_SERVER
};
/* "relay", "submission", "imap", ...; "" for what is none. */
STLS_API const char *stls_service_name(enum stls_service);
/* 0, or -1 when there is no such service. */
STLS_API STLS_MUST_CHECK int stls_service_named(const char *name, enum stls_service *);

/* Zero all of it, then set what is needed; new members will come at the end and
 * mean the same as today when zero.  Everything is copied. */
struct stls_case_spec {
	size_t size; /* sizeof(struct stls_case_spec) */
	/* A next hop as stls_destination_parse() reads it; a domain for services.
	 * Internationalised names as A-labels. */
	const char *domain;
	enum stls_service service;
	int64_t now; /* seconds since 1970 */

	/* relay: what is wanted of every destination */
	enum stls_level floor; /* MAY, ENCRYPT or SECURE; 0: MAY */
	int dane;              /* look for TLSA records; for services too */
	int mta_sts;           /* look for MTA-STS policies */
	/* A host that passes DANE and fails an MTA-STS policy in enforce: taken (DANE
	 * decides, which is the common practice), or left out (RFC 8461 section 5 to
	 * the letter). */
	int both;
	/* A record for MTA-STS, no policy known, and the policy cannot be fetched: as
	 * if there were none (RFC 8461 section 3.3), or deferred. */
	int unfetched_defers;

	/* relay: what the message wants (RFC 8689) */
	int requiretls;
	int tls_optional;  /* "TLS-Required: No", and not requiretls */
	int tls_overrules; /* tls_optional counts for more than the floor and the override */

	const struct stls_override *local; /* for this destination, or NULL */
	const struct stls_sts_memory *sts; /* what is remembered of it, or NULL */
	/* Fetch the policy even if a valid one is known of the same id: for whoever
	 * refreshes it, not for whoever has mail to deliver. */
	int refresh;

	/* services */
	uint64_t random;      /* orders hosts of the same priority by weight (RFC 2782) */
	const char *accepted; /* a host that the user has said yes to: see stls_host.ask */
	/* A host inside of the domain needs no DNSSEC to be one whose name the
	 * certificate may be for (RFC 6186 section 6; RFC 7673 section 4.1 forbids it). */
	int inside;

	/* relay: what is remembered cannot be read now.  A policy may be known for all we
	 * know, so that only one that is fetched now is better than deferring. */
	int sts_unseen;
};

typedef struct stls_case stls_case;

/* NULL when the domain is none, the override lacks its reason, or memory is out:
 * *wrong is why, as a sentence without a dot. */
STLS_API STLS_MUST_CHECK stls_case *stls_case_open(const struct stls_case_spec *,
                                                   const char **wrong);
STLS_API void stls_case_close(stls_case *); /* NULL is fine */

enum stls_question_kind {
	STLS_ASK_MX = 1,
	STLS_ASK_SRV,
	STLS_ASK_ADDRESS,    /* A and AAAA of a host */
	STLS_ASK_CNAME,      /* only whether the name is an alias, and how secure that is */
	STLS_ASK_TLSA,       /* name is "_25._tcp.mail.example.org" */
	STLS_ASK_STS_RECORD, /* TXT; name is "_mta-sts.example.org" */
	STLS_ASK_STS_POLICY  /* name is "https://mta-sts.example.org/.well-known/mta-sts.txt" */
};
STLS_API const char *stls_question_kind_name(enum stls_question_kind); /* "MX", "A", "TXT", ... */

struct stls_question {
	unsigned id; /* 1, 2, ... in the order of being asked */
	enum stls_question_kind kind;
	const char *name;
	int answered;
};

/* The question of an id, from 1 on; NULL when it has not come up.  Valid until
 * stls_case_close(). */
STLS_API const struct stls_question *stls_case_question(const stls_case *, unsigned id);
/* How many questions are not answered yet.  0: the plan can be had. */
STLS_API size_t stls_case_waits(const stls_case *);

/* What DNSSEC says of an answer, negative ones too: "insecure" is proven to be
 * unsigned.  Of the whole answer, with every alias on the way (RFC 7672 section
 * 2.1.3). */
enum stls_dns {
	STLS_DNS_FAILED = 0, /* no answer that means anything: SERVFAIL, REFUSED, timeout, lame */
	STLS_DNS_BOGUS,
	STLS_DNS_INSECURE,
	STLS_DNS_SECURE
};
STLS_API const char *stls_dns_name(enum stls_dns); /* "failed", "bogus", ... */

enum stls_absent {
	STLS_THERE = 0,  /* there are records */
	STLS_NO_RECORDS, /* the name has none of this type */
	STLS_NO_NAME     /* the name does not exist */
};

struct stls_mx {
	unsigned preference;
	const char *host; /* "" or ".": the root, as in a null MX */
};
struct stls_srv {
	unsigned priority, weight, port;
	const char *host;
};

/*
 * An answer.  Zero all of it, then set what there is; all zero is a failure.
 * Everything is copied.
 *
 * A and AAAA make one answer: bogus when one of them is, failed when one failed
 * and the other has no address, insecure when one of the good ones is.
 */
struct stls_answer {
	size_t size; /* sizeof(struct stls_answer) */
	enum stls_dns security;
	enum stls_absent absent;
	/* The end of the chain of aliases; NULL or the name itself: there is none. */
	const char *canonical;
	uint32_t ttl; /* seconds, of the shortest-lived part, negative ones too */
	const struct stls_mx *mx;
	const struct stls_srv *srv;
	const struct stls_text *texts;
	const struct stls_tlsa *tlsa;
	size_t count; /* of the records above, or of addresses */
	/* STLS_ASK_STS_POLICY: NONE with status and body, or STS_FETCH, STS_WEBPKI,
	 * TIMEOUT, TOO_LONG, LOOKUP, BOGUS, ...  BUSY and MEMORY: it was not even asked for,
	 * and that is not as if there were none. */
	enum stls_fault fault;
	int status; /* of HTTP; a redirection is not followed (RFC 8461 section 3.3) */
	const char *content_type;
	struct stls_text body;
	/* What went wrong in somebody else's words, for the reasons; or NULL. */
	const char *detail;
};
/* Ignored when there is no such question or it has been answered. */
STLS_API void stls_case_answer(stls_case *, unsigned id, const struct stls_answer *);
/* Every question that is still open has failed: for whoever cannot wait longer. */
STLS_API void stls_case_give_up(stls_case *, const char *detail);

/* ---- the plan ---- */

/* Why something was decided, step by step. */
struct stls_step {
	const char *about; /* the host, or "" for the domain */
	const char *rule;  /* "RFC 7672 section 2.2", "local policy" */
	const char *text;  /* a sentence without a dot */
	size_t host;       /* 1, 2, ...: which one of the plan; 0: none of them */
};

enum stls_outcome {
	STLS_DELIVER = 1, /* to the hosts, in their order */
	STLS_DEFER,
	STLS_FAIL /* it will not get better: bounce */
};

/* One host. */
struct stls_host {
	const char *name; /* or an address, see address */
	unsigned port;
	unsigned preference;
	int address; /* the name is an address in text */

	/* NONE, or why this host must not be used: as if it could not be reached.  The
	 * level is 0 then, and nothing below means anything. */
	enum stls_fault skip;
	int tlsa_lost; /* because its TLSA records could not be looked up */

	enum stls_level level;
	enum stls_protocol protocol;
	enum stls_layer layer;        /* STLS_PLAINTEXT: by STARTTLS, STLS_IMPLICIT */
	const char *sni;              /* NULL for an address */
	const struct stls_id *wanted; /* whom the certificate may be for */
	size_t wanted_count;
	const struct stls_tlsa *tlsa; /* DANE, BOTH: what stls_tlsa_select() left */
	size_t tlsa_count;
	const char *tlsa_base; /* RFC 7672 section 2.2.3, or NULL */
	int requiretls;        /* inside of TLS REQUIRETLS must be offered */

	/* DNSSEC or MTA-STS prove that this host serves the domain: only then is a
	 * verified certificate the domain's (RFC 7672 section 2.2.1). */
	int proven;
	/* services: an unsigned answer names a host outside of the domain: ask the
	 * user before a password goes there (RFC 6186 section 6). */
	int ask;
	/* What an MTA-STS policy in testing would demand: it is to be reported when
	 * it is not met, and nothing else (RFC 8461 section 5). */
	int testing;
	/* NONE, or what is to be reported though mail may go: TLSA_UNUSABLE, STS_MX. */
	enum stls_fault remark;
	const char *policy_type; /* RFC 8460 section 4.4: "tlsa", "sts", "no-policy-found" */

	/* All TLSA records that were found, also where none of them counts; for whoever
	 * explains: tlsa has those that count. */
	const struct stls_tlsa *found;
	size_t found_count;
};

/* What is known of the MTA-STS policy now. */
struct stls_sts_state {
	enum stls_sts_mode mode; /* of the policy that counts */
	struct stls_sts_policy policy;
	/* What to remember from now on; text is NULL when there is nothing. */
	struct stls_sts_memory memory;
	int changed;           /* it is not what was remembered: store it */
	int renewed;           /* it was fetched just now, and is good */
	int new_id;            /* the record has another id than the policy that counts */
	const char *record_id; /* as it is published now, or "" */
	int64_t expires;       /* of the policy that counts, or 0 */
	int64_t next_look;     /* stls_sts_next_look() of memory */
	/* NONE, or what is wrong with record, fetching or policy: to be reported. */
	enum stls_fault fault;
	const char *detail; /* of the fault, or "" */
};

/* Valid until stls_case_close(). */
struct stls_plan {
	size_t size;
	enum stls_outcome outcome;
	enum stls_fault fault;                /* NONE with STLS_DELIVER */
	const char *reason;                   /* of a failure, as a sentence without a dot; or "" */
	const struct stls_host *const *hosts; /* in their order, also those that are skipped */
	size_t host_count;
	enum stls_dns mx; /* how secure the way from the domain to the hosts is */
	const char *domain;
	struct stls_sts_state sts;
	int overridden;      /* by the override of the spec */
	int64_t valid_until; /* after it, the answers may have changed */
	const struct stls_step *steps;
	size_t step_count;
	/* relay: what is demanded of whatever host, by the override, the floor or the message,
	 * or may be by an MTA-STS policy that cannot be seen (SECURE then).  With STLS_FAIL:
	 * for whoever finds a host nevertheless. */
	enum stls_level least;
};

/* NULL as long as there are open questions. */
STLS_API const struct stls_plan *stls_case_plan(stls_case *);

/* ---- the verdict ---- */

/* What became of a connection to a host of the plan. */
struct stls_attempt {
	size_t size; /* sizeof(struct stls_attempt) */
	/* How the connection failed before its end was reached; NONE: it has TLS, or
	 * is in the clear for a reason given below. */
	enum stls_fault fault;
	int offered;   /* the server has offered STARTTLS; always true for implicit TLS */
	int encrypted; /* the handshake was good */
	int retried;   /* in the clear on purpose: TLS failed on the connection before */
	/* After the handshake: what the certificate was found good for, and if it is
	 * for nothing, why (struct stls_facts).  pkix: for STLS_LEVEL_BOTH, that an
	 * authority that we trust has signed it for a wanted name. */
	enum stls_trust verified;
	enum stls_fault unverified;
	int pkix;
	int requiretls;          /* REQUIRETLS is offered inside of TLS */
	enum stls_ruling ruling; /* of the ratchet */
};

enum stls_action {
	STLS_GO = 1,      /* the mail or the password may go over this connection */
	STLS_RETRY_CLEAR, /* close, connect again, and go without TLS */
	STLS_NEXT,        /* close, and try the next host */
	STLS_LATER,       /* close; there is no other host: defer */
	STLS_BOUNCE       /* close; it will not get better */
};

struct stls_verdict {
	size_t size; /* sizeof(struct stls_verdict), set by the caller */
	enum stls_action action;
	enum stls_fault fault;  /* why it is not STLS_GO; with STLS_GO: NONE */
	enum stls_fault report; /* what RFC 8460 wants to be told of, also with STLS_GO */
	int smtp;               /* what to tell the sender: 250, 450, 550 */
	const char *enhanced;   /* "4.7.5" */
	const char *rule;       /* as in struct stls_step */
	const char *reason;
	/* The policy may be out of date: look for a new id now, and begin a new case
	 * if there is one (RFC 8461 section 5.1). */
	int look_again;
	int authenticated; /* the peer is the domain's, proven all the way */
};

/* index: of the host in the plan. */
STLS_API void stls_verdict(const struct stls_plan *, size_t index, const struct stls_attempt *,
                           struct stls_verdict *);

#ifdef __cplusplus
}
#endif

#endif
