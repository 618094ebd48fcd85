/* SPDX-License-Identifier: ISC */
/*
 * The catalogue: what the service behind a front can do, as the front tells its
 * clients before TLS.  The service is asked, at the start, every few minutes,
 * and after it has been away; or the configuration has the list.
 */
#ifndef GATE_CATALOGUE_H
#define GATE_CATALOGUE_H

#include "gate/leg.h"
#include "loop/log.h"
#include "loop/timer.h"

/* A list that stays as it is while anybody holds it. */
struct offers {
	unsigned holders;
	size_t count;
	const char *list[]; /* the last one NULL; as stls_spec.offers wants it */
};

struct offers *offers_hold(struct offers *); /* NULL is fine in both */
void offers_drop(struct offers *);

struct catalogue {
	const char *front; /* its name, for the log */
	struct loop *loop;
	struct log *log;
	struct backend *backend;
	int proxy;        /* version of the PROXY header that the service expects; 0: none */
	int64_t patience; /* ms for one attempt */
	void (*known)(void *owner); /* an attempt is over */
	void *owner;

	struct offers *offers; /* NULL: not known */
	bool settled;          /* there was an answer, or there is none for now */
	bool fixed;            /* comes from the configuration, or the protocol has no list */
	bool doubtful;         /* the service was away since */
	bool asking;
	struct leg leg;
	struct timer *timer; /* when to ask next, or to give up asking */
};

/* The members above the blank line are set.  list: the configuration's, or NULL.
 * 0, or -1 when memory is out. */
int catalogue_open(struct catalogue *, const char *const *list);
void catalogue_close(struct catalogue *);

/* Sessions tell how the service was. */
void catalogue_service_failed(struct catalogue *);
void catalogue_service_works(struct catalogue *);

#endif
