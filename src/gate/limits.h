/* SPDX-License-Identifier: ISC */
/*
 * The limits of a worker: how many connections there may be, in all and from an
 * address, how many handshakes, and how much memory and how many descriptors they
 * may take.  What all processes have counts where it is one address'; of what the
 * daemon has as a whole each worker has its share.
 *
 * Whoever comes finds room.  When there is none, those make some who came first of
 * those who have not got to the service yet, so that any number of clients that only
 * hold their connections open keeps nobody out; a session that has got to the
 * service is never ended for another one.
 *
 *	limits_admit       a connection is there: may it stay?
 *	limits_sit         a session begins
 *	limits_know        it is known whom it is from: may it stay?
 *	limits_handshake   TLS is to begin: may it?
 *	limits_advance     it has got on
 *	limits_leave       it ends
 */
#ifndef GATE_LIMITS_H
#define GATE_LIMITS_H

#include <stdbool.h>
#include <stddef.h>

#include "gate/board.h"
#include "gate/config.h"
#include "gate/tally.h"
#include "loop/log.h"
#include "loop/loop.h"

/* How far a session is. */
enum limits_progress {
	LIMITS_OPENING, /* not even TLS is up */
	LIMITS_WAITING, /* for the service to be ready */
	LIMITS_SERVED,
	LIMITS_PROGRESS_COUNT
};

/* A session's place among all of the worker, zeroed at first. */
struct limits_seat {
	struct limits_seat *next, *before; /* younger, older */
	enum limits_progress progress;
	struct tally_mark mark;
	void *owner;
};

struct limits_order {
	const struct config_limits *config;
	size_t workers; /* that share them */
	struct tally_board *board;
	struct tally *own;
	struct loop *loop;
	struct log *log;
	/* Ends a session at once, for another one. */
	void (*evict)(void *owner);
};

struct limits;

/* What is pointed to outlives them.  NULL when memory is out. */
struct limits *limits_open(const struct limits_order *);
void limits_close(struct limits *); /* NULL is fine */

/* The system keeps the process within its share of memory, from now on. */
void limits_enforce(const struct limits *);

/* No more connections will come. */
void limits_retire(struct limits *);

/*
 * Whether the address may have one more connection, and whether there is room for
 * it, that is to have the descriptor fd.  The address is NULL as long as it is not
 * known (behind a load balancer).  False: refuse it; why is set.
 */
bool limits_admit(struct limits *, int fd, const struct sockaddr *, enum board_refusal *why);

/* A session that was admitted.  The address is that of limits_admit(). */
void limits_sit(struct limits *, struct limits_seat *, const struct sockaddr *, void *owner);
/* The address turns out to be another one: false as above. */
bool limits_know(struct limits *, struct limits_seat *, const struct sockaddr *,
                 enum board_refusal *why);
bool limits_handshake(struct limits *, const struct limits_seat *);
void limits_advance(struct limits *, struct limits_seat *, enum limits_progress);
/* Also of a seat that was never taken. */
void limits_leave(struct limits *, struct limits_seat *);

/* A session has another descriptor than that of limits_admit(): where hardly any are
 * left, another session makes room. */
void limits_opened(struct limits *, const struct limits_seat *, int fd);
/* There is no descriptor for a connection that waits, or for the needy session: true
 * when there is one now. */
bool limits_make_room(struct limits *, const struct limits_seat *needy);
/* Connections have to wait: said at most once a minute. */
void limits_complain(struct limits *, int error);

#endif
