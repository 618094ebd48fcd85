/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loop/stream.h"
#include "loop/watch.h"

static void on_ready(void *owner, unsigned what)
{
	struct stream *stream = owner;

	(void)what;
	stream->wake(stream->owner);
}

/* Files and devices such as /dev/null never wait, and epoll(7) will not have them. */
static int can_wait(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 &&
	       (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) || isatty(fd));
}

int stream_open(struct stream *stream, struct loop *loop, int fd, void (*wake)(void *owner),
                void *owner)
{
	*stream = (struct stream){.fd = fd, .wake = wake, .owner = owner};
	if (!can_wait(fd))
		return 0;
	stream->watch = watch_open(loop, fd, on_ready, stream);
	return stream->watch != NULL ? 0 : -1;
}

static int is_ready(int fd, short what)
{
	struct pollfd one = {.fd = fd, .events = what};

	return poll(&one, 1, 0) > 0;
}

ptrdiff_t stream_read(struct stream *stream, void *bytes, size_t count)
{
	ssize_t n;

	if (stream->fd < 0)
		return STREAM_EOF;
	if (!is_ready(stream->fd, POLLIN))
		return STREAM_WAIT;
	do
		n = read(stream->fd, bytes, count);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return n;
	return errno == EAGAIN ? STREAM_WAIT : STREAM_BROKEN;
}

/* A pipe that says that it is writable takes PIPE_BUF bytes without waiting
 * (pipe(7)). */
ptrdiff_t stream_write(struct stream *stream, const void *bytes, size_t count)
{
	ssize_t n;

	if (stream->fd < 0)
		return STREAM_BROKEN;
	if (!is_ready(stream->fd, POLLOUT))
		return STREAM_WAIT;
	do
		n = write(stream->fd, bytes, count < PIPE_BUF ? count : PIPE_BUF);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return n;
	return errno == EAGAIN ? STREAM_WAIT : STREAM_BROKEN;
}

int stream_is_terminal(const struct stream *stream)
{
	return stream->fd >= 0 && isatty(stream->fd);
}

void stream_finish(struct stream *stream)
{
	shutdown(stream->fd, SHUT_WR); /* what is no socket ends by being closed */
	stream_close(stream);
}

void stream_close(struct stream *stream)
{
	watch_close(stream->watch);
	stream->watch = NULL;
	if (stream->fd >= 0)
		close(stream->fd);
	stream->fd = -1;
}
