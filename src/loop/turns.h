/* SPDX-License-Identifier: ISC */
/*
 * Turns: work that is heavy (a handshake), of which a turn of the loop does only a
 * little, so that all else goes on.  When there is more, the newest comes first:
 * whoever has waited longest has most likely given up, and a crowd that came at once
 * does not keep out those who come after it.
 */
#ifndef LOOP_TURNS_H
#define LOOP_TURNS_H

#include <stdbool.h>

#include "loop/loop.h"

struct turns;

/* A place in the queue; it begins as zeroes. */
struct turn {
	struct turn *next, **link; /* link: NULL when it is not in it */
	void *owner;
	bool had;
};

/* wake is told whose turn has come.  NULL: no memory. */
struct turns *turns_open(struct loop *, void (*wake)(void *owner));
void turns_close(struct turns *); /* nobody is in it any more; NULL is fine */

/* True: it is this one's turn, and stays so.  False: owner will be woken. */
bool turns_take(struct turns *, struct turn *, void *owner);
void turns_leave(struct turn *);

#endif
