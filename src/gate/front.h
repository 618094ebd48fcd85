/* SPDX-License-Identifier: ISC */
/*
 * A front: a service that gets STARTTLS or implicit TLS from us.  It listens,
 * knows how its backend is reached and what that can do, and has the sessions
 * that are going on (session.h).
 */
#ifndef GATE_FRONT_H
#define GATE_FRONT_H

#include <starttls/tls.h>

#include "gate/catalogue.h"
#include "gate/config.h"
#include "gate/leg.h"
#include "gate/tickets.h"
#include "loop/listen.h"
#include "loop/log.h"
#include "loop/loop.h"

struct session;

struct front {
	const struct config_front *config;
	struct loop *loop;
	struct log *log;
	stls_tls_context *tls; /* towards clients */
	struct tickets tickets;
	struct backend backend;
	struct catalogue catalogue;
	int *sockets; /* bound; -1: a listener has taken it over */
	size_t socket_count;
	struct listener **listeners;
	struct session *sessions;
	bool draining;
	void (*empty)(void *owner); /* while draining: the last session is over */
	void *owner;
};

struct front_error {
	unsigned line; /* of the configuration; 0: none in particular */
	char text[640];
};

/*
 * The three steps to a running front.  Preparing reads certificates and keys and
 * resolves names, binding needs what privileges there are, and starting needs
 * none.  0, or -1 with the reason.  loop, log and config outlive the front.
 */
int front_prepare(struct front *, const struct config *, const struct config_front *,
                  struct front_error *);
int front_bind(struct front *, struct front_error *);
int front_start(struct front *, struct loop *, struct log *, struct front_error *);

/* Accepts nobody any more, and says so to whoever has not got to TLS yet. */
void front_drain(struct front *, void (*empty)(void *owner), void *owner);

/* Ends what is left. */
void front_close(struct front *);

#endif
