/* SPDX-License-Identifier: ISC */
/*
 * A service behind a front: the places where it is found, all of them alike.
 */
#ifndef GATE_SERVICE_H
#define GATE_SERVICE_H

#include "gate/hosts.h"
#include "gate/reason.h"
#include "gate/config.h"
#include "gate/place.h"
#include "loop/log.h"

#define SERVICE_PLACES 64 /* sockets of a service: a bit each in a session's list */

struct service {
	struct backend backend;
	struct place *places;
	size_t count;
	size_t turn; /* which one is next, where they are equal */

	/* How its places are looked at. */
	struct loop *loop;
	struct log *log;
	const char *front, *route; /* their names, for the log; route NULL: the front's own */
	const char *domain;        /* XMPP: whom to ask for; NULL: us */
	int proxy;                 /* version of the PROXY header that it expects; 0: none */
	int64_t every;             /* ms between two looks; 0: only sessions tell */
	int64_t patience;          /* ms for a look */
	bool listed;               /* what it offers is asked for, and not configured */
	void (*news)(void *owner); /* a look is over, or a place is up or down */
	void *owner;
};

/*
 * Finds the places of the addresses.  name: whose certificate all of them must
 * have; NULL: each that of its host.  The configuration outlives the service.
 * 0, or -1 with the reason.
 */
int service_resolve(struct service *, const struct config_addresses *, const char *name,
                    const struct hosts *, struct reason *);

/* Begins to look at the places: 0, or -1 when memory is out. */
int service_open(struct service *);
/* From now on only sessions tell: an old process with few of them left does not go on
 * looking beside the new ones. */
void service_rest(struct service *);
/* Also when it was never opened but zeroed. */
void service_close(struct service *);

/*
 * The place for a session: of those that are up, the one with the fewest sessions;
 * else one that nobody is sure of; else one that seems to be down, as that may be
 * over.  tried has a bit for each place that the session has been to.  NULL when it
 * has been to all.
 */
struct place *service_choose(struct service *, uint64_t tried);
/* The place's bit. */
uint64_t service_bit(const struct service *, const struct place *);
/* Whether there is another one to go to that does not seem to be down. */
bool service_has_more(const struct service *, uint64_t tried);

/* Whether there is an answer about what it offers, or there is none for now. */
bool service_settled(const struct service *);

#endif
