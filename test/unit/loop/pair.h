/* SPDX-License-Identifier: ISC */
/* What the tests of this room share: sockets in pairs on the loopback address,
 * where a reset is a reset, unlike with socketpair(). */
#ifndef UNIT_LOOP_PAIR_H
#define UNIT_LOOP_PAIR_H

#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop/sockets.h"

/* A connected pair: [0] non-blocking, for the thing under test; [1] blocking,
 * the peer that the test plays. */
static inline void connect_pair(int pair[2])
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	int on = 1;

	assert_int_equal(bind(listener, (struct sockaddr *)&address, length), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &length), 0);
	pair[1] = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(pair[1], (struct sockaddr *)&address, length), 0);
	pair[0] = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	assert_true(pair[0] >= 0);
	close(listener);
	/* As listen.h and dial.h have it: a reset drops what Nagle keeps back. */
	setsockopt(pair[0], IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(pair[1], IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

/* A socket that listens, for the caller to close; -1 with errno. */
static inline int listen_socket(const struct sockaddr *address, socklen_t length)
{
	struct sockets *sockets = sockets_new();
	struct socket_set *set = sockets_take(sockets, address, length, 1);
	int error = errno, fd = set ? fcntl(set->fds[0], F_DUPFD_CLOEXEC, 0) : -1;

	sockets_free(sockets);
	errno = error;
	return fd;
}

static inline void cut(int fd)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

#endif
