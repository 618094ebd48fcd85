/* SPDX-License-Identifier: ISC */
/* Connecting to TCP and Unix sockets without waiting for it. */
#ifndef LOOP_DIAL_H
#define LOOP_DIAL_H

#include <sys/socket.h>

#include "loop/ends.h"

enum dial { DIAL_WAIT, DIAL_DONE, DIAL_FAILED };

/* Begins to connect; the end is woken when there is an answer.  How long to wait
 * for it is the owner's affair: it closes the end. */
enum dial dial_begin(struct end *, struct loop *, const struct sockaddr *, socklen_t,
                     void (*wake)(void *owner), void *owner);
/* Whether there is an answer; when it failed, the end's error says why. */
enum dial dial_check(struct end *);

#endif
