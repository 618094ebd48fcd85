/* SPDX-License-Identifier: ISC */
/*
 * The sockets that a daemon listens on (TCP by IPv4 and IPv6, Unix).  They
 * outlive the configurations that name them and the processes that accept on
 * them: whoever waits in the queue of an address that is still wanted is never
 * refused.
 *
 * An address has a set of sockets, one for each process that accepts there, so
 * that the kernel deals connections out and no process is woken in vain
 * (SO_REUSEPORT).  An IPv6 address is IPv6 only, so that 0.0.0.0 and [::] can be
 * listened on side by side.  A Unix socket's set is one socket, and so is that of
 * an inherited address.
 */
#ifndef LOOP_SOCKETS_H
#define LOOP_SOCKETS_H

#include <stddef.h>
#include <sys/socket.h>

struct sockets;

struct socket_set {
	struct socket_set *next;
	struct sockaddr_storage address;
	socklen_t length;
	int *fds;
	size_t count, kept; /* those behind are there for who may not come */
	unsigned holders;
	int inherited; /* somebody else has bound it and keeps it */
};

struct sockets *sockets_new(void);
/* Closes all, and leaves the files of Unix sockets as they are: to be called
 * also by a process that has inherited them. */
void sockets_free(struct sockets *);

/*
 * The sockets of an address, count of them if it can have so many.  NULL with
 * errno: EADDRINUSE also where a Unix socket is listened on by somebody else;
 * one that nobody listens on any more is taken over.
 */
struct socket_set *sockets_take(struct sockets *, const struct sockaddr *, socklen_t, size_t count);
/* With its last holder a set goes, and the file of a Unix socket, where it may. */
void sockets_drop(struct sockets *, struct socket_set *);

/* All that there are now are accepted on. */
void sockets_keep(struct sockets *);
/* Those that have come since then are not, and go: nobody is to wait there. */
void sockets_shrink(struct sockets *);

/* One of a set's sockets once more, for whoever closes it when the set may stay; -1
 * with errno. */
int sockets_own(const struct socket_set *, size_t index);

/* Takes over a listening socket that was inherited.  0 or -1. */
int sockets_adopt(struct sockets *, int fd);
/* The next one that nobody has taken; NULL: there is no other. */
const struct socket_set *sockets_unused(const struct sockets *, const struct socket_set *after);

#endif
