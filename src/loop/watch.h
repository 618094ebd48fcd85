/* SPDX-License-Identifier: ISC */
/*
 * Readiness of a descriptor.  It is registered once, for both directions and
 * edge-triggered, and never changed again until it is closed: what a connection
 * wants to know is computed from readiness bits, not stored in the poll set.
 *
 * Edge-triggered means: after ready() tells WATCH_READ, it tells that again
 * only after a read said EAGAIN and something new came.
 */
#ifndef LOOP_WATCH_H
#define LOOP_WATCH_H

#include "loop/loop.h"

#define WATCH_READ 1u
#define WATCH_WRITE 2u

struct watch;

struct watch *watch_open(struct loop *, int fd, void (*ready)(void *owner, unsigned what),
                         void *owner);
void watch_close(struct watch *); /* before the descriptor is; NULL is fine */

#endif
