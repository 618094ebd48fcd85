/* SPDX-License-Identifier: ISC */
/*
 * From what a person has named to the hosts that stand for it, one after the other.
 *
 * A URL has one.  The service of a domain has those that its SRV records name (RFC 6186,
 * RFC 8314 section 5.1, XEP-0368), in the order of a plan; those that must not be used
 * are passed over, and so are those that the user would have to be asked about (RFC 6186
 * section 6).
 */
#ifndef CHECK_TRAIL_H
#define CHECK_TRAIL_H

#include "check/decision.h"
#include "check/service.h"
#include "loop/timer.h"

enum trail_dane {
	TRAIL_NO_DANE,
	TRAIL_DANE_TOLD,  /* TLSA records are looked for, and only told of */
	TRAIL_DANE_COUNTS /* where there are some that can be used, they decide */
};

struct trail_goal {
	const struct service *url; /* or NULL: */
	const char *domain;
	enum stls_service kind;
	const char *accepted; /* a host that the user has said yes to, or NULL */
	/* of a URL: as service_names() has it, and what TLSA records are good for */
	const char *servername, *served;
	enum trail_dane dane;
};

struct trail_plan {
	struct loop *loop;
	const struct resolver *resolver; /* NULL: for URLs without TLSA records */
	struct trail_goal goal;
	int64_t milliseconds; /* for all of it, connections too */
	void (*ready)(void *owner);
	void *owner;
};

/* A host that was not used, and why. */
struct trail_passed {
	char host[SERVICE_URL];
	enum stls_fault fault;
	char detail[400];
};

#define TRAIL_ROOM 32

struct trail {
	struct trail_plan plan;
	struct decision decision;
	const struct stls_plan *hosts; /* NULL: nothing was asked */
	struct timer *turn;
	int64_t due;
	size_t next;
	struct trail_passed passed[TRAIL_ROOM];
	size_t passed_count;

	/* When ready() was called: a host, or that there is none any more, and why. */
	bool over;
	enum stls_fault fault;
	char detail[400];
	struct service service;
	char url[SERVICE_URL];
	struct service_names names;
	const struct stls_host *host; /* of the plan; NULL: a URL without TLSA records */
	bool dane_counts;             /* the TLSA records of the host decide */
};

/* ready() is called later, once for this, and once for each trail_next(). */
void trail_begin(struct trail *, const struct trail_plan *);
/* The host could not be used: another one. */
void trail_next(struct trail *, enum stls_fault, const char *detail);
bool trail_has_more(const struct trail *);
/* How long the host that it has come to may take. */
int64_t trail_milliseconds(const struct trail *);
void trail_end(struct trail *);

#endif
