/* SPDX-License-Identifier: ISC */
/* accept4(2) */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "loop/listen.h"
#include "loop/timer.h"
#include "loop/watch.h"

#define AT_ONCE 64            /* connections accepted before others get their turn */
#define RETRY_AFTER 200       /* ms, when there are no descriptors left */
#define SAY_AGAIN_AFTER 60000 /* ms */

struct listener {
	int fd;
	struct watch *watch;
	struct timer *again;
	int64_t silent_until;
	struct listener_acts acts;
};

/* Whether a Unix socket is left over from somebody who is gone. */
static int is_stale(const struct sockaddr *address, socklen_t length)
{
	const struct sockaddr_un *unix_address = (const void *)address;
	struct stat file;
	int fd, stale;

	if (lstat(unix_address->sun_path, &file) < 0 || !S_ISSOCK(file.st_mode))
		return 0;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return 0;
	stale = connect(fd, address, length) < 0 && errno == ECONNREFUSED;
	close(fd);
	return stale;
}

static int bind_unix(int fd, const struct sockaddr *address, socklen_t length)
{
	if (bind(fd, address, length) == 0)
		return 0;
	if (errno != EADDRINUSE)
		return -1;
	if (!is_stale(address, length)) {
		errno = EADDRINUSE;
		return -1;
	}
	if (unlink(((const struct sockaddr_un *)(const void *)address)->sun_path) < 0)
		return -1;
	return bind(fd, address, length);
}

static int bind_internet(int fd, const struct sockaddr *address, socklen_t length)
{
	int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		return -1;
	if (address->sa_family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) < 0)
		return -1;
	/* Inherited by what is accepted: a reply is one write, and is not to wait
	 * for the acknowledgement of the one before. */
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0)
		return -1;
	return bind(fd, address, length);
}

int listen_socket(const struct sockaddr *address, socklen_t length)
{
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int bound, error;

	if (fd < 0)
		return -1;
	bound = address->sa_family == AF_UNIX ? bind_unix(fd, address, length)
	                                      : bind_internet(fd, address, length);
	if (bound == 0 && listen(fd, SOMAXCONN) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* accept() also reports what happened to a connection before it was accepted
 * (accept(2)): that one is gone, the next one may be fine. */
static int is_out_of_something(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

static void complain(struct listener *listener, int error)
{
	int64_t now = loop_clock();

	if (now < listener->silent_until)
		return;
	listener->silent_until = now + SAY_AGAIN_AFTER;
	listener->acts.troubled(listener->acts.owner, error);
}

/* One connection; 0 when there is none now. */
static int accept_one(struct listener *listener)
{
	struct sockaddr_storage peer = {0};
	socklen_t length = sizeof(peer);
	int fd =
	    accept4(listener->fd, (struct sockaddr *)&peer, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0) {
		listener->acts.accepted(listener->acts.owner, fd, (struct sockaddr *)&peer, length);
		return 1;
	}
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return 0;
	if (!is_out_of_something(errno))
		return 1;
	complain(listener, errno);
	timer_set(listener->again, RETRY_AFTER);
	return 0;
}

static void accept_some(void *owner)
{
	struct listener *listener = owner;
	int left = AT_ONCE;

	while (left && accept_one(listener))
		left--;
	if (!left)
		timer_set(listener->again, 0);
}

static void on_ready(void *owner, unsigned what)
{
	if (what & WATCH_READ)
		accept_some(owner);
}

struct listener *listener_open(struct loop *loop, int fd, const struct listener_acts *acts)
{
	struct listener *listener = calloc(1, sizeof(*listener));

	if (!listener) {
		close(fd);
		return NULL;
	}
	listener->fd = fd;
	listener->acts = *acts;
	listener->again = timer_open(loop, accept_some, listener);
	listener->watch = watch_open(loop, fd, on_ready, listener);
	if (listener->again && listener->watch)
		return listener;
	listener_close(listener);
	return NULL;
}

static void remove_file(int fd)
{
	struct sockaddr_un address = {0};
	socklen_t length = sizeof(address);

	if (getsockname(fd, (struct sockaddr *)&address, &length) == 0 &&
	    address.sun_family == AF_UNIX && address.sun_path[0])
		unlink(address.sun_path);
}

void listener_close(struct listener *listener)
{
	if (!listener)
		return;
	watch_close(listener->watch);
	timer_close(listener->again);
	remove_file(listener->fd);
	close(listener->fd);
	free(listener);
}
