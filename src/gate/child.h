/* SPDX-License-Identifier: ISC */
/* A process of the daemon's, as its parent sees it. */
#ifndef GATE_CHILD_H
#define GATE_CHILD_H

#include "gate/board.h"
#include "gate/generation.h"
#include "gate/tally.h"
#include "loop/timer.h"
#include "loop/watch.h"

struct parent;

struct child {
	struct parent *parent;
	struct generation *generation;
	enum board_process kind;
	size_t index; /* among those of its kind */
	pid_t pid;    /* 0: it does not run */
	int channel;  /* to it; -1: none */
	struct watch *watch;
	struct timer *again; /* to begin anew after it has died young */
	bool ready;          /* it serves */
	unsigned heard;      /* messages */
	struct board_slot *slot;
	struct tally *tally;
	int64_t born;
};

/* All of a generation, not yet started.  0, or -1 when memory is out. */
int children_new(struct parent *, struct generation *);

/* 0, or -1 when there cannot be another process (and that was said). In the new
 * process it does not return. */
int child_start(struct child *);

/* What is known of them; they have ended. */
void children_free(struct generation *);

#endif
