/* SPDX-License-Identifier: ISC */
/*
 * The catalogue: what a front tells its clients before TLS of what the service can
 * do.  It is what all places that are up offer, of all services of the front, since
 * nobody knows yet which of them a client will get to; or the configuration has the
 * list.
 */
#ifndef GATE_CATALOGUE_H
#define GATE_CATALOGUE_H

#include "gate/service.h"

struct catalogue {
	struct loop *loop;
	const struct service *services;
	size_t count;
	void (*known)(void *owner); /* it is settled */
	void *owner;

	struct offers *offers; /* NULL: not known */
	bool settled;          /* there is an answer, or there is none for now */
	bool fixed;            /* comes from the configuration, or the protocol has no list */
	bool late;             /* who has not answered is not waited for */
	struct timer *timer;   /* until then */
};

/* XMPP lists features per stream, and before TLS none but STARTTLS (RFC 6120
 * section 5.4.1): there is nothing to be known. */
bool catalogue_lists(enum stls_protocol);

/* The members above the blank line are set, the others zeroed.  list: the
 * configuration's, or NULL.  0, or -1 when memory is out. */
int catalogue_open(struct catalogue *, const char *const *list);
/* Also when it was never opened but zeroed. */
void catalogue_close(struct catalogue *);

/* There is news from the places. */
void catalogue_renew(struct catalogue *);

#endif
