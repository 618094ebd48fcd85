/* SPDX-License-Identifier: ISC */
/*
 * Knocks at a server that has not answered: a thread connects, logs in and waits for a
 * word of it, so that nobody else waits for a server that hangs.
 */
#ifndef STORE_REDIS_KNOCK_H
#define STORE_REDIS_KNOCK_H

#include "store/backend.h"
#include "store/redis_link.h"

struct redis_knock;

/* Both outlive it, and nobody else uses the context meanwhile.  NULL: it cannot be done. */
struct redis_knock *redis_knock_begin(const struct redis_address *, stls_tls_context *);

/* Never waits.  OK: the server answers, by a connection that is the link's now, in place of
 * what that had; NOTHING: nobody knows yet; TROUBLE: it does not, and the link's reason is
 * set. */
enum answer redis_knock_answer(struct redis_knock *, struct redis_link *);

/* Gives it up, if it is not over.  NULL is fine. */
void redis_knock_end(struct redis_knock *);

#endif
