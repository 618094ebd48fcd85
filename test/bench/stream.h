/* SPDX-License-Identifier: ISC */
/*
 * A connection that never blocks, in TLS or not, and places to connect to.
 *
 * Sockets are watched edge-triggered: whoever runs a stream goes on until it says
 * STREAM_WAIT.
 */
#ifndef BENCH_STREAM_H
#define BENCH_STREAM_H

#include <stddef.h>
#include <sys/types.h>

#include <netinet/in.h>
#include <openssl/ssl.h>

enum { STREAM_END = 0, STREAM_WAIT = -1, STREAM_GONE = -2 };

struct stream {
	int socket;
	SSL *tls; /* NULL: plaintext */
};

/* "127.0.0.1:25"; -1 when it is nothing of the kind. */
int stream_place(const char *text, struct sockaddr_in *);
int stream_listen(const struct sockaddr_in *);
int stream_dial(const struct sockaddr_in *);

/* Whether the connection is there: 1, STREAM_WAIT or STREAM_GONE. */
int stream_connected(const struct stream *);
/* 1, STREAM_WAIT or STREAM_GONE. */
int stream_handshake(struct stream *);
/* Octets, STREAM_END, STREAM_WAIT or STREAM_GONE. */
ssize_t stream_read(struct stream *, void *buffer, size_t length);
/* Octets, STREAM_WAIT or STREAM_GONE. */
ssize_t stream_write(struct stream *, const void *data, size_t length);
/* Says its goodbye where there is TLS. */
void stream_close(struct stream *);
/* Ends the process: all of its connections are reset, so that none of them is left in
 * TIME_WAIT, where it would be counted as memory of the next server. */
_Noreturn void stream_abandon(void);

#endif
