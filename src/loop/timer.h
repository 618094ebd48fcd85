/* SPDX-License-Identifier: ISC */
/*
 * Timers whose moment may be moved as often as one likes: putting a moment off
 * is an assignment, and it is looked at only when the old moment comes.  An idle
 * deadline is put off by every byte that crosses.
 */
#ifndef LOOP_TIMER_H
#define LOOP_TIMER_H

#include <stdint.h>

#include "loop/loop.h"

struct timer;

struct timer *timer_open(struct loop *, void (*ring)(void *owner), void *owner);
void timer_close(struct timer *); /* NULL is fine */

/* Rings once, that many milliseconds from now, instead of when it was set to
 * before.  0: in the next turn of the loop, after it has looked for events. */
void timer_set(struct timer *, int64_t milliseconds);
void timer_clear(struct timer *);
int timer_is_set(const struct timer *);

#endif
