/* SPDX-License-Identifier: ISC */
/*
 * The leg: the connection from the gateway to one place of a service, from dialling
 * until the service is ready for the client's bytes.
 *
 *	dial -> PROXY header -> STARTTLS -> handshake -> greeting, XCLIENT or list
 *
 * Each of them may be nothing.  What a backend is configured to have it has, or
 * the leg has failed: it never does with less (a vanished STARTTLS, a bad
 * certificate).  Whether another place is tried then is for its owner to say.
 */
#ifndef GATE_LEG_H
#define GATE_LEG_H

#include <netinet/in.h>
#include <stdbool.h>

#include <starttls/tls.h>

#include "gate/talk.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include "names/address.h"

enum backend_tls { BACKEND_BARE, BACKEND_STARTTLS, BACKEND_IMPLICIT };

/* How a service is talked to, wherever it is. */
struct backend {
	enum stls_protocol protocol;
	const char *hostname; /* our name */
	enum backend_tls tls;
	bool verify; /* its certificate */
	stls_tls_context *context;
};

/* One of the sockets where a service is found. */
struct backend_place {
	struct address_socket socket;
	const char *name; /* a host name or an address: whose certificate it must have */
	unsigned legs;    /* to it, now */
};

struct leg_order {
	/* What is said once the connection is as it should be: STLS_GREET,
	 * STLS_TELL, STLS_LIST; STLS_UPGRADE stands for nothing more. */
	enum stls_goal goal;
	/* STLS_GREET: the greeting is heard, and left unread for the client. */
	bool leave_greeting;
	char client[INET6_ADDRSTRLEN], server[INET6_ADDRSTRLEN]; /* STLS_TELL; "": none */
	unsigned client_port, server_port;
	const char *name;   /* as whom we greet the service; NULL: as ourselves */
	const char *domain; /* XMPP: whom the client asked for; NULL: it did not say */
	const void *header; /* the PROXY header, if length is not 0 */
	size_t length;
	/* In milliseconds, for all of it, and half of that to connect; 0: the owner's
	 * affair. */
	int64_t patience;
};

enum leg_state { LEG_WAITS, LEG_READY, LEG_FAILED };
enum leg_stage {
	LEG_DIAL,
	LEG_CONNECT,
	LEG_HEADER,
	LEG_UPGRADE,
	LEG_SHAKE,
	LEG_LAST,
	LEG_DONE,
	LEG_BROKEN
};

#define LEG_DETAIL 160

struct leg {
	struct loop *loop;
	const struct backend *backend;
	struct backend_place *place; /* NULL: not open */
	struct leg_order order;
	void (*wake)(void *owner);
	void *owner;

	enum leg_stage stage;
	struct timer *limit; /* of the patience */
	struct side side;
	struct talk talk;
	char *header; /* [head, order.length) is still to be sent */
	size_t head;

	enum stls_fault fault;   /* LEG_FAILED */
	char detail[LEG_DETAIL]; /* the same in the words of who found it, or "" */
};

/* The order's name and domain are borrowed, its header is not. */
void leg_open(struct leg *, struct loop *, const struct backend *, struct backend_place *,
              const struct leg_order *, void (*wake)(void *owner), void *owner);
enum leg_state leg_run(struct leg *);
/* At any point, more than once, and also when it was never opened but zeroed. */
void leg_close(struct leg *);

#endif
