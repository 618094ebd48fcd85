/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop/ends.h"
#include "loop/watch.h"

static void on_ready(void *owner, unsigned what)
{
	struct end *end = owner;

	end->ready |= what;
	end->wake(end->owner);
}

int end_open(struct end *end, struct loop *loop, int fd, void (*wake)(void *owner), void *owner)
{
	*end = (struct end){.fd = fd, .ready = WATCH_WRITE, .wake = wake, .owner = owner};
	end->watch = watch_open_reading(loop, fd, on_ready, end);
	if (end->watch)
		return 0;
	end_close(end);
	return -1;
}

int end_await_room(struct end *end)
{
	end->ready &= ~WATCH_WRITE;
	if (watch_writes(end->watch) == 0)
		return 0;
	end->error = errno;
	return -1;
}

/* What a call that failed means. */
static ptrdiff_t failed(struct end *end, unsigned direction)
{
	if (errno == EAGAIN || errno == EWOULDBLOCK) {
		end->ready &= ~direction;
		return direction == WATCH_READ || end_await_room(end) == 0 ? END_WAIT : END_CUT;
	}
	end->error = errno;
	return END_CUT;
}

ptrdiff_t end_recv(void *owner, void *bytes, size_t count)
{
	struct end *end = owner;
	ssize_t n;

	if (end->fd < 0)
		return END_CUT;
	if (!(end->ready & WATCH_READ))
		return END_WAIT;
	do
		n = recv(end->fd, bytes, count, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return failed(end, WATCH_READ);
	if (n > 0 && (size_t)n < count && !(end->ready & WATCH_END))
		end->ready &= ~WATCH_READ;
	/* What came before a reset can still be read; the end of file behind it is
	 * no end of file. */
	return n == 0 && end->error ? END_CUT : n;
}

ptrdiff_t end_send(void *owner, const void *bytes, size_t count)
{
	struct end *end = owner;
	ssize_t n;

	if (end->fd < 0 || end->error)
		return END_CUT;
	if (!(end->ready & WATCH_WRITE))
		return END_WAIT;
	do
		n = send(end->fd, bytes, count, MSG_NOSIGNAL | end->flags);
	while (n < 0 && errno == EINTR);
	return n < 0 ? failed(end, WATCH_WRITE) : n;
}

int end_local(const struct end *end, struct sockaddr_storage *address, socklen_t *length)
{
	*length = sizeof(*address);
	return getsockname(end->fd, (struct sockaddr *)address, length);
}

void end_turn_away(int fd, const void *bytes, size_t count)
{
	char unheard[1024];

	/* What is unread when a socket closes turns that into a reset, which may
	 * overtake our words. */
	if (count && recv(fd, unheard, sizeof(unheard), MSG_DONTWAIT) != 0)
		send(fd, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);
	close(fd);
}

void end_shut(struct end *end)
{
	if (end->fd >= 0)
		shutdown(end->fd, SHUT_WR);
}

void end_close(struct end *end)
{
	watch_close(end->watch);
	end->watch = NULL;
	if (end->fd >= 0)
		close(end->fd);
	end->fd = -1;
}

void end_abort(struct end *end)
{
	/* SO_LINGER with no time to linger turns close() into a reset. */
	struct linger now = {.l_onoff = 1, .l_linger = 0};

	if (end->fd >= 0)
		setsockopt(end->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	end_close(end);
}
