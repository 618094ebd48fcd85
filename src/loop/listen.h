/* SPDX-License-Identifier: ISC */
/* Listening on TCP (IPv4, IPv6) and Unix sockets. */
#ifndef LOOP_LISTEN_H
#define LOOP_LISTEN_H

#include <sys/socket.h>

#include "loop/loop.h"

/*
 * A socket bound and listening; -1 with errno.  An IPv6 address is IPv6 only, so
 * that 0.0.0.0 and [::] can be listened on side by side.  A Unix socket that
 * nobody listens on any more is taken over; one that is in use is EADDRINUSE.
 */
int listen_socket(const struct sockaddr *, socklen_t);

struct listener_acts {
	/* A new connection, non-blocking; fd is the owner's now. */
	void (*accepted)(void *owner, int fd, const struct sockaddr *peer, socklen_t length);
	/* Connections cannot be accepted for now (no descriptors, no memory); they
	 * wait.  Told at most once a minute. */
	void (*troubled)(void *owner, int error);
	void *owner;
};

struct listener;

/* Starts to accept on a socket of listen_socket(), which it takes over (also on
 * failure).  NULL when memory is out. */
struct listener *listener_open(struct loop *, int fd, const struct listener_acts *);
/* Also removes a Unix socket's file, where it may. */
void listener_close(struct listener *);

#endif
