/* SPDX-License-Identifier: ISC */
/*
 * Whose turn it is: so many things are done at once, the others wait in the order in
 * which they came.  What takes long goes into a lane of its own, and makes room: who
 * is quick does not wait for who is slow.
 */
#ifndef GATE_POLICY_LANES_H
#define GATE_POLICY_LANES_H

#include "loop/timer.h"
#include "names/links.h"

/* Something that has a turn to get; embedded in what it belongs to.  Zeroed: in no lane. */
struct lane_seat {
	struct link place;
	enum { LANE_NONE = 0, LANE_WAITING, LANE_QUICK, LANE_SLOW } lane;
	int64_t since; /* ms of the loop's clock, when its turn came */
};

struct lanes_settings {
	unsigned quick, slow; /* at once, in each lane */
	unsigned waiting;     /* beyond that nobody is let in */
	unsigned patience;    /* ms in the lane of the quick ones */
	/* It is its turn.  False: it does not want to any more, or cannot. */
	bool (*start)(void *owner, struct lane_seat *);
	/* After that: it is out of all lanes. */
	void (*dropped)(void *owner, struct lane_seat *);
	void *owner;
};

struct lanes {
	struct lanes_settings settings;
	struct link waiting, quick, slow;
	unsigned waiting_count, quick_count, slow_count;
	struct timer *timer;
};

int lanes_open(struct lanes *, struct loop *, const struct lanes_settings *); /* 0 or -1 */
void lanes_close(struct lanes *); /* whoever is there is just left alone */

/* start() will be called, later.  False: too many wait. */
bool lanes_queue(struct lanes *, struct lane_seat *);
/* It is done, or does not want to any more. */
void lanes_leave(struct lanes *, struct lane_seat *);

#endif
