/* SPDX-License-Identifier: ISC */
/*
 * A loop in which no time passes but what the test lets pass: still.c has the clock, and is in
 * the place of loop/timer.c (the linker is told so in meson.build).
 */
#ifndef TEST_GATE_STILL_H
#define TEST_GATE_STILL_H

#include <stdint.h>

#include "loop/loop.h"
#include "loop/watch.h"

struct still {
	struct loop *loop;
	int bell[2]; /* a pipe, for the loop to come back */
	struct watch *watch;
};

/* In the morning of a day. */
void still_open(struct still *);
/* All timers have been closed before. */
void still_close(struct still *);
/* Has the loop see to what is ready.  No time passes meanwhile. */
void still_turn(struct still *);
/* Lets time pass, with all that happens then. */
void still_pass(struct still *, int64_t milliseconds);

#endif
