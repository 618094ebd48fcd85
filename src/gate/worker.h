/* SPDX-License-Identifier: ISC */
/*
 * A worker: one of the processes that serve.  It has inherited everything that it
 * needs, gives up what it does not, and knows nothing of the other ones.
 */
#ifndef GATE_WORKER_H
#define GATE_WORKER_H

#include "gate/generation.h"
#include "loop/log.h"
#include "loop/sockets.h"

struct worker_order {
	const char *path; /* of the configuration, to complain about it */
	struct generation *generation;
	struct sockets *sockets; /* the parent's: closed once we have ours */
	struct log *log;
	size_t index;
	int channel; /* to the parent */
};

/* Serves until it is told to stop, or retired and done: the exit status. */
int worker_run(const struct worker_order *);

#endif
