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
/* Listens no more, and closes each connection once it has its replies. */
void talkers_retire(struct talkers *, void (*empty)(void *owner), void *owner);
bool talkers_empty(const struct talkers *);
void talkers_close(struct talkers *); /* before the desk; NULL is fine */

#endif
