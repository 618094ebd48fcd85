/* SPDX-License-Identifier: ISC */
/*
 * The event loop, as a façade: nothing outside of this room sees the library
 * behind it.  A loop and all that belongs to it are used by one thread; several
 * workers have a loop each and share nothing.
 *
 * A clock that only goes forward counts milliseconds.
 */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include <stdint.h>

struct loop;
struct pool;

/* NULL when the system does not let us have one (errno says why). */
struct loop *loop_create(void);
/* Everything that was opened on it has been closed before. */
void loop_free(struct loop *);

/* In a child that fork(2) has left with its parent's loop: makes it one of its own.
 * What is closed on it from now on stays open in the parent. */
void loop_part(struct loop *);

/* Runs until loop_stop(); 0, or -1 when waiting itself failed. */
int loop_run(struct loop *);
void loop_stop(struct loop *);

/* act(owner) whenever the signal comes, from within loop_run(). 0 or -1. */
int loop_signal(struct loop *, int number, void (*act)(void *owner), void *owner);

/* The buffers that this loop lends, see pool.h. */
struct pool *loop_pool(struct loop *);

int64_t loop_clock(void);

/* Seconds since 1970, as the system's clock has it, which may be set back. */
int64_t loop_date(void);

#endif
