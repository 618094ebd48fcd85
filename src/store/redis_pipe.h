/* SPDX-License-Identifier: ISC */
/* Octets to a Redis server and back, in the clear or in TLS; nothing takes longer than the
 * deadline, or than the bell is quiet. */
#ifndef STORE_REDIS_PIPE_H
#define STORE_REDIS_PIPE_H

#include <starttls/tls.h>

#include "store/redis_address.h"

struct redis_pipe {
	int fd;   /* -1: it is not open */
	int bell; /* readable when all is given up; -1: that never is */
	stls_tls *tls;
	const int64_t *deadline;
	char *reason; /* of what failed last */
	size_t room;
};

/* context: of TLS, or NULL.  False: the reason is set, and so is it below. */
bool redis_pipe_open(struct redis_pipe *, const struct redis_address *, stls_tls_context *);
void redis_pipe_close(struct redis_pipe *);

bool redis_pipe_send(struct redis_pipe *, const char *bytes, size_t count); /* all */
size_t redis_pipe_receive(struct redis_pipe *, char *bytes, size_t room);   /* 0: it failed */

bool redis_pipe_failed(struct redis_pipe *, const char *what, const char *why); /* false */

#endif
