/* SPDX-License-Identifier: ISC */
/* Accepting on a listening socket (sockets.h). */
#ifndef LOOP_LISTEN_H
#define LOOP_LISTEN_H

#include <stdbool.h>
#include <sys/socket.h>

#include "loop/loop.h"

struct listener_acts {
	/* A new connection, non-blocking; fd is the owner's now. */
	void (*accepted)(void *owner, int fd, const struct sockaddr *peer, socklen_t length);
	/* Connections cannot be accepted for now (no descriptors, no memory); they
	 * wait.  Told at most once a minute. */
	void (*troubled)(void *owner, int error);
	void *owner;
	/* There is no descriptor left for one that waits: true when there is now.  NULL:
	 * there never is. */
	bool (*make_room)(void *owner);
};

struct listener;

/* Starts to accept on a socket, which it takes over (also on failure).  NULL when
 * memory is out. */
struct listener *listener_open(struct loop *, int fd, const struct listener_acts *);
void listener_close(struct listener *);
/* Accepts whoever waits at this moment, and closes. */
void listener_retire(struct listener *);

#endif
