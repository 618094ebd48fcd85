/* SPDX-License-Identifier: ISC */
/*
 * Readiness of a descriptor.  It is registered once, edge-triggered, and hardly
 * changed again until it is closed: what a connection wants to know is computed from
 * readiness bits, not stored in the poll set.
 *
 * Edge-triggered means: after ready() tells WATCH_READ, it tells that again
 * only after all was read, and something new came.  A read that brought less than
 * was asked for has read all (epoll(7)), unless WATCH_END was told: then there is an
 * end of file or an error behind it, and nothing will come that could be told.
 */
#ifndef LOOP_WATCH_H
#define LOOP_WATCH_H

#include "loop/loop.h"

#define WATCH_READ 1u
#define WATCH_WRITE 2u
#define WATCH_END 4u

struct watch;

struct watch *watch_open(struct loop *, int fd, void (*ready)(void *owner, unsigned what),
                         void *owner);
/* The same, but WATCH_WRITE is told only from watch_writes() on: most descriptors take all
 * that is written to them. */
struct watch *watch_open_reading(struct loop *, int fd, void (*ready)(void *owner, unsigned what),
                                 void *owner);
int watch_writes(struct watch *); /* 0 or -1 */
void watch_close(struct watch *); /* before the descriptor is; NULL is fine */

#endif
