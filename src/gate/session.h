/* SPDX-License-Identifier: ISC */
/*
 * A session: one client of a front.  The way of a byte, a file a step:
 *
 *	front_accept.c     the client is there
 *	front_admit.c      may it stay?
 *	front_proxy.c      behind a load balancer: who it is
 *	front_greet.c      the dialogue in plaintext, up to the switch
 *	front_handshake.c  TLS
 *	front_backend.c    only now: the connection to the service (leg.h)
 *	front_forward.c    bytes cross, through the screen
 *	front_part.c       the end, told to both sides as what it is
 *	front_report.c     one line in the log
 *	front_count.c      and numbers, all along
 *
 * Whatever happens on one of its sockets or timers wakes the session, and it
 * then goes on until it has to wait.
 */
#ifndef GATE_SESSION_H
#define GATE_SESSION_H

#include "gate/front.h"
#include "gate/greeting.h"
#include "gate/talk.h"
#include "loop/pump.h"
#include "loop/timer.h"
#include "wire/screen.h"

enum stage {
	STAGE_PROXY, /* a PROXY header is to come first */
	STAGE_LEARN, /* what the service can do is being found out: nothing to offer yet */
	STAGE_GREET,
	STAGE_HANDSHAKE,
	STAGE_BACKEND,
	STAGE_FORWARD,
	STAGE_PART,
	STAGE_OVER
};

/* Who ended a session. */
enum party { PARTY_CLIENT, PARTY_BACKEND, PARTY_US };

struct session {
	struct session *next, **link; /* among those of the front */
	struct front *front;
	struct limits_seat seat;
	enum stage stage;
	struct timer *deadline; /* for the stage */
	struct timer *again;    /* to go on after others have had their turn */
	struct turn turn;       /* to shake hands */
	int64_t began;

	struct address_socket peer, local;
	struct side client;
	struct offers *offers;
	struct talk talk;
	char *domain; /* XMPP: whom the client asked for; NULL: it did not say */
	struct greeting greeting;
	struct service *service; /* that the client asked for; NULL: not known yet */
	struct place *place;     /* of it: the last one that was tried */
	uint64_t tried;          /* a bit for each that was */
	struct leg leg;
	struct screen *screen;
	struct pump pump;

	enum stls_fault fault; /* why it ended, if it did not end well */
	enum stls_fault cause; /* what happened to the backend, behind STLS_FAULT_BACKEND */
	enum party by;
	char detail[LEG_DETAIL];
	bool secure; /* TLS with the client was reached */
	bool open;   /* client and service were brought together */
	bool reported;
	bool cut;    /* both sides are to be cut off */
	char *words; /* [said, length) is still to be told to the client */
	size_t said, length;
	size_t unheard; /* what the client said after the end */

	int64_t switched;    /* when TLS began; 0: it has not */
	unsigned refusals;   /* of those of the dialogue, how many were counted */
	uint64_t counted[2]; /* bytes of each lane */
};

/* The owner of a session's sockets and timers is the session. */
void session_wake(void *session);

/* The steps.  True: go on with the stage that the session is in now. */
bool front_proxy(struct session *);
bool front_learn(struct session *);
bool front_greet(struct session *);
bool front_handshake(struct session *);
bool front_backend(struct session *);
bool front_backend_late(struct session *);
bool front_forward(struct session *);
bool front_forward_late(struct session *);
bool front_part(struct session *);

/* Milliseconds for a client to take our last words and close. */
#define SESSION_PARTING 3000

/* Goes to another stage, which may last that long (0: for ever). */
bool session_go(struct session *, enum stage, int64_t milliseconds);

/*
 * The ways to the end, all by STAGE_PART.  All are true, to be returned by steps.
 * close: the client reads an end; refuse: after the protocol's own farewell; cut:
 * both sides are reset, so that nobody takes half a conversation for a whole one.
 */
bool session_close(struct session *, enum party, enum stls_fault);
bool session_refuse(struct session *, enum stls_fault, const char *detail);
bool session_cut(struct session *, enum party, enum stls_fault);

/* The daemon is ending. */
void session_dismiss(struct session *);

/* Somebody else needs the room.  Of the form that the limits call. */
void session_evict(void *session);

/* At once, whatever it is doing. */
void session_free(struct session *);

/* front_accept.c: of the form that listeners call. */
void front_accept(void *front, int fd, const struct sockaddr *, socklen_t);

/*
 * front_admit.c: whether a connection may stay; if not, it is told so and closed.  The
 * address is not known when a PROXY header is still to come, and then judged later.
 */
bool front_admit(struct front *, int fd, const struct sockaddr *, socklen_t, bool known);
/* How a client hears of that. */
enum stls_fault front_refusal(struct front *, enum board_refusal);

/* front_proxy.c: whether the first stage is STAGE_PROXY. */
bool front_awaits_header(const struct front *, const struct sockaddr *);

/* front_backend.c: to the stage in which the service is to get ready. */
bool front_go_to_backend(struct session *);

/* front_tell.c: the PROXY header for this session's backend, or 0. */
size_t front_header(const struct session *, void *out, size_t room);

/* front_forward.c: where front_backend() ends. */
bool front_bring_together(struct session *);

/* front_report.c: once a session, before its connections go. */
void front_report(struct session *);

/* front_count.c: what the names say has happened. */
void front_count_arrival(struct session *);
void front_count_departure(struct session *); /* however far it got */
void front_count_dialogue(struct session *);  /* it went on */
void front_count_switch(struct session *);
void front_count_handshake(struct session *); /* it went well */
void front_count_open(struct session *);
void front_count_bytes(struct session *);
void front_count_end(struct session *); /* and why */
void front_count_places(struct front *);

#endif
