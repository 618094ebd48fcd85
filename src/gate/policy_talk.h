/* SPDX-License-Identifier: ISC */
/*
 * Those who ask a policy service: connections that bring requests, many at once if
 * they like, and get the replies in the order of the requests.
 */
#ifndef GATE_POLICY_TALK_H
#define GATE_POLICY_TALK_H

#include "gate/policy_desk.h"
#include "loop/listen.h"

struct talkers;

/* NULL when memory is out. */
struct talkers *talkers_open(struct loop *, struct log *, const struct config_policy *,
                             struct desk *);
/* Listens on a socket, which it takes over.  0 or -1. */
int talkers_listen(struct talkers *, int fd);
/* Listens no more.  Who has a connection is answered as before until he is quiet for a
 * second, so that nobody's question meets a connection that is being closed; then, or
 * at the latest after a hundred seconds, it is closed.  empty(): the last one is. */
void talkers_retire(struct talkers *, void (*empty)(void *owner), void *owner);
bool talkers_empty(const struct talkers *);
void talkers_close(struct talkers *); /* before the desk; NULL is fine */

#endif
