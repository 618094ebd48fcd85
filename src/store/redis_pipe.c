/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "names/lookup.h"
#include "store/deadline.h"
#include "store/redis_pipe.h"
#include "store/redis_tls.h"

bool redis_pipe_failed(struct redis_pipe *redis, const char *what, const char *why)
{
	snprintf(redis->reason, redis->room, "%s: %s", what, why);
	return false;
}

/* False: time is over, or nobody wants it any more. */
static bool wait_for(struct redis_pipe *redis, int fd, short events)
{
	struct pollfd both[] = {{.fd = fd, .events = events},
	                        {.fd = redis->bell, .events = POLLIN}};
	int result;

	do
		result = poll(both, 2, deadline_left(*redis->deadline));
	while (result < 0 && errno == EINTR);
	if (result == 0)
		errno = ETIMEDOUT;
	if (result > 0 && both[1].revents)
		errno = ECANCELED;
	return result > 0 && !both[1].revents;
}

/* ---- raw octets ---- */

size_t redis_pipe_take(struct redis_pipe *redis, void *bytes, size_t room)
{
	for (;;) {
		ssize_t count = recv(redis->fd, bytes, room, 0);

		if (count > 0)
			return (size_t)count;
		if (count == 0) {
			redis_pipe_failed(redis, "cannot read",
			                  "the server has closed the connection");
			return 0;
		}
		if (errno == EINTR || (errno == EAGAIN && wait_for(redis, redis->fd, POLLIN)))
			continue;
		redis_pipe_failed(redis, "cannot read", strerror(errno));
		return 0;
	}
}

bool redis_pipe_give(struct redis_pipe *redis, const char *bytes, size_t count)
{
	while (count) {
		ssize_t sent = send(redis->fd, bytes, count, MSG_NOSIGNAL);

		if (sent > 0) {
			bytes += sent;
			count -= (size_t)sent;
		} else if (errno != EINTR &&
		           (errno != EAGAIN || !wait_for(redis, redis->fd, POLLOUT))) {
			return redis_pipe_failed(redis, "cannot write", strerror(errno));
		}
	}
	return true;
}

/* ---- connecting ---- */

static bool look_up(struct redis_pipe *redis, const struct address *address,
                    struct lookup_answer *answer)
{
	struct lookup *lookup = lookup_begin(address);

	memset(answer, 0, sizeof(*answer));
	if (!lookup)
		return redis_pipe_failed(redis, "cannot look the name up", strerror(errno));
	if (!wait_for(redis, lookup_descriptor(lookup), POLLIN) || !lookup_answer(lookup, answer))
		answer->reason = "there was no answer in time";
	lookup_end(lookup);
	return answer->count || redis_pipe_failed(redis, "cannot look the name up", answer->reason);
}

static int result_of(int fd)
{
	socklen_t length = sizeof(int);
	int error = 0;

	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
	return error;
}

static bool dial(struct redis_pipe *redis, const struct address_socket *to)
{
	const struct sockaddr *address = (const struct sockaddr *)&to->storage;
	int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;

	redis->fd = socket(address->sa_family, type, 0);
	if (redis->fd < 0)
		return redis_pipe_failed(redis, "cannot connect", strerror(errno));
	if (connect(redis->fd, address, to->length) == 0)
		return true;
	if (errno == EINPROGRESS && wait_for(redis, redis->fd, POLLOUT))
		errno = result_of(redis->fd);
	if (errno == 0)
		return true;
	redis_pipe_failed(redis, "cannot connect", strerror(errno));
	close(redis->fd);
	redis->fd = -1;
	return false;
}

static bool dial_any(struct redis_pipe *redis, const struct address *address)
{
	struct lookup_answer answer = {.count = 1};

	if (address->kind == ADDRESS_NAME) {
		if (!look_up(redis, address, &answer))
			return false;
	} else if (address_socket(address, &answer.sockets[0]) < 0) {
		return redis_pipe_failed(redis, "cannot connect", "the interface is not there");
	}
	for (size_t i = 0; i < answer.count; i++)
		if (dial(redis, &answer.sockets[i]))
			return true;
	return false;
}

bool redis_pipe_open(struct redis_pipe *redis, const struct redis_address *address,
                     stls_tls_context *context)
{
	redis->fd = -1;
	redis->tls = NULL;
	if (!dial_any(redis, &address->address))
		return false;
	if (!context || redis_tls_open(redis, address, context))
		return true;
	redis_pipe_close(redis);
	return false;
}

void redis_pipe_close(struct redis_pipe *redis)
{
	stls_tls_free(redis->tls);
	redis->tls = NULL;
	if (redis->fd >= 0)
		close(redis->fd);
	redis->fd = -1;
}

bool redis_pipe_send(struct redis_pipe *redis, const char *bytes, size_t count)
{
	return redis->tls ? redis_tls_send(redis, bytes, count)
	                  : redis_pipe_give(redis, bytes, count);
}

size_t redis_pipe_receive(struct redis_pipe *redis, char *bytes, size_t room)
{
	return redis->tls ? redis_tls_receive(redis, bytes, room)
	                  : redis_pipe_take(redis, bytes, room);
}
