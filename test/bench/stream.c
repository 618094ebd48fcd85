/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/err.h>

#include "stream.h"

int stream_place(const char *text, struct sockaddr_in *place)
{
	char host[INET_ADDRSTRLEN];
	unsigned short port;
	if (sscanf(text, "%15[0-9.]:%hu", host, &port) != 2)
		return -1;
	*place = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
	return inet_pton(AF_INET, host, &place->sin_addr) == 1 ? 0 : -1;
}

int stream_listen(const struct sockaddr_in *place)
{
	int on = 1, one = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (one < 0)
		return -1;
	setsockopt(one, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(one, (const struct sockaddr *)place, sizeof(*place)) == 0 &&
	    listen(one, 4096) == 0)
		return one;
	close(one);
	return -1;
}

int stream_dial(const struct sockaddr_in *place)
{
	int on = 1, one = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (one < 0)
		return -1;
	setsockopt(one, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(one, (const struct sockaddr *)place, sizeof(*place)) == 0 ||
	    errno == EINPROGRESS)
		return one;
	close(one);
	return -1;
}

int stream_connected(const struct stream *stream)
{
	struct sockaddr_in peer;
	socklen_t length = sizeof(peer);
	int error = 0;
	socklen_t size = sizeof(error);
	if (getpeername(stream->socket, (struct sockaddr *)&peer, &length) == 0)
		return 1;
	getsockopt(stream->socket, SOL_SOCKET, SO_ERROR, &error, &size);
	return error ? STREAM_GONE : STREAM_WAIT;
}

static int outcome(const struct stream *stream, int result)
{
	switch (SSL_get_error(stream->tls, result)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE: return STREAM_WAIT;
	case SSL_ERROR_ZERO_RETURN: return STREAM_END;
	default: ERR_clear_error(); return STREAM_GONE;
	}
}

int stream_handshake(struct stream *stream)
{
	int result = stream->tls ? SSL_do_handshake(stream->tls) : 1;
	return result == 1 ? 1 : outcome(stream, result);
}

ssize_t stream_read(struct stream *stream, void *buffer, size_t length)
{
	size_t count = 0;
	if (stream->tls) {
		int result = SSL_read_ex(stream->tls, buffer, length, &count);
		return result == 1 ? (ssize_t)count : outcome(stream, result);
	}
	ssize_t got = recv(stream->socket, buffer, length, 0);
	if (got >= 0)
		return got;
	return errno == EAGAIN ? STREAM_WAIT : STREAM_GONE;
}

ssize_t stream_write(struct stream *stream, const void *data, size_t length)
{
	size_t count = 0;
	if (stream->tls) {
		int result = SSL_write_ex(stream->tls, data, length, &count);
		return result == 1 ? (ssize_t)count : outcome(stream, result);
	}
	ssize_t put = send(stream->socket, data, length, MSG_NOSIGNAL);
	if (put >= 0)
		return put;
	return errno == EAGAIN ? STREAM_WAIT : STREAM_GONE;
}

void stream_close(struct stream *stream)
{
	if (stream->tls) {
		if (SSL_is_init_finished(stream->tls))
			SSL_shutdown(stream->tls);
		SSL_free(stream->tls);
		ERR_clear_error();
	}
	close(stream->socket);
}

void stream_abandon(void)
{
	const struct linger now = {.l_onoff = 1};
	long sockets = sysconf(_SC_OPEN_MAX);
	for (int i = 3; i < sockets; i++)
		setsockopt(i, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	_exit(0);
}
