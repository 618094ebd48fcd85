/* SPDX-License-Identifier: ISC */
/* What the files of this room share: the only place that knows epoll(7). */
#ifndef LOOP_BASE_H
#define LOOP_BASE_H

#include <stddef.h>

#include "loop/loop.h"
#include "loop/watch.h"

/* A descriptor that is waited for. */
struct watch {
	struct loop *loop;
	int fd;
	void (*ready)(void *owner, unsigned what);
	void *owner;
};

/* What to look for: EPOLL...  0 or -1. */
int loop_watch(struct loop *, struct watch *, unsigned events);
int loop_watch_again(struct loop *, struct watch *, unsigned events);
/* It will not be told of anything any more, not even of what has happened already. */
void loop_forget(struct loop *, struct watch *);

/* Timers that are armed, soonest first. */
struct timer;

struct heap {
	struct timer **timers;
	size_t count, size;
	size_t opened; /* timers, armed or not: for so many there is room */
};

struct heap *loop_heap(struct loop *);
/* Counts the turns of the loop. */
unsigned loop_turn(const struct loop *);

/* timer.c: milliseconds until the next one is due, -1: there is none. */
int heap_wait(const struct heap *, int64_t now);
/* Rings the next one that is due and was set before this turn; false: there is none. */
int heap_ring(struct heap *, int64_t now, unsigned turn);

#endif
