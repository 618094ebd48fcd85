/* SPDX-License-Identifier: ISC */
/*
 * The way to a service: look up, dial, the plaintext dialogue, the handshake.
 * Never any further in plaintext: without TLS there is only a fault.
 */
#ifndef CHECK_REACH_H
#define CHECK_REACH_H

#include <stdbool.h>
#include <stdint.h>

#include <starttls/tls.h>

#include "check/service.h"
#include "check/talk.h"
#include "loop/dial.h"
#include "loop/timer.h"
#include "loop/watch.h"
#include "names/dns_addresses.h"
#include "names/lookup.h"

struct reach_plan {
	struct loop *loop;
	const struct service *service;
	const struct service_names *names;
	stls_tls_context *context;
	enum stls_trust trust;        /* STLS_TRUST_PKIX: another peer than wanted fails */
	const struct stls_host *host; /* STLS_TRUST_DANE: whose TLSA records must match */
	struct dns *dns;              /* NULL: the system looks the host up */
	enum stls_demand ask; /* STLS_MUST: by the shortest way; STLS_MAY: ask for the list first */
	const char *our_name; /* for EHLO; NULL: our address */
	int64_t milliseconds; /* for all of it */
	struct tape *tape;    /* NULL: none */
	/* Called when it is up or failed, and from then on whenever the side wakes. */
	void (*woken)(void *owner);
	void *owner;
};

enum reach_state { REACH_LOOKUP, REACH_DIAL, REACH_TALK, REACH_SHAKE, REACH_UP, REACH_FAILED };

struct reach {
	struct reach_plan plan;
	enum reach_state state;
	enum stls_fault fault;
	char detail[256];        /* the fault in the words of the system or the TLS library */
	char peer[ADDRESS_TEXT]; /* the address that is connected to */
	struct side side;
	struct talk talk;

	struct lookup *lookup;
	struct dns_host *asking;
	struct watch *watch;
	struct timer *timer;
	int64_t due;
	struct lookup_answer answer;
	size_t tried;
	stls_dialogue *dialogue;
	char literal[272]; /* our own name, when it is our address */
};

/* Starts; woken() may be called before it returns. */
void reach_begin(struct reach *, const struct reach_plan *);
/* Lets go of everything, at any point: in an orderly way, or with a reset. */
void reach_end(struct reach *);

/* The peer that is wanted, with that much trust.  host: as in the plan. */
struct stls_tls_peer reach_peer(const struct service_names *, const struct stls_host *,
                                enum stls_trust);

/* A specification for a dialogue on this way, at that layer. */
struct stls_spec reach_spec(struct reach *, enum stls_layer, enum stls_goal);

#endif
