/* SPDX-License-Identifier: ISC */
/*
 * Readiness for libraries that bring their own descriptors and expect to be told
 * of it as long as it lasts (level-triggered), in the directions that they ask for.
 * What is ours uses watches (watch.h).
 */
#ifndef LOOP_LEVEL_H
#define LOOP_LEVEL_H

#include "loop/watch.h"

#define LEVEL_TIME 8u /* besides WATCH_READ and WATCH_WRITE */
#define LEVEL_FOREVER (-1)

struct level;

struct level *level_open(struct loop *, void (*ready)(void *owner, unsigned what), void *owner);
void level_close(struct level *); /* NULL is fine; also from within ready() */

/*
 * Tells, until it is set otherwise, when the descriptor is ready for what is asked
 * for, and when nothing has happened for so many milliseconds.  Without anything to
 * look for the time comes once; fd may be -1 then.  0, or -1.
 */
int level_set(struct level *, int fd, unsigned what, int64_t milliseconds);
void level_clear(struct level *);

#endif
