/* SPDX-License-Identifier: ISC */
/*
 * A front: a service that gets STARTTLS or implicit TLS from us.  It listens,
 * knows how its backend is reached and what that can do, and has the sessions
 * that are going on (session.h).
 */
#ifndef GATE_FRONT_H
#define GATE_FRONT_H

#include <starttls/tls.h>

#include "gate/board.h"
#include "gate/catalogue.h"
#include "gate/config.h"
#include "gate/hosts.h"
#include "gate/limits.h"
#include "gate/reason.h"
#include "gate/route.h"
#include "gate/service.h"
#include "loop/listen.h"
#include "loop/log.h"
#include "loop/loop.h"
#include "loop/sockets.h"
#include "loop/turns.h"

struct session;

struct front {
	const struct config_front *config;
	struct loop *loop;
	struct log *log;
	stls_tls_context *tls;         /* towards clients */
	stls_tls_context *backend_tls; /* towards services; NULL: not with TLS */
	struct service *services;
	size_t service_count;
	struct routes routes; /* to the services */
	struct catalogue catalogue;
	struct socket_set **sets; /* one for each address that is listened on */
	size_t set_count;
	struct listener **listeners;
	size_t listener_count;
	struct session *sessions;
	struct limits *limits;    /* of the process */
	struct turns *turns;      /* ditto: for handshakes */
	struct board_row *row;    /* what all processes count of it */
	struct board_gauges *now; /* and this one, of what it has */
	bool retired;
	void (*empty)(void *owner); /* when retired: the last session is over */
	void *owner;
};

/* The process that a front runs in: one of several, which share the addresses. */
struct front_host {
	struct loop *loop;
	struct log *log;
	size_t index, count; /* which one of how many */
	struct board *board;
	struct board_slot *slot; /* this process' */
	struct limits *limits;   /* ditto */
	struct turns *turns;     /* ditto: for handshakes */
	void (*empty)(void *owner);
	void *owner;
};

/*
 * The three steps to a running front.  Preparing reads certificates and keys, and
 * binding needs what privileges there are; both are done once,
 * before the processes part.  Starting is each one's own.  0, or -1 with the
 * reason.  What is pointed to outlives the front.
 */
int front_prepare(struct front *, const struct config *, const struct config_front *,
                  const struct hosts *, struct reason *);
int front_bind(struct front *, struct sockets *, size_t count, struct reason *);
int front_start(struct front *, const struct front_host *, struct reason *);

/* Undoes binding, but not for other fronts with the same addresses. */
void front_unbind(struct front *, struct sockets *);

/* Accepts nobody any more, but goes on with those who are there. */
void front_retire(struct front *);
/* The same, and whoever has not got to TLS yet is told to come back later. */
void front_drain(struct front *);

/* Ends what is left. */
void front_close(struct front *);

/* front_tls.c, front_services.c: parts of front_prepare(), front_start(), ... */
int front_prepare_tls(struct front *, const struct config *, struct reason *);
int front_prepare_services(struct front *, const struct hosts *, struct reason *);
int front_open_services(struct front *, struct reason *);
void front_rest_services(struct front *); /* hardly anybody will be led to them any more */
void front_close_services(struct front *);

/* front_listen.c: the sockets of an address, or NULL with the reason. */
struct socket_set *front_take_sockets(struct sockets *, const struct config_address *, size_t count,
                                      struct reason *);
int front_listen(struct front *, const struct front_host *, struct reason *);
void front_deafen(struct front *);

#endif
