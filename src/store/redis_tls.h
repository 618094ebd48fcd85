/* SPDX-License-Identifier: ISC */
/* TLS to a Redis server: from the first octet on, and only to whom the name is for. */
#ifndef STORE_REDIS_TLS_H
#define STORE_REDIS_TLS_H

#include "store/redis_pipe.h"

struct store_error;

/* NULL where there is none to have, with the reason. */
stls_tls_context *redis_tls_context(const struct redis_address *, struct store_error *);

bool redis_tls_open(struct redis_pipe *, const struct redis_address *, stls_tls_context *);
bool redis_tls_send(struct redis_pipe *, const char *bytes, size_t count);
size_t redis_tls_receive(struct redis_pipe *, char *bytes, size_t room);

/* redis_pipe.c: what is on the socket. */
size_t redis_pipe_take(struct redis_pipe *, void *bytes, size_t room); /* 0: it failed */
bool redis_pipe_give(struct redis_pipe *, const char *bytes, size_t count);

#endif
