/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "loop/dial.h"
#include "loop/watch.h"

static enum dial failed(struct end *end, int error)
{
	end->error = error ? error : EIO;
	return DIAL_FAILED;
}

static int open_socket(int family)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1;

	if (fd >= 0 && family != AF_UNIX)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

/* On this machine the answer has mostly come while we asked. */
static int is_there_already(int fd, const struct sockaddr *address, socklen_t length)
{
	int there;

	if (errno != EINPROGRESS)
		return 0;
	there = connect(fd, address, length) == 0;
	if (!there)
		errno = errno == EALREADY ? EINPROGRESS : errno;
	return there;
}

enum dial dial_begin(struct end *end, struct loop *loop, const struct sockaddr *address,
                     socklen_t length, void (*wake)(void *owner), void *owner)
{
	int fd = open_socket(address->sa_family);
	int waiting = 0;

	*end = END_NONE;
	if (fd < 0)
		return failed(end, errno);
	/* A Unix socket whose backlog is full says EAGAIN, and nothing would ever
	 * tell when to try again: that is a failure (connect(2)). */
	if (connect(fd, address, length) < 0 && !is_there_already(fd, address, length)) {
		int error = errno;

		waiting = error == EINPROGRESS;
		if (!waiting) {
			close(fd);
			return failed(end, error);
		}
	}
	if (end_open(end, loop, fd, wake, owner) < 0)
		return failed(end, ENOMEM);
	if (!waiting)
		return DIAL_DONE;
	return end_await_room(end) < 0 ? failed(end, end->error) : DIAL_WAIT;
}

enum dial dial_check(struct end *end)
{
	int error = 0;
	socklen_t length = sizeof(error);

	if (!(end->ready & WATCH_WRITE))
		return DIAL_WAIT;
	if (!(end->ready & WATCH_END))
		return DIAL_DONE;
	if (getsockopt(end->fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
		return failed(end, errno);
	return error ? failed(end, error) : DIAL_DONE;
}
