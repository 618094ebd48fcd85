/* SPDX-License-Identifier: ISC */
/* One connection of those who ask a policy service. */
#ifndef GATE_POLICY_TALKER_H
#define GATE_POLICY_TALKER_H

#include "gate/policy_out.h"
#include "gate/policy_slots.h"
#include "loop/timer.h"
#include "names/links.h"

/* What the connections of a service have in common. */
struct talk {
	struct loop *loop;
	struct desk *desk;
	enum config_policy_speaks speaks;
	struct link all; /* who has been quiet for longest is the first */
	size_t count;
	struct link again; /* who had a turn, and may have more to say */
	struct timer *turn;
	void (*left)(void *owner); /* one is over */
	void *owner;
};

struct talker {
	struct link place; /* among all */
	struct link again; /* among those; alone where it is not */
	struct talk *talk;
	struct end end;
	char *in; /* [0, filled); borrowed while there is half a request */
	size_t filled;
	struct out out;
	struct slots slots;
	int64_t heard; /* ms of the loop's clock: when it said something last */
	bool done;     /* the other side has nothing more to ask */
};

/* Takes the socket over.  False when memory is out. */
bool talker_open(struct talk *, int fd);
void talker_end(struct talker *);

/* Whether it waits for a reply, or has not taken one. */
bool talker_is_busy(const struct talker *);
/* Does what can be done now, for a while; that may have been the end of it. */
void talker_go_on(struct talker *);
/* Whether it has something to say that has not been heard yet; that is heard then. */
bool talker_has_more(struct talker *);

#endif
