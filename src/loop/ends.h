/* SPDX-License-Identifier: ISC */
/*
 * An end: one socket, non-blocking, with what is known of its readiness.
 *
 * When something becomes possible wake(owner) is called, and the owner looks at
 * everything it has: it reads until END_WAIT, writes until END_WAIT, and comes
 * back when it is woken again.
 */
#ifndef LOOP_ENDS_H
#define LOOP_ENDS_H

#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "loop/loop.h"

/* What end_recv() and end_send() say besides a count. */
#define END_EOF 0     /* the peer has closed its direction */
#define END_WAIT (-1) /* not now: wake() will tell */
#define END_CUT (-2)  /* the connection is broken, error says how */

struct end {
	int fd;         /* -1: not open */
	unsigned ready; /* WATCH_READ, WATCH_WRITE: worth a try; WATCH_END */
	int error;      /* errno of what broke it, else 0 */
	int flags;      /* of send(2): MSG_MORE when more comes at once */
	struct watch *watch;
	void (*wake)(void *owner);
	void *owner;
};

#define END_NONE ((struct end){.fd = -1})

/* Takes fd over, which must be non-blocking (and is closed on failure). 0/-1. */
int end_open(struct end *, struct loop *, int fd, void (*wake)(void *owner), void *owner);

/* Of the form that a TLS connection calls through: end is a struct end. */
ptrdiff_t end_recv(void *end, void *bytes, size_t count);
ptrdiff_t end_send(void *end, const void *bytes, size_t count);

/* It takes nothing now, and wakes when it does: 0 or -1. */
int end_await_room(struct end *);

/* Our own address on it: 0 or -1. */
int end_local(const struct end *, struct sockaddr_storage *, socklen_t *length);

/* For a connection that is not to be: says why, if it takes that at once, and closes. */
void end_turn_away(int fd, const void *bytes, size_t count);

/* Closes our direction: the peer reads an end of file, and may go on talking. */
void end_shut(struct end *);
/* Closes in an orderly way. */
void end_close(struct end *);
/* Cuts: the peer gets a reset, so that it cannot take what it read for whole. */
void end_abort(struct end *);

#endif
