/* SPDX-License-Identifier: ISC */
/*
 * Those who ask a policy service: connections that bring requests, many at once if
 * they like, and get the replies in the order of the requests.
 *
 *	policy_talk.c	all of them: they come, make room for others, and retire
 *	policy_room.c	how many there may be
 *	policy_talker.c	one of them
 *	policy_slots.c	its requests that wait
 *	policy_out.c	its replies that are to be sent
 *	policy_request.c what a request is
 */
#ifndef GATE_POLICY_TALK_H
#define GATE_POLICY_TALK_H

#include "gate/policy_desk.h"
#include "loop/listen.h"

struct talkers;

/* Of the desk that was opened with that order.  NULL when memory is out. */
struct talkers *talkers_open(const struct desk_order *, struct desk *);
/* Listens on a socket, which it takes over.  0 or -1. */
int talkers_listen(struct talkers *, int fd);
/* Listens no more.  Who has a connection is answered as before until he is quiet for a
 * second, so that nobody's question meets a connection that is being closed; then, or
 * at the latest after a hundred seconds, it is closed.  empty(): the last one is. */
void talkers_retire(struct talkers *, void (*empty)(void *owner), void *owner);
bool talkers_empty(const struct talkers *);
void talkers_close(struct talkers *); /* before the desk; NULL is fine */

#endif
